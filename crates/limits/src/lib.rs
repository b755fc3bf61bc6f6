//! What an account and an organisation may have, and how much of it is used.
//!
//! - [`Limit`] and [`Feature`] are the names of all that can be sold, in one place. Those of features to come have their names already.
//! - [`take`](take()) takes one of what is counted, by a conditional UPDATE on the account's row and on that of every organisation above it. Two who
//!   ask at once cannot both take the last one, on either database. What comes of it is a proof, [`Taken`], without which a feature's store
//!   inserts nothing; and nothing is marked as deleted without [`Given`].
//! - [`states`] says what is in force, of override, package, installation and the organisations above; [`settle`] writes it down.
//! - [`differences`] holds the counters against the rows that they count, and [`recount`] mends them.
//!
//! What is counted is given back where deletion is asked for, not where the host was observed clean: somebody who deletes a site may make
//! another at once, also while the server is away. See `docs/adr/0019-limits-are-counters.md`.

mod amount;
mod feature;
mod limit;
mod package;
mod recount;
mod settle;
mod state;
mod take;

pub use amount::Amount;
pub use feature::{Feature, is_on};
pub use limit::{Kind, Limit, Unit};
pub use package::{DEFAULT_PACKAGE, PackageKey, PackageRef, assign, set_feature, set_override, usable};
pub use recount::{Count, Difference, differences, recount};
pub use settle::{leaving, misstated, restate, settle};
pub use state::{Ceiling, Change, FeatureChange, From, LimitChange, State, Within, ceiling, changes, states};
pub use take::{
    Accounts, Counted, Given, Names, Sites, Taken, counted_anew, give_back, take, take_account, take_many,
};

/// Every statement of this crate.
pub const STATEMENTS: &[&[store::Statement]] = &[
    feature::STATEMENTS,
    package::STATEMENTS,
    recount::STATEMENTS,
    settle::STATEMENTS,
    state::STATEMENTS,
    take::STATEMENTS,
];

#[cfg(test)]
mod tests;
