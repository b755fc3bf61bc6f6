//! How many connections each network has open: one that opens many must leave room for the others.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use auth::Origin;

/// Connections of one network at once.
const MOST: usize = 32;

/// The networks that have connections open. Clones count together.
#[derive(Debug, Clone, Default)]
pub(super) struct Networks {
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// A connection's place; free again when it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    networks: Networks,
    network: Option<IpAddr>,
}

impl Networks {
    /// A place for one more connection from there; none where the network has as many as it may.
    pub(super) fn enter(&self, origin: Origin) -> Option<Place> {
        let network = origin.network();
        if let Some(network) = network {
            let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
            let count = open.entry(network).or_default();
            if *count == MOST {
                return None;
            }
            *count += 1;
        }
        Some(Place { networks: self.clone(), network })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some(network) = self.network else { return };
        let mut open = self.networks.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&network) {
            *count -= 1;
            if *count == 0 {
                open.remove(&network);
            }
        }
    }
}

#[cfg(test)]
mod tests;
