//! A site's logs: the agent opens the files and passes the descriptors on; whoever asked reads them.

use std::fmt;
use std::fmt::Write as _;

use names::SiteId;
use serde::{Deserialize, Serialize};
use wire::{Access, Method};

/// Which of a site's two logs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogKind {
    /// Requests, one JSON object in each line.
    #[default]
    Access,
    /// The web server's own words.
    Error,
}

impl LogKind {
    /// The word: `access` or `error`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Error => "error",
        }
    }

    /// The name of the file that is being written to.
    pub const fn file(self) -> &'static str {
        match self {
            Self::Access => "access.log",
            Self::Error => "error.log",
        }
    }
}

impl fmt::Display for LogKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Opens the files of a site's log, the newest first: the one that is written to has the number 0, the ones before it 1 and so on. The
/// descriptors come in the order of the reply's files. No path is asked for, and none is answered: the agent makes it of the id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenSiteLogs {
    /// Which site.
    pub site: SiteId,
    /// Which log.
    pub log: LogKind,
    /// Files from this number on.
    #[serde(default)]
    pub first: u8,
    /// What the web server wrote a moment ago is to be in them: the agent passes it on now, and not at its next turn. It does so once a
    /// second at most, however many ask.
    #[serde(default)]
    pub fresh: bool,
}

impl OpenSiteLogs {
    /// Files in one answer: as many as descriptors cross the socket at once.
    pub const PAGE: usize = wire::MAX_FDS;
    /// The highest number that a file has.
    pub const LAST: u8 = 7;
}

/// One file of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteLogFile {
    /// 0: it is being written to; the higher, the older.
    pub number: u8,
    /// Its length in bytes, when it was opened.
    pub size: u64,
    /// When something was last written to it, in microseconds since 1970 (UTC).
    pub modified_at: i64,
}

/// The reply of [`OpenSiteLogs`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteLogFiles {
    /// The files, the newest first. A site without visitors has none.
    pub files: Vec<SiteLogFile>,
    /// From where on to ask for more; none: there is nothing older.
    #[serde(default)]
    pub next: Option<u8>,
    /// How far the server's own time is ahead of UTC, in seconds: the error log tells times so.
    #[serde(default)]
    pub utc_offset: i32,
}

impl Method for OpenSiteLogs {
    const NAME: &'static str = "holdfast.web1.OpenSiteLogs";
    const ACCESS: Access = Access::Read;
    type Reply = SiteLogFiles;
}

/// Writes down what a visitor or a program said, without anything that acts on a terminal or turns text around: such a character is written
/// as its number.
pub fn write_plain(text: &str, into: &mut String) {
    for c in text.chars() {
        let turns = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if c.is_control() || turns || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}') {
            // Writing to a string cannot fail.
            let _ = write!(into, "\\u{:04x}", u32::from(c));
        } else {
            into.push(c);
        }
    }
}
