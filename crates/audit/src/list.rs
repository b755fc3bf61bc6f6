//! Reading entries, the newest first.

use auth::TenantScope;
use names::{AccountId, Micros};
use serde::Serialize;
use serde_json::Value;
use store::{FromRow, Row, RowError, Statement, StoreError, Tx};

// Three lists and not one with optional filters, or a tenant's page would walk everyone's entries. Of several accounts the numbers are
// found first, in the index alone; `CROSS JOIN` is where SQLite is told which comes first.
const LIST_ALL: Statement = Statement::new(
    "SELECT seq, id, at, actor_kind, actor_id, actor_name, origin, request_id, action, object_kind, object_id, account_id,
            before_json, after_json, plan_hash, outcome
     FROM audit WHERE seq < $1 ORDER BY seq DESC LIMIT $2",
);
const LIST_OF_ACCOUNT: Statement = Statement::new(
    "SELECT seq, id, at, actor_kind, actor_id, actor_name, origin, request_id, action, object_kind, object_id, account_id,
            before_json, after_json, plan_hash, outcome
     FROM audit WHERE account_id = $3 AND seq < $1 ORDER BY seq DESC LIMIT $2",
);
const LIST_GRANTED: Statement = Statement::new(
    "SELECT seq, id, at, actor_kind, actor_id, actor_name, origin, request_id, action, object_kind, object_id, account_id,
            before_json, after_json, plan_hash, outcome
     FROM audit WHERE seq IN
          (SELECT a.seq
           FROM (SELECT DISTINCT account_id FROM account_permission WHERE holder_id = $3 AND permission = $4) g
                CROSS JOIN audit a
           WHERE a.account_id = g.account_id AND a.seq < $1 ORDER BY a.seq DESC LIMIT $2)
     ORDER BY seq DESC",
);

pub(crate) const STATEMENTS: &[Statement] = &[LIST_ALL, LIST_OF_ACCOUNT, LIST_GRANTED];

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

/// Entries before the number `before` (none: from the newest on), at most `rows`: of one account, on which the caller was found to see the
/// audit, or all that the scope shows.
pub async fn list(
    tx: &mut Tx,
    scope: &TenantScope,
    account: Option<AccountId>,
    before: Option<i64>,
    rows: i64,
) -> Result<Vec<Recorded>, StoreError> {
    let page = |statement: Statement| statement.bind(before.unwrap_or(i64::MAX)).bind(rows);
    match (account, scope) {
        (Some(account), _) => tx.all(page(LIST_OF_ACCOUNT).bind(account)).await,
        (None, TenantScope::All) => tx.all(page(LIST_ALL)).await,
        (None, TenantScope::Granted { .. }) => tx.all(scope.bind(page(LIST_GRANTED))).await,
    }
}
