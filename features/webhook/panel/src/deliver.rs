//! Sends what is due.
//!
//! One loop makes messages of events, sees which webhooks have something to send, and gives each of them a task of its own; the task sends one
//! message after the other until one fails or none is due. So messages to one receiver keep their order, and receivers do not wait for each
//! other. What is under way when the panel stops was not recorded as sent, and goes again.

use std::collections::HashMap;
use std::time::Duration;

use auth::Actor;
use desired::event::{self, Code, Event};
use desired::{Key, setting};
use names::{Micros, WebhookId};
use store::{StoreError, Tx, WriteTx};
use tokio::task::{self, JoinSet};

use crate::attempt::{self, Outcome};
use crate::store::delivery::{self, DeliveryRow, Waiting};
use crate::store::webhook::{self, WebhookRow};
use crate::{PARALLEL, State, TRIES, TRIES_SETTING, queue, schedule};

/// A look at least this often, whatever is known to be due.
const QUIET: Duration = Duration::from_mins(1);
/// Between two looks, so that a burst of events is few of them.
const GATHER: Duration = Duration::from_millis(100);
/// Messages of one turn of one webhook.
const TURN: usize = 50;
/// After a failure of the database, or while egress does not answer.
const PAUSE: Duration = Duration::from_secs(5);

/// Goes on for ever. Drop the future to stop.
pub async fn deliver(state: State) {
    let mut moved = state.panel.events_moved();
    let mut busy = HashMap::new();
    let mut tasks = JoinSet::new();
    loop {
        moved.borrow_and_update();
        let pause = match look(&state, &mut busy, &mut tasks).await {
            Ok(pause) => pause,
            Err(error) => {
                tracing::warn!(%error, "messages to webhooks could not be looked at");
                PAUSE
            }
        };
        tokio::select! {
            changed = moved.changed() => if changed.is_err() { return },
            Some(ended) = tasks.join_next_with_id() => {
                // one that panicked has ended too; its words are in the log
                busy.remove(&ended.map_or_else(|error| error.id(), |(task, ())| task));
                continue;
            }
            () = tokio::time::sleep(pause) => {}
        }
        tokio::time::sleep(GATHER).await;
    }
}

/// Makes messages and begins with those that are due; how long nothing else is.
async fn look(
    state: &State,
    busy: &mut HashMap<task::Id, WebhookId>,
    tasks: &mut JoinSet<()>,
) -> Result<Duration, StoreError> {
    while queue::fill(&state.panel).await? {}
    let now = state.panel.now();
    let waiting = state.panel.store().read(async |tx: &mut Tx| delivery::unscoped::waiting(tx).await).await?;
    let mut pause = QUIET;
    for Waiting { webhook, due } in waiting {
        if busy.values().any(|of| *of == webhook) {
            continue;
        }
        if due > now {
            pause = pause.min(due.since(now));
        } else if tasks.len() < PARALLEL {
            let state = state.clone();
            let task = tasks.spawn(async move { turn(&state, webhook).await });
            busy.insert(task.id(), webhook);
        }
    }
    Ok(pause)
}

/// Sends to one webhook what is due, until one message fails.
async fn turn(state: &State, id: WebhookId) {
    for _ in 0..TURN {
        match one(state, id).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => {
                tracing::warn!(%error, webhook = %id, "a message to a webhook could not be recorded");
                tokio::time::sleep(PAUSE).await;
                return;
            }
        }
    }
}

/// Sends one message; whether the next may follow at once.
async fn one(state: &State, id: WebhookId) -> Result<bool, StoreError> {
    let now = state.panel.now();
    let read = async |tx: &mut Tx| -> Result<_, StoreError> {
        let Some(webhook) = webhook::unscoped::find(tx, id).await? else { return Ok(None) };
        if !webhook.enabled || webhook.paused || webhook.next_attempt_at.is_some_and(|next| next > now) {
            return Ok(None);
        }
        let due = delivery::unscoped::due(tx, id, now).await?;
        let tries: u64 = setting::get(tx, TRIES_SETTING).await?.unwrap_or(TRIES);
        Ok(due.map(|due| (webhook, due, tries)))
    };
    let Some((webhook, message, tries)) = state.panel.store().read(read).await? else { return Ok(false) };
    let to = webhook.receiver(&state.seal, now);
    let outcome = attempt::send(&state.egress, &to, message.id, &message.body, state.panel.now()).await;
    if let Outcome::NoEgress(error) = &outcome {
        tracing::warn!(%error, "egress does not answer; messages to webhooks wait");
        tokio::time::sleep(PAUSE).await;
        return Ok(false);
    }
    let now = state.panel.now();
    let record = async |tx: &mut WriteTx| record(tx, &webhook, &message, &outcome, tries, now).await;
    let (taken, told) = state.panel.store().write(record).await?;
    if told {
        state.panel.events_written();
    }
    Ok(taken)
}

/// Writes down what came of a message; whether it was taken, and whether an event was written.
pub(crate) async fn record(
    tx: &mut WriteTx,
    webhook: &WebhookRow,
    message: &DeliveryRow,
    outcome: &Outcome,
    tries: u64,
    now: Micros,
) -> Result<(bool, bool), StoreError> {
    let (status, reason, gone) = match outcome {
        Outcome::Taken { status, .. } => {
            delivery::unscoped::taken(tx, message, *status, (now, now.plus(schedule::GATHER))).await?;
            webhook::unscoped::healthy(tx, webhook.id).await?;
            if webhook.failures >= schedule::AWAY {
                delivery::unscoped::all_now(tx, webhook.id, now).await?;
            }
            return Ok((true, false));
        }
        Outcome::Failed { status, reason } => (*status, reason.as_str(), false),
        Outcome::Gone => (Some(410), "it answered 410: it is gone for good", true),
        Outcome::NoEgress(_) => return Ok((false, false)),
    };
    let failures = message.attempts + 1;
    if gone || u64::try_from(failures).is_ok_and(|failures| failures >= tries) {
        delivery::unscoped::dead(tx, message.id, (status, reason), now).await?;
    } else {
        delivery::unscoped::failed(tx, message.id, (status, reason), schedule::message(now, failures))
            .await?;
    }
    let next = schedule::webhook(now, webhook.failures + 1);
    webhook::unscoped::failing(tx, webhook.id, now, next).await?;
    let given_up = webhook.failing_since.is_some_and(|since| now.since(since) >= schedule::GIVEN_UP);
    Ok((false, given_up && give_up(tx, webhook, now).await?))
}

/// Disables a webhook whose receiver was away for days, and says so; whether it did.
async fn give_up(tx: &mut WriteTx, webhook: &WebhookRow, now: Micros) -> Result<bool, StoreError> {
    if !webhook::unscoped::disable(tx, webhook.id, now).await? {
        return Ok(false);
    }
    let scope = Key { kind: crate::rules::KIND, id: webhook.id.to_string() };
    let event = Event::of(scope, None, Code::WebhookDisabled, webhook.name.as_str());
    event::note(tx, now, &event.in_organisation(Some(webhook.organisation))).await?;
    let entry = audit::Entry {
        who: audit::Who::from(&Actor::system()),
        request_id: "",
        action: "webhook.disable",
        object: audit::Object::of_organisation(crate::rules::KIND, webhook.id, webhook.organisation),
        before: None,
        after: Some(serde_json::json!({ "enabled": false, "disabled_reason": "unreachable" })),
        plan_hash: None,
        outcome: audit::Outcome::Done,
    };
    audit::append(tx, &entry, now).await?;
    Ok(true)
}

#[cfg(test)]
mod tests;
