//! What is to be known of a server before it becomes a web host: its name, and who rules it already.

use crate::error::HostError;
use crate::files::Files;

/// Hosting panels, by a place that each of them has.
const PANELS: [(&str, &str); 14] = [
    ("/usr/local/hestia", "HestiaCP"),
    ("/usr/local/vesta", "VestaCP"),
    ("/usr/local/cpanel", "cPanel"),
    ("/usr/local/psa", "Plesk"),
    ("/opt/psa", "Plesk"),
    ("/usr/local/directadmin", "DirectAdmin"),
    ("/usr/local/CyberCP", "CyberPanel"),
    ("/usr/local/ispconfig", "ISPConfig"),
    ("/usr/local/mgr5", "ISPmanager"),
    ("/www/server/panel", "aaPanel"),
    ("/home/clp", "CloudPanel"),
    ("/opt/1panel", "1Panel"),
    ("/etc/webmin", "Webmin"),
    ("/etc/froxlor", "Froxlor"),
];

/// The names of other hosting panels that are here.
pub fn other_panels(files: &Files) -> Vec<&'static str> {
    let is_there = |path: &str| matches!(files.stat(path), Ok(Some(_)));
    let mut found: Vec<_> = PANELS.iter().filter(|(path, _)| is_there(path)).map(|(_, name)| *name).collect();
    found.dedup();
    found
}

/// The name that the kernel knows, in full where `/etc/hosts` tells it.
pub fn own_hostname(files: &Files) -> Result<String, HostError> {
    let name = files.read_text("/proc/sys/kernel/hostname")?.unwrap_or_default();
    let name = name.trim();
    let hosts = files.read_text("/etc/hosts")?.unwrap_or_default();
    let start = format!("{name}.");
    let full = hosts
        .lines()
        .filter_map(|line| line.split('#').next())
        .flat_map(|line| line.split_whitespace().skip(1))
        .find(|word| word.starts_with(&start));
    Ok(full.unwrap_or(name).to_owned())
}

#[cfg(test)]
mod tests {
    use crate::Host;

    use super::*;

    fn host(hostname: &str, hosts: &str) -> Host {
        let host = Host::for_test().unwrap();
        host.files().ensure_dirs("/proc/sys/kernel", 0o755, (0, 0)).unwrap();
        host.files().write("/proc/sys/kernel/hostname", hostname.as_bytes(), 0o444, (0, 0)).unwrap();
        host.files().write("/etc/hosts", hosts.as_bytes(), 0o644, (0, 0)).unwrap();
        host
    }

    #[test]
    fn the_name_is_the_full_one_where_hosts_tells_it() {
        let of = |name: &str, hosts: &str| own_hostname(host(name, hosts).files()).unwrap();
        assert_eq!(of("web1\n", "127.0.1.1 web1.example.com web1\n"), "web1.example.com");
        assert_eq!(of("web1\n", "127.0.1.1 web10.example.com # web1.example.org\n"), "web1");
        assert_eq!(of("web1.example.com\n", ""), "web1.example.com");
    }

    #[test]
    fn another_panel_is_known_by_its_place() {
        let host = host("web1", "");
        assert!(other_panels(host.files()).is_empty());
        host.files().ensure_dirs("/usr/local/psa", 0o755, (0, 0)).unwrap();
        host.files().ensure_dirs("/opt/psa", 0o755, (0, 0)).unwrap();
        host.files().ensure_dirs("/www/server/panel", 0o755, (0, 0)).unwrap();
        assert_eq!(other_panels(host.files()), ["Plesk", "aaPanel"]);
    }
}
