//! What every route and the driver share.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use converge::Cause;
use converge::driver::Schedule;
use converge::methods::ObjectStatus;
use names::{Generation, Micros};
use store::Store;
use tokio::sync::{oneshot, watch};
use wire::{CancellationToken, Peer};

use crate::adopt::Differing;
use crate::key::Key;
use crate::kind::Registry;
use crate::plan::Reserved;
use crate::wait::Waiters;

/// Attempts that may be under way at once; see `docs/adr/0006-driver-parallelism.md`.
pub const PARALLEL: usize = 48;

/// Two sets of connections to the agent, so that neither people nor the driver wait for the other.
#[derive(Debug, Clone)]
pub struct Agents {
    /// The attempts': [`PARALLEL`] connections.
    pub driver: Peer,
    /// All others'.
    pub people: Peer,
}

/// The panel's side of convergence. Cheap to clone; the clones share everything.
#[derive(Clone)]
pub struct Panel {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    agents: Agents,
    registry: Registry,
    schedule: Schedule<Key>,
    waiters: Arc<Waiters>,
    causes: Mutex<HashMap<Key, Cause>>,
    /// Who waits for the end of the next attempt at an object, whatever comes of it.
    asked: Mutex<HashMap<Key, Vec<oneshot::Sender<()>>>>,
    /// Objects with an attempt under way, and what the agent told of them meanwhile.
    busy: Mutex<HashMap<Key, Option<ObjectStatus>>>,
    /// Objects of which the server holds a later wish than the row had, with the version that it holds.
    ahead: Mutex<HashMap<Key, Generation>>,
    /// Objects that the server holds and that have no row.
    unknown: Mutex<Vec<Differing>>,
    /// An older database was put back, and was not yet held against the server.
    unmet: AtomicBool,
    events: watch::Sender<u64>,
    reserved: Reserved,
    turns: AtomicU64,
    stop: CancellationToken,
}

impl Panel {
    /// A panel over its database, its agent and its kinds. Nothing is driven before [`crate::drive`].
    /// When `stop` is cancelled, those who wait for the host are answered with what is known.
    pub fn new(store: Store, agents: Agents, registry: Registry, stop: CancellationToken) -> Self {
        Self {
            inner: Arc::new(Inner {
                store,
                agents,
                registry,
                schedule: Schedule::new(),
                waiters: Arc::default(),
                causes: Mutex::default(),
                asked: Mutex::default(),
                busy: Mutex::default(),
                ahead: Mutex::default(),
                unknown: Mutex::default(),
                unmet: AtomicBool::new(false),
                events: watch::Sender::new(0),
                reserved: Reserved::default(),
                turns: AtomicU64::new(0),
                stop,
            }),
        }
    }

    /// The database.
    pub fn store(&self) -> &Store {
        &self.inner.store
    }

    /// The agent, for whoever waits for an answer.
    pub fn agent(&self) -> &Peer {
        &self.inner.agents.people
    }

    /// The agent, for attempts.
    pub(crate) fn driver_agent(&self) -> &Peer {
        &self.inner.agents.driver
    }

    /// All kinds of objects.
    pub fn registry(&self) -> &Registry {
        &self.inner.registry
    }

    /// The time.
    pub fn now(&self) -> Micros {
        Micros::now()
    }

    /// Moves whenever events were written; the number means nothing.
    pub fn events_moved(&self) -> watch::Receiver<u64> {
        self.inner.events.subscribe()
    }

    /// Says that events were written.
    pub fn events_written(&self) {
        self.inner.events.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Has the object looked at now.
    pub fn wake(&self, key: Key) {
        self.inner.schedule.wake(key);
    }

    /// Objects that are scheduled or being worked on.
    pub fn scheduled(&self) -> usize {
        self.inner.schedule.len()
    }

    pub(crate) fn schedule(&self) -> &Schedule<Key> {
        &self.inner.schedule
    }

    pub(crate) fn waiters(&self) -> &Arc<Waiters> {
        &self.inner.waiters
    }

    pub(crate) fn reserved(&self) -> &Reserved {
        &self.inner.reserved
    }

    /// Cancelled when the panel stops.
    pub(crate) fn stop(&self) -> &CancellationToken {
        &self.inner.stop
    }

    /// How often an object became ready or went.
    pub(crate) fn turns(&self) -> u64 {
        self.inner.turns.load(Ordering::SeqCst)
    }

    /// An object became ready, or went; said before those who wait are looked up.
    pub(crate) fn turned(&self) {
        self.inner.turns.fetch_add(1, Ordering::SeqCst);
    }

    /// Remembers who caused the next attempt, for the agent's log.
    pub(crate) fn caused(&self, key: Key, cause: Cause) {
        self.inner.causes.lock().unwrap_or_else(PoisonError::into_inner).insert(key, cause);
    }

    pub(crate) fn cause(&self, key: &Key) -> Cause {
        let causes = self.inner.causes.lock().unwrap_or_else(PoisonError::into_inner);
        let own = || Cause { actor: "system".to_owned(), request_id: String::new() };
        causes.get(key).cloned().unwrap_or_else(own)
    }

    pub(crate) fn forget_cause(&self, key: &Key) {
        self.inner.causes.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }

    /// Ends with the next attempt that begins from now on, whatever comes of it.
    pub(crate) fn next_attempt(&self, key: Key) -> oneshot::Receiver<()> {
        let (end, ended) = oneshot::channel();
        let mut asked = self.inner.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.entry(key).or_default().push(end);
        ended
    }

    /// Those who wait for the end of the attempt that begins now. They are told by dropping them.
    pub(crate) fn asked(&self, key: &Key) -> Vec<oneshot::Sender<()>> {
        let mut asked = self.inner.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.remove(key).unwrap_or_default()
    }

    /// The server holds this version of the object, which is later than the row's, or another of the same.
    pub(crate) fn is_ahead(&self, key: Key, held: Generation) {
        self.inner.ahead.lock().unwrap_or_else(PoisonError::into_inner).insert(key, held);
    }

    /// What the server holds of an object whose row is at `generation`, where that is not behind it. A row that was lifted since is not.
    pub(crate) fn ahead_of(&self, key: &Key, generation: Generation) -> Option<Generation> {
        let ahead = self.inner.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        ahead.get(key).copied().filter(|held| *held >= generation)
    }

    /// Only these are ahead.
    pub(crate) fn are_ahead(&self, all: HashMap<Key, Generation>) {
        *self.inner.ahead.lock().unwrap_or_else(PoisonError::into_inner) = all;
    }

    /// What the server holds without a row.
    pub(crate) fn are_unknown(&self, all: Vec<Differing>) {
        *self.inner.unknown.lock().unwrap_or_else(PoisonError::into_inner) = all;
    }

    /// The object has a row, or is gone.
    pub(crate) fn is_known(&self, key: &Key) {
        let mut unknown = self.inner.unknown.lock().unwrap_or_else(PoisonError::into_inner);
        unknown.retain(|object| object.id != key.id);
    }

    /// The name and kind of an object without a row that stands on an account or a pool of this name.
    pub(crate) fn unknown_on(&self, kind: &str, name: &str) -> Option<(String, String)> {
        let unknown = self.inner.unknown.lock().unwrap_or_else(PoisonError::into_inner);
        let found = unknown.iter().find(|object| object.stands_on(kind, name))?;
        Some((found.kind.clone(), found.name.clone()))
    }

    /// From now on nothing is changed before the database was held against the server.
    pub fn put_back(&self) {
        self.inner.unmet.store(true, Ordering::SeqCst);
    }

    pub(crate) fn is_unmet(&self) -> bool {
        self.inner.unmet.load(Ordering::SeqCst)
    }

    pub(crate) fn met(&self) {
        self.inner.unmet.store(false, Ordering::SeqCst);
    }

    /// Marks the object as being worked on until the mark is dropped.
    pub(crate) fn busy(&self, key: &Key) -> Busy {
        self.inner.busy.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone(), None);
        Busy { panel: self.clone(), key: key.clone() }
    }

    /// Keeps what the agent told of an object until the attempt that is under way has ended; gives it back where there is none.
    pub(crate) fn keep_while_busy(&self, key: &Key, told: ObjectStatus) -> Option<ObjectStatus> {
        match self.inner.busy.lock().unwrap_or_else(PoisonError::into_inner).get_mut(key) {
            Some(kept) => {
                *kept = Some(told);
                None
            }
            None => Some(told),
        }
    }
}

/// See [`Panel::busy`].
pub(crate) struct Busy {
    panel: Panel,
    key: Key,
}

impl Busy {
    /// Ends the mark; what the agent told of the object meanwhile.
    pub(crate) fn end(self) -> Option<ObjectStatus> {
        self.take()
    }

    fn take(&self) -> Option<ObjectStatus> {
        self.panel.inner.busy.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key).flatten()
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.take();
    }
}
