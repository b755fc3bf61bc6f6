//! Opaque tokens: sessions, one-time links, API tokens.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::Error;
use zeroize::Zeroizing;

use crate::{Digest, NameError, Secret};

/// 32 random bytes; as text 43 characters of base64url without padding, so it fits a URL, a cookie and a header as it is.
///
/// It means nothing by itself: what it may do is looked up by [`OpaqueToken::hash`], which is all that is stored.
#[derive(Clone)]
pub struct OpaqueToken(Secret<[u8; 32]>);

impl OpaqueToken {
    /// The length of the text.
    pub const TEXT: usize = 43;

    /// A new token from the system's source of randomness.
    #[cfg(feature = "generate")]
    pub fn generate() -> Result<Self, getrandom::Error> {
        let mut bytes = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *bytes)?;
        Ok(Self::from_bytes(*bytes))
    }

    /// A token of given bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Secret::new(bytes))
    }

    /// Reads exactly 43 characters of base64url; refuses with `token`.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let mut bytes = Zeroizing::new([0; 32]);
        let fits = text.len() == Self::TEXT;
        if !fits || !matches!(URL_SAFE_NO_PAD.decode_slice(text, &mut *bytes), Ok(32)) {
            let remedy = "use it exactly as it was given: 43 characters";
            return Err(NameError::new("token", "this is not a token", remedy));
        }
        Ok(Self::from_bytes(*bytes))
    }

    /// The text, to be shown once to whom it belongs.
    pub fn expose(&self) -> Secret<String> {
        Secret::new(URL_SAFE_NO_PAD.encode(self.0.expose()))
    }

    /// What is stored and looked up: SHA-256 of the bytes. No salt and no stretching: the bytes are random.
    pub fn hash(&self) -> Digest {
        Digest::of(self.0.expose())
    }
}

impl fmt::Debug for OpaqueToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OpaqueToken(redacted)")
    }
}

impl std::str::FromStr for OpaqueToken {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::parse(text)
    }
}

impl<'de> serde::Deserialize<'de> for OpaqueToken {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Zeroizing::new(String::deserialize(deserializer)?);
        Self::parse(&text).map_err(|e| D::Error::custom(e.tagged()))
    }
}

#[cfg(test)]
mod tests;
