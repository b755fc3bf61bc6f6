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
//! async fn site<P: OnAccount>(actor: &Actor) -> Result<Authorised<SiteRef, P>, Denied> {
//!     actor.authorise(unscoped::find().await)
//! }
//! ```
//!
//! A list takes a [`TenantScope`], which is part of its statement.

use std::marker::PhantomData;
use std::ops::Deref;

use names::{AccountId, AccountName};
use store::{Bound, FromRow, Row, RowError, Statement, StoreError, Tx};

use crate::actor::Actor;
use crate::key::Key;
use crate::permission::{OnAccount, Permission};

const ACCOUNT_BY_ID: Statement = Statement::new("SELECT id, name, suspended FROM account WHERE id = $1");
const ACCOUNT_BY_NAME: Statement = Statement::new("SELECT id, name, suspended FROM account WHERE name = $1");

pub(crate) const STATEMENTS: &[Statement] = &[ACCOUNT_BY_ID, ACCOUNT_BY_NAME];

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
    /// Whether it is suspended.
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
        Ok(Self { id: row.parse("id")?, name: row.parse("name")?, suspended: row.flag("suspended")? })
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
    /// Proof for an object that a lookup found, or did not find.
    pub fn authorise<T: Owned, P: OnAccount>(&self, found: Option<T>) -> Result<Authorised<T, P>, Denied> {
        let object = found.ok_or(Denied::NotFound(T::KIND))?;
        if self.holds_on(object.account(), P::ID) {
            return Ok(Authorised::new(object));
        }
        if self.knows(object.account()) { Err(Denied::NotAllowed) } else { Err(Denied::NotFound(T::KIND)) }
    }

    /// Proof for what concerns the whole installation. That it exists is no secret, so the answer is [`Denied::NotAllowed`].
    pub fn everywhere<P: Permission>(&self) -> Result<Authorised<Installation, P>, Denied> {
        if self.holds_everywhere(P::ID) { Ok(Authorised::new(Installation)) } else { Err(Denied::NotAllowed) }
    }

    /// Whose objects a list may show.
    pub fn scope<P: OnAccount>(&self) -> TenantScope {
        if self.holds_everywhere(P::ID) {
            return TenantScope::All;
        }
        match self.person_id() {
            Some(person) if self.has_accounts() => {
                TenantScope::Granted { person: person.to_string(), permission: P::ID.as_str() }
            }
            _ => TenantScope::Nothing,
        }
    }
}

/// The accounts whose objects a list shows. It is bound into the list's statement, as two values:
///
/// ```sql
/// SELECT ... FROM site s
/// WHERE s.name > $1
///   AND ($2 = 'all' OR s.account_id IN
///        (SELECT account_id FROM account_permission WHERE person_id = $2 AND permission = $3))
/// ORDER BY s.name LIMIT $4
/// ```
///
/// with `LIST.bind(after)`, then [`TenantScope::bind`], then `.bind(limit)`. The rights are read in the same statement as the rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TenantScope {
    /// Everyone's.
    All,
    /// Those on which this person holds this permission.
    Granted {
        /// The person's id.
        person: String,
        /// The permission's stored name.
        permission: &'static str,
    },
    /// No one's.
    Nothing,
}

impl TenantScope {
    /// Adds the scope's two values to a statement.
    pub fn bind(&self, statement: impl Into<Bound>) -> Bound {
        let (person, permission) = match self {
            Self::All => ("all", ""),
            Self::Granted { person, permission } => (person.as_str(), *permission),
            Self::Nothing => ("", ""),
        };
        statement.into().bind(person).bind(permission)
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
    actor.authorise(tx.optional(statement).await?)
}

#[cfg(test)]
mod tests;
