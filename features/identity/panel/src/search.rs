//! Identity providers by their names.

use ::store::{StoreError, Tx};
use auth::{Actor, ViewSettings};
use desired::{Found, Look};

use crate::store::provider;

/// Identity providers in the order of their names, for whoever may list them.
pub async fn search(tx: &mut Tx, actor: &Actor, look: Look<'_>) -> Result<Vec<Found>, StoreError> {
    if actor.everywhere::<ViewSettings>().is_err() {
        return Ok(Vec::new());
    }
    let rows = provider::list(tx, "", Some(look.like()), look.limit()).await?;
    Ok(rows
        .into_iter()
        .map(|row| Found {
            kind: "identity_provider",
            id: row.id.to_string(),
            name: row.name.to_string(),
            of: None,
        })
        .collect())
}
