//! Splitting nginx's two logs into each site's own.
//!
//! nginx's master opens one access log and one error log (a worker could not open a log whose path is a variable). The
//! agent reads them and adds each line to its site's log, which root alone writes; lines of nobody go to a log beside
//! nginx's.
//!
//! Each line arrives exactly once, also when the agent is killed at any moment: before a batch is written, a document
//! notes where it begins and how long each file was; after a crash the files are cut back to that and the batch is
//! done again. Control characters are written as numbers: a log is data.

use std::collections::{BTreeMap, HashMap};
use std::io::{Read, Seek, SeekFrom};
use std::sync::{Arc, Mutex, PoisonError, TryLockError};

use hostd::{Host, HostError};
use names::SiteId;
use serde::{Deserialize, Serialize};

use crate::committer::Committer;
use crate::layout::{NGINX_LOGS, site_logs};

mod lines;
mod open;
mod rotate;
mod traffic;

use lines::{Named, Source, clean, named};
use traffic::{Pending, Sums};

pub use open::{OpenLog, open};
pub use traffic::Traffic;

/// Where the document lies.
const STATE: &str = "/var/lib/holdfast-agent/logs.json";

/// How much is read at once, in bytes. A line that is longer is cut into pieces of this length.
const CHUNK: u64 = 1024 * 1024;

/// How many batches one call does at most, so that it ends.
const BATCHES: usize = 64;

/// What was passed on so lately is fresh, in microseconds.
const FRESH: i64 = 1_000_000;

/// Mode and owner of a split log: readers get a descriptor from the agent.
const LOG: (u32, (u32, u32)) = (0o640, (0, 0));

/// What one call did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Split {
    /// Lines that were passed on.
    pub lines: u64,
    /// There is more to do at once.
    pub more: bool,
}

/// The splitting could not go on; the next call begins where this one stopped.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The host.
    #[error(transparent)]
    Host(#[from] HostError),
    /// A log could not be read.
    #[error("read {path}")]
    Read {
        /// Which.
        path: String,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// The document is not as we write it.
    #[error("{STATE}: {0}")]
    State(String),
}

/// See the module.
pub struct LogSplitter {
    committer: Arc<Committer>,
    held: Mutex<Held>,
}

/// What the splitter holds between two calls.
#[derive(Debug, Default)]
struct Held {
    /// None until it was read.
    state: Option<State>,
    /// When it last looked, in microseconds since 1970 (UTC).
    looked: Option<i64>,
}

/// What must be known after a crash.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    /// The document's version: 1.
    version: u32,
    access: Progress,
    error: Progress,
    /// The batch that is being written.
    batch: Option<Batch>,
    /// The day (since 1970) on which the sites' logs were last rotated.
    day: i64,
    /// What the sites' visitors were sent in the last minutes.
    #[serde(default)]
    traffic: Pending,
}

/// How far a log was read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Progress {
    /// Device and inode of the file; none before it was seen.
    file: Option<(u64, u64)>,
    /// Bytes that were passed on.
    offset: u64,
    /// The file before it, renamed, to which nginx may still write.
    old: Option<Old>,
    /// When it was last rotated, in microseconds since 1970 (UTC).
    rotated: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Old {
    file: (u64, u64),
    offset: u64,
    /// Since when nginx should write to the new one, in microseconds since 1970 (UTC).
    since: i64,
}

/// How long each file was before the batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Batch {
    sizes: BTreeMap<String, u64>,
}

impl State {
    fn progress(&mut self, source: Source) -> &mut Progress {
        match source {
            Source::Access => &mut self.access,
            Source::Error => &mut self.error,
        }
    }

    fn load(host: &Host) -> Result<Self, LogError> {
        let Some(text) = host.files().read_text(STATE)? else {
            return Ok(Self { version: 1, ..Self::default() });
        };
        serde_json::from_str(&text).map_err(|e| LogError::State(e.to_string()))
    }

    fn save(&self, host: &Host) -> Result<(), LogError> {
        let text = serde_json::to_string(self).map_err(|e| LogError::State(e.to_string()))?;
        Ok(host.files().write(STATE, text.as_bytes(), 0o600, (0, 0))?)
    }
}

fn path_of(source: Source) -> String {
    format!("{NGINX_LOGS}/{}", source.file())
}

fn old_path(source: Source) -> String {
    format!("{NGINX_LOGS}/{}.old", source.file())
}

fn nobodys(source: Source) -> String {
    format!("{NGINX_LOGS}/unknown-{}", source.file())
}

impl LogSplitter {
    /// A splitter that asks the committer which site a name leads to.
    pub fn new(committer: Arc<Committer>) -> Self {
        Self { committer, held: Mutex::default() }
    }

    /// Passes on what nginx wrote since the last call, and rotates what is large or old. Called every few seconds; writes
    /// nothing where nothing happened.
    pub fn tick(&self, host: &Host) -> Result<Split, LogError> {
        self.look(host, &mut self.held.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// As [`LogSplitter::tick`], for somebody who looks at a log now: does nothing where that was done within a second, or is being done.
    pub fn freshen(&self, host: &Host) -> Result<Split, LogError> {
        let mut held = match self.held.try_lock() {
            Ok(held) => held,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return Ok(Split::default()),
        };
        // a clock that was set back makes nothing fresh
        let age = held.looked.map(|looked| host.now().as_micros() - looked);
        if age.is_some_and(|age| (0..FRESH).contains(&age)) {
            return Ok(Split::default());
        }
        self.look(host, &mut held)
    }

    fn look(&self, host: &Host, held: &mut Held) -> Result<Split, LogError> {
        let mut state = match held.state.take() {
            Some(state) => state,
            None => State::load(host)?,
        };
        // left empty by an error: the document is read again
        let split = self.run(host, &mut state)?;
        *held = Held { state: Some(state), looked: Some(host.now().as_micros()) };
        Ok(split)
    }

    fn run(&self, host: &Host, state: &mut State) -> Result<Split, LogError> {
        if let Some(batch) = &state.batch {
            for (path, size) in &batch.sizes {
                host.files().cut_log(path, *size)?;
            }
            state.batch = None;
        }
        let mut split = Split::default();
        for source in Source::ALL {
            rotate::follow(host, state, source)?;
            for at in 0.. {
                if at == BATCHES {
                    split.more = true;
                    break;
                }
                match self.batch(host, state, source)? {
                    0 => break,
                    lines => split.lines += lines,
                }
            }
            rotate::rotate(host, state, source)?;
        }
        traffic::settle(host, state)?;
        rotate::daily(host, state)?;
        Ok(split)
    }

    /// Passes on the next lines of a log; answers how many.
    fn batch(&self, host: &Host, state: &mut State, source: Source) -> Result<u64, LogError> {
        let progress = state.progress(source).clone();
        let (path, offset) = match progress.old {
            Some(old) => (old_path(source), old.offset),
            None => (path_of(source), progress.offset),
        };
        let mut bytes = read_from(host, &path, offset)?;
        // the old file first, to its end; then the new one, while the old one waits for latecomers
        let (mut path, mut offset, mut of_old) = (path, offset, progress.old.is_some());
        let now = host.now().as_micros();
        // a line of the old file that was never ended: nobody will end it any more
        let stub = progress.old.is_some_and(|old| now - old.since > rotate::LATECOMERS) && !bytes.is_empty();
        if of_old && !stub && !bytes.contains(&b'\n') {
            (path, offset, of_old) = (path_of(source), progress.offset, false);
            bytes = read_from(host, &path, offset)?;
        }
        let whole = match bytes.iter().rposition(|b| *b == b'\n') {
            Some(end) => end + 1,
            None if (of_old && stub) || bytes.len() as u64 == CHUNK => bytes.len(),
            None => return Ok(0),
        };
        let Sorted { texts, lines, sums } =
            self.sort(host, source, &String::from_utf8_lossy(&bytes[..whole]))?;
        let mut sizes = BTreeMap::new();
        for path in texts.keys() {
            sizes.insert(path.clone(), host.files().stat(path)?.map_or(0, |meta| meta.size));
        }
        state.batch = Some(Batch { sizes });
        state.save(host)?;
        for (path, text) in &texts {
            host.files().append_log(path, text.as_bytes(), LOG.0, LOG.1)?;
        }
        let progress = state.progress(source);
        match &mut progress.old {
            Some(old) if of_old => old.offset = offset + whole as u64,
            _ => progress.offset = offset + whole as u64,
        }
        traffic::note(host, state, &sums);
        state.batch = None;
        state.save(host)?;
        for path in texts.keys() {
            rotate::if_large(host, path)?;
        }
        tracing::debug!(path, lines, "split");
        Ok(lines)
    }

    /// The lines by the log that they go to.
    fn sort(&self, host: &Host, source: Source, text: &str) -> Result<Sorted, LogError> {
        let mut logs: HashMap<SiteId, Option<String>> = HashMap::new();
        let (mut texts, mut sums) = (BTreeMap::<String, String>::new(), Sums::new());
        let mut count = 0;
        for line in text.split_terminator('\n') {
            count += 1;
            let site = match named(source, line) {
                Named::Site(id) => Some(id),
                // where the tree cannot be read, the line is nobody's rather than lost
                Named::Host(name) => self.committer.holder(host, &name).unwrap_or_default(),
                Named::Nobody => None,
            };
            let log = match site.map(|id| (id, logs.get(&id))) {
                None => None,
                Some((_, Some(known))) => known.clone(),
                Some((id, None)) => {
                    // a site that is gone has no directory any more, and gets none by its last visitors
                    let dir = site_logs(id);
                    let log = host.files().stat(&dir)?.map(|_| format!("{dir}/{}", source.file()));
                    logs.insert(id, log.clone());
                    log
                }
            };
            if let (Source::Access, Some(id), Some(_)) = (source, site, &log) {
                sums.entry(id).or_default().add(traffic::of_line(line));
            }
            clean(line, texts.entry(log.unwrap_or_else(|| nobodys(source))).or_default());
        }
        Ok(Sorted { texts, lines: count, sums })
    }

    /// What each site's visitors were sent on a day (since 1970, UTC).
    pub fn traffic(&self, host: &Host, day: i64) -> Result<BTreeMap<SiteId, Traffic>, LogError> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        match held.state.as_ref() {
            Some(state) => traffic::of_day(host, state, day),
            None => traffic::of_day(host, &State::load(host)?, day),
        }
    }
}

/// The lines of one batch.
struct Sorted {
    /// By the log that they go to.
    texts: BTreeMap<String, String>,
    /// How many there are.
    lines: u64,
    /// What visitors were sent.
    sums: Sums,
}

fn read_from(host: &Host, path: &str, offset: u64) -> Result<Vec<u8>, LogError> {
    let failed = |source| LogError::Read { path: path.to_owned(), source };
    let Some(mut file) = host.files().open(path)? else { return Ok(Vec::new()) };
    file.seek(SeekFrom::Start(offset)).map_err(failed)?;
    let mut bytes = Vec::new();
    file.take(CHUNK).read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests;
