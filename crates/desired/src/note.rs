//! A line of text from a person to people: why something is suspended or paused.

use std::fmt;
use std::str::FromStr;

use names::NameError;
use serde::de::{Deserializer, Error};
use serde::{Deserialize, Serialize, Serializer};

/// One line of 1 to 200 characters, without control characters or characters that change the direction of text.
///
/// It is never rendered into a configuration, a command or a page without escaping; it is shown as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note(String);

impl Note {
    /// The longest, in characters.
    pub const MAX: usize = 200;

    /// Refuses with `note_empty`, `note_too_long`, `note_character`.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let remedy = "write one line of at most 200 characters";
        if text.trim().is_empty() {
            return Err(NameError::new("note_empty", "the text is empty", remedy));
        }
        if text.len() > Self::MAX * 4 || text.chars().count() > Self::MAX {
            return Err(NameError::new("note_too_long", "the text is longer than 200 characters", remedy));
        }
        if text.chars().any(unseen) {
            return Err(NameError::new(
                "note_character",
                "the text contains a character that is not seen",
                remedy,
            ));
        }
        Ok(Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Control characters, separators of lines, and what is invisible or turns text around.
fn unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
        || matches!(c, '\u{300}'..='\u{36f}' | '\u{e0000}'..='\u{e007f}')
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Note {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::parse(text)
    }
}

impl Serialize for Note {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Note {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(|error| D::Error::custom(format!("{error} [{}]", error.code)))
    }
}
