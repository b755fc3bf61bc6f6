//! One attempt at one object: read what should be, ask the agent, write down what came of it.
//!
//! The generation that is written as observed is the one that was *sent*: the row may have moved on meanwhile, and then the object stays
//! pending and is looked at again. Nothing is written when nothing changed, so that a sweep over ready objects costs the disk nothing.

use std::sync::Arc;
use std::time::Duration;

use converge::backoff::{self, Retry};
use converge::driver::Work;
use converge::{Condition, Reason, Refusal, Report, Status};
use names::{Digest, Generation};
use store::{StoreError, WriteTx};
use wire::WireError;

use crate::block::clip;
use crate::event::{self, Code, Event};
use crate::follow;
use crate::key::Key;
use crate::kind::{AnyWish, Before, How};
use crate::panel::{PARALLEL, Panel};

/// An attempt that takes longer than this shows as `converging`.
const LONG: Duration = Duration::from_secs(1);
/// The database was busy or the disk full: look again.
const AGAIN: Duration = Duration::from_secs(5);
/// Who waits for another object is woken when that one turns; this is for the case that a wake was lost.
pub(crate) const WAITING: Duration = Duration::from_secs(30);

/// Drives every object that is woken, for ever. Drop the future to stop.
pub async fn drive(panel: Panel) {
    let schedule = panel.schedule().clone();
    schedule.drive(Arc::new(Driver(panel)), PARALLEL).await;
}

struct Driver(Panel);

impl Work for Driver {
    type Key = Key;

    async fn run(&self, key: Key) -> Option<Duration> {
        let asked = self.0.asked(&key);
        let busy = self.0.busy(&key);
        let next = self.0.attempt(&key).await;
        let told = busy.end();
        drop(asked);
        self.0.waiters().moved(&key);
        if let Some(told) = told
            && let Err(error) = follow::changed(&self.0, told).await
        {
            tracing::warn!(%key, error = %error, "a change that the agent told could not be written down");
        }
        next.unwrap_or_else(|error| {
            tracing::warn!(%key, error = %error, "what should be could not be read or written");
            Some(AGAIN)
        })
    }
}

/// What is written down about an attempt.
pub(crate) struct Attempt {
    /// The generation that was sent.
    pub(crate) sent: Generation,
    /// The generation that the agent reported on.
    pub(crate) observed: Option<Generation>,
    /// The digest of what it reported on.
    pub(crate) digest: Option<Digest>,
    /// How the object stands.
    pub(crate) status: Status,
    /// It was shown as converging meanwhile: what came of it is written down even where it is as before.
    pub(crate) shown: bool,
}

impl Panel {
    async fn attempt(&self, key: &Key) -> Result<Option<Duration>, StoreError> {
        let turns = self.turns();
        let Some(mut wish) = self.load(key).await? else { return Ok(None) };
        if wish.sql().is_none() {
            self.is_known(key);
        }
        if let Some(held) = self.ahead_of(key, wish.block().generation) {
            return self.record(wish.as_ref(), behind(wish.as_ref(), held)).await;
        }
        if wish.is_of_other_release() {
            self.raise_for_new_spec(key).await?;
            let Some(again) = self.load(key).await? else { return Ok(None) };
            wish = again;
        }
        // What stands on it and has no row would go down with it.
        let above = wish.is_absent().then(|| self.unknown_on(key.kind, wish.name())).flatten().map(|(kind, name)| {
            Before::Object(format!("the decision about {kind} {name}, which is on the server and not known here: holdfast adopt"))
        });
        let attempt = match above.as_ref().or(wish.waits_for()) {
            Some(other) => self.hold(wish.as_ref(), other).await,
            None => self.ask(wish.as_ref()).await,
        };
        let waits = attempt.status.reason == Some(Reason::WaitsFor);
        let pause = self.record(wish.as_ref(), attempt).await?;
        // What it waits for may have come while it was written down that it waits, when nobody could know whom to wake.
        Ok(if waits && self.turns() != turns { Some(Duration::ZERO) } else { pause })
    }

    /// Nothing of the wish may be sent yet. What an earlier generation left on the host is taken away where the wish says so.
    async fn hold(&self, wish: &dyn AnyWish, other: &Before) -> Attempt {
        if wish.is_withdrawn() {
            let withdrawn = self.ask(wish).await;
            if withdrawn.status.condition != Condition::Ready {
                return Attempt { observed: None, digest: None, ..withdrawn };
            }
        }
        let reason = match other {
            Before::Object(_) => Reason::WaitsFor,
            Before::Approval(_) => Reason::NotApproved,
        };
        let status = waiting(wish, reason, format!("waits for {}", other.words()));
        Attempt { sent: wish.block().generation, observed: None, digest: None, status, shown: false }
    }

    /// A new release builds another specification from the same row: that is a new generation, and for the agent a new wish.
    async fn raise_for_new_spec(&self, key: &Key) -> Result<(), StoreError> {
        let Some(kind) = self.registry().find(key.kind) else { return Ok(()) };
        let raise = kind.sql().raise.bind(&key.id).bind(self.now()).bind(false);
        self.store().write(async |tx: &mut WriteTx| tx.execute(raise).await).await?;
        Ok(())
    }

    async fn ask(&self, wish: &dyn AnyWish) -> Attempt {
        let block = wish.block();
        let how = How {
            dry_run: false,
            expect_plan: block.expect_plan.filter(|_| !block.is_observed()),
            overwrite: block.overwrite,
            cause: self.cause(&wish.key()),
        };
        let mut asking = wish.send(self.driver_agent(), how);
        let mut shown = false;
        let answer = if let Ok(answer) = tokio::time::timeout(LONG, &mut asking).await {
            answer
        } else {
            if !block.is_observed() {
                self.show_converging(wish).await;
                shown = true;
            }
            asking.await
        };
        let (observed, digest, status) = match answer {
            Ok(report) => reported(wish, report),
            Err(error) => {
                if let Some(held) = held_ahead(&error) {
                    self.is_ahead(wish.key(), held);
                    return behind(wish, held);
                }
                (None, None, refused(wish, &error))
            }
        };
        Attempt { sent: block.generation, observed, digest, status, shown }
    }

    async fn show_converging(&self, wish: &dyn AnyWish) {
        let condition = if wish.is_absent() { Condition::Deleting } else { Condition::Converging };
        let status = Status { condition, reason: None, message: None };
        let sent = wish.block().generation;
        let attempt = Attempt { sent, observed: None, digest: None, status, shown: false };
        if let Err(error) = self.write_down(wish, &attempt, wish.block().attempts, None).await {
            tracing::warn!(key = %wish.key(), error = %error, "a long attempt could not be shown");
        }
        self.waiters().moved(&wish.key());
    }

    /// Writes down what came of an attempt, and answers when to look again.
    pub(crate) async fn record(
        &self,
        wish: &dyn AnyWish,
        attempt: Attempt,
    ) -> Result<Option<Duration>, StoreError> {
        let (key, block) = (wish.key(), wish.block());
        let ready = attempt.status.condition == Condition::Ready;
        if ready && wish.is_absent() {
            return self.purge(wish, attempt.sent).await;
        }
        let retry = attempt.status.reason.map_or(Retry::Later, Reason::retry);
        let (attempts, pause) = match attempt.status.reason {
            _ if ready => (0, None),
            Some(Reason::WaitsFor) => (block.attempts, Some(WAITING)),
            Some(Reason::NotApproved) => (block.attempts, None),
            _ => (block.attempts.saturating_add(1), backoff::delay(retry, block.attempts, jitter())),
        };
        let same = !attempt.shown
            && !block.differs(&attempt.status)
            && attempt.observed.is_none_or(|observed| block.observed_generation == Some(observed))
            && attempt.digest.is_none_or(|digest| block.spec_digest == Some(digest));
        let waits =
            matches!(attempt.status.reason, Some(Reason::WaitsFor | Reason::NotApproved | Reason::Behind));
        if same && (ready || waits) {
            self.forget_cause(&key);
            return Ok(pause);
        }
        let moved_on = self.write_down(wish, &attempt, attempts, pause).await?;
        self.waiters().moved(&key);
        if ready {
            self.forget_cause(&key);
            self.wake_waiting(wish).await?;
        }
        Ok(if moved_on { Some(Duration::ZERO) } else { pause })
    }

    /// Answers whether the generation moved on meanwhile.
    async fn write_down(
        &self,
        wish: &dyn AnyWish,
        attempt: &Attempt,
        attempts: u32,
        pause: Option<Duration>,
    ) -> Result<bool, StoreError> {
        let (key, block) = (wish.key(), wish.block());
        let Some(kind) = self.registry().find(key.kind) else { return Ok(false) };
        let sql = wish.sql().unwrap_or(kind.sql());
        let now = self.now();
        let turned = block.condition != attempt.status.condition
            || block.reason.as_deref() != attempt.status.reason.map(Reason::as_str);
        let since = if turned { now } else { block.since };
        let record = sql
            .record
            .bind(&key.id)
            .bind(attempt.sent)
            .bind(attempt.observed.map(Generation::as_i64))
            .bind(attempt.digest)
            .bind(attempt.status.condition.as_str())
            .bind(attempt.status.reason.map(Reason::as_str))
            .bind(attempt.status.message.as_deref().map(clip))
            .bind(since)
            .bind(attempts)
            .bind(pause.map(|pause| now.plus(pause)));
        let behind = attempt.observed.map(|seen| sql.behind.bind(&key.id).bind(seen));
        let event = turned.then(|| turn(wish, attempt)).flatten();
        let moved_on = self
            .store()
            .note(async |tx: &mut WriteTx| -> Result<bool, StoreError> {
                if tx.execute(record).await? == 0 {
                    if let Some(behind) = behind {
                        tx.execute(behind).await?;
                    }
                    return Ok(true);
                }
                if let Some(event) = &event {
                    event::note(tx, now, event).await?;
                }
                Ok(false)
            })
            .await?;
        if event.is_some() {
            self.events_written();
        }
        Ok(moved_on)
    }

    async fn purge(&self, wish: &dyn AnyWish, sent: Generation) -> Result<Option<Duration>, StoreError> {
        let key = wish.key();
        let Some(kind) = self.registry().find(key.kind) else { return Ok(None) };
        let purge = wish.sql().unwrap_or(kind.sql()).purge.bind(&key.id).bind(sent);
        let removed = Event::of(key.clone(), wish.account(), Code::Removed, wish.name());
        let account = wish.account();
        let now = self.now();
        let gone = self
            .store()
            .note(async |tx: &mut WriteTx| -> Result<bool, StoreError> {
                // with the account's row goes what says whose it was
                let organisation = match account {
                    Some(account) => event::organisation_of(tx, account).await?,
                    None => None,
                };
                let gone = tx.execute(purge).await? > 0;
                if gone {
                    event::note(tx, now, &removed.in_organisation(organisation)).await?;
                }
                Ok(gone)
            })
            .await?;
        if gone {
            self.is_known(&key);
        }
        self.forget_cause(&key);
        self.events_written();
        self.waiters().moved(&key);
        self.wake_waiting(wish).await?;
        // The wish changed its mind meanwhile: it is looked at again.
        Ok((!gone).then_some(Duration::ZERO))
    }

    /// Something became ready, or is gone: who waits for another object of the same account (or of the node) looks again.
    async fn wake_waiting(&self, wish: &dyn AnyWish) -> Result<(), StoreError> {
        self.turned();
        let account = store::Value::from(wish.account());
        for kind in self.registry().iter() {
            let waiting = kind.sql().waiting.bind(account.clone());
            let ids: Vec<String> =
                self.store().read(async |tx: &mut store::Tx| tx.all(waiting).await).await?;
            for id in ids {
                self.wake(Key { kind: kind.kind(), id });
            }
        }
        Ok(())
    }
}

/// The event of a turn for the better or the worse; what only passes by makes none.
fn turn(wish: &dyn AnyWish, attempt: &Attempt) -> Option<Event> {
    let code = match (attempt.status.condition, attempt.status.reason) {
        (Condition::Ready, _) => Code::Ready,
        (Condition::Degraded, _) => Code::Degraded,
        (Condition::Failed, _) => Code::Failed,
        (Condition::Converging, _) | (_, None | Some(Reason::WaitsFor | Reason::Busy)) => return None,
        (Condition::Pending | Condition::Deleting, Some(_)) => Code::Waiting,
    };
    let event =
        Event::of(wish.key(), wish.account(), code, wish.name()).with("generation", attempt.sent.get());
    let reason = attempt.status.reason.map(Reason::as_str);
    Some(match (reason, &attempt.status.message) {
        (Some(reason), Some(message)) => event.with("reason", reason).with("message", clip(message)),
        (Some(reason), None) => event.with("reason", reason),
        (None, _) => event,
    })
}

fn reported(wish: &dyn AnyWish, report: Report) -> (Option<Generation>, Option<Digest>, Status) {
    let mut status = report.status;
    if wish.is_absent() && status.condition != Condition::Ready {
        status.condition = Condition::Deleting;
    }
    (is_taken_up(&status).then_some(report.generation), Some(report.digest), status)
}

/// Whether the agent did something about the wish, well or badly. What waits for another object was not looked at yet, whether or not its
/// last state still serves.
pub(crate) fn is_taken_up(status: &Status) -> bool {
    !matches!(status.reason, Some(Reason::WaitsFor | Reason::Busy))
        && !matches!(status.condition, Condition::Pending | Condition::Converging)
}

/// The version that the server holds, where it did not take the wish for that.
fn held_ahead(error: &WireError) -> Option<Generation> {
    match error.refusal().and_then(Refusal::from_wire)? {
        Refusal::GenerationStale { held, .. } => Some(held),
        Refusal::GenerationConflict { generation } => Some(generation),
        _ => None,
    }
}

/// The server holds a later wish: what it holds stays, and nothing is sent, until a person decides.
pub(crate) fn behind(wish: &dyn AnyWish, held: Generation) -> Attempt {
    let block = wish.block();
    let condition = match block.observed_generation {
        _ if wish.is_absent() => Condition::Deleting,
        Some(_) => Condition::Degraded,
        None => Condition::Pending,
    };
    let message = format!(
        "the server holds version {held} of it, and this database version {}: it was put back from an older copy. What the server \
         holds stays until you decide: holdfast adopt",
        block.generation
    );
    let status = Status::not_ready(condition, Reason::Behind, message);
    Attempt { sent: block.generation, observed: None, digest: None, status, shown: false }
}

/// How an object stands while the agent did not take its wish.
fn waiting(wish: &dyn AnyWish, reason: Reason, message: String) -> Status {
    let condition = if wish.is_absent() { Condition::Deleting } else { Condition::Pending };
    Status::not_ready(condition, reason, message)
}

fn refused(wish: &dyn AnyWish, error: &WireError) -> Status {
    let block = wish.block();
    if error.is_unavailable() {
        if block.is_observed() {
            // Nothing is waiting to be sent: what was last observed is the best that is known.
            let (condition, message) = (block.condition, block.message.clone());
            return Status { condition, reason: block.known_reason(), message };
        }
        let busy = error.is_refused(wire::names::BUSY);
        let reason = if busy { Reason::Busy } else { Reason::AgentUnreachable };
        return waiting(wish, reason, error.to_string());
    }
    let failed = |reason, message: String| {
        let condition = if wish.is_absent() { Condition::Deleting } else { Condition::Failed };
        Status::not_ready(condition, reason, message)
    };
    match error.refusal().and_then(Refusal::from_wire) {
        Some(Refusal::PlanChanged { plan }) => {
            let steps: Vec<_> = plan.steps.iter().map(|step| step.summary.as_str()).collect();
            let message =
                format!("the host moved after the plan was agreed to; now it would be: {}", steps.join("; "));
            waiting(wish, Reason::PlanChanged, message)
        }
        Some(refusal @ Refusal::OutOfBounds { .. }) => failed(Reason::Refused, refusal.to_string()),
        Some(Refusal::Unobservable { message }) => failed(Reason::Unobservable, message),
        Some(Refusal::Ledger { message, full }) => {
            waiting(wish, if full { Reason::DiskFull } else { Reason::StepFailed }, message)
        }
        Some(
            refusal @ (Refusal::GenerationStale { .. }
            | Refusal::GenerationConflict { .. }
            | Refusal::DigestMismatch),
        ) => failed(Reason::Bug, refusal.to_string()),
        None => failed(Reason::Bug, error.to_string()),
    }
}

/// A number in `0.0..1.0` that differs from attempt to attempt.
fn jitter() -> f64 {
    let bytes = uuid::Uuid::now_v7().into_bytes();
    f64::from(u16::from_be_bytes([bytes[14], bytes[15]])) / 65_536.0
}
