//! The one verb that changes an object, and its answers.

use std::fmt::{Debug, Display};
use std::str::FromStr;

use names::{Digest, Generation};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};

use crate::condition::Status;
use crate::plan::Plan;

/// The kind of a converging object: a short lower-case word such as `account` or `site`.
pub type Kind = &'static str;

/// What the panel asks for, per kind of object. Implemented in a feature's `spec` crate.
pub trait Spec: Serialize + DeserializeOwned + Clone + PartialEq + Debug + Send + Sync + 'static {
    /// The object's kind, as the ledger, events and drift name it.
    const KIND: Kind;
    /// The wire name of the applying procedure, for example `holdfast.web1.ApplySite`.
    const APPLY: &'static str;
    /// What names one object of the kind; its text is the scope in the ledger.
    type Key: Serialize + DeserializeOwned + Clone + Ord + Display + FromStr + Debug + Send + Sync + 'static;
}

/// An object as it should be, or that it should not be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wanted<T> {
    /// The object should be there, like this.
    Present(T),
    /// The object should not be there.
    Absent,
}

impl<T> Wanted<T> {
    /// The wanted object, if it is to be there.
    pub fn present(&self) -> Option<&T> {
        match self {
            Self::Present(spec) => Some(spec),
            Self::Absent => None,
        }
    }
}

impl<T: Serialize> Wanted<T> {
    /// SHA-256 of the canonical JSON of this wish: what `Apply::digest` must hold.
    pub fn digest(&self) -> Digest {
        crate::plan::digest_of(self)
    }
}

/// Who caused a change, for the agent's log alone: never an input to a decision. Longer texts than [`MAX_NOTE`] are cut off.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cause {
    /// The name of the person or token, or `system`.
    #[serde(deserialize_with = "note")]
    pub actor: String,
    /// The request that led to the call.
    #[serde(deserialize_with = "note")]
    pub request_id: String,
}

/// The most that is taken of a text which is only kept for people, in bytes.
pub const MAX_NOTE: usize = 256;

/// Reads a text that is only kept for people: what is too long is cut off, since it decides nothing.
pub(crate) fn note<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let mut text = String::deserialize(from)?;
    text.truncate(text.floor_char_boundary(MAX_NOTE));
    Ok(text)
}

/// Asks the agent to make one object so.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, bound = "")]
pub struct Apply<S: Spec> {
    /// The object.
    pub scope: S::Key,
    /// The version of the wish; a lower one than the ledger's is refused.
    pub generation: Generation,
    /// [`Wanted::digest`] of `spec`.
    pub digest: Digest,
    /// The wish itself.
    pub spec: Wanted<S>,
    /// Only answer with the plan; write nothing, not even the ledger.
    #[serde(default)]
    pub dry_run: bool,
    /// Act only if the plan is still the one with this hash.
    #[serde(default)]
    pub expect_plan: Option<Digest>,
    /// Take hand-edited files back, keeping a copy of each.
    #[serde(default)]
    pub overwrite: bool,
    /// Who caused it.
    #[serde(default)]
    pub cause: Cause,
}

impl<S: Spec> Apply<S> {
    /// A plain wish, with its digest filled in.
    pub fn new(scope: S::Key, generation: Generation, spec: Wanted<S>) -> Self {
        let digest = spec.digest();
        Self {
            scope,
            generation,
            digest,
            spec,
            dry_run: false,
            expect_plan: None,
            overwrite: false,
            cause: Cause::default(),
        }
    }
}

impl<S: Spec> wire::Method for Apply<S> {
    const NAME: &'static str = S::APPLY;
    const ACCESS: wire::Access = wire::Access::Write;
    type Reply = Report;
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// What came of an [`Apply`] or of a pass.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The object's kind.
    pub kind: String,
    /// The object's key, as text.
    pub scope: String,
    /// The generation that was looked at.
    pub generation: Generation,
    /// The digest of its spec.
    pub digest: Digest,
    /// What had to be done (dry run: would have to be done).
    pub plan: Plan,
    /// Whether any step was taken.
    pub changed: bool,
    /// How many steps of the plan were taken; 0 is not written.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub taken: u64,
    /// How the object stands now.
    pub status: Status,
}

/// Why an [`Apply`] was not taken. Nothing was written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "refusal", rename_all = "snake_case")]
pub enum Refusal {
    /// The ledger holds a later wish.
    #[error("generation {asked} is older than generation {held}, which this server already holds")]
    GenerationStale {
        /// The generation asked for.
        asked: Generation,
        /// The generation in the ledger.
        held: Generation,
    },
    /// The ledger holds another wish of the same generation.
    #[error("generation {generation} is already held with another content")]
    GenerationConflict {
        /// The generation in question.
        generation: Generation,
    },
    /// The digest does not fit the spec.
    #[error("the digest does not fit the spec")]
    DigestMismatch,
    /// The host moved since the plan was shown.
    #[error("the plan is no longer the one that was shown")]
    PlanChanged {
        /// The plan as it is now.
        plan: Plan,
    },
    /// The spec is outside the bounds that root set in `agent.toml`, or contradicts what the agent knows.
    #[error("{field}: {reason}")]
    OutOfBounds {
        /// The field of the spec.
        field: String,
        /// What is wrong, and what to do.
        reason: String,
    },
    /// The plan could not be made, because the host could not be read.
    #[error("{message}")]
    Unobservable {
        /// What could not be read.
        message: String,
    },
    /// The ledger could not be written or read; nothing was done.
    #[error("{message}")]
    Ledger {
        /// What failed.
        message: String,
        /// There is no space for it.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        full: bool,
    },
}

impl Refusal {
    /// The stable wire name of this refusal.
    pub fn name(&self) -> &'static str {
        match self {
            Self::GenerationStale { .. } => "holdfast.converge1.GenerationStale",
            Self::GenerationConflict { .. } => "holdfast.converge1.GenerationConflict",
            Self::DigestMismatch => "holdfast.converge1.DigestMismatch",
            Self::PlanChanged { .. } => "holdfast.converge1.PlanChanged",
            Self::OutOfBounds { .. } => "holdfast.converge1.OutOfBounds",
            Self::Unobservable { .. } => "holdfast.converge1.Unobservable",
            Self::Ledger { .. } => "holdfast.converge1.Ledger",
        }
    }

    /// Reads a refusal that crossed the wire; none if it is of another sort.
    pub fn from_wire(refusal: &wire::Refusal) -> Option<Self> {
        refusal.name.starts_with("holdfast.converge1.").then(|| refusal.detail_as()).flatten()
    }
}

impl From<Refusal> for wire::Refusal {
    fn from(refusal: Refusal) -> Self {
        Self::new(refusal.name(), refusal.to_string()).with_detail(&refusal)
    }
}
