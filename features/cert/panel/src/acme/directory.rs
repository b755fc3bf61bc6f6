//! What an authority offers, and where (RFC 8555, 7.1.1).

use std::time::Duration;

use egress_spec::Verb;
use names::{Micros, WebUrl};
use serde::Deserialize;

use super::http::Http;
use super::trouble::Trouble;

/// So far may our clock be from the authority's before nothing is asked of it: what is due is told by the clock.
const CLOCKS: Duration = Duration::from_hours(24);

/// The parts that are used here.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Directory {
    pub(crate) new_nonce: String,
    pub(crate) new_account: String,
    /// Where it says when it would have a certificate renewed; none: it does not.
    pub(crate) renewal_info: Option<String>,
    #[serde(default)]
    pub(crate) meta: Meta,
}

/// What it says of itself.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Meta {
    pub(crate) external_account_required: bool,
}

impl Directory {
    /// Reads it. Refuses where the clocks differ by a day: with a wrong one everything seems to be due.
    pub(crate) async fn read(http: &Http, url: &WebUrl, now: Micros) -> Result<Self, Trouble> {
        let reply = http.fetch(Verb::Get, &url.to_string(), None, Vec::new()).await;
        let reply = reply.map_err(|fault| Trouble::of_fault(&fault))?;
        if reply.status != 200 {
            return Err(Trouble::of_status("it has no directory at this address", &http.last()));
        }
        if let Some(theirs) = http.last().date
            && theirs.since(now).max(now.since(theirs)) > CLOCKS
        {
            return Err(Trouble::odd(format!("its clock says {theirs}, and this server's {now}")));
        }
        serde_json::from_slice(&reply.body.0)
            .map_err(|_| Trouble::odd("what lies at this address is no directory of an authority"))
    }
}
