//! What is written down about a persistent server, so that other processes find it.

use std::fs;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::command::read_if_there;
use crate::error::Doing;

const FILE: &str = "server.json";

/// A persistent server as its slot's directory tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct State {
    pub(crate) name: String,
    pub(crate) distro: String,
    /// The `systemd-nspawn` process.
    pub(crate) supervisor: ProcessId,
    pub(crate) leader: u32,
    pub(crate) root: PathBuf,
    pub(crate) ipv4: Ipv4Addr,
    pub(crate) ipv6: Ipv6Addr,
}

/// A process that a later process with the same number is not taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ProcessId {
    pub(crate) pid: u32,
    /// Start time in clock ticks since boot, field 22 of /proc/pid/stat (proc(5)).
    started: u64,
}

impl ProcessId {
    pub(crate) fn of(pid: u32) -> Result<Self, Error> {
        let started = started(pid)?.ok_or_else(|| {
            Error::io(format!("find process {pid}"), std::io::Error::from(std::io::ErrorKind::NotFound))
        })?;
        Ok(Self { pid, started })
    }

    pub(crate) fn is_alive(self) -> Result<bool, Error> {
        Ok(started(self.pid)? == Some(self.started))
    }
}

/// When a process started; none where there is no such process, or only its exit status is left.
fn started(pid: u32) -> Result<Option<u64>, Error> {
    let Some(stat) = read_if_there(&PathBuf::from(format!("/proc/{pid}/stat")))? else { return Ok(None) };
    // The name may hold spaces and parentheses: fields are counted behind the last one.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    if matches!(fields.first(), Some(&"Z" | &"X")) {
        return Ok(None);
    }
    Ok(fields.get(19).and_then(|ticks| ticks.parse().ok()))
}

impl State {
    pub(crate) fn read(dir: &Path) -> Result<Option<Self>, Error> {
        let Some(text) = read_if_there(&dir.join(FILE))? else { return Ok(None) };
        // Half a file is a leftover of a killed process like any other.
        Ok(serde_json::from_str(&text).ok())
    }

    pub(crate) fn write(&self, dir: &Path) -> Result<(), Error> {
        let text = serde_json::to_vec_pretty(self).map_err(std::io::Error::from);
        let path = dir.join(FILE);
        text.and_then(|text| fs::write(&path, text)).doing(|| format!("write {}", path.display()))
    }
}

#[cfg(test)]
mod tests;
