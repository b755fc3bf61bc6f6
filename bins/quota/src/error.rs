//! What can go wrong with a quota.

use std::io;

use hostd::HostError;
use hostfs::HostFsError;

/// What can go wrong with a quota.
#[derive(Debug, thiserror::Error)]
pub(crate) enum QuotaError {
    /// The file system, or this server, has not what a limit needs.
    #[error("{0}")]
    Lacking(String),
    /// A file or directory.
    #[error("{what}")]
    Io {
        /// What was done, or to what.
        what: String,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// Our own directory.
    #[error("write what was seen")]
    Files(#[source] HostFsError),
    /// `agent.toml`.
    #[error("read the bounds")]
    Bounds(#[source] HostError),
    /// The file with the limits is not as the agent writes it.
    #[error("{path}: {reason}")]
    File {
        /// Which.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// quotactl(2) said no.
    #[error("{what} by quotactl on {device}")]
    Kernel {
        /// What was asked.
        what: &'static str,
        /// The block device.
        device: String,
        /// The cause.
        #[source]
        source: nix::errno::Errno,
    },
    /// The program `btrfs` ended with an error.
    #[error("`btrfs {call}`: {said}")]
    Program {
        /// Its arguments.
        call: String,
        /// What it said.
        said: String,
    },
    /// The kernel holds another limit than the one that was just set.
    #[error("the kernel holds {held:?} as the limit of {what}, and {wanted:?} was set")]
    NotHeld {
        /// Of what.
        what: &'static str,
        /// What was set.
        wanted: Option<u64>,
        /// What is there.
        held: Option<u64>,
    },
}

impl QuotaError {
    pub(crate) fn io(what: impl Into<String>, source: io::Error) -> Self {
        Self::Io { what: what.into(), source }
    }

    /// The error and its causes in one line.
    pub(crate) fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            text.push_str(": ");
            text.push_str(&error.to_string());
            cause = error.source();
        }
        text
    }
}
