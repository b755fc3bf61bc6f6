//! `/etc/holdfast/panel.toml`: what is needed before the database is open. An unknown key is refused.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use egress_spec::Bounds;
use names::{Hostname, ListenAddr};
use serde::Deserialize;

/// Where the file is.
pub const PATH: &str = "/etc/holdfast/panel.toml";
/// Names another file, for tests.
pub const PATH_VARIABLE: &str = "HOLDFAST_PANEL_CONFIG";

/// The port of HTTPS.
const HTTPS: u16 = 443;

/// The settings, each with its default.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The name by which people reach the panel; it stands in links.
    pub hostname: Option<Hostname>,
    /// What a new server's web server listens on.
    pub web_listen: Vec<ListenAddr>,
    /// What it listens on for HTTPS; none given: port 443 of the addresses of `web_listen`. An empty list: nothing.
    pub web_listen_tls: Option<Vec<ListenAddr>>,
    /// Requests per second that one network may make in the long run; ten files of the browser panel are one.
    pub requests_per_second: NonZeroU32,
    /// Requests that one network may make at once.
    pub requests_burst: NonZeroU32,
    /// The database's file.
    pub database: PathBuf,
    /// The agent's socket.
    pub agent_socket: PathBuf,
    /// The probe's socket.
    pub probe_socket: PathBuf,
    /// Egress's socket.
    pub egress_socket: PathBuf,
    /// Whom egress may speak to, so that the panel refuses at once what egress would refuse.
    pub egress_bounds: PathBuf,
}

impl Default for Config {
    fn default() -> Self {
        let listen = |text: &str| text.parse::<ListenAddr>().ok();
        Self {
            hostname: None,
            web_listen: ["0.0.0.0:80", "[::]:80"].into_iter().filter_map(listen).collect(),
            web_listen_tls: None,
            requests_per_second: NonZeroU32::new(50).unwrap_or(NonZeroU32::MIN),
            requests_burst: NonZeroU32::new(200).unwrap_or(NonZeroU32::MIN),
            database: PathBuf::from("/var/lib/holdfast/holdfast.db"),
            agent_socket: PathBuf::from("/run/holdfast/agent.sock"),
            probe_socket: PathBuf::from("/run/holdfast-probe/probe.sock"),
            egress_socket: PathBuf::from("/run/holdfast-egress/egress.sock"),
            egress_bounds: PathBuf::from(egress_spec::PATH),
        }
    }
}

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file is there and cannot be read.
    #[error("{path} cannot be read", path = path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file holds something else than settings.
    #[error("{path}", path = path.display())]
    Parse {
        /// The file.
        path: PathBuf,
        /// Where and why.
        #[source]
        source: Box<toml::de::Error>,
    },
}

impl Config {
    /// Reads the file; without one, the defaults hold.
    pub fn read() -> Result<Self, ConfigError> {
        let path = std::env::var_os(PATH_VARIABLE).map_or_else(|| PathBuf::from(PATH), PathBuf::from);
        Self::read_from(&path)
    }

    /// Reads one file; without it, the defaults hold.
    pub fn read_from(path: &Path) -> Result<Self, ConfigError> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(source) => return Err(ConfigError::Read { path: path.to_owned(), source }),
        };
        toml::from_str(&text)
            .map_err(|source| ConfigError::Parse { path: path.to_owned(), source: Box::new(source) })
    }

    /// What a new server's web server listens on for HTTPS.
    pub fn listen_tls(&self) -> Vec<ListenAddr> {
        if let Some(listen_tls) = &self.web_listen_tls {
            return listen_tls.clone();
        }
        let mut listen_tls = Vec::new();
        for address in self.web_listen.iter().filter_map(|listen| ListenAddr::new(listen.ip(), HTTPS).ok()) {
            // an address may have been given for several ports, or for this one
            if !listen_tls.contains(&address) && !self.web_listen.contains(&address) {
                listen_tls.push(address);
            }
        }
        listen_tls
    }

    /// Whom egress may speak to. A file that cannot be used opens nothing here and keeps egress from starting; the panel itself goes on.
    pub fn bounds(&self) -> Bounds {
        let read = || -> anyhow::Result<Bounds> {
            match std::fs::read_to_string(&self.egress_bounds) {
                Ok(text) => Ok(Bounds::new(toml::from_str(&text)?)?),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Bounds::default()),
                Err(error) => Err(error.into()),
            }
        };
        read().unwrap_or_else(|error| {
            tracing::error!(path = %self.egress_bounds.display(), error = format!("{error:#}"), "the bounds of egress cannot be used");
            Bounds::default()
        })
    }
}

#[cfg(test)]
mod tests;
