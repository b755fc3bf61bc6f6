//! Texts that a provider's administrator gives out, and that go into addresses, headers and forms.

use names::{NameError, Secret};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// 1 to `MAX` visible ASCII characters, without quotes and backslashes: a client's id, a scope (RFC 6749, appendix A), the name of a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word<const MAX: usize>(String);

/// What a provider calls the panel.
pub(crate) type ClientId = Word<255>;
/// Something that is asked for.
pub(crate) type Scope = Word<100>;
/// The name of a claim.
pub(crate) type Claim = Word<100>;

impl<const MAX: usize> Word<MAX> {
    /// Refuses with `word`.
    pub(crate) fn parse(text: &str) -> Result<Self, NameError> {
        let visible = |byte: u8| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\';
        if text.is_empty() || text.len() > MAX || !text.bytes().all(visible) {
            let remedy =
                "use it as the provider shows it: visible characters, without spaces, quotes and backslashes";
            return Err(NameError::new(
                "word",
                "this is empty, too long, or has characters that are not taken",
                remedy,
            ));
        }
        Ok(Self(text.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> std::str::FromStr for Word<MAX> {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::parse(text)
    }
}

impl<const MAX: usize> Serialize for Word<MAX> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de, const MAX: usize> Deserialize<'de> for Word<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(|error| D::Error::custom(format!("{error} [{}]", error.code)))
    }
}

/// What the panel shows to a provider: 1 to 1024 printable ASCII characters.
#[derive(Debug, Clone)]
pub(crate) struct ClientSecret(Secret<String>);

impl ClientSecret {
    pub(crate) fn expose(&self) -> &str {
        self.0.expose()
    }
}

impl<'de> Deserialize<'de> for ClientSecret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Secret::new(String::deserialize(deserializer)?);
        let plain = text.expose().bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
        if text.expose().is_empty() || text.expose().len() > 1024 || !plain {
            let why = "this is no secret of a client; use it as the provider shows it [client_secret]";
            return Err(D::Error::custom(why));
        }
        Ok(Self(text))
    }
}
