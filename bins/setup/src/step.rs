//! The steps of set-up, in words.

use converge::{Describe, Impact};
use hostd::{MaskedUnit, OwnUnit, Role};
use names::Hostname;

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// Make system users and groups.
    Users {
        /// Those that are missing.
        missing: Vec<String>,
    },
    /// Make directories, or set their mode and owner.
    Directories {
        /// Those that are missing or differ.
        wrong: Vec<String>,
    },
    /// Write a file that is missing.
    Write {
        /// Which one.
        file: NewFile,
    },
    /// Set mode and owner of a credential.
    Protect {
        /// Absolute path.
        path: &'static str,
    },
    /// Write another name into the panel's settings.
    Rename {
        /// The name.
        name: Hostname,
        /// The whole file.
        content: String,
        /// The panel runs and has read the old one.
        stop_panel: bool,
    },
    /// Write where sessions of SFTP find the homes.
    SessionHomes {
        /// Absolute path.
        path: &'static str,
        /// What it holds.
        content: String,
    },
    /// Make the panel's certificate.
    Certificate {
        /// Why a new one is made.
        why: &'static str,
        /// The panel runs and has read the old one.
        stop_panel: bool,
    },
    /// Write a drop-in of one of our units.
    DropIn {
        /// Absolute path.
        path: &'static str,
        /// What it holds.
        content: String,
    },
    /// Remove a drop-in that is no longer needed.
    NoDropIn {
        /// Absolute path.
        path: &'static str,
    },
    /// Make systemd read its units again.
    ReadUnits {
        /// The agent runs, with the sandbox of before.
        restart_agent: bool,
    },
    /// Stop a distribution's unit that must not run.
    StopForeign(MaskedUnit),
    /// Make a distribution's unit impossible to start.
    Mask(MaskedUnit),
    /// Install the packages of a role.
    Packages {
        /// The role.
        role: Role,
        /// The packages that are missing.
        missing: Vec<String>,
    },
    /// Disable Debian's default site.
    DefaultSite,
    /// Start the web server at boot.
    EnableNginx,
    /// Start the web server.
    StartNginx,
    /// Start a unit of ours at boot.
    Enable(OwnUnit),
    /// Start a unit of ours.
    Start(OwnUnit),
    /// Stop a unit of ours, since its socket cannot come up while it runs.
    Stop(OwnUnit),
}

/// A file that set-up writes once and never again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NewFile {
    /// The agent's bounds.
    AgentToml,
    /// The panel's settings.
    PanelToml,
    /// The key of sealed columns.
    SealKey,
}

impl NewFile {
    /// Absolute path.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::AgentToml => hostd::BOUNDS_PATH,
            Self::PanelToml => crate::panel_toml::PATH,
            Self::SealKey => "/etc/holdfast/credentials/seal.key",
        }
    }
}

/// Where the panel's certificate and key lie.
pub(crate) const CERTIFICATE: &str = "/etc/holdfast/credentials/tls.pem";

impl Describe for Step {
    fn code(&self) -> &'static str {
        match self {
            Self::Users { .. } => "users.make",
            Self::Directories { .. } => "directories.make",
            Self::Write { .. } | Self::Rename { .. } | Self::SessionHomes { .. } => "file.write",
            Self::Protect { .. } => "file.protect",
            Self::DropIn { .. } => "drop_in.write",
            Self::NoDropIn { .. } => "drop_in.remove",
            Self::ReadUnits { .. } => "units.read",
            Self::Certificate { .. } => "certificate.make",
            Self::Packages { .. } => "packages.install",
            Self::DefaultSite => "nginx.default_site",
            Self::Mask(_) => "unit.mask",
            Self::EnableNginx | Self::Enable(_) => "unit.enable",
            Self::StartNginx | Self::Start(_) => "unit.start",
            Self::StopForeign(_) | Self::Stop(_) => "unit.stop",
        }
    }

    fn summary(&self) -> String {
        match self {
            Self::Users { missing } => format!("make {}", missing.join(", ")),
            Self::Directories { wrong } => format!("make or protect {}", few(wrong, "directories")),
            Self::Write { file } => format!("write {}", file.path()),
            Self::Rename { name, .. } => format!("write the name {name} into {}", crate::panel_toml::PATH),
            Self::Protect { path } => format!("make {path} root's alone"),
            Self::DropIn { path, .. } | Self::SessionHomes { path, .. } => format!("write {path}"),
            Self::NoDropIn { path } => format!("remove {path}"),
            Self::ReadUnits { restart_agent: false } => "make systemd read its units again".to_owned(),
            Self::ReadUnits { restart_agent: true } => {
                "make systemd read its units again, and restart the agent".to_owned()
            }
            Self::Certificate { why, .. } => format!("make a self-signed certificate: {why}"),
            Self::StopForeign(unit) => format!("stop {unit}"),
            Self::Mask(unit) => format!("mask {unit}"),
            Self::Packages { role, missing } => {
                format!("install {} of role {role}", few(missing, "packages"))
            }
            Self::DefaultSite => {
                "disable Debian's default site (its file stays in sites-available)".to_owned()
            }
            Self::EnableNginx => "start nginx.service at boot".to_owned(),
            Self::StartNginx => "start nginx.service".to_owned(),
            Self::Enable(unit) => format!("start {unit} at boot"),
            Self::Start(unit) => format!("start {unit}"),
            Self::Stop(unit) => format!("stop {unit}"),
        }
    }

    fn impact(&self) -> Impact {
        match self {
            Self::StopForeign(_)
            | Self::Stop(_)
            | Self::ReadUnits { restart_agent: true }
            | Self::Rename { stop_panel: true, .. }
            | Self::Certificate { stop_panel: true, .. } => Impact::Restart,
            Self::DefaultSite => Impact::Reload,
            _ => Impact::None,
        }
    }

    fn path(&self) -> Option<&str> {
        match self {
            Self::Write { file } => Some(file.path()),
            Self::Rename { .. } => Some(crate::panel_toml::PATH),
            Self::Protect { path }
            | Self::DropIn { path, .. }
            | Self::SessionHomes { path, .. }
            | Self::NoDropIn { path } => Some(path),
            Self::Certificate { .. } => Some(CERTIFICATE),
            Self::DefaultSite => Some(crate::preflight::DEFAULT_SITE_LINK),
            _ => None,
        }
    }
}

/// Few names in full, many by their number.
fn few(names: &[String], what: &str) -> String {
    if names.len() <= 4 { names.join(", ") } else { format!("{} {what}", names.len()) }
}
