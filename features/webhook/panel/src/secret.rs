//! The key of a webhook's signature: how it is made, shown and kept.
//!
//! It is shown once, when it is made. It must be kept so that it can sign, not hashed: it lies sealed in the database, for its webhook's row
//! and no other. [`Key::sealed`] and [`Key::open`] are the one place that knows how, and no other column of this crate holds a secret.
//! What an older database holds in clear is sealed when the panel starts ([`Key::from_clear`]).

use std::fmt::Display;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use names::{Secret, WebhookId};
use seal::{SealError, SealKey};
use sha2::Sha256;

/// Before the key, so that it is known for what it is wherever it is found.
pub(crate) const PREFIX: &str = "whsec_";
/// Bytes of a key.
const LENGTH: usize = 32;
/// What the keys are sealed for.
const KIND: &str = "webhook";

/// 256 random bits.
#[derive(Clone, Debug)]
pub(crate) struct Key(Secret<[u8; LENGTH]>);

/// What lies in the database is no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a webhook's key")]
pub(crate) struct NoKey;

impl Key {
    /// A new key from the system's source of randomness.
    pub(crate) fn generate() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; LENGTH];
        getrandom::fill(&mut bytes)?;
        Ok(Self(Secret::new(bytes)))
    }

    /// As its receiver has it: `whsec_` and base64.
    pub(crate) fn shown(&self) -> Secret<String> {
        Secret::new(format!("{PREFIX}{}", STANDARD.encode(self.0.expose())))
    }

    /// As it lies in the row of this webhook.
    pub(crate) fn sealed(&self, seal: &SealKey, of: WebhookId) -> Result<String, SealError> {
        seal.seal((KIND, &of.to_string()), self.0.expose())
    }

    /// From how it lies in the row of this webhook.
    pub(crate) fn open(seal: &SealKey, of: WebhookId, sealed: &str) -> Result<Self, NoKey> {
        let bytes = seal.open((KIND, &of.to_string()), sealed).map_err(|_| NoKey)?;
        bytes.expose().as_slice().try_into().map(|bytes| Self(Secret::new(bytes))).map_err(|_| NoKey)
    }

    /// From how it is shown, which is how it once lay in the database.
    pub(crate) fn from_clear(text: &str) -> Result<Self, NoKey> {
        let bytes = text.strip_prefix(PREFIX).and_then(|text| STANDARD.decode(text).ok());
        bytes.and_then(|bytes| bytes.try_into().ok()).map(|bytes| Self(Secret::new(bytes))).ok_or(NoKey)
    }

    /// HMAC-SHA-256 over these parts with dots between them, in base64.
    pub(crate) fn sign(&self, parts: &[&dyn Display]) -> String {
        let text = parts.iter().map(ToString::to_string).collect::<Vec<_>>().join(".");
        // a key of any length does
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.0.expose()) else { return String::new() };
        mac.update(text.as_bytes());
        STANDARD.encode(mac.finalize().into_bytes())
    }
}
