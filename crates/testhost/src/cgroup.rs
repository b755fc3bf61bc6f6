//! A cgroup of its own for each server, so that all of its processes can be ended at once and for sure.
//!
//! The container's systemd needs the unified hierarchy. On a machine where it is mounted beside the older ones
//! (below `/sys/fs/cgroup/unified`) that mount is used; `systemd-nspawn` then leaves empty directories in the named
//! hierarchy too, which [`Cgroup::remove`] takes away.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::Error;
use crate::command::read_if_there;
use crate::error::Doing;
use crate::wait::wait_for;

const EMPTY_LIMIT: Duration = Duration::from_secs(20);

/// The cgroup of one server.
#[derive(Debug)]
pub(crate) struct Cgroup {
    unified: PathBuf,
    others: Vec<PathBuf>,
}

impl Cgroup {
    /// The cgroup of this name, at the top of the hierarchies; nothing is made yet.
    pub(crate) fn named(name: &str) -> Result<Self, Error> {
        let mounts = fs::read_to_string("/proc/self/mounts").doing(|| "read /proc/self/mounts".to_owned())?;
        let mut unified = None;
        let mut others = Vec::new();
        for line in mounts.lines() {
            let mut fields = line.split(' ').skip(1);
            match (fields.next(), fields.next()) {
                (Some(path), Some("cgroup2")) if unified.is_none() => {
                    unified = Some(Path::new(path).join(name));
                }
                (Some(path), Some("cgroup")) => others.push(Path::new(path).join(name)),
                _ => {}
            }
        }
        let unified = unified.ok_or(Error::Path {
            path: "/sys/fs/cgroup".into(),
            why: "no unified cgroup hierarchy (cgroup2) is mounted on this machine",
        })?;
        Ok(Self { unified, others })
    }

    pub(crate) fn create(&self) -> Result<(), Error> {
        fs::create_dir_all(&self.unified).doing(|| format!("make {}", self.unified.display()))
    }

    /// The file that a process writes its number to in order to move here.
    pub(crate) fn procs(&self) -> PathBuf {
        self.unified.join("cgroup.procs")
    }

    /// Kills every process in it and waits until none is left; does nothing where there is no such cgroup.
    pub(crate) fn kill(&self) -> Result<(), Error> {
        match fs::write(self.unified.join("cgroup.kill"), "1") {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => {
                return Err(Error::io(format!("end the processes of {}", self.unified.display()), error));
            }
        }
        let events = self.unified.join("cgroup.events");
        wait_for(&format!("the end of all processes in {}", self.unified.display()), EMPTY_LIMIT, || {
            let text = read_if_there(&events)?;
            Ok(text.is_none_or(|text| text.contains("populated 0")).then_some(()))
        })
    }

    /// Removes it and what is below it, in every hierarchy.
    pub(crate) fn remove(&self) -> Result<(), Error> {
        for top in std::iter::once(&self.unified).chain(&self.others) {
            remove_tree(top).doing(|| format!("remove {}", top.display()))?;
        }
        Ok(())
    }
}

/// Removes directories only: the files of a cgroup cannot be unlinked, and go with it.
fn remove_tree(dir: &Path) -> io::Result<()> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            remove_tree(&entry.path())?;
        }
    }
    match fs::remove_dir(dir) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
