//! How a site answers by HTTPS.
//!
//! HTTPS that is on has a certificate: one that was chosen among the account's, or the site's own, which follows its names. Its own is made
//! when the first of its names is approved, for the approved names and no others, so that nothing is signed for a name that may be another's;
//! until then the site waits for that anyway. Where no name is approved any longer, its own goes.
//!
//! Visitors are sent on to HTTPS only where the server listens for it, and browsers are told to come by HTTPS alone only where they are
//! sent on: else they would find nothing.

use api_kit::{ApiError, FieldError};
use desired::Draft;
use names::{CertificateId, DomainName, SiteId};
use store::{Tx, WriteTx};
use web_spec::Hsts;

use crate::certificates::Certificates;
use crate::rules::body::EditHttps;
use crate::rules::site::now;
use crate::store::name::{self, Ownership};
use crate::store::site::Row;
use crate::store::site_https::{self, Https, Values};

/// What is wished of a site's HTTPS.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Wish<'a> {
    /// As a new site has it that says nothing.
    Usual,
    /// As it is.
    Same,
    /// It answers by HTTP alone.
    Off,
    /// As this says.
    On(&'a EditHttps),
}

impl<'a> Wish<'a> {
    /// What was sent: null or a value.
    pub(crate) fn of(sent: Option<&'a EditHttps>) -> Self {
        sent.map_or(Self::Off, Self::On)
    }
}

/// What is to be, but for the certificate itself.
struct Wanted {
    /// None: its own.
    chosen: Option<CertificateId>,
    force: bool,
    hsts: Option<Hsts>,
}

impl Wanted {
    fn same(https: &Https) -> Self {
        Self { chosen: https.chosen(), force: https.force, hsts: https.hsts }
    }

    /// Refuses what does not go together.
    fn edited(before: Option<&Https>, edit: &EditHttps, is_listened: bool) -> Result<Self, ApiError> {
        let before = before.map_or(Self { chosen: None, force: false, hsts: None }, Self::same);
        let hsts = match edit.hsts {
            None => before.hsts,
            Some(hsts) => hsts.map(crate::https::SiteHsts::check).transpose()?,
        };
        let chosen = edit.certificate.unwrap_or(before.chosen);
        let wanted = Self { chosen, force: edit.force.unwrap_or(before.force), hsts };
        let refuse = |pointer: &'static str, code: &'static str, reason: &str, remedy: &str| {
            Err(ApiError::invalid(FieldError::new(pointer, code, reason, remedy)))
        };
        if wanted.force && !is_listened {
            let reason = "The server does not listen for HTTPS: visitors would be sent on to nothing.";
            let remedy = "Ask an administrator to let it listen (`holdfast node edit --listen-tls`), or do not force HTTPS.";
            return refuse("/https/force", "https_not_listened", reason, remedy);
        }
        if wanted.hsts.is_some() && !wanted.force {
            let reason =
                "Browsers can be told to come by HTTPS alone only where visitors by HTTP are sent on to it.";
            let remedy = "Send force as true as well, or hsts as null.";
            return refuse("/https/hsts", "hsts_without_force", reason, remedy);
        }
        Ok(wanted)
    }
}

/// Makes a site's HTTPS what is wished, after its names were set. Raising the site's generation is the caller's.
pub(crate) async fn set(
    certificates: &dyn Certificates,
    tx: &mut WriteTx,
    draft: &mut Draft,
    site: SiteId,
    wish: Wish<'_>,
) -> Result<(), ApiError> {
    let row = now(tx, site).await?;
    let before = row.https.as_ref();
    let is_listened = site_https::is_listened(tx, site).await?;
    let wanted = match wish {
        Wish::Same => before.map(Wanted::same),
        Wish::Usual => is_listened.then_some(Wanted { chosen: None, force: false, hsts: None }),
        Wish::Off => None,
        Wish::On(edit) => Some(Wanted::edited(before, edit, is_listened)?),
    };
    let Some(wanted) = wanted else {
        if before.is_some() {
            certificates.release(tx, draft, site).await?;
            site_https::set(tx, site, None).await?;
        }
        return Ok(());
    };
    let own = before.and_then(Https::own);
    // somebody may name the site's own by its id
    let chosen = wanted.chosen.filter(|chosen| own.is_none_or(|own| own.id != *chosen));
    let certificate = match chosen {
        Some(chosen) => {
            if before.and_then(Https::chosen) != Some(chosen) {
                certificates.check(tx, row.account_id, chosen).await?;
            }
            Some(chosen)
        }
        None => ensured(certificates, tx, draft, &row).await?,
    };
    if own.is_some() && certificate != own.map(|own| own.id) {
        certificates.release(tx, draft, site).await?;
    }
    let values = Values { certificate, force: wanted.force, hsts: wanted.hsts };
    Ok(site_https::set(tx, site, Some(values)).await?)
}

/// The site's own certificate for its approved names; none where there are none.
async fn ensured(
    certificates: &dyn Certificates,
    tx: &mut WriteTx,
    draft: &mut Draft,
    row: &Row,
) -> Result<Option<CertificateId>, ApiError> {
    let names = approved(tx, row.id).await?;
    if names.is_empty() {
        return Ok(None);
    }
    Ok(Some(certificates.ensure(tx, draft, row.account_id, row.id, &names).await?))
}

async fn approved(tx: &mut Tx, site: SiteId) -> Result<Vec<DomainName>, ApiError> {
    let all = name::of_site(tx, site).await?;
    let approved = all.into_iter().filter(|named| named.ownership == Ownership::Approved);
    Ok(approved.map(|named| named.name).collect())
}

#[cfg(test)]
mod tests;
