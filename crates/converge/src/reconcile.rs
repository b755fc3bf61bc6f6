//! The trait that each managed kind implements, and what its passes exchange with the engine.

use std::collections::BTreeMap;
use std::sync::Arc;

use names::Digest;
use serde::{Deserialize, Serialize};

use crate::apply::{Spec, Wanted};
use crate::condition::{Condition, Reason};
use crate::entry::Claim;
use crate::file::{FileSeen, ManagedFile};
use crate::plan::Describe;
use crate::take_back::TakeBack;

/// What the ledger says is ours, handed to `observe` and `plan`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Own {
    /// Per absolute path, the contents that we claimed to write.
    pub claims: BTreeMap<String, Claim>,
    /// Per unit, the digest of the inputs that it last loaded successfully.
    pub loaded: BTreeMap<String, Digest>,
    /// The hand edits that are taken back.
    pub take_back: TakeBack,
}

impl Own {
    /// Whether what is at a path may be replaced: it is of our own making, or a person decided so.
    pub fn may_replace(&self, path: &str, there: &FileSeen) -> bool {
        let Some(digest) = there.digest() else { return true };
        let ours = self.claims.get(path).is_some_and(|claim| claim.covers(&digest));
        ours || self.take_back.covers(path, &digest)
    }
}

/// A file of ours that somebody else changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    /// Absolute path.
    pub path: String,
    /// The content that we would write, if any; shown in the diff.
    pub wanted: Option<Arc<str>>,
    /// SHA-256 of what we would write.
    pub wanted_digest: Option<Digest>,
    /// SHA-256 of what we last wrote there.
    pub ours_digest: Option<Digest>,
    /// What is there now.
    pub foreign: Arc<str>,
    /// SHA-256 of what is there now.
    pub foreign_digest: Digest,
    /// When it was changed, in microseconds since 1970 (UTC); 0 where unknown.
    pub mtime: i64,
    /// The content is not shown.
    pub secret: bool,
}

impl Edit {
    /// A wanted file with foreign content.
    pub fn of(file: &ManagedFile, seen: &FileSeen, claim: Option<&Claim>) -> Self {
        let (foreign, foreign_digest, mtime) = foreign(seen);
        Self {
            path: file.path.clone(),
            wanted: Some(file.content.clone()),
            wanted_digest: Some(file.digest()),
            ours_digest: claim.and_then(Claim::current),
            foreign,
            foreign_digest,
            mtime,
            secret: file.secret,
        }
    }

    /// A file of ours that is no longer wanted, with foreign content.
    pub fn unwanted(path: &str, seen: &FileSeen, claim: &Claim) -> Self {
        let (foreign, foreign_digest, mtime) = foreign(seen);
        Self {
            path: path.to_owned(),
            wanted: None,
            wanted_digest: None,
            ours_digest: claim.current(),
            foreign,
            foreign_digest,
            mtime,
            secret: false,
        }
    }

    /// The wish would now write something else than what the person edited: the object must wait.
    pub fn blocks(&self) -> bool {
        self.wanted_digest != self.ours_digest
    }
}

fn foreign(seen: &FileSeen) -> (Arc<str>, Digest, i64) {
    let digest = seen.digest().unwrap_or_else(|| Digest::of(b""));
    match seen {
        FileSeen::Present { text, mtime, .. } => (text.clone(), digest, *mtime),
        FileSeen::NotAFile { what } => (Arc::from(what.as_str()), digest, 0),
        FileSeen::Missing => (Arc::from(""), digest, 0),
    }
}

/// Why the host could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ObserveError {
    /// Another object must be applied first.
    #[error("waits for {0}")]
    WaitsFor(String),
    /// The wish is outside our bounds or contradicts the host: a person must change it.
    #[error("{field}: {reason}")]
    Refused {
        /// The field of the spec.
        field: String,
        /// What is wrong and what to do.
        reason: String,
    },
    /// A known reason with words.
    #[error("{1}")]
    Because(Reason, String),
    /// The host could not be read.
    #[error("{0}")]
    Failed(String),
}

/// Why a step was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct StepError {
    /// How the object stands because of it: `Failed`, `Degraded` (the last good state is held) or `Pending`.
    pub condition: Condition,
    /// The code.
    pub reason: Reason,
    /// The tool's message, for people.
    pub message: String,
}

impl StepError {
    /// A step that failed and is worth another try.
    pub fn failed(message: impl Into<String>) -> Self {
        Self { condition: Condition::Failed, reason: Reason::StepFailed, message: message.into() }
    }

    /// The last good state is held, for a reason.
    pub fn degraded(reason: Reason, message: impl Into<String>) -> Self {
        Self { condition: Condition::Degraded, reason, message: message.into() }
    }

    /// Nothing was done yet, for a reason.
    pub fn pending(reason: Reason, message: impl Into<String>) -> Self {
        Self { condition: Condition::Pending, reason, message: message.into() }
    }
}

/// What a step left behind that the ledger must remember at once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Done {
    /// A unit loaded inputs with this digest.
    pub loaded: Option<(String, Digest)>,
}

/// What is ours on a converged host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settled {
    /// Every file of the object, with the digest of its content.
    pub files: BTreeMap<String, Digest>,
    /// Per unit, the digest of the inputs that it has loaded (a stopped unit will load them at its next start).
    pub loaded: BTreeMap<String, Digest>,
}

impl Settled {
    /// The given files and nothing loaded.
    pub fn files(files: &[ManagedFile]) -> Self {
        Self { files: files.iter().map(|f| (f.path.clone(), f.digest())).collect(), loaded: BTreeMap::new() }
    }
}

/// One managed kind. Infallible passes: every error is a status.
///
/// `observe` only reads. `plan` is pure and ordered, and empty exactly when the host is as wanted. `apply` is idempotent
/// and never retries: the driver does.
pub trait Reconcile: Send + Sync {
    /// The privileged handle to the host.
    type Host: Send + Sync + ?Sized;
    /// The wish.
    type Spec: Spec;
    /// What was seen, with all that `plan` needs.
    type Observed;
    /// A step.
    type Step: Describe + Send;

    /// Reads the host. `last` is the wish before this one, until this one has converged: what may have to go.
    fn observe(
        &self,
        host: &Self::Host,
        key: &<Self::Spec as Spec>::Key,
        want: &Wanted<Self::Spec>,
        last: Option<&Self::Spec>,
        own: &Own,
    ) -> Result<Self::Observed, ObserveError>;

    /// The steps from what was seen to what is wanted. Pure.
    fn plan(&self, want: &Wanted<Self::Spec>, seen: &Self::Observed) -> Vec<Self::Step>;

    /// Hand edits among what was seen; `plan` holds no step for them.
    fn edits(&self, seen: &Self::Observed) -> Vec<Edit> {
        let _ = seen;
        Vec::new()
    }

    /// What is ours once the plan is empty; replaces the ledger's claims. None leaves them as they are.
    fn settled(&self, want: &Wanted<Self::Spec>, seen: &Self::Observed) -> Option<Settled> {
        let _ = (want, seen);
        None
    }

    /// The path and digest that a step will leave behind; claimed in the ledger before any step runs.
    fn claim(&self, step: &Self::Step) -> Option<(String, Digest)> {
        let _ = step;
        None
    }

    /// Takes one step.
    fn apply(&self, host: &Self::Host, step: &Self::Step) -> Result<Done, StepError>;
}
