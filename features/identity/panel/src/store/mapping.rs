//! Rows of mappings: which group has which role where, and who said so.

use std::collections::BTreeSet;

use auth::{PermissionId, Place};
use desired::Note;
use names::{IdentityProviderId, Label, OrganisationId, PersonId, RoleId};
use serde::{Deserialize, Serialize};
use store::{FromRow, Row, RowError, Statement, StoreError, Tx, WriteTx};
use utoipa::ToSchema;

use crate::store::provider::Manages;

const LIST: Statement = Statement::new(
    "SELECT m.group_name, m.role_id, r.name AS role, m.organisation_id, o.name AS organisation, m.made_by
     FROM identity_mapping m JOIN role r ON r.id = m.role_id JOIN organisation o ON o.id = m.organisation_id
     WHERE m.provider_id = $1 ORDER BY m.position",
);
const DROP: Statement = Statement::new("DELETE FROM identity_mapping WHERE provider_id = $1");
const ADD: Statement = Statement::new(
    "INSERT INTO identity_mapping (provider_id, position, group_name, role_id, organisation_id, made_by)
     VALUES ($1, $2, $3, $4, $5, $6)",
);
// The same as where a role is given by hand: a built-in one, or one of this organisation or of one above.
const ROLE: Statement = Statement::new(
    "SELECT r.id AS value FROM role r
          LEFT JOIN organisation_above up ON up.above_id = r.organisation_id AND up.organisation_id = $2
     WHERE (r.id = $1 OR r.name = $1) AND (r.organisation_id IS NULL OR up.above_id IS NOT NULL)
     ORDER BY r.built_in DESC, up.depth LIMIT 1",
);
const ROLE_NAME: Statement = Statement::new("SELECT name AS value FROM role WHERE id = $1");
const PERMISSIONS: Statement =
    Statement::new("SELECT permission AS value FROM role_permission WHERE role_id = $1");

pub(crate) const STATEMENTS: &[Statement] = &[LIST, DROP, ADD, ROLE, ROLE_NAME, PERMISSIONS];

/// The key of a role in a body.
pub(crate) type RoleKey = auth::Key<RoleId, Label>;

/// A row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MappingRow {
    pub(crate) group: Note,
    pub(crate) role: RoleId,
    pub(crate) role_name: Label,
    pub(crate) organisation: OrganisationId,
    pub(crate) organisation_name: Label,
    /// None: root on the server.
    pub(crate) made_by: Option<PersonId>,
}

impl FromRow for MappingRow {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        Ok(Self {
            group: row.parse("group_name")?,
            role: row.parse("role_id")?,
            role_name: row.parse("role")?,
            organisation: row.parse("organisation_id")?,
            organisation_name: row.parse("organisation")?,
            made_by: row.opt_parse("made_by")?,
        })
    }
}

impl MappingRow {
    /// Where the role is held.
    pub(crate) fn place(&self) -> Place {
        Place::Organisation(self.organisation)
    }

    /// Whether it gives the same.
    pub(crate) fn gives(&self, role: RoleId, organisation: OrganisationId) -> bool {
        self.role == role && self.organisation == organisation
    }
}

/// Which group has which role where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Mapping {
    /// The group, as the provider writes it.
    #[schema(value_type = String)]
    pub(crate) group: Note,
    /// The role's name.
    #[schema(value_type = String, example = "developer")]
    pub(crate) role: Label,
    /// The organisation's name.
    #[schema(value_type = String)]
    pub(crate) organisation: Label,
    /// Whether it gives anything: whoever made it may still give the role there themselves.
    pub(crate) in_force: bool,
}

pub(crate) async fn list(tx: &mut Tx, provider: IdentityProviderId) -> Result<Vec<MappingRow>, StoreError> {
    tx.all(LIST.bind(provider)).await
}

/// Puts these in the place of all there are.
pub(crate) async fn replace(
    tx: &mut WriteTx,
    _proof: &Manages,
    provider: IdentityProviderId,
    rows: &[MappingRow],
) -> Result<(), StoreError> {
    tx.execute(DROP.bind(provider)).await?;
    for (position, row) in (0_i64..).zip(rows) {
        let add = ADD.bind(provider).bind(position).bind(row.group.as_str());
        tx.execute(add.bind(row.role).bind(row.organisation).bind(row.made_by)).await?;
    }
    Ok(())
}

/// The role of a key that can be held on this organisation, and its name.
pub(crate) async fn role(
    tx: &mut Tx,
    key: &RoleKey,
    organisation: OrganisationId,
) -> Result<Option<(RoleId, Label)>, StoreError> {
    let found: Option<String> = tx.optional(ROLE.bind(key.to_string()).bind(organisation)).await?;
    let Some(id) = found.and_then(|text| text.parse::<RoleId>().ok()) else { return Ok(None) };
    let name: String = tx.one(ROLE_NAME.bind(id)).await?;
    Ok(name.parse().ok().map(|name| (id, name)))
}

/// What a role allows on this place.
pub(crate) async fn allowed(
    tx: &mut Tx,
    role: RoleId,
    place: Place,
) -> Result<BTreeSet<PermissionId>, StoreError> {
    let texts: Vec<String> = tx.all(PERMISSIONS.bind(role)).await?;
    let known = texts.iter().filter_map(|text| PermissionId::from_stored(text));
    Ok(known.filter(|&permission| place.counts(permission)).collect())
}
