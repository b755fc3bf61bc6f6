//! Which names nobody gets, and which not without an administrator's word.
//!
//! Whoever has a domain has what lies below it, and whoever has a name below a domain has a part of it: cookies, certificates and mail reach
//! from the one to the other. So a name that lies below or above one of another account's is refused, unless whoever asks may manage that
//! account's sites, too. A name that another account gave up a short time ago is nobody's yet: mail and visitors may still look for it there.

use std::time::Duration;

use api_kit::{ApiError, FieldError};
use auth::ManageSites;
use desired::setting;
use names::{DomainName, Hostname, Micros};
use store::Tx;

use crate::rules::names::Claimant;
use crate::store::name::{self, Ownership};
use crate::store::{name_left, node};

/// For how many days a name that was given up is nobody's, as a JSON number.
pub const COOL_DOWN_DAYS: &str = "names.cool_down_days";

/// [`COOL_DOWN_DAYS`] where it was never set.
pub const COOL_DOWN_DAYS_USUAL: u64 = 7;

const DAY: u64 = 24 * 3600;

/// First labels by which programs find a domain's mail and name servers.
const SERVICES: [&str; 19] = [
    "autoconfig",
    "autodiscover",
    "dns",
    "dns1",
    "dns2",
    "ftp",
    "imap",
    "mail",
    "mta-sts",
    "mx",
    "ns",
    "ns1",
    "ns2",
    "ns3",
    "ns4",
    "pop",
    "pop3",
    "smtp",
    "webmail",
];

/// Refuses a name that is the server's, or a site's, or stands too near to another account's.
pub(crate) async fn check(
    tx: &mut Tx,
    claimant: &Claimant<'_>,
    name: &DomainName,
    pointer: &str,
    now: Micros,
) -> Result<(), ApiError> {
    let manages = claimant.actor.may::<ManageSites>(tx, claimant.account).await?;
    check_servers(tx, name, pointer, manages).await?;
    if let Some(holder) = name::holder(tx, name.as_str()).await? {
        return Err(taken_by(pointer, holder.leaving));
    }
    check_neighbours(tx, claimant, name, pointer).await?;
    if manages { Ok(()) } else { check_left(tx, claimant, name, pointer, now).await }
}

pub(crate) fn taken_by(pointer: &str, leaving: bool) -> ApiError {
    let (reason, remedy) = if leaving {
        ("A site that is being removed has this name.", "Wait until it is gone.")
    } else {
        ("A site has this name.", "Choose another name, or ask whoever has it.")
    };
    ApiError::invalid(FieldError::new(pointer, "name_taken", reason, remedy))
}

/// The panel's and the servers' names are no site's. What lies below or above them, and the names of mail and name servers beside them, are for
/// whoever manages sites.
async fn check_servers(tx: &mut Tx, name: &DomainName, pointer: &str, manages: bool) -> Result<(), ApiError> {
    let panel: Option<Hostname> = setting::get(tx, setting::PANEL_HOSTNAME).await?;
    let nodes = node::names(tx).await?;
    for own in panel.iter().map(Hostname::as_str).chain(nodes.iter().map(String::as_str)) {
        let reserved =
            if manages { name.as_str() == own } else { is_near(name, own) || is_service(name, own) };
        if reserved {
            let reason = "The name is the panel's or the server's own, or belongs to it.";
            let error = FieldError::new(pointer, "name_reserved", reason, "Choose another name.");
            return Err(ApiError::invalid(error));
        }
    }
    Ok(())
}

fn is_below(name: &str, above: &str) -> bool {
    name.strip_suffix(above).is_some_and(|rest| rest.ends_with('.'))
}

fn is_near(name: &DomainName, own: &str) -> bool {
    name.as_str() == own || is_below(name.as_str(), own) || is_below(own, name.as_str())
}

/// A name such as `mail.example.com`, of the domain that the server's name is of.
fn is_service(name: &DomainName, own: &str) -> bool {
    let Some((first, rest)) = name.as_str().split_once('.') else { return false };
    // the name of a server that is a domain of its own is nobody's but its owner's
    let is_domain = name.registrable() == name.as_str();
    !is_domain && SERVICES.contains(&first) && (own == rest || is_below(own, rest))
}

/// Another account's approved names below this one, and the nearest name above it.
async fn check_neighbours(
    tx: &mut Tx,
    claimant: &Claimant<'_>,
    name: &DomainName,
    pointer: &str,
) -> Result<(), ApiError> {
    let mut others = name::accounts_below(tx, name).await?;
    others.extend(
        nearest_above(tx, name).await?.filter(|h| h.ownership == Ownership::Approved).map(|h| h.account),
    );
    for other in others {
        if other != claimant.account && !claimant.actor.may::<ManageSites>(tx, other).await? {
            let reason = "The name lies below or above a name of another account.";
            let remedy = "Choose another name, or ask an administrator.";
            return Err(ApiError::invalid(FieldError::new(pointer, "name_of_another", reason, remedy)));
        }
    }
    Ok(())
}

/// Who holds the nearest name above this one that anyone has.
pub(crate) async fn nearest_above(tx: &mut Tx, name: &DomainName) -> Result<Option<name::Holder>, ApiError> {
    let mut above = name.as_str();
    while let Some((_, rest)) = above.split_once('.') {
        above = rest;
        if let Some(holder) = name::holder(tx, above).await? {
            return Ok(Some(holder));
        }
    }
    Ok(None)
}

async fn check_left(
    tx: &mut Tx,
    claimant: &Claimant<'_>,
    name: &DomainName,
    pointer: &str,
    now: Micros,
) -> Result<(), ApiError> {
    let days: Option<u64> = setting::get(tx, COOL_DOWN_DAYS).await?;
    let pause = Duration::from_secs(days.unwrap_or(COOL_DOWN_DAYS_USUAL).saturating_mul(DAY));
    let Some(left) = name_left::find(tx, name).await? else { return Ok(()) };
    if left.account == claimant.account || now.since(left.at) >= pause {
        return Ok(());
    }
    let reason = "Another account gave this name up a short time ago.";
    let remedy = "Ask an administrator, or come again in some days.";
    Err(ApiError::invalid(FieldError::new(pointer, "name_cooling", reason, remedy)))
}
