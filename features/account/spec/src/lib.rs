//! What the panel asks of an account: one Linux user, one tenant.

mod uids;
mod usage;

use converge::{Kind, Spec};
use names::{AccountId, AccountName, CryptHash, SshPublicKey, Uid};
use serde::{Deserialize, Serialize};

pub use uids::{ListUids, UIDS_PAGE, UidNote, UidPage};
pub use usage::{GetUsage, Usage};

/// An account as it should be on the host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountSpec {
    /// The name of the user, its group, its home and its slice.
    pub name: AccountName,
    /// The user's and the group's number; chosen by the panel, never used again for another account.
    pub uid: Uid,
    /// What SFTP with a password compares with; none: no password works.
    pub sftp_password: Option<CryptHash>,
    /// Keys that may open SFTP.
    #[serde(default)]
    pub ssh_keys: Vec<SshPublicKey>,
    /// No SFTP, no PHP, no processes.
    #[serde(default)]
    pub suspended: bool,
    /// Limits of all that the account runs.
    pub limits: Limits,
}

/// Limits of an account's slice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Processor time, in per cent of one processor (1 to 100,000).
    pub cpu_percent: u32,
    /// Memory that is never exceeded, in bytes (at least 64 MiB).
    pub memory_bytes: u64,
    /// Processes and threads (8 to 100,000).
    pub tasks: u32,
    /// Share of the disks' throughput, 1 to 10,000; 100 is usual.
    pub io_weight: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { cpu_percent: 100, memory_bytes: 1 << 30, tasks: 128, io_weight: 100 }
    }
}

impl Spec for AccountSpec {
    const KIND: Kind = "account";
    const APPLY: &'static str = "holdfast.account1.ApplyAccount";
    type Key = AccountId;
}

#[cfg(test)]
mod tests;
