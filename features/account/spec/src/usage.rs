//! What an account takes on the disk.

use names::AccountName;
use serde::{Deserialize, Serialize};
use wire::{Access, Method};

/// Adds up what lies in the account's home; the account's worker counts, the agent only asks it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GetUsage {
    /// Whose home.
    pub account: AccountName,
}

/// The reply of [`GetUsage`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Disk space taken, in bytes (blocks, a hard-linked file once).
    pub bytes: u64,
    /// Files, directories and links.
    pub entries: u64,
    /// The count stopped at its limit of entries or time; the figures are lower bounds.
    pub truncated: bool,
}

impl Method for GetUsage {
    const NAME: &'static str = "holdfast.account1.GetUsage";
    const ACCESS: Access = Access::Read;
    type Reply = Usage;
}
