//! Calls to an account's worker, which runs as the tenant: all that touches the tenant's tree for a site.

use std::time::Duration;

use names::{DomainName, RelPath};
use serde::{Deserialize, Serialize};
use wire::{Access, Method};

/// Makes a document root and, in an empty one, the starter page. What is there already stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MakeDocroot {
    /// Below the account's home.
    pub docroot: RelPath,
    /// The site's primary name, shown on the starter page.
    pub site: DomainName,
    /// The starter page is a PHP page.
    pub php: bool,
}

/// The reply of [`MakeDocroot`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocrootMade {
    /// The directory was not there before.
    pub created: bool,
    /// The starter page was written.
    pub starter: bool,
}

impl Method for MakeDocroot {
    const NAME: &'static str = "holdfast.webworker1.MakeDocroot";
    const ACCESS: Access = Access::Write;
    /// A cold worker takes a second or two on a busy server; nobody waits long for one that its tenant stopped.
    const DEADLINE: Duration = Duration::from_secs(10);
    type Reply = DocrootMade;
}

/// Adds up what lies below a directory of the home.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GetSizes {
    /// Below the account's home; none: the whole home.
    pub below: Option<RelPath>,
}

/// The reply of [`GetSizes`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sizes {
    /// Disk space taken, in bytes (blocks, a hard-linked file once).
    pub bytes: u64,
    /// Files, directories and links.
    pub entries: u64,
    /// The count stopped at its limit of entries or time; the figures are lower bounds.
    pub truncated: bool,
}

impl Method for GetSizes {
    const NAME: &'static str = "holdfast.webworker1.GetSizes";
    const ACCESS: Access = Access::Read;
    const DEADLINE: Duration = Duration::from_secs(15);
    type Reply = Sizes;
}
