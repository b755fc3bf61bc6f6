//! Packages, and what accounts and organisations may have.
//!
//! A package belongs to an organisation; it and all below may give it to their accounts. A change of one, of an account's package or own values, or
//! of an organisation's limits is one change over all accounts that it reaches: its plan names for each what the host would do, and what it
//! may have before and after. What the host does about it is other features' matter: [`Hosted`] is how they hear of it.
//!
//! What is lowered below what is used takes nothing away: nothing new goes. A feature that an account still uses is not taken from it.

mod hosted;
mod routes;
mod rules;
mod search;
mod store;
#[cfg(test)]
mod tests;

pub use hosted::Hosted;
pub use routes::{State, table};
pub use search::search;

/// Every statement of this crate.
pub const STATEMENTS: &[&[::store::Statement]] =
    &[store::package::STATEMENTS, store::account::STATEMENTS, store::organisation::STATEMENTS];
