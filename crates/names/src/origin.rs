//! Whose pages ask: origins (RFC 6454), and servers whose pages link here.

use std::net::IpAddr;

use crate::text::{text_inner, text_value};
use crate::{Hostname, NameError};

/// An origin, as a browser sends it: `https://app.example.org`, `http://localhost:3000`; or `*`, which is every one.
///
/// Safe wherever it is rendered: a scheme, a host name or an address, and a port.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WebOrigin(String);

text_inner!(WebOrigin);
text_value!(WebOrigin, "an origin such as https://app.example.org");

impl WebOrigin {
    /// Refuses with `origin`.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        if text == "*" {
            return Ok(Self(text.to_owned()));
        }
        let found = text.split_once("://").filter(|(scheme, _)| matches!(*scheme, "http" | "https"));
        let canonical = found.and_then(|(scheme, authority)| {
            let bracket = authority.rfind(']').map_or(0, |at| at + 1);
            let (host, port) = match authority[bracket..].find(':') {
                Some(colon) => {
                    let (host, port) = authority.split_at(bracket + colon);
                    (host, Some(port_of(&port[1..])?))
                }
                None => (authority, None),
            };
            let usual = if scheme == "https" { 443 } else { 80 };
            let port = port.filter(|port| *port != usual).map(|port| format!(":{port}")).unwrap_or_default();
            Some(format!("{scheme}://{}{port}", host_of(host)?))
        });
        canonical.map(Self).ok_or_else(|| {
            let remedy = "write scheme, name and port, such as https://app.example.org, without a slash at the end; or * for all";
            NameError::new("origin", "this is no origin", remedy)
        })
    }

    /// Every origin.
    pub fn is_any(&self) -> bool {
        self.0 == "*"
    }
}

fn port_of(text: &str) -> Option<u16> {
    let plain = text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0');
    text.parse().ok().filter(|_| plain)
}

fn host_of(text: &str) -> Option<String> {
    if let Some(inner) = text.strip_prefix('[') {
        let address: std::net::Ipv6Addr = inner.strip_suffix(']')?.parse().ok()?;
        return Some(format!("[{address}]"));
    }
    if let Ok(IpAddr::V4(address)) = text.parse() {
        return Some(address.to_string());
    }
    Hostname::parse(text).ok().map(|name| name.to_string())
}

/// Whose pages may show files of a site: `www.example.org`, or `*.example.org`, which is every name below.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RefererHost(String);

text_inner!(RefererHost);
text_value!(RefererHost, "a name such as www.example.org or *.example.org");

impl RefererHost {
    /// Refuses with `referer`.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let (star, name) = text.strip_prefix("*.").map_or(("", text), |name| ("*.", name));
        match Hostname::parse(name) {
            Ok(name) if name.as_str().contains('.') => Ok(Self(format!("{star}{name}"))),
            _ => {
                let remedy = "write a name such as www.example.org, or *.example.org for all names below";
                Err(NameError::new("referer", "this names no other site", remedy))
            }
        }
    }

    /// The name, and whether all names below it are meant in its place.
    pub fn name(&self) -> (&str, bool) {
        self.0.strip_prefix("*.").map_or((&self.0, false), |name| (name, true))
    }
}

#[cfg(test)]
mod tests;
