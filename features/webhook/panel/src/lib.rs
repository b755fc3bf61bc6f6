//! Webhooks: events, told to other servers by HTTPS, signed, retried, and kept as dead letters where nobody took them.
//!
//! | part | what it does |
//! | --- | --- |
//! | [`store`] | rows: a webhook, and each message to it (a delivery) |
//! | [`queue`] | makes messages of events, by a cursor per webhook, in the transaction that moves the cursor |
//! | [`deliver`] | sends what is due, one message at a time to each webhook, all webhooks beside each other |
//! | [`schedule`] | when a message is tried again, and when it and its webhook are given up |
//! | [`sign`] | the signature, by the scheme of "Standard Webhooks" |
//! | [`secret`] | how the key of the signature is made and kept |
//!
//! Guarantees: an event that was written down while a webhook was enabled becomes a message whatever stops or dies in between, and a message is tried until it is
//! taken or given up (at least once; a receiver knows a repetition by `webhook-id`). Messages go out in the order of their events until one
//! fails. A receiver that is slow or away delays nobody else. Nothing waits for a receiver within a transaction.

mod access;
mod attempt;
mod deliver;
mod message;
mod queue;
mod routes;
mod rules;
mod schedule;
mod secret;
mod sign;
mod store;
#[cfg(test)]
mod testing;

use std::sync::Arc;

use desired::Panel;
use egress_spec::Bounds;
use names::Micros;
use wire::Peer;

pub use deliver::deliver;
pub use routes::table;
pub use schedule::{TRIES, TRIES_SETTING};

/// Messages under way at once. A receiver is waited for so long that more of them would be slow ones.
pub const PARALLEL: usize = 64;

/// What routes and deliveries need.
#[derive(Clone)]
pub struct State {
    /// The panel.
    pub panel: Panel,
    /// Egress.
    pub egress: Peer,
    /// Whom egress may speak to.
    pub bounds: Arc<Bounds>,
}

/// Every statement of this crate.
pub const STATEMENTS: &[&[::store::Statement]] =
    &[queue::STATEMENTS, store::webhook::STATEMENTS, store::delivery::STATEMENTS];

/// Names of webhooks whose receivers took nothing since this moment, or were given up; for the doctor.
pub async fn away(tx: &mut ::store::Tx, since: Micros) -> Result<Vec<String>, ::store::StoreError> {
    store::webhook::unscoped::away(tx, since).await
}

/// Forgets messages that ended before these moments: those that were taken, and those that were given up.
pub async fn prune(
    tx: &mut ::store::WriteTx,
    delivered: Micros,
    dead: Micros,
) -> Result<u64, ::store::StoreError> {
    store::delivery::prune(tx, delivered, dead).await
}
