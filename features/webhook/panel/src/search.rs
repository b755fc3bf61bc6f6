//! Webhooks by their names.

use ::store::{StoreError, Tx};
use auth::Actor;
use desired::{Found, Look};

use crate::access::scope;
use crate::store::webhook;

/// Webhooks that the caller sees in lists, in the order of their names.
pub async fn search(tx: &mut Tx, actor: &Actor, look: Look<'_>) -> Result<Vec<Found>, StoreError> {
    let rows = webhook::list(tx, &scope(actor), "", Some(look.like()), look.limit()).await?;
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        let of = Some(webhook::owner(tx, &row).await?);
        found.push(Found { kind: "webhook", id: row.id.to_string(), name: row.name.to_string(), of });
    }
    Ok(found)
}
