//! Lines of the maps whose values are more than one word of a type: how they are written, and read back.
//!
//! What is written here is what nginx reads. Each value is made from a type, byte by byte from a closed set, and read back through the
//! same type: a line that would not be written so is none of ours.

use std::fmt::Write as _;
use std::net::IpAddr;

use names::{IpNetwork, SiteId, WebUrl};
use web_spec::{Hsts, Redirect, RedirectCode};

use crate::record::SiteState;

/// The state's word; none for an active site, which has no line.
pub(crate) fn state_word(state: &SiteState) -> Option<&'static str> {
    match state {
        SiteState::Active => None,
        SiteState::Suspended => Some("suspended"),
        SiteState::Disabled => Some("disabled"),
        SiteState::Maintenance(_) => Some("maintenance"),
    }
}

/// The state of a word; the networks of a maintenance are other lines.
pub(crate) fn state_of(word: &str) -> Option<SiteState> {
    [SiteState::Suspended, SiteState::Disabled, SiteState::Maintenance(Vec::new())]
        .into_iter()
        .find(|state| state_word(state) == Some(word))
}

/// Where to, as the map has it: the status, `+` where what was asked for is added and `=` where not, and the address.
///
/// Of the characters that mean something to nginx an address has none: [`WebUrl`] is letters, digits and `%/:@+,=-._~?&[]`.
pub(crate) fn redirect_value(redirect: &Redirect) -> String {
    let sign = if redirect.keep_path { '+' } else { '=' };
    format!("{}{sign}{}", u16::from(redirect.code), redirect.to)
}

/// Reads a [`redirect_value`].
pub(crate) fn redirect_of(value: &str) -> Option<Redirect> {
    let (code, rest) = value.split_at_checked(3)?;
    let code = RedirectCode::try_from(code.parse::<u16>().ok()?).ok()?;
    let (keep_path, to) = match rest.split_at_checked(1)? {
        ("+", to) => (true, to),
        ("=", to) => (false, to),
        _ => return None,
    };
    let redirect = Redirect { to: WebUrl::parse(to).ok()?, code, keep_path };
    (redirect_value(&redirect) == value).then_some(redirect)
}

/// The key of a visitor from this network at this site: an expression over the site's id and the bytes of the address.
///
/// Bytes and not text, since a network ends at a bit. An address of the other family has another length, and so is none of the network.
pub(crate) fn allow_key(site: SiteId, network: IpNetwork) -> String {
    let bytes = |ip: IpAddr| match ip {
        IpAddr::V4(ip) => ip.octets().to_vec(),
        IpAddr::V6(ip) => ip.octets().to_vec(),
    };
    let mut key = format!("\"~(?s)^{site} ");
    for pair in bytes(network.first()).into_iter().zip(bytes(network.last())) {
        let _ = match pair {
            (first, last) if first == last => write!(key, "\\x{first:02x}"),
            (0, u8::MAX) => write!(key, "."),
            (first, last) => write!(key, "[\\x{first:02x}-\\x{last:02x}]"),
        };
    }
    key.push_str("\\z\"");
    key
}

/// Reads the line of a network, without its end; the key must be the one that it is written with.
pub(crate) fn allow_of(line: &str) -> Option<(SiteId, IpNetwork)> {
    let (key, value) = line.rsplit_once(' ')?;
    let site = SiteId::parse(key.strip_prefix("\"~(?s)^")?.split(' ').next()?).ok()?;
    let network = IpNetwork::parse(value).ok()?;
    (network.to_string() == value && allow_key(site, network) == key).then_some((site, network))
}

/// The word of a site whose visitors by HTTP are sent on to HTTPS.
pub(crate) const FORCED: &str = "yes";

/// What `Strict-Transport-Security` says (RFC 6797, 6.1), as one quoted word.
pub(crate) fn hsts_value(hsts: Hsts) -> String {
    let below = if hsts.include_subdomains { "; includeSubDomains" } else { "" };
    let preload = if hsts.preload { "; preload" } else { "" };
    format!("\"max-age={}{below}{preload}\"", hsts.max_age)
}

/// Reads a [`hsts_value`].
pub(crate) fn hsts_of(value: &str) -> Option<Hsts> {
    let words = value.strip_prefix("\"max-age=")?.strip_suffix('"')?;
    let max_age = words.split(';').next()?.parse().ok()?;
    let said = |word| words.split("; ").any(|said| said == word);
    let hsts = Hsts { max_age, include_subdomains: said("includeSubDomains"), preload: said("preload") };
    (hsts_value(hsts) == value).then_some(hsts)
}

#[cfg(test)]
mod tests;
