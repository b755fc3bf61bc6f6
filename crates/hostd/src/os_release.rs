//! Which distribution this is, by os-release(5).

use std::collections::HashMap;

/// The fields of `os-release` that we use.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OsRelease {
    /// `ID`, such as `debian`.
    pub id: String,
    /// `VERSION_ID`, such as `13`.
    pub version_id: String,
    /// `PRETTY_NAME`, for people.
    pub pretty_name: String,
}

impl OsRelease {
    /// Parses the file. Lines that are no assignment are left out; a field that is missing is empty.
    pub fn parse(text: &str) -> Self {
        let mut fields: HashMap<&str, String> = HashMap::new();
        for line in text.lines() {
            let line = line.trim();
            if line.starts_with('#') {
                continue;
            }
            if let Some((key, value)) = line.split_once('=') {
                fields.insert(key, unquote(value));
            }
        }
        let mut take = |key| fields.remove(key).unwrap_or_default();
        Self { id: take("ID"), version_id: take("VERSION_ID"), pretty_name: take("PRETTY_NAME") }
    }
}

/// Takes the quotes off, and the backslashes inside double quotes.
fn unquote(value: &str) -> String {
    if let Some(inner) = value.strip_prefix('\'').and_then(|v| v.strip_suffix('\'')) {
        return inner.to_owned();
    }
    let Some(inner) = value.strip_prefix('"').and_then(|v| v.strip_suffix('"')) else {
        return value.to_owned();
    };
    let mut out = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        if c == '\\' {
            out.extend(chars.next());
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests;
