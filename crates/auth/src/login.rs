//! The name that a person signs in with.

use std::fmt;
use std::str::FromStr;

use names::NameError;
use serde::Deserialize;
use serde::de::{Deserializer, Error};

/// A login: `[a-z0-9][a-z0-9._@-]{1,63}`. Lower case alone, so that no two logins differ by their case only.
///
/// Safe wherever it is rendered: one word of ASCII without quotes, slashes, colons or white space, and never an option.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Login(String);

impl Login {
    /// The longest, in bytes.
    pub const MAX: usize = 64;

    /// Refuses with `login`.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let bytes = text.as_bytes();
        let fits = (2..=Self::MAX).contains(&bytes.len())
            && bytes.first().is_some_and(|&first| plain(first))
            && bytes.iter().all(|&byte| plain(byte) || b"._@-".contains(&byte));
        if fits {
            return Ok(Self(text.to_owned()));
        }
        let remedy = "use 2 to 64 lower-case letters, digits, dots, dashes, underscores or @, beginning with a letter or a digit";
        Err(NameError::new("login_name", "this is not a login", remedy))
    }

    /// As root on the server is called.
    pub(crate) fn root() -> Self {
        Self(String::from("root"))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Login {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::parse(text)
    }
}

impl fmt::Display for Login {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Every account's name is a login.
impl From<&names::AccountName> for Login {
    fn from(name: &names::AccountName) -> Self {
        Self(name.as_str().to_owned())
    }
}

impl serde::Serialize for Login {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Login {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(|error| D::Error::custom(format!("{error} [{}]", error.code)))
    }
}

#[cfg(test)]
mod tests;
