//! Whether this server answers for a name with its own proof.

use egress_spec::{ProofToken, VisitReply};
use names::{DomainName, ListenAddr, Thumbprint};
use serde::{Deserialize, Serialize};
use wire::{Access, Method};

/// As egress's `Visit`, of an address of this server: what a visitor, or an authority, is answered there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProbeProof {
    /// Where it is asked; must be an address of this server.
    pub address: ListenAddr,
    /// The name in the Host header.
    pub name: DomainName,
    /// What is asked for.
    pub token: ProofToken,
    /// Whose answer is wanted.
    pub thumbprint: Thumbprint,
}

impl Method for ProbeProof {
    const NAME: &'static str = "holdfast.probe1.ProbeProof";
    const ACCESS: Access = Access::Read;
    const DEADLINE: std::time::Duration = std::time::Duration::from_secs(15);
    type Reply = VisitReply;
}
