//! Work with an end: an installation, a backup, an import. What should *be* is convergence, and no job.
//!
//! A job is a row with a lease, steps, and a log that people follow. A feature describes each of its kinds by a [`Kind`]; the [`Jobs`] run
//! them beside the driver.
//!
//! | part | what it does |
//! | --- | --- |
//! | [`Kind`], [`Work`], [`Stop`] | what a kind does, what it is given, and how it ends |
//! | `store` | rows and lines |
//! | `runner` | takes up what is due, keeps leases, ends what is asked to end |
//! | `line` | makes lines of foreign programs harmless |
//!
//! Guarantees:
//! - of one kind and key there is one job at most that is queued or runs ([`Jobs::ask`] gives back the one that there is);
//! - a job survives the panel at any point: its lease runs out, it is taken up again, and its kind finds out what the host really did, from
//!   its own [`Work::memory`], which is written in one transaction with the lines that it comes from. So the log has no gap and no line twice;
//! - two never work on one job: every write asks for the lease;
//! - nothing holds a transaction while it works.

mod job;
mod kind;
mod line;
mod runner;
mod store;
mod work;

pub use job::{Ask, Job, Object, Problem, State, Step, StepState};
pub use kind::{BoxFuture, Kind};
pub use line::{LONGEST as LONGEST_LINE, harmless};
pub use runner::{Jobs, Refused, Timing};
pub use store::{Filter, KEPT_LINES, Line, find, lines, list, newest_of, prune};
pub use work::{Stop, Work};

/// Every statement of this crate.
pub const STATEMENTS: &[&[::store::Statement]] = &[store::STATEMENTS];
