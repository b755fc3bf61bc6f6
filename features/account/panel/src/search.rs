//! Accounts by their names.

use ::store::{StoreError, Tx};
use api_kit::Sorted;
use auth::{Actor, ViewAccount};
use desired::{Chosen, Found, Look};

use crate::store::account::list::{self, Which};

/// Accounts that the caller sees in lists, in the order of their names.
pub async fn search(tx: &mut Tx, actor: &Actor, look: Look<'_>) -> Result<Vec<Found>, StoreError> {
    let which = Which { chosen: Chosen::named(look.like()), package: None };
    let rows = list::page(tx, &actor.scope::<ViewAccount>(), &which, &Sorted::first(look.rows)).await?;
    Ok(rows
        .into_iter()
        .map(|row| Found {
            kind: "account",
            id: row.id.to_string(),
            name: row.name.to_string(),
            of: Some(row.organisation.to_string()),
        })
        .collect())
}
