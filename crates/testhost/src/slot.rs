//! A slot: one of the 64 places for a server on this machine, with its addresses, names and directory.
//!
//! A slot is held by a lock on a file, which the kernel lets go when its holder dies. So a slot whose directory exists
//! and whose lock is free is what a killed process left behind; it is cleared before it is used again.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use crate::cgroup::Cgroup;
use crate::error::Doing;
use crate::network::{self, SLOTS};
use crate::overlay::Overlay;
use crate::state::State;
use crate::{Error, network::Addresses};

const TOP: &str = "/var/tmp/holdfast-testhost";

/// A place held by this process.
#[derive(Debug)]
pub(crate) struct Slot {
    index: u8,
    /// Held for its lock.
    _lock: File,
}

impl Slot {
    /// Takes a free slot, and clears what killed processes left in it and in others.
    pub(crate) fn acquire() -> Result<Self, Error> {
        reap()?;
        for index in 0..SLOTS {
            if let Some(slot) = Self::try_take(index)? {
                fs::create_dir_all(slot.dir()).doing(|| format!("make {}", slot.dir().display()))?;
                return Ok(slot);
            }
        }
        Err(Error::NoFreeSlot(SLOTS))
    }

    /// Takes the slot of a persistent server, to end it.
    pub(crate) fn of_persistent(index: u8) -> Result<Self, Error> {
        let lock = open_lock(index)?;
        lock.lock().doing(|| format!("lock slot {index}"))?;
        Ok(Self { index, _lock: lock })
    }

    /// Takes this slot if nobody holds it and no persistent server runs in it; it is clean then.
    fn try_take(index: u8) -> Result<Option<Self>, Error> {
        let lock = open_lock(index)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(Error::io(format!("lock slot {index}"), error)),
        }
        if let Some(state) = State::read(&dir_of(index))?
            && state.supervisor.is_alive()?
        {
            return Ok(None);
        }
        let slot = Self { index, _lock: lock };
        slot.clear()?;
        Ok(Some(slot))
    }

    pub(crate) fn index(&self) -> u8 {
        self.index
    }

    pub(crate) fn dir(&self) -> PathBuf {
        dir_of(self.index)
    }

    /// The machine's name for `systemd-nspawn`.
    pub(crate) fn machine(&self) -> String {
        machine_of(self.index)
    }

    pub(crate) fn addresses(&self) -> Addresses {
        Addresses::of_slot(self.index)
    }

    pub(crate) fn cgroup(&self) -> Result<Cgroup, Error> {
        Self::cgroup_of(self.index)
    }

    pub(crate) fn cgroup_of(index: u8) -> Result<Cgroup, Error> {
        Cgroup::named(&format!("holdfast-testhost-{index}"))
    }

    /// Ends every process of the slot and removes all that was made for it.
    pub(crate) fn clear(&self) -> Result<(), Error> {
        let dir = self.dir();
        let cgroup = self.cgroup()?;
        cgroup.kill()?;
        let overlay = Overlay::below(&dir);
        forget_locks_of_nspawn(overlay.root(), &self.machine());
        overlay.remove()?;
        network::remove_interface(&network::interface_of(&self.machine()))?;
        cgroup.remove()?;
        match fs::remove_dir_all(&dir) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(Error::io(format!("remove {}", dir.display()), error))
            }
            _ => Ok(()),
        }
    }
}

/// Clears what killed processes left behind: servers that nobody holds and that are not persistent.
pub fn reap() -> Result<(), Error> {
    if !rustix::process::geteuid().is_root() {
        return Err(Error::NotRoot);
    }
    match fs::DirBuilder::new().mode(0o700).create(TOP) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            return Err(Error::io(format!("make {TOP}"), error));
        }
        _ => {}
    }
    for index in used()? {
        Slot::try_take(index)?;
    }
    Ok(())
}

/// The slots with a persistent server that runs.
pub(crate) fn persistent() -> Result<Vec<(u8, State)>, Error> {
    let mut found = Vec::new();
    for index in used()? {
        if let Some(state) = State::read(&dir_of(index))?
            && state.supervisor.is_alive()?
        {
            found.push((index, state));
        }
    }
    Ok(found)
}

/// Refuses a directory that others than root made or may change: what lies in it is mounted, entered and removed by root, and
/// anybody may make a name in `/var/tmp`.
fn require_roots_own(dir: &Path) -> Result<(), Error> {
    let metadata = match fs::symlink_metadata(dir) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Error::io(format!("look at {}", dir.display()), error)),
    };
    let roots =
        metadata.is_dir() && metadata.uid() == 0 && metadata.gid() == 0 && metadata.mode() & 0o022 == 0;
    if roots {
        return Ok(());
    }
    let why = "it is no directory that root made and root alone may change: see what it is, and remove it";
    Err(Error::Path { path: dir.to_owned(), why })
}

/// The slots that have a directory.
fn used() -> Result<Vec<u8>, Error> {
    require_roots_own(Path::new(TOP))?;
    let entries = match fs::read_dir(TOP) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::io(format!("list {TOP}"), error)),
    };
    let mut slots = Vec::new();
    for entry in entries {
        let entry = entry.doing(|| format!("list {TOP}"))?;
        if let Some(index) = entry.file_name().to_str().and_then(|name| name.parse().ok())
            && index < SLOTS
        {
            slots.push(index);
        }
    }
    Ok(slots)
}

/// `systemd-nspawn` removes these only when it ends by itself.
fn forget_locks_of_nspawn(root: &Path, machine: &str) {
    // Leftovers of a few bytes: a failure here must not keep the rest from being cleared.
    if let Ok(metadata) = fs::metadata(root) {
        let lock = format!("/run/systemd/nspawn/locks/inode-{}:{}", metadata.dev(), metadata.ino());
        let _ = fs::remove_file(lock);
    }
    let _ = fs::remove_dir(format!("/run/systemd/nspawn/propagate/{machine}"));
}

fn open_lock(index: u8) -> Result<File, Error> {
    require_roots_own(Path::new(TOP))?;
    let path = Path::new(TOP).join(format!("{index}.lock"));
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .doing(|| format!("open {}", path.display()))
}

fn dir_of(index: u8) -> PathBuf {
    Path::new(TOP).join(index.to_string())
}

fn machine_of(index: u8) -> String {
    format!("hft{index}")
}

#[cfg(test)]
mod tests;
