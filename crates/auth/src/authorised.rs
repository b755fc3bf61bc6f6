//! Proofs that someone may do something, and scopes for lists.
//!
//! A feature's store takes proofs, never ids, so that a route that forgets to ask does not compile:
//!
//! ```
//! use auth::{AccountRef, Actor, Authorised, Denied, EditSites, Key};
//! # use store::{StoreError, WriteTx, Tx};
//!
//! /// Only who holds `EditSites` on the account can call this.
//! async fn create(tx: &mut WriteTx, account: &Authorised<AccountRef, EditSites>) -> Result<(), StoreError> {
//!     let _owner = account.id; // a proof reads like the object that it is about
//!     Ok(())
//! }
//!
//! async fn route(tx: &mut WriteTx, actor: &Actor, name: &str) -> Result<(), Denied> {
//!     let key = name.parse().map_err(|_| Denied::NotFound("account"))?;
//!     let account = auth::account(tx, actor, &key).await?; // not there and not yours: the same `NotFound`
//!     Ok(create(tx, &account).await?)
//! }
//! ```
//!
//! A feature's own objects implement [`Owned`]; its lookup reads the row in a module named `unscoped` and passes it through
//! [`Actor::authorise`] at once:
//!
//! ```
//! # use auth::{Actor, Authorised, Denied, OnAccount, Owned};
//! # use names::AccountId;
//! struct SiteRef { id: names::SiteId, account: AccountId }
//!
//! impl Owned for SiteRef {
//!     const KIND: &'static str = "site";
//!     fn account(&self) -> AccountId { self.account }
//! }
//!
//! # mod unscoped { pub(super) async fn find<T>() -> Option<T> { None } }
//! async fn site<P: OnAccount>(tx: &mut store::Tx, actor: &Actor) -> Result<Authorised<SiteRef, P>, Denied> {
//!     let found = unscoped::find().await;
//!     actor.authorise(tx, found).await
//! }
//! ```
//!
//! What belongs to an organisation and to no account (a package, a role, a person) implements [`OfOrganisation`] and goes through
//! [`Actor::authorise_organisation`]. A list takes a [`TenantScope`], which is part of its statement.

use std::collections::BTreeSet;
use std::marker::PhantomData;
use std::ops::Deref;

use names::{AccountId, AccountName, Label, OrganisationId};
use store::{Bound, FromRow, Row, RowError, Statement, StoreError, Tx};

use crate::actor::Actor;
use crate::key::Key;
use crate::permission::{OnAccount, OnOrganisation, Permission, PermissionId};

const ACCOUNT_BY_ID: Statement =
    Statement::new("SELECT id, name, organisation_id, suspended FROM account WHERE id = $1");
const ACCOUNT_BY_NAME: Statement =
    Statement::new("SELECT id, name, organisation_id, suspended FROM account WHERE name = $1");
const ORGANISATION_BY_ID: Statement =
    Statement::new("SELECT id, name, kind, parent_id FROM organisation WHERE id = $1");
const ORGANISATION_BY_NAME: Statement =
    Statement::new("SELECT id, name, kind, parent_id FROM organisation WHERE name = $1");
const ORGANISATION_OF_PERSON: Statement = Statement::new(
    "SELECT o.id, o.name, o.kind, o.parent_id FROM person p JOIN organisation o ON o.id = p.organisation_id WHERE p.id = $1",
);

pub(crate) const STATEMENTS: &[Statement] =
    &[ACCOUNT_BY_ID, ACCOUNT_BY_NAME, ORGANISATION_BY_ID, ORGANISATION_BY_NAME, ORGANISATION_OF_PERSON];

/// An id that nothing has, for the look-up of rights on what is not there.
const NOTHING: &str = "";

/// Proof that the actor it was made for may do `P` with `T`. Nothing outside this module makes one.
#[derive(Debug, Clone)]
pub struct Authorised<T, P> {
    object: T,
    permission: PhantomData<P>,
}

impl<T, P> Authorised<T, P> {
    fn new(object: T) -> Self {
        Self { object, permission: PhantomData }
    }

    /// The object, without the proof.
    pub fn into_inner(self) -> T {
        self.object
    }
}

impl<T, P> Deref for Authorised<T, P> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.object
    }
}

/// An object that belongs to an account.
pub trait Owned {
    /// The word for it, such as `site`.
    const KIND: &'static str;

    /// Whose it is.
    fn account(&self) -> AccountId;
}

/// An object that belongs to an organisation, and to no account.
pub trait OfOrganisation {
    /// The word for it, such as `package`.
    const KIND: &'static str;

    /// Whose it is.
    fn organisation(&self) -> OrganisationId;
}

/// The whole installation, for permissions that are not about one account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Installation;

/// An account that was looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRef {
    /// Its id.
    pub id: AccountId,
    /// Its name.
    pub name: AccountName,
    /// The organisation that it belongs to.
    pub organisation: OrganisationId,
    /// Whether it is suspended by itself; see the view `role_in_force` for what else takes rights away.
    pub suspended: bool,
}

impl Owned for AccountRef {
    const KIND: &'static str = "account";

    fn account(&self) -> AccountId {
        self.id
    }
}

impl FromRow for AccountRef {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        Ok(Self {
            id: row.parse("id")?,
            name: row.parse("name")?,
            organisation: row.parse("organisation_id")?,
            suspended: row.flag("suspended")?,
        })
    }
}

/// What an organisation is in the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrganisationKind {
    /// The root: who runs the installation.
    Provider,
    /// May have organisations, packages and roles of its own below it.
    Reseller,
    /// Has accounts alone.
    Client,
}

impl OrganisationKind {
    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Provider => "provider",
            Self::Reseller => "reseller",
            Self::Client => "client",
        }
    }

    fn read(row: &Row) -> Result<Self, RowError> {
        match row.text("kind")?.as_str() {
            "provider" => Ok(Self::Provider),
            "reseller" => Ok(Self::Reseller),
            "client" => Ok(Self::Client),
            other => Err(RowError { column: "kind".to_owned(), problem: format!("{other} is no kind") }),
        }
    }
}

/// An organisation that was looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganisationRef {
    /// Its id.
    pub id: OrganisationId,
    /// Its name.
    pub name: Label,
    /// What it is.
    pub kind: OrganisationKind,
    /// The one above; none for the root.
    pub parent: Option<OrganisationId>,
}

impl OfOrganisation for OrganisationRef {
    const KIND: &'static str = "organisation";

    fn organisation(&self) -> OrganisationId {
        self.id
    }
}

impl FromRow for OrganisationRef {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        Ok(Self {
            id: row.parse("id")?,
            name: row.parse("name")?,
            kind: OrganisationKind::read(row)?,
            parent: row.opt_parse("parent_id")?,
        })
    }
}

/// Why there is no proof.
#[derive(Debug, thiserror::Error)]
pub enum Denied {
    /// There is none, or it is another's. The two are never told apart. The word is the object's kind.
    #[error("no such {0}")]
    NotFound(&'static str),
    /// The actor knows the object, and may not do this with it.
    #[error("not allowed")]
    NotAllowed,
    /// It could not be found out.
    #[error("the rights could not be read")]
    Store(#[from] StoreError),
}

impl Actor {
    /// Proof for an object that a look-up found, or did not find. Whether there is none or it is another's, the same is done and said.
    pub async fn authorise<T: Owned, P: OnAccount>(
        &self,
        tx: &mut Tx,
        found: Option<T>,
    ) -> Result<Authorised<T, P>, Denied> {
        let account =
            found.as_ref().map_or_else(|| NOTHING.to_owned(), |object| object.account().to_string());
        let held = self.on_account(tx, &account).await?;
        let object = found.ok_or(Denied::NotFound(T::KIND))?;
        self.proof(object, &held, T::KIND, P::ID)
    }

    /// As [`Actor::authorise`], for an object of an organisation.
    pub async fn authorise_organisation<T: OfOrganisation, P: OnOrganisation>(
        &self,
        tx: &mut Tx,
        found: Option<T>,
    ) -> Result<Authorised<T, P>, Denied> {
        let organisation =
            found.as_ref().map_or_else(|| NOTHING.to_owned(), |object| object.organisation().to_string());
        let held = self.on_organisation(tx, &organisation).await?;
        let object = found.ok_or(Denied::NotFound(T::KIND))?;
        self.proof(object, &held, T::KIND, P::ID)
    }

    fn proof<T, P>(
        &self,
        object: T,
        held: &BTreeSet<PermissionId>,
        kind: &'static str,
        wanted: PermissionId,
    ) -> Result<Authorised<T, P>, Denied> {
        if held.contains(&wanted) || self.holds_everywhere(wanted) {
            Ok(Authorised::new(object))
        } else if held.is_empty() {
            Err(Denied::NotFound(kind))
        } else {
            Err(Denied::NotAllowed)
        }
    }

    /// Proof for what concerns the whole installation. That it exists is no secret, so the answer is [`Denied::NotAllowed`].
    pub fn everywhere<P: Permission>(&self) -> Result<Authorised<Installation, P>, Denied> {
        if self.holds_everywhere(P::ID) { Ok(Authorised::new(Installation)) } else { Err(Denied::NotAllowed) }
    }

    /// Whether `P` is held on an account that was found before.
    pub async fn may<P: OnAccount>(&self, tx: &mut Tx, account: AccountId) -> Result<bool, StoreError> {
        Ok(self.holds_everywhere(P::ID) || self.on_account(tx, &account.to_string()).await?.contains(&P::ID))
    }

    /// Whose objects a list may show.
    pub fn scope<P: OnOrganisation>(&self) -> TenantScope {
        if self.holds_everywhere(P::ID) {
            TenantScope::All
        } else {
            TenantScope::Granted { holder: self.holder(), permission: P::ID.as_str() }
        }
    }
}

/// The accounts whose objects a list shows. It is bound into the list's statement, as two values:
///
/// ```sql
/// SELECT ... FROM site s
/// WHERE s.name > $1
///   AND ($2 = 'all' OR s.account_id IN
///        (SELECT account_id FROM account_permission WHERE holder_id = $2 AND permission = $3))
/// ORDER BY s.name LIMIT $4
/// ```
///
/// with `LIST.bind(after)`, then [`TenantScope::bind`], then `.bind(limit)`. The rights are read in the same statement as the rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TenantScope {
    /// Everyone's.
    All,
    /// Those on which this person or token holds this permission.
    Granted {
        /// The id of the person or the token.
        holder: String,
        /// The permission's stored name.
        permission: &'static str,
    },
}

impl TenantScope {
    /// Adds the scope's two values to a statement.
    pub fn bind(&self, statement: impl Into<Bound>) -> Bound {
        let (holder, permission) = match self {
            Self::All => ("all", ""),
            Self::Granted { holder, permission } => (holder.as_str(), *permission),
        };
        statement.into().bind(holder).bind(permission)
    }
}

/// Proof for an account, by id or name.
pub async fn account<P: OnAccount>(
    tx: &mut Tx,
    actor: &Actor,
    key: &Key<AccountId, AccountName>,
) -> Result<Authorised<AccountRef, P>, Denied> {
    let statement = match key {
        Key::Id(id) => ACCOUNT_BY_ID.bind(id.to_string()),
        Key::Name(name) => ACCOUNT_BY_NAME.bind(name.as_str()),
    };
    let found = tx.optional(statement).await?;
    actor.authorise(tx, found).await
}

/// Proof for an organisation, by id or name.
pub async fn organisation<P: OnOrganisation>(
    tx: &mut Tx,
    actor: &Actor,
    key: &Key<OrganisationId, Label>,
) -> Result<Authorised<OrganisationRef, P>, Denied> {
    let statement = match key {
        Key::Id(id) => ORGANISATION_BY_ID.bind(id.to_string()),
        Key::Name(name) => ORGANISATION_BY_NAME.bind(name.as_str()),
    };
    let found = tx.optional(statement).await?;
    actor.authorise_organisation(tx, found).await
}

/// Proof for the organisation that is meant where none is named: the actor's own; root's and the panel's is the root of the tree.
pub async fn own_organisation<P: OnOrganisation>(
    tx: &mut Tx,
    actor: &Actor,
) -> Result<Authorised<OrganisationRef, P>, Denied> {
    let statement = match actor.person_id() {
        Some(person) => ORGANISATION_OF_PERSON.bind(person),
        None => ORGANISATION_BY_ID.bind(store::fixed::ROOT_ORGANISATION),
    };
    let found = tx.optional(statement).await?;
    actor.authorise_organisation(tx, found).await
}

#[cfg(test)]
mod tests;
