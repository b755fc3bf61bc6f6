//! PHP in the panel: what accounts and sites chose of it, and the pools that run it.
//!
//! There is a pool for each account and PHP version that its sites use, and one for each site for which something else holds than for its
//! account (`docs/adr/0027-php-settings.md`). Nobody asks for a pool: [`pools::ensure`] makes one when a site needs it, [`pools::release_unused`] asks for its removal when the last
//! site has gone. A pool that is on its way out is taken back into use by the same row.

mod body;
mod build_spec;
mod object;
pub mod pools;
mod routes;
mod rules;
mod sites;
mod store;
#[cfg(test)]
mod tests;
mod view;

pub use object::PoolObject;
pub use routes::setting::{PhpExtensions, PhpReset, State};
pub use sites::{Sites, Which};
pub use store::pool::Pool;
pub use view::{PhpSetting, PhpSettings, PhpWarning};

/// The routes.
pub fn table(state: State) -> desired::Table {
    routes::pool::table(state.panel.clone()).merge(routes::setting::table(state))
}

/// Every statement of this crate.
pub const STATEMENTS: &[&[::store::Statement]] =
    &[store::pool::STATEMENTS, store::setting::STATEMENTS, store::site::STATEMENTS];
