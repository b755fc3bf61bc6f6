//! Holding a host at what was asked for: the vocabulary and the machinery of convergence.
//!
//! An object is asked for with [`Apply`], kept in a ledger as an [`Entry`], and brought about by a [`Reconcile`]
//! implementation in passes of *observe, plan, apply*, run by the [`Engine`]. On the panel's side [`driver`] decides
//! when an object is looked at again.
//!
//! This crate knows no feature and touches no host: files, units and the ledger's storage come in through traits.
//!
//! Guarantees of a pass:
//! - the ledger is written before anything is done, and what a step will write is claimed before it is written;
//! - an object is `ready` only after it was observed again and the plan was empty;
//! - a file that somebody else edited is never overwritten without a decision (`revert`, `adopt`, `overwrite`);
//! - running the same pass again, after a crash at any step, ends in the same state.

pub mod apply;
pub mod backoff;
pub mod condition;
pub mod driver;
pub mod engine;
pub mod entry;
pub mod file;
pub mod methods;
pub mod plan;
pub mod reconcile;
pub mod take_back;

pub use apply::{Apply, Cause, Kind, MAX_NOTE, Refusal, Report, Spec, Wanted};
pub use condition::{Condition, Reason, Status};
pub use engine::{DriftRules, Engine, Keep, Now};
pub use entry::{Claim, EditRecord, Entry, LedgerError, LedgerStore, MemoryLedger, Pause};
pub use file::{FileSeen, FileState, FileStep, ManagedFile};
pub use plan::{Describe, Impact, Plan, PlannedStep};
pub use reconcile::{Done, Edit, ObserveError, Own, Reconcile, Settled, StepError};
pub use take_back::TakeBack;
