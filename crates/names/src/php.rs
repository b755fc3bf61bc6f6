//! PHP versions, the pools named after them, and functions of PHP.

use std::fmt;

use crate::text::{text_inner, text_value};
use crate::{AccountName, NameError, SiteId};

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

/// The name of a PHP pool: `<account>-<version>`, `alice-8.4`, which sites share; or with the id of the one site that has it behind that.
///
/// Safe wherever it is rendered: letters, digits, dashes and a dot. It is one path segment, never an option, and in a unit's name it
/// adds no slice (only slices nest by dashes). At most 74 bytes, so that the path of its socket fits the 108 that a socket's may have.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PoolName {
    account: AccountName,
    version: PhpVersion,
    site: Option<SiteId>,
    text: String,
}

text_value!(PoolName, "a pool name such as alice-8.4");

impl PoolName {
    /// The pool of this account for this version, which its sites share.
    pub fn new(account: AccountName, version: PhpVersion) -> Self {
        let text = format!("{account}-{version}");
        Self { account, version, site: None, text }
    }

    /// The pool of this account for this version that one site has for itself.
    pub fn of_site(account: AccountName, version: PhpVersion, site: SiteId) -> Self {
        let text = format!("{account}-{version}-{site}");
        Self { account, version, site: Some(site), text }
    }

    /// Refuses with `pool_name`, or with the code of the part that is wrong.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let Some((account, rest)) = text.split_once('-') else {
            let remedy = "write account and PHP version, such as alice-8.4";
            return Err(NameError::new("pool_name", "the pool name has no dash", remedy));
        };
        let account = AccountName::parse(account)?;
        match rest.split_once('-') {
            None => Ok(Self::new(account, PhpVersion::parse(rest)?)),
            Some((version, site)) => {
                Ok(Self::of_site(account, PhpVersion::parse(version)?, SiteId::parse(site)?))
            }
        }
    }

    /// The account that the pool runs as.
    pub const fn account(&self) -> &AccountName {
        &self.account
    }

    /// The PHP version that the pool runs.
    pub const fn version(&self) -> PhpVersion {
        self.version
    }

    /// The site that has the pool for itself; none: the account's sites share it.
    pub const fn site(&self) -> Option<SiteId> {
        self.site
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

/// The longest name of a function.
const FUNCTION_LENGTH: usize = 64;

/// The name of a function of PHP, such as `exec`, as `disable_functions` takes it.
///
/// Safe wherever it is rendered: small letters, digits and underscores, never a digit first, 1 to 64 bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PhpFunction(String);

text_value!(PhpFunction, "the name of a function of PHP such as exec");
text_inner!(PhpFunction);

impl PhpFunction {
    /// Refuses with `php_function`.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let fits = |b: u8| b.is_ascii_lowercase() || b == b'_' || b.is_ascii_digit();
        let first = text.bytes().next().is_some_and(|b| !b.is_ascii_digit());
        if !first || text.len() > FUNCTION_LENGTH || !text.bytes().all(fits) {
            let remedy =
                "write small letters, digits and underscores, 64 at most, such as exec or shell_exec";
            return Err(NameError::new("php_function", "this is not the name of a function of PHP", remedy));
        }
        Ok(Self(text.to_owned()))
    }
}

#[cfg(test)]
mod tests;
