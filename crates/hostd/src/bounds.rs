//! `agent.toml`: what no call can widen.

use std::net::IpAddr;

use hostfs::FileKind;
use names::UidRange;
use serde::{Deserialize, Serialize};

use crate::error::HostError;
use crate::files::Files;

/// Where the file lies.
pub const BOUNDS_PATH: &str = "/etc/holdfast/agent.toml";

/// The bounds within which the agent acts, from `/etc/holdfast/agent.toml`.
///
/// The file is root's and belongs to the administrator; Holdfast never writes it after set-up, and no call reads or
/// changes it. A missing file or key means the default. An unknown key, a file that is not root's, or one that others
/// than root may write, is refused, and the agent does not start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Bounds {
    /// The directory that holds the accounts' homes. Absolute, without links. Default `/home`.
    pub homes: String,
    /// The user ids (and group ids) that accounts may have: `{ first = 20000, last = 59999 }` by default, both ends
    /// included, within 1000 to 59999 (lower ones are the system's, higher ones systemd's).
    pub uids: UidRange,
    /// The addresses that a site's own listeners may name. Empty (the default): all addresses of this server, and no
    /// others by name.
    pub listen: Vec<IpAddr>,
    /// The users that may call the agent, by name. Default `root` and `holdfast`; an empty list means nobody.
    pub callers: Vec<String>,
    /// What happens to a managed file that was edited by hand.
    pub drift: DriftPolicy,
    /// Most that an account may be given, whatever its package says.
    pub account: AccountBounds,
    /// How the agent works.
    pub work: WorkBounds,
}

/// What happens to a managed file that was edited by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum DriftPolicy {
    /// The edit stays, the object turns `degraded`, and a person decides. The default.
    #[default]
    Hold,
    /// A copy of the edit is kept, and the file is written again.
    Enforce,
}

/// Most that an account may be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AccountBounds {
    /// Memory, in MiB. Default 65536.
    pub memory_mib: u64,
    /// CPU time in per cent of one core. Default 6400.
    pub cpu_percent: u32,
    /// Processes and threads. Default 4096.
    pub tasks: u32,
    /// The highest limit of disk space, in MiB. Default 1073741824 (1 PiB). An account without a limit has none by this.
    pub disk_mib: u64,
    /// The highest limit of files, directories and links. Default 1000000000. An account without a limit has none by this.
    pub inodes: u64,
}

/// How the agent works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WorkBounds {
    /// Connections to the agent's socket at a time. Default 64, 5 to 1024: four of them are kept for root.
    pub connections: u32,
    /// Seconds between two sweeps over all objects. Default 600, at least 10.
    pub sweep_seconds: u32,
    /// Seconds after which a PHP pool without a request is stopped. Default 600, at least 10.
    pub pool_idle_seconds: u32,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            homes: "/home".to_owned(),
            uids: UidRange::default(),
            listen: Vec::new(),
            callers: vec!["root".to_owned(), "holdfast".to_owned()],
            drift: DriftPolicy::default(),
            account: AccountBounds::default(),
            work: WorkBounds::default(),
        }
    }
}

impl Default for AccountBounds {
    fn default() -> Self {
        Self {
            memory_mib: 65_536,
            cpu_percent: 6_400,
            tasks: 4_096,
            disk_mib: 1 << 30,
            inodes: 1_000_000_000,
        }
    }
}

impl Default for WorkBounds {
    fn default() -> Self {
        Self { connections: 64, sweep_seconds: 600, pool_idle_seconds: 600 }
    }
}

impl Bounds {
    /// Reads the file of this host. `owner` is root's uid, except in tests.
    pub(crate) fn load(files: &Files, owner: u32) -> Result<Self, HostError> {
        let refuse = |reason: String| HostError::Bounds { path: BOUNDS_PATH.to_owned(), reason };
        let Some(meta) = files.stat(BOUNDS_PATH)? else { return Ok(Self::default()) };
        if meta.kind != FileKind::File {
            return Err(refuse("it is not a regular file; put the file itself there".to_owned()));
        }
        if meta.uid != owner {
            return Err(refuse(format!("it belongs to user {}; make it root's (chown root)", meta.uid)));
        }
        if meta.mode & 0o022 != 0 {
            return Err(refuse(format!("mode {:04o} lets others than root write it; chmod 0644", meta.mode)));
        }
        let text = files.read_text(BOUNDS_PATH)?.unwrap_or_default();
        Self::parse(&text).map_err(refuse)
    }

    /// The bounds of this machine, for a program that has no use for the rest of a host.
    pub fn of_this_machine() -> Result<Self, HostError> {
        let files = Files::new(hostfs::Dir::open("/")?, std::sync::Arc::default());
        Self::load(&files, 0)
    }

    /// Parses the text of the file.
    pub fn parse(text: &str) -> Result<Self, String> {
        let bounds: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        bounds.check()?;
        Ok(bounds)
    }

    fn check(&self) -> Result<(), String> {
        let plain = self
            .homes
            .strip_prefix('/')
            .is_some_and(|rest| rest.split('/').all(|c| !matches!(c, "" | "." | "..")));
        // the value stands in nginx, PHP and unit files
        let harmless = self.homes.bytes().all(|b| b.is_ascii_alphanumeric() || b"/_-.".contains(&b));
        if !plain || !harmless {
            return Err("homes: an absolute path of letters, digits and /_-. is expected, such as \"/home\""
                .to_owned());
        }
        if let Some(bad) = self.callers.iter().find(|name| name.is_empty()) {
            return Err(format!("callers: {bad:?} is no user name"));
        }
        in_range("account.memory_mib", self.account.memory_mib, 16, 1 << 24)?;
        in_range("account.cpu_percent", self.account.cpu_percent.into(), 1, 1_000_000)?;
        in_range("account.tasks", self.account.tasks.into(), 8, 4_194_304)?;
        in_range("account.disk_mib", self.account.disk_mib, 1, 1 << 30)?;
        in_range("account.inodes", self.account.inodes, 100, 1_000_000_000)?;
        in_range("work.connections", self.work.connections.into(), 5, 1024)?;
        in_range("work.sweep_seconds", self.work.sweep_seconds.into(), 10, 86_400)?;
        in_range("work.pool_idle_seconds", self.work.pool_idle_seconds.into(), 10, 86_400)
    }

    /// The home of an account.
    pub fn home(&self, account: &names::AccountName) -> String {
        format!("{}/{account}", self.homes)
    }
}

fn in_range(key: &str, value: u64, low: u64, high: u64) -> Result<(), String> {
    if (low..=high).contains(&value) {
        Ok(())
    } else {
        Err(format!("{key}: {value} is not between {low} and {high}"))
    }
}

#[cfg(test)]
mod tests;
