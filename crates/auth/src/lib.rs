//! Who is who, and who may do what.
//!
//! - **Showing who one is**: [`sign_in`] (password, one-time link), with failures counted in the database; then a [`session`].
//! - **Being someone**: an [`Actor`], made anew for each request: root by the peer uid of the unix socket, or a person with the roles
//!   that the database holds at that moment.
//! - **Being allowed**: proofs ([`Authorised`]) and scopes ([`TenantScope`]). A feature's store takes these and no ids, so that a check that was
//!   forgotten does not compile. Not there and not yours are one answer.
//!
//! Roles in force: `administrator` (everything, on the root organisation) and `owner` (of one account).

mod actor;
mod authorised;
mod key;
mod login;
mod origin;
mod passwords;
mod permission;
pub mod person;
pub mod session;
pub mod sign_in;
mod throttle;

pub use actor::{Actor, Identity};
pub use authorised::{AccountRef, Authorised, Denied, Installation, Owned, TenantScope, account};
pub use key::Key;
pub use login::Login;
pub use origin::Origin;
pub use passwords::{PasswordError, Passwords, StoredHash};
pub use permission::{
    EditAccount, EditNode, EditSettings, EditSites, ManageAccounts, ManagePersons, ManageSites, OnAccount,
    Permission, PermissionId, ViewAccount, ViewAudit, ViewEvents, ViewNode, ViewSettings, ViewSites,
};

/// The key of an account in a path.
pub type AccountKey = Key<names::AccountId, names::AccountName>;

/// Every statement of this crate.
pub const STATEMENTS: &[&[store::Statement]] = &[
    actor::STATEMENTS,
    authorised::STATEMENTS,
    person::STATEMENTS,
    session::STATEMENTS,
    sign_in::STATEMENTS,
    throttle::STATEMENTS,
];

/// Forgets what is over: sessions, links, counters of failed sign-ins; called now and then.
pub async fn prune(tx: &mut store::WriteTx, now: names::Micros) -> Result<u64, store::StoreError> {
    Ok(session::prune(tx, now).await? + sign_in::prune(tx, now).await? + throttle::prune(tx, now).await?)
}

#[cfg(test)]
mod tests;
