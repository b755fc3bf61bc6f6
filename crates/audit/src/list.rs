//! Reading entries, the newest first.

use auth::TenantScope;
use names::{AccountId, Micros, OrganisationId};
use serde::Serialize;
use serde_json::Value;
use store::{FromRow, Row, RowError, Statement, StoreError, Tx};

// Lists of their own and not one with an optional scope, or a tenant's page would walk everyone's entries. Of several accounts and
// organisations the numbers are found first, in the index alone; `CROSS JOIN` is where SQLite is told which comes first.
const LIST_ALL: Statement = Statement::new(
    "SELECT seq, id, at, actor_kind, actor_id, actor_name, origin, request_id, action, object_kind, object_id, account_id,
            before_json, after_json, plan_hash, outcome, organisation_id, via, via_id
     FROM audit
     WHERE seq < $1 AND (actor_name = $3 OR actor_id = $3 OR via_id = $3 OR $3 IS NULL)
       AND (action = $4 OR $4 IS NULL) AND (object_kind = $5 OR $5 IS NULL)
       AND (object_id = $6 OR $6 IS NULL) AND (outcome = $7 OR $7 IS NULL)
     ORDER BY seq DESC LIMIT $2",
);
const LIST_OF_ACCOUNT: Statement = Statement::new(
    "SELECT seq, id, at, actor_kind, actor_id, actor_name, origin, request_id, action, object_kind, object_id, account_id,
            before_json, after_json, plan_hash, outcome, organisation_id, via, via_id
     FROM audit
     WHERE account_id = $8 AND seq < $1
       AND (actor_name = $3 OR actor_id = $3 OR via_id = $3 OR $3 IS NULL)
       AND (action = $4 OR $4 IS NULL) AND (object_kind = $5 OR $5 IS NULL)
       AND (object_id = $6 OR $6 IS NULL) AND (outcome = $7 OR $7 IS NULL)
     ORDER BY seq DESC LIMIT $2",
);
const LIST_OF_ORGANISATION: Statement = Statement::new(
    "SELECT seq, id, at, actor_kind, actor_id, actor_name, origin, request_id, action, object_kind, object_id, account_id,
            before_json, after_json, plan_hash, outcome, organisation_id, via, via_id
     FROM audit WHERE seq IN
          (SELECT a.seq
           FROM organisation_above up CROSS JOIN audit a
           WHERE up.above_id = $8 AND a.organisation_id = up.organisation_id AND a.seq < $1
             AND (a.actor_name = $3 OR a.actor_id = $3 OR a.via_id = $3 OR $3 IS NULL)
       AND (a.action = $4 OR $4 IS NULL) AND (a.object_kind = $5 OR $5 IS NULL)
       AND (a.object_id = $6 OR $6 IS NULL) AND (a.outcome = $7 OR $7 IS NULL)
           ORDER BY a.seq DESC LIMIT $2)
     ORDER BY seq DESC",
);
const LIST_GRANTED: Statement = Statement::new(
    "SELECT seq, id, at, actor_kind, actor_id, actor_name, origin, request_id, action, object_kind, object_id, account_id,
            before_json, after_json, plan_hash, outcome, organisation_id, via, via_id
     FROM audit WHERE seq IN
          (SELECT of_account.seq FROM
              (SELECT a.seq
               FROM (SELECT DISTINCT account_id FROM account_permission WHERE holder_id = $8 AND permission = $9) g
                    CROSS JOIN audit a
               WHERE a.account_id = g.account_id AND a.seq < $1
                 AND (a.actor_name = $3 OR a.actor_id = $3 OR a.via_id = $3 OR $3 IS NULL)
       AND (a.action = $4 OR $4 IS NULL) AND (a.object_kind = $5 OR $5 IS NULL)
       AND (a.object_id = $6 OR $6 IS NULL) AND (a.outcome = $7 OR $7 IS NULL)
               ORDER BY a.seq DESC LIMIT $2) of_account
           UNION
           SELECT of_organisation.seq FROM
              (SELECT a.seq
               FROM (SELECT DISTINCT organisation_id FROM organisation_permission WHERE holder_id = $8 AND permission = $9) g
                    CROSS JOIN audit a
               WHERE a.organisation_id = g.organisation_id AND a.seq < $1
                 AND (a.actor_name = $3 OR a.actor_id = $3 OR a.via_id = $3 OR $3 IS NULL)
       AND (a.action = $4 OR $4 IS NULL) AND (a.object_kind = $5 OR $5 IS NULL)
       AND (a.object_id = $6 OR $6 IS NULL) AND (a.outcome = $7 OR $7 IS NULL)
               ORDER BY a.seq DESC LIMIT $2) of_organisation)
     ORDER BY seq DESC LIMIT $2",
);

pub(crate) const STATEMENTS: &[Statement] = &[LIST_ALL, LIST_OF_ACCOUNT, LIST_OF_ORGANISATION, LIST_GRANTED];

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
    /// The organisation that it concerned.
    pub organisation_id: Option<String>,
    /// `token`, or `person` or `root` where somebody acted as the person.
    pub via: Option<String>,
    /// The token's id, or that of whoever acted as the person.
    pub via_id: Option<String>,
}

/// Whose entries are listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Of {
    /// All that the scope shows.
    #[default]
    Everyone,
    /// An account on which the caller was found to see the audit.
    Account(AccountId),
    /// An organisation on which the caller was found to see the audit, and those that are below it now.
    Organisation(OrganisationId),
}

/// Which entries are listed; what is none is not looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// The name of whoever did it, as the entry has it, or the id of a person or a token.
    pub actor: Option<String>,
    /// What was done.
    pub action: Option<String>,
    /// The object's kind.
    pub kind: Option<String>,
    /// The object's id.
    pub object: Option<String>,
    /// `done` or `refused`.
    pub outcome: Option<String>,
}

impl Filter {
    /// Whether it lets every entry through.
    pub fn is_open(&self) -> bool {
        *self == Self::default()
    }
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
            organisation_id: row.opt_text("organisation_id")?,
            via: row.opt_text("via")?,
            via_id: row.opt_text("via_id")?,
        })
    }
}

/// Entries before the number `before` (none: from the newest on), at most `rows`.
pub async fn list(
    tx: &mut Tx,
    scope: &TenantScope,
    of: &Of,
    filter: &Filter,
    (before, rows): (Option<i64>, i64),
) -> Result<Vec<Recorded>, StoreError> {
    let page = |statement: Statement| {
        statement
            .bind(before.unwrap_or(i64::MAX))
            .bind(rows)
            .bind(filter.actor.clone())
            .bind(filter.action.clone())
            .bind(filter.kind.clone())
            .bind(filter.object.clone())
            .bind(filter.outcome.clone())
    };
    match (of, scope) {
        (Of::Account(account), _) => tx.all(page(LIST_OF_ACCOUNT).bind(*account)).await,
        (Of::Organisation(organisation), _) => tx.all(page(LIST_OF_ORGANISATION).bind(*organisation)).await,
        (Of::Everyone, TenantScope::All) => tx.all(page(LIST_ALL)).await,
        (Of::Everyone, TenantScope::Granted { .. }) => tx.all(scope.bind(page(LIST_GRANTED))).await,
    }
}
