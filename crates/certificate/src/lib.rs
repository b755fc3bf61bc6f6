//! What is to be known of certificates, read from PEM and DER: of the panel's own, which set-up makes, and of [chains](chain) that sites show.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};
use x509_parser::extensions::GeneralName;
use x509_parser::pem::Pem;
use x509_parser::prelude::{FromDer, X509Certificate};

pub mod chain;

/// The organisation that marks a certificate as made by set-up.
pub const MARK: &str = "Holdfast self-signed";

/// The file holds no certificate that can be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unreadable(String);

/// What is to be known of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// It was made by set-up.
    pub ours: bool,
    /// It is signed by itself, so that no browser takes it without a question.
    pub self_signed: bool,
    /// End of its validity, seconds since 1970 (UTC).
    pub not_after: i64,
    /// The names that it is for.
    pub names: BTreeSet<String>,
    /// SHA-256 of the certificate, as browsers show it.
    pub fingerprint: String,
}

impl Certificate {
    /// Reads the first certificate of a PEM text.
    pub fn read(pem: &[u8]) -> Result<Self, Unreadable> {
        let unreadable = |reason: &dyn std::fmt::Display| Unreadable(reason.to_string());
        for block in Pem::iter_from_buffer(pem) {
            let block = block.map_err(|error| unreadable(&error))?;
            if block.label != "CERTIFICATE" {
                continue;
            }
            let (_, parsed) =
                X509Certificate::from_der(&block.contents).map_err(|error| unreadable(&error))?;
            let ours =
                parsed.subject().iter_organization().any(|o| o.as_str().is_ok_and(|text| text == MARK));
            let alternative = parsed.subject_alternative_name().map_err(|error| unreadable(&error))?;
            let general =
                alternative.map(|extension| extension.value.general_names.clone()).unwrap_or_default();
            let names = general.into_iter().filter_map(|name| match name {
                GeneralName::DNSName(name) => Some(name.to_owned()),
                _ => None,
            });
            return Ok(Self {
                ours,
                self_signed: parsed.subject() == parsed.issuer(),
                not_after: parsed.validity().not_after.timestamp(),
                names: names.collect(),
                fingerprint: fingerprint(&block.contents),
            });
        }
        Err(unreadable(&"it holds no certificate in PEM"))
    }

    /// Has its time passed?
    pub fn expired(&self, now_micros: i64) -> bool {
        self.not_after <= now_micros.div_euclid(1_000_000)
    }
}

/// SHA-256 in pairs of digits, separated by colons.
fn fingerprint(der: &[u8]) -> String {
    let pairs: Vec<String> = Sha256::digest(der).iter().map(|byte| format!("{byte:02X}")).collect();
    pairs.join(":")
}
