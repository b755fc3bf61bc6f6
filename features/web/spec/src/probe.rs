//! Calls to the probe, which looks at this server as a visitor does.

use names::{Digest, DomainName, ListenAddr, SiteId};
use serde::{Deserialize, Serialize};
use wire::{Access, Method};

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProbePath {
    /// nginx's own answer about which site a name leads to and which configuration it serves; starts no PHP.
    Identity,
    /// The front page, as a visitor gets it.
    Front,
}

/// Asks this server for a page over HTTP.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProbeHttp {
    /// Where nginx listens; must be an address of this server.
    pub address: ListenAddr,
    /// The name in the Host header; none asks as an unknown visitor (`holdfast-probe.invalid`).
    pub host: Option<DomainName>,
    /// What is asked for.
    pub path: ProbePath,
}

/// The reply of [`ProbeHttp`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbeHttpReply {
    /// The HTTP status.
    pub status: u16,
    /// The site that the name leads to, by nginx's own word.
    pub site: Option<SiteId>,
    /// The digest of the configuration tree that answered.
    pub tree: Option<Digest>,
    /// Time to the first byte, in microseconds.
    pub micros: u64,
}

impl Method for ProbeHttp {
    const NAME: &'static str = "holdfast.probe1.ProbeHttp";
    const ACCESS: Access = Access::Read;
    const DEADLINE: std::time::Duration = std::time::Duration::from_secs(15);
    type Reply = ProbeHttpReply;
}
