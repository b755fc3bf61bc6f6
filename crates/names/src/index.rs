//! Which files answer for a folder, in order.

use std::fmt;

use serde::de::Error;

use crate::NameError;
use crate::error::quoted;
use crate::path::segment_char;
use crate::text::{text_inner, text_value};

/// The name of an index file, such as `index.php`.
///
/// Safe wherever it is rendered: up to 64 letters, digits, `.`, `_` and `-`, beginning with a letter or digit. nginx takes it as
/// one word of its `index` directive; it has no slash, no `$`, and is no hidden file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IndexFile(String);

text_inner!(IndexFile);
text_value!(IndexFile, "an index file's name");

impl IndexFile {
    /// Refuses with `index_file_empty`, `index_file_too_long`, `index_file_character`, `index_file_first`.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let remedy = "write a file name such as index.php";
        let Some(first) = text.chars().next() else {
            return Err(NameError::new("index_file_empty", "the file name is empty", remedy));
        };
        if text.len() > 64 {
            return Err(NameError::new(
                "index_file_too_long",
                "the file name is longer than 64 bytes",
                remedy,
            ));
        }
        if let Some(bad) = text.chars().find(|&c| !segment_char(c)) {
            let reason = format!("the file name contains {}", quoted(bad));
            return Err(NameError::new("index_file_character", reason, remedy));
        }
        if !first.is_ascii_alphanumeric() {
            let reason = "the file name begins with a sign and not with a letter or digit";
            return Err(NameError::new("index_file_first", reason, remedy));
        }
        Ok(Self(text.to_owned()))
    }
}

/// One to eight different index files, the first found wins. In JSON a list; as text words with one space between.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct IndexOrder(Vec<IndexFile>);

impl IndexOrder {
    /// The most files.
    pub const MAX: usize = 8;

    /// Refuses with `index_order_empty`, `index_order_too_long`, `index_order_twice`.
    pub fn new(files: Vec<IndexFile>) -> Result<Self, NameError> {
        let remedy = "name one to eight different files";
        if files.is_empty() {
            return Err(NameError::new("index_order_empty", "the list of index files is empty", remedy));
        }
        if files.len() > Self::MAX {
            return Err(NameError::new(
                "index_order_too_long",
                "there are more than eight index files",
                remedy,
            ));
        }
        if files.iter().enumerate().any(|(i, file)| files[..i].contains(file)) {
            return Err(NameError::new("index_order_twice", "an index file is named twice", remedy));
        }
        Ok(Self(files))
    }

    /// Reads words with one space between; refuses as [`IndexFile::parse`] and [`IndexOrder::new`] do.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        if text.len() > Self::MAX * 65 {
            return Err(NameError::new(
                "index_order_too_long",
                "the list is too long",
                "name one to eight files",
            ));
        }
        if text.is_empty() {
            return Self::new(Vec::new());
        }
        Self::new(text.split(' ').map(IndexFile::parse).collect::<Result<_, _>>()?)
    }

    /// The files, most wanted first.
    pub fn files(&self) -> &[IndexFile] {
        &self.0
    }
}

/// `index.php index.html`
impl Default for IndexOrder {
    fn default() -> Self {
        Self(vec![IndexFile("index.php".to_owned()), IndexFile("index.html".to_owned())])
    }
}

impl fmt::Display for IndexOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, file) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(" ")?;
            }
            f.write_str(file.as_str())?;
        }
        Ok(())
    }
}

impl std::str::FromStr for IndexOrder {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::parse(text)
    }
}

impl<'de> serde::Deserialize<'de> for IndexOrder {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(Vec::deserialize(deserializer)?).map_err(|e| D::Error::custom(e.tagged()))
    }
}

#[cfg(test)]
mod tests;
