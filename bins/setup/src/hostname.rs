//! The name by which people reach the panel, where the command line gives none.

use anyhow::{Context, Result};
use hostd::Host;
use names::Hostname;

/// Where the name that was chosen is kept.
const PANEL_TOML: &str = "/etc/holdfast/panel.toml";

/// The name that was chosen before, else this server's own.
pub(crate) fn known(host: &Host) -> Result<Hostname> {
    let chosen = host.files().read_text(PANEL_TOML)?.as_deref().and_then(chosen);
    chosen.map_or_else(|| own(host), Ok)
}

/// The name in the panel's settings. A file that cannot be read is told by the panel, which needs it.
fn chosen(text: &str) -> Option<Hostname> {
    let settings: toml::Table = toml::from_str(text).ok()?;
    Hostname::parse(settings.get("hostname")?.as_str()?).ok()
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

#[cfg(test)]
mod tests;
