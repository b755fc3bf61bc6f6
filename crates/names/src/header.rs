//! Headers of HTTP messages.

use std::fmt;

use crate::NameError;
use crate::error::quoted;
use crate::text::{text_inner, text_value};

/// The name of a header: `X-Frame-Options`. A letter, then letters, digits and hyphens; at most 40 bytes. Kept as it was written, compared
/// without regard to case.
///
/// Safe wherever it is rendered. Forty, since nginx's table of variables has no room for a longer one, and no header that is in use has a
/// longer name.
#[derive(Debug, Clone)]
pub struct HeaderName(String);

text_inner!(HeaderName);
text_value!(HeaderName, "the name of a header");

/// What the web server says by itself, or what is a setting of its own: a rule that says it would say it twice, or break the connection.
const NOT_SET: [&str; 22] = [
    "accept-ranges",
    "connection",
    "content-encoding",
    "content-length",
    "content-range",
    "content-type",
    "date",
    "etag",
    "expires",
    "keep-alive",
    "last-modified",
    "location",
    "proxy-authenticate",
    "server",
    "set-cookie",
    "status",
    "strict-transport-security",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "www-authenticate",
];

impl HeaderName {
    /// The longest, in bytes.
    pub const MAX: usize = 40;

    /// Refuses with `header_name_empty`, `header_name_too_long`, `header_name_character`, `header_name_first`.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let remedy = "write the name of a header, such as X-Frame-Options";
        let refuse = |code, reason: &str| Err(NameError::new(code, reason, remedy));
        let Some(first) = text.chars().next() else {
            return refuse("header_name_empty", "the header's name is empty");
        };
        if text.len() > Self::MAX {
            return refuse("header_name_too_long", "the header's name is longer than 40 bytes");
        }
        if let Some(bad) = text.chars().find(|c| !c.is_ascii_alphanumeric() && *c != '-') {
            return refuse("header_name_character", &format!("the header's name contains {}", quoted(bad)));
        }
        if !first.is_ascii_alphabetic() {
            return refuse("header_name_first", "the header's name does not begin with a letter");
        }
        Ok(Self(text.to_owned()))
    }

    /// In lower case: what two names are compared by.
    pub fn lower(&self) -> String {
        self.0.to_ascii_lowercase()
    }

    /// Whether a rule may set or remove it; others are the web server's own, or have a setting of their own.
    pub fn is_free(&self) -> bool {
        let lower = self.lower();
        !NOT_SET.contains(&lower.as_str()) && !lower.starts_with("x-accel-")
    }
}

impl PartialEq for HeaderName {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for HeaderName {}

/// The value of a header: 1 to 2000 visible ASCII characters and inner spaces, without `$` and `\`.
///
/// Without `$`, which nginx has no way to write as itself, and without `\`. Quotation marks, semicolons and braces are what policies are
/// made of: whoever renders it writes one quoted word.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HeaderValue(String);

text_inner!(HeaderValue);
text_value!(HeaderValue, "the value of a header");

impl HeaderValue {
    /// The longest, in bytes: one word of nginx's configuration holds 4096, and a quotation mark takes two.
    pub const MAX: usize = 2000;

    /// Refuses with `header_value_empty`, `header_value_too_long`, `header_value_character`, `header_value_space`.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let remedy = "write visible ASCII characters, without a dollar sign and a backslash";
        let refuse = |code, reason: &str| Err(NameError::new(code, reason, remedy));
        if text.is_empty() {
            return refuse("header_value_empty", "the header's value is empty");
        }
        if text.len() > Self::MAX {
            return refuse("header_value_too_long", "the header's value is longer than 2000 bytes");
        }
        let fits = |c: &char| (c.is_ascii_graphic() || *c == ' ') && !matches!(c, '$' | '\\');
        if let Some(bad) = text.chars().find(|c| !fits(c)) {
            return refuse("header_value_character", &format!("the header's value contains {}", quoted(bad)));
        }
        if text.starts_with(' ') || text.ends_with(' ') {
            return refuse("header_value_space", "the header's value begins or ends with a space");
        }
        Ok(Self(text.to_owned()))
    }
}

/// A method that a page of another origin may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum HttpMethod {
    /// Reads.
    Get,
    /// Reads the headers alone.
    Head,
    /// Sends a form, or makes something.
    Post,
    /// Puts something in its place.
    Put,
    /// Changes a part.
    Patch,
    /// Removes.
    Delete,
    /// Asks what may be done.
    Options,
}

impl fmt::Display for HttpMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Options => "OPTIONS",
        })
    }
}

#[cfg(test)]
mod tests;
