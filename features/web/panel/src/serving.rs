//! How the API says where a site's visitors get to.

use api_kit::{ApiError, FieldError};
use names::{IpNetwork, WebUrl};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web_spec::{Maintenance, Redirect, RedirectCode};

/// The most networks that see a site which is being worked on, as the agent has it.
const MOST_ALLOWED: usize = 50;

/// Where all visitors of a site are sent on to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SiteRedirect {
    /// The address, `http://` or `https://`.
    #[schema(value_type = String, example = "https://www.example.org/")]
    pub to: WebUrl,
    /// The status: 301 and 308 for good, 302 and 307 for now; with 307 and 308 a form is sent again.
    #[serde(default)]
    #[schema(value_type = u16, example = 301)]
    pub code: RedirectCode,
    /// What was asked for is added to the address: path and query.
    #[serde(default)]
    pub keep_path: bool,
}

impl SiteRedirect {
    /// Refuses what cannot be meant.
    pub(crate) fn check(&self) -> Result<Redirect, ApiError> {
        if self.keep_path && self.to.target().contains('?') {
            let reason = "A path cannot be added to an address with a question mark.";
            let remedy = "Leave out the question mark and what follows, or do not keep the path.";
            return Err(ApiError::invalid(FieldError::new("/redirect/to", "redirect_query", reason, remedy)));
        }
        Ok(Redirect { to: self.to.clone(), code: self.code, keep_path: self.keep_path })
    }
}

impl From<Redirect> for SiteRedirect {
    fn from(redirect: Redirect) -> Self {
        Self { to: redirect.to, code: redirect.code, keep_path: redirect.keep_path }
    }
}

/// A site that is being worked on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SiteMaintenance {
    /// Networks whose visitors get to see the site all the same, by the address of their connection.
    #[serde(default)]
    #[schema(value_type = Vec<String>, example = json!(["203.0.113.0/24"]))]
    pub allow: Vec<IpNetwork>,
}

impl SiteMaintenance {
    /// In order, none twice; refuses too many.
    pub(crate) fn check(&self) -> Result<Maintenance, ApiError> {
        if self.allow.len() > MOST_ALLOWED {
            let reason = "There are too many networks.";
            let remedy = "Send 50 networks at most; a larger network stands for many small ones.";
            let error = FieldError::new("/maintenance/allow", "networks_too_many", reason, remedy);
            return Err(ApiError::invalid(error));
        }
        let mut allow = self.allow.clone();
        allow.sort_unstable();
        allow.dedup();
        Ok(Maintenance { allow })
    }
}

impl From<Maintenance> for SiteMaintenance {
    fn from(maintenance: Maintenance) -> Self {
        Self { allow: maintenance.allow }
    }
}
