//! The name by which people reach the panel, where the command line gives none.

use anyhow::{Context, Result};
use hostd::Host;
use names::Hostname;

use crate::panel_toml;

/// The name that was chosen before, else this server's own.
pub(crate) fn known(host: &Host) -> Result<Hostname> {
    let chosen = host.files().read_text(panel_toml::PATH)?.as_deref().and_then(panel_toml::hostname);
    chosen.map_or_else(|| own(host), Ok)
}

/// The name that the kernel knows, in full where `/etc/hosts` tells it.
fn own(host: &Host) -> Result<Hostname> {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let hosts = host.files().read_text("/etc/hosts")?.unwrap_or_default();
    let start = format!("{name}.");
    let full = hosts
        .lines()
        .filter_map(|line| line.split('#').next())
        .flat_map(|line| line.split_whitespace().skip(1))
        .find(|word| word.starts_with(&start));
    Hostname::parse(full.unwrap_or(&name))
        .context("this server's name cannot be used: call set-up with --hostname NAME")
}
