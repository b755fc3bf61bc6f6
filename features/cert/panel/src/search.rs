//! Certificates by their names.

use ::store::{StoreError, Tx};
use auth::{Actor, ViewSites};
use desired::{Found, Look, Match};

use crate::store::certificate_list as list;

/// Certificates that were made for no site and that the caller sees in lists; those of a site are found by the site.
pub async fn search(tx: &mut Tx, actor: &Actor, look: Look<'_>) -> Result<Vec<Found>, StoreError> {
    let rows = list::named(tx, &actor.scope::<ViewSites>(), (look.part, look.how), look.limit()).await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let names: Vec<String> = row.names.iter().map(ToString::to_string).collect();
            let found =
                names.iter().min_by_key(|name| (!look.part.fits(Match::Within, name), look.part.best(name)));
            Found {
                kind: "certificate",
                id: row.id.to_string(),
                name: found.cloned().unwrap_or_default(),
                of: Some(row.account_name.to_string()),
            }
        })
        .collect())
}
