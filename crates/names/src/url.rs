//! Addresses of the web that this server calls.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::error::quoted;
use crate::text::text_value;
use crate::{Hostname, NameError};

/// The most bytes.
const LONGEST: usize = 2048;

/// Names that no public resolver knows, or that mean this very host.
const RESERVED: [&str; 7] =
    ["localhost", "localdomain", "local", "internal", "home.arpa", "invalid", "onion"];

/// The remedy of most refusals.
const REMEDY: &str = "write the whole address, such as https://hooks.example.com/path?key=value";

/// How a [`WebUrl`] is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scheme {
    /// With TLS.
    Https,
    /// Without.
    Http,
}

impl Scheme {
    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Https => "https",
            Self::Http => "http",
        }
    }

    /// The port where none is named.
    pub const fn port(self) -> u16 {
        match self {
            Self::Https => 443,
            Self::Http => 80,
        }
    }
}

/// Whom a [`WebUrl`] names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UrlHost {
    /// A name, to be resolved.
    Name(Hostname),
    /// An address.
    Address(IpAddr),
}

impl fmt::Display for UrlHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => name.fmt(f),
            Self::Address(IpAddr::V4(address)) => address.fmt(f),
            Self::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
        }
    }
}

/// An absolute `https:` (or `http:`) URL: `https://hooks.example.com/path?key=value`.
///
/// There is one reading of it, and so no room for two programs to read it differently: no user, no fragment, no address written as one number
/// or in hexadecimal, no escape that is not needed or hides a control character. The host is in the form that [`Hostname`] gives; a name
/// has two labels at least and does not mean this very host. All else is as it was written. Safe in a line of HTTP: visible ASCII without
/// quotes, backslashes and angle brackets.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WebUrl {
    scheme: Scheme,
    host: UrlHost,
    port: Option<u16>,
    /// Path and query; begins with a slash.
    target: String,
}

text_value!(WebUrl, "an address such as https://hooks.example.com/path");

impl WebUrl {
    /// Refuses with `url_too_long`, `url_scheme`, `url_user`, `url_host`, `url_reserved`, `url_port`, `url_character`, `url_escape`.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        if text.len() > LONGEST {
            return Err(NameError::new(
                "url_too_long",
                "the address is longer than 2048 bytes",
                "use a shorter one",
            ));
        }
        let (scheme, rest) = if let Some(rest) = text.strip_prefix("https://") {
            (Scheme::Https, rest)
        } else if let Some(rest) = text.strip_prefix("http://") {
            (Scheme::Http, rest)
        } else {
            return Err(NameError::new("url_scheme", "the address does not begin with https://", REMEDY));
        };
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, target) = rest.split_at(end);
        if authority.contains('@') {
            let reason = "the address names a user";
            return Err(NameError::new("url_user", reason, "leave out what is before the @, and the @"));
        }
        let (host, port) = split_port(authority)?;
        let host = host_of(host)?;
        check_target(target)?;
        let slash = if target.starts_with('/') { "" } else { "/" };
        Ok(Self { scheme, host, port, target: format!("{slash}{target}") })
    }

    /// How it is spoken to.
    pub const fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Whom it names.
    pub const fn host(&self) -> &UrlHost {
        &self.host
    }

    /// The port, named or usual.
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(self.scheme.port())
    }

    /// Host and named port, as the `Host` header has them.
    pub fn authority(&self) -> String {
        match self.port {
            Some(port) => format!("{}:{port}", self.host),
            None => self.host.to_string(),
        }
    }

    /// Path and query; begins with a slash.
    pub fn target(&self) -> &str {
        &self.target
    }
}

impl fmt::Display for WebUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme.as_str(), self.authority(), self.target)
    }
}

/// Host and port; the brackets of an IPv6 address stay.
fn split_port(authority: &str) -> Result<(&str, Option<u16>), NameError> {
    let bracket = authority.rfind(']').map_or(0, |at| at + 1);
    let Some(colon) = authority[bracket..].find(':') else { return Ok((authority, None)) };
    let (host, port) = (&authority[..bracket + colon], &authority[bracket + colon + 1..]);
    let plain = !port.starts_with('0') && port.bytes().all(|b| b.is_ascii_digit());
    match port.parse::<u16>() {
        Ok(number) if plain => Ok((host, Some(number))),
        _ => Err(NameError::new("url_port", "the port is no number from 1 to 65535", REMEDY)),
    }
}

fn host_of(text: &str) -> Result<UrlHost, NameError> {
    let refuse = |reason: &str| NameError::new("url_host", reason, REMEDY);
    if let Some(inner) = text.strip_prefix('[') {
        let inner =
            inner.strip_suffix(']').ok_or_else(|| refuse("the brackets of the IPv6 address do not match"))?;
        let address: Ipv6Addr =
            inner.parse().map_err(|_| refuse("what is in brackets is no IPv6 address"))?;
        if address.to_string() != inner {
            return Err(NameError::new(
                "url_host",
                "the IPv6 address is not in its short form",
                "write it as RFC 5952 has it",
            ));
        }
        return Ok(UrlHost::Address(address.into()));
    }
    if let Ok(address) = text.parse::<Ipv4Addr>() {
        return Ok(UrlHost::Address(address.into()));
    }
    let name = Hostname::parse(text).map_err(|error| NameError::new("url_host", error.reason, REMEDY))?;
    let is_below = |suffix: &str| {
        name.as_str().strip_suffix(suffix).is_some_and(|before| before.is_empty() || before.ends_with('.'))
    };
    if RESERVED.iter().any(|suffix| is_below(suffix)) {
        let reason = "the name is reserved, and means nothing outside of this server or its network";
        return Err(NameError::new("url_reserved", reason, "use a public name"));
    }
    if !name.as_str().contains('.') {
        return Err(refuse("the host is a name without a dot"));
    }
    Ok(UrlHost::Name(name))
}

fn check_target(text: &str) -> Result<(), NameError> {
    let mut query = false;
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            '%' => check_escape(&mut rest)?,
            '?' if !query => query = true,
            '?' | '&' if query => {}
            '/' | ':' | '@' | '+' | ',' | '=' | '-' | '.' | '_' | '~' => {}
            c if c.is_ascii_alphanumeric() => {}
            c => {
                let reason = format!("the address contains {}", quoted(c));
                let remedy =
                    "write it as a percent sign and two upper-case hexadecimal digits, or leave it out";
                return Err(NameError::new("url_character", reason, remedy));
            }
        }
    }
    Ok(())
}

/// One escape, without its percent sign: upper case, of a byte that needs one and that no program takes for the end of a line or for
/// another escape.
fn check_escape(rest: &mut std::str::Chars<'_>) -> Result<(), NameError> {
    let digit = |c: Option<char>| {
        c.filter(|c| c.is_ascii_digit() || ('A'..='F').contains(c)).and_then(|c| c.to_digit(16))
    };
    let byte = digit(rest.next()).zip(digit(rest.next())).map(|(high, low)| high * 16 + low);
    let needed = |byte: u32| match char::from_u32(byte) {
        Some(c) if c.is_ascii() => {
            !c.is_ascii_control() && !c.is_ascii_alphanumeric() && !"-._~%".contains(c)
        }
        _ => true,
    };
    if byte.is_some_and(needed) {
        return Ok(());
    }
    let reason = "the address contains a percent sign that is no escape, or an escape of a character that needs none or is not allowed";
    Err(NameError::new(
        "url_escape",
        reason,
        "write two upper-case hexadecimal digits, of nothing but what must be escaped",
    ))
}

#[cfg(test)]
mod tests;
