//! Where a request comes from, as the socket says.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The place a request comes from. It is taken from the socket, never from a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Origin {
    /// The panel's unix socket, from root: its peer's uid is 0.
    Socket,
    /// The panel's unix socket, from any other user of this machine.
    Local,
    /// The panel's HTTPS port, from this address.
    Network(IpAddr),
}

impl Origin {
    /// What counts as one visitor: an IPv4 address, or an IPv6 /64, which is what one customer of a provider gets. All users of this
    /// machine are one, as they would be through its loopback; root is bounded by nothing.
    pub fn network(&self) -> Option<IpAddr> {
        match self {
            Self::Socket => None,
            Self::Local => Some(IpAddr::V4(Ipv4Addr::LOCALHOST)),
            Self::Network(address) => Some(match address.to_canonical() {
                IpAddr::V4(address) => IpAddr::V4(address),
                IpAddr::V6(address) => {
                    let [a, b, c, d, ..] = address.segments();
                    IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
                }
            }),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Socket | Self::Local => formatter.write_str("socket"),
            Self::Network(address) => address.to_canonical().fmt(formatter),
        }
    }
}

#[cfg(test)]
mod tests;
