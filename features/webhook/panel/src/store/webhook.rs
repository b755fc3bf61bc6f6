//! The row of a webhook, and how the API shows it.

use auth::TenantScope;
use desired::event::Code;
use names::{Label, Micros, OrganisationId, Secret, WebUrl, WebhookId};
use seal::SealKey;
use serde::{Deserialize, Serialize};
use store::{FromRow, Row, RowError, Statement, StoreError, Tx, WriteTx};
use utoipa::ToSchema;

use crate::access::{Managed, Owner};
use crate::attempt::Receiver;
use crate::secret::Key;

const BY_ID: Statement = Statement::new(
    "SELECT id, organisation_id, name, url, kinds, secret, old_secret, old_secret_until, enabled, disabled_reason, event_cursor,
            failures, failing_since, next_attempt_at, created_at, updated_at,
            (SELECT o.suspended FROM organisation_state o WHERE o.organisation_id = webhook.organisation_id) AS paused
     FROM webhook WHERE id = $1",
);
const BY_NAME: Statement = Statement::new(
    "SELECT id, organisation_id, name, url, kinds, secret, old_secret, old_secret_until, enabled, disabled_reason, event_cursor,
            failures, failing_since, next_attempt_at, created_at, updated_at,
            (SELECT o.suspended FROM organisation_state o WHERE o.organisation_id = webhook.organisation_id) AS paused
     FROM webhook
     WHERE name = $1
       AND ($2 = 'all' OR organisation_id IN
            (SELECT organisation_id FROM organisation_permission WHERE holder_id = $2 AND permission = $3))
     ORDER BY id LIMIT 2",
);
const NAMED: Statement =
    Statement::new("SELECT id AS value FROM webhook WHERE organisation_id = $1 AND name = $2");
const PAGE: Statement = Statement::new(
    "SELECT id, organisation_id, name, url, kinds, secret, old_secret, old_secret_until, enabled, disabled_reason, event_cursor,
            failures, failing_since, next_attempt_at, created_at, updated_at,
            (SELECT o.suspended FROM organisation_state o WHERE o.organisation_id = webhook.organisation_id) AS paused
     FROM webhook
     WHERE (name > $1 OR (name = $1 AND id > $2))
       AND ($3 = 'all' OR organisation_id IN
            (SELECT organisation_id FROM organisation_permission WHERE holder_id = $3 AND permission = $4))
       AND (name LIKE $6 ESCAPE '\\' OR $6 IS NULL)
     ORDER BY name, id LIMIT $5",
);
const OWNER: Statement = Statement::new("SELECT name AS value FROM organisation WHERE id = $1");
const ENABLED: Statement = Statement::new(
    "SELECT id, organisation_id, name, url, kinds, secret, old_secret, old_secret_until, enabled, disabled_reason, event_cursor,
            failures, failing_since, next_attempt_at, created_at, updated_at,
            (SELECT o.suspended FROM organisation_state o WHERE o.organisation_id = webhook.organisation_id) AS paused
     FROM webhook
     WHERE enabled = 1
       AND (SELECT o.suspended FROM organisation_state o WHERE o.organisation_id = webhook.organisation_id) = 0
     ORDER BY id",
);
const BEHIND: Statement = Statement::new(
    "SELECT COUNT(*) AS value FROM webhook
     WHERE enabled = 1 AND event_cursor < (SELECT COALESCE(MAX(seq), 0) FROM event)
       AND (SELECT o.suspended FROM organisation_state o WHERE o.organisation_id = webhook.organisation_id) = 0",
);
// Whoever is paused is not away: the days after which a receiver is given up begin anew.
const REST: Statement = Statement::new(
    "UPDATE webhook SET failures = 0, failing_since = NULL, next_attempt_at = NULL
     WHERE failing_since IS NOT NULL
       AND (SELECT o.suspended FROM organisation_state o WHERE o.organisation_id = webhook.organisation_id) = 1",
);
const COUNT: Statement = Statement::new("SELECT COUNT(*) AS value FROM webhook WHERE organisation_id = $1");
const INSERT: Statement = Statement::new(
    "INSERT INTO webhook (id, organisation_id, name, url, kinds, secret, event_cursor, created_at, updated_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8) ON CONFLICT DO NOTHING",
);
const EDIT: Statement = Statement::new(
    "UPDATE webhook SET name = $2, url = $3, kinds = $4, enabled = $5, disabled_reason = $6, event_cursor = $7, failures = $8,
            failing_since = $9, next_attempt_at = $10, updated_at = $11
     WHERE id = $1",
);
const ROTATE: Statement = Statement::new(
    "UPDATE webhook SET old_secret = secret, old_secret_until = $3, secret = $2, updated_at = $4 WHERE id = $1",
);
const IN_CLEAR: Statement = Statement::new(
    "SELECT id, secret, old_secret FROM webhook WHERE secret LIKE 'whsec%' OR old_secret LIKE 'whsec%' ORDER BY id LIMIT 100",
);
const SET_SEALED: Statement = Statement::new("UPDATE webhook SET secret = $2, old_secret = $3 WHERE id = $1");
const DELETE: Statement = Statement::new("DELETE FROM webhook WHERE id = $1");
const CURSOR: Statement =
    Statement::new("UPDATE webhook SET event_cursor = $2 WHERE id = $1 AND event_cursor < $2");
const HEALTHY: Statement = Statement::new(
    "UPDATE webhook SET failures = 0, failing_since = NULL, next_attempt_at = NULL WHERE id = $1 AND failures > 0",
);
const FAILING: Statement = Statement::new(
    "UPDATE webhook SET failures = failures + 1, failing_since = COALESCE(failing_since, $2), next_attempt_at = $3
     WHERE id = $1",
);
const AWAY: Statement = Statement::new(
    "SELECT name AS value FROM webhook
     WHERE disabled_reason = 'unreachable' OR (enabled = 1 AND failing_since < $1) ORDER BY name LIMIT 20",
);
const DISABLE: Statement = Statement::new(
    "UPDATE webhook SET enabled = 0, disabled_reason = 'unreachable', updated_at = $2 WHERE id = $1 AND enabled = 1",
);

pub(crate) const STATEMENTS: &[Statement] = &[
    BY_ID, BY_NAME, NAMED, PAGE, OWNER, ENABLED, BEHIND, COUNT, INSERT, EDIT, ROTATE, DELETE, CURSOR,
    HEALTHY, FAILING, DISABLE, AWAY, IN_CLEAR, SET_SEALED, REST,
];

/// The key of a webhook in a path.
pub(crate) type WebhookKey = auth::Key<WebhookId, Label>;

/// A row.
#[derive(Debug, Clone)]
pub(crate) struct WebhookRow {
    pub(crate) id: WebhookId,
    pub(crate) organisation: OrganisationId,
    pub(crate) name: Label,
    pub(crate) url: WebUrl,
    /// Codes of events; none: all. One that this release does not know matches nothing.
    pub(crate) kinds: Option<Vec<String>>,
    /// Sealed.
    secret: Secret<String>,
    old_secret: Option<Secret<String>>,
    pub(crate) old_secret_until: Option<Micros>,
    pub(crate) enabled: bool,
    pub(crate) disabled_reason: Option<String>,
    pub(crate) cursor: i64,
    pub(crate) failures: i64,
    pub(crate) failing_since: Option<Micros>,
    pub(crate) next_attempt_at: Option<Micros>,
    pub(crate) created_at: Micros,
    pub(crate) updated_at: Micros,
    /// Its organisation, or one above it, is suspended.
    pub(crate) paused: bool,
}

impl FromRow for WebhookRow {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        Ok(Self {
            id: row.parse("id")?,
            organisation: row.parse("organisation_id")?,
            name: row.parse("name")?,
            url: row.parse("url")?,
            kinds: row.opt_json("kinds")?,
            secret: row.text("secret")?.into(),
            old_secret: row.opt_text("old_secret")?.map(Into::into),
            old_secret_until: row.opt_time("old_secret_until")?,
            enabled: row.flag("enabled")?,
            disabled_reason: row.opt_text("disabled_reason")?,
            cursor: row.int("event_cursor")?,
            failures: row.int("failures")?,
            failing_since: row.opt_time("failing_since")?,
            next_attempt_at: row.opt_time("next_attempt_at")?,
            created_at: row.time("created_at")?,
            updated_at: row.time("updated_at")?,
            paused: row.flag("paused")?,
        })
    }
}

impl WebhookRow {
    /// Whether it is told of such events.
    pub(crate) fn wants(&self, code: &str) -> bool {
        self.kinds.as_ref().is_none_or(|kinds| kinds.iter().any(|kind| kind == code))
    }

    /// What lists are ordered by.
    pub(crate) fn sort_key(&self) -> String {
        format!("{} {}", self.name, self.id)
    }

    /// Whether its organisation has every account below it, and the installation's own matters.
    pub(crate) fn is_of_all(&self) -> bool {
        self.organisation.to_string() == store::fixed::ROOT_ORGANISATION
    }

    /// Where its messages go, with the keys that sign now. A key that cannot be read signs nothing.
    pub(crate) fn receiver(&self, seal: &SealKey, now: Micros) -> Receiver {
        let old = self.old_secret.as_ref().filter(|_| self.old_secret_until.is_some_and(|until| until > now));
        let kept = std::iter::once(&self.secret).chain(old);
        let keys = kept.filter_map(|kept| Key::open(seal, self.id, kept.expose()).ok()).collect();
        Receiver { url: self.url.clone(), keys }
    }
}

/// How the API shows it. The secret is never among it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Webhook {
    /// Its id.
    #[schema(value_type = String, format = "uuid")]
    pub(crate) id: WebhookId,
    /// Its name.
    #[schema(value_type = String)]
    pub(crate) name: Label,
    /// The organisation of which it is told, and of those below; the root one: all events.
    #[schema(value_type = String, format = "uuid")]
    pub(crate) organisation: OrganisationId,
    /// Where messages go.
    #[schema(value_type = String, format = "uri")]
    pub(crate) url: WebUrl,
    /// The codes of events that are told; null: all.
    pub(crate) kinds: Option<Vec<String>>,
    /// Whether messages are made and sent.
    pub(crate) enabled: bool,
    /// Why not: `asked`, or `unreachable` where the receiver took nothing for three days.
    pub(crate) disabled_reason: Option<String>,
    /// Its organisation is suspended: nothing is sent, and what happens is told when the organisation goes on.
    pub(crate) paused: bool,
    /// Failures in a row.
    pub(crate) failures: i64,
    /// Since when the receiver takes nothing; null: it took the last message.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) failing_since: Option<Micros>,
    /// Until when the secret of before signs as well.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) old_secret_until: Option<Micros>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) created_at: Micros,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) updated_at: Micros,
}

impl From<&WebhookRow> for Webhook {
    fn from(row: &WebhookRow) -> Self {
        Self {
            id: row.id,
            name: row.name.clone(),
            organisation: row.organisation,
            url: row.url.clone(),
            kinds: row.kinds.clone(),
            enabled: row.enabled,
            disabled_reason: row.disabled_reason.clone(),
            paused: row.paused,
            failures: row.failures,
            failing_since: row.failing_since,
            old_secret_until: row.old_secret_until,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// What a new one is made of.
pub(crate) struct New<'a> {
    pub(crate) id: WebhookId,
    pub(crate) name: &'a Label,
    pub(crate) url: &'a WebUrl,
    pub(crate) kinds: Option<Vec<Code>>,
    /// Its key, sealed.
    pub(crate) secret: &'a str,
    /// The newest event: what happened before is not told.
    pub(crate) cursor: i64,
    pub(crate) now: Micros,
}

/// The codes as they are stored.
pub(crate) fn words(kinds: &[Code]) -> Vec<String> {
    kinds.iter().map(|code| code.as_str().to_owned()).collect()
}

fn stored(kinds: Option<&Vec<String>>) -> Option<String> {
    kinds.map(|kinds| serde_json::Value::from(kinds.clone()).to_string())
}

/// A page of those that the scope shows, in the order of the names; `after` is a [`WebhookRow::sort_key`], `like` a pattern of `Part::like`.
pub(crate) async fn list(
    tx: &mut Tx,
    scope: &TenantScope,
    after: &str,
    like: Option<String>,
    rows: i64,
) -> Result<Vec<WebhookRow>, StoreError> {
    let (name, id) = after.split_once(' ').unwrap_or((after, ""));
    tx.all(scope.bind(PAGE.bind(name).bind(id)).bind(rows).bind(like)).await
}

/// The name of the organisation whose webhook it is.
pub(crate) async fn owner(tx: &mut Tx, webhook: &WebhookRow) -> Result<String, StoreError> {
    tx.one(OWNER.bind(webhook.organisation)).await
}

/// How many the organisation has.
pub(crate) async fn count(tx: &mut Tx, owner: &Owner) -> Result<i64, StoreError> {
    tx.one(COUNT.bind(owner.id)).await
}

/// Whether another webhook of the same organisation has this name.
pub(crate) async fn is_taken(tx: &mut Tx, webhook: &Managed, name: &Label) -> Result<bool, StoreError> {
    let named: Option<String> = tx.optional(NAMED.bind(webhook.organisation).bind(name)).await?;
    Ok(named.is_some_and(|id| id != webhook.id.to_string()))
}

/// Makes one; false where the name is taken.
pub(crate) async fn insert(tx: &mut WriteTx, owner: &Owner, new: &New<'_>) -> Result<bool, StoreError> {
    let kinds = new.kinds.as_deref().map(words);
    let insert = INSERT
        .bind(new.id)
        .bind(owner.id)
        .bind(new.name)
        .bind(new.url)
        .bind(stored(kinds.as_ref()))
        .bind(new.secret)
        .bind(new.cursor)
        .bind(new.now);
    Ok(tx.execute(insert).await? == 1)
}

/// Writes what can be edited, and what follows from it.
pub(crate) async fn edit(tx: &mut WriteTx, webhook: &Managed, row: &WebhookRow) -> Result<(), StoreError> {
    let edit = EDIT
        .bind(webhook.id)
        .bind(&row.name)
        .bind(&row.url)
        .bind(stored(row.kinds.as_ref()))
        .bind(row.enabled)
        .bind(row.disabled_reason.clone())
        .bind(row.cursor)
        .bind(row.failures)
        .bind(row.failing_since)
        .bind(row.next_attempt_at)
        .bind(row.updated_at);
    tx.execute(edit).await?;
    Ok(())
}

/// A new key, sealed; the one of now signs as well until then.
pub(crate) async fn rotate(
    tx: &mut WriteTx,
    webhook: &Managed,
    sealed: &str,
    (until, now): (Micros, Micros),
) -> Result<(), StoreError> {
    tx.execute(ROTATE.bind(webhook.id).bind(sealed).bind(until).bind(now)).await?;
    Ok(())
}

/// Removes it, and its messages with it.
pub(crate) async fn delete(tx: &mut WriteTx, webhook: &Managed) -> Result<(), StoreError> {
    tx.execute(DELETE.bind(webhook.id)).await?;
    Ok(())
}

/// A row whose keys are not sealed.
pub(crate) struct InClear {
    pub(crate) id: WebhookId,
    pub(crate) secret: Secret<String>,
    pub(crate) old_secret: Option<Secret<String>>,
}

impl FromRow for InClear {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        Ok(Self {
            id: row.parse("id")?,
            secret: row.text("secret")?.into(),
            old_secret: row.opt_text("old_secret")?.map(Into::into),
        })
    }
}

/// The panel's own look, for messages and for `access`.
pub(crate) mod unscoped {
    use super::{
        AWAY, BEHIND, BY_ID, BY_NAME, CURSOR, DISABLE, ENABLED, FAILING, HEALTHY, IN_CLEAR, InClear, Micros,
        REST, SET_SEALED, StoreError, TenantScope, Tx, WebhookId, WebhookKey, WebhookRow, WriteTx,
    };

    /// Rows of a key, two at most: names are unique within an organisation alone, and of names those count that the scope shows.
    pub(crate) async fn by_key(
        tx: &mut Tx,
        scope: &TenantScope,
        key: &WebhookKey,
    ) -> Result<Vec<WebhookRow>, StoreError> {
        match key {
            WebhookKey::Id(id) => tx.all(BY_ID.bind(*id)).await,
            WebhookKey::Name(name) => tx.all(scope.bind(BY_NAME.bind(name))).await,
        }
    }

    /// Some of those whose keys are not sealed.
    pub(crate) async fn in_clear(tx: &mut Tx) -> Result<Vec<InClear>, StoreError> {
        tx.all(IN_CLEAR).await
    }

    /// The keys of before, sealed.
    pub(crate) async fn set_sealed(
        tx: &mut WriteTx,
        id: WebhookId,
        (secret, old): (String, Option<String>),
    ) -> Result<(), StoreError> {
        tx.execute(SET_SEALED.bind(id).bind(secret).bind(old)).await?;
        Ok(())
    }

    /// Those that are told of events now: they are enabled, and not paused.
    pub(crate) async fn enabled(tx: &mut Tx) -> Result<Vec<WebhookRow>, StoreError> {
        tx.all(ENABLED).await
    }

    /// Names of those whose receivers took nothing since this moment, or were given up.
    pub(crate) async fn away(tx: &mut Tx, since: Micros) -> Result<Vec<String>, StoreError> {
        tx.all(AWAY.bind(since)).await
    }

    /// Whether one of them has not seen every event.
    pub(crate) async fn is_one_behind(tx: &mut Tx) -> Result<bool, StoreError> {
        Ok(tx.one::<i64>(BEHIND).await? > 0)
    }

    /// The row, if it is still there.
    pub(crate) async fn find(tx: &mut Tx, id: WebhookId) -> Result<Option<WebhookRow>, StoreError> {
        tx.optional(BY_ID.bind(id)).await
    }

    /// Events up to this one were made into messages.
    pub(crate) async fn set_cursor(tx: &mut WriteTx, id: WebhookId, cursor: i64) -> Result<(), StoreError> {
        tx.execute(CURSOR.bind(id).bind(cursor)).await?;
        Ok(())
    }

    /// The receiver took a message.
    pub(crate) async fn healthy(tx: &mut WriteTx, id: WebhookId) -> Result<(), StoreError> {
        tx.execute(HEALTHY.bind(id)).await?;
        Ok(())
    }

    /// The receiver took none; nothing is sent before `next`.
    pub(crate) async fn failing(
        tx: &mut WriteTx,
        id: WebhookId,
        now: Micros,
        next: Micros,
    ) -> Result<(), StoreError> {
        tx.execute(FAILING.bind(id).bind(now).bind(next)).await?;
        Ok(())
    }

    /// Those that are paused are not counted as away.
    pub(crate) async fn rest(tx: &mut WriteTx) -> Result<(), StoreError> {
        tx.execute(REST).await?;
        Ok(())
    }

    /// Gives it up; false where somebody did before.
    pub(crate) async fn disable(tx: &mut WriteTx, id: WebhookId, now: Micros) -> Result<bool, StoreError> {
        Ok(tx.execute(DISABLE.bind(id).bind(now)).await? == 1)
    }
}
