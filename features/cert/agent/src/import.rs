//! A private key that somebody brings: told from all else that is pasted into such a field, checked, and brought into the one form in which
//! keys are kept.

use cert_spec::SecretPem;
use names::Secret;
use pem::Pem;

use crate::der::{FIRST, INTEGER, OBJECT, OCTETS, Reader, SECOND, SEQUENCE, write};
use crate::private_key::{PRIVATE_KEY, PrivateKey};

/// `rsaEncryption`, `ecPublicKey`, the curves, `Ed25519` (RFC 3279, RFC 5480, RFC 8410).
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const P384: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x22];
const P521: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x23];
const ED25519: &[u8] = &[0x2b, 0x65, 0x70];

/// RSA keys are taken from here on, in bits.
const LEAST: usize = 2048;
/// The longest, in bits: what the library that signs with them takes.
const MOST: usize = 4096;

/// Why a key is not taken. What is said holds nothing of the key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyRefused {
    /// There is none.
    #[error("no private key in PEM was found; give the text from -----BEGIN to -----END")]
    Missing,
    /// There are several.
    #[error("there are {0} private keys; give the one that belongs to the certificate")]
    Several(usize),
    /// It has a password.
    #[error("the key is encrypted; `openssl pkey -in KEY -out NEW` takes its password off")]
    Encrypted,
    /// It is no PEM, or no key.
    #[error("the key cannot be read; give it in PEM as PKCS #8, PKCS #1 or SEC 1")]
    Unreadable,
    /// Of another kind.
    #[error("{0} keys cannot be used; use RSA of 2048 to 4096 bits, or ECDSA on P-256 or P-384")]
    Kind(&'static str),
    /// Too short.
    #[error("the RSA key has {0} bits, which is too weak; use 2048 to 4096")]
    Weak(usize),
    /// Too long.
    #[error("the RSA key has {0} bits, which is too long; use 2048 to 4096")]
    Long(usize),
    /// The public half is left out.
    #[error("the key is without its public half; `openssl pkey -in KEY -out NEW` puts it in")]
    Halved,
    /// Its parts contradict each other, or its exponent is out of the ordinary.
    #[error("the key is damaged or out of the ordinary ({0}); make a new one")]
    Damaged(String),
}

/// A key's own structure, by its kind.
enum Material<'a> {
    /// `RSAPrivateKey`, PKCS #1.
    Rsa(&'a [u8]),
    /// The curve, and `ECPrivateKey`, SEC 1.
    Ec(&'a [u8], &'a [u8]),
}

/// Reads what somebody brings.
pub(crate) fn import(text: &SecretPem) -> Result<PrivateKey, KeyRefused> {
    let text = text.expose();
    let blocks = pem::parse_many(text).map_err(|_| KeyRefused::Unreadable)?;
    let keys: Vec<&Pem> = blocks.iter().filter(|block| block.tag().ends_with(PRIVATE_KEY)).collect();
    let key = match keys[..] {
        [key] => key,
        [] => return Err(KeyRefused::Missing),
        _ => return Err(KeyRefused::Several(keys.len())),
    };
    // as OpenSSL wrote it before PKCS #8
    let is_locked = key.headers().get("Proc-Type").is_some_and(|kind| kind.contains("ENCRYPTED"));
    let material = match key.tag() {
        _ if is_locked => return Err(KeyRefused::Encrypted),
        "ENCRYPTED PRIVATE KEY" => return Err(KeyRefused::Encrypted),
        PRIVATE_KEY => of_pkcs8(key.contents())?,
        "RSA PRIVATE KEY" => Material::Rsa(key.contents()),
        "EC PRIVATE KEY" => {
            let parameters = blocks.iter().find(|block| block.tag() == "EC PARAMETERS").map(Pem::contents);
            Material::Ec(curve_of(key.contents(), parameters)?, key.contents())
        }
        "DSA PRIVATE KEY" => return Err(KeyRefused::Kind("DSA")),
        "OPENSSH PRIVATE KEY" => return Err(KeyRefused::Kind("OpenSSH")),
        _ => return Err(KeyRefused::Unreadable),
    };
    let pkcs8 = Secret::new(material.check()?.to_pkcs8());
    PrivateKey::of_pkcs8(pkcs8.expose()).map_err(|error| KeyRefused::Damaged(error.to_string()))
}

fn of_pkcs8(der: &[u8]) -> Result<Material<'_>, KeyRefused> {
    let read = || {
        let mut whole = Reader::new(Reader::new(der).expect(SEQUENCE)?);
        whole.expect(INTEGER)?;
        let mut algorithm = Reader::new(whole.expect(SEQUENCE)?);
        Some((algorithm.expect(OBJECT)?, algorithm.next(), whole.expect(OCTETS)?))
    };
    let (kind, parameters, inner) = read().ok_or(KeyRefused::Unreadable)?;
    match kind {
        RSA => Ok(Material::Rsa(inner)),
        EC => match parameters {
            Some(curve) if curve.tag == OBJECT => Ok(Material::Ec(curve.value, inner)),
            _ => Err(KeyRefused::Kind("ECDSA (on a curve without a name)")),
        },
        ED25519 => Err(KeyRefused::Kind("Ed25519")),
        _ => Err(KeyRefused::Kind("such")),
    }
}

/// The curve, which SEC 1 writes into the key, or OpenSSL in front of it.
fn curve_of<'a>(der: &'a [u8], before: Option<&'a [u8]>) -> Result<&'a [u8], KeyRefused> {
    let mut whole = Reader::new(Reader::new(der).expect(SEQUENCE).ok_or(KeyRefused::Unreadable)?);
    let within = std::iter::from_fn(|| whole.next()).find(|element| element.tag == FIRST);
    let named = within.map(|element| element.value).or(before).ok_or(KeyRefused::Unreadable)?;
    Reader::new(named).expect(OBJECT).ok_or(KeyRefused::Kind("ECDSA (on a curve without a name)"))
}

impl Material<'_> {
    /// It is of a kind and size that can be used.
    fn check(self) -> Result<Self, KeyRefused> {
        match self {
            Self::Rsa(key) => match modulus_bits(key).ok_or(KeyRefused::Unreadable)? {
                bits if bits < LEAST => Err(KeyRefused::Weak(bits)),
                bits if bits > MOST => Err(KeyRefused::Long(bits)),
                _ => Ok(self),
            },
            Self::Ec(P256 | P384, key) => {
                let whole = Reader::new(key).expect(SEQUENCE).ok_or(KeyRefused::Unreadable)?;
                let mut parts = Reader::new(whole);
                let has_public = std::iter::from_fn(|| parts.next()).any(|element| element.tag == SECOND);
                if has_public { Ok(self) } else { Err(KeyRefused::Halved) }
            }
            Self::Ec(P521, _) => Err(KeyRefused::Kind("ECDSA (P-521)")),
            Self::Ec(..) => Err(KeyRefused::Kind("ECDSA (on another curve)")),
        }
    }

    /// PKCS #8 of version 1, without attributes.
    fn to_pkcs8(&self) -> Vec<u8> {
        let (algorithm, key) = match self {
            Self::Rsa(key) => (write(SEQUENCE, &[&write(OBJECT, &[RSA]), &[0x05, 0x00]]), key),
            Self::Ec(curve, key) => {
                (write(SEQUENCE, &[&write(OBJECT, &[EC]), &write(OBJECT, &[curve])]), key)
            }
        };
        write(SEQUENCE, &[&write(INTEGER, &[&[0]]), &algorithm, &write(OCTETS, &[key])])
    }
}

/// How long the modulus is, in bits.
fn modulus_bits(pkcs1: &[u8]) -> Option<usize> {
    let mut whole = Reader::new(Reader::new(pkcs1).expect(SEQUENCE)?);
    whole.expect(INTEGER)?;
    let modulus = whole.expect(INTEGER)?;
    let zeros = modulus.iter().take_while(|byte| **byte == 0).count();
    let significant = modulus.get(zeros..)?;
    let first = significant.first()?;
    Some(significant.len() * 8 - first.leading_zeros() as usize)
}

#[cfg(test)]
mod tests;
