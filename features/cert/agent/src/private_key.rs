//! A private key that certificates can be made with.

use cert_spec::KeyKind;
use names::{Digest, Secret};
use pem::{EncodeConfig, LineEnding, Pem};
use rcgen::{
    CertificateParams, DistinguishedName, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384,
    PKCS_RSA_SHA256, PublicKeyData,
};

/// The name of a key in PEM, as we write it.
pub(crate) const PRIVATE_KEY: &str = "PRIVATE KEY";

/// A private key. Nothing here prints it.
pub(crate) struct PrivateKey {
    pair: KeyPair,
    pem: Secret<String>,
    digest: Digest,
    kind: KeyKind,
}

impl PrivateKey {
    /// A new one: ECDSA on P-256.
    pub(crate) fn generate() -> Result<Self, rcgen::Error> {
        Self::of(KeyPair::generate()?)
    }

    /// Reads PKCS #8 of version 1. The error says what is wrong, and nothing of the key.
    pub(crate) fn of_pkcs8(der: &[u8]) -> Result<Self, rcgen::Error> {
        Self::of(KeyPair::try_from(der)?)
    }

    /// Reads a key as [`Self::pem`] wrote it; what else is in the text is passed over.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let blocks = pem::parse_many(text).ok()?;
        let key = blocks.iter().find(|block| block.tag() == PRIVATE_KEY)?;
        Self::of_pkcs8(key.contents()).ok()
    }

    fn of(pair: KeyPair) -> Result<Self, rcgen::Error> {
        let kind = match pair.algorithm() {
            rsa if *rsa == PKCS_RSA_SHA256 => KeyKind::Rsa,
            ec if *ec == PKCS_ECDSA_P256_SHA256 || *ec == PKCS_ECDSA_P384_SHA384 => KeyKind::Ecdsa,
            _ => return Err(rcgen::Error::UnsupportedSignatureAlgorithm),
        };
        let pem = Secret::new(block(PRIVATE_KEY, pair.serialized_der()));
        let digest = Digest::of(pair.subject_public_key_info());
        Ok(Self { pair, pem, digest, kind })
    }

    /// SHA-256 of the public half (`SubjectPublicKeyInfo`, DER).
    pub(crate) fn digest(&self) -> Digest {
        self.digest
    }

    /// What it is.
    pub(crate) fn kind(&self) -> KeyKind {
        self.kind
    }

    /// The key in PEM, for the files that hold it.
    pub(crate) fn pem(&self) -> &Secret<String> {
        &self.pem
    }

    /// For signing.
    pub(crate) fn pair(&self) -> &KeyPair {
        &self.pair
    }

    /// A request (PKCS #10, DER) for these names. It names no subject: an authority goes by the names.
    pub(crate) fn request(&self, names: Vec<String>) -> Result<Vec<u8>, rcgen::Error> {
        let mut params = CertificateParams::new(names)?;
        params.distinguished_name = DistinguishedName::new();
        Ok(params.serialize_request(&self.pair)?.der().to_vec())
    }
}

/// One block of PEM.
pub(crate) fn block(name: &str, der: &[u8]) -> String {
    pem::encode_config(&Pem::new(name, der), EncodeConfig::new().set_line_ending(LineEnding::LF))
}
