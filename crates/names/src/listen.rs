//! Where a service listens.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use crate::NameError;
use crate::text::text_value;

/// An IP address and a port: `192.0.2.1:80`, `[2001:db8::1]:443`, `0.0.0.0:80`, `[::]:80`.
///
/// Safe wherever it is rendered: what is printed is made from the numbers, never from the input; nginx and systemd read this form
/// as it is. No names, no zone ids, no IPv4 in IPv6's clothes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ListenAddr {
    ip: IpAddr,
    port: u16,
}

text_value!(ListenAddr, "an address and port such as [::]:80");

impl ListenAddr {
    /// Refuses with `listen_port` (0), `listen_address` (multicast, broadcast, IPv4-mapped).
    pub fn new(ip: IpAddr, port: u16) -> Result<Self, NameError> {
        if port == 0 {
            return Err(NameError::new("listen_port", "port 0 is no port", "use a port from 1 to 65535"));
        }
        let odd = match ip {
            IpAddr::V4(v4) => v4.is_multicast() || v4.is_broadcast(),
            IpAddr::V6(v6) => v6.is_multicast() || v6.to_ipv4_mapped().is_some(),
        };
        if odd {
            let reason = "nothing can listen on a multicast, broadcast or IPv4-mapped address";
            return Err(NameError::new("listen_address", reason, "use an address of this server"));
        }
        Ok(Self { ip, port })
    }

    /// Refuses with `listen` and as [`ListenAddr::new`] does.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let remedy = "write address and port, such as 192.0.2.1:80 or [::]:80";
        let refuse = || NameError::new("listen", "this is not an IP address with a port", remedy);
        // the longest form is 47 bytes; a zone id is the only place for a percent sign
        if text.len() > 64 || text.contains('%') {
            return Err(refuse());
        }
        let address: SocketAddr = text.parse().map_err(|_| refuse())?;
        Self::new(address.ip(), address.port())
    }

    /// The address.
    pub const fn ip(self) -> IpAddr {
        self.ip
    }

    /// The port, 1 to 65535.
    pub const fn port(self) -> u16 {
        self.port
    }

    /// Both, for the standard library.
    pub const fn socket(self) -> SocketAddr {
        SocketAddr::new(self.ip, self.port)
    }
}

impl fmt::Display for ListenAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.socket().fmt(f)
    }
}

#[cfg(test)]
mod tests;
