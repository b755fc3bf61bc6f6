//! Keys: made by the agent, or handed to it once.

use std::fmt;

use names::{CertName, CertificateId, Digest, Secret};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use wire::{Access, Method};

use crate::Der;

/// The names of refusals.
pub mod errors {
    /// What was handed over is no private key that can be used: unreadable, encrypted, of an odd kind, or too weak.
    pub const BAD_KEY: &str = "holdfast.cert1.BadKey";
    /// What is asked for goes beyond the bounds: too many names, or none.
    pub const REFUSED: &str = "holdfast.cert1.Refused";
}

/// What a key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyKind {
    /// ECDSA on P-256.
    #[default]
    Ecdsa,
    /// RSA of 2048 bits, for visitors with very old software.
    Rsa,
}

/// Has the agent make a key for a certificate to come, and a request (PKCS #10) for these names.
///
/// Asked again for the same certificate, kind and names before a certificate with that key was applied, the same key is used again: a
/// call may be repeated after a crash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MakeKey {
    /// Which certificate it is for.
    pub certificate: CertificateId,
    /// What the key is to be.
    pub kind: KeyKind,
    /// The names that are asked for, 1 to 100.
    pub names: Vec<CertName>,
}

/// The reply of [`MakeKey`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyMade {
    /// SHA-256 of the public key (`SubjectPublicKeyInfo`, DER).
    pub key: Digest,
    /// The request, signed with the key.
    pub request: Der,
}

impl Method for MakeKey {
    const NAME: &'static str = "holdfast.cert1.MakeKey";
    const ACCESS: Access = Access::Write;
    type Reply = KeyMade;
}

/// Hands the agent the private key of a certificate that an owner brings.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImportKey {
    /// Which certificate it is for.
    pub certificate: CertificateId,
    /// The key.
    pub key: SecretPem,
}

/// The reply of [`ImportKey`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyImported {
    /// SHA-256 of the public key (`SubjectPublicKeyInfo`, DER).
    pub key: Digest,
    /// What it is.
    pub kind: KeyKind,
}

impl Method for ImportKey {
    const NAME: &'static str = "holdfast.cert1.ImportKey";
    const ACCESS: Access = Access::Write;
    type Reply = KeyImported;
}

/// Has the agent forget the keys of a certificate that none was applied with: an order or an import was given up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DiscardKeys {
    /// Which certificate.
    pub certificate: CertificateId,
}

/// The reply of [`DiscardKeys`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeysDiscarded {
    /// How many there were.
    pub keys: u32,
}

impl Method for DiscardKeys {
    const NAME: &'static str = "holdfast.cert1.DiscardKeys";
    const ACCESS: Access = Access::Write;
    type Reply = KeysDiscarded;
}

/// A private key in PEM (PKCS #8, PKCS #1 or SEC 1; not encrypted). Shown nowhere; the one place that writes it out is the call to the
/// agent.
#[derive(Clone)]
pub struct SecretPem(Secret<String>);

impl SecretPem {
    /// The most bytes.
    pub const MAX: usize = 16 * 1024;

    /// Wraps; none where it is longer than [`Self::MAX`].
    pub fn new(text: String) -> Option<Self> {
        let secret = Secret::new(text);
        (secret.expose().len() <= Self::MAX).then_some(Self(secret))
    }

    /// The text, for the one who reads the key.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

impl fmt::Debug for SecretPem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretPem(redacted)")
    }
}

impl Serialize for SecretPem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.expose())
    }
}

impl<'de> Deserialize<'de> for SecretPem {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::new(text).ok_or_else(|| serde::de::Error::custom("a key has at most 16384 bytes"))
    }
}
