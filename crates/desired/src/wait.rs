//! Waiting for an object to be observed, without asking the database again and again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

use crate::key::Key;

/// Who waits for which object.
#[derive(Debug, Default)]
pub(crate) struct Waiters {
    by_key: Mutex<HashMap<Key, (usize, Arc<Notify>)>>,
}

/// One who waits; forgotten when dropped.
#[derive(Debug)]
pub(crate) struct Waiter {
    waiters: Arc<Waiters>,
    key: Key,
    notify: Arc<Notify>,
}

impl Waiters {
    /// Registers interest. To miss nothing, register first, then look, then wait.
    pub(crate) fn register(self: &Arc<Self>, key: Key) -> Waiter {
        let mut by_key = self.by_key.lock().unwrap_or_else(PoisonError::into_inner);
        let (count, notify) = by_key.entry(key.clone()).or_default();
        *count += 1;
        let notify = Arc::clone(notify);
        Waiter { waiters: Arc::clone(self), key, notify }
    }

    /// Wakes all who wait for the object.
    pub(crate) fn moved(&self, key: &Key) {
        let by_key = self.by_key.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, notify)) = by_key.get(key) {
            notify.notify_waiters();
        }
    }
}

impl Waiter {
    /// The object.
    pub(crate) fn key(&self) -> &Key {
        &self.key
    }

    /// The next move; must be made before looking at the object.
    pub(crate) fn next(&self) -> tokio::sync::futures::OwnedNotified {
        Arc::clone(&self.notify).notified_owned()
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        let mut by_key = self.waiters.by_key.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((count, _)) = by_key.get_mut(&self.key) {
            *count -= 1;
            if *count == 0 {
                by_key.remove(&self.key);
            }
        }
    }
}
