//! How the API says how a site answers by HTTPS.

use api_kit::{ApiError, FieldError};
use names::CertificateId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web_spec::Hsts;

use crate::store::site_https::Https;

/// The least time, in seconds, that the makers of browsers ask of a site which they are to know beforehand: a year.
const PRELOAD_LEAST: u32 = 31_536_000;

/// How a site answers by HTTPS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SiteHttps {
    /// The certificate that it shows; null: one of its own is made as soon as one of its names is approved.
    pub certificate: Option<SiteCertificate>,
    /// Visitors by HTTP are sent on to HTTPS.
    pub force: bool,
    /// For how long browsers are to come by HTTPS alone; null: nothing is said.
    pub hsts: Option<SiteHsts>,
}

/// The certificate that a site shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SiteCertificate {
    /// The id.
    #[schema(value_type = String, format = "uuid")]
    pub id: CertificateId,
    /// It was made for this site, and follows its names.
    pub own: bool,
}

/// What browsers are told of the time to come (`Strict-Transport-Security`, RFC 6797).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SiteHsts {
    /// For how long they come by HTTPS alone, in seconds; 0 takes back what they were told before.
    #[schema(example = 31_536_000)]
    pub max_age: u32,
    /// It holds for all names below, too.
    #[serde(default)]
    pub include_subdomains: bool,
    /// Browsers' makers may build it in. That is hard to take back.
    #[serde(default)]
    pub preload: bool,
}

impl SiteHsts {
    /// Refuses what the makers of browsers would not take.
    pub(crate) fn check(self) -> Result<Hsts, ApiError> {
        let Self { max_age, include_subdomains, preload } = self;
        if preload && (max_age < PRELOAD_LEAST || !include_subdomains) {
            let reason = "Browsers know a site beforehand only if it says so for a year or more, and for all names below, too.";
            let remedy = "Send max_age of 31536000 or more and include_subdomains, or leave preload out.";
            return Err(ApiError::invalid(FieldError::new(
                "/https/hsts/preload",
                "hsts_preload",
                reason,
                remedy,
            )));
        }
        Ok(Hsts { max_age, include_subdomains, preload })
    }
}

impl From<Hsts> for SiteHsts {
    fn from(Hsts { max_age, include_subdomains, preload }: Hsts) -> Self {
        Self { max_age, include_subdomains, preload }
    }
}

impl From<&Https> for SiteHttps {
    fn from(https: &Https) -> Self {
        let certificate = https.shown.as_ref().map(|shown| SiteCertificate { id: shown.id, own: shown.own });
        Self { certificate, force: https.force, hsts: https.hsts.map(SiteHsts::from) }
    }
}

#[cfg(test)]
mod tests;
