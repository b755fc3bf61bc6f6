//! Accounts in the panel: one Linux user, one tenant, with the person who owns it.
//!
//! An account's name is also its owner's login. A uid is given out once and never again, even after the account is gone. What else
//! hangs on an account (pools, sites) belongs to other features; [`Dependents`] is how they hear of a change.

pub mod accounts;
mod adopt;
mod build_spec;
mod dependents;
mod object;
mod routes;
mod rules;
mod search;
mod store;
#[cfg(test)]
mod tests;
pub mod usage;

pub use adopt::{LearnError, learn_uids};
pub use dependents::Dependents;
pub use object::AccountObject;
pub use routes::account::{State, table};
pub use rules::state_changed;
pub use search::search;
pub use store::account::Account;

/// Every statement of this crate.
pub const STATEMENTS: &[&[::store::Statement]] = &[
    store::account::STATEMENTS,
    store::account::adopted::STATEMENTS,
    store::account::list::STATEMENTS,
    store::site_traffic::STATEMENTS,
    store::usage::STATEMENTS,
];
