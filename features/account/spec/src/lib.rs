//! What the panel asks of an account: one Linux user, one tenant.

mod quota;
mod uids;
mod usage;

use std::ops::RangeInclusive;

use converge::{Kind, Spec};
use names::{AccountId, AccountName, CryptHash, SshPublicKey, Uid};
use serde::{Deserialize, Serialize};

pub use quota::{QUOTA_FILES, QUOTA_SEEN, QuotaFile, QuotaKind, QuotaList, QuotaSeen};
pub use uids::{ListUids, UIDS_PAGE, UidNote, UidPage};
pub use usage::{AccountUsage, GetUsage, Held, ListUsage, Measured, Usage, UsagePage};

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

/// Limits of all that an account runs, and of what it keeps on the disk.
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
    /// Disk space, in bytes (1 MiB to 1 PiB); none: no limit. Held by the file system's quota where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disk_bytes: Option<u64>,
    /// Files, directories and links (100 to 1,000,000,000); none: no limit. Held where the file system counts them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inodes: Option<u64>,
}

impl Limits {
    /// The disk space that an account may be limited to, in bytes.
    pub const DISK_BYTES: RangeInclusive<u64> = 1 << 20..=1 << 50;
    /// The files, directories and links that an account may be limited to.
    pub const INODES: RangeInclusive<u64> = 100..=1_000_000_000;
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            cpu_percent: 100,
            memory_bytes: 1 << 30,
            tasks: 128,
            io_weight: 100,
            disk_bytes: None,
            inodes: None,
        }
    }
}

impl Spec for AccountSpec {
    const KIND: Kind = "account";
    const APPLY: &'static str = "holdfast.account1.ApplyAccount";
    type Key = AccountId;
}

#[cfg(test)]
mod tests;
