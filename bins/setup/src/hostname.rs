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

/// This server's own.
fn own(host: &Host) -> Result<Hostname> {
    let name = hostd::own_hostname(host.files())?;
    Hostname::parse(&name).context("this server's name cannot be used: call set-up with --hostname NAME")
}
