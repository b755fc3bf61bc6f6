//! The programs that a backup, a restore and an upgrade call.

use std::net::IpAddr;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use hostd::{Host, HostError};
use names::Digest;
use serde::{Deserialize, Serialize};

use super::package::{self, Package};
use super::visits::{self, Visit};
use crate::error::SetupError;

/// The last entry of an audit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Head {
    /// Its number.
    pub(crate) seq: i64,
    /// Its hash.
    pub(crate) hash: Digest,
}

/// What a panel's program tells of a database file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Facts {
    /// The newest migration that was applied.
    pub(crate) schema: i64,
    /// The newest one that the program knows.
    pub(crate) known: i64,
    /// What SQLite's own check complains about.
    pub(crate) faults: Vec<String>,
    /// Accounts that are to stay.
    pub(crate) accounts: i64,
    /// Sites that are to stay.
    pub(crate) sites: i64,
    /// The servers that it rules.
    pub(crate) nodes: Vec<String>,
    /// The last entry of its audit.
    pub(crate) audit: Option<Head>,
}

/// What a panel's program does with a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act<'a> {
    /// Copies the panel's into a new file.
    Copy(&'a str),
    /// Looks at a file.
    Look(&'a str),
    /// Brings a file to the program's schema.
    Migrate(&'a str),
    /// The same, and writes into the audit that it is put back.
    Restored {
        /// The file.
        file: &'a str,
        /// When it was copied.
        taken_at: &'a str,
    },
}

impl Act<'_> {
    fn arguments(&self) -> Vec<&str> {
        match self {
            Self::Copy(file) => vec!["copy", file],
            Self::Look(file) => vec!["look", file],
            Self::Migrate(file) => vec!["migrate", file],
            Self::Restored { file, taken_at } => vec!["restored", file, taken_at],
        }
    }
}

/// Programs.
pub(crate) trait Tools: Sync {
    /// Has a panel's program do something with a database, as the panel's user.
    fn database(
        &self,
        host: &Host,
        program: &str,
        user: (u32, u32),
        act: Act<'_>,
    ) -> Result<Facts, SetupError>;
    /// What a package file says of itself.
    fn look_into(&self, deb: &Path) -> Result<Package, SetupError>;
    /// What this server runs.
    fn architecture(&self) -> Result<String, SetupError>;
    /// The version that is installed.
    fn installed(&self, host: &Host) -> Result<String, SetupError>;
    /// A lock that another package manager holds.
    fn taken_lock(&self) -> Result<Option<String>, SetupError>;
    /// What is free in the file system of a path, in bytes.
    fn free(&self, path: &Path) -> Result<u64, SetupError>;
    /// Keeps a copy of this very program.
    fn keep_self(&self, to: &Path) -> Result<(), SetupError>;
    /// Unpacks a package, and runs nothing of it.
    fn unpack(&self, deb: &Path, into: &Path) -> Result<(), SetupError>;
    /// Makes a package of what is installed.
    fn again(&self, tree: &Path, deb: &Path) -> Result<(), SetupError>;
    /// Installs a package.
    fn install(&self, host: &Host, deb: &str) -> Result<(), SetupError>;
    /// What sites answer.
    fn visit(&self, addresses: &[IpAddr], sites: &[String]) -> Vec<Visit>;
    /// The first site that does not answer as it did.
    fn first_that_fails(&self, visits: &[Visit]) -> Option<String>;
}

/// This host's own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HostTools;

impl Tools for HostTools {
    fn database(
        &self,
        host: &Host,
        program: &str,
        (uid, gid): (u32, u32),
        act: Act<'_>,
    ) -> Result<Facts, SetupError> {
        let words = act.arguments();
        let failed = || SetupError::host(format!("{program} database {}", words.join(" ")));
        #[expect(clippy::disallowed_methods, reason = "the panel's own program, with typed arguments")]
        let mut command = Command::new(host.on_disk(program));
        let output = command
            .arg("database")
            .args(&words)
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin")
            .current_dir("/")
            .uid(uid)
            .gid(gid)
            .stdin(Stdio::null())
            .output()
            .map_err(|source| failed()(HostError::ToolIo { program: "holdfast-panel", source }))?;
        if !output.status.success() {
            let stderr = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            let code = output.status.code();
            return Err(failed()(HostError::ToolFailed { program: "holdfast-panel", code, stderr }));
        }
        serde_json::from_slice(&output.stdout).map_err(|error| SetupError::Refused {
            reason: format!("{program} database {}: its answer is not understood: {error}", words[0]),
            remedy: "is it of this release?".to_owned(),
        })
    }

    fn look_into(&self, deb: &Path) -> Result<Package, SetupError> {
        package::of(deb)
    }

    fn architecture(&self) -> Result<String, SetupError> {
        package::architecture()
    }

    fn installed(&self, _host: &Host) -> Result<String, SetupError> {
        package::installed()
    }

    fn taken_lock(&self) -> Result<Option<String>, SetupError> {
        let lock = crate::packages::taken_lock().map_err(dpkg_is_odd)?;
        Ok(lock.map(str::to_owned))
    }

    fn free(&self, path: &Path) -> Result<u64, SetupError> {
        let stat = rustix::fs::statvfs(path).map_err(std::io::Error::from).map_err(io("look at the disk"))?;
        Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
    }

    fn keep_self(&self, to: &Path) -> Result<(), SetupError> {
        std::fs::copy("/proc/self/exe", to).map_err(io("keep this program"))?;
        let mode = std::fs::Permissions::from_mode(0o700);
        std::fs::set_permissions(to, mode).map_err(io("keep this program"))
    }

    fn unpack(&self, deb: &Path, into: &Path) -> Result<(), SetupError> {
        package::unpack(deb, into)
    }

    fn again(&self, tree: &Path, deb: &Path) -> Result<(), SetupError> {
        package::again(tree, deb)
    }

    fn install(&self, host: &Host, deb: &str) -> Result<(), SetupError> {
        // The dpkg that a killed upgrade began may be at work still.
        crate::packages::wait_for_locks(|_| Ok(())).map_err(dpkg_is_odd)?;
        package::install(&host.on_disk(deb))
    }

    fn visit(&self, addresses: &[IpAddr], sites: &[String]) -> Vec<Visit> {
        visits::look(addresses, sites)
    }

    fn first_that_fails(&self, visits: &[Visit]) -> Option<String> {
        visits::first_that_fails(visits)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn dpkg_is_odd(error: anyhow::Error) -> SetupError {
    SetupError::Refused { reason: format!("{error:#}"), remedy: "look at dpkg".to_owned() }
}

fn io(doing: &'static str) -> impl FnOnce(std::io::Error) -> SetupError {
    move |source| SetupError::host(doing)(HostError::ToolIo { program: "holdfast-setup", source })
}
