//! The log of what happened, for people who follow: codes and parameters; the words are the reader's.
//!
//! An event that repeats within ten minutes is one row with a count, or retries would flood the log. A repeated event takes a new
//! number, so that whoever follows from a cursor sees its new count.

use std::time::Duration;

use auth::{PermissionId, TenantScope};
use names::{AccountId, Micros, OrganisationId};
use serde_json::{Value, json};
use store::{FromRow, Row, RowError, Statement, StoreError, Tx, WriteTx};

use crate::key::Key;

/// Events of the same object and code within this time are one.
const SERIES: Duration = Duration::from_mins(10);

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Code {
    /// An object was asked for.
    Created,
    /// An object was asked to be otherwise.
    Changed,
    /// An object was asked to go.
    DeletionAsked,
    /// An object was observed to be as asked.
    Ready,
    /// An object waits; `reason` says for what.
    Waiting,
    /// An object serves, but not as asked.
    Degraded,
    /// An object does not serve as asked.
    Failed,
    /// An object was observed to be gone.
    Removed,
    /// A person decided about a hand edit.
    DriftDecided,
    /// A person asked for a pass over everything.
    Swept,
    /// A setting was changed.
    SettingChanged,
    /// The agent holds an object that the panel does not know.
    Unknown,
    /// Somebody began to act as a person; `name` is the person, `by` who acts, `until` when it ends at the latest.
    ActingBegan,
    /// Nobody acts as the person any longer.
    ActingEnded,
    /// A person decided about an object that the agent and the panel know differently.
    Adopted,
    /// An account came near a limit; `what` and `percent` say which and how near.
    UsageHigh,
    /// An account is at a limit; `what` says at which.
    UsageFull,
    /// A webhook's receiver was away for days, and nothing more is sent to it.
    WebhookDisabled,
    /// The disk with the homes is nearly full; `percent` says how nearly.
    DiskHigh,
    /// The agent has not answered for minutes.
    AgentAway,
    /// The agent answers again.
    AgentBack,
    /// A job was asked for; `job` is its kind, `name` what it is about.
    JobQueued,
    /// A job began.
    JobStarted,
    /// A job ended well.
    JobDone,
    /// A job failed; `step`, `reason` and `message` say where and why.
    JobFailed,
    /// A job was cancelled.
    JobCancelled,
}

impl Code {
    /// Every code.
    pub const ALL: &[Self] = &[
        Self::Created,
        Self::Changed,
        Self::DeletionAsked,
        Self::Ready,
        Self::Waiting,
        Self::Degraded,
        Self::Failed,
        Self::Removed,
        Self::DriftDecided,
        Self::Swept,
        Self::SettingChanged,
        Self::Unknown,
        Self::ActingBegan,
        Self::ActingEnded,
        Self::Adopted,
        Self::UsageHigh,
        Self::UsageFull,
        Self::WebhookDisabled,
        Self::DiskHigh,
        Self::AgentAway,
        Self::AgentBack,
        Self::JobQueued,
        Self::JobStarted,
        Self::JobDone,
        Self::JobFailed,
        Self::JobCancelled,
    ];

    /// The word in the database and the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "object.created",
            Self::Changed => "object.changed",
            Self::DeletionAsked => "object.deletion_asked",
            Self::Ready => "object.ready",
            Self::Waiting => "object.waiting",
            Self::Degraded => "object.degraded",
            Self::Failed => "object.failed",
            Self::Removed => "object.removed",
            Self::DriftDecided => "drift.decided",
            Self::Swept => "node.swept",
            Self::SettingChanged => "setting.changed",
            Self::Unknown => "object.unknown",
            Self::ActingBegan => "person.acting_began",
            Self::ActingEnded => "person.acting_ended",
            Self::Adopted => "object.adopted",
            Self::UsageHigh => "usage.high",
            Self::UsageFull => "usage.full",
            Self::WebhookDisabled => "webhook.disabled",
            Self::DiskHigh => "node.disk_high",
            Self::AgentAway => "node.agent_away",
            Self::AgentBack => "node.agent_back",
            Self::JobQueued => "job.queued",
            Self::JobStarted => "job.started",
            Self::JobDone => "job.done",
            Self::JobFailed => "job.failed",
            Self::JobCancelled => "job.cancelled",
        }
    }

    /// When it happens, for the reference of all events.
    pub const fn when(self) -> &'static str {
        match self {
            Self::Created => "An object was asked for.",
            Self::Changed => "An object was asked to be otherwise.",
            Self::DeletionAsked => "An object was asked to go.",
            Self::Ready => "An object was observed to be as asked.",
            Self::Waiting => "An object waits for something that comes by itself or by an administrator.",
            Self::Degraded => "An object serves, but not as asked.",
            Self::Failed => "An object does not serve as asked.",
            Self::Removed => "An object was observed to be gone.",
            Self::DriftDecided => "A person decided about an edit by hand.",
            Self::Swept => "A person asked for a pass over everything.",
            Self::SettingChanged => "A setting was changed.",
            Self::Unknown => "The agent holds an object that the panel does not know.",
            Self::ActingBegan => {
                "Somebody began to act as a person; `name` is the person, `by` who acts, `until` when it ends at the latest."
            }
            Self::ActingEnded => "Nobody acts as the person any longer.",
            Self::Adopted => {
                "A person decided about an object that the server and an older database, which was put back, know differently; `decision` says how."
            }
            Self::UsageHigh => "An account came near a limit; `what` and `percent` say which and how near.",
            Self::UsageFull => "An account is at a limit; `what` says at which.",
            Self::WebhookDisabled => {
                "A webhook's receiver was away for days, and nothing more is sent to it."
            }
            Self::DiskHigh => {
                "The disk with the homes is nearly full: `percent` is 90, or 95, which is an error. Told once, until less than 85 % are used."
            }
            Self::AgentAway => "The agent has not answered for 3 minutes: nothing is changed on the server.",
            Self::AgentBack => "The agent answers again.",
            Self::JobQueued => {
                "A job was asked for, or is to be tried again; `job` is its kind, `name` what it is about."
            }
            Self::JobStarted => "A job began.",
            Self::JobDone => "A job ended well.",
            Self::JobFailed => "A job failed; `step`, `reason` and `message` say where and why.",
            Self::JobCancelled => "A job was cancelled.",
        }
    }

    /// The code of this word.
    pub fn find(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == word)
    }

    /// How loud it is: `info`, `warning` or `error`.
    pub const fn severity(self) -> &'static str {
        match self {
            Self::Degraded
            | Self::Waiting
            | Self::Unknown
            | Self::ActingBegan
            | Self::UsageHigh
            | Self::DiskHigh => "warning",
            Self::Failed | Self::UsageFull | Self::WebhookDisabled | Self::AgentAway | Self::JobFailed => {
                "error"
            }
            _ => "info",
        }
    }
}

/// The reference of all events as Markdown; committed as `docs/reference/events.md`.
pub fn reference() -> String {
    use std::fmt::Write;
    let mut text = String::from(REFERENCE);
    for code in Code::ALL {
        // writing to a text cannot fail
        let _ = writeln!(text, "| `{}` | {} | {} |", code.as_str(), code.severity(), code.when());
    }
    text
}

const REFERENCE: &str = "\
# Events

Generated by `cargo xtask events`; do not edit.

What happened is told by `GET /api/v1/events`, `holdfast event list`, and to webhooks (`docs/guide/webhooks.md`). An event has a code, the object that it is about
(`kind` and `id`), the account whose matter it is where there is one, and `params`, of which `name` is always there; `reason` and `message` say why
something is not ready, `generation` of which wish it is about. New codes come with new releases, so pass over those that you do not know.

An event that repeats within ten minutes is one event with a higher `count` and a new cursor.

Who sees an event is looked up when it is read: whoever sees events of its account, and whoever sees events (`event.view`) in the organisation where it happened and may read
such objects there (`person.manage` for people, `member.view` for roles and members, `organisation.view`, `package.view`, `webhook.manage`, `job.view`). The last event of an object that is
gone, `object.removed`, is seen by the organisation like those before it; what is in no organisation is the administrators'.

| code | severity | when |
| --- | --- | --- |
";

/// One event.
#[derive(Debug, Clone)]
pub struct Event {
    /// Which object, or which thing.
    pub scope: Key,
    /// Whose matter it is.
    pub account: Option<AccountId>,
    /// Whose it is where it is no account's; none of both: the administrator's.
    pub organisation: Option<OrganisationId>,
    /// What happened.
    pub code: Code,
    /// For the reader's words: at least `name`.
    pub params: Value,
    /// How loud it is.
    severity: &'static str,
}

impl Event {
    /// Something happened to an object of a name.
    pub fn of(scope: Key, account: Option<AccountId>, code: Code, name: &str) -> Self {
        let severity = code.severity();
        Self { scope, account, organisation: None, code, params: json!({ "name": name }), severity }
    }

    /// The same event as the matter of an organisation. An account's events are that of the account's by themselves, unless the account is gone.
    #[must_use]
    pub fn in_organisation(mut self, organisation: Option<OrganisationId>) -> Self {
        self.organisation = organisation;
        self
    }

    /// The same event, louder or quieter than others of its code: `info`, `warning` or `error`.
    #[must_use]
    pub fn with_severity(self, severity: &'static str) -> Self {
        Self { severity, ..self }
    }

    /// The same event with another parameter.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        if let Value::Object(params) = &mut self.params {
            params.insert(name.to_owned(), value.into());
        }
        self
    }
}

const NEXT: Statement = Statement::new("SELECT COALESCE(MAX(seq), 0) + 1 AS value FROM event");
const SAME: Statement = Statement::new(
    "SELECT seq AS value FROM event
     WHERE scope_kind = $1 AND scope_id = $2 AND code = $3 AND last_at >= $4 AND params = $5
     ORDER BY last_at DESC LIMIT 1",
);
const REPEAT: Statement =
    Statement::new("UPDATE event SET seq = $2, last_at = $3, count = count + 1 WHERE seq = $1");
const INSERT: Statement = Statement::new(
    "INSERT INTO event (seq, at, last_at, scope_kind, scope_id, account_id, organisation_id, permission, severity, code, params, count)
     VALUES ($1, $2, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1)",
);
const ORGANISATION_OF: Statement =
    Statement::new("SELECT organisation_id AS value FROM account WHERE id = $1");
// Everyone's and some accounts' are read by statements of their own, or a tenant's page would walk everyone's events. The numbers are found
// first, in the index alone; `CROSS JOIN` is where SQLite is told which comes first. What happened in an organisation is found by it, whether
// or not the object is still there, by whoever sees events there and may read such objects.
const AFTER_ALL: Statement = Statement::new(
    "SELECT seq, at, last_at, scope_kind, scope_id, account_id, severity, code, params, count FROM event
     WHERE seq > $1 ORDER BY seq LIMIT $2",
);
const AFTER_GRANTED: Statement = Statement::new(
    "SELECT seq, at, last_at, scope_kind, scope_id, account_id, severity, code, params, count FROM event
     WHERE seq IN
          (SELECT of_account.seq FROM
              (SELECT e.seq
               FROM (SELECT DISTINCT account_id FROM account_permission WHERE holder_id = $3 AND permission = $4) g
                    CROSS JOIN event e
               WHERE e.account_id = g.account_id AND e.seq > $1 ORDER BY e.seq LIMIT $2) of_account
           UNION
           SELECT of_organisation.seq FROM
              (SELECT e.seq
               FROM (SELECT DISTINCT organisation_id FROM organisation_permission WHERE holder_id = $3 AND permission = $4) g
                    CROSS JOIN event e
               WHERE e.organisation_id = g.organisation_id AND e.seq > $1
                 AND (e.permission = $4
                      OR EXISTS (SELECT 1 FROM organisation_permission too
                                 WHERE too.holder_id = $3 AND too.organisation_id = e.organisation_id
                                   AND too.permission = e.permission))
               ORDER BY e.seq LIMIT $2) of_organisation)
     ORDER BY seq LIMIT $2",
);
const LATEST_ALL: Statement = Statement::new(
    "SELECT seq, at, last_at, scope_kind, scope_id, account_id, severity, code, params, count FROM event
     ORDER BY seq DESC LIMIT $1",
);
const LATEST_GRANTED: Statement = Statement::new(
    "SELECT seq, at, last_at, scope_kind, scope_id, account_id, severity, code, params, count FROM event
     WHERE seq IN
          (SELECT of_account.seq FROM
              (SELECT e.seq
               FROM (SELECT DISTINCT account_id FROM account_permission WHERE holder_id = $2 AND permission = $3) g
                    CROSS JOIN event e
               WHERE e.account_id = g.account_id ORDER BY e.seq DESC LIMIT $1) of_account
           UNION
           SELECT of_organisation.seq FROM
              (SELECT e.seq
               FROM (SELECT DISTINCT organisation_id FROM organisation_permission WHERE holder_id = $2 AND permission = $3) g
                    CROSS JOIN event e
               WHERE e.organisation_id = g.organisation_id
                 AND (e.permission = $3
                      OR EXISTS (SELECT 1 FROM organisation_permission too
                                 WHERE too.holder_id = $2 AND too.organisation_id = e.organisation_id
                                   AND too.permission = e.permission))
               ORDER BY e.seq DESC LIMIT $1) of_organisation)
     ORDER BY seq DESC LIMIT $1",
);
// The newest stays: the next number is counted from it, and a cursor must never lie ahead of what is to come.
const PRUNE: Statement =
    Statement::new("DELETE FROM event WHERE last_at < $1 AND seq < (SELECT MAX(seq) FROM event)");
const NEWEST: Statement = Statement::new("SELECT COALESCE(MAX(seq), 0) AS value FROM event");

const GONE: Statement = Statement::new(
    "SELECT params AS value FROM event
     WHERE scope_kind = $1 AND scope_id = $2 AND code IN ('object.removed', 'object.deletion_asked')
     ORDER BY seq DESC LIMIT 1",
);

/// Every statement of this module.
pub const STATEMENTS: &[Statement] = &[
    NEXT,
    SAME,
    REPEAT,
    INSERT,
    ORGANISATION_OF,
    AFTER_ALL,
    AFTER_GRANTED,
    LATEST_ALL,
    LATEST_GRANTED,
    PRUNE,
    NEWEST,
    GONE,
];

/// A row of the log.
#[derive(Debug, Clone)]
pub struct Logged {
    /// The cursor.
    pub seq: i64,
    /// When it happened first.
    pub at: Micros,
    /// When it happened last.
    pub last_at: Micros,
    /// The object's kind.
    pub scope_kind: String,
    /// The object's id.
    pub scope_id: String,
    /// Whose matter it is.
    pub account: Option<AccountId>,
    /// `info`, `warning` or `error`.
    pub severity: String,
    /// [`Code::as_str`]
    pub code: String,
    /// A JSON object.
    pub params: Value,
    /// How often.
    pub count: i64,
}

impl FromRow for Logged {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        Ok(Self {
            seq: row.int("seq")?,
            at: row.time("at")?,
            last_at: row.time("last_at")?,
            scope_kind: row.text("scope_kind")?,
            scope_id: row.text("scope_id")?,
            account: row.opt_parse("account_id")?,
            severity: row.text("severity")?,
            code: row.text("code")?,
            params: row.json("params")?,
            count: row.int("count")?,
        })
    }
}

/// What one must hold in an organisation to read objects of this kind there, and so to see their events.
fn read_with(kind: &str) -> PermissionId {
    match kind {
        "organisation" => PermissionId::ViewOrganisations,
        "person" => PermissionId::ManagePersons,
        "role" | "member" => PermissionId::ViewMembers,
        "package" => PermissionId::ViewPackages,
        "webhook" => PermissionId::ManageWebhooks,
        "job" => PermissionId::ViewJobs,
        _ => PermissionId::ViewEvents,
    }
}

/// The organisation that an account belongs to now; none where it is gone.
pub(crate) async fn organisation_of(
    tx: &mut Tx,
    account: AccountId,
) -> Result<Option<OrganisationId>, StoreError> {
    let id: Option<String> = tx.optional(ORGANISATION_OF.bind(account)).await?;
    Ok(id.and_then(|id| id.parse().ok()))
}

/// Writes an event down, or counts it where the same one is fresh.
pub async fn note(tx: &mut WriteTx, now: Micros, event: &Event) -> Result<(), StoreError> {
    let seq: i64 = tx.one(NEXT).await?;
    let params = event.params.to_string();
    let same = SAME
        .bind(event.scope.kind)
        .bind(&event.scope.id)
        .bind(event.code.as_str())
        .bind(now.minus(SERIES))
        .bind(&params);
    if let Some(old) = tx.optional::<i64>(same).await? {
        tx.execute(REPEAT.bind(old).bind(seq).bind(now)).await?;
        return Ok(());
    }
    let organisation = match (event.organisation, event.account) {
        (None, Some(account)) => organisation_of(tx, account).await?,
        (organisation, _) => organisation,
    };
    let insert = INSERT
        .bind(seq)
        .bind(now)
        .bind(event.scope.kind)
        .bind(&event.scope.id)
        .bind(event.account)
        .bind(organisation)
        .bind(read_with(event.scope.kind).as_str())
        .bind(event.severity)
        .bind(event.code.as_str())
        .bind(params);
    tx.execute(insert).await?;
    Ok(())
}

/// Events after a cursor that the scope shows, oldest first.
pub async fn after(
    tx: &mut Tx,
    scope: &TenantScope,
    cursor: i64,
    rows: i64,
) -> Result<Vec<Logged>, StoreError> {
    let page = |statement: Statement| statement.bind(cursor).bind(rows);
    match scope {
        TenantScope::All => tx.all(page(AFTER_ALL)).await,
        TenantScope::Granted { .. } => tx.all(scope.bind(page(AFTER_GRANTED))).await,
    }
}

/// The last events that the scope shows, oldest first.
pub async fn latest(tx: &mut Tx, scope: &TenantScope, rows: i64) -> Result<Vec<Logged>, StoreError> {
    let mut found: Vec<Logged> = match scope {
        TenantScope::All => tx.all(LATEST_ALL.bind(rows)).await?,
        TenantScope::Granted { .. } => tx.all(scope.bind(LATEST_GRANTED.bind(rows))).await?,
    };
    found.reverse();
    Ok(found)
}

/// Forgets what last happened before this moment, but for the newest of all.
pub async fn prune(tx: &mut WriteTx, before: Micros) -> Result<u64, StoreError> {
    tx.execute(PRUNE.bind(before)).await
}

/// The name that an object had which is gone; none where no event tells it any longer.
pub async fn name_of_gone(tx: &mut Tx, kind: &str, id: &str) -> Result<Option<String>, StoreError> {
    let params: Option<String> = tx.optional(GONE.bind(kind).bind(id)).await?;
    let params: Option<Value> = params.and_then(|params| serde_json::from_str(&params).ok());
    Ok(params.and_then(|params| Some(params.get("name")?.as_str()?.to_owned())))
}

/// The newest cursor; 0 where nothing happened yet.
pub async fn newest(tx: &mut Tx) -> Result<i64, StoreError> {
    tx.one(NEWEST).await
}
