//! The ledger: what this host was asked to hold, and what on it is ours.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};

use names::{Digest, Generation};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::apply::{Cause, Spec, Wanted};
use crate::condition::{Reason, Status};
use crate::take_back::TakeBack;

/// The contents that we ever said we would write at a path, newest last. Kept short: the last converged one, and those
/// since.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Claim {
    digests: Vec<Digest>,
}

impl Claim {
    /// A claim on one content.
    pub fn on(digest: Digest) -> Self {
        Self { digests: vec![digest] }
    }

    /// Whether the content is one of ours.
    pub fn covers(&self, digest: &Digest) -> bool {
        self.digests.contains(digest)
    }

    /// The newest content claimed.
    pub fn current(&self) -> Option<Digest> {
        self.digests.last().copied()
    }

    /// Claims another content, keeping those before it: a crash may have left either behind.
    pub fn add(&mut self, digest: Digest) {
        self.digests.retain(|d| *d != digest);
        self.digests.push(digest);
    }

    /// Forgets all but the newest, once that one was observed.
    pub fn settle(&mut self) {
        if let Some(last) = self.digests.pop() {
            self.digests = vec![last];
        }
    }
}

/// A hand edit that waits for a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditRecord {
    /// SHA-256 of the foreign content.
    pub foreign: Digest,
    /// When the file was changed, in microseconds since 1970 (UTC).
    pub mtime: i64,
    /// When we noticed, in microseconds since 1970 (UTC).
    pub noticed: i64,
    /// The content of ours that it replaced, for the diff; none where it may not be shown.
    pub ours: Option<Arc<str>>,
    /// The foreign content, kept.
    pub text: Option<Arc<str>>,
    /// What a newer generation wants there instead, while it waits.
    #[serde(default)]
    pub waiting: Option<Arc<str>>,
}

/// Convergence of one object is suspended by an administrator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pause {
    /// Until when, in microseconds since 1970 (UTC).
    pub until: i64,
    /// Why.
    pub reason: String,
}

/// One object in the ledger. A versioned document: see the golden files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Entry<S: Spec> {
    /// The document's version: 1.
    pub version: u32,
    /// The object.
    pub scope: S::Key,
    /// The accepted generation.
    pub generation: Generation,
    /// The digest of the accepted wish.
    pub digest: Digest,
    /// The accepted wish.
    pub spec: Wanted<S>,
    /// The last wish before it that the object be there, kept until this one has converged: what may have to go.
    #[serde(default)]
    pub last: Option<S>,
    /// All hand edits that the next look finds are taken back.
    #[serde(default)]
    pub overwrite: bool,
    /// Hand edits that are taken back, as long as the files hold what was looked at.
    #[serde(default, skip_serializing_if = "TakeBack::is_empty")]
    pub take_back: TakeBack,
    /// The generation last observed to be so.
    #[serde(default)]
    pub observed_generation: Option<Generation>,
    /// Files of ours, by absolute path.
    #[serde(default)]
    pub claims: BTreeMap<String, Claim>,
    /// What units have loaded.
    #[serde(default)]
    pub loaded: BTreeMap<String, Digest>,
    /// Hand edits that wait for a decision, by path.
    #[serde(default)]
    pub edits: BTreeMap<String, EditRecord>,
    /// An administrator's pause.
    #[serde(default)]
    pub pause: Option<Pause>,
    /// Who asked for this generation, for the log of what was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// How it stands.
    pub status: Status,
    /// Since when, in microseconds since 1970 (UTC).
    pub since: i64,
}

impl<S: Spec> Entry<S> {
    /// A newly accepted wish; what was ours before stays ours.
    pub fn accept(
        before: Option<Self>,
        scope: S::Key,
        generation: Generation,
        spec: Wanted<S>,
        now: i64,
    ) -> Self {
        let digest = spec.digest();
        let status = Status::converging();
        match before {
            Some(before) => Self {
                last: match before.spec {
                    Wanted::Present(last) => Some(last),
                    Wanted::Absent => before.last,
                },
                generation,
                digest,
                spec,
                status,
                since: now,
                overwrite: false,
                take_back: TakeBack::default(),
                ..before
            },
            None => Self {
                version: 1,
                scope,
                generation,
                digest,
                spec,
                last: None,
                overwrite: false,
                take_back: TakeBack::default(),
                observed_generation: None,
                claims: BTreeMap::new(),
                loaded: BTreeMap::new(),
                edits: BTreeMap::new(),
                pause: None,
                cause: None,
                status,
                since: now,
            },
        }
    }

    /// Observed to be as this generation asks.
    pub fn is_converged(&self) -> bool {
        self.observed_generation == Some(self.generation)
    }
}

/// The ledger could not be read or written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("ledger: {message}")]
pub struct LedgerError {
    /// What happened.
    pub message: String,
    /// There is no space for it.
    pub full: bool,
}

impl LedgerError {
    /// Anything but a lack of space.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), full: false }
    }

    /// The code of what failed because of it.
    pub fn reason(&self) -> Reason {
        if self.full { Reason::DiskFull } else { Reason::StepFailed }
    }
}

/// Where entries are kept. A `save` that returned is on disk.
pub trait LedgerStore: Send + Sync {
    /// Reads one entry.
    fn load<S: Spec>(&self, scope: &S::Key) -> Result<Option<Arc<Entry<S>>>, LedgerError>;
    /// Writes one entry.
    fn save<S: Spec>(&self, entry: Entry<S>) -> Result<(), LedgerError>;
    /// Forgets one entry.
    fn forget<S: Spec>(&self, scope: &S::Key) -> Result<(), LedgerError>;
    /// All entries of a kind, by key.
    fn list<S: Spec>(&self) -> Result<Vec<Arc<Entry<S>>>, LedgerError>;
}

/// A ledger in memory, through the same JSON as the one on disk; for tests.
#[derive(Debug, Default)]
pub struct MemoryLedger {
    rows: Mutex<BTreeMap<(&'static str, String), String>>,
}

fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, LedgerError> {
    serde_json::from_str(text).map_err(|e| LedgerError::new(e.to_string()))
}

impl LedgerStore for MemoryLedger {
    fn load<S: Spec>(&self, scope: &S::Key) -> Result<Option<Arc<Entry<S>>>, LedgerError> {
        let rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        rows.get(&(S::KIND, scope.to_string())).map(|t| from_json(t).map(Arc::new)).transpose()
    }

    fn save<S: Spec>(&self, entry: Entry<S>) -> Result<(), LedgerError> {
        let text = serde_json::to_string(&entry).map_err(|e| LedgerError::new(e.to_string()))?;
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        rows.insert((S::KIND, entry.scope.to_string()), text);
        Ok(())
    }

    fn forget<S: Spec>(&self, scope: &S::Key) -> Result<(), LedgerError> {
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        rows.remove(&(S::KIND, scope.to_string()));
        Ok(())
    }

    fn list<S: Spec>(&self) -> Result<Vec<Arc<Entry<S>>>, LedgerError> {
        let rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        rows.iter()
            .filter(|((kind, _), _)| *kind == S::KIND)
            .map(|(_, t)| from_json(t).map(Arc::new))
            .collect()
    }
}
