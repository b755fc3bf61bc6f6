//! A path below an account's home.

use crate::NameError;
use crate::error::quoted;
use crate::text::{text_inner, text_value};

/// A relative path of plain segments, such as `www/public`.
///
/// Safe wherever it is rendered: segments of letters, digits, `.`, `_` and `-`, none of them `.` or `..` or with a dash in
/// front, joined by single slashes. So it cannot climb, cannot be an option, needs no quoting in nginx, ini files, systemd units
/// (no `%`, no space), `sshd_config` (no `%`) and JSON. That a segment may be a link is the business of whoever opens it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RelPath(String);

text_inner!(RelPath);
text_value!(RelPath, "a relative path");

impl RelPath {
    /// The longest path, in bytes.
    pub const MAX: usize = 255;
    /// The most segments.
    pub const MAX_DEPTH: usize = 8;
    /// The longest segment, in bytes.
    pub const MAX_SEGMENT: usize = 64;

    /// Refuses with `path_empty`, `path_too_long`, `path_absolute`, `path_character`, `path_segment_empty`, `path_climbs`,
    /// `path_segment_dash`, `path_segment_too_long`, `path_too_deep`.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let remedy = "write a path below the home, such as www/public";
        let refuse = |code, reason: &str| Err(NameError::new(code, reason, remedy));
        if text.is_empty() {
            return refuse("path_empty", "the path is empty");
        }
        if text.len() > Self::MAX {
            return refuse("path_too_long", "the path is longer than 255 bytes");
        }
        if text.starts_with('/') {
            return refuse("path_absolute", "the path begins with a slash");
        }
        if let Some(bad) = text.chars().find(|&c| c != '/' && !segment_char(c)) {
            return refuse("path_character", &format!("the path contains {}", quoted(bad)));
        }
        for segment in text.split('/') {
            match segment {
                "" => {
                    return refuse(
                        "path_segment_empty",
                        "the path has an empty segment or a slash at its end",
                    );
                }
                "." | ".." => return refuse("path_climbs", "the path has a segment . or .."),
                s if s.starts_with('-') => {
                    return refuse("path_segment_dash", "a segment begins with a dash");
                }
                s if s.len() > Self::MAX_SEGMENT => {
                    return refuse("path_segment_too_long", "a segment is longer than 64 bytes");
                }
                _ => {}
            }
        }
        if text.split('/').count() > Self::MAX_DEPTH {
            return refuse("path_too_deep", "the path has more than 8 segments");
        }
        Ok(Self(text.to_owned()))
    }

    /// The segments from the home downwards; at least one.
    pub fn segments(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.split('/')
    }

    /// Whether this path lies below `other` or is the same.
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.strip_prefix(other.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

/// The characters of a file's name here.
pub(crate) fn segment_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')
}

#[cfg(test)]
mod tests;
