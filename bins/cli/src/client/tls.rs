//! Who is trusted over HTTPS: the system's certificates, those of a file, or one certificate by its fingerprint.
//!
//! A fresh panel has a certificate that it signed itself. It is trusted where `--ca-file` holds that very certificate, or `--fingerprint`
//! is its SHA-256; nothing is trusted because it was seen before.

use std::path::Path;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};

use crate::failure::Failure;

/// Where Debian keeps the certificates that it trusts.
const SYSTEM: &str = "/etc/ssl/certs/ca-certificates.crt";

#[derive(Debug)]
struct Verifier {
    /// SHA-256 of the only certificate that is trusted, in hexadecimal digits.
    pinned: Option<String>,
    /// Certificates that are trusted as they are.
    exact: Vec<CertificateDer<'static>>,
    /// The usual way, where there are roots.
    usual: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
}

/// The configuration of connections.
pub(super) fn config(ca_file: Option<&Path>, fingerprint: Option<&str>) -> Result<ClientConfig, Failure> {
    let provider = Arc::new(ring::default_provider());
    let pinned = fingerprint.map(hexadecimal).transpose()?;
    let exact = match (ca_file, &pinned) {
        (Some(file), _) => read(file)?,
        (None, Some(_)) => Vec::new(),
        (None, None) => read(Path::new(SYSTEM))?,
    };
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(exact.iter().cloned());
    let usual = if roots.is_empty() {
        None
    } else {
        let built =
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build();
        Some(built.map_err(|error| Failure::Usage(format!("--ca-file: {error}")))?)
    };
    let exact = if ca_file.is_some() { exact } else { Vec::new() };
    let verifier = Verifier { pinned, exact, usual, provider: Arc::clone(&provider) };
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Failure::Usage(error.to_string()))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(config)
}

fn read(path: &Path) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let usage = |error: &dyn std::fmt::Display| {
        Failure::Usage(format!(
            "certificates of {}: {error}; give --ca-file or --fingerprint",
            path.display()
        ))
    };
    let certificates = CertificateDer::pem_file_iter(path).map_err(|error| usage(&error))?;
    let certificates: Vec<_> = certificates.collect::<Result<_, _>>().map_err(|error| usage(&error))?;
    if certificates.is_empty() { Err(usage(&"there are none in it")) } else { Ok(certificates) }
}

/// `AB:CD:..` and `abcd..` are the same.
fn hexadecimal(text: &str) -> Result<String, Failure> {
    let digits: String = text.chars().filter(|c| *c != ':').map(|c| c.to_ascii_lowercase()).collect();
    if digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(digits);
    }
    Err(Failure::Usage("--fingerprint: a SHA-256 has 64 hexadecimal digits".to_owned()))
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let fingerprint = names::Digest::of(end_entity).to_string();
        if let Some(pinned) = &self.pinned {
            if *pinned == fingerprint {
                return Ok(ServerCertVerified::assertion());
            }
            return Err(rustls::Error::General(format!(
                "its certificate has another fingerprint: {fingerprint}"
            )));
        }
        if self.exact.iter().any(|trusted| trusted == end_entity) {
            return Ok(ServerCertVerified::assertion());
        }
        let reason = match &self.usual {
            Some(usual) => {
                let checked =
                    usual.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
                match checked {
                    Ok(verified) => return Ok(verified),
                    Err(error) => error.to_string(),
                }
            }
            None => "nobody is trusted".to_owned(),
        };
        Err(rustls::Error::General(format!("{reason}; its certificate has the fingerprint {fingerprint}")))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(
            message,
            certificate,
            signature,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(
            message,
            certificate,
            signature,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
