//! Reading entries, the newest first.

use auth::TenantScope;
use names::Micros;
use serde::Serialize;
use serde_json::Value;
use store::{FromRow, Row, RowError, Statement, StoreError, Tx};

const LIST: Statement = Statement::new(
    "SELECT seq, id, at, actor_kind, actor_id, actor_name, origin, request_id, action, object_kind, object_id, account_id,
            before_json, after_json, plan_hash, outcome
     FROM audit
     WHERE (seq < $1 OR $1 = 0)
       AND ($2 = 'all' OR account_id IN
            (SELECT account_id FROM account_permission WHERE person_id = $2 AND permission = $3))
       AND (account_id = $4 OR $4 IS NULL)
       AND (object_kind = $5 OR $5 IS NULL)
       AND (object_id = $6 OR $6 IS NULL)
     ORDER BY seq DESC LIMIT $7",
);

pub(crate) const STATEMENTS: &[Statement] = &[LIST];

/// Which entries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of this account alone.
    pub account_id: Option<String>,
    /// About objects of this kind alone.
    pub object_kind: Option<String>,
    /// About this object alone.
    pub object_id: Option<String>,
}

/// An entry that was written.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Recorded {
    /// Its number; the cursor of lists.
    pub seq: i64,
    /// Its id.
    pub id: String,
    /// When.
    pub at: Micros,
    /// `root`, `system`, `person` or `anonymous`.
    pub actor_kind: String,
    /// The person's id.
    pub actor_id: Option<String>,
    /// The name of whoever did it.
    pub actor_name: String,
    /// An address, or `socket`.
    pub origin: String,
    /// The request.
    pub request_id: String,
    /// Such as `site.create`.
    pub action: String,
    /// Such as `site`.
    pub object_kind: String,
    /// The object's id.
    pub object_id: Option<String>,
    /// Whose object.
    pub account_id: Option<String>,
    /// The object before.
    pub before: Option<Value>,
    /// The object after; for what was refused, the codes.
    pub after: Option<Value>,
    /// The plan that was insisted on.
    pub plan_hash: Option<String>,
    /// `done` or `refused`.
    pub outcome: String,
}

impl FromRow for Recorded {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        Ok(Self {
            seq: row.int("seq")?,
            id: row.text("id")?,
            at: row.time("at")?,
            actor_kind: row.text("actor_kind")?,
            actor_id: row.opt_text("actor_id")?,
            actor_name: row.text("actor_name")?,
            origin: row.text("origin")?,
            request_id: row.text("request_id")?,
            action: row.text("action")?,
            object_kind: row.text("object_kind")?,
            object_id: row.opt_text("object_id")?,
            account_id: row.opt_text("account_id")?,
            before: row.opt_json("before_json")?,
            after: row.opt_json("after_json")?,
            plan_hash: row.opt_text("plan_hash")?,
            outcome: row.text("outcome")?,
        })
    }
}

/// Entries within the scope, before the number `before` (0: from the newest on), at most `rows`.
pub async fn list(
    tx: &mut Tx,
    scope: &TenantScope,
    filter: &Filter,
    before: i64,
    rows: i64,
) -> Result<Vec<Recorded>, StoreError> {
    let statement = scope
        .bind(LIST.bind(before))
        .bind(filter.account_id.as_deref())
        .bind(filter.object_kind.as_deref())
        .bind(filter.object_id.as_deref())
        .bind(rows);
    tx.all(statement).await
}
