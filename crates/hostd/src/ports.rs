//! Who listens on a TCP port of this server, read from `/proc`.
//!
//! Sockets are those of PID 1's network (`/proc/1/net/tcp{,6}`); the process that holds one is found by the socket's
//! inode among its descriptors. A holder outside this server's view (another container on the same network) has none.

use std::collections::BTreeMap;

use crate::error::HostError;
use crate::files::Files;

/// A port that is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listener {
    /// The port.
    pub port: u16,
    /// The process that holds it, if it can be seen.
    pub holder: Option<Holder>,
}

/// A process that listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Its number.
    pub pid: u32,
    /// Its name, at most 15 bytes.
    pub name: String,
    /// The unit that it belongs to, if any.
    pub unit: Option<String>,
}

impl Listener {
    /// Does this unit listen there?
    pub fn is_of(&self, unit: &str) -> bool {
        self.holder.as_ref().is_some_and(|holder| holder.unit.as_deref() == Some(unit))
    }

    /// Does PID 1 listen there, for a socket unit?
    pub fn is_of_pid_1(&self) -> bool {
        self.holder.as_ref().is_some_and(|holder| holder.pid == 1)
    }

    /// For people.
    pub fn holder_text(&self) -> String {
        match &self.holder {
            None => "a process that cannot be seen from here".to_owned(),
            Some(Holder { pid, name, unit: Some(unit) }) => format!("{name} (process {pid} of {unit})"),
            Some(Holder { pid, name, unit: None }) => format!("{name} (process {pid})"),
        }
    }
}

/// Those of `ports` that somebody listens on, in ascending order, one holder each.
pub fn listeners(files: &Files, ports: &[u16]) -> Result<Vec<Listener>, HostError> {
    let mut inodes: BTreeMap<u64, u16> = BTreeMap::new();
    for table in ["/proc/1/net/tcp", "/proc/1/net/tcp6"] {
        let text = files.read(table)?.unwrap_or_default();
        let listening = String::from_utf8_lossy(&text).lines().filter_map(listening).collect::<Vec<_>>();
        inodes.extend(listening.into_iter().filter(|(_, port)| ports.contains(port)));
    }
    let mut found: BTreeMap<u16, Option<Holder>> = inodes.values().map(|port| (*port, None)).collect();
    if !found.is_empty() {
        for (name, _) in files.list("/proc")? {
            let Ok(pid) = name.parse::<u32>() else { continue };
            for port in ports_of(files, pid, &inodes)? {
                let holder = found.entry(port).or_default();
                // the master comes before its workers, which hold the same sockets
                if holder.as_ref().is_none_or(|known| pid < known.pid) {
                    *holder = Some(holder_of(files, pid)?);
                }
            }
        }
    }
    Ok(found.into_iter().map(|(port, holder)| Listener { port, holder }).collect())
}

/// Inode and port of a line of `tcp` or `tcp6` whose socket listens (state 0A; proc(5)).
fn listening(line: &str) -> Option<(u64, u16)> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let (local, state, inode) = (fields.get(1)?, fields.get(3)?, fields.get(9)?);
    let port = u16::from_str_radix(local.rsplit_once(':')?.1, 16).ok()?;
    (*state == "0A").then_some((inode.parse().ok()?, port))
}

fn ports_of(files: &Files, pid: u32, inodes: &BTreeMap<u64, u16>) -> Result<Vec<u16>, HostError> {
    let dir = format!("/proc/{pid}/fd");
    // processes come and go: one that is gone holds nothing
    let Some(entries) = unless_gone(files.list(&dir))? else { return Ok(Vec::new()) };
    let mut ports = Vec::new();
    for (fd, _) in entries {
        let target = unless_gone(files.read_link(&format!("{dir}/{fd}")))?.flatten();
        let inode = target
            .as_deref()
            .and_then(|t| t.strip_prefix("socket:[")?.strip_suffix(']')?.parse::<u64>().ok());
        ports.extend(inode.and_then(|inode| inodes.get(&inode)));
    }
    Ok(ports)
}

fn holder_of(files: &Files, pid: u32) -> Result<Holder, HostError> {
    let text = |name: &str| {
        let bytes = unless_gone(files.read(&format!("/proc/{pid}/{name}")))?.flatten().unwrap_or_default();
        Ok::<_, HostError>(String::from_utf8_lossy(&bytes).into_owned())
    };
    Ok(Holder { pid, name: text("comm")?.trim().to_owned(), unit: unit_of(&text("cgroup")?) })
}

/// The unit whose cgroup a process is in, by `/proc/PID/cgroup`.
fn unit_of(cgroup: &str) -> Option<String> {
    let path = cgroup.lines().find_map(|line| line.strip_prefix("0::"))?;
    let is_unit =
        |part: &&str| part.rsplit_once('.').is_some_and(|(_, kind)| matches!(kind, "service" | "scope"));
    path.split('/').rfind(is_unit).map(str::to_owned)
}

fn unless_gone<T>(result: Result<T, HostError>) -> Result<Option<T>, HostError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.is_crash() => Err(error),
        Err(_) => Ok(None),
    }
}

#[cfg(test)]
mod tests;
