//! Identity providers (OpenID Connect): people sign in with what they are known by elsewhere.
//!
//! | part | what it does |
//! | --- | --- |
//! | [`rules::provider`] | which providers there are, and which group has which role where |
//! | [`begin`] | sends somebody to a provider: to sign in, or to link it to the person of a session |
//! | [`callback`] | takes who comes back, once, from the browser that began |
//! | [`people`] | who that is: a person who is linked, or one who is made at this moment |
//! | [`roles`] | roles that a provider's groups give, and take |
//! | [`outside`] | how a provider is asked: by egress, with bounds of time and size |
//! | [`page`] | what the browser shows where nobody was signed in, and what to do |
//!
//! What a token proves is `auth-oidc`'s matter. Guarantees: a person is known by provider and subject and by nothing else; nobody gets by a
//! provider what whoever made the mapping may not give at that moment; a role that was given by hand is never taken, and the last
//! administrator's never either; nothing is signed in by an answer that was seen before, or that another browser asked for.

mod begin;
mod callback;
mod outside;
mod page;
mod people;
mod roles;
mod routes;
mod rules;
mod search;
mod store;
#[cfg(test)]
mod tests;
mod text;

use std::sync::Arc;

use desired::Panel;
use egress_spec::Bounds;
use names::{Hostname, Label, Micros};
use seal::SealKey;
use wire::Peer;

pub use auth_oidc::Issuers;
pub use callback::pages;
pub use routes::table;
pub use search::search;

/// Whether one more refusal of a stranger is written into the audit.
pub type HasRoom = Arc<dyn Fn(Micros) -> bool + Send + Sync>;

/// What the routes need.
#[derive(Clone)]
pub struct State {
    /// The panel.
    pub panel: Panel,
    /// Seals clients' secrets, and what is kept of a question.
    pub seal: SealKey,
    /// Egress.
    pub egress: Peer,
    /// Whom egress may speak to.
    pub bounds: Arc<Bounds>,
    /// What is known of providers.
    pub issuers: Issuers,
    /// The port of HTTPS, as it stands in addresses.
    pub port: u16,
    /// Bounds the refusals of strangers in the audit.
    pub has_room: HasRoom,
}

impl State {
    /// Where a provider sends people back to.
    pub(crate) fn redirect(&self, host: &Hostname, provider: &Label) -> String {
        match self.port {
            443 => format!("https://{host}/login/oidc/{provider}/callback"),
            port => format!("https://{host}:{port}/login/oidc/{provider}/callback"),
        }
    }
}

/// Every statement of this crate.
pub const STATEMENTS: &[&[::store::Statement]] = &[
    store::provider::STATEMENTS,
    store::mapping::STATEMENTS,
    store::identity::STATEMENTS,
    store::given::STATEMENTS,
    store::attempt::STATEMENTS,
];

/// Forgets who did not come back.
pub async fn prune(tx: &mut ::store::WriteTx, now: Micros) -> Result<u64, ::store::StoreError> {
    store::attempt::prune(tx, now).await
}
