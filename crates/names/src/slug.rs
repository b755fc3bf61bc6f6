//! Names of things that people make and call by name.

use crate::NameError;
use crate::text::{text_inner, text_value};

/// A short name such as `billing` or `on-call-2`: a letter first, then letters, digits and single hyphens, lower case, 32 bytes at most.
///
/// Safe wherever it is rendered: nothing but lower-case letters, digits and `-`, never in front or behind. No UUID is one, so a path may
/// name a thing by either.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slug(String);

text_inner!(Slug);
text_value!(Slug, "a short name");

impl Slug {
    /// Refuses with `name_length` and `name_character`.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let remedy = "use a lower-case letter, then lower-case letters, digits and single hyphens, 32 at most";
        if text.is_empty() || text.len() > 32 {
            let reason = "the name is empty or longer than 32 bytes";
            return Err(NameError::new("name_length", reason, remedy));
        }
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        let fits = text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.bytes().all(plain)
            && !text.ends_with('-')
            && !text.contains("--");
        if fits {
            return Ok(Self(text.to_owned()));
        }
        Err(NameError::new("name_character", "the name has another character, or a hyphen in the wrong place", remedy))
    }
}

#[cfg(test)]
mod tests;
