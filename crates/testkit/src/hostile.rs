//! Hostile strings: families of payloads for every kind of field, and the tools that put them into requests.
//!
//! A hole is rarely one string. Each family here stands for a class (line ends, quoting, climbing paths, look-alike names, ...),
//! and [`for_field`] gives a field all families that could matter to it: alone, and in front of, within and behind a value that
//! would have been fine. A test takes a valid request, asks [`cases`] for every body in which one string was exchanged, sends
//! them all and holds the answers against [`Expect`]; then it searches what was written with [`Payload::leaked`].

mod config;
mod domains;
mod generic;
mod json;
mod keys;
mod paths;
mod people;
mod urls;

pub use json::{Case, cases, embed, pointer, scalar_leaves, string_leaves};

/// What a field holds, by the type that reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FieldKind {
    AccountName,
    BodySize,
    ByteSize,
    CryptHash,
    Digest,
    Domain,
    Email,
    Hostname,
    Id,
    IndexFile,
    Label,
    Listen,
    Moment,
    Password,
    PhpVersion,
    PoolName,
    RelPath,
    SshKey,
    /// A name or note for people: control characters are refused, the rest is data.
    Text,
    Token,
    /// Where a server is asked to send something.
    WebUrl,
    /// Not known: every family, and nothing expected but a proper answer.
    Any,
}

impl FieldKind {
    /// Every kind.
    pub const ALL: [Self; 22] = [
        Self::AccountName,
        Self::BodySize,
        Self::ByteSize,
        Self::CryptHash,
        Self::Digest,
        Self::Domain,
        Self::Email,
        Self::Hostname,
        Self::Id,
        Self::IndexFile,
        Self::Label,
        Self::Listen,
        Self::Moment,
        Self::Password,
        Self::PhpVersion,
        Self::PoolName,
        Self::RelPath,
        Self::SshKey,
        Self::Text,
        Self::Token,
        Self::WebUrl,
        Self::Any,
    ];

    /// A value that the field takes, in canonical form.
    pub const fn sample(self) -> &'static str {
        match self {
            Self::AccountName => "alice",
            Self::BodySize | Self::ByteSize => "64M",
            Self::CryptHash => {
                "$6$rounds=100000$abcdefgh12345678$kwg7H3zTlgCt2wZBGUVzYzDvV8GbN2v9TJYyqGgB0XmQzEYL1XrZ4cS5uPqR8o9hA7dFsJkLxCvBnMqWeRtYu1"
            }
            Self::Digest => "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            Self::Domain => "www.example.test",
            Self::Email => "alice@example.test",
            Self::Hostname => "server1.example.test",
            Self::Id => "01935b2e-7a4d-7c3e-8f10-0123456789ab",
            Self::IndexFile => "index.php",
            Self::Label => "acme",
            Self::Listen => "192.0.2.1:80",
            Self::Moment => "2026-03-01T12:00:00.000000Z",
            Self::Password => "correct horse battery",
            Self::PhpVersion => "8.4",
            Self::PoolName => "alice-8.4",
            Self::RelPath => "www/public",
            Self::SshKey => keys::SAMPLE,
            Self::Text | Self::Any => "An ordinary note",
            Self::Token => "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA",
            Self::WebUrl => "https://hooks.example.test/holdfast",
        }
    }

    /// Whether the field takes any printable text.
    const fn is_free(self) -> bool {
        matches!(self, Self::Password | Self::Text | Self::Any)
    }
}

/// What a field must do with a payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expect {
    /// Refuse it before anything is written.
    Refused,
    /// Take it and give it back in this form.
    Canonical(String),
    /// Either refuse it, or take it as mere data and give it back unchanged.
    RefusedOrKept,
}

/// What is put in the place of a string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A string.
    Text(String),
    /// Another JSON value, to confuse types.
    Json(serde_json::Value),
    /// Bytes that stand in the body as they are: what no JSON library would write.
    Raw(Vec<u8>),
    /// The value as it was, then a second member of the same object.
    Member {
        /// Its name; `None` for the name of the field itself.
        name: Option<&'static str>,
        /// Its value.
        value: serde_json::Value,
    },
}

/// One hostile (or merely unusual) value for a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payload {
    /// Family and variant, for the message of a failing test: `Z1 line feed, behind`.
    pub id: String,
    /// The value.
    pub value: Value,
    /// What the field must do.
    pub expect: Expect,
}

impl Payload {
    fn text(id: impl Into<String>, text: impl Into<String>) -> Self {
        Self { id: id.into(), value: Value::Text(text.into()), expect: Expect::Refused }
    }

    fn canonical(id: impl Into<String>, text: impl Into<String>, form: impl Into<String>) -> Self {
        Self { id: id.into(), value: Value::Text(text.into()), expect: Expect::Canonical(form.into()) }
    }

    /// The text, if the payload is one.
    pub fn as_text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The text as one segment of a URL's path or a value of its query; nothing for other payloads.
    pub fn percent_encoded(&self) -> Option<String> {
        use std::fmt::Write;
        let text = self.as_text()?;
        let mut out = String::with_capacity(text.len());
        for byte in text.bytes() {
            if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'~') {
                out.push(char::from(byte));
            } else {
                // writing to a string cannot fail; a dot is encoded as well, so that clients do not resolve `..`
                let _ = write!(out, "%{byte:02X}");
            }
        }
        Some(out)
    }

    /// Whether the payload stands as it is in something that was written: a file, a row, a line of a log.
    ///
    /// Short and plain texts say nothing (a log may well contain `-`); they never count.
    pub fn leaked(&self, written: &[u8]) -> bool {
        let needle = match &self.value {
            Value::Text(text) => text.as_bytes(),
            Value::Raw(bytes) => bytes,
            Value::Json(_) | Value::Member { .. } => return false,
        };
        let plain = |b: &u8| b.is_ascii_alphanumeric() || b" ._-/@".contains(b);
        needle.len() >= 4 && !needle.iter().all(plain) && written.windows(needle.len()).any(|at| at == needle)
    }
}

/// Every payload for a field of this kind.
pub fn for_field(kind: FieldKind) -> Vec<Payload> {
    let mut all = generic::around(kind);
    all.extend(generic::confused());
    all.extend(match kind {
        FieldKind::Domain => domains::all(),
        FieldKind::Hostname => domains::syntax(),
        FieldKind::AccountName | FieldKind::PoolName => people::account_names(),
        FieldKind::Email => people::addresses(),
        FieldKind::Password => people::passwords(),
        FieldKind::SshKey => keys::all(),
        FieldKind::RelPath | FieldKind::IndexFile => paths::all(),
        FieldKind::BodySize | FieldKind::ByteSize => config::sizes(kind),
        FieldKind::WebUrl => urls::all(),
        FieldKind::Any => [domains::all(), people::account_names(), keys::all(), paths::all()].concat(),
        _ => Vec::new(),
    });
    let mut lines = config::lines();
    if kind.is_free() {
        lines.iter_mut().for_each(free);
    }
    all.extend(lines);
    all.retain(|payload| payload.as_text() != Some(kind.sample()));
    if kind == FieldKind::Any {
        for payload in &mut all {
            payload.expect = Expect::RefusedOrKept;
        }
    }
    all
}

/// In a field for free text a payload is data, unless it has control characters.
fn free(payload: &mut Payload) {
    if payload.as_text().is_some_and(|text| !text.contains(char::is_control)) {
        payload.expect = Expect::RefusedOrKept;
    } else {
        payload.expect = Expect::Refused;
    }
}

#[cfg(test)]
mod tests;
