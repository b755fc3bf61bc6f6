//! Rows of organisations, and how the API shows them.

use auth::{
    Authorised, ManageOrganisations, OrganisationKind, OrganisationRef, TenantScope, ViewOrganisations,
};
use names::{AccountId, Label, Micros, OrganisationId};
use serde::{Deserialize, Serialize};
use store::{FromRow, RowError, Statement, StoreError, Tx, WriteTx};
use utoipa::ToSchema;

use crate::rules::FromAbove;

const FIND: Statement = Statement::new(
    "SELECT o.id, o.name, o.kind, o.suspended, o.accounts_suspended, o.suspended_reason, o.act_as_consent, o.created_at, o.updated_at,
            o.version,
            (SELECT p.name FROM organisation p
             WHERE p.id = o.parent_id
               AND ($2 = 'all' OR p.id IN (SELECT organisation_id FROM organisation_permission
                                           WHERE holder_id = $2 AND permission = $3))) AS parent,
            (SELECT COUNT(*) FROM organisation_above up JOIN organisation s ON s.id = up.above_id
             WHERE up.organisation_id = o.id AND up.depth > 0 AND s.suspended = 1) AS suspended_above
     FROM organisation o WHERE o.id = $1",
);
const LIST: Statement = Statement::new(
    "SELECT o.id, o.name, o.kind, o.suspended, o.accounts_suspended, o.suspended_reason, o.act_as_consent, o.created_at, o.updated_at,
            o.version,
            (SELECT p.name FROM organisation p
             WHERE p.id = o.parent_id
               AND ($2 = 'all' OR p.id IN (SELECT organisation_id FROM organisation_permission
                                           WHERE holder_id = $2 AND permission = $3))) AS parent,
            (SELECT COUNT(*) FROM organisation_above up JOIN organisation s ON s.id = up.above_id
             WHERE up.organisation_id = o.id AND up.depth > 0 AND s.suspended = 1) AS suspended_above
     FROM organisation o
     WHERE o.name > $1
       AND ($2 = 'all' OR o.id IN (SELECT organisation_id FROM organisation_permission WHERE holder_id = $2 AND permission = $3))
       AND (o.name LIKE $4 ESCAPE '\\' OR $4 IS NULL)
     ORDER BY o.name LIMIT $5",
);
const BELOW: Statement = Statement::new(
    "SELECT (SELECT COUNT(*) FROM account a JOIN organisation_above up ON up.organisation_id = a.organisation_id
             WHERE up.above_id = $1) AS accounts,
            (SELECT COUNT(*) FROM person p JOIN organisation_above up ON up.organisation_id = p.organisation_id
             WHERE up.above_id = $1) AS people,
            (SELECT COUNT(*) FROM organisation_above WHERE above_id = $1 AND depth > 0) AS organisations,
            (SELECT COUNT(*) FROM account a JOIN organisation_above up ON up.organisation_id = a.organisation_id
             WHERE up.above_id = $1
               AND (a.observed_generation < a.generation OR a.condition IN ('pending', 'converging', 'deleting')))
          + (SELECT COUNT(*) FROM pool c JOIN account a ON a.id = c.account_id
                  JOIN organisation_above up ON up.organisation_id = a.organisation_id
             WHERE up.above_id = $1
               AND (c.observed_generation < c.generation OR c.condition IN ('pending', 'converging', 'deleting')))
          + (SELECT COUNT(*) FROM site c JOIN account a ON a.id = c.account_id
                  JOIN organisation_above up ON up.organisation_id = a.organisation_id
             WHERE up.above_id = $1
               AND (c.observed_generation < c.generation OR c.condition IN ('pending', 'converging', 'deleting'))) AS settling",
);
const HELD: Statement = Statement::new(
    "SELECT (SELECT COUNT(*) FROM account WHERE organisation_id = $1) AS accounts,
            (SELECT COUNT(*) FROM person WHERE organisation_id = $1) AS people,
            (SELECT COUNT(*) FROM organisation WHERE parent_id = $1) AS organisations,
            (SELECT COUNT(*) FROM package WHERE organisation_id = $1) AS packages",
);
const DEPTH: Statement =
    Statement::new("SELECT COUNT(*) AS value FROM organisation_above WHERE organisation_id = $1");
const INSERT: Statement = Statement::new(
    "INSERT INTO organisation (id, parent_id, name, kind, act_as_consent, created_at, updated_at)
     VALUES ($1, $2, $3, $4, $5, $6, $6) ON CONFLICT (name) DO NOTHING",
);
const INSERT_SELF: Statement =
    Statement::new("INSERT INTO organisation_above (organisation_id, above_id, depth) VALUES ($1, $1, 0)");
const INSERT_ABOVE: Statement = Statement::new(
    "INSERT INTO organisation_above (organisation_id, above_id, depth)
     SELECT CAST($1 AS TEXT), above_id, depth + 1 FROM organisation_above WHERE organisation_id = $2",
);
const NAMED: Statement = Statement::new("SELECT id AS value FROM organisation WHERE name = $1");
const UPDATE: Statement = Statement::new(
    "UPDATE organisation SET name = $2, act_as_consent = $3, updated_at = $4, version = version + 1 WHERE id = $1",
);
const SUSPEND: Statement = Statement::new(
    "UPDATE organisation SET suspended = $2, accounts_suspended = $3, suspended_reason = $4, updated_at = $5, version = version + 1
     WHERE id = $1",
);
const ACCOUNTS: Statement = Statement::new(
    "SELECT a.id, t.suspended FROM organisation_above up JOIN account a ON a.organisation_id = up.organisation_id
          JOIN account_state t ON t.account_id = a.id
     WHERE up.above_id = $1 AND a.deleted_at IS NULL ORDER BY a.id",
);
const DELETE_MEMBERS: Statement = Statement::new("DELETE FROM person_role WHERE organisation_id = $1");
const DELETE_ROLES: Statement = Statement::new("DELETE FROM role WHERE organisation_id = $1");
const DELETE: Statement = Statement::new("DELETE FROM organisation WHERE id = $1");

/// Every statement of this module.
pub(crate) const STATEMENTS: &[Statement] = &[
    FIND,
    LIST,
    BELOW,
    HELD,
    DEPTH,
    INSERT,
    INSERT_SELF,
    INSERT_ABOVE,
    NAMED,
    UPDATE,
    SUSPEND,
    ACCOUNTS,
    DELETE_MEMBERS,
    DELETE_ROLES,
    DELETE,
];

/// One row.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "the columns of the table")]
pub(crate) struct Row {
    pub(crate) id: OrganisationId,
    pub(crate) name: Label,
    kind: String,
    /// Where the caller may see it.
    pub(crate) parent: Option<Label>,
    pub(crate) suspended: bool,
    pub(crate) accounts_suspended: bool,
    suspended_above: bool,
    suspended_reason: Option<String>,
    pub(crate) act_as_consent: bool,
    created_at: Micros,
    updated_at: Micros,
    pub(crate) version: u64,
}

impl FromRow for Row {
    fn from_row(row: &store::Row) -> Result<Self, RowError> {
        Ok(Self {
            id: row.parse("id")?,
            name: row.parse("name")?,
            kind: row.text("kind")?,
            parent: row.opt_parse("parent")?,
            suspended: row.flag("suspended")?,
            accounts_suspended: row.flag("accounts_suspended")?,
            suspended_above: row.int("suspended_above")? > 0,
            suspended_reason: row.opt_text("suspended_reason")?,
            act_as_consent: row.flag("act_as_consent")?,
            created_at: row.time("created_at")?,
            updated_at: row.time("updated_at")?,
            version: row.number("version")?,
        })
    }
}

/// What is in an organisation, or below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Below {
    /// Accounts.
    pub accounts: i64,
    /// People.
    pub people: i64,
    /// Organisations.
    pub organisations: i64,
    /// Accounts, pools and sites that the server has not yet been seen to be as asked.
    pub settling: i64,
}

impl FromRow for Below {
    fn from_row(row: &store::Row) -> Result<Self, RowError> {
        Ok(Self {
            accounts: row.int("accounts")?,
            people: row.int("people")?,
            organisations: row.int("organisations")?,
            settling: row.int("settling")?,
        })
    }
}

/// What an organisation has itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Has {
    pub(crate) accounts: i64,
    pub(crate) people: i64,
    pub(crate) organisations: i64,
    pub(crate) packages: i64,
}

impl FromRow for Has {
    fn from_row(row: &store::Row) -> Result<Self, RowError> {
        Ok(Self {
            accounts: row.int("accounts")?,
            people: row.int("people")?,
            organisations: row.int("organisations")?,
            packages: row.int("packages")?,
        })
    }
}

/// An organisation.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Organisation {
    /// The id.
    #[schema(value_type = String, format = "uuid")]
    pub id: OrganisationId,
    /// The name, unique in the whole installation.
    #[schema(value_type = String, example = "acme")]
    pub name: Label,
    /// `provider` (the root), `reseller` (may have organisations below), or `client` (accounts alone).
    pub kind: String,
    /// The one above; null for the root, and where you may not see it.
    #[schema(value_type = Option<String>)]
    pub parent: Option<Label>,
    /// Nothing that its people hold in it, or below it, is in force.
    pub suspended: bool,
    /// What suspends it: `organisation` (itself), `above` (one above it), or both.
    pub suspended_by: Vec<String>,
    /// Its accounts, and those below it, are off too.
    pub accounts_suspended: bool,
    /// Why it is suspended by itself.
    pub suspended_reason: Option<String>,
    /// Acting as one of its people needs that person's consent.
    pub act_as_consent: bool,
    /// What is in it and below it; not in lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub below: Option<Below>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Micros,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Micros,
    /// Raised by every change; also the ETag.
    pub version: u64,
}

impl Organisation {
    /// The organisation of a row.
    pub(crate) fn of(row: &Row, below: Option<Below>) -> Self {
        Self {
            id: row.id,
            name: row.name.clone(),
            kind: row.kind.clone(),
            parent: row.parent.clone(),
            suspended: row.suspended || row.suspended_above,
            suspended_by: [("organisation", row.suspended), ("above", row.suspended_above)]
                .into_iter()
                .filter(|(_, is)| *is)
                .map(|(what, _)| what.to_owned())
                .collect(),
            accounts_suspended: row.accounts_suspended,
            suspended_reason: row.suspended_reason.clone(),
            act_as_consent: row.act_as_consent,
            below,
            created_at: row.created_at,
            updated_at: row.updated_at,
            version: row.version,
        }
    }
}

/// The organisation that the proof is about, as `scope` shows it.
pub(crate) async fn find(
    tx: &mut Tx,
    organisation: &Authorised<OrganisationRef, ViewOrganisations>,
    scope: &TenantScope,
) -> Result<Row, StoreError> {
    tx.one(scope.bind(FIND.bind(organisation.id))).await
}

/// As [`find`], for whoever is to change it.
pub(crate) async fn find_to_manage(
    tx: &mut Tx,
    organisation: &Authorised<OrganisationRef, ManageOrganisations>,
    scope: &TenantScope,
) -> Result<Row, StoreError> {
    tx.one(scope.bind(FIND.bind(organisation.id))).await
}

/// One that has just been made.
pub(crate) async fn find_made(
    tx: &mut Tx,
    _above: &Authorised<OrganisationRef, ManageOrganisations>,
    id: OrganisationId,
    scope: &TenantScope,
) -> Result<Row, StoreError> {
    tx.one(scope.bind(FIND.bind(id))).await
}

/// Organisations in the order of their names. `like` is a pattern of `Part::like`.
pub(crate) async fn list(
    tx: &mut Tx,
    scope: &TenantScope,
    after: &str,
    like: Option<String>,
    rows: i64,
) -> Result<Vec<Row>, StoreError> {
    tx.all(scope.bind(LIST.bind(after)).bind(like).bind(rows)).await
}

/// What is in an organisation and below it; `id` is of one that the caller was found to see.
pub(crate) async fn below(tx: &mut Tx, id: OrganisationId) -> Result<Below, StoreError> {
    tx.one(BELOW.bind(id)).await
}

/// What is in it itself.
pub(crate) async fn held(tx: &mut Tx, organisation: &FromAbove) -> Result<Has, StoreError> {
    tx.one(HELD.bind(organisation.organisation.id)).await
}

/// How many organisations there are from the root to this one, both counted.
pub(crate) async fn depth(
    tx: &mut Tx,
    organisation: &Authorised<OrganisationRef, ManageOrganisations>,
) -> Result<i64, StoreError> {
    tx.one(DEPTH.bind(organisation.id)).await
}

/// Makes one below another; `false` where the name is taken.
pub(crate) async fn insert(
    tx: &mut WriteTx,
    above: &Authorised<OrganisationRef, ManageOrganisations>,
    (id, name, kind, act_as_consent): (OrganisationId, &Label, OrganisationKind, bool),
    now: Micros,
) -> Result<bool, StoreError> {
    let insert =
        INSERT.bind(id).bind(above.id).bind(name.as_str()).bind(kind.as_str()).bind(act_as_consent).bind(now);
    if tx.execute(insert).await? == 0 {
        return Ok(false);
    }
    tx.execute(INSERT_SELF.bind(id)).await?;
    tx.execute(INSERT_ABOVE.bind(id).bind(above.id)).await?;
    Ok(true)
}

/// The organisation of this name.
pub(crate) async fn id_of(tx: &mut Tx, name: &Label) -> Result<Option<OrganisationId>, StoreError> {
    let found: Option<String> = tx.optional(NAMED.bind(name.as_str())).await?;
    Ok(found.and_then(|id| id.parse().ok()))
}

/// Whether another organisation has this name.
pub(crate) async fn is_taken(tx: &mut Tx, name: &Label, by: OrganisationId) -> Result<bool, StoreError> {
    let found: Option<String> = tx.optional(NAMED.bind(name.as_str())).await?;
    Ok(found.is_some_and(|id| id != by.to_string()))
}

/// Writes what an edit may change.
pub(crate) async fn update(
    tx: &mut WriteTx,
    organisation: &Authorised<OrganisationRef, ManageOrganisations>,
    name: &Label,
    act_as_consent: bool,
    now: Micros,
) -> Result<(), StoreError> {
    tx.execute(UPDATE.bind(organisation.id).bind(name.as_str()).bind(act_as_consent).bind(now)).await?;
    Ok(())
}

/// Suspends it, with its accounts or without, or lets it go on.
pub(crate) async fn set_suspended(
    tx: &mut WriteTx,
    organisation: &FromAbove,
    (suspended, accounts): (bool, bool),
    reason: Option<&str>,
    now: Micros,
) -> Result<(), StoreError> {
    let id = organisation.organisation.id;
    tx.execute(SUSPEND.bind(id).bind(suspended).bind(accounts).bind(reason).bind(now)).await?;
    Ok(())
}

/// An account, and whether it is off.
pub(crate) struct AccountState {
    pub(crate) id: AccountId,
    pub(crate) suspended: bool,
}

impl FromRow for AccountState {
    fn from_row(row: &store::Row) -> Result<Self, RowError> {
        Ok(Self { id: row.parse("id")?, suspended: row.flag("suspended")? })
    }
}

/// Its accounts and those below it, in the order of their ids.
pub(crate) async fn accounts(tx: &mut Tx, organisation: &FromAbove) -> Result<Vec<AccountState>, StoreError> {
    tx.all(ACCOUNTS.bind(organisation.organisation.id)).await
}

/// Deletes it, with its own roles and whoever held one in it.
pub(crate) async fn delete(tx: &mut WriteTx, organisation: &FromAbove) -> Result<(), StoreError> {
    let id = organisation.organisation.id;
    for statement in [DELETE_MEMBERS, DELETE_ROLES, DELETE] {
        tx.execute(statement.bind(id)).await?;
    }
    Ok(())
}
