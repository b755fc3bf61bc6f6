//! `/etc/holdfast/panel.toml`: the part of it that set-up reads and writes. The panel is the judge of the whole file.

use hostd::{Files, HostError};
use names::{Hostname, ListenAddr};

/// Where it lies.
pub(crate) const PATH: &str = "/etc/holdfast/panel.toml";

/// The port of HTTPS.
const HTTPS: u16 = 443;

/// The kernel's list of IPv6 addresses; it is not there where IPv6 is switched off.
const IPV6: &str = "/proc/1/net/if_inet6";

/// Has the kernel IPv6? Without it nothing can listen on `[::]`.
pub(crate) fn kernel_has_ipv6(files: &Files) -> Result<bool, HostError> {
    Ok(files.stat(IPV6)?.is_some())
}

/// The text of a new file.
pub(crate) fn new(hostname: &Hostname, ipv6: bool) -> String {
    let mut text = format!(
        "# The panel's settings that are needed before its database is open. Written once by set-up, and yours from then\n\
         # on; the panel reads it when it starts.\n\
         \n\
         # The name by which people reach the panel: it stands in links.\n\
         {}\n",
        line(hostname)
    );
    if !ipv6 {
        text.push_str(
            "\n# This kernel has no IPv6.\n\
             web_listen = [\"0.0.0.0:80\"]\n",
        );
    }
    text
}

fn line(hostname: &Hostname) -> String {
    format!("hostname = \"{hostname}\"")
}

/// The name in the file.
pub(crate) fn hostname(text: &str) -> Option<Hostname> {
    let settings: toml::Table = toml::from_str(text).ok()?;
    Hostname::parse(settings.get("hostname")?.as_str()?).ok()
}

/// What the web server of this server listens on, for HTTP and for HTTPS. A file that cannot be read is told by the panel, which needs it.
pub(crate) fn web_listens(text: &str) -> Vec<ListenAddr> {
    let settings = toml::from_str::<toml::Table>(text).unwrap_or_default();
    let given = |key: &str| {
        let listens = settings.get(key)?.as_array()?;
        listens.iter().map(|value| value.as_str()?.parse().ok()).collect::<Option<Vec<ListenAddr>>>()
    };
    let default = || ["0.0.0.0:80", "[::]:80"].into_iter().filter_map(|text| text.parse().ok()).collect();
    let mut listens = given("web_listen").unwrap_or_else(default);
    let https = given("web_listen_tls").unwrap_or_else(|| {
        listens.iter().filter_map(|listen| ListenAddr::new(listen.ip(), HTTPS).ok()).collect()
    });
    for address in https {
        if !listens.contains(&address) {
            listens.push(address);
        }
    }
    listens
}

/// The same file with another name, every other byte as it was. None where that cannot be done.
pub(crate) fn with_hostname(text: &str, hostname: &Hostname) -> Option<String> {
    let is_name = |line: &str| {
        line.trim_start().strip_prefix("hostname").is_some_and(|rest| rest.trim_start().starts_with('='))
    };
    let mut lines: Vec<&str> = text.lines().collect();
    let own = line(hostname);
    match lines.iter().position(|line| is_name(line)) {
        Some(at) => lines[at] = &own,
        // before any table
        None => lines.insert(0, &own),
    }
    let new = lines.join("\n") + "\n";
    let mut wanted: toml::Table = toml::from_str(text).ok()?;
    wanted.insert("hostname".to_owned(), hostname.to_string().into());
    // a line inside a text of several lines, say, is not what it looks like
    (toml::from_str::<toml::Table>(&new).ok()? == wanted).then_some(new)
}

#[cfg(test)]
mod tests;
