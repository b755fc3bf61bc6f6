//! Rows of roles, and how the API shows them. Built-in roles belong to no organisation, and everybody sees them.

use std::collections::BTreeSet;

use auth::{
    Actor, Authorised, ManageRoles, OfOrganisation, OrganisationRef, PermissionId, Place, TenantScope,
};
use names::{Label, Micros, OrganisationId, RoleId};
use serde::{Deserialize, Serialize};
use store::{FromRow, RowError, Statement, StoreError, Tx, WriteTx};
use utoipa::ToSchema;

// An own role is of use at its organisation and below it, so whoever sees members anywhere below sees it.
const FIND: Statement = Statement::new(
    "SELECT r.id, r.name, r.built_in, r.organisation_id, o.name AS organisation, r.created_at, r.updated_at, r.version
     FROM role r LEFT JOIN organisation o ON o.id = r.organisation_id
     WHERE (r.id = $1 OR r.name = $1)
       AND (r.organisation_id IS NULL OR $2 = 'all'
            OR r.organisation_id IN
               (SELECT up.above_id FROM organisation_permission g JOIN organisation_above up ON up.organisation_id = g.organisation_id
                WHERE g.holder_id = $2 AND g.permission = $3)
            OR r.organisation_id IN
               (SELECT up.above_id FROM account_permission g JOIN account a ON a.id = g.account_id
                     JOIN organisation_above up ON up.organisation_id = a.organisation_id
                WHERE g.holder_id = $2 AND g.permission = $3))
     ORDER BY r.built_in DESC, r.id LIMIT 2",
);
const LIST: Statement = Statement::new(
    "SELECT r.id, r.name, r.built_in, r.organisation_id, o.name AS organisation, r.created_at, r.updated_at, r.version
     FROM role r LEFT JOIN organisation o ON o.id = r.organisation_id
     WHERE (r.name > $1 OR (r.name = $1 AND r.id > $4))
       AND (r.organisation_id IS NULL OR $2 = 'all'
            OR r.organisation_id IN
               (SELECT up.above_id FROM organisation_permission g JOIN organisation_above up ON up.organisation_id = g.organisation_id
                WHERE g.holder_id = $2 AND g.permission = $3)
            OR r.organisation_id IN
               (SELECT up.above_id FROM account_permission g JOIN account a ON a.id = g.account_id
                     JOIN organisation_above up ON up.organisation_id = a.organisation_id
                WHERE g.holder_id = $2 AND g.permission = $3))
       AND (r.name LIKE $6 ESCAPE '\\' OR $6 IS NULL)
     ORDER BY r.name, r.id LIMIT $5",
);
const BY_ID: Statement = Statement::new(
    "SELECT r.id, r.name, r.built_in, r.organisation_id, o.name AS organisation, r.created_at, r.updated_at, r.version
     FROM role r LEFT JOIN organisation o ON o.id = r.organisation_id WHERE r.id = $1",
);
const AT_ORGANISATION: Statement = Statement::new(
    "SELECT r.id, r.name, r.built_in, r.organisation_id, o.name AS organisation, r.created_at, r.updated_at, r.version
     FROM role r LEFT JOIN organisation o ON o.id = r.organisation_id
          LEFT JOIN organisation_above up ON up.above_id = r.organisation_id AND up.organisation_id = $2
     WHERE (r.id = $1 OR r.name = $1) AND (r.organisation_id IS NULL OR up.above_id IS NOT NULL)
     ORDER BY r.built_in DESC, up.depth LIMIT 1",
);
const AT_ACCOUNT: Statement = Statement::new(
    "SELECT r.id, r.name, r.built_in, r.organisation_id, o.name AS organisation, r.created_at, r.updated_at, r.version
     FROM role r LEFT JOIN organisation o ON o.id = r.organisation_id
          LEFT JOIN organisation_above up ON up.above_id = r.organisation_id
               AND up.organisation_id = (SELECT a.organisation_id FROM account a WHERE a.id = $2)
     WHERE (r.id = $1 OR r.name = $1) AND (r.organisation_id IS NULL OR up.above_id IS NOT NULL)
     ORDER BY r.built_in DESC, up.depth LIMIT 1",
);
const PERMISSIONS: Statement =
    Statement::new("SELECT permission AS value FROM role_permission WHERE role_id = $1 ORDER BY permission");
const BUILT_IN_NAMED: Statement =
    Statement::new("SELECT COUNT(*) AS value FROM role WHERE name = $1 AND organisation_id IS NULL");
const NAMED: Statement = Statement::new(
    "SELECT COUNT(*) AS value FROM role WHERE name = $1 AND organisation_id = $2 AND id <> $3",
);
const INSERT: Statement = Statement::new(
    "INSERT INTO role (id, organisation_id, name, built_in, created_at, updated_at) VALUES ($1, $2, $3, 0, $4, $4)",
);
const UPDATE: Statement = Statement::new(
    "UPDATE role SET name = $2, updated_at = $3, version = version + 1 WHERE id = $1 AND built_in = 0",
);
const DROP_PERMISSIONS: Statement = Statement::new("DELETE FROM role_permission WHERE role_id = $1");
const ADD_PERMISSION: Statement =
    Statement::new("INSERT INTO role_permission (role_id, permission) VALUES ($1, $2)");
const HOLDERS: Statement =
    Statement::new("SELECT DISTINCT person_id AS value FROM person_role WHERE role_id = $1");
const DELETE: Statement = Statement::new("DELETE FROM role WHERE id = $1 AND built_in = 0");

/// Every statement of this module.
pub(crate) const STATEMENTS: &[Statement] = &[
    FIND,
    LIST,
    BY_ID,
    AT_ORGANISATION,
    AT_ACCOUNT,
    PERMISSIONS,
    BUILT_IN_NAMED,
    NAMED,
    INSERT,
    UPDATE,
    DROP_PERMISSIONS,
    ADD_PERMISSION,
    HOLDERS,
    DELETE,
];

/// The key of a role in a path or a body.
pub(crate) type RoleKey = auth::Key<RoleId, Label>;

/// One row.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) id: RoleId,
    pub(crate) name: Label,
    pub(crate) organisation_id: Option<OrganisationId>,
    pub(crate) organisation: Option<Label>,
    created_at: Micros,
    updated_at: Micros,
    pub(crate) version: u64,
}

impl FromRow for Row {
    fn from_row(row: &store::Row) -> Result<Self, RowError> {
        Ok(Self {
            id: row.parse("id")?,
            name: row.parse("name")?,
            organisation_id: row.opt_parse("organisation_id")?,
            organisation: row.opt_parse("organisation")?,
            created_at: row.time("created_at")?,
            updated_at: row.time("updated_at")?,
            version: row.number("version")?,
        })
    }
}

/// A role of an organisation's own.
#[derive(Debug, Clone)]
pub(crate) struct Own {
    pub(crate) row: Row,
    organisation: OrganisationId,
}

impl Row {
    /// None: built in.
    pub(crate) fn into_own(self) -> Option<Own> {
        self.organisation_id.map(|organisation| Own { row: self, organisation })
    }
}

impl OfOrganisation for Own {
    const KIND: &'static str = "role";

    fn organisation(&self) -> OrganisationId {
        self.organisation
    }
}

/// A role: permissions under one name.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct Role {
    /// The id.
    #[schema(value_type = String, format = "uuid")]
    pub(crate) id: RoleId,
    /// The name, unique within its organisation.
    #[schema(value_type = String, example = "developer")]
    pub(crate) name: Label,
    /// Whose it is; null: built in.
    #[schema(value_type = Option<String>)]
    pub(crate) organisation: Option<Label>,
    /// Whether it comes with the program and cannot be changed.
    pub(crate) built_in: bool,
    /// What it allows, where it is held.
    pub(crate) permissions: Vec<String>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) created_at: Micros,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) updated_at: Micros,
    /// Raised by every change; also the ETag.
    pub(crate) version: u64,
}

/// The role of a row, with what it holds.
pub(crate) async fn view(tx: &mut Tx, row: &Row) -> Result<Role, StoreError> {
    let held = permissions(tx, row.id).await?;
    Ok(Role {
        id: row.id,
        name: row.name.clone(),
        organisation: row.organisation.clone(),
        built_in: row.organisation_id.is_none(),
        permissions: held.iter().map(|permission| permission.as_str().to_owned()).collect(),
        created_at: row.created_at,
        updated_at: row.updated_at,
        version: row.version,
    })
}

fn words(key: &RoleKey) -> String {
    key.to_string()
}

/// Roles of this name or id that the scope shows: two at most, so that it is seen whether a name is one role's alone.
pub(crate) async fn find(tx: &mut Tx, scope: &TenantScope, key: &RoleKey) -> Result<Vec<Row>, StoreError> {
    tx.all(scope.bind(FIND.bind(words(key)))).await
}

/// One that was just written.
pub(crate) async fn by_id(tx: &mut Tx, id: RoleId) -> Result<Row, StoreError> {
    tx.one(BY_ID.bind(id)).await
}

/// Roles in the order of their names, after one of a name and an id. `like` is a pattern of `Part::like`.
pub(crate) async fn list(
    tx: &mut Tx,
    scope: &TenantScope,
    (name, id): (&str, &str),
    like: Option<String>,
    rows: i64,
) -> Result<Vec<Row>, StoreError> {
    tx.all(scope.bind(LIST.bind(name)).bind(id).bind(rows).bind(like)).await
}

/// The role that a name or an id means here: built in, or of the nearest organisation at or above this place.
pub(crate) async fn at(tx: &mut Tx, place: Place, key: &RoleKey) -> Result<Option<Row>, StoreError> {
    match place {
        Place::Organisation(id) => tx.optional(AT_ORGANISATION.bind(words(key)).bind(id)).await,
        Place::Account(id) => tx.optional(AT_ACCOUNT.bind(words(key)).bind(id)).await,
    }
}

/// What a role holds. What a newer release stored means nothing here.
pub(crate) async fn permissions(tx: &mut Tx, role: RoleId) -> Result<BTreeSet<PermissionId>, StoreError> {
    let texts: Vec<String> = tx.all(PERMISSIONS.bind(role)).await?;
    Ok(texts.iter().filter_map(|text| PermissionId::from_stored(text)).collect())
}

/// Whether the name is a built-in role's, or another one's of this organisation.
pub(crate) async fn is_taken(
    tx: &mut Tx,
    name: &Label,
    organisation: OrganisationId,
    by: RoleId,
) -> Result<bool, StoreError> {
    let built_in: i64 = tx.one(BUILT_IN_NAMED.bind(name.as_str())).await?;
    let own: i64 = tx.one(NAMED.bind(name.as_str()).bind(organisation).bind(by)).await?;
    Ok(built_in + own > 0)
}

/// Proof for a role of an organisation's own.
pub(crate) async fn authorise(
    tx: &mut Tx,
    actor: &Actor,
    own: Own,
) -> Result<Authorised<Own, ManageRoles>, auth::Denied> {
    actor.authorise_organisation(tx, Some(own)).await
}

/// Makes a row.
pub(crate) async fn insert(
    tx: &mut WriteTx,
    organisation: &Authorised<OrganisationRef, ManageRoles>,
    (id, name): (RoleId, &Label),
    permissions: &BTreeSet<PermissionId>,
    now: Micros,
) -> Result<(), StoreError> {
    tx.execute(INSERT.bind(id).bind(organisation.id).bind(name.as_str()).bind(now)).await?;
    set_permissions(tx, id, permissions).await
}

/// Changes a row.
pub(crate) async fn update(
    tx: &mut WriteTx,
    role: &Authorised<Own, ManageRoles>,
    name: &Label,
    permissions: &BTreeSet<PermissionId>,
    now: Micros,
) -> Result<(), StoreError> {
    tx.execute(UPDATE.bind(role.row.id).bind(name.as_str()).bind(now)).await?;
    set_permissions(tx, role.row.id, permissions).await
}

async fn set_permissions(
    tx: &mut WriteTx,
    id: RoleId,
    permissions: &BTreeSet<PermissionId>,
) -> Result<(), StoreError> {
    tx.execute(DROP_PERMISSIONS.bind(id)).await?;
    for permission in permissions {
        tx.execute(ADD_PERMISSION.bind(id).bind(permission.as_str())).await?;
    }
    Ok(())
}

/// Who has the role, anywhere.
pub(crate) async fn holders(
    tx: &mut Tx,
    role: &Authorised<Own, ManageRoles>,
) -> Result<Vec<names::PersonId>, StoreError> {
    let ids: Vec<String> = tx.all(HOLDERS.bind(role.row.id)).await?;
    Ok(ids.iter().filter_map(|id| id.parse().ok()).collect())
}

/// Deletes a row.
pub(crate) async fn delete(tx: &mut WriteTx, role: &Authorised<Own, ManageRoles>) -> Result<(), StoreError> {
    tx.execute(DELETE.bind(role.row.id)).await?;
    Ok(())
}
