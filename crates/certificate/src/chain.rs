//! Chains of certificates, as they are brought or issued: read from PEM, put in order, and what the first one says of itself.
//!
//! People paste chains in any order, with the root, with an intermediate twice. What comes out of [`order`] is what a web server
//! sends: the own certificate first, each next one the issuer of the one before it, and no root. Whether one issued another is told by the
//! names *and* by the signature, since an intermediate that was renewed has the name of the old one.

use sha2::{Digest, Sha256};
use x509_parser::error::X509Error;
use x509_parser::extensions::GeneralName;
use x509_parser::pem::Pem;
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::public_key::PublicKey;

/// Why a chain is not one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// A block of PEM is cut off, or is no base64.
    #[error("the text is not PEM")]
    Pem,
    /// A block that is neither a certificate nor a key.
    #[error("the text holds something else than certificates")]
    Other,
    /// A private key is among the certificates.
    #[error("the text holds a private key")]
    Key,
    /// There is none.
    #[error("there is no certificate")]
    Empty,
    /// A certificate cannot be read.
    #[error("a certificate is unreadable")]
    Unreadable,
    /// They do not lead from one to the next.
    #[error("the certificates are not one chain")]
    Broken,
}

/// What a public key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PublicKind {
    /// On an elliptic curve, of so many bits.
    Ecdsa(usize),
    /// RSA of so many bits.
    Rsa(usize),
    /// Something else.
    Other,
}

/// One certificate, and what chains are about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The certificate in DER.
    pub der: Vec<u8>,
    /// The DNS names that it is for, as they are written in it.
    pub names: Vec<String>,
    /// Who issued it, in words.
    pub issuer_words: String,
    /// Its serial number in hexadecimal pairs.
    pub serial: String,
    /// Begin of its validity, seconds since 1970 (UTC).
    pub not_before: i64,
    /// End of its validity, seconds since 1970 (UTC).
    pub not_after: i64,
    /// Its public key.
    pub kind: PublicKind,
    /// SHA-256 of its public key (`SubjectPublicKeyInfo`, DER).
    pub key: [u8; 32],
    subject: Vec<u8>,
    issuer: Vec<u8>,
    is_authority: bool,
}

impl Link {
    /// Reads a certificate in DER.
    pub fn read(der: &[u8]) -> Result<Self, ChainError> {
        let (rest, parsed) = X509Certificate::from_der(der).map_err(|_| ChainError::Unreadable)?;
        if !rest.is_empty() {
            return Err(ChainError::Unreadable);
        }
        let alternative = parsed.subject_alternative_name().map_err(|_| ChainError::Unreadable)?;
        let general = alternative.map(|extension| &extension.value.general_names);
        let names = general.into_iter().flatten().filter_map(|name| match name {
            GeneralName::DNSName(name) => Some((*name).to_owned()),
            _ => None,
        });
        let public = parsed.public_key();
        let kind = match public.parsed() {
            Ok(PublicKey::EC(point)) => PublicKind::Ecdsa(point.key_size()),
            Ok(PublicKey::RSA(key)) => PublicKind::Rsa(bits(key.modulus)),
            _ => PublicKind::Other,
        };
        Ok(Self {
            der: der.to_vec(),
            names: names.collect(),
            issuer_words: words(&parsed),
            serial: parsed.raw_serial_as_string(),
            not_before: parsed.validity().not_before.timestamp(),
            not_after: parsed.validity().not_after.timestamp(),
            kind,
            key: Sha256::digest(public.raw).into(),
            subject: parsed.subject().as_raw().to_vec(),
            issuer: parsed.issuer().as_raw().to_vec(),
            is_authority: parsed.is_ca(),
        })
    }

    /// Whether its issuer has its own name: a root, or one that signs itself.
    pub fn is_self_issued(&self) -> bool {
        self.subject == self.issuer
    }

    /// Whether it was issued by `other`, as far as can be told: a signature of a kind that is not known here refutes nothing.
    fn is_issued_by(&self, other: &Self) -> bool {
        if self.issuer != other.subject {
            return false;
        }
        let (Ok((_, own)), Ok((_, above))) =
            (X509Certificate::from_der(&self.der), X509Certificate::from_der(&other.der))
        else {
            return false;
        };
        match own.verify_signature(Some(above.public_key())) {
            Ok(()) | Err(X509Error::SignatureUnsupportedAlgorithm) => true,
            Err(_) => false,
        }
    }
}

/// The bits of a number in big-endian bytes.
fn bits(number: &[u8]) -> usize {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    let Some(first) = number.get(zeros) else { return 0 };
    (number.len() - zeros) * 8 - first.leading_zeros() as usize
}

/// The issuer for people: its common name, and its organisation where that says more. A stranger wrote it: control characters are left out,
/// and it is cut.
fn words(parsed: &X509Certificate<'_>) -> String {
    let issuer = parsed.issuer();
    let common = issuer.iter_common_name().find_map(|name| name.as_str().ok());
    let organisation = issuer.iter_organization().find_map(|name| name.as_str().ok());
    let text = match (common, organisation) {
        (Some(common), Some(organisation)) if common.contains(organisation) => common.to_owned(),
        (Some(common), Some(organisation)) => format!("{common} ({organisation})"),
        (Some(only), None) | (None, Some(only)) => only.to_owned(),
        (None, None) => issuer.to_string(),
    };
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}

/// The certificates of a PEM text, in DER, as they come. Text around the blocks is passed over.
pub fn blocks(pem: &str) -> Result<Vec<Vec<u8>>, ChainError> {
    // also where the block around it cannot be read
    if pem.contains("PRIVATE KEY-----") {
        return Err(ChainError::Key);
    }
    let mut found = Vec::new();
    for block in Pem::iter_from_buffer(pem.as_bytes()) {
        let block = block.map_err(|_| ChainError::Pem)?;
        match block.label.as_str() {
            "CERTIFICATE" | "X509 CERTIFICATE" => found.push(block.contents),
            _ => return Err(ChainError::Other),
        }
    }
    if found.is_empty() { Err(ChainError::Empty) } else { Ok(found) }
}

/// Puts certificates in the order in which a web server sends them: the own one first, each next one the issuer of the one before it, without
/// the root. One that signs itself and is alone stays. Never answers an empty list.
pub fn order(links: Vec<Link>) -> Result<Vec<Link>, ChainError> {
    let mut left: Vec<Link> = Vec::with_capacity(links.len());
    for link in links {
        if !left.iter().any(|known| known.der == link.der) {
            left.push(link);
        }
    }
    let mut chain = vec![left.remove(own(&left).ok_or(ChainError::Empty)?)];
    while let Some(last) = chain.last().filter(|last| !last.is_self_issued()) {
        // of two with the same name and key, the one that leads further up
        let next = left.iter().position(|other| !other.is_self_issued() && last.is_issued_by(other));
        let next = next.or_else(|| left.iter().position(|other| last.is_issued_by(other)));
        let Some(next) = next else { break };
        chain.push(left.remove(next));
    }
    // a root that an issuer of the chain was also signed by, or that it leads to
    let is_root_of_it = |other: &Link| {
        let named = |link: &Link| link.issuer == other.subject || link.subject == other.subject;
        other.is_self_issued()
            && chain.iter().any(|link| link.is_issued_by(other) || (other.is_authority && named(link)))
    };
    if left.iter().any(|other| !is_root_of_it(other)) {
        return Err(ChainError::Broken);
    }
    if chain.len() > 1 && chain.last().is_some_and(Link::is_self_issued) {
        chain.pop();
    }
    Ok(chain)
}

/// Where the own certificate is: one that issued none of the others, and rather no authority's.
fn own(links: &[Link]) -> Option<usize> {
    let issued_none = |link: &Link| !links.iter().any(|other| other != link && other.is_issued_by(link));
    let found = links.iter().position(|link| !link.is_authority && issued_none(link));
    found.or_else(|| links.iter().position(issued_none)).or((!links.is_empty()).then_some(0))
}

#[cfg(test)]
mod tests;
