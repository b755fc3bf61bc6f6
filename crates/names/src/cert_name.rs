//! Names in certificates.

use crate::text::text_value;
use crate::{DomainName, NameError};

/// A name that a certificate is for: a domain name, or all names one label below it (`*.example.com`).
///
/// Safe wherever a [`DomainName`] is, but for the star at its front; it is rendered into certificates and shown to people, and never
/// names a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CertName {
    wildcard: bool,
    base: DomainName,
}

text_value!(CertName, "a name of a certificate");

impl CertName {
    /// Refuses what [`DomainName::parse`] refuses of the text without its `*.`.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let (wildcard, base) = match text.strip_prefix("*.") {
            Some(base) => (true, base),
            None => (false, text),
        };
        Ok(Self { wildcard, base: DomainName::parse(base)? })
    }

    /// Whether it begins with a star.
    pub fn is_wildcard(&self) -> bool {
        self.wildcard
    }

    /// The name without its star.
    pub fn base(&self) -> &DomainName {
        &self.base
    }

    /// Whether a visitor who asks for this name is served by a certificate for it.
    pub fn covers(&self, name: &DomainName) -> bool {
        if !self.wildcard {
            return self.base == *name;
        }
        name.as_str().split_once('.').is_some_and(|(_, rest)| rest == self.base.as_str())
    }
}

impl From<DomainName> for CertName {
    fn from(base: DomainName) -> Self {
        Self { wildcard: false, base }
    }
}

impl std::fmt::Display for CertName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.wildcard { write!(f, "*.{}", self.base) } else { self.base.fmt(f) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> CertName {
        text.parse().unwrap()
    }

    #[test]
    fn a_star_stands_for_one_label_and_is_read_back() {
        let domain = |text: &str| DomainName::parse(text).unwrap();
        let star = name("*.example.com");
        assert!(star.is_wildcard() && star.covers(&domain("www.example.com")));
        assert!(!star.covers(&domain("example.com")) && !star.covers(&domain("a.www.example.com")));
        assert!(name("example.com").covers(&domain("example.com")));
        assert!(!name("example.com").covers(&domain("www.example.com")));
        for text in ["*.example.com", "example.com", "*.xn--bcher-kva.example"] {
            assert_eq!(name(text).to_string(), text);
        }
        assert_eq!(name("*.B\u{fc}cher.example").to_string(), "*.xn--bcher-kva.example");
    }

    #[test]
    fn any_other_star_is_refused() {
        for text in [
            "*",
            "*.",
            "**.example.com",
            "*.*.example.com",
            "w*.example.com",
            "www.*.com",
            "*example.com",
            "*.example.com\n",
        ] {
            assert!(CertName::parse(text).is_err(), "{text:?}");
        }
    }
}
