//! Networks: an address and how many of its bits count.

use std::fmt;
use std::net::IpAddr;

use crate::NameError;
use crate::text::text_value;

/// A network of IPv4 or IPv6, such as `203.0.113.0/24` or `2001:db8::/32`; one address is a network of itself.
///
/// Safe wherever it is rendered: what is printed is made from the numbers. No bits behind the prefix, no names, no zone ids, no IPv4 in
/// IPv6's clothes: each network has one form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IpNetwork {
    address: IpAddr,
    prefix: u8,
}

text_value!(IpNetwork, "a network such as 203.0.113.0/24 or 2001:db8::/32");

/// The address as 128 bits, IPv4 in the highest 32.
fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u128::from(u32::from(v4)) << 96,
        IpAddr::V6(v6) => u128::from(v6),
    }
}

/// The first `prefix` of 128 bits.
fn mask(prefix: u8) -> u128 {
    u128::MAX.checked_shl(128 - u32::from(prefix)).unwrap_or(0)
}

impl IpNetwork {
    /// Refuses with `network` and `network_bits`.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let remedy = "write a network, such as 203.0.113.0/24 or 2001:db8::/32, or one address";
        let refuse = || NameError::new("network", "this is not a network", remedy);
        // the longest form is 43 bytes
        if text.len() > 64 || text.contains('%') {
            return Err(refuse());
        }
        let (address, prefix) = text.split_once('/').map_or((text, None), |(a, prefix)| (a, Some(prefix)));
        let address: IpAddr = address.parse().map_err(|_| refuse())?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            None => longest,
            Some(digits) => {
                let plain = digits.bytes().all(|byte| byte.is_ascii_digit())
                    && (digits == "0" || !digits.starts_with('0'));
                digits.parse().ok().filter(|prefix| plain && *prefix <= longest).ok_or_else(refuse)?
            }
        };
        if matches!(address, IpAddr::V6(v6) if v6.to_ipv4_mapped().is_some()) {
            let reason = "this is an IPv4 network in IPv6's clothes";
            return Err(NameError::new("network", reason, "write it as IPv4"));
        }
        if bits(address) & !mask(prefix) != 0 {
            let reason = "the address has bits behind the prefix";
            return Err(NameError::new("network_bits", reason, "write the first address of the network"));
        }
        Ok(Self { address, prefix })
    }

    /// Whether the address lies in the network.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_ipv4() == self.address.is_ipv4()
            && (bits(address) ^ bits(self.address)) & mask(self.prefix) == 0
    }
}

impl fmt::Display for IpNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

#[cfg(test)]
mod tests;
