//! The certificate that a visitor is shown.

use names::{Digest, DomainName, ListenAddr};
use serde::{Deserialize, Serialize};
use wire::{Access, Method};

/// Asks this server for the certificate that it shows to visitors of a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProbeTls {
    /// Where nginx listens for HTTPS; must be an address of this server.
    pub address: ListenAddr,
    /// The name that is asked for (SNI).
    pub name: DomainName,
}

/// The reply of [`ProbeTls`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbeTlsReply {
    /// SHA-256 of the certificate, DER.
    pub certificate: Digest,
    /// The names that it is for, as it spells them; at most the first 100.
    pub names: Vec<String>,
    /// It is for the name that was asked for.
    pub covers: bool,
    /// It signs itself.
    pub self_signed: bool,
    /// The issuer's common name or organisation, without control characters.
    pub issuer: String,
    /// Begin of its validity, seconds since 1970 (UTC).
    pub not_before: i64,
    /// End of its validity, seconds since 1970 (UTC).
    pub not_after: i64,
    /// The protocol that was agreed on: `TLSv1.3`.
    pub protocol: String,
}

impl Method for ProbeTls {
    const NAME: &'static str = "holdfast.probe1.ProbeTls";
    const ACCESS: Access = Access::Read;
    const DEADLINE: std::time::Duration = std::time::Duration::from_secs(15);
    type Reply = ProbeTlsReply;
}
