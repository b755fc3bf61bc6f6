//! What must not be shown: a wrapper that forgets how, and passwords.

use std::fmt;

use serde::de::Error;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

use crate::NameError;

/// A value that is wiped from memory when dropped and that no `{:?}`, log or serialiser can print.
///
/// There is no `Display`, `Serialize`, `PartialEq` or `Deref`; [`Secret::expose`] is the one way in, so that every use can be
/// found by that word.
#[derive(Clone)]
pub struct Secret<T: Zeroize>(Zeroizing<T>);

impl<T: Zeroize> Secret<T> {
    /// Wraps.
    pub fn new(value: T) -> Self {
        Self(Zeroizing::new(value))
    }

    /// The bare value: for the one place that needs it.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize + AsRef<[u8]>> Secret<T> {
    /// Compares in a time that depends on the lengths alone.
    pub fn ct_eq(&self, other: impl AsRef<[u8]>) -> bool {
        self.0.as_ref().ct_eq(other.as_ref()).into()
    }
}

impl<T: Zeroize> From<T> for Secret<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(redacted)")
    }
}

impl<'de, T: Zeroize + serde::Deserialize<'de>> serde::Deserialize<'de> for Secret<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self::new)
    }
}

/// A password as a person chose it, before hashing: 8 to 1024 bytes without control characters.
///
/// It is never rendered into anything but a hash. Not normalised and not cut: what was typed is what is compared. What looks like
/// a hash (`$6$...`) is a password like any other.
#[derive(Clone)]
pub struct Password(Secret<String>);

impl Password {
    /// The shortest, in bytes.
    pub const MIN: usize = 8;
    /// The longest, in bytes; more would be work for the hash and no safety.
    pub const MAX: usize = 1024;

    /// Refuses with `password_too_short`, `password_too_long`, `password_control`.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        if text.len() < Self::MIN {
            let reason = "the password is shorter than 8 bytes";
            return Err(NameError::new("password_too_short", reason, "use a longer one"));
        }
        if text.len() > Self::MAX {
            let reason = "the password is longer than 1024 bytes";
            return Err(NameError::new("password_too_long", reason, "use a shorter one"));
        }
        if text.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
            let reason = "the password contains a control character";
            return Err(NameError::new("password_control", reason, "use printable characters and spaces"));
        }
        Ok(Self(Secret::new(text.to_owned())))
    }

    /// The password in the clear: for hashing and verifying alone.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(redacted)")
    }
}

impl std::str::FromStr for Password {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Password {
    type Error = NameError;
    fn try_from(text: String) -> Result<Self, NameError> {
        Self::parse(&Zeroizing::new(text))
    }
}

impl<'de> serde::Deserialize<'de> for Password {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Zeroizing::new(String::deserialize(deserializer)?);
        Self::parse(&text).map_err(|e| D::Error::custom(e.tagged()))
    }
}

#[cfg(test)]
mod tests;
