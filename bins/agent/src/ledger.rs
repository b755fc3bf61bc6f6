//! The ledger on disk: one file per object, `ledger/<kind>/<key>.json` below the agent's state directory, and the same
//! entries in memory, so that a sweep over ten thousand objects reads no file.
//!
//! A `save` that returned is on disk (written aside, synced, renamed, directory synced). A file that cannot be read is
//! set aside in [`Ledger::unreadable`] and holds up nothing else; it stays where it is for a person to look at.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use converge::{Entry, LedgerError, LedgerStore, Spec};
use hostd::{Host, HostError};

#[cfg(test)]
mod tests;

/// Where the ledger lies.
pub(crate) const LEDGER: &str = "/var/lib/holdfast-agent/ledger";

/// The version of the document that this agent writes.
const VERSION: u32 = 1;

type Shelf = BTreeMap<String, Arc<dyn Any + Send + Sync>>;

/// The ledger of this host.
pub(crate) struct Ledger {
    host: Arc<Host>,
    shelves: Mutex<BTreeMap<&'static str, Shelf>>,
    unreadable: Mutex<BTreeMap<String, String>>,
}

impl Ledger {
    /// Opens the ledger of a host; entries are read when a kind is first asked for.
    pub(crate) fn open(host: Arc<Host>) -> Self {
        Self { host, shelves: Mutex::default(), unreadable: Mutex::default() }
    }

    /// Files that could not be read, with the reason.
    pub(crate) fn unreadable(&self) -> BTreeMap<String, String> {
        self.unreadable.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn shelves(&self) -> MutexGuard<'_, BTreeMap<&'static str, Shelf>> {
        self.shelves.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with_shelf<S: Spec, T>(&self, act: impl FnOnce(&mut Shelf) -> T) -> Result<T, LedgerError> {
        let mut kinds = self.shelves();
        if !kinds.contains_key(S::KIND) {
            kinds.insert(S::KIND, self.read_all::<S>()?);
        }
        Ok(act(kinds.entry(S::KIND).or_default()))
    }

    fn read_all<S: Spec>(&self) -> Result<Shelf, LedgerError> {
        let directory = format!("{LEDGER}/{}", S::KIND);
        let mut found = Shelf::new();
        for (name, _) in self.host.files().list(&directory).map_err(|e| lost(&e))? {
            let Some(key) = name.strip_suffix(".json") else { continue };
            let path = format!("{directory}/{name}");
            match self.read_one::<S>(&path, key) {
                Ok(entry) => {
                    found.insert(key.to_owned(), Arc::new(entry));
                }
                Err(reason) => {
                    tracing::error!(path, reason, "a ledger file cannot be read; it is left alone");
                    self.unreadable.lock().unwrap_or_else(PoisonError::into_inner).insert(path, reason);
                }
            }
        }
        Ok(found)
    }

    fn read_one<S: Spec>(&self, path: &str, key: &str) -> Result<Entry<S>, String> {
        let bytes = self.host.files().read(path).map_err(|e| e.chain())?.ok_or("it is gone")?;
        let entry: Entry<S> = serde_json::from_slice(&bytes).map_err(|e| e.to_string())?;
        if entry.version != VERSION {
            return Err(format!("version {} is not one that this agent knows", entry.version));
        }
        if entry.scope.to_string() != key {
            return Err(format!("it holds object {}, which is not its name", entry.scope));
        }
        Ok(entry)
    }
}

fn lost(error: &HostError) -> LedgerError {
    LedgerError { message: error.chain(), full: error.is_disk_full() }
}

fn typed<S: Spec>(entry: &Arc<dyn Any + Send + Sync>) -> Option<Arc<Entry<S>>> {
    Arc::clone(entry).downcast().ok()
}

impl LedgerStore for Ledger {
    fn load<S: Spec>(&self, scope: &S::Key) -> Result<Option<Arc<Entry<S>>>, LedgerError> {
        let key = scope.to_string();
        self.with_shelf::<S, _>(|shelf| shelf.get(&key).and_then(typed::<S>))
    }

    fn save<S: Spec>(&self, entry: Entry<S>) -> Result<(), LedgerError> {
        let key = entry.scope.to_string();
        let path = format!("{LEDGER}/{}/{key}.json", S::KIND);
        let mut text = serde_json::to_vec(&entry).map_err(|e| LedgerError::new(e.to_string()))?;
        text.push(b'\n');
        self.with_shelf::<S, _>(|_| ())?;
        let files = self.host.files();
        let write = || files.write(&path, &text, 0o600, (0, 0));
        let written = write().or_else(|error| {
            if !error.is_not_found() {
                return Err(error);
            }
            files.ensure_dirs(&format!("{LEDGER}/{}", S::KIND), 0o700, (0, 0))?;
            write()
        });
        written.map_err(|e| lost(&e))?;
        self.with_shelf::<S, _>(|shelf| {
            shelf.insert(key, Arc::new(entry));
        })
    }

    fn forget<S: Spec>(&self, scope: &S::Key) -> Result<(), LedgerError> {
        let key = scope.to_string();
        let path = format!("{LEDGER}/{}/{key}.json", S::KIND);
        self.host.files().remove(&path).map_err(|e| lost(&e))?;
        self.with_shelf::<S, _>(|shelf| {
            shelf.remove(&key);
        })
    }

    fn list<S: Spec>(&self) -> Result<Vec<Arc<Entry<S>>>, LedgerError> {
        self.with_shelf::<S, _>(|shelf| shelf.values().filter_map(typed::<S>).collect())
    }
}
