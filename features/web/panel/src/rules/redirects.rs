//! Who may be sent on to where.

use api_kit::{ApiError, FieldError};
use names::{DomainName, SiteId, UrlHost};
use store::{Tx, WriteTx};
use web_spec::Redirect;

use crate::store::name;

/// So many sites are followed at most; browsers give up after about twenty.
const HOPS: usize = 10;

/// Says which of the site's further names send their visitors on to the primary one: these and no others.
pub(crate) async fn set_names(tx: &mut WriteTx, site: SiteId, wanted: &[DomainName]) -> Result<(), ApiError> {
    let all = name::of_site(tx, site).await?;
    for (at, name) in wanted.iter().enumerate() {
        let refuse = |code: &'static str, reason: &str, remedy: &str| {
            Err(ApiError::invalid(FieldError::new(format!("/redirected/{at}"), code, reason, remedy)))
        };
        if wanted[..at].contains(name) {
            return refuse("name_twice", "The name is here already.", "Send it once.");
        }
        match all.iter().find(|has| has.name == *name) {
            None => {
                let remedy = "Add it to the aliases as well.";
                return refuse("name_not_an_alias", "The site does not have this name.", remedy);
            }
            Some(has) if has.is_primary => {
                let remedy = "Make the name that visitors are to end at the primary one.";
                return refuse("name_primary", "The primary name is where visitors are sent on to.", remedy);
            }
            Some(_) => {}
        }
    }
    for named in all.iter().filter(|named| !named.is_primary) {
        let redirected = wanted.contains(&named.name);
        if redirected != named.redirected {
            name::set_redirected(tx, site, &named.name, redirected).await?;
        }
    }
    Ok(())
}

/// Refuses an address that leads back to the site, by itself or over other sites of this server.
pub(crate) async fn check(tx: &mut Tx, site: SiteId, redirect: Option<&Redirect>) -> Result<(), ApiError> {
    let Some(redirect) = redirect else { return Ok(()) };
    let mut next = redirect.to.clone();
    for hop in 0..HOPS {
        let UrlHost::Name(host) = next.host() else { return Ok(()) };
        let Some(there) = name::leads_on(tx, host.as_str()).await? else { return Ok(()) };
        if there.site == site {
            let reason = if hop == 0 {
                format!("{host} is a name of this very site: visitors would go round.")
            } else {
                format!("{host} leads back to this site over another one: visitors would go round.")
            };
            let remedy = "Choose an address of another site, or one that is not sent on.";
            return Err(ApiError::invalid(FieldError::new("/redirect/to", "redirect_loop", reason, remedy)));
        }
        let Some(redirect) = there.redirect else { return Ok(()) };
        next = redirect.to;
    }
    let reason = "The address leads over too many other sites of this server.";
    let error = FieldError::new(
        "/redirect/to",
        "redirect_too_long",
        reason,
        "Send visitors to the last address at once.",
    );
    Err(ApiError::invalid(error))
}
