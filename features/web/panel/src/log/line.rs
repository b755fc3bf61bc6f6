//! One line, taken apart.

use std::borrow::Cow;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;
use names::{Micros, NameError};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web_spec::LogKind;
use web_spec::log::write_plain;

/// A text of more bytes is cut when it is shown.
const LONGEST_TEXT: usize = 2048;
/// The words by which nginx says how bad it is.
const LEVELS: [&str; 8] = ["emerg", "alert", "crit", "error", "warn", "notice", "info", "debug"];

/// A line of a site's log. What its sort of log does not tell, or the visitor did not send, is null. Control characters and what turns text
/// around are written as numbers, such as `\u001b`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LogLine {
    /// Its place, which stays its own.
    pub id: String,
    /// When the answer was sent, or the error happened.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub time: Option<Micros>,
    /// The visitor's address.
    pub client: Option<String>,
    /// The name that was asked for.
    pub host: Option<String>,
    /// `GET`, `POST` and so on.
    pub method: Option<String>,
    /// What was asked for, with its query.
    pub uri: Option<String>,
    /// The version of HTTP.
    pub protocol: Option<String>,
    /// The answer's status.
    pub status: Option<u16>,
    /// Bytes of the answer's body.
    pub bytes: Option<u64>,
    /// How long the answer took, in seconds.
    pub seconds: Option<f64>,
    /// The page that the visitor says it came from.
    pub referrer: Option<String>,
    /// The program that the visitor says it is.
    pub agent: Option<String>,
    /// Of an error: how bad it is, such as `error` or `warn`.
    pub level: Option<String>,
    /// Of an error: what happened.
    pub message: Option<String>,
    /// The whole line, where it cannot be taken apart.
    pub raw: Option<String>,
    /// A text of it was cut, since it was very long.
    pub cut: bool,
}

/// What the log's format says: all of it texts, which nginx escapes.
#[derive(Deserialize)]
struct Written<'a> {
    #[serde(borrow)]
    time: Cow<'a, str>,
    #[serde(borrow)]
    client: Cow<'a, str>,
    #[serde(borrow, default)]
    host: Cow<'a, str>,
    #[serde(borrow, default)]
    method: Cow<'a, str>,
    #[serde(borrow, default)]
    uri: Cow<'a, str>,
    #[serde(borrow, default)]
    protocol: Cow<'a, str>,
    #[serde(borrow, default)]
    status: Cow<'a, str>,
    #[serde(borrow, default)]
    bytes: Cow<'a, str>,
    #[serde(borrow, default)]
    seconds: Cow<'a, str>,
    #[serde(borrow, default)]
    referrer: Cow<'a, str>,
    #[serde(borrow, default)]
    agent: Cow<'a, str>,
}

fn plain(text: &str) -> Option<String> {
    if text.is_empty() {
        return None;
    }
    let mut plain = String::with_capacity(text.len());
    write_plain(text, &mut plain);
    Some(plain)
}

impl LogLine {
    /// Takes a line apart; `utc_offset` is that of the server that wrote it, in seconds.
    pub(crate) fn of(kind: LogKind, line: &[u8], utc_offset: i32) -> Self {
        let text = String::from_utf8_lossy(line);
        let parsed = match kind {
            LogKind::Access => access(&text),
            LogKind::Error => error(&text, utc_offset),
        };
        parsed.unwrap_or_else(|| Self { raw: Some(plain(&text).unwrap_or_default()), ..Self::default() })
    }

    fn texts(&mut self) -> [&mut Option<String>; 10] {
        [
            &mut self.client,
            &mut self.host,
            &mut self.method,
            &mut self.uri,
            &mut self.protocol,
            &mut self.referrer,
            &mut self.agent,
            &mut self.level,
            &mut self.message,
            &mut self.raw,
        ]
    }

    /// Cuts what is too long to be shown; answers how many bytes of text are left.
    pub(crate) fn shorten(&mut self) -> usize {
        let (mut cut, mut size) = (false, 0);
        for text in self.texts().into_iter().flatten() {
            if text.len() > LONGEST_TEXT {
                text.truncate(text.floor_char_boundary(LONGEST_TEXT));
                cut = true;
            }
            size += text.len();
        }
        self.cut |= cut;
        size
    }
}

fn access(text: &str) -> Option<LogLine> {
    let written: Written<'_> = serde_json::from_str(text).ok()?;
    let time: Timestamp = written.time.parse().ok()?;
    let seconds: Option<f64> = written.seconds.parse().ok();
    Some(LogLine {
        time: Micros::new(time.as_microsecond()).ok(),
        client: plain(&written.client),
        host: plain(&written.host),
        method: plain(&written.method),
        uri: plain(&written.uri),
        protocol: plain(&written.protocol),
        status: written.status.parse().ok(),
        bytes: written.bytes.parse().ok(),
        seconds: seconds.filter(|seconds| seconds.is_finite()),
        referrer: plain(&written.referrer),
        agent: plain(&written.agent),
        ..LogLine::default()
    })
}

/// `2026/11/26 10:00:00 [error] 123#123: *1 what happened`, by the server's own time.
fn error(text: &str, utc_offset: i32) -> Option<LogLine> {
    let (time, rest) = text.split_at_checked(19)?;
    let time = DateTime::strptime("%Y/%m/%d %H:%M:%S", time).ok()?;
    let time = Offset::from_seconds(utc_offset).ok()?.to_timestamp(time).ok()?;
    let (level, rest) = rest.strip_prefix(" [")?.split_once("] ")?;
    if !LEVELS.contains(&level) {
        return None;
    }
    Some(LogLine {
        time: Micros::new(time.as_microsecond()).ok(),
        level: Some(level.to_owned()),
        message: plain(without_numbers(rest)),
        ..LogLine::default()
    })
}

/// Without the numbers of the process, the thread and the connection, which say nothing to a site's owner.
fn without_numbers(text: &str) -> &str {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let Some((numbers, rest)) = text.split_once(": ") else { return text };
    let Some((process, thread)) = numbers.split_once('#') else { return text };
    if !is_number(process) || !is_number(thread) {
        return text;
    }
    match rest.strip_prefix('*').and_then(|rest| rest.split_once(' ')) {
        Some((connection, words)) if is_number(connection) => words,
        _ => rest,
    }
}

/// A status, or a hundred of them: `404`, `5xx`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusFilter {
    /// One.
    Is(u16),
    /// All that begin with this digit.
    Class(u16),
}

impl FromStr for StatusFilter {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let number =
            |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten();
        let found = match text.strip_suffix("xx") {
            Some(digit) => number(digit).filter(|digit| (1..=5).contains(digit)).map(Self::Class),
            None => number(text).filter(|status| (100..=599).contains(status)).map(Self::Is),
        };
        let refused =
            || NameError::new("bad_status", "this is no status of HTTP", "send one such as 404, or 5xx");
        found.ok_or_else(refused)
    }
}

/// Which lines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Those with this in one of their texts, whether its letters of ASCII are large or small.
    pub search: Option<String>,
    /// Those that were answered so.
    pub status: Option<StatusFilter>,
}

impl Filter {
    pub(crate) fn takes(&self, line: &mut LogLine) -> bool {
        let status = match self.status {
            None => true,
            Some(StatusFilter::Is(status)) => line.status == Some(status),
            Some(StatusFilter::Class(digit)) => line.status.is_some_and(|status| status / 100 == digit),
        };
        let Some(search) = self.search.as_deref().filter(|_| status) else { return status };
        line.texts().into_iter().flatten().any(|text| contains(text.as_bytes(), search.as_bytes()))
    }
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.len() >= part.len() && text.windows(part.len().max(1)).any(|at| at.eq_ignore_ascii_case(part))
}
