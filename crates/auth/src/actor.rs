//! Who asks, and what they may do now.
//!
//! An [`Actor`] is made anew for each request, from the database: a role that was taken away is gone with the next call.

use std::collections::BTreeSet;

use names::{Label, PersonId, SessionId, TokenId};
use store::{Bound, Statement, StoreError, Tx};

use crate::login::Login;
use crate::origin::Origin;
use crate::permission::{OnAccount, PermissionId};

const EVERYWHERE: Statement = Statement::new(
    "SELECT permission AS value FROM organisation_permission WHERE holder_id = $1 AND organisation_id = $2",
);
const ON_ACCOUNT: Statement = Statement::new(
    "SELECT permission AS value FROM account_permission WHERE holder_id = $1 AND account_id = $2",
);
const ON_ORGANISATION: Statement = Statement::new(
    "SELECT permission AS value FROM organisation_permission WHERE holder_id = $1 AND organisation_id = $2",
);
const SOMEWHERE: Statement = Statement::new(
    "SELECT organisation_id AS value FROM organisation_permission WHERE holder_id = $1 AND permission = $2
     UNION ALL
     SELECT account_id FROM account_permission WHERE holder_id = $1 AND permission = $2 LIMIT 1",
);

pub(crate) const STATEMENTS: &[Statement] = &[EVERYWHERE, ON_ACCOUNT, ON_ORGANISATION, SOMEWHERE];

/// A resolved identity with its rights of this moment and the place it asks from.
#[derive(Debug, Clone)]
pub struct Actor {
    identity: Identity,
    rights: Rights,
    origin: Origin,
}

/// Who an actor is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// Root on the panel's unix socket, known by the peer's uid.
    Root,
    /// The panel itself, for what it does of its own accord.
    System,
    /// A person.
    Person {
        /// Who.
        id: PersonId,
        /// By which name.
        login: Login,
        /// What was shown for it.
        by: Credential,
    },
}

/// What a request showed to be a person's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credential {
    /// A session.
    Session {
        /// Which.
        id: SessionId,
        /// Who acts as the person, where it is not themselves.
        acting: Option<Acting>,
    },
    /// A token, which holds what it was given, of what its person holds.
    Token {
        /// Which.
        id: TokenId,
        /// By which name, among its person's.
        name: Label,
    },
}

/// Who acts as another.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Acting {
    /// Who; none: root on the server itself.
    pub id: Option<PersonId>,
    /// By which name.
    pub login: Login,
}

impl Acting {
    /// Root on the server itself.
    pub fn root() -> Self {
        Self { id: None, login: Login::root() }
    }
}

#[derive(Debug, Clone)]
enum Rights {
    All,
    /// What is held everywhere. The rest is looked up with the object that it is about.
    Held {
        everywhere: BTreeSet<PermissionId>,
    },
}

impl Actor {
    /// Root, where the listener saw peer uid 0 on the unix socket. Nothing else makes a root.
    pub fn root() -> Self {
        Self { identity: Identity::Root, rights: Rights::All, origin: Origin::Socket }
    }

    /// The panel itself: its set-up and its upkeep.
    pub fn system() -> Self {
        Self { identity: Identity::System, rights: Rights::All, origin: Origin::Socket }
    }

    /// A person's rights, as the database has them now.
    pub(crate) async fn person(tx: &mut Tx, identity: Identity, origin: Origin) -> Result<Self, StoreError> {
        let mut actor = Self { identity, rights: Rights::Held { everywhere: BTreeSet::new() }, origin };
        let everywhere = EVERYWHERE.bind(actor.holder()).bind(store::fixed::ROOT_ORGANISATION);
        actor.rights = Rights::Held { everywhere: permissions(tx, everywhere).await? };
        Ok(actor)
    }

    /// Who it is.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// From where.
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// The person, where it is one.
    pub fn person_id(&self) -> Option<PersonId> {
        match &self.identity {
            Identity::Root | Identity::System => None,
            Identity::Person { id, .. } => Some(*id),
        }
    }

    /// The session, where it is one.
    pub fn session(&self) -> Option<SessionId> {
        match &self.identity {
            Identity::Person { by: Credential::Session { id, .. }, .. } => Some(*id),
            _ => None,
        }
    }

    /// Who acts as the person, where it is not themselves.
    pub fn acting(&self) -> Option<&Acting> {
        match &self.identity {
            Identity::Person { by: Credential::Session { acting, .. }, .. } => acting.as_ref(),
            _ => None,
        }
    }

    /// The token and its name, where it is one.
    pub fn token(&self) -> Option<(TokenId, &Label)> {
        match &self.identity {
            Identity::Person { by: Credential::Token { id, name }, .. } => Some((*id, name)),
            _ => None,
        }
    }

    /// Whose rights count: the person's, or the token's, as `holder_id` in the views of rights.
    pub(crate) fn holder(&self) -> String {
        match &self.identity {
            Identity::Root | Identity::System => String::new(),
            Identity::Person { by: Credential::Token { id, .. }, .. } => id.to_string(),
            Identity::Person { id, .. } => id.to_string(),
        }
    }

    /// For the log and the audit: `root`, `system`, or the person's login.
    pub fn name(&self) -> &str {
        match &self.identity {
            Identity::Root => "root",
            Identity::System => "system",
            Identity::Person { login, .. } => login.as_str(),
        }
    }

    /// `root`, `system` or `person`.
    pub fn kind(&self) -> &'static str {
        match &self.identity {
            Identity::Root => "root",
            Identity::System => "system",
            Identity::Person { .. } => "person",
        }
    }

    /// One text per identity, for what is kept per actor.
    pub fn key(&self) -> String {
        match &self.identity {
            Identity::Root => String::from("root"),
            Identity::System => String::from("system"),
            Identity::Person { by: Credential::Token { id, .. }, .. } => format!("token:{id}"),
            Identity::Person { id, .. } => format!("person:{id}"),
        }
    }

    pub(crate) fn holds_everywhere(&self, permission: PermissionId) -> bool {
        match &self.rights {
            Rights::All => true,
            Rights::Held { everywhere } => everywhere.contains(&permission),
        }
    }

    /// All that is held everywhere.
    pub fn held_everywhere(&self) -> impl Iterator<Item = PermissionId> {
        PermissionId::ALL.iter().copied().filter(|&permission| self.holds_everywhere(permission))
    }

    /// Whether a permission is held on any account or organisation at all.
    pub async fn somewhere<P: OnAccount>(&self, tx: &mut Tx) -> Result<bool, StoreError> {
        if self.holds_everywhere(P::ID) {
            return Ok(true);
        }
        Self::held_somewhere(tx, &self.holder(), P::ID).await
    }

    /// Whether a permission is held anywhere, by a person or a token.
    pub(crate) async fn held_somewhere(
        tx: &mut Tx,
        holder: &str,
        permission: PermissionId,
    ) -> Result<bool, StoreError> {
        let found: Option<String> = tx.optional(SOMEWHERE.bind(holder).bind(permission.as_str())).await?;
        Ok(found.is_some())
    }

    /// All that is held on an account at this moment.
    pub(crate) async fn on_account(
        &self,
        tx: &mut Tx,
        account: &str,
    ) -> Result<BTreeSet<PermissionId>, StoreError> {
        match self.rights {
            Rights::All => Ok(PermissionId::ALL.iter().copied().collect()),
            Rights::Held { .. } => permissions(tx, ON_ACCOUNT.bind(self.holder()).bind(account)).await,
        }
    }

    /// All that is held on an organisation at this moment.
    pub(crate) async fn on_organisation(
        &self,
        tx: &mut Tx,
        organisation: &str,
    ) -> Result<BTreeSet<PermissionId>, StoreError> {
        match self.rights {
            Rights::All => Ok(PermissionId::ALL.iter().copied().collect()),
            Rights::Held { .. } => {
                permissions(tx, ON_ORGANISATION.bind(self.holder()).bind(organisation)).await
            }
        }
    }
}

/// A permission that a newer release stored means nothing here.
async fn permissions(tx: &mut Tx, statement: Bound) -> Result<BTreeSet<PermissionId>, StoreError> {
    let texts: Vec<String> = tx.all(statement).await?;
    Ok(texts.iter().filter_map(|text| PermissionId::from_stored(text)).collect())
}
