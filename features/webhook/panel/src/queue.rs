//! From events to messages.
//!
//! Each webhook has a cursor into the log of events. Messages are made in the transaction that moves it, so an event becomes one message
//! whatever stops in between, and the message holds all that is sent: the log may forget the event.
//!
//! The webhooks of an organisation that is suspended are paused: their cursors stay, and the log of events is their queue, as long as events are kept.
//! When the organisation goes on, so do they. Of what waits for one webhook the newest [`MOST`] are kept, and the rest are dead letters.
//!
//! An event that repeats is one row of the log with a count, and takes a new number each time. Here it is one message that waits for a minute
//! and then says the count of that moment, so that a thing that flaps a thousand times an hour is told sixty times at most.

use auth::TenantScope;
use desired::Panel;
use desired::event::{self, Logged};
use names::Micros;
use store::{Statement, StoreError, Tx, WriteTx};

use crate::message;
use crate::schedule;
use crate::store::delivery::{self, New};
use crate::store::webhook::{WebhookRow, unscoped};

/// Events of one look at one webhook.
const BATCH: i64 = 200;
/// Messages that wait for one webhook.
pub(crate) const MOST: i64 = 10_000;

// Of what happened in an organisation's tree alone.
const AFTER_TREE: Statement = Statement::new(
    "SELECT seq, at, last_at, scope_kind, scope_id, account_id, severity, code, params, count FROM event
     WHERE seq > $2
       AND organisation_id IN (SELECT organisation_id FROM organisation_above WHERE above_id = $1)
     ORDER BY seq LIMIT $3",
);

pub(crate) const STATEMENTS: &[Statement] = &[AFTER_TREE];

/// Makes messages of the events that came since; whether there may be more.
pub(crate) async fn fill(panel: &Panel) -> Result<bool, StoreError> {
    // the only writer is not taken for nothing
    if !panel.store().read(async |tx: &mut Tx| unscoped::is_one_behind(tx).await).await? {
        return Ok(false);
    }
    let now = panel.now();
    panel.store().write(async |tx: &mut WriteTx| fill_all(tx, now).await).await
}

pub(crate) async fn fill_all(tx: &mut WriteTx, now: Micros) -> Result<bool, StoreError> {
    unscoped::rest(tx).await?;
    let newest = event::newest(tx).await?;
    let mut more = false;
    for webhook in unscoped::enabled(tx).await? {
        let events = since(tx, &webhook).await?;
        let whole = i64::try_from(events.len()).is_ok_and(|count| count < BATCH);
        let last = events.last().map_or(newest, |event| event.seq);
        for event in events.iter().filter(|event| webhook.wants(&event.code)) {
            delivery::unscoped::put(tx, new(&webhook, event, &message::series(event), now)).await?;
        }
        if !events.is_empty() {
            delivery::unscoped::bound(tx, webhook.id, MOST, now).await?;
        }
        unscoped::set_cursor(tx, webhook.id, if whole { newest } else { last }).await?;
        more |= !whole;
    }
    Ok(more)
}

async fn since(tx: &mut Tx, webhook: &WebhookRow) -> Result<Vec<Logged>, StoreError> {
    if webhook.is_of_all() {
        return event::after(tx, &TenantScope::All, webhook.cursor, BATCH).await;
    }
    tx.all(AFTER_TREE.bind(webhook.organisation).bind(webhook.cursor).bind(BATCH)).await
}

fn new<'a>(webhook: &WebhookRow, event: &'a Logged, series: &'a str, now: Micros) -> New<'a> {
    let due = if event.count > 1 { now.plus(schedule::GATHER) } else { now };
    let body = message::about(event).to_string();
    New { webhook: webhook.id, seq: event.seq, series, code: &event.code, body, due, now }
}
