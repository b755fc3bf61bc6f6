//! Who is who, and who may do what.
//!
//! - **Showing who one is**: [`sign_in`] (password, one-time link), with failures counted in the database, then a [`second_factor`] where
//!   the person has one ([`totp`], [`recovery`]), from where an [`allow_list`] admits them; then a [`session`].
//! - **Being someone**: an [`Actor`], made anew for each request: root by the peer uid of the unix socket, or a person with the roles
//!   that the database holds at that moment.
//! - **Being allowed**: proofs ([`Authorised`]) and scopes ([`TenantScope`]). A feature's store takes these and no ids, so that a check that was
//!   forgotten does not compile. Not there and not yours are one answer.
//!
//! Roles in force: `administrator` (everything, on the root organisation) and `owner` (of one account).

mod actor;
mod agent;
pub mod allow_list;
mod authorised;
mod key;
mod login;
mod origin;
pub mod passkey;
mod passwords;
mod permission;
pub mod person;
mod policy;
pub mod recovery;
pub mod second_factor;
pub mod session;
pub mod sign_in;
mod throttle;
pub mod totp;

pub use actor::{Actor, Identity};
pub use agent::Agent;
pub use authorised::{AccountRef, Authorised, Denied, Installation, Owned, TenantScope, account};
pub use key::Key;
pub use login::Login;
pub use origin::Origin;
pub use passwords::{PasswordError, Passwords, StoredHash};
pub use permission::{
    EditAccount, EditNode, EditSettings, EditSites, ManageAccounts, ManagePersons, ManageSites, OnAccount,
    Permission, PermissionId, ViewAccount, ViewAudit, ViewEvents, ViewNode, ViewSettings, ViewSites,
};

pub use policy::{Policy, Weak};

/// The key of an account in a path.
pub type AccountKey = Key<names::AccountId, names::AccountName>;

/// Every statement of this crate.
pub const STATEMENTS: &[&[store::Statement]] = &[
    actor::STATEMENTS,
    allow_list::STATEMENTS,
    authorised::STATEMENTS,
    passkey::STATEMENTS,
    person::STATEMENTS,
    recovery::STATEMENTS,
    second_factor::STATEMENTS,
    session::STATEMENTS,
    sign_in::STATEMENTS,
    throttle::STATEMENTS,
    totp::STATEMENTS,
];

/// Forgets what is over: sessions, links, pending sign-ins, counters of failed ones; called now and then.
pub async fn prune(tx: &mut store::WriteTx, now: names::Micros) -> Result<u64, store::StoreError> {
    let mut gone = session::prune(tx, now).await? + sign_in::prune(tx, now).await?;
    gone += throttle::prune(tx, now).await? + second_factor::prune(tx, now).await?;
    Ok(gone + totp::prune(tx, now).await? + allow_list::prune(tx, now).await?)
}

#[cfg(test)]
mod tests;
