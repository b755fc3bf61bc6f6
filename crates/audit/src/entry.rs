//! What an entry says.

use std::fmt;

use auth::{Actor, Origin};
use names::{AccountId, Digest, Micros};
use serde::Serialize;
use serde_json::Value;

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Who {
    pub(crate) kind: &'static str,
    pub(crate) id: Option<String>,
    pub(crate) name: String,
    pub(crate) origin: String,
}

impl Who {
    /// Nobody that is known: a sign-in that was refused. What was typed is not kept, it may have been a password.
    pub fn anonymous(origin: Origin) -> Self {
        Self { kind: "anonymous", id: None, name: String::from("anonymous"), origin: origin.to_string() }
    }

    /// Someone who has just signed in, before there is an actor.
    pub fn signing_in(verified: &auth::sign_in::Verified, origin: Origin) -> Self {
        Self {
            kind: "person",
            id: Some(verified.person().to_string()),
            name: verified.login().to_string(),
            origin: origin.to_string(),
        }
    }
}

impl From<&Actor> for Who {
    /// Where someone acts as another, both are named.
    fn from(actor: &Actor) -> Self {
        let name = match actor.acting() {
            Some(other) => format!("{} by {}", actor.name(), other.login),
            None => actor.name().to_owned(),
        };
        Self {
            kind: actor.kind(),
            id: actor.person_id().map(|id| id.to_string()),
            name,
            origin: actor.origin().to_string(),
        }
    }
}

/// What it was done to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    pub(crate) kind: &'static str,
    pub(crate) id: Option<String>,
    pub(crate) account: Option<String>,
}

impl Object {
    /// An object of the installation: a node, a setting, a person.
    pub fn of_installation(kind: &'static str, id: impl fmt::Display) -> Self {
        Self { kind, id: Some(id.to_string()), account: None }
    }

    /// An object of an account; its owner sees the entry too.
    pub fn of_account(kind: &'static str, id: impl fmt::Display, account: AccountId) -> Self {
        Self { kind, id: Some(id.to_string()), account: Some(account.to_string()) }
    }

    /// An object that did not come to be, or was not found.
    pub fn none(kind: &'static str) -> Self {
        Self { kind, id: None, account: None }
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
