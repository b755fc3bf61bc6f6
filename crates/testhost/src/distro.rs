//! The distributions that a server can be, and what their profile says about them.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

use crate::Error;

/// A distribution that Holdfast supports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Distro {
    /// Debian 12 (bookworm): systemd 252, PHP 8.2.
    Debian12,
    /// Debian 13 (trixie): systemd 257, PHP 8.4.
    Debian13,
}

/// The part of a distribution's profile that an image needs.
#[derive(Debug, Deserialize)]
pub(crate) struct Profile {
    pub(crate) role: BTreeMap<String, Role>,
}

/// The packages of one role, and the units that are masked before they are installed.
#[derive(Debug, Deserialize)]
pub(crate) struct Role {
    pub(crate) packages: Vec<String>,
    #[serde(default)]
    pub(crate) mask: Vec<String>,
}

impl Distro {
    /// All of them, oldest first.
    pub const ALL: [Self; 2] = [Self::Debian12, Self::Debian13];

    /// The name used on command lines: `debian12`, `debian13`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Debian12 => "debian12",
            Self::Debian13 => "debian13",
        }
    }

    /// The suite of the archive: `bookworm`, `trixie`.
    pub fn codename(self) -> &'static str {
        match self {
            Self::Debian12 => "bookworm",
            Self::Debian13 => "trixie",
        }
    }

    /// The PHP version of the distribution's own packages: `8.2`, `8.4`.
    pub fn php(self) -> &'static str {
        match self {
            Self::Debian12 => "8.2",
            Self::Debian13 => "8.4",
        }
    }

    pub(crate) fn profile(self) -> Result<Profile, Error> {
        let text = match self {
            Self::Debian12 => include_str!("../../../packaging/profiles/debian12.toml"),
            Self::Debian13 => include_str!("../../../packaging/profiles/debian13.toml"),
        };
        toml::from_str(text).map_err(|source| Error::Profile { distro: self.name(), source })
    }
}

impl fmt::Display for Distro {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Distro {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::ALL
            .into_iter()
            .find(|distro| distro.name() == text)
            .ok_or_else(|| Error::UnknownDistro(text.to_owned()))
    }
}

#[cfg(test)]
mod tests;
