//! Authorities by their names.

use ::store::{StoreError, Tx};
use auth::{Actor, ViewSettings};
use desired::{Found, Look};

use super::store;

/// Authorities in the order of their names, for whoever may list them.
pub async fn search(tx: &mut Tx, actor: &Actor, look: Look<'_>) -> Result<Vec<Found>, StoreError> {
    if actor.everywhere::<ViewSettings>().is_err() {
        return Ok(Vec::new());
    }
    let rows = store::list(tx, "", Some(look.like()), look.limit()).await?;
    let found = |row: store::AuthorityRow| Found {
        kind: "authority",
        id: row.id.to_string(),
        name: row.name.to_string(),
        of: None,
    };
    Ok(rows.into_iter().map(found).collect())
}
