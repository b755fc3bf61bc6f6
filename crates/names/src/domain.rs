//! A domain name that a site may have.

mod script;

use crate::NameError;
use crate::error::quoted;
use crate::text::{text_inner, text_value};

/// A fully qualified domain name below a public suffix, as lower-case A-labels without a trailing dot.
///
/// Safe wherever it is rendered: after parsing it has no character but lower-case ASCII letters, digits, `-` and `.`, at most
/// 253 of them, and begins and ends with a letter or digit. So it is one word in nginx (no `~`, `*`, `_` or leading dot, which
/// nginx gives a meaning), ini files, systemd units, `sshd_config` and JSON, never an option and never an address. File names
/// are made of ids and not of domain names, since names such as `default.example` could still meet one of ours.
///
/// Equality is that of the DNS: `BÜCHER.de.`, `bücher.de` and `xn--bcher-kva.de` are one value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DomainName(String);

text_inner!(DomainName);
text_value!(DomainName, "a domain name");

/// Names below which nothing is hosted: special-use names (RFC 6761, 6762, 7686, 8375, 9476, and ICANN's `internal`).
/// `test` and `example` are special-use as well, and are allowed: they exist to be used in tests and documentation.
const RESERVED: &[&str] = &[
    "localhost",
    "localdomain",
    "local",
    "onion",
    "internal",
    "arpa",
    "invalid",
    "alt",
    "intranet",
    "private",
];

impl DomainName {
    /// The longest name, in bytes, without the trailing dot (RFC 1035).
    pub const MAX: usize = 253;

    /// Reads a name as a person writes it; case and one trailing dot do not matter, Unicode becomes A-labels.
    ///
    /// Refuses with `domain_empty`, `domain_too_long`, `domain_character`, `domain_wildcard`, `domain_is_ip_address`,
    /// `domain_label_empty`, `domain_label_too_long`, `domain_label_hyphen`, `domain_not_canonical`, `domain_idna`,
    /// `domain_mixed_scripts`, `domain_sign`, `domain_lookalike`, `domain_single_label`, `domain_numeric_tld`, `domain_reserved`,
    /// `domain_public_suffix`.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let name = qualified(text)?;
        let tld = name.rsplit('.').next().unwrap_or_default();
        if RESERVED.contains(&tld) {
            return Err(NameError::new(
                "domain_reserved",
                "names with this ending never reach a visitor from the internet",
                "use a registered domain name",
            ));
        }
        if psl::suffix(name.as_bytes()).is_some_and(|s| s.is_known() && s.as_bytes() == name.as_bytes()) {
            return Err(NameError::new(
                "domain_public_suffix",
                "the name is a public suffix, under which others register their own names",
                "use a name below it",
            ));
        }
        Ok(Self(name))
    }

    /// The name for people: U-labels. Only for display, never as a key.
    pub fn unicode(&self) -> String {
        idna::domain_to_unicode(&self.0).0
    }

    /// The part that a registrar sells: `example.co.uk` of `www.example.co.uk`.
    pub fn registrable(&self) -> &str {
        psl::domain_str(&self.0).unwrap_or(&self.0)
    }

    /// The labels from left to right.
    pub fn labels(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.split('.')
    }

    /// Whether this name lies below `other` (`www.example.com` below `example.com`); not so for the same name.
    pub fn is_below(&self, other: &Self) -> bool {
        self.0.strip_suffix(other.as_str()).is_some_and(|rest| rest.ends_with('.'))
    }
}

/// What an address and a site's name share: at least two labels, canonical, no address, no number at the end.
pub(crate) fn qualified(text: &str) -> Result<String, NameError> {
    let remedy = "write a name such as www.example.com";
    if text.is_empty() {
        return Err(NameError::new("domain_empty", "the domain name is empty", remedy));
    }
    // far above what 253 bytes of A-labels can come from; bounds the work below
    if text.len() > 1024 {
        return Err(too_long());
    }
    let bare = text.strip_suffix('.').unwrap_or(text);
    if is_address(bare) {
        return Err(NameError::new("domain_is_ip_address", "this is an IP address and not a name", remedy));
    }
    if bare.starts_with("*.") || bare == "*" {
        return Err(NameError::new(
            "domain_wildcard",
            "a wildcard is not a site's name",
            "name each host, without an asterisk",
        ));
    }
    if let Some(bad) = bare.chars().find(|&c| forbidden(c)) {
        let reason = format!("the domain name contains {}", quoted(bad));
        let remedy = "use letters, digits and hyphens between the dots, without scheme, port or path";
        return Err(NameError::new("domain_character", reason, remedy));
    }
    for label in bare.split('.') {
        check_label(label)?;
    }
    let ascii = to_ascii(bare)?;
    if ascii.len() > DomainName::MAX {
        return Err(too_long());
    }
    for (written, label) in bare.split('.').zip(ascii.split('.')) {
        check_written(written, label)?;
    }
    let Some((_, tld)) = ascii.rsplit_once('.') else {
        return Err(NameError::new(
            "domain_single_label",
            "the name has a single part and no domain",
            remedy,
        ));
    };
    if ends_in_number(tld) {
        return Err(NameError::new(
            "domain_numeric_tld",
            "the name ends in a number, like an IP address",
            remedy,
        ));
    }
    script::check(&ascii)?;
    Ok(ascii)
}

fn too_long() -> NameError {
    NameError::new("domain_too_long", "the domain name is longer than 253 bytes", "use a shorter name")
}

fn is_address(text: &str) -> bool {
    let inner = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')).unwrap_or(text);
    let first = inner.split('%').next().unwrap_or_default();
    first.parse::<std::net::IpAddr>().is_ok()
}

/// A last label that URL parsers read as (part of) an IPv4 address: decimal, octal or hexadecimal.
pub(crate) fn ends_in_number(label: &str) -> bool {
    let hex = label.strip_prefix("0x").is_some_and(|h| h.bytes().all(|b| b.is_ascii_hexdigit()));
    hex || label.bytes().all(|b| b.is_ascii_digit())
}

/// ASCII beside letters, digits, hyphen and dot; and what is invisible or a dot in disguise.
fn forbidden(c: char) -> bool {
    if c.is_ascii() {
        return !(c.is_ascii_alphanumeric() || c == '-' || c == '.');
    }
    c.is_control()
        || c.is_whitespace()
        || matches!(c, '\u{3002}' | '\u{ff0e}' | '\u{ff61}' | '\u{ad}')
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

fn check_label(label: &str) -> Result<(), NameError> {
    if label.is_empty() {
        let remedy = "remove the extra dot";
        return Err(NameError::new("domain_label_empty", "a part between two dots is empty", remedy));
    }
    if label.is_ascii() && label.len() > 63 {
        return Err(label_too_long());
    }
    if label.starts_with('-') || label.ends_with('-') {
        let remedy = "remove the hyphen there";
        return Err(NameError::new("domain_label_hyphen", "a part begins or ends with a hyphen", remedy));
    }
    Ok(())
}

fn label_too_long() -> NameError {
    NameError::new("domain_label_too_long", "a part of the name is longer than 63 bytes", "shorten that part")
}

fn to_ascii(bare: &str) -> Result<String, NameError> {
    use idna::AsciiDenyList;
    use idna::uts46::{DnsLength, Hyphens, Uts46};
    let invalid = || {
        NameError::new(
            "domain_idna",
            "the name is not valid as an internationalised domain name",
            "check the spelling of the part that is not plain letters",
        )
    };
    // lengths are checked here, to tell which one was wrong
    let ascii = Uts46::new()
        .to_ascii(bare.as_bytes(), AsciiDenyList::STD3, Hyphens::CheckFirstLast, DnsLength::Ignore)
        .map_err(|_| invalid())?
        .into_owned();
    if ascii.split('.').any(str::is_empty) || ascii.split('.').count() != bare.split('.').count() {
        return Err(invalid());
    }
    if ascii.split('.').any(|label| label.len() > 63) {
        return Err(label_too_long());
    }
    Ok(ascii)
}

/// A label must have been written as its A-label or its U-label, but for case. What UTS 46 maps silently (full-width letters,
/// ligatures, ignored characters) is refused: two texts that look different should not become one name unseen.
fn check_written(written: &str, label: &str) -> Result<(), NameError> {
    let lower = written.to_lowercase();
    if lower == label || lower == idna::domain_to_unicode(label).0 {
        return Ok(());
    }
    Err(NameError::new(
        "domain_not_canonical",
        "the name has characters that stand for other ones",
        "write it with the ordinary letters",
    ))
}

#[cfg(test)]
mod tests;
