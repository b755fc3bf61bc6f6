//! Packages by their names.

use ::store::{StoreError, Tx};
use auth::{Actor, ViewPackages};
use desired::{Found, Look};

use crate::store::package;

/// Packages that the caller sees in lists, in the order in which they were made.
pub async fn search(tx: &mut Tx, actor: &Actor, look: Look<'_>) -> Result<Vec<Found>, StoreError> {
    let scope = actor.scope::<ViewPackages>();
    let rows = package::list(tx, &scope, "", Some(look.like()), look.limit()).await?;
    Ok(rows
        .into_iter()
        .map(|row| Found {
            kind: "package",
            id: row.reference.id.to_string(),
            name: row.reference.name.to_string(),
            of: Some(row.organisation.to_string()),
        })
        .collect())
}
