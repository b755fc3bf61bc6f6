//! Short names that people give to what only the panel knows: organisations, packages, roles, tokens.

use crate::NameError;
use crate::error::quoted;
use crate::text::{text_inner, text_value};

/// A label: `[a-z]([a-z0-9-]{0,61}[a-z0-9])`, 2 to 63 characters.
///
/// Safe wherever it is rendered: one word of lower-case letters, digits and inner dashes; one path segment; never an option, never a
/// number, and never an id, since an id of ours begins with a digit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Label(String);

text_inner!(Label);
text_value!(Label, "a short name");

impl Label {
    /// The longest, in bytes.
    pub const MAX: usize = 63;

    /// Refuses what is no label: `label_length`, `label_first`, `label_last`, `label_character`.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let remedy = "use 2 to 63 lower-case letters, digits and dashes, beginning with a letter and not ending with a dash";
        if !(2..=Self::MAX).contains(&text.len()) {
            return Err(NameError::new("label_length", "the name is too short or too long", remedy));
        }
        if let Some(bad) = text.chars().find(|&c| !c.is_ascii_lowercase() && !c.is_ascii_digit() && c != '-')
        {
            let reason = format!("the name contains {}", quoted(bad));
            return Err(NameError::new("label_character", reason, remedy));
        }
        if !text.starts_with(|c: char| c.is_ascii_lowercase()) {
            return Err(NameError::new("label_first", "the name does not begin with a letter", remedy));
        }
        if text.ends_with('-') {
            return Err(NameError::new("label_last", "the name ends with a dash", remedy));
        }
        Ok(Self(text.to_owned()))
    }
}

#[cfg(test)]
mod tests;
