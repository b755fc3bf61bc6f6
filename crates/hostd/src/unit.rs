//! The units that the privileged side may name.
//!
//! Starting a unit as root is being root, so a unit is named by one of these enums and never by a string. There is no
//! way to start a transient unit. The agent's features see [`Unit`] alone; [`OwnUnit`] and [`MaskedUnit`] are for
//! set-up, behind [`crate::SetupSystemd`].

use std::fmt;
use std::str::FromStr;

pub use names::NodeRole as Role;
use names::{AccountName, PhpVersion, PoolName, Uid};
use serde::Deserialize;

use crate::systemd::Signal;

/// A unit that the agent may start, stop, reload, enable and ask about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Unit {
    /// The web server.
    Nginx,
    /// The test of the staged nginx tree; a start that ends well means that nginx accepts it.
    NginxCheck,
    /// The test of the staged pool file of one PHP version.
    PhpCheck(PhpVersion),
    /// The socket of a pool; PID 1 listens, the first request starts the service.
    PhpPoolSocket(PoolName),
    /// The php-fpm master of a pool, run as the tenant.
    PhpPoolService(PoolName),
    /// The socket on which the agent reaches an account's worker.
    WorkerSocket(AccountName),
    /// The worker of an account, run as the tenant.
    Worker(AccountName),
    /// The slice below which everything of an account runs.
    AccountSlice(AccountName),
    /// The SSH server; reloaded when the SFTP rules change.
    Ssh,
    /// The installation of a role's packages.
    Packages(Role),
    /// The disk limits of the account with this user id, set and read back.
    Quota(Uid),
    /// A look at the disk limits and the usage of all accounts; changes nothing.
    QuotaList,
}

impl Unit {
    /// The unit's full name.
    pub fn name(&self) -> String {
        match self {
            Self::Nginx => "nginx.service".to_owned(),
            Self::NginxCheck => "holdfast-nginx-check.service".to_owned(),
            Self::PhpCheck(version) => format!("holdfast-php-check@{version}.service"),
            Self::PhpPoolSocket(pool) => format!("holdfast-php-{pool}.socket"),
            Self::PhpPoolService(pool) => format!("holdfast-php-{pool}.service"),
            Self::WorkerSocket(account) => format!("holdfast-worker@{account}.socket"),
            Self::Worker(account) => format!("holdfast-worker@{account}.service"),
            Self::AccountSlice(account) => format!("holdfast-{account}.slice"),
            Self::Ssh => "ssh.service".to_owned(),
            Self::Packages(role) => format!("holdfast-packages@{role}.service"),
            Self::Quota(uid) => format!("holdfast-quota@{uid}.service"),
            Self::QuotaList => "holdfast-quota-list.service".to_owned(),
        }
    }

    /// Where the rendered unit file lies; none for units that a package brings.
    pub fn rendered_path(&self) -> Option<String> {
        match self {
            Self::PhpPoolSocket(_) | Self::PhpPoolService(_) | Self::AccountSlice(_) => {
                Some(format!("{UNIT_DIR}/{}", self.name()))
            }
            _ => None,
        }
    }
}

impl Unit {
    /// The signal by which the unit's main process reads its configuration again; none where its own unit knows better.
    ///
    /// nginx's unit starts a second nginx for it, which reads the whole configuration only to send this signal. What
    /// we have it load was tested right before.
    pub(crate) fn reload_signal(&self) -> Option<Signal> {
        matches!(self, Self::Nginx).then_some(Signal::Hup)
    }

    /// Where the link lies that starts the unit at boot, and what it points to; for the sockets that are ours.
    pub(crate) fn boot_link(&self) -> Option<(String, String)> {
        let target = match self {
            Self::PhpPoolSocket(_) => format!("{UNIT_DIR}/{}", self.name()),
            Self::WorkerSocket(_) => "/usr/lib/systemd/system/holdfast-worker@.socket".to_owned(),
            _ => return None,
        };
        Some((format!("sockets.target.wants/{}", self.name()), target))
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

/// Where rendered unit files and drop-ins lie.
pub const UNIT_DIR: &str = "/etc/systemd/system";

/// Our own services and sockets, which set-up enables and `doctor` looks at. The agent never touches them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum OwnUnit {
    /// The panel.
    PanelService,
    /// The panel's sockets.
    PanelSocket,
    /// The agent.
    AgentService,
    /// The agent's socket.
    AgentSocket,
    /// The probe.
    ProbeService,
    /// The probe's socket.
    ProbeSocket,
    /// Egress.
    EgressService,
    /// Egress's socket.
    EgressSocket,
}

impl OwnUnit {
    /// All of them, sockets before the services that inherit them.
    pub const ALL: [Self; 8] = [
        Self::AgentSocket,
        Self::ProbeSocket,
        Self::EgressSocket,
        Self::PanelSocket,
        Self::AgentService,
        Self::ProbeService,
        Self::EgressService,
        Self::PanelService,
    ];

    /// The unit's full name.
    pub fn name(self) -> &'static str {
        match self {
            Self::PanelService => "holdfast-panel.service",
            Self::PanelSocket => "holdfast-panel.socket",
            Self::AgentService => "holdfast-agent.service",
            Self::AgentSocket => "holdfast-agent.socket",
            Self::ProbeService => "holdfast-probe.service",
            Self::ProbeSocket => "holdfast-probe.socket",
            Self::EgressService => "holdfast-egress.service",
            Self::EgressSocket => "holdfast-egress.socket",
        }
    }
}

impl fmt::Display for OwnUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A unit whose figures are shown: ours, and those of the distribution that sites and their owners stand on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ServiceUnit {
    /// One of our own.
    Own(OwnUnit),
    /// The web server.
    Nginx,
    /// The SSH server.
    Ssh,
    /// The server's log.
    Journal,
    /// What runs at set times.
    Cron,
}

impl ServiceUnit {
    /// All of them, in the order in which they are shown.
    pub fn all() -> impl Iterator<Item = Self> {
        let own = [
            OwnUnit::PanelService,
            OwnUnit::AgentService,
            OwnUnit::EgressService,
            OwnUnit::ProbeService,
            OwnUnit::PanelSocket,
            OwnUnit::AgentSocket,
            OwnUnit::EgressSocket,
            OwnUnit::ProbeSocket,
        ];
        [Self::Nginx, Self::Ssh].into_iter().chain(own.map(Self::Own)).chain([Self::Cron, Self::Journal])
    }

    /// The unit's full name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Own(unit) => unit.name(),
            Self::Nginx => "nginx.service",
            Self::Ssh => "ssh.service",
            Self::Journal => "systemd-journald.service",
            Self::Cron => "cron.service",
        }
    }

    /// What it is for, in words.
    pub fn what(self) -> &'static str {
        match self {
            Self::Nginx => "the web server of all sites",
            Self::Ssh => "SSH and SFTP",
            Self::Journal => "the server's log",
            Self::Cron => "what runs at set times",
            Self::Own(OwnUnit::PanelService) => "the panel: its pages and its API",
            Self::Own(OwnUnit::PanelSocket) => "where the panel listens",
            Self::Own(OwnUnit::AgentService) => "the agent, which does what the panel asks for",
            Self::Own(OwnUnit::AgentSocket) => "where the agent listens",
            Self::Own(OwnUnit::ProbeService) => "looks at the sites as a visitor does; runs when it is asked",
            Self::Own(OwnUnit::ProbeSocket) => "starts the probe",
            Self::Own(OwnUnit::EgressService) => {
                "speaks to other servers for the panel; runs when it is asked"
            }
            Self::Own(OwnUnit::EgressSocket) => "starts egress",
        }
    }
}

/// A distribution's unit that must never run here, masked by set-up before its package is installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub enum MaskedUnit {
    /// The distribution's php-fpm, whose default pool runs as the web server's user.
    PhpFpm(PhpVersion),
    /// Apache, which would take the web server's port.
    Apache,
}

impl MaskedUnit {
    /// The unit's full name.
    pub fn name(self) -> String {
        match self {
            Self::PhpFpm(version) => format!("php{version}-fpm.service"),
            Self::Apache => "apache2.service".to_owned(),
        }
    }
}

impl fmt::Display for MaskedUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

impl FromStr for MaskedUnit {
    type Err = UnknownMaskedUnit;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        if s == "apache2.service" {
            return Ok(Self::Apache);
        }
        let version = s.strip_prefix("php").and_then(|rest| rest.strip_suffix("-fpm.service"));
        version.and_then(|v| v.parse().ok()).map(Self::PhpFpm).ok_or(UnknownMaskedUnit)
    }
}

impl TryFrom<String> for MaskedUnit {
    type Error = UnknownMaskedUnit;

    fn try_from(s: String) -> Result<Self, Self::Error> {
        s.parse()
    }
}

/// A name that is none of a unit that set-up masks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a unit that set-up may mask: php<version>-fpm.service and apache2.service are")]
pub struct UnknownMaskedUnit;

/// A set of units that is listed by one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UnitSet {
    /// Every pool's socket and service.
    Pools,
    /// Every account's worker and its socket.
    Workers,
    /// Every account's slice.
    Slices,
    /// All units of ours.
    Holdfast,
}

impl UnitSet {
    /// The pattern as systemd matches it (fnmatch).
    pub fn pattern(self) -> &'static str {
        match self {
            Self::Pools => "holdfast-php-*",
            Self::Workers => "holdfast-worker@*",
            Self::Slices => "holdfast-*.slice",
            Self::Holdfast => "holdfast-*",
        }
    }

    /// Does a unit of this name belong to the set?
    pub fn contains(self, name: &str) -> bool {
        let Some(rest) = name.strip_prefix("holdfast-") else { return false };
        match self {
            // the instances of holdfast-php-check@ match the pattern too
            Self::Pools => rest.starts_with("php-") && !rest.contains('@'),
            Self::Workers => rest.starts_with("worker@"),
            Self::Slices => name_suffix(rest) == "slice",
            Self::Holdfast => true,
        }
    }
}

/// What a unit is, by the end of its name: `service`, `socket`, `slice`.
pub(crate) fn name_suffix(name: &str) -> &str {
    name.rsplit_once('.').map_or("", |(_, suffix)| suffix)
}

#[cfg(test)]
mod tests;
