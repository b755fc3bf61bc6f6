//! A site: names that lead to a document root of an account.

use converge::{Kind, Spec};
use names::{AccountName, BodySize, DomainName, IndexOrder, PoolName, RelPath, SiteId};
use serde::{Deserialize, Serialize};

/// A site as it should be on the host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SiteSpec {
    /// Whose site it is.
    pub account: AccountName,
    /// All names that lead here, the primary one first; never empty, no name twice.
    pub names: Vec<DomainName>,
    /// The document root, below the account's home.
    pub docroot: RelPath,
    /// The pool that runs its PHP; none: PHP files are not run and not shown.
    pub pool: Option<PoolName>,
    /// The largest request body; a setting of its own.
    #[serde(default)]
    pub body_size: Option<BodySize>,
    /// The order of index files; a setting of its own.
    #[serde(default)]
    pub index: Option<IndexOrder>,
    /// Answers 503 with a plain page.
    #[serde(default)]
    pub suspended: bool,
}

impl SiteSpec {
    /// The site has settings of its own, and so a server block of its own; all others share one.
    pub fn has_own_block(&self) -> bool {
        self.body_size.is_some() || self.index.is_some()
    }
}

impl Spec for SiteSpec {
    const KIND: Kind = "site";
    const APPLY: &'static str = "holdfast.web1.ApplySite";
    type Key = SiteId;
}
