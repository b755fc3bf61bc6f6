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
mod search;
mod secret;
mod sign;
mod store;
#[cfg(test)]
mod testing;

use std::sync::Arc;

use desired::Panel;
use egress_spec::Bounds;
use names::Micros;
use seal::SealKey;
use wire::Peer;

pub use deliver::deliver;
pub use routes::table;
pub use schedule::{TRIES, TRIES_SETTING};
pub use search::search;

/// Messages under way at once. A receiver is waited for so long that more of them would be slow ones.
pub const PARALLEL: usize = 64;

/// What routes and deliveries need.
#[derive(Clone)]
pub struct State {
    /// The panel.
    pub panel: Panel,
    /// Seals the keys that sign.
    pub seal: SealKey,
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

/// Seals keys that an older database holds in clear, a batch of them; how many. None are left when it answers 0.
pub async fn seal_stored(tx: &mut ::store::WriteTx, seal: &SealKey) -> Result<u64, SealStoredError> {
    let mut sealed = 0;
    for clear in store::webhook::unscoped::in_clear(tx).await? {
        let seal = |text: &str| match secret::Key::from_clear(text) {
            Ok(key) => key.sealed(seal, clear.id),
            Err(_) if text.starts_with(secret::PREFIX) => Ok(String::new()), // no key: it signs nothing
            Err(_) => Ok(text.to_owned()),
        };
        let secret = seal(clear.secret.expose())?;
        let old = clear.old_secret.as_ref().map(|old| seal(old.expose())).transpose()?;
        store::webhook::unscoped::set_sealed(tx, clear.id, (secret, old)).await?;
        sealed += 1;
    }
    Ok(sealed)
}

/// Why stored keys could not be sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealStoredError {
    /// There is no randomness.
    #[error("a webhook's key could not be sealed")]
    Seal(#[from] seal::SealError),
    /// The database.
    #[error("the keys of webhooks could not be read or written")]
    Store(#[from] ::store::StoreError),
}

/// Forgets messages that ended before these moments: those that were taken, and those that were given up.
pub async fn prune(
    tx: &mut ::store::WriteTx,
    delivered: Micros,
    dead: Micros,
) -> Result<u64, ::store::StoreError> {
    store::delivery::prune(tx, delivered, dead).await
}
