//! A certificate as it should lie ready on the host.

use converge::{Kind, Spec};
use names::{AccountName, CertName, CertificateId, Digest};
use serde::{Deserialize, Serialize};

use crate::Der;

/// A certificate as it should be on the host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CertificateSpec {
    /// Whose it is; none: the server's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountName>,
    /// The names that it is wanted for, sorted, none twice, at least one. A self-signed one is made for them.
    pub names: Vec<CertName>,
    /// What an authority issued or an owner brought; none: one that signs itself, made by the agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issued: Option<Issued>,
}

/// A chain of certificates and the key that goes with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issued {
    /// The certificate itself first, then each the issuer of the one before it; without the root. One to ten.
    pub chain: Vec<Der>,
    /// SHA-256 of the public key (`SubjectPublicKeyInfo`, DER). The agent has the private half.
    pub key: Digest,
}

impl Issued {
    /// The longest chain.
    pub const MAX_CHAIN: usize = 10;
}

impl Spec for CertificateSpec {
    const KIND: Kind = "certificate";
    const APPLY: &'static str = "holdfast.cert1.ApplyCertificate";
    type Key = CertificateId;
}
