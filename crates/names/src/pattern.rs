//! Which paths of a site a rule is about.

use crate::NameError;
use crate::error::quoted;
use crate::site_path::is_plain;
use crate::text::{text_inner, text_value};

/// A path with wildcards: `/blog/*/feed`, `/old/**`.
///
/// A path begins with a slash; its segments are written as in an address: letters, digits, `.`, `_`, `-`, `~`, `+`, `@`, `,`, `=`, and
/// everything else as escapes (`%C3%A4`), in upper case. `*` stands for any characters within one segment, at most once in each; `**`
/// is a segment of its own and stands for any number of segments, at most once. What they stood for is `$1`, `$2` and so on, in their order;
/// there are nine at most. A slash at the end is dropped: it does not count.
///
/// There is no other sign, no repetition and no choice; one `*` in a segment and one `**` in all keep what must be tried proportional to the
/// length of the path that is looked at, so that no path makes it long.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PathPattern(String);

text_inner!(PathPattern);
text_value!(PathPattern, "a path with wildcards");

const REMEDY: &str =
    "write a path such as /blog/*/feed or /old/**, and other characters as in an address (%20)";

/// A part of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PatternPart {
    /// These bytes. A slash stands before the first part of each segment but `**`.
    Literal(Vec<u8>),
    /// Any characters but a slash.
    Some,
    /// Any number of segments, with the slash before them.
    Many,
}

impl PathPattern {
    /// The longest, in bytes.
    pub const MAX: usize = 255;
    /// The most wildcards.
    pub const WILDCARDS: usize = 9;

    /// Refuses with `pattern_relative`, `pattern_too_long`, `pattern_character`, `pattern_escape`, `pattern_segment`, `pattern_wildcard`.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let refuse = |code, reason: &str| Err(NameError::new(code, reason, REMEDY));
        if text.len() > Self::MAX {
            return refuse("pattern_too_long", "the path is longer than 255 bytes");
        }
        let Some(rest) = text.strip_prefix('/') else {
            return refuse("pattern_relative", "the path does not begin with a slash");
        };
        if rest.is_empty() {
            return Ok(Self("/".to_owned()));
        }
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        for segment in rest.split('/') {
            if matches!(segment, "" | "." | "..") {
                return refuse("pattern_segment", "the path has an empty segment, or one that is . or ..");
            }
            if segment != "**" && segment.matches('*').count() > 1 {
                let reason = "a segment has more than one *, or ** is not a segment of its own";
                return refuse("pattern_wildcard", reason);
            }
            check_segment(segment)?;
        }
        let pattern = Self(format!("/{rest}"));
        if rest.split('/').filter(|segment| *segment == "**").count() > 1 {
            return refuse("pattern_wildcard", "the path has more than one **");
        }
        if pattern.wildcards() > Self::WILDCARDS {
            return refuse("pattern_wildcard", "the path has more than nine wildcards");
        }
        Ok(pattern)
    }

    fn segments(&self) -> impl Iterator<Item = &str> {
        self.0[1..].split('/').filter(|segment| !segment.is_empty())
    }

    /// How many wildcards it has: so many captures there are.
    pub fn wildcards(&self) -> usize {
        self.segments().filter(|segment| segment.contains('*')).count()
    }

    /// Its parts, in order; none for `/`.
    pub fn parts(&self) -> Vec<PatternPart> {
        let mut parts = Vec::new();
        for segment in self.segments() {
            if segment == "**" {
                parts.push(PatternPart::Many);
                continue;
            }
            let slash = |bytes: Vec<u8>| PatternPart::Literal([vec![b'/'], bytes].concat());
            match segment.split_once('*') {
                None => parts.push(slash(unescaped(segment))),
                Some((before, after)) => {
                    parts.extend([slash(unescaped(before)), PatternPart::Some]);
                    if !after.is_empty() {
                        parts.push(PatternPart::Literal(unescaped(after)));
                    }
                }
            }
        }
        parts
    }

    /// Whether it, and all that lies below what it stands for, is everything.
    pub fn is_everything(&self) -> bool {
        matches!(self.0.as_str(), "/" | "/**")
    }

    /// Whether it stands for this path, which is written as a pattern without wildcards is.
    pub fn matches(&self, path: &str) -> bool {
        let path = path.strip_suffix('/').unwrap_or(path);
        let path: Vec<&str> = path.split('/').skip(1).collect();
        matches(&self.segments().collect::<Vec<_>>(), &path)
    }
}

fn matches(pattern: &[&str], path: &[&str]) -> bool {
    match pattern.split_first() {
        None => path.is_empty(),
        Some((&"**", rest)) => (0..=path.len()).any(|skipped| matches(rest, &path[skipped..])),
        Some((first, rest)) => path.split_first().is_some_and(|(there, below)| {
            let fits = match first.split_once('*') {
                None => first == there,
                Some((before, after)) => {
                    there.len() >= before.len() + after.len()
                        && there.starts_with(before)
                        && there.ends_with(after)
                }
            };
            fits && matches(rest, below)
        }),
    }
}

fn check_segment(segment: &str) -> Result<(), NameError> {
    let mut rest = segment.chars();
    while let Some(c) = rest.next() {
        if c == '%' {
            escape(&mut rest).ok_or_else(|| {
                let reason = "the path contains a percent sign that is no escape, or an escape of a character that needs none or is not allowed";
                let remedy = "write two upper-case hexadecimal digits, of nothing but what must be escaped";
                NameError::new("pattern_escape", reason, remedy)
            })?;
        } else if c != '*' && !is_plain(c) {
            let reason = format!("the path contains {}", quoted(c));
            return Err(NameError::new("pattern_character", reason, REMEDY));
        }
    }
    Ok(())
}

/// The byte of an escape, without its percent sign: one that cannot be written plainly, and is no slash and no control character.
fn escape(rest: &mut std::str::Chars<'_>) -> Option<u8> {
    let mut digit = || rest.next().filter(|c| !c.is_ascii_lowercase()).and_then(|c| c.to_digit(16));
    let byte = u8::try_from(digit()? * 16 + digit()?).ok()?;
    let plain = byte.is_ascii() && (is_plain(char::from(byte)) || byte == b'/');
    (!plain && !byte.is_ascii_control()).then_some(byte)
}

/// The bytes that a segment stands for.
fn unescaped(segment: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.chars();
    while let Some(c) = rest.next() {
        match c {
            '%' => bytes.extend(escape(&mut rest)),
            // a segment is ASCII
            c => bytes.extend(u8::try_from(c)),
        }
    }
    bytes
}

#[cfg(test)]
mod tests;
