//! What differs between distributions: packages, units, paths. One file each, in `packaging/profiles`, built in.

use names::PhpVersion;
use serde::Deserialize;

use crate::error::HostError;
use crate::files::Files;
use crate::os_release::OsRelease;
use crate::unit::{MaskedUnit, Role};

const BUILT_IN: [(&str, &str); 2] = [
    ("debian12.toml", include_str!("../../../packaging/profiles/debian12.toml")),
    ("debian13.toml", include_str!("../../../packaging/profiles/debian13.toml")),
];

/// One distribution in one version.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Which one it is.
    pub distribution: Distribution,
    /// Its PHP.
    pub php: Php,
    /// Its web server.
    pub web: Web,
    /// Its SSH server.
    pub ssh: Ssh,
    role: Roles,
}

/// Which distribution a profile is for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Distribution {
    /// `ID` of os-release.
    pub id: String,
    /// `VERSION_ID` of os-release.
    pub version: String,
    /// The name of its release.
    pub codename: String,
}

/// How PHP is laid out.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Php {
    /// The versions that sites may choose, oldest first.
    pub versions: Vec<PhpVersion>,
    /// The version of a site that chooses none.
    pub default: PhpVersion,
    /// Path of php-fpm; `{version}` stands for the version.
    fpm: String,
    /// Directory of php-fpm's settings; `{version}` stands for the version.
    config: String,
}

impl Php {
    /// May a site choose this version here?
    pub fn offers(&self, version: PhpVersion) -> bool {
        self.versions.contains(&version)
    }

    /// Absolute path of the php-fpm binary.
    pub fn fpm_path(&self, version: PhpVersion) -> String {
        self.fpm.replace("{version}", &version.to_string())
    }

    /// Absolute path of the directory with this version's php-fpm settings (`php.ini`, `conf.d`).
    pub fn config_path(&self, version: PhpVersion) -> String {
        self.config.replace("{version}", &version.to_string())
    }
}

/// How the web server is laid out.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Web {
    /// The group that the web server's workers run as.
    pub group: String,
    /// The web server's own configuration file, which we never write.
    pub main_config: String,
    /// The directory whose `*.conf` files it includes at the level of `http`.
    pub include_dir: String,
    /// The directory of the sites that are not ours.
    pub sites_dir: String,
    /// How HTTP/2 is switched on.
    pub http2: Http2,
}

/// How nginx is told to speak HTTP/2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Http2 {
    /// By a word of `listen`: all there was before nginx 1.25.1, which warns of it.
    Listen,
    /// By the directive `http2`.
    Directive,
}

/// How the SSH server is laid out.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ssh {
    /// The SSH server's own configuration file, which we never write.
    pub main_config: String,
    /// The directory whose `*.conf` files it includes.
    pub include_dir: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Roles {
    web: RoleProfile,
}

/// What a role needs.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleProfile {
    /// The packages, by the distribution's names; the first is what the role stands on.
    pub packages: Vec<String>,
    /// Units of these packages that must never run; masked before they are installed.
    pub mask: Vec<MaskedUnit>,
    /// Memory that it takes while nothing is served, in MiB; none where nobody measured it.
    #[serde(default)]
    pub memory_mib: Option<u64>,
}

impl Profile {
    /// The profile of this host, by `os-release`.
    pub fn of_host(files: &Files) -> Result<Self, HostError> {
        // /etc/os-release is a link to this one
        let text = match files.read_lossy("/usr/lib/os-release")? {
            Some(text) => text,
            None => files.read_lossy("/etc/os-release")?.unwrap_or_default(),
        };
        Self::for_os(&OsRelease::parse(&text))
    }

    /// The profile of a distribution.
    pub fn for_os(os: &OsRelease) -> Result<Self, HostError> {
        for profile in Self::all()? {
            if profile.distribution.id == os.id && profile.distribution.version == os.version_id {
                return Ok(profile);
            }
        }
        let found = if os.pretty_name.is_empty() {
            format!("{:?} {:?}", os.id, os.version_id)
        } else {
            os.pretty_name.clone()
        };
        Err(HostError::UnknownDistribution { found })
    }

    /// All built-in profiles.
    pub fn all() -> Result<Vec<Self>, HostError> {
        BUILT_IN.into_iter().map(|(name, text)| parse(name, text)).collect()
    }

    /// What a role needs on this distribution.
    pub fn role(&self, role: Role) -> &RoleProfile {
        match role {
            Role::Web => &self.role.web,
        }
    }
}

fn parse(name: &'static str, text: &str) -> Result<Profile, HostError> {
    let fail = |reason: String| HostError::Profile { name, reason };
    let profile: Profile = toml::from_str(text).map_err(|error| fail(error.to_string()))?;
    if !profile.php.offers(profile.php.default) {
        return Err(fail("the default PHP version is none of those offered".to_owned()));
    }
    Ok(profile)
}

#[cfg(test)]
mod tests;
