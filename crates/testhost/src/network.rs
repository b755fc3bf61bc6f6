//! Addresses of a server and of this machine's side of its cable.
//!
//! Each slot has a /30 of 203.0.113.0/24 and a /64 of `2001:db8::/32` (documentation addresses, RFC 5737 and RFC 3849):
//! this machine is the first host of both, the server the second. The server's default route leads here and ends here.

use std::fs;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::command::Cmd;
use crate::error::Doing;
use crate::wait::wait_for;

/// How many servers have addresses at one time: as many as there are /30 in a /24.
pub(crate) const SLOTS: u8 = 64;

const LINK_LIMIT: Duration = Duration::from_secs(20);

/// Where a server is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Addresses {
    pub(crate) outside4: Ipv4Addr,
    pub(crate) outside6: Ipv6Addr,
    pub(crate) server4: Ipv4Addr,
    pub(crate) server6: Ipv6Addr,
}

impl Addresses {
    pub(crate) fn of_slot(slot: u8) -> Self {
        let v4 = |host: u8| Ipv4Addr::new(203, 0, 113, slot % SLOTS * 4 + host);
        let v6 = |host: u16| Ipv6Addr::new(0x2001, 0xdb8, 0, u16::from(slot), 0, 0, 0, host);
        Self { outside4: v4(1), outside6: v6(1), server4: v4(2), server6: v6(2) }
    }

    /// The addresses of this machine itself, for a server on its network.
    pub(crate) fn loopback() -> Self {
        let (v4, v6) = (Ipv4Addr::LOCALHOST, Ipv6Addr::LOCALHOST);
        Self { outside4: v4, outside6: v6, server4: v4, server6: v6 }
    }

    /// Writes the server's own configuration into its tree, so that a restart needs nobody.
    pub(crate) fn configure_server(&self, root: &Path) -> Result<(), Error> {
        let network = format!(
            "[Match]\nName=host0\n\n[Network]\nAddress={}/30\nAddress={}/64\nGateway={}\nGateway={}\n\
             IPv6AcceptRA=no\nIPv6DuplicateAddressDetection=0\nDHCP=no\nLLDP=no\n",
            self.server4, self.server6, self.outside4, self.outside6
        );
        let dir = root.join("etc/systemd/network");
        let wants = root.join("etc/systemd/system/multi-user.target.wants");
        for dir in [&dir, &wants] {
            fs::create_dir_all(dir).doing(|| format!("make {}", dir.display()))?;
        }
        let file = dir.join("10-host0.network");
        fs::write(&file, network).doing(|| format!("write {}", file.display()))?;
        let link = wants.join("systemd-networkd.service");
        if fs::symlink_metadata(&link).is_err() {
            std::os::unix::fs::symlink("/usr/lib/systemd/system/systemd-networkd.service", &link)
                .doing(|| format!("link {}", link.display()))?;
        }
        Ok(())
    }

    /// Sets this machine's side up: its addresses on the interface that `systemd-nspawn` made.
    pub(crate) fn configure_outside(&self, interface: &str) -> Result<(), Error> {
        let batch = format!(
            "addr replace {}/30 dev {interface}\naddr replace {}/64 dev {interface} nodad\nlink set {interface} up\n",
            self.outside4, self.outside6
        );
        Cmd::new(["ip", "-batch", "-"]).stdin(batch).check().map(|_| ())
    }

    /// Waits until the server has both addresses and neither is tentative.
    pub(crate) fn wait_until_configured(&self, leader: u32) -> Result<(), Error> {
        let net = format!("/proc/{leader}/ns/net");
        let wanted = [format!(" {}/30 ", self.server4), format!(" {}/64 ", self.server6)];
        wait_for("the addresses of the server", LINK_LIMIT, || {
            let argv = ["nsenter", &format!("--net={net}"), "ip", "-oneline", "addr", "show", "dev", "host0"];
            let seen = Cmd::new(argv).check()?.text();
            let ready = wanted.iter().all(|want| {
                seen.lines().any(|line| line.contains(want.as_str()) && !line.contains("tentative"))
            });
            if ready {
                return Ok(Some(()));
            }
            let status = "an answer without the addresses".to_owned();
            Err(Error::Failed { program: "ip addr show dev host0".to_owned(), status, output: seen })
        })
    }
}

/// This machine's side of a server's cable, as `systemd-nspawn` names it.
pub(crate) fn interface_of(machine: &str) -> String {
    format!("ve-{machine}")
}

/// Takes an interface away if it is still there.
pub(crate) fn remove_interface(interface: &str) -> Result<(), Error> {
    let path = PathBuf::from("/sys/class/net").join(interface);
    if !path.exists() {
        return Ok(());
    }
    // Its namespace may be ending just now and take it along: only what is left counts.
    let _ = Cmd::new(["ip", "link", "delete", interface]).run();
    wait_for(&format!("the end of the interface {interface}"), LINK_LIMIT, || {
        Ok((!path.exists()).then_some(()))
    })
}

#[cfg(test)]
mod tests;
