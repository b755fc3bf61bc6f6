//! Organisations, roles and people in the panel: who there is, and who may do what where.
//!
//! Organisations form a tree ([`rules::organisation`]); a person belongs to one, and holds roles on organisations and on accounts. Three
//! rules stand above all others here, and each is kept in the transaction of the change:
//!
//! - nobody gives, by a role or by what a role holds, what they do not hold there themselves;
//! - nobody suspends, changes, deletes, or takes a role from, somebody who may more;
//! - one administrator is always left.
//!
//! Nothing of it is on the host, but for accounts that an organisation takes along when it is suspended: [`Accounts`] is how those who
//! keep accounts hear of it.

mod routes;
mod rules;
mod search;
mod store;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use ::store::WriteTx;
use api_kit::ApiError;
use auth::Passwords;
use desired::{BoxFuture, Draft, Panel};
use names::AccountId;

pub use rules::member::account_leaving;
pub use search::{organisations, persons, roles};
pub use store::{invitation::prune, organisation::Organisation};

/// The other features' part in what happens to organisations. One implementation, in the panel, knows them all.
pub trait Accounts: Send + Sync {
    /// An account went off, or on again, with an organisation above it: all that names its state gets a new generation.
    fn changed<'a>(
        &'a self,
        tx: &'a mut WriteTx,
        draft: &'a mut Draft,
        account: AccountId,
    ) -> BoxFuture<'a, Result<(), ApiError>>;
}

/// What the routes need.
#[derive(Clone)]
pub struct State {
    /// The panel.
    pub panel: Panel,
    /// Hashes passwords.
    pub passwords: Passwords,
    /// The port of HTTPS, as it stands in links.
    pub port: u16,
    /// The other features.
    pub accounts: Arc<dyn Accounts>,
}

/// The routes.
pub fn table(state: State) -> desired::Table {
    routes::table(state)
}

/// Every statement of this crate.
pub const STATEMENTS: &[&[::store::Statement]] = &[
    store::organisation::STATEMENTS,
    store::role::STATEMENTS,
    store::person::STATEMENTS,
    store::member::STATEMENTS,
    store::invitation::STATEMENTS,
];
