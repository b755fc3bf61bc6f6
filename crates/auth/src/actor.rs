//! Who asks, and what they may do now.
//!
//! An [`Actor`] is made anew for each request, from the database: a role that was taken away is gone with the next call.

use std::collections::BTreeSet;

use names::{AccountId, PersonId, SessionId};
use store::{FromRow, Row, RowError, Statement, StoreError, Tx};

use crate::login::Login;
use crate::origin::Origin;
use crate::permission::PermissionId;

const SYSTEM_ROLES: Statement = Statement::new(
    "SELECT rp.permission AS value FROM person_role pr JOIN role_permission rp ON rp.role_id = pr.role_id
     WHERE pr.person_id = $1 AND pr.organisation_id = $2",
);
const ACCOUNT_ROLES: Statement =
    Statement::new("SELECT account_id, permission FROM account_permission WHERE person_id = $1");

pub(crate) const STATEMENTS: &[Statement] = &[SYSTEM_ROLES, ACCOUNT_ROLES];

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
    /// Someone who is signed in.
    Person {
        /// Who.
        id: PersonId,
        /// By which name.
        login: Login,
        /// By which session.
        session: SessionId,
        /// Who is behind it, where it is not themselves.
        impersonator: Option<PersonId>,
    },
}

#[derive(Debug, Clone)]
enum Rights {
    All,
    Held { system: BTreeSet<PermissionId>, accounts: BTreeSet<(AccountId, PermissionId)> },
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
    pub(crate) async fn person(
        tx: &mut Tx,
        identity: Identity,
        id: PersonId,
        origin: Origin,
    ) -> Result<Self, StoreError> {
        let id = id.to_string();
        let system: Vec<String> =
            tx.all(SYSTEM_ROLES.bind(&id).bind(store::fixed::ROOT_ORGANISATION)).await?;
        let accounts: Vec<AccountRight> = tx.all(ACCOUNT_ROLES.bind(&id)).await?;
        let rights = Rights::Held {
            // A permission that a newer release stored means nothing here.
            system: system.iter().filter_map(|text| PermissionId::from_stored(text)).collect(),
            accounts: accounts
                .into_iter()
                .filter_map(|right| Some((right.account, right.permission?)))
                .collect(),
        };
        Ok(Self { identity, rights, origin })
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
            Identity::Person { id, .. } => format!("person:{id}"),
        }
    }

    pub(crate) fn holds_everywhere(&self, permission: PermissionId) -> bool {
        match &self.rights {
            Rights::All => true,
            Rights::Held { system, .. } => system.contains(&permission),
        }
    }

    pub(crate) fn holds_on(&self, account: AccountId, permission: PermissionId) -> bool {
        match &self.rights {
            Rights::All => true,
            Rights::Held { system, accounts } => {
                system.contains(&permission) || accounts.contains(&(account, permission))
            }
        }
    }

    /// Whether anything at all is held on the account, so that its existence is no secret.
    pub(crate) fn knows(&self, account: AccountId) -> bool {
        PermissionId::ALL.iter().any(|&permission| self.holds_on(account, permission))
    }

    pub(crate) fn has_accounts(&self) -> bool {
        match &self.rights {
            Rights::All => true,
            Rights::Held { accounts, .. } => !accounts.is_empty(),
        }
    }
}

struct AccountRight {
    account: AccountId,
    permission: Option<PermissionId>,
}

impl FromRow for AccountRight {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        let permission = PermissionId::from_stored(&row.text("permission")?);
        Ok(Self { account: row.parse("account_id")?, permission })
    }
}
