//! The panel's side of convergence: what should be, how a change of it is made, and how the agent is brought to it.
//!
//! A feature describes each of its kinds by an [`Object`]: how a row becomes a specification, and the statements over the columns that all
//! converging rows share ([`BlockSql`]). Everything else is here, once:
//!
//! - [`Panel::change`] takes a request from its rules to its answer: dry run, expected plan, commit, waiting;
//! - [`drive`] makes attempts, keeps what came of them, and backs off;
//! - [`follow`] keeps the rows true to what the agent's own passes find;
//! - `adopt` finds what the server holds beyond an older database that was put back, and keeps it until a person decided;
//! - [`event`] is the log that people follow;
//! - [`Table`] is how features declare their routes, each with who may call it.
//!
//! Guarantees: nothing waits for the agent within a transaction; what was acknowledged is on disk and is sent again until the agent
//! reported on it, whatever stops or dies in between; an object is shown `ready` only by the agent's word about the generation that was
//! sent.

mod adopt;
mod answer;
mod block;
mod change;
pub mod event;
mod filter;
mod follow;
mod key;
mod kind;
mod note;
mod of_account;
mod panel;
mod password;
mod patch;
mod plan;
mod release;
mod retry;
mod search;
pub mod setting;
mod table;
mod wait;
mod work;

pub use adopt::{
    Adopt, Aside, Besides, Differing, Why, forget as forget_aside, is_restored, list as differing,
    mark_restored, set_aside,
};
pub use answer::{Answer, Changed};
pub use block::{Block, BlockSql, Convergence};
pub use change::{Asked, Draft, Outcome, Rules};
pub use filter::{Chosen, Filter, FilterParams};
pub use follow::{compare, follow};
pub use key::Key;
pub use kind::{AnyKind, AnyWish, Before, BoxFuture, How, Object, Registry, Wish};
pub use note::Note;
pub use of_account::{OfAccount, OfAccountParams};
pub use panel::{Agents, PARALLEL, Panel};
pub use password::check_password;
pub use patch::nullable;
pub use plan::{DryRun, Effect, EffectChange, Effects, PlanView, PlannedObject, StepView, agent_error};
pub use search::{Found, Look, Match, Part, Search, SearchParams};
pub use table::{Access, Table, by_session, not_acting};
pub use work::drive;

/// Every statement of this crate.
pub const STATEMENTS: &[&[store::Statement]] = &[adopt::STATEMENTS, event::STATEMENTS, setting::STATEMENTS];

#[cfg(test)]
mod tests;
