//! What an account takes on the disk.

use names::{AccountId, AccountName};
use serde::{Deserialize, Serialize};
use wire::{Access, Method};

/// What the account's home takes: by the file system's quota where it counts, and else added up by the account's worker, which the agent
/// only asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GetUsage {
    /// Whose home.
    pub account: AccountName,
}

/// Who counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measured {
    /// The account's worker, file by file.
    #[default]
    Worker,
    /// The file system.
    Quota,
}

/// Which limits of the disk this server can hold for an account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Disk space.
    pub disk: bool,
    /// Files, directories and links.
    pub inodes: bool,
    /// What is not held, why, and what to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Held {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// The reply of [`GetUsage`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Disk space taken, in bytes (blocks, a hard-linked file once).
    pub bytes: u64,
    /// Files, directories and links; none where the file system counted and does not count these.
    pub entries: Option<u64>,
    /// The count stopped at its limit of entries or time; the figures are lower bounds.
    pub truncated: bool,
    /// Who counted.
    #[serde(default, skip_serializing_if = "is_worker")]
    pub measured_by: Measured,
    /// Which limits are held.
    #[serde(default, skip_serializing_if = "Held::is_default")]
    pub held: Held,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference over")]
fn is_worker(measured: &Measured) -> bool {
    *measured == Measured::Worker
}

impl Method for GetUsage {
    const NAME: &'static str = "holdfast.account1.GetUsage";
    const ACCESS: Access = Access::Read;
    type Reply = Usage;
}

/// What all accounts take, as far as the file system counts; no worker is asked. One page, in the order of ids.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListUsage {
    /// Those after this account; none: from the first on.
    #[serde(default)]
    pub after: Option<AccountId>,
}

/// One account of a [`UsagePage`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountUsage {
    /// Which.
    pub account: AccountId,
    /// The figures; none where the file system does not count: [`GetUsage`] has them counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
}

/// The reply of [`ListUsage`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsagePage {
    /// Some accounts.
    pub accounts: Vec<AccountUsage>,
    /// There are more after the last of them.
    pub more: bool,
}

impl ListUsage {
    /// Accounts on a page.
    pub const PAGE: usize = 1000;
}

impl Method for ListUsage {
    const NAME: &'static str = "holdfast.account1.ListUsage";
    const ACCESS: Access = Access::Read;
    type Reply = UsagePage;
}
