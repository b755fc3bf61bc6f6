//! Reading all unit files again, once for everybody who waits for it.
//!
//! It costs time for every unit on the server; after an upgrade each of thousands of passes finds its unit changed. A
//! reading that began after a pass wrote its files serves that pass, whoever asked for it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::error::HostError;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Reloads {
    /// How many were begun.
    begun: AtomicU64,
    /// The number of the last one that succeeded; held while one runs.
    succeeded: Mutex<u64>,
}

impl Reloads {
    /// How many were begun by now; one that is under way may have read the caller's files before they were written.
    pub(crate) fn begun(&self) -> u64 {
        self.begun.load(Ordering::SeqCst)
    }

    /// Returns when one has ended well that began after these.
    pub(crate) fn after(
        &self,
        begun: u64,
        reload: impl FnOnce() -> Result<(), HostError>,
    ) -> Result<(), HostError> {
        let mut succeeded = self.succeeded.lock().unwrap_or_else(PoisonError::into_inner);
        if *succeeded > begun {
            return Ok(());
        }
        let number = self.begun.fetch_add(1, Ordering::SeqCst) + 1;
        reload()?;
        *succeeded = number;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
