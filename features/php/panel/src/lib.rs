//! PHP pools in the panel: one for each account and PHP version that its sites use.
//!
//! Nobody asks for a pool: [`pools::ensure`] makes one when a site needs it, [`pools::release_unused`] asks for its removal when the last
//! site has gone. A pool that is on its way out is taken back into use by the same row.

mod build_spec;
mod object;
pub mod pools;
mod routes;
mod store;
#[cfg(test)]
mod tests;

pub use object::PoolObject;
pub use routes::pool::table;
pub use store::pool::Pool;

/// Every statement of this crate.
pub const STATEMENTS: &[&[::store::Statement]] = &[store::pool::STATEMENTS];
