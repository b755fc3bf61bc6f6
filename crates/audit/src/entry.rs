//! What an entry says.

use std::fmt;

use auth::{Actor, Credential, Identity, Origin};
use names::{AccountId, Digest, Micros, OrganisationId};
use serde::Serialize;
use serde_json::Value;

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Who {
    pub(crate) kind: &'static str,
    pub(crate) id: Option<String>,
    pub(crate) name: String,
    pub(crate) origin: String,
    /// Not by the person in a session of their own: `token`, or `person` or `root` where somebody acts as them; and that one's id.
    pub(crate) via: Option<(&'static str, Option<String>)>,
}

impl Who {
    /// Nobody that is known: a sign-in that was refused. What was typed is not kept, it may have been a password.
    pub fn anonymous(origin: Origin) -> Self {
        Self {
            kind: "anonymous",
            id: None,
            name: String::from("anonymous"),
            origin: origin.to_string(),
            via: None,
        }
    }

    /// Someone who has just signed in, before there is an actor.
    pub fn signing_in(verified: &auth::sign_in::Verified, origin: Origin) -> Self {
        Self {
            kind: "person",
            id: Some(verified.person().to_string()),
            name: verified.login().to_string(),
            origin: origin.to_string(),
            via: None,
        }
    }
}

impl From<&Actor> for Who {
    /// Where someone acts as another, both are named; where it is a token, it is named with its person.
    fn from(actor: &Actor) -> Self {
        let login = actor.name();
        let (name, via) = match actor.identity() {
            Identity::Person { by: Credential::Session { acting: Some(other), .. }, .. } => {
                let kind = if other.id.is_some() { "person" } else { "root" };
                (format!("{login} by {}", other.login), Some((kind, other.id.map(|id| id.to_string()))))
            }
            Identity::Person { by: Credential::Token { id, name }, .. } => {
                (format!("{login} by token {name}"), Some(("token", Some(id.to_string()))))
            }
            _ => (login.to_owned(), None),
        };
        Self {
            kind: actor.kind(),
            id: actor.person_id().map(|id| id.to_string()),
            name,
            origin: actor.origin().to_string(),
            via,
        }
    }
}

/// What it was done to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    pub(crate) kind: &'static str,
    pub(crate) id: Option<String>,
    pub(crate) account: Option<String>,
    pub(crate) organisation: Option<String>,
}

impl Object {
    /// An object of the installation: a node, a setting.
    pub fn of_installation(kind: &'static str, id: impl fmt::Display) -> Self {
        Self { kind, id: Some(id.to_string()), account: None, organisation: None }
    }

    /// An object of an account; its owner sees the entry too, and whoever sees the audit of the organisation that the account belongs to when
    /// it is written.
    pub fn of_account(kind: &'static str, id: impl fmt::Display, account: AccountId) -> Self {
        Self { account: Some(account.to_string()), ..Self::of_installation(kind, id) }
    }

    /// An object of an organisation: itself, a person, a role, a package. Whoever sees the organisation's audit sees the entry.
    pub fn of_organisation(kind: &'static str, id: impl fmt::Display, organisation: OrganisationId) -> Self {
        Self { organisation: Some(organisation.to_string()), ..Self::of_installation(kind, id) }
    }

    /// An object that did not come to be, or was not found.
    pub fn none(kind: &'static str) -> Self {
        Self { kind, id: None, account: None, organisation: None }
    }
}

/// A refused value: where, and the reason's code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RefusedField {
    /// As in the problem document.
    pub pointer: String,
    /// As in the problem document.
    pub code: String,
}

/// How it went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was done.
    Done,
    /// It was refused, for this reason and these values.
    Refused {
        /// The problem's code.
        code: String,
        /// The refused values, without the values.
        fields: Vec<RefusedField>,
    },
}

/// One entry to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry<'a> {
    /// Who did it.
    pub who: Who,
    /// Under which request.
    pub request_id: &'a str,
    /// What was done: the object's kind and the verb, such as `site.create`.
    pub action: &'a str,
    /// To what.
    pub object: Object,
    /// The object before, as the API shows it.
    pub before: Option<Value>,
    /// The object after, as the API shows it.
    pub after: Option<Value>,
    /// The plan that was insisted on.
    pub plan_hash: Option<Digest>,
    /// How it went.
    pub outcome: Outcome,
}

/// The end of the chain at some moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Head {
    /// Number of the last entry.
    pub seq: i64,
    /// Its hash.
    pub hash: Digest,
    /// When it was written.
    pub at: Micros,
}
