//! API tokens: what a program shows in place of a person who signs in.

use std::fmt;

use zeroize::Zeroizing;

use crate::{Digest, NameError, OpaqueToken, Secret};

/// `hf_`, 43 random characters of `[0-9A-Za-z]` (256 bits), and 6 characters of a checksum: one word, which a double click selects whole and a
/// scanner for secrets finds by `hf_[0-9A-Za-z]{49}` and is sure of by the checksum.
///
/// The checksum is the first 32 bits of the SHA-256 of all that stands before it, written in base 62 with the same digits. It keeps nobody
/// out; it tells a token that was copied badly from one that is not good any more.
#[derive(Clone)]
pub struct ApiToken(Secret<String>);

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const RANDOM: usize = 43;
const CHECKSUM: usize = 6;

impl ApiToken {
    /// What every token begins with.
    pub const PREFIX: &str = "hf_";
    /// The length of the text.
    pub const TEXT: usize = Self::PREFIX.len() + RANDOM + CHECKSUM;

    /// A new token from the system's source of randomness.
    #[cfg(feature = "generate")]
    pub fn generate() -> Result<Self, getrandom::Error> {
        let mut text = Zeroizing::new(String::with_capacity(Self::TEXT));
        text.push_str(Self::PREFIX);
        let mut bytes = Zeroizing::new([0; 64]);
        while text.len() < Self::PREFIX.len() + RANDOM {
            getrandom::fill(&mut *bytes)?;
            // 248 is the largest multiple of 62 in a byte: what lies above would favour the first digits.
            let fair = bytes.iter().filter(|&&byte| byte < 248);
            let missing = Self::PREFIX.len() + RANDOM - text.len();
            for byte in fair.take(missing) {
                text.push(char::from(DIGITS[usize::from(byte % 62)]));
            }
        }
        let checksum = checksum(&text);
        text.push_str(&checksum);
        Ok(Self(Secret::new(std::mem::take(&mut *text))))
    }

    /// Whether a text is meant to be one of these. One session's token among 262,144 begins as these do: it is told by its length.
    pub fn is_meant(text: &str) -> bool {
        text.starts_with(Self::PREFIX) && OpaqueToken::parse(text).is_err()
    }

    /// Refuses with `token` what is none, and with `token_mistyped` what was one before it was copied.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let remedy = "use it exactly as it was given: hf_ and 49 letters and digits";
        let body = text.strip_prefix(Self::PREFIX).unwrap_or_default();
        if body.is_empty() {
            return Err(NameError::new("token", "this is not a token", remedy));
        }
        let mistyped = || NameError::new("token_mistyped", "the token is not whole, or mistyped", remedy);
        if text.len() != Self::TEXT || !body.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(mistyped());
        }
        let (before, found) = text.split_at(Self::TEXT - CHECKSUM);
        if checksum(before) != found {
            return Err(mistyped());
        }
        Ok(Self(Secret::new(text.to_owned())))
    }

    /// The text, to be shown once to whom it belongs.
    pub fn expose(&self) -> &Secret<String> {
        &self.0
    }

    /// What is stored and looked up: SHA-256 of the text. No salt and no stretching: the text is random.
    pub fn hash(&self) -> Digest {
        Digest::of(self.0.expose())
    }
}

fn checksum(before: &str) -> String {
    let [a, b, c, d, ..] = *Digest::of(before).as_bytes();
    let mut rest = u32::from_be_bytes([a, b, c, d]);
    let mut digits = [0; CHECKSUM];
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS[(rest % 62) as usize];
        rest /= 62;
    }
    digits.iter().map(|&digit| char::from(digit)).collect()
}

impl fmt::Debug for ApiToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiToken(redacted)")
    }
}

#[cfg(test)]
mod tests;
