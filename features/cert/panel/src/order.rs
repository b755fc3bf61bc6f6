//! Certificates are got from an authority, and renewed, by themselves.
//!
//! | part | what it does |
//! | --- | --- |
//! | [`upkeep`] | looks for what is due, and asks for jobs; asks authorities when they would have a certificate renewed |
//! | [`job`] | one order from its names to the installed chain, as a job that goes on after a stop |
//! | [`choose`] | which names are asked for, and which are left out for now |
//! | [`schedule`] | when something is tried again |
//! | [`store`], [`view`] | rows, and how the API shows them |
//! | [`rules`] | what a person may ask for |
//!
//! Guarantees: what works is never replaced by something that serves fewer of the names that are wanted, nor by nothing; a name that the
//! authority refuses stands in no other's way; nothing is asked before a person made an authority here; nothing is ordered twice by a
//! restart; an authority that asks to be left alone is left alone.

pub(crate) mod choose;
pub(crate) mod job;
pub(crate) mod rules;
pub(crate) mod schedule;
pub(crate) mod store;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
pub(crate) mod upkeep;
pub(crate) mod view;

use std::sync::Arc;

use ::store::WriteTx;
use api_kit::ApiError;
use desired::{BoxFuture, Draft, Panel};
use egress_spec::Bounds;
use seal::SealKey;
use wire::Peer;

pub use crate::acme::prove::Ways;
pub use job::OrderCertificate;
pub use rules::renew;
pub use upkeep::run;
pub(crate) use view::of;
pub use view::{CertificateOrder, LeftOutName};

/// What the getting of certificates asks of the web server.
pub trait WebServer: Send + Sync + 'static {
    /// The key by which challenges are answered is another one.
    fn acme_changed<'a>(
        &'a self,
        tx: &'a mut WriteTx,
        draft: &'a mut Draft,
    ) -> BoxFuture<'a, Result<(), ApiError>>;
}

/// What the getting of certificates needs.
#[derive(Clone)]
pub struct Issuing {
    /// The panel.
    pub panel: Panel,
    /// Seals the key, accounts, and keys of external accounts.
    pub seal: SealKey,
    /// Egress.
    pub egress: Peer,
    /// Whom egress may speak to.
    pub bounds: Arc<Bounds>,
    /// The web server, which answers challenges.
    pub web_server: Arc<dyn WebServer>,
    /// How names are proven.
    pub ways: Ways,
}
