//! A password's hash as the system's login database keeps it.

use std::fmt;

use serde::de::Error;

use crate::{NameError, Secret};

/// A crypt(3) string of SHA-512 (`$6$rounds=N$salt$hash`) or yescrypt (`$y$params$salt$hash`).
///
/// Safe in a line of `shadow` or of `chpasswd`: letters, digits, `.`, `/`, `$`, `=`, so no colon, no line end, and never `!`, `*`
/// or empty. Held as a secret all the same: it can be attacked at leisure. It is serialised, since it must reach the agent.
#[derive(Clone)]
pub struct CryptHash(Secret<String>);

impl CryptHash {
    /// Rounds of SHA-512 that are taken: fewer are too easy to guess, more would make each login a burden.
    pub const ROUNDS: std::ops::RangeInclusive<u32> = 5_000..=5_000_000;

    /// Refuses with `crypt_hash`; the reason says nothing of the value.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        if sha512(text).is_some() || yescrypt(text).is_some() {
            return Ok(Self(Secret::new(text.to_owned())));
        }
        let remedy = "use SHA-512 with 5000 to 5000000 rounds and a salt of 8 to 16 characters, or yescrypt";
        Err(NameError::new("crypt_hash", "this is not a crypt(3) hash of a kind that is taken", remedy))
    }

    /// The string: for the login database alone.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// Compares in a time that depends on the lengths alone.
    pub fn ct_eq(&self, other: &str) -> bool {
        self.0.ct_eq(other)
    }
}

fn word(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'/'))
}

fn sha512(text: &str) -> Option<()> {
    let rest = text.strip_prefix("$6$rounds=")?;
    let (rounds, rest) = rest.split_once('$')?;
    let (salt, hash) = rest.split_once('$')?;
    let plain = rounds.len() <= 7 && !rounds.starts_with('0') && rounds.bytes().all(|b| b.is_ascii_digit());
    let fits = plain && rounds.parse().is_ok_and(|n| CryptHash::ROUNDS.contains(&n));
    (fits && (8..=16).contains(&salt.len()) && word(salt) && hash.len() == 86 && word(hash)).then_some(())
}

fn yescrypt(text: &str) -> Option<()> {
    let mut parts = text.strip_prefix("$y$")?.split('$');
    let (params, salt, hash) = (parts.next()?, parts.next()?, parts.next()?);
    let sizes = (2..=16).contains(&params.len()) && (8..=86).contains(&salt.len()) && hash.len() == 43;
    (parts.next().is_none() && sizes && word(params) && word(salt) && word(hash)).then_some(())
}

impl PartialEq for CryptHash {
    fn eq(&self, other: &Self) -> bool {
        self.ct_eq(other.expose())
    }
}

impl Eq for CryptHash {}

impl fmt::Debug for CryptHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CryptHash(redacted)")
    }
}

impl std::str::FromStr for CryptHash {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::parse(text)
    }
}

impl serde::Serialize for CryptHash {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.expose())
    }
}

impl<'de> serde::Deserialize<'de> for CryptHash {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = zeroize::Zeroizing::new(String::deserialize(deserializer)?);
        Self::parse(&text).map_err(|e| D::Error::custom(e.tagged()))
    }
}

#[cfg(test)]
mod tests;
