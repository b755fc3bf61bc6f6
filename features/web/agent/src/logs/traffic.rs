//! What each site's visitors were sent, added up by day.
//!
//! The sums of the last minutes are in the splitter's own document, which says how far the log was read: so each line counts once, also
//! when the agent is killed. From there they are appended to a file of the day every few minutes, as one batch like any other, and a day
//! that is over is added up into one line per site.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use hostd::Host;
use names::SiteId;
use serde::{Deserialize, Serialize};

use super::{Batch, LogError, State};

/// Where the files of the days lie.
const DIR: &str = "/var/lib/holdfast-agent/traffic";
/// Days that are kept.
const KEEP: i64 = 40;
/// A day, in microseconds.
const DAY: i64 = 86_400 * 1_000_000;
/// How long sums stay in the document, in microseconds.
const PENDING: i64 = 300 * 1_000_000;
/// How many sites the document holds sums of, so that it stays small.
const MOST: usize = 500;
/// Mode and owner of the files.
const MODE: (u32, (u32, u32)) = (0o600, (0, 0));

/// Requests, and the bytes of the answers' bodies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Traffic {
    /// Requests that were answered.
    pub requests: u64,
    /// Bytes of the answers' bodies.
    pub bytes: u64,
}

impl Traffic {
    pub(super) fn add(&mut self, other: Self) {
        self.requests = self.requests.saturating_add(other.requests);
        self.bytes = self.bytes.saturating_add(other.bytes);
    }
}

/// Sums by site.
pub(super) type Sums = BTreeMap<SiteId, Traffic>;

/// Sums that are not in a file of a day yet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Pending {
    /// The day, since 1970 (UTC).
    day: i64,
    /// Since when, in microseconds since 1970 (UTC).
    since: i64,
    sites: Sums,
}

/// What a line says was sent. The log's format is ours: nginx escapes what visitors say.
#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    bytes: std::borrow::Cow<'a, str>,
}

/// The request of one line of the access log.
pub(super) fn of_line(line: &str) -> Traffic {
    let bytes = serde_json::from_str::<Line<'_>>(line).ok().and_then(|line| line.bytes.parse().ok());
    Traffic { requests: 1, bytes: bytes.unwrap_or(0) }
}

/// Adds one batch's sums to those of today. The caller saves the document.
pub(super) fn note(host: &Host, state: &mut State, sums: &Sums) {
    if sums.is_empty() {
        return;
    }
    let now = host.now().as_micros();
    if state.traffic.sites.is_empty() {
        (state.traffic.day, state.traffic.since) = (now / DAY, now);
    }
    for (site, traffic) in sums {
        state.traffic.sites.entry(*site).or_default().add(*traffic);
    }
}

/// Moves the sums to the file of their day, where they are many, old, or of a day that is over.
pub(super) fn settle(host: &Host, state: &mut State) -> Result<(), LogError> {
    let now = host.now().as_micros();
    let Pending { day, since, sites } = &state.traffic;
    let due = sites.len() > MOST || now - since >= PENDING || *day != now / DAY;
    if sites.is_empty() || !due {
        return Ok(());
    }
    host.files().ensure_dirs(DIR, 0o700, (0, 0))?;
    let path = format!("{DIR}/{day}.log");
    let text = lines(sites);
    let size = host.files().stat(&path)?.map_or(0, |meta| meta.size);
    state.batch = Some(Batch { sizes: BTreeMap::from([(path.clone(), size)]) });
    state.save(host)?;
    host.files().append_log(&path, text.as_bytes(), MODE.0, MODE.1)?;
    state.batch = None;
    state.traffic = Pending::default();
    state.save(host)
}

/// Adds up the days that are over, and forgets those that are long over.
pub(super) fn daily(host: &Host) -> Result<(), LogError> {
    let today = host.now().as_micros() / DAY;
    if host.files().stat(DIR)?.is_none() {
        return Ok(());
    }
    for (name, _) in host.files().list(DIR)? {
        let Some((day, kind)) = name.split_once('.') else { continue };
        let Ok(day) = day.parse::<i64>() else { continue };
        let path = format!("{DIR}/{name}");
        if day <= today - KEEP {
            host.files().remove(&path)?;
        } else if day < today && kind == "log" {
            let sums = read(host, day)?;
            host.files().write(&format!("{DIR}/{day}.sum"), lines(&sums).as_bytes(), MODE.0, MODE.1)?;
            host.files().remove(&path)?;
        }
    }
    Ok(())
}

/// The sums of a day.
pub(super) fn of_day(host: &Host, state: &State, day: i64) -> Result<Sums, LogError> {
    let mut sums = read(host, day)?;
    if state.traffic.day == day {
        for (site, traffic) in &state.traffic.sites {
            sums.entry(*site).or_default().add(*traffic);
        }
    }
    Ok(sums)
}

/// What the files of a day say: the sum, where the day was added up, and else every line.
fn read(host: &Host, day: i64) -> Result<Sums, LogError> {
    let mut sums = Sums::new();
    let text = match host.files().read_text(&format!("{DIR}/{day}.sum"))? {
        Some(text) => Some(text),
        None => host.files().read_text(&format!("{DIR}/{day}.log"))?,
    };
    for line in text.as_deref().unwrap_or_default().lines() {
        let mut words = line.split(' ');
        let site = words.next().and_then(|id| SiteId::parse(id).ok());
        let mut number = || words.next().and_then(|word| word.parse::<u64>().ok());
        if let (Some(site), Some(requests), Some(bytes)) = (site, number(), number()) {
            sums.entry(site).or_default().add(Traffic { requests, bytes });
        }
    }
    Ok(sums)
}

fn lines(sums: &Sums) -> String {
    sums.iter().fold(String::new(), |mut text, (site, Traffic { requests, bytes })| {
        let _ = writeln!(text, "{site} {requests} {bytes}");
        text
    })
}
