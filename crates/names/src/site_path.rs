//! Paths within a site, as its visitors ask for them.

use crate::NameError;
use crate::error::quoted;
use crate::text::{text_inner, text_value};

/// An absolute path of plain segments within a site: `/errors/404.html`, or `/` for the whole.
///
/// Safe wherever it is rendered: segments of letters, digits and `.`, `_`, `-`, `~`, `+`, `@`, `,`, `=`, none of them hidden (a dot in
/// front) but `.well-known`; so it cannot climb, and is one plain word. A slash at the end is dropped: it is the same place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SitePath(String);

text_inner!(SitePath);
text_value!(SitePath, "a path within the site");

/// What certificate authorities ask for, and this server itself: no rule reaches it.
const OWN: [&str; 2] = ["/.well-known/acme-challenge", "/.well-known/holdfast"];

/// Whether a path is, or lies below, one that is no site's.
pub(crate) fn is_own(path: &str) -> bool {
    OWN.iter().any(|own| path.strip_prefix(own).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
}

/// Whether a segment is hidden: nothing is served there.
pub(crate) fn is_hidden(segment: &str) -> bool {
    segment.starts_with('.') && segment != ".well-known"
}

/// The characters of a segment that need no escape anywhere.
pub(crate) fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "._-~+@,=".contains(c)
}

impl SitePath {
    /// The longest, in bytes.
    pub const MAX: usize = 255;

    /// Refuses with `site_path_relative`, `site_path_too_long`, `site_path_character`, `site_path_segment`, `site_path_hidden`,
    /// `site_path_own`.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let remedy = "write a path that begins with a slash, such as /errors/404.html";
        let refuse = |code, reason: &str| Err(NameError::new(code, reason, remedy));
        if text.len() > Self::MAX {
            return refuse("site_path_too_long", "the path is longer than 255 bytes");
        }
        let Some(rest) = text.strip_prefix('/') else {
            return refuse("site_path_relative", "the path does not begin with a slash");
        };
        if rest.is_empty() {
            return Ok(Self("/".to_owned()));
        }
        if let Some(bad) = rest.chars().find(|c| *c != '/' && !is_plain(*c)) {
            return refuse("site_path_character", &format!("the path contains {}", quoted(bad)));
        }
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        for segment in rest.split('/') {
            if matches!(segment, "" | "." | "..") {
                return refuse("site_path_segment", "the path has an empty segment, or one that is . or ..");
            }
            if is_hidden(segment) {
                return refuse("site_path_hidden", "a segment begins with a dot: nothing is served there");
            }
        }
        if is_own(text) {
            return refuse(
                "site_path_own",
                "the path is for certificate authorities and for this server itself",
            );
        }
        Ok(Self(format!("/{rest}")))
    }

    /// The whole site.
    pub fn is_root(&self) -> bool {
        self.0 == "/"
    }
}

/// What a file's name ends with, without the dot: `jpg`, `tar.gz`. Lower case; matched without regard to case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileEnding(String);

text_inner!(FileEnding);
text_value!(FileEnding, "an ending of a file's name");

impl FileEnding {
    /// Refuses with `file_ending`.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let part = |part: &str| {
            (1..=8).contains(&part.len())
                && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        };
        if text.split('.').count() <= 2 && text.split('.').all(part) {
            return Ok(Self(text.to_owned()));
        }
        let reason = "this is no ending of a file's name";
        let remedy =
            "write up to eight lower-case letters and digits without the dot in front, such as jpg or tar.gz";
        Err(NameError::new("file_ending", reason, remedy))
    }
}

#[cfg(test)]
mod tests;
