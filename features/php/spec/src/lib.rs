//! What the panel asks of a PHP pool: one php-fpm master that runs as the tenant and sleeps while nobody asks.

use converge::{Kind, Spec};
use names::{AccountName, ByteSize, PhpVersion, PoolId, PoolName};
use serde::{Deserialize, Serialize};

/// A pool as it should be on the host: an account's PHP of one version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PoolSpec {
    /// Names the unit pair, the socket and the configuration file; account and version are part of it.
    pub name: PoolName,
    /// Whose pool it is; must be the account in `name`.
    pub account: AccountName,
    /// The PHP version; must be the version in `name`.
    pub version: PhpVersion,
    /// Workers at most, 1 to 500.
    pub max_children: u16,
    /// `memory_limit` of each request, in bytes.
    pub memory_limit: ByteSize,
    /// The largest upload, in bytes; `post_max_size` is the same.
    pub upload_limit: ByteSize,
    /// The pool answers nothing and holds no process.
    #[serde(default)]
    pub suspended: bool,
}

impl Spec for PoolSpec {
    const KIND: Kind = "pool";
    const APPLY: &'static str = "holdfast.php1.ApplyPool";
    type Key = PoolId;
}

#[cfg(test)]
mod tests;
