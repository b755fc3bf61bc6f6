//! Organisations, people and roles by their names.

use ::store::{StoreError, Tx};
use auth::{Actor, ManagePersons, ViewMembers, ViewOrganisations};
use desired::{Found, Look};
use names::Micros;

use crate::store::{organisation, person, role};

/// Organisations that the caller sees in lists, in the order of their names.
pub async fn organisations(tx: &mut Tx, actor: &Actor, look: Look<'_>) -> Result<Vec<Found>, StoreError> {
    let scope = actor.scope::<ViewOrganisations>();
    let rows = organisation::list(tx, &scope, "", Some(look.like()), look.limit()).await?;
    Ok(rows
        .into_iter()
        .map(|row| Found {
            kind: "organisation",
            id: row.id.to_string(),
            name: row.name.to_string(),
            of: row.parent.map(|parent| parent.to_string()),
        })
        .collect())
}

/// People that the caller sees in lists, in the order of their logins.
pub async fn persons(
    tx: &mut Tx,
    actor: &Actor,
    look: Look<'_>,
    now: Micros,
) -> Result<Vec<Found>, StoreError> {
    let scope = actor.scope::<ManagePersons>();
    let rows = person::list(tx, &scope, ("", Some(look.like())), look.limit(), now).await?;
    Ok(rows
        .into_iter()
        .map(|row| Found {
            kind: "person",
            id: row.id.to_string(),
            name: row.login.to_string(),
            of: Some(row.organisation.to_string()),
        })
        .collect())
}

/// Roles that the caller sees in lists, in the order of their names.
pub async fn roles(tx: &mut Tx, actor: &Actor, look: Look<'_>) -> Result<Vec<Found>, StoreError> {
    let scope = actor.scope::<ViewMembers>();
    let rows = role::list(tx, &scope, ("", ""), Some(look.like()), look.limit()).await?;
    Ok(rows
        .into_iter()
        .map(|row| Found {
            kind: "role",
            id: row.id.to_string(),
            name: row.name.to_string(),
            of: row.organisation.map(|organisation| organisation.to_string()),
        })
        .collect())
}
