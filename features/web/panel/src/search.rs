//! Sites by all their names.

use ::store::{StoreError, Tx};
use api_kit::Sorted;
use auth::{Actor, ViewSites};
use desired::{Chosen, Found, Look, Match};

use crate::store::name;
use crate::store::site_list::{self, Which};

/// Sites that the caller sees in lists, in the order of their primary names.
pub async fn search(tx: &mut Tx, actor: &Actor, look: Look<'_>) -> Result<Vec<Found>, StoreError> {
    let which = Which { account: None, chosen: Chosen::named(look.like()) };
    let rows = site_list::page(tx, &actor.scope::<ViewSites>(), &which, &Sorted::first(look.rows)).await?;
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    let mut names = name::of_sites(tx, &ids).await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let all = names.remove(&row.id).unwrap_or_default();
            let found = all.iter().min_by_key(|named| {
                let name = named.name.as_str();
                (!look.part.fits(Match::Within, name), look.part.best(name), !named.is_primary)
            });
            Found {
                kind: "site",
                id: row.id.to_string(),
                name: found.map_or(&row.name, |named| &named.name).to_string(),
                of: Some(row.account_name.to_string()),
            }
        })
        .collect())
}
