//! Facts about the server, from the kernel's own files.

use std::net::IpAddr;

use converge::methods::{HostFigures, HostMetrics};
use hostd::{Host, HostError};

use crate::processes;

pub(crate) mod proc;

/// Reads the facts. What cannot be read stays at its default: a figure that is missing stops nothing.
pub(crate) fn read(host: &Host) -> Result<HostMetrics, HostError> {
    let text = |path: &str| host.files().read_text(path).ok().flatten().unwrap_or_default();
    let memory = text("/proc/meminfo");
    let loads: Vec<f64> =
        text("/proc/loadavg").split_whitespace().take(3).filter_map(|l| l.parse().ok()).collect();
    let disk = rustix::fs::statvfs(host.on_disk(&host.bounds().homes));
    let disk = |blocks: fn(&rustix::fs::StatVfs) -> u64| {
        disk.as_ref().map_or(0, |d| blocks(d).saturating_mul(d.f_frsize))
    };
    Ok(HostMetrics {
        hostname: text("/proc/sys/kernel/hostname").trim().to_owned(),
        os: os_name(&text("/etc/os-release"))
            .or_else(|| os_name(&text("/usr/lib/os-release")))
            .unwrap_or_default(),
        kernel: text("/proc/sys/kernel/osrelease").trim().to_owned(),
        uptime_seconds: text("/proc/uptime").split('.').next().and_then(|s| s.parse().ok()).unwrap_or(0),
        load: loads.try_into().unwrap_or_default(),
        cpus: std::thread::available_parallelism().map_or(1, |n| u32::try_from(n.get()).unwrap_or(u32::MAX)),
        memory_total: kib(&memory, "MemTotal:"),
        memory_available: kib(&memory, "MemAvailable:"),
        disk_total: disk(|d| d.f_blocks),
        disk_available: disk(|d| d.f_bavail),
        addresses: own_addresses(host),
        php_versions: installed_php(host)?,
        agent_version: env!("CARGO_PKG_VERSION").to_owned(),
        figures: Some(figures(host, &memory)),
    })
}

/// What the kernel counted. The network is that of process 1: the agent has none of its own.
fn figures(host: &Host, memory: &str) -> HostFigures {
    let text = |path: &str| host.files().read_text(path).ok().flatten().unwrap_or_default();
    let (cpu_busy, cpu_total) = proc::cpu(&text("/proc/stat"));
    let (network_in, network_out) = proc::network(&text("/proc/1/net/dev"));
    let (disk_read, disk_write) = proc::disks(&text("/proc/diskstats"));
    let processes = processes::pids(host).map_or(0, |pids| u64::try_from(pids.len()).unwrap_or(0));
    HostFigures {
        cpu_busy,
        cpu_total,
        network_in,
        network_out,
        disk_read,
        disk_write,
        swap_total: kib(memory, "SwapTotal:"),
        swap_free: kib(memory, "SwapFree:"),
        processes,
    }
}

/// The server's own addresses; none where they cannot be read.
pub(crate) fn own_addresses(host: &Host) -> Vec<IpAddr> {
    let text = |path: &str| host.files().read_text(path).ok().flatten().unwrap_or_default();
    addresses(&text("/proc/1/net/fib_trie"), &text("/proc/1/net/if_inet6"))
}

fn os_name(release: &str) -> Option<String> {
    let name = release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="))?;
    Some(name.trim_matches('"').to_owned())
}

fn installed_php(host: &Host) -> Result<Vec<names::PhpVersion>, HostError> {
    let mut installed = Vec::new();
    for version in &host.profile().php.versions {
        if host.has_php(*version)? {
            installed.push(*version);
        }
    }
    Ok(installed)
}

fn kib(memory: &str, key: &str) -> u64 {
    let line = memory.lines().find_map(|line| line.strip_prefix(key));
    let kib: Option<u64> = line.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
    kib.unwrap_or(0).saturating_mul(1024)
}

/// The server's own addresses, without loopback and link-local ones. The agent has no network of its own, so it reads
/// what the kernel says of the network of process 1.
fn addresses(fib_trie: &str, if_inet6: &str) -> Vec<IpAddr> {
    let mut found: Vec<IpAddr> = Vec::new();
    let mut leaf = None;
    for line in fib_trie.lines() {
        if let Some(address) = line.trim().strip_prefix("|-- ") {
            leaf = address.parse::<std::net::Ipv4Addr>().ok();
        } else if line.contains("/32 host LOCAL")
            && let Some(address) = leaf.filter(|a| !a.is_loopback() && !a.is_link_local())
        {
            found.push(address.into());
        }
    }
    for line in if_inet6.lines() {
        let Some(digits) = line.split_whitespace().next() else { continue };
        let Ok(bits) = u128::from_str_radix(digits, 16) else { continue };
        let address = std::net::Ipv6Addr::from(bits);
        if !address.is_loopback() && !address.is_unicast_link_local() {
            found.push(address.into());
        }
    }
    found.sort();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_addresses_are_found_without_loopback_and_link_local() {
        let fib = "Main:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 127.0.0.1\n        /32 host LOCAL\n     |-- 203.0.113.2\n        \
                   /32 host LOCAL\n     |-- 203.0.113.255\n        /32 link BROADCAST\nLocal:\n     |-- 203.0.113.2\n        \
                   /32 host LOCAL\n";
        let inet6 = "00000000000000000000000000000001 01 80 10 80       lo\n\
                     fe80000000000000025056fffec00008 02 40 20 80     eth0\n\
                     20010db8000000000000000000000005 02 40 00 80     eth0\n";
        let found = addresses(fib, inet6);
        assert_eq!(found, ["203.0.113.2".parse::<IpAddr>().unwrap(), "2001:db8::5".parse().unwrap()]);
    }

    #[test]
    fn memory_is_read_in_bytes() {
        assert_eq!(kib("MemTotal:       16 kB\nMemFree: 1 kB\n", "MemTotal:"), 16 * 1024);
        assert_eq!(kib("", "MemTotal:"), 0);
    }
}
