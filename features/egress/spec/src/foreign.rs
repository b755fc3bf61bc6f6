//! Text that a stranger chose.

use std::fmt::{self, Write};

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

/// Visible ASCII and spaces; every other byte, and the backslash, is written as a backslash and three decimal digits (RFC 1035, 5.1), so that no
/// text can move a terminal's cursor, end a line, or look like another. At most [`Foreign::MAX`] characters: what is longer ends in `...`.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Foreign(String);

impl Foreign {
    /// The most characters.
    pub const MAX: usize = 1024;

    /// These bytes, made visible.
    pub fn of(bytes: impl IntoIterator<Item = u8>) -> Self {
        let mut text = String::new();
        for byte in bytes {
            let start = text.len();
            match byte {
                b'\\' => text.push_str("\\092"),
                b' '..=b'~' => text.push(char::from(byte)),
                // a text takes all that is written to it
                other => {
                    let _ = write!(text, "\\{other:03}");
                }
            }
            if text.len() > Self::MAX - 3 {
                text.truncate(start);
                text.push_str("...");
                break;
            }
        }
        Self(text)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Foreign {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.len() > Self::MAX || !text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            return Err(D::Error::custom("a foreign text is visible ASCII of 1024 characters at most"));
        }
        Ok(Self(text))
    }
}
