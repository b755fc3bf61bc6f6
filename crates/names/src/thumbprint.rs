//! The thumbprint of an ACME account's key.

use crate::NameError;
use crate::text::{text_inner, text_value};

/// The SHA-256 of an account key's JWK (RFC 7638), in base64url without padding: what follows the token in the answer to an HTTP-01
/// challenge (RFC 8555, 8.1). Public.
///
/// Safe wherever it is rendered: 43 letters, digits, `-` and `_`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Thumbprint(String);

text_inner!(Thumbprint);
text_value!(Thumbprint, "the thumbprint of an account key");

impl Thumbprint {
    /// Refuses with `thumbprint`.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        if text.len() == 43 && text.bytes().all(plain) {
            return Ok(Self(text.to_owned()));
        }
        let reason = "this is not the thumbprint of an account key";
        Err(NameError::new("thumbprint", reason, "use 43 letters, digits, dashes and underscores"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_digest_in_base64url_is_one() {
        let good = "LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ";
        assert_eq!(Thumbprint::parse(good).unwrap().as_str(), good);
        let bad = [
            String::new(),
            good[1..].to_owned(),
            format!("{good}A"),
            good.replace('-', "."),
            good.replace('-', "\n"),
        ];
        for text in bad {
            assert!(Thumbprint::parse(&text).is_err(), "{text:?}");
        }
    }
}
