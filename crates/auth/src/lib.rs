//! Who is who, and who may do what.
//!
//! - **Showing who one is**: [`sign_in`] (password, one-time link), with failures counted in the database, then a [`second_factor`] where
//!   the person has one ([`totp`], [`recovery`]), from where an [`allow_list`] admits them; then a [`session`]. A program shows a
//!   [`token`]. Somebody may act as another for a while: [`acting`].
//! - **Being someone**: an [`Actor`], made anew for each request: root by the peer uid of the unix socket, or a person with the roles
//!   that the database holds at that moment.
//! - **Being allowed**: proofs ([`Authorised`]) and scopes ([`TenantScope`]). A feature's store takes these and no ids, so that a check that was
//!   forgotten does not compile. Not there and not yours are one answer.
//!
//! Roles are held on an organisation, and reach all below it, or on a single account. What is held there is looked up with each object, in
//! the same transaction (`docs/adr/0010-rights-in-the-tree.md`).

pub mod acting;
mod actor;
mod agent;
pub mod allow_list;
mod authorised;
pub mod held;
pub mod invited;
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
pub mod token;
pub mod totp;

pub use actor::{Acting, Actor, Credential, Identity};
pub use agent::Agent;
pub use authorised::{
    AccountRef, Authorised, Denied, Installation, OfOrganisation, OrganisationKind, OrganisationRef, Owned,
    TenantScope, account, organisation, own_organisation,
};
pub use held::Place;
pub use key::Key;
pub use login::Login;
pub use origin::Origin;
pub use passwords::{PasswordError, Passwords, StoredHash};
pub use permission::{
    ActAs, EditAccount, EditNode, EditSettings, EditSites, ManageAccounts, ManageJobs, ManageMembers,
    ManageOrganisations, ManagePackages, ManagePersons, ManageRoles, ManageSites, ManageWebhooks, OnAccount,
    OnOrganisation, Permission, PermissionId, SuspendAccounts, ViewAccount, ViewAudit, ViewEvents, ViewJobs,
    ViewMembers, ViewNode, ViewOrganisations, ViewPackages, ViewSettings, ViewSites,
};

pub use policy::{Policy, Weak};

/// The key of an account in a path.
pub type AccountKey = Key<names::AccountId, names::AccountName>;
/// The key of an organisation in a path.
pub type OrganisationKey = Key<names::OrganisationId, names::Label>;
/// The key of a person in a path.
pub type PersonKey = Key<names::PersonId, Login>;
/// The key of a token in a path.
pub type TokenKey = Key<names::TokenId, names::Label>;

/// Every statement of this crate.
pub const STATEMENTS: &[&[store::Statement]] = &[
    acting::STATEMENTS,
    actor::STATEMENTS,
    allow_list::STATEMENTS,
    authorised::STATEMENTS,
    held::STATEMENTS,
    invited::STATEMENTS,
    passkey::STATEMENTS,
    person::STATEMENTS,
    recovery::STATEMENTS,
    second_factor::STATEMENTS,
    session::STATEMENTS,
    sign_in::STATEMENTS,
    throttle::STATEMENTS,
    token::STATEMENTS,
    totp::STATEMENTS,
];

/// Forgets what is over: sessions, links, pending sign-ins, counters of failed ones, tokens, consents; called now and then.
pub async fn prune(tx: &mut store::WriteTx, now: names::Micros) -> Result<u64, store::StoreError> {
    let signed_in = session::prune(tx, now).await? + token::prune(tx, now).await?;
    let mut signing_in = sign_in::prune(tx, now).await? + throttle::prune(tx, now).await?;
    signing_in += second_factor::prune(tx, now).await? + totp::prune(tx, now).await?;
    Ok(signed_in + signing_in + acting::prune(tx, now).await? + allow_list::prune(tx, now).await?)
}

#[cfg(test)]
mod tests;
