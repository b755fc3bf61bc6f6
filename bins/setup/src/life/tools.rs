//! The programs that a backup, a restore and an upgrade call.

use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use hostd::{Host, HostError};
use names::Digest;
use serde::{Deserialize, Serialize};

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
}
