//! A name as the DNS holds records at it.

use crate::text::{text_inner, text_value};
use crate::{DomainName, NameError};

/// What a question to the DNS is about: labels of letters, digits, hyphens and underscores, lower case, without the trailing dot.
///
/// Unlike a [`DomainName`] it may begin with service labels (`_acme-challenge.example.com`; RFC 8552), may be a public suffix, and may be a
/// single label (`org`), since the records of a name are also looked for above it. At most [`DomainName::MAX`] bytes.
///
/// Safe wherever it is rendered: nothing but lower-case letters, digits, `-`, `_` and `.`, and never a hyphen at its front.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordName(String);

text_inner!(RecordName);
text_value!(RecordName, "a name in the DNS");

impl RecordName {
    /// Refuses with `record_name_length`, `record_name_character`, `record_name_label`.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let remedy = "use letters, digits, hyphens and underscores between the dots";
        let bare = text.strip_suffix('.').unwrap_or(text);
        if bare.is_empty() || bare.len() > DomainName::MAX {
            let reason = "the name is empty or longer than 253 bytes";
            return Err(NameError::new("record_name_length", reason, remedy));
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if !bare.chars().all(plain) {
            let reason =
                "the name contains something else than letters, digits, hyphens, underscores and dots";
            return Err(NameError::new("record_name_character", reason, remedy));
        }
        let fits = |l: &str| !l.is_empty() && l.len() <= 63 && !l.starts_with('-') && !l.ends_with('-');
        if !bare.split('.').all(fits) {
            let reason = "a part of the name is empty, longer than 63 bytes or has a hyphen at its edge";
            return Err(NameError::new("record_name_label", reason, remedy));
        }
        Ok(Self(bare.to_ascii_lowercase()))
    }

    /// The name one label further up; none of a single label.
    pub fn parent(&self) -> Option<Self> {
        self.0.split_once('.').map(|(_, above)| Self(above.to_owned()))
    }
}

impl From<&DomainName> for RecordName {
    fn from(name: &DomainName) -> Self {
        Self(name.as_str().to_owned())
    }
}

#[cfg(test)]
mod tests;
