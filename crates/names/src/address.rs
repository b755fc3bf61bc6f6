//! What an IP address is for, by the registries of special-purpose addresses (IANA; RFC 6890 and what followed).
//!
//! A program that speaks to addresses which somebody else names must reach the public internet alone: behind every other kind of address
//! may be this very server, its neighbours, or a cloud's metadata service.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::NameError;
use crate::text::text_value;

/// A kind of address that is not of the public internet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Special {
    /// This very host: 127.0.0.0/8, `::1`.
    Loopback,
    /// No host, or this one: 0.0.0.0/8, `::`.
    Unspecified,
    /// The same cable, and clouds' metadata: 169.254.0.0/16, `fe80::/10`.
    LinkLocal,
    /// Many hosts: 224.0.0.0/4, `ff00::/8`.
    Multicast,
    /// An IPv6 address that carries an IPv4 address: mapped, compatible, NAT64, 6to4, Teredo.
    Embedded,
    /// Set aside for protocols, or not given out at all: 192.0.0.0/24, 240.0.0.0/4, whatever is not of `2000::/3`.
    Reserved,
    /// A network of its own: 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, `fc00::/7`.
    Private,
    /// Between a provider and its customers: 100.64.0.0/10.
    Shared,
    /// For measuring devices: 198.18.0.0/15, `2001:2::/48`.
    Benchmark,
    /// For examples: 192.0.2.0/24, 198.51.100.0/24, 203.0.113.0/24, `2001:db8::/32`, `3fff::/20`.
    Documentation,
}

impl Special {
    /// What an address is; none where it is of the public internet.
    pub fn of(address: IpAddr) -> Option<Self> {
        match address {
            IpAddr::V4(address) => Self::of_v4(address),
            IpAddr::V6(address) => Self::of_v6(address),
        }
    }

    fn of_v4(address: Ipv4Addr) -> Option<Self> {
        Some(match address.octets() {
            [0, ..] => Self::Unspecified,
            [127, ..] => Self::Loopback,
            [169, 254, ..] => Self::LinkLocal,
            [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => Self::Private,
            [100, 64..=127, ..] => Self::Shared,
            [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => Self::Documentation,
            [198, 18..=19, ..] => Self::Benchmark,
            [192, 0, 0, _] | [192, 88, 99, _] | [240..=255, ..] => Self::Reserved,
            [224..=239, ..] => Self::Multicast,
            _ => return None,
        })
    }

    fn of_v6(address: Ipv6Addr) -> Option<Self> {
        if address.is_loopback() {
            return Some(Self::Loopback);
        }
        if address.is_unspecified() {
            return Some(Self::Unspecified);
        }
        Some(match address.segments() {
            [0, 0, 0, 0, 0, 0 | 0xffff, ..]
            | [0, 0, 0, 0, 0xffff, 0, ..]
            | [0x64, 0xff9b, ..]
            | [0x2002, ..]
            | [0x2001, 0, ..] => Self::Embedded,
            [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => Self::Documentation,
            [0x2001, 2, 0, ..] => Self::Benchmark,
            [0x2001, 0..=0x1ff, ..] => Self::Reserved,
            [0xfe80..=0xfebf, ..] => Self::LinkLocal,
            [0xfc00..=0xfdff, ..] => Self::Private,
            [0xff00..=0xffff, ..] => Self::Multicast,
            [0x2000..=0x3fff, ..] => return None,
            _ => Self::Reserved,
        })
    }

    /// Whether an administrator may open such a network to outbound calls. The others have no peer that such a call could be meant for.
    pub const fn may_be_opened(self) -> bool {
        matches!(self, Self::Private | Self::Shared | Self::Benchmark | Self::Documentation)
    }

    /// The words that follow "is".
    pub const fn words(self) -> &'static str {
        match self {
            Self::Loopback => "an address of the server itself",
            Self::Unspecified => "no host's address",
            Self::LinkLocal => "a link-local address",
            Self::Multicast => "a multicast address",
            Self::Embedded => "an IPv6 address with an IPv4 address inside",
            Self::Reserved => "a reserved address",
            Self::Private => "an address of a private network",
            Self::Shared => "an address of a provider's shared network",
            Self::Benchmark => "an address for measuring devices",
            Self::Documentation => "an address for examples",
        }
    }
}

/// A network: `203.0.113.0/24`, `2001:db8::/32`.
///
/// Safe wherever it is rendered: what is printed is made from the numbers. No bit behind the prefix is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IpNetwork {
    first: IpAddr,
    prefix: u8,
}

text_value!(IpNetwork, "a network such as 203.0.113.0/24");

impl IpNetwork {
    /// Refuses with `network` and `network_bits`.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let remedy =
            "write the first address and the length of the prefix, such as 203.0.113.0/24 or 2001:db8::/32";
        let refuse = || NameError::new("network", "this is not a network", remedy);
        // the longest form is 43 bytes; a zone id is the only place for a percent sign
        if text.len() > 64 || text.contains('%') {
            return Err(refuse());
        }
        let (address, length) = text.split_once('/').ok_or_else(refuse)?;
        let first: IpAddr = address.parse().map_err(|_| refuse())?;
        let plain = length.bytes().all(|b| b.is_ascii_digit()) && (length == "0" || !length.starts_with('0'));
        let prefix: u8 = length.parse().ok().filter(|_| plain).ok_or_else(refuse)?;
        if prefix > Self::width(first) {
            return Err(refuse());
        }
        let network = Self { first, prefix };
        if network.key(first) != Self::bits(first) {
            let reason = "the address has bits behind the prefix";
            return Err(NameError::new("network_bits", reason, remedy));
        }
        Ok(network)
    }

    /// Whether the address is of this network.
    pub fn contains(self, address: IpAddr) -> bool {
        self.first.is_ipv4() == address.is_ipv4() && self.key(address) == self.key(self.first)
    }

    /// Its first address.
    pub const fn first(self) -> IpAddr {
        self.first
    }

    /// Its last address.
    pub fn last(self) -> IpAddr {
        let free = u32::from(Self::width(self.first) - self.prefix);
        let behind = 1_u128.checked_shl(free).map_or(u128::MAX, |end| end - 1);
        let last = Self::bits(self.first) | behind;
        match self.first {
            // no bit above the 32nd is set in either
            IpAddr::V4(_) => Ipv4Addr::from_bits(u32::try_from(last).unwrap_or(u32::MAX)).into(),
            IpAddr::V6(_) => Ipv6Addr::from_bits(last).into(),
        }
    }

    fn width(address: IpAddr) -> u8 {
        if address.is_ipv4() { 32 } else { 128 }
    }

    fn bits(address: IpAddr) -> u128 {
        match address {
            IpAddr::V4(address) => u128::from(address.to_bits()),
            IpAddr::V6(address) => address.to_bits(),
        }
    }

    /// The bits of the prefix.
    fn key(self, address: IpAddr) -> u128 {
        let free = u32::from(Self::width(self.first) - self.prefix);
        let kept = Self::bits(address).checked_shr(free).unwrap_or(0);
        kept.checked_shl(free).unwrap_or(0)
    }
}

impl fmt::Display for IpNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first, self.prefix)
    }
}

#[cfg(test)]
mod tests;
