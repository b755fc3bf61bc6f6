//! Decides when an object is looked at again: one slot per key, the same key never twice at once, a bound on all.
//!
//! Work is a key, never "what changed": whoever does the work reads the whole state. A key that is asked for while it is
//! busy runs once more afterwards. The reason of an activation is for logs alone.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, Semaphore};
use tokio::time::Instant;

#[cfg(test)]
mod tests;

/// What is driven.
pub trait Work: Send + Sync + 'static {
    /// Names one object.
    type Key: Ord + Clone + Debug + Send + Sync + 'static;
    /// One attempt; answers when to look again (none: when somebody asks).
    fn run(&self, key: Self::Key) -> impl Future<Output = Option<Duration>> + Send;
}

#[derive(Debug, Clone, Copy)]
enum Slot {
    Due(Instant),
    Busy { again: Option<Instant> },
}

/// Every key with its slot, and the due ones in order of time.
#[derive(Debug)]
struct Slots<K> {
    by_key: BTreeMap<K, Slot>,
    due: BTreeSet<(Instant, K)>,
}

impl<K: Ord + Clone> Slots<K> {
    fn ask(&mut self, key: K, at: Instant) {
        match self.by_key.get_mut(&key) {
            Some(Slot::Busy { again }) => *again = Some(again.map_or(at, |a| a.min(at))),
            Some(Slot::Due(due)) => {
                if at < *due {
                    self.due.remove(&(*due, key.clone()));
                    *due = at;
                    self.due.insert((at, key));
                }
            }
            None => {
                self.due.insert((at, key.clone()));
                self.by_key.insert(key, Slot::Due(at));
            }
        }
    }

    /// Takes the next due key, or tells when one will be due.
    fn take(&mut self, now: Instant) -> Result<K, Option<Instant>> {
        match self.due.first() {
            None => Err(None),
            Some((at, _)) if *at > now => Err(Some(*at)),
            Some(_) => {
                let Some((_, key)) = self.due.pop_first() else { return Err(None) };
                self.by_key.insert(key.clone(), Slot::Busy { again: None });
                Ok(key)
            }
        }
    }

    fn done(&mut self, key: K, later: Option<Instant>) {
        let again = match self.by_key.remove(&key) {
            Some(Slot::Busy { again }) => again,
            Some(Slot::Due(_)) | None => None,
        };
        if let Some(at) = [again, later].into_iter().flatten().min() {
            self.ask(key, at);
        }
    }
}

/// The schedule; cheap to clone and to share.
#[derive(Debug)]
pub struct Schedule<K> {
    inner: Arc<Inner<K>>,
}

#[derive(Debug)]
struct Inner<K> {
    slots: Mutex<Slots<K>>,
    changed: Notify,
}

impl<K> Clone for Schedule<K> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner) }
    }
}

impl<K: Ord + Clone + Debug + Send + Sync + 'static> Default for Schedule<K> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: Ord + Clone + Debug + Send + Sync + 'static> Schedule<K> {
    /// An empty schedule.
    pub fn new() -> Self {
        let slots = Mutex::new(Slots { by_key: BTreeMap::new(), due: BTreeSet::new() });
        Self { inner: Arc::new(Inner { slots, changed: Notify::new() }) }
    }

    /// Looks at the key now.
    pub fn wake(&self, key: K) {
        self.wake_in(key, Duration::ZERO);
    }

    /// Looks at the key after a pause, or earlier if somebody asks; the earlier time wins.
    pub fn wake_in(&self, key: K, pause: Duration) {
        self.slots().ask(key, Instant::now() + pause);
        self.inner.changed.notify_one();
    }

    /// How many keys are scheduled or busy.
    pub fn len(&self) -> usize {
        self.slots().by_key.len()
    }

    /// Nothing is scheduled or busy.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn slots(&self) -> MutexGuard<'_, Slots<K>> {
        self.inner.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn done(&self, key: K, pause: Option<Duration>) {
        self.slots().done(key, pause.map(|p| Instant::now() + p));
        self.inner.changed.notify_one();
    }

    /// Drives the work for ever, at most `parallel` keys at once. Drop the future to stop; attempts under way go on.
    pub async fn drive<W: Work<Key = K>>(&self, work: Arc<W>, parallel: usize) {
        let room = Arc::new(Semaphore::new(parallel));
        loop {
            let Ok(permit) = Arc::clone(&room).acquire_owned().await else { return };
            let key = loop {
                let next = self.slots().take(Instant::now());
                match next {
                    Ok(key) => break key,
                    Err(None) => self.inner.changed.notified().await,
                    Err(Some(at)) => {
                        tokio::select! {
                            () = tokio::time::sleep_until(at) => {}
                            () = self.inner.changed.notified() => {}
                        }
                    }
                }
            };
            let (schedule, work) = (self.clone(), Arc::clone(&work));
            tokio::spawn(async move {
                let _permit = permit;
                let guard = Finish { schedule: &schedule, key: Some(key.clone()) };
                let pause = work.run(key).await;
                guard.finish(pause);
            });
        }
    }
}

/// Frees the slot even when the work panics; then the key is tried again after ten minutes.
struct Finish<'a, K: Ord + Clone + Debug + Send + Sync + 'static> {
    schedule: &'a Schedule<K>,
    key: Option<K>,
}

impl<K: Ord + Clone + Debug + Send + Sync + 'static> Finish<'_, K> {
    fn finish(mut self, pause: Option<Duration>) {
        if let Some(key) = self.key.take() {
            self.schedule.done(key, pause);
        }
    }
}

impl<K: Ord + Clone + Debug + Send + Sync + 'static> Drop for Finish<'_, K> {
    fn drop(&mut self) {
        if let Some(key) = self.key.take() {
            tracing::error!(?key, "the attempt panicked");
            self.schedule.done(key, Some(Duration::from_mins(10)));
        }
    }
}
