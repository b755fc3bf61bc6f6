//! PHP versions, and the pools named after them.

use std::fmt;

use crate::text::text_value;
use crate::{AccountName, NameError};

/// A PHP release branch such as `8.4`; ordered by number, so that `8.10` comes after `8.9`.
///
/// Safe wherever it is rendered: digits, a dot, digits, and in one spelling only (no leading zeros).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PhpVersion {
    major: u8,
    minor: u8,
}

text_value!(PhpVersion, "a PHP version such as 8.4");

impl PhpVersion {
    /// `None` outside 5 to 99 (major) and 0 to 99 (minor).
    pub const fn new(major: u8, minor: u8) -> Option<Self> {
        if major < 5 || major > 99 || minor > 99 { None } else { Some(Self { major, minor }) }
    }

    /// Refuses with `php_version`.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let read = || {
            let (major, minor) = text.split_once('.')?;
            Self::new(number(major)?, number(minor)?)
        };
        read().ok_or_else(|| {
            NameError::new(
                "php_version",
                "this is not a PHP version",
                "write major and minor number, such as 8.4",
            )
        })
    }

    /// 8 of 8.4.
    pub const fn major(self) -> u8 {
        self.major
    }

    /// 4 of 8.4.
    pub const fn minor(self) -> u8 {
        self.minor
    }
}

/// One or two digits without a leading zero.
fn number(text: &str) -> Option<u8> {
    let plain = !text.is_empty() && text.len() <= 2 && text.bytes().all(|b| b.is_ascii_digit());
    let leading = text.len() > 1 && text.starts_with('0');
    if plain && !leading { text.parse().ok() } else { None }
}

impl fmt::Display for PhpVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// The name of a PHP pool: `<account>-<version>`, `alice-8.4`.
///
/// Safe wherever it is rendered: letters and digits, one dash, digits and a dot. It is one path segment, never an option, and in
/// a unit's name it adds no slice (only slices nest by dashes).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PoolName {
    account: AccountName,
    version: PhpVersion,
    text: String,
}

text_value!(PoolName, "a pool name such as alice-8.4");

impl PoolName {
    /// The pool of this account for this version.
    pub fn new(account: AccountName, version: PhpVersion) -> Self {
        let text = format!("{account}-{version}");
        Self { account, version, text }
    }

    /// Refuses with `pool_name`, or with the code of the part that is wrong.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let Some((account, version)) = text.split_once('-') else {
            let remedy = "write account and PHP version, such as alice-8.4";
            return Err(NameError::new("pool_name", "the pool name has no dash", remedy));
        };
        Ok(Self::new(AccountName::parse(account)?, PhpVersion::parse(version)?))
    }

    /// The account that the pool runs as.
    pub const fn account(&self) -> &AccountName {
        &self.account
    }

    /// The PHP version that the pool runs.
    pub const fn version(&self) -> PhpVersion {
        self.version
    }

    /// The canonical text.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for PoolName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl AsRef<str> for PoolName {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

#[cfg(test)]
mod tests;
