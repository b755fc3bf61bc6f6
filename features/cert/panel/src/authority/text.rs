//! What an authority gives to its customers so that it knows them again (external account binding).

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use names::{NameError, Secret};
use serde::de::Error;
use serde::{Deserialize, Deserializer};

/// Authorities show keys in base64url; some with padding, some in the other alphabet.
const CONFIG: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, CONFIG);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, CONFIG);

/// The name of a key: 1 to 255 visible ASCII characters without quotes and backslashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EabKeyId(String);

impl EabKeyId {
    /// Refuses with `eab_key_id`.
    pub(crate) fn parse(text: &str) -> Result<Self, NameError> {
        let visible = |byte: u8| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\';
        if (1..=255).contains(&text.len()) && text.bytes().all(visible) {
            return Ok(Self(text.to_owned()));
        }
        let reason = "this is no name of a key";
        Err(NameError::new("eab_key_id", reason, "use it as the authority shows it"))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for EabKeyId {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::parse(text)
    }
}

impl<'de> Deserialize<'de> for EabKeyId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(|error| D::Error::custom(format!("{error} [{}]", error.code)))
    }
}

/// A key, as its bytes: 16 to 512 of them.
#[derive(Debug, Clone)]
pub(crate) struct EabKey(Secret<Vec<u8>>);

impl EabKey {
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let bytes = Secret::new(URL_SAFE.decode(text).or_else(|_| STANDARD.decode(text)).ok()?);
        (16..=512).contains(&bytes.expose().len()).then_some(Self(bytes))
    }

    pub(crate) fn expose(&self) -> &[u8] {
        self.0.expose()
    }
}

impl<'de> Deserialize<'de> for EabKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Secret::new(String::deserialize(deserializer)?);
        let why = "this is no key of an authority; use it as the authority shows it, in base64 [eab_key]";
        Self::parse(text.expose()).ok_or_else(|| D::Error::custom(why))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_in_each_way_that_authorities_show_it() {
        let key = [0xfb_u8; 32];
        let shown = [
            "-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_s",
            "-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_s=",
            "+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/s=",
            " +/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/s\n",
        ];
        for text in shown {
            assert_eq!(EabKey::parse(text).map(|key| key.expose().to_vec()), Some(key.to_vec()), "{text}");
        }
        for text in ["", "AAAA", "not base64!", &"A".repeat(4000)] {
            assert!(EabKey::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_name_of_a_key_is_visible() {
        assert!(EabKeyId::parse("kid-1_A.b").is_ok());
        for text in ["", "a b", "a\"b", "a\n", &"a".repeat(256)] {
            assert!(EabKeyId::parse(text).is_err(), "{text:?}");
        }
    }
}
