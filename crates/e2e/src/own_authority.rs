//! An authority of somebody's own: a root that nobody knows who was not told it, two intermediates, and what they sign.

use anyhow::Result;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};

/// When a certificate is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Valid {
    /// Now, and for years.
    Now,
    /// It was, years ago.
    Before,
    /// It will be, in a later century.
    Later,
}

/// A certificate and its key, as PEM.
#[derive(Debug, Clone)]
pub struct Signed {
    /// The certificate alone.
    pub certificate: String,
    /// Its private key (PKCS #8).
    pub key: String,
}

/// The authority.
#[derive(Debug)]
pub struct OwnAuthority {
    root: CertifiedIssuer<'static, KeyPair>,
    upper: CertifiedIssuer<'static, KeyPair>,
    lower: CertifiedIssuer<'static, KeyPair>,
}

impl OwnAuthority {
    /// A new one, whose certificates bear this name.
    ///
    /// # Errors
    /// A key cannot be made.
    pub fn new(name: &str) -> Result<Self> {
        let of = |part: &str| -> Result<CertificateParams> {
            let mut params = params(&[], &format!("{name} {part}"), Valid::Now)?;
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
            Ok(params)
        };
        let root = CertifiedIssuer::self_signed(of("root")?, KeyPair::generate()?)?;
        let upper = CertifiedIssuer::signed_by(of("upper")?, KeyPair::generate()?, &root)?;
        let lower = CertifiedIssuer::signed_by(of("lower")?, KeyPair::generate()?, &upper)?;
        Ok(Self { root, upper, lower })
    }

    /// What is trusted, as PEM.
    pub fn root(&self) -> String {
        self.root.pem()
    }

    /// The intermediate that the root signed, as PEM.
    pub fn upper(&self) -> String {
        self.upper.pem()
    }

    /// The intermediate that signs, as PEM.
    pub fn lower(&self) -> String {
        self.lower.pem()
    }

    /// A certificate for these names, the first of them its subject.
    ///
    /// # Errors
    /// A name is none, or a key cannot be made.
    pub fn sign(&self, names: &[&str], valid: Valid) -> Result<Signed> {
        let mut params = params(names, names.first().copied().unwrap_or_default(), valid)?;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.lower)?;
        Ok(Signed { certificate: certificate.pem(), key: key.serialize_pem() })
    }

    /// The certificate and those of its issuers as people paste them: in the order of no server, with the root.
    pub fn jumbled(&self, signed: &Signed) -> String {
        [self.root(), self.lower(), signed.certificate.clone(), self.upper()].join("\n")
    }
}

fn params(names: &[&str], subject: &str, valid: Valid) -> Result<CertificateParams> {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name.remove(DnType::CommonName);
    params.distinguished_name.push(DnType::CommonName, subject);
    params.use_authority_key_identifier_extension = true;
    let (from, until) = match valid {
        Valid::Now => (2024, 2049),
        Valid::Before => (2020, 2021),
        Valid::Later => (2110, 2111),
    };
    (params.not_before, params.not_after) = (date_time_ymd(from, 1, 1), date_time_ymd(until, 1, 1));
    Ok(params)
}
