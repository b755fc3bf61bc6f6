//! Where a rule leads what a [`PathPattern`](crate::PathPattern) stands for.

use crate::NameError;
use crate::error::quoted;
use crate::site_path::{is_hidden, is_own, is_plain};
use crate::text::{text_inner, text_value};
use crate::url::WebUrl;

/// The longest, in bytes: one word of nginx's configuration holds 4096.
const LONGEST: usize = 1000;

/// A path within the site, with what the wildcards stood for: `/index.php?page=$1`.
///
/// A path as a [`SitePath`](crate::SitePath) is written, with `$1` to `$9` in it; and a query, of what may stand in one as it is, escapes,
/// and `$1` to `$9`. No other dollar sign, so no variable of the web server. nginx escapes what comes into the query.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RewriteTarget(String);

text_inner!(RewriteTarget);
text_value!(RewriteTarget, "a path within the site, such as /index.php?page=$1");

impl RewriteTarget {
    /// Refuses with `rewrite_relative`, `rewrite_too_long`, `rewrite_character`, `rewrite_segment`, `rewrite_own`, `target_capture`,
    /// and in its query as [`WebUrl::parse`] does.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let remedy = "write a path within the site, such as /index.php?page=$1";
        let refuse = |code, reason: &str| Err(NameError::new(code, reason, remedy));
        if text.len() > LONGEST {
            return refuse("rewrite_too_long", "the path is longer than 1000 bytes");
        }
        if !text.starts_with('/') {
            return refuse("rewrite_relative", "the path does not begin with a slash");
        }
        captures(text)?;
        let (path, query) = text.split_once('?').map_or((text, None), |(path, query)| (path, Some(query)));
        if let Some(bad) = path.chars().find(|c| *c != '/' && *c != '$' && !is_plain(*c)) {
            return refuse("rewrite_character", &format!("the path contains {}", quoted(bad)));
        }
        let segments = path[1..].split('/');
        let last = segments.clone().count() - 1;
        for (at, segment) in segments.enumerate() {
            let empty = segment.is_empty() && at != last;
            if empty || matches!(segment, "." | "..") || is_hidden(segment) {
                let reason = "a segment of the path is empty, or begins with a dot";
                return refuse("rewrite_segment", reason);
            }
        }
        if is_own(path) {
            return refuse(
                "rewrite_own",
                "the path is for certificate authorities and for this server itself",
            );
        }
        if let Some(query) = query {
            WebUrl::parse(&format!("https://example.com/?{}", without_captures(query)))?;
        }
        Ok(Self(text.to_owned()))
    }

    /// The highest number behind a dollar sign; 0: none.
    pub fn captures(&self) -> usize {
        captures(&self.0).unwrap_or(0)
    }
}

/// A path of the site, or a whole address, with what the wildcards stood for: `https://www.example.org/shop/$1`.
///
/// As a [`WebUrl`], with `$1` to `$9` in its path and query, and never in the name of the server; or from the first slash on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RedirectTarget(String);

text_inner!(RedirectTarget);
text_value!(RedirectTarget, "an address or a path, such as https://www.example.org/$1");

impl RedirectTarget {
    /// Refuses with `redirect_too_long`, `redirect_start`, `redirect_host`, `target_capture`, and as [`WebUrl::parse`] does.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let remedy = "write an address such as https://www.example.org/$1, or a path such as /new/$1";
        let refuse = |code, reason: &str| Err(NameError::new(code, reason, remedy));
        if text.len() > LONGEST {
            return refuse("redirect_too_long", "the address is longer than 1000 bytes");
        }
        captures(text)?;
        let plain = without_captures(text);
        if text.starts_with("//") {
            return refuse("redirect_start", "the address begins with two slashes");
        }
        if text.starts_with('/') {
            WebUrl::parse(&format!("https://example.com{plain}"))?;
            return Ok(Self(text.to_owned()));
        }
        let Some((scheme, rest)) = text.split_once("://") else {
            return refuse("redirect_start", "the address begins neither with a slash nor with https://");
        };
        let (authority, target) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        if authority.contains('$') {
            return refuse("redirect_host", "what a wildcard stood for cannot name the server");
        }
        let url = WebUrl::parse(&format!("{scheme}://{authority}{}", without_captures(target)))?;
        let slash = if target.starts_with('/') { "" } else { "/" };
        Ok(Self(format!("{}://{}{slash}{target}", url.scheme().as_str(), url.authority())))
    }

    /// The highest number behind a dollar sign; 0: none.
    pub fn captures(&self) -> usize {
        captures(&self.0).unwrap_or(0)
    }

    /// The path, where it is one of this very site.
    pub fn site_path(&self) -> Option<&str> {
        self.0.starts_with('/').then(|| self.0.split('?').next().unwrap_or_default())
    }

    /// Whether it has a query of its own.
    pub fn has_query(&self) -> bool {
        self.0.contains('?')
    }
}

/// The highest number behind a dollar sign; refuses a dollar sign without one.
fn captures(text: &str) -> Result<usize, NameError> {
    let mut highest = 0;
    for behind in text.split('$').skip(1) {
        let number = behind.chars().next().and_then(|c| c.to_digit(10)).filter(|number| *number > 0);
        let Some(number) = number else {
            let reason = "a dollar sign is not followed by the number of a wildcard";
            let remedy =
                "write $1 for what the first wildcard stood for, up to $9; other variables are not taken";
            return Err(NameError::new("target_capture", reason, remedy));
        };
        highest = highest.max(number as usize);
    }
    Ok(highest)
}

/// With a plain character in place of each capture.
fn without_captures(text: &str) -> String {
    let mut parts = text.split('$');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain.push('0');
        plain.push_str(part.get(1..).unwrap_or_default());
    }
    plain
}

#[cfg(test)]
mod tests;
