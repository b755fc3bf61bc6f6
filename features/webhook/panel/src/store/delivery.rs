//! The row of a message, and how the API shows it.

use names::{DeliveryId, Micros, WebhookId};
use serde::{Deserialize, Serialize};
use store::{FromRow, Row, RowError, Statement, StoreError, Tx, WriteTx};
use utoipa::ToSchema;

use crate::access::Managed;

const PAGE: Statement = Statement::new(
    "SELECT id, event_seq, code, body, state, attempts, next_attempt_at, last_status, last_error, created_at, ended_at
     FROM webhook_delivery
     WHERE webhook_id = $1 AND (state = $2 OR $2 IS NULL) AND (id < $3 OR $3 IS NULL) ORDER BY id DESC LIMIT $4",
);
const REDELIVER: Statement = Statement::new(
    "UPDATE webhook_delivery SET state = 'pending', attempts = 0, next_attempt_at = $3, ended_at = NULL
     WHERE webhook_id = $1 AND (id = $2 OR ($2 IS NULL AND state = 'dead')) AND state <> 'pending'",
);
const DROP: Statement = Statement::new(
    "DELETE FROM webhook_delivery WHERE webhook_id = $1 AND (id = $2 OR $2 IS NULL) AND state = 'dead'",
);
const OF_SERIES: Statement = Statement::new(
    "SELECT id AS value FROM webhook_delivery WHERE webhook_id = $1 AND series = $2 AND state = 'pending' LIMIT 1",
);
const INSERT: Statement = Statement::new(
    "INSERT INTO webhook_delivery (id, webhook_id, event_seq, series, code, body, state, next_attempt_at, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, 'pending', $7, $8)",
);
const RENEW: Statement =
    Statement::new("UPDATE webhook_delivery SET event_seq = $2, body = $3 WHERE id = $1");
const DUE: Statement = Statement::new(
    "SELECT id, event_seq, code, body, state, attempts, next_attempt_at, last_status, last_error, created_at, ended_at
     FROM webhook_delivery
     WHERE webhook_id = $1 AND state = 'pending' AND next_attempt_at <= $2 ORDER BY event_seq LIMIT 1",
);
const WAITING: Statement = Statement::new(
    "SELECT w.id AS id, MIN(d.next_attempt_at) AS first_due, w.next_attempt_at AS not_before
     FROM webhook w JOIN webhook_delivery d ON d.webhook_id = w.id AND d.state = 'pending'
     WHERE w.enabled = 1
       AND (SELECT o.suspended FROM organisation_state o WHERE o.organisation_id = w.organisation_id) = 0
     GROUP BY w.id, w.next_attempt_at",
);
// A message that was renewed while it was under way stays, and goes once more with what it says now.
const TAKEN: Statement = Statement::new(
    "UPDATE webhook_delivery SET state = 'delivered', attempts = attempts + 1, next_attempt_at = NULL, last_status = $3,
            last_error = NULL, ended_at = $4
     WHERE id = $1 AND event_seq = $2 AND state = 'pending'",
);
const RENEWED: Statement = Statement::new(
    "UPDATE webhook_delivery SET attempts = 0, next_attempt_at = $2 WHERE id = $1 AND state = 'pending'",
);
const FAILED: Statement = Statement::new(
    "UPDATE webhook_delivery SET attempts = attempts + 1, next_attempt_at = $2, last_status = $3, last_error = $4
     WHERE id = $1 AND state = 'pending'",
);
const DEAD: Statement = Statement::new(
    "UPDATE webhook_delivery SET state = 'dead', attempts = attempts + 1, next_attempt_at = NULL, last_status = $2,
            last_error = $3, ended_at = $4
     WHERE id = $1 AND state = 'pending'",
);
const ALL_NOW: Statement = Statement::new(
    "UPDATE webhook_delivery SET next_attempt_at = $2 WHERE webhook_id = $1 AND state = 'pending' AND next_attempt_at > $2",
);
const OVERFLOW: Statement = Statement::new(
    "UPDATE webhook_delivery SET state = 'dead', next_attempt_at = NULL, last_error = $3, ended_at = $4
     WHERE webhook_id = $1 AND state = 'pending'
       AND event_seq <= (SELECT event_seq FROM webhook_delivery WHERE webhook_id = $1 AND state = 'pending'
                         ORDER BY event_seq DESC LIMIT 1 OFFSET $2)",
);
const PRUNE: Statement = Statement::new(
    "DELETE FROM webhook_delivery WHERE (state = 'delivered' AND ended_at < $1) OR (state = 'dead' AND ended_at < $2)",
);
const IS_OF: Statement =
    Statement::new("SELECT COUNT(*) AS value FROM webhook_delivery WHERE webhook_id = $1 AND id = $2");

pub(crate) const STATEMENTS: &[Statement] = &[
    PAGE, REDELIVER, DROP, OF_SERIES, INSERT, RENEW, DUE, WAITING, TAKEN, RENEWED, FAILED, DEAD, ALL_NOW,
    PRUNE, IS_OF, OVERFLOW,
];

/// A row.
#[derive(Debug, Clone)]
pub(crate) struct DeliveryRow {
    pub(crate) id: DeliveryId,
    pub(crate) seq: i64,
    pub(crate) code: String,
    pub(crate) body: String,
    pub(crate) state: String,
    pub(crate) attempts: i64,
    pub(crate) next_attempt_at: Option<Micros>,
    pub(crate) last_status: Option<i64>,
    pub(crate) last_error: Option<String>,
    pub(crate) created_at: Micros,
    pub(crate) ended_at: Option<Micros>,
}

impl FromRow for DeliveryRow {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        Ok(Self {
            id: row.parse("id")?,
            seq: row.int("event_seq")?,
            code: row.text("code")?,
            body: row.text("body")?,
            state: row.text("state")?,
            attempts: row.int("attempts")?,
            next_attempt_at: row.opt_time("next_attempt_at")?,
            last_status: row.opt_int("last_status")?,
            last_error: row.opt_text("last_error")?,
            created_at: row.time("created_at")?,
            ended_at: row.opt_time("ended_at")?,
        })
    }
}

/// A message to a webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Delivery {
    /// Its id, which is sent as `webhook-id`.
    #[schema(value_type = String, format = "uuid")]
    pub(crate) id: DeliveryId,
    /// The event's code.
    pub(crate) code: String,
    /// `pending`, `delivered` or `dead`.
    pub(crate) state: String,
    /// How often it was sent.
    pub(crate) attempts: i64,
    /// When it is sent next.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) next_attempt_at: Option<Micros>,
    /// The receiver's last status.
    pub(crate) last_status: Option<i64>,
    /// Why it was not taken.
    pub(crate) last_error: Option<String>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) created_at: Micros,
    /// When it was taken or given up.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) ended_at: Option<Micros>,
    /// What is sent.
    #[schema(value_type = Object)]
    pub(crate) body: serde_json::Value,
}

impl From<DeliveryRow> for Delivery {
    fn from(row: DeliveryRow) -> Self {
        Self {
            id: row.id,
            code: row.code,
            state: row.state,
            attempts: row.attempts,
            next_attempt_at: row.next_attempt_at,
            last_status: row.last_status,
            last_error: row.last_error,
            created_at: row.created_at,
            ended_at: row.ended_at,
            // it was written as JSON
            body: serde_json::from_str(&row.body).unwrap_or_default(),
        }
    }
}

/// A page, the newest first.
pub(crate) async fn list(
    tx: &mut Tx,
    webhook: &Managed,
    state: Option<&'static str>,
    (after, rows): (Option<&str>, i64),
) -> Result<Vec<DeliveryRow>, StoreError> {
    tx.all(PAGE.bind(webhook.id).bind(state).bind(after).bind(rows)).await
}

/// Whether the message is of this webhook.
pub(crate) async fn is_of(tx: &mut Tx, webhook: &Managed, id: DeliveryId) -> Result<bool, StoreError> {
    Ok(tx.one::<i64>(IS_OF.bind(webhook.id).bind(id)).await? == 1)
}

/// Has one message, or all dead letters, sent once more; how many.
pub(crate) async fn redeliver(
    tx: &mut WriteTx,
    webhook: &Managed,
    id: Option<DeliveryId>,
    now: Micros,
) -> Result<u64, StoreError> {
    tx.execute(REDELIVER.bind(webhook.id).bind(id).bind(now)).await
}

/// Forgets one dead letter, or all of them; how many.
pub(crate) async fn drop_dead(
    tx: &mut WriteTx,
    webhook: &Managed,
    id: Option<DeliveryId>,
) -> Result<u64, StoreError> {
    tx.execute(DROP.bind(webhook.id).bind(id)).await
}

/// Forgets what ended before these moments.
pub(crate) async fn prune(tx: &mut WriteTx, delivered: Micros, dead: Micros) -> Result<u64, StoreError> {
    tx.execute(PRUNE.bind(delivered).bind(dead)).await
}

/// A message about an event.
pub(crate) struct New<'a> {
    pub(crate) webhook: WebhookId,
    pub(crate) seq: i64,
    pub(crate) series: &'a str,
    pub(crate) code: &'a str,
    pub(crate) body: String,
    /// When it may go.
    pub(crate) due: Micros,
    pub(crate) now: Micros,
}

/// A webhook with messages that wait.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Waiting {
    pub(crate) webhook: WebhookId,
    /// When the first of them goes.
    pub(crate) due: Micros,
}

impl FromRow for Waiting {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        let (first, not_before) = (row.time("first_due")?, row.opt_time("not_before")?);
        Ok(Self {
            webhook: row.parse("id")?,
            due: not_before.map_or(first, |not_before| first.max(not_before)),
        })
    }
}

/// What the panel does of its own accord.
pub(crate) mod unscoped {
    use super::{
        ALL_NOW, DEAD, DUE, DeliveryId, DeliveryRow, FAILED, INSERT, Micros, New, OF_SERIES, OVERFLOW, RENEW,
        RENEWED, StoreError, TAKEN, Tx, WAITING, Waiting, WebhookId, WriteTx,
    };

    /// Makes a message, or has the one that waits about the same series say what is known now.
    pub(crate) async fn put(tx: &mut WriteTx, new: New<'_>) -> Result<(), StoreError> {
        let waiting: Option<String> = tx.optional(OF_SERIES.bind(new.webhook).bind(new.series)).await?;
        let statement = match waiting {
            Some(id) => RENEW.bind(id).bind(new.seq).bind(new.body),
            None => INSERT
                .bind(DeliveryId::new())
                .bind(new.webhook)
                .bind(new.seq)
                .bind(new.series)
                .bind(new.code)
                .bind(new.body)
                .bind(new.due)
                .bind(new.now),
        };
        tx.execute(statement).await?;
        Ok(())
    }

    /// Webhooks with messages that wait.
    pub(crate) async fn waiting(tx: &mut Tx) -> Result<Vec<Waiting>, StoreError> {
        tx.all(WAITING).await
    }

    /// The oldest message that is to go now.
    pub(crate) async fn due(
        tx: &mut Tx,
        webhook: WebhookId,
        now: Micros,
    ) -> Result<Option<DeliveryRow>, StoreError> {
        tx.optional(DUE.bind(webhook).bind(now)).await
    }

    /// It was taken as it was sent. Where it says something else since, it goes again at `again`.
    pub(crate) async fn taken(
        tx: &mut WriteTx,
        sent: &DeliveryRow,
        status: u16,
        (now, again): (Micros, Micros),
    ) -> Result<(), StoreError> {
        let taken = TAKEN.bind(sent.id).bind(sent.seq).bind(i64::from(status)).bind(now);
        if tx.execute(taken).await? == 0 {
            tx.execute(RENEWED.bind(sent.id).bind(again)).await?;
        }
        Ok(())
    }

    /// It was not taken, and goes again at `again`.
    pub(crate) async fn failed(
        tx: &mut WriteTx,
        id: DeliveryId,
        (status, reason): (Option<u16>, &str),
        again: Micros,
    ) -> Result<(), StoreError> {
        tx.execute(FAILED.bind(id).bind(again).bind(status.map(i64::from)).bind(reason)).await?;
        Ok(())
    }

    /// It was not taken, and is given up.
    pub(crate) async fn dead(
        tx: &mut WriteTx,
        id: DeliveryId,
        (status, reason): (Option<u16>, &str),
        now: Micros,
    ) -> Result<(), StoreError> {
        tx.execute(DEAD.bind(id).bind(status.map(i64::from)).bind(reason).bind(now)).await?;
        Ok(())
    }

    /// Gives up the oldest of those that wait where they are more than `most`.
    pub(crate) async fn bound(
        tx: &mut WriteTx,
        webhook: WebhookId,
        most: i64,
        now: Micros,
    ) -> Result<(), StoreError> {
        let why = format!("more than {most} messages waited");
        tx.execute(OVERFLOW.bind(webhook).bind(most).bind(why).bind(now)).await?;
        Ok(())
    }

    /// All that waits goes now.
    pub(crate) async fn all_now(tx: &mut WriteTx, webhook: WebhookId, now: Micros) -> Result<(), StoreError> {
        tx.execute(ALL_NOW.bind(webhook).bind(now)).await?;
        Ok(())
    }
}
