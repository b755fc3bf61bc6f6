//! What the sites' visitors were sent, by day.

use names::SiteId;
use serde::{Deserialize, Serialize};
use wire::{Access, Method};

/// What each site was asked for and sent on one day, by the web server's log. One page, in the order of ids.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GetTraffic {
    /// Days since 1970 (UTC). Some forty days are kept.
    pub day: i64,
    /// Sites after this one; none: from the first on.
    #[serde(default)]
    pub after: Option<SiteId>,
}

impl GetTraffic {
    /// Sites on a page.
    pub const PAGE: usize = 4000;
}

/// One site's day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteTraffic {
    /// Which site.
    pub site: SiteId,
    /// Requests that were answered.
    pub requests: u64,
    /// Bytes of the answers' bodies.
    pub bytes: u64,
}

/// The reply of [`GetTraffic`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrafficPage {
    /// Sites that had visitors.
    pub sites: Vec<SiteTraffic>,
    /// There are more after the last of them.
    pub more: bool,
}

impl Method for GetTraffic {
    const NAME: &'static str = "holdfast.web1.GetTraffic";
    const ACCESS: Access = Access::Read;
    type Reply = TrafficPage;
}
