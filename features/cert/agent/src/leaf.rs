//! What is to be known of a certificate that the web server shows.

use std::collections::BTreeSet;

use certificate::MARK;
use names::{Digest, Micros};
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::prelude::{FromDer, X509Certificate, X509CertificationRequest};

/// The certificate itself, the first of its chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Leaf {
    /// SHA-256 of the public key (`SubjectPublicKeyInfo`, DER).
    pub(crate) key: Digest,
    /// The agent made it: it is marked so, and signed by itself.
    pub(crate) ours: bool,
    /// The names that it is for.
    pub(crate) names: BTreeSet<String>,
    /// From when on it is valid, in seconds since 1970 (UTC).
    pub(crate) not_before: i64,
    /// Until when, in seconds since 1970 (UTC).
    pub(crate) not_after: i64,
}

impl Leaf {
    /// Reads DER; none where that is no certificate, or more than one.
    pub(crate) fn read(der: &[u8]) -> Option<Self> {
        let (rest, certificate) = X509Certificate::from_der(der).ok()?;
        if !rest.is_empty() {
            return None;
        }
        let marked =
            certificate.subject().iter_organization().any(|o| o.as_str().is_ok_and(|text| text == MARK));
        let alternative = certificate.subject_alternative_name().ok()?;
        Some(Self {
            key: Digest::of(certificate.public_key().raw),
            ours: marked && certificate.subject() == certificate.issuer(),
            names: alternative.map(|names| dns_names(&names.value.general_names)).unwrap_or_default(),
            not_before: certificate.validity().not_before.timestamp(),
            not_after: certificate.validity().not_after.timestamp(),
        })
    }

    /// Whether its time has come and is not over.
    pub(crate) fn is_valid_at(&self, now: Micros) -> bool {
        (self.not_before..self.not_after).contains(&now.as_secs())
    }
}

/// The names that a request (PKCS #10) asks for; none where that is no request.
pub(crate) fn requested(der: &[u8]) -> Option<BTreeSet<String>> {
    let (_, request) = X509CertificationRequest::from_der(der).ok()?;
    request.requested_extensions()?.find_map(|extension| match extension {
        ParsedExtension::SubjectAlternativeName(names) => Some(dns_names(&names.general_names)),
        _ => None,
    })
}

fn dns_names(names: &[GeneralName<'_>]) -> BTreeSet<String> {
    let name = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        _ => None,
    };
    names.iter().filter_map(name).collect()
}
