//! What the agent and the quota unit tell each other by files.
//!
//! The agent renders [`QuotaFile`], one per account, and starts the unit. The unit alone asks the kernel; it writes a [`QuotaList`]:
//! of one account after it set its limits, of all where it was only asked to look.

use std::collections::BTreeMap;

use names::{AccountName, Uid};
use serde::{Deserialize, Serialize};

/// Where the agent renders the wanted limits.
pub const QUOTA_FILES: &str = "/etc/holdfast/quota";
/// Where the unit writes what it saw.
pub const QUOTA_SEEN: &str = "/run/holdfast-quota";

/// The wanted limits of one account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuotaFile {
    /// Whose home.
    pub account: AccountName,
    /// Disk space in bytes; none: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disk_bytes: Option<u64>,
    /// Files, directories and links; none: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inodes: Option<u64>,
}

impl QuotaFile {
    /// Where the file of a user id lies.
    pub fn path(uid: Uid) -> String {
        format!("{QUOTA_FILES}/{uid}.toml")
    }
}

/// How the file system of the homes counts and limits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuotaKind {
    /// It does not, or not now: no limit can be held.
    #[default]
    None,
    /// User quotas (ext4, xfs): space and inodes.
    User,
    /// btrfs, whose quotas nobody needed yet; the first limit of an account turns them on.
    BtrfsOff,
    /// btrfs with simple quotas: space of each home that is a subvolume, with all subvolumes made in it.
    BtrfsSimple,
    /// btrfs with full qgroups: space of each home that is a subvolume; subvolumes that a tenant makes in it are not counted.
    BtrfsFull,
}

impl QuotaKind {
    /// Is it btrfs, where a home must be a subvolume?
    pub fn is_btrfs(self) -> bool {
        matches!(self, Self::BtrfsOff | Self::BtrfsSimple | Self::BtrfsFull)
    }

    /// A limit of disk space as the kernel keeps it: user quotas count in KiB.
    pub fn as_kept(self, bytes: u64) -> u64 {
        if self == Self::User { bytes / 1024 * 1024 } else { bytes }
    }
}

/// What the kernel holds of one account.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuotaSeen {
    /// It counts what the home takes. On btrfs: the account's qgroup is there, and the home is the one subvolume in it.
    pub counted: bool,
    /// The limit of disk space in bytes.
    pub disk_bytes: Option<u64>,
    /// The limit of files, directories and links.
    pub inodes: Option<u64>,
    /// Disk space taken, in bytes.
    pub used_bytes: Option<u64>,
    /// Files, directories and links; none where the file system does not count them.
    pub used_inodes: Option<u64>,
}

/// What the unit saw.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuotaList {
    /// The file system of the homes, as the kernel names it.
    pub filesystem: String,
    /// How it counts.
    pub kind: QuotaKind,
    /// Why it does not, and what to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lacking: Option<String>,
    /// What could not be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// By user id.
    pub accounts: BTreeMap<u32, QuotaSeen>,
}
