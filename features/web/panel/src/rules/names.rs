//! Who may have which name.

use api_kit::{ApiError, FieldError};
use auth::{Actor, ManageSites};
use names::{AccountId, DomainName, Micros, SiteId};
use store::{Tx, WriteTx};

use crate::rules::claims;
use crate::store::name::{self, Named, Ownership};
use crate::store::name_left;
use crate::store::site::Row;

/// Names of one site.
const MOST: usize = 50;

/// All names of a site, the primary one first, each with the pointer to where it was sent.
pub(crate) struct Names {
    all: Vec<(DomainName, String)>,
}

impl Names {
    /// Refuses a name that comes twice, and too many of them.
    pub(crate) fn of(primary: DomainName, aliases: Vec<DomainName>) -> Result<Self, ApiError> {
        let mut all = vec![(primary, "/name".to_owned())];
        if aliases.len() >= MOST {
            let error = FieldError::new(
                "/aliases",
                "names_too_many",
                "The site has too many names.",
                "Send 49 aliases at most.",
            );
            return Err(ApiError::invalid(error));
        }
        for (i, alias) in aliases.into_iter().enumerate() {
            let pointer = format!("/aliases/{i}");
            if all.iter().any(|(name, _)| *name == alias) {
                let error = FieldError::new(
                    pointer,
                    "name_twice",
                    "The site has this name already.",
                    "Send it once.",
                );
                return Err(ApiError::invalid(error));
            }
            all.push((alias, pointer));
        }
        Ok(Self { all })
    }

    /// The primary name.
    pub(crate) fn primary(&self) -> &DomainName {
        &self.all[0].0
    }
}

/// Whose names they are, and who asks.
pub(crate) struct Claimant<'a> {
    pub(crate) site: SiteId,
    pub(crate) account: AccountId,
    pub(crate) actor: &'a Actor,
}

/// Gives the site these names and no others. A name that is someone's is refused; the database decides between two who ask at once.
pub(crate) async fn set(
    tx: &mut WriteTx,
    claimant: &Claimant<'_>,
    wanted: &Names,
    now: Micros,
) -> Result<(), ApiError> {
    let old = name::of_site(tx, claimant.site).await?;
    for gone in old.iter().filter(|old| !wanted.all.iter().any(|(name, _)| *name == old.name)) {
        let given = limits::give_back(tx, claimant.account, 1).await?;
        left(tx, claimant.account, gone, now).await?;
        name::remove(tx, claimant.site, &gone.name, given).await?;
    }
    let new: Vec<_> =
        wanted.all.iter().filter(|(name, _)| !old.iter().any(|old| old.name == *name)).collect();
    for (new, pointer) in &new {
        claims::check(tx, claimant, new, pointer, now).await?;
    }
    let taken = limits::take_many(tx, claimant.actor, claimant.account, new.len()).await?;
    for ((new, pointer), one) in new.into_iter().zip(taken) {
        let ownership = ownership(tx, claimant, new).await?;
        if !name::insert(tx, claimant.site, one, (new, false), ownership, now).await? {
            return Err(claims::taken_by(pointer, false));
        }
    }
    name::set_primary(tx, claimant.site, wanted.primary()).await?;
    Ok(())
}

/// Notes that an account gave a name up that was its own: mail and visitors may still look for it there.
pub(crate) async fn left(
    tx: &mut WriteTx,
    account: AccountId,
    named: &Named,
    now: Micros,
) -> Result<(), ApiError> {
    if named.ownership == Ownership::Approved {
        name_left::put(tx, &named.name, account, now).await?;
    }
    Ok(())
}

/// The word of whoever may approve names is an approval. Another's name is approved where the nearest name above it that anyone has is an approved
/// one of the same account.
async fn ownership(tx: &mut Tx, claimant: &Claimant<'_>, name: &DomainName) -> Result<Ownership, ApiError> {
    if claimant.actor.may::<ManageSites>(tx, claimant.account).await? {
        return Ok(Ownership::Approved);
    }
    let above = claims::nearest_above(tx, name).await?;
    let own = above.is_some_and(|h| h.account == claimant.account && h.ownership == Ownership::Approved);
    Ok(if own { Ownership::Approved } else { Ownership::Pending })
}

/// The names of a row as they are, with what an edit changes.
pub(crate) async fn edited(
    tx: &mut Tx,
    row: &Row,
    primary: Option<&DomainName>,
    aliases: Option<&Vec<DomainName>>,
) -> Result<Names, ApiError> {
    let primary = primary.unwrap_or(&row.name).clone();
    let aliases = if let Some(aliases) = aliases {
        aliases.clone()
    } else {
        let old = name::of_site(tx, row.id).await?;
        old.into_iter().filter(|old| !old.is_primary && old.name != primary).map(|old| old.name).collect()
    };
    Names::of(primary, aliases)
}
