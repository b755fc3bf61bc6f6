//! Sealed columns: secrets that the panel must be able to read again (those of second factors, of webhooks, of DNS providers), so that no hash will do.
//!
//! XChaCha20-Poly1305 with a new random nonce for each value, under one key of 32 bytes that is never in the database: set-up makes
//! `seal.key`, root's alone, and systemd hands it to the panel as a credential. A copy of the database, or a backup of it, tells nothing
//! without the key. What a value is for and whose it is (its *place*) is authenticated with it: a sealed value that is copied into another
//! row does not open.
//!
//! A database that comes back without its key has lost these secrets and nothing else; [`SealError::Broken`] says so, and the panel goes on.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use names::Secret;
use zeroize::Zeroizing;

/// What a sealed value begins with; another scheme would have another one.
const SCHEME: &str = "x1.";
const NONCE: usize = 24;
const KEY: usize = 32;

/// Why something cannot be sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// `$CREDENTIALS_DIRECTORY` is not set.
    #[error("systemd gave no credentials: $CREDENTIALS_DIRECTORY is not set")]
    NoCredentials,
    /// The key's file cannot be read.
    #[error("{path} cannot be read", path = path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The key's file holds something else.
    #[error("{path} does not hold 64 hexadecimal digits", path = path.display())]
    NoKey {
        /// The file.
        path: PathBuf,
    },
    /// There is no randomness.
    #[error("there is no randomness to seal with")]
    Random,
    /// It was sealed with another key, for another place, or is damaged.
    #[error(
        "a sealed value does not open: it was sealed with another key, or for another place, or is damaged"
    )]
    Broken,
}

/// The key. A clone is the same key.
#[derive(Clone)]
pub struct SealKey(Arc<Zeroizing<[u8; KEY]>>);

impl std::fmt::Debug for SealKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SealKey(redacted)")
    }
}

impl SealKey {
    /// Reads `seal.key` from systemd's credentials.
    pub fn from_credentials() -> Result<Self, SealError> {
        let folder = std::env::var_os("CREDENTIALS_DIRECTORY").ok_or(SealError::NoCredentials)?;
        Self::read(&Path::new(&folder).join("seal.key"))
    }

    /// Reads a file of 64 hexadecimal digits.
    pub fn read(path: &Path) -> Result<Self, SealError> {
        let read = |source| SealError::Read { path: path.to_owned(), source };
        let text = Zeroizing::new(std::fs::read(path).map_err(read)?);
        let digits = text.strip_suffix(b"\n").unwrap_or(&text);
        let mut key = Zeroizing::new([0; KEY]);
        hex::decode_to_slice(digits, &mut *key).map_err(|_| SealError::NoKey { path: path.to_owned() })?;
        Ok(Self(Arc::new(key)))
    }

    /// A new key that is written nowhere: for tests, and where nothing is kept.
    pub fn throw_away() -> Result<Self, SealError> {
        let mut key = Zeroizing::new([0; KEY]);
        getrandom::fill(&mut *key).map_err(|_| SealError::Random)?;
        Ok(Self(Arc::new(key)))
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&Key::from(**self.0))
    }

    /// Seals a value for a place, such as `("totp", <the person's id>)`; the text is for the database.
    pub fn seal(&self, place: (&str, &str), plain: &[u8]) -> Result<String, SealError> {
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).map_err(|_| SealError::Random)?;
        let payload = Payload { msg: plain, aad: &bound(place) };
        let sealed = self.cipher().encrypt(&XNonce::from(nonce), payload).map_err(|_| SealError::Broken)?;
        let text = URL_SAFE_NO_PAD.encode([nonce.as_slice(), &sealed].concat());
        Ok(format!("{SCHEME}{text}"))
    }

    /// Opens what was sealed for this place.
    pub fn open(&self, place: (&str, &str), sealed: &str) -> Result<Secret<Vec<u8>>, SealError> {
        let text = sealed.strip_prefix(SCHEME).ok_or(SealError::Broken)?;
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| SealError::Broken)?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE>().ok_or(SealError::Broken)?;
        let payload = Payload { msg: sealed, aad: &bound(place) };
        let plain = self.cipher().decrypt(&XNonce::from(*nonce), payload).map_err(|_| SealError::Broken)?;
        Ok(Secret::new(plain))
    }
}

/// The place as bytes, so that no two places are one.
fn bound((kind, of): (&str, &str)) -> Vec<u8> {
    [&(kind.len() as u64).to_be_bytes(), kind.as_bytes(), of.as_bytes()].concat()
}

#[cfg(test)]
mod tests;
