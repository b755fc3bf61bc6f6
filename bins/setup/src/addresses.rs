//! This server's own addresses, read from `/proc`, without a socket; and those that egress must reach besides the public internet.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use egress_spec::BoundsFile;
use hostd::{Files, HostError};

/// The addresses by which others may reach this server: no loopback, no link-local ones.
pub(crate) fn addresses(files: &Files) -> Result<BTreeSet<IpAddr>, HostError> {
    let text = |path| {
        Ok::<_, HostError>(String::from_utf8_lossy(&files.read(path)?.unwrap_or_default()).into_owned())
    };
    let four = local_ipv4(&text("/proc/1/net/fib_trie")?);
    let six = local_ipv6(&text("/proc/1/net/if_inet6")?);
    Ok(four.into_iter().map(IpAddr::V4).chain(six.into_iter().map(IpAddr::V6)).collect())
}

/// Addresses in `fib_trie`: a line `|-- 192.0.2.1` followed by `/32 host LOCAL`.
fn local_ipv4(text: &str) -> BTreeSet<Ipv4Addr> {
    let mut found = BTreeSet::new();
    let mut last = None;
    for line in text.lines() {
        let line = line.trim();
        if let Some(address) = line.strip_prefix("|-- ") {
            last = address.parse::<Ipv4Addr>().ok();
        } else if line == "/32 host LOCAL"
            && let Some(address) = last.filter(|a| !a.is_loopback() && !a.is_link_local())
        {
            found.insert(address);
        }
    }
    found
}

/// Addresses in `if_inet6`: 32 hexadecimal digits, then index, prefix length, scope (00 is global), flags, interface.
fn local_ipv6(text: &str) -> BTreeSet<Ipv6Addr> {
    let address = |line: &str| {
        let mut fields = line.split_whitespace();
        let bits = u128::from_str_radix(fields.next()?, 16).ok()?;
        let scope = fields.nth(2)?;
        (scope == "00").then_some(Ipv6Addr::from_bits(bits))
    };
    text.lines().filter_map(address).collect()
}

/// Where name servers are named; `/etc/resolv.conf` may be a link to one of the others, and links are not followed here.
const RESOLVERS: [&str; 3] =
    ["/etc/resolv.conf", "/run/NetworkManager/resolv.conf", "/run/resolvconf/resolv.conf"];

/// What the kernel must let egress reach: the name servers, and what its own file opens. A file that cannot be read opens nothing, and
/// egress says what is wrong with it.
pub(crate) fn of_egress(files: &Files) -> Vec<String> {
    let text = |path| files.read_text(path).ok().flatten().unwrap_or_default();
    let mut all: BTreeSet<String> = RESOLVERS
        .into_iter()
        .flat_map(|path| name_servers(&text(path)))
        .map(|address| address.to_string())
        .collect();
    let file: BoundsFile = toml::from_str(&text(egress_spec::PATH)).unwrap_or_default();
    all.extend(file.nameservers.iter().map(|server| server.ip().to_string()));
    all.extend(file.allow.iter().map(ToString::to_string));
    all.into_iter().collect()
}

fn name_servers(text: &str) -> Vec<IpAddr> {
    text.lines()
        .filter_map(|line| line.trim_start().strip_prefix("nameserver"))
        .filter_map(|rest| rest.split_whitespace().next()?.parse().ok())
        .collect()
}

#[cfg(test)]
mod tests;
