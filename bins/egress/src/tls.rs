//! Whom egress trusts.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio_rustls::TlsConnector;

/// Trust in the certificates of a file, as the system's own programs have it; by TLS 1.2 and 1.3, HTTP/1.1 alone.
pub(crate) fn connector(roots: &Path) -> Result<TlsConnector> {
    let read = || format!("certificates of {}", roots.display());
    let mut store = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(roots).with_context(read)? {
        // one that is too old to be understood takes nothing from the others
        let _ = store.add(certificate.with_context(read)?);
    }
    ensure!(
        !store.is_empty(),
        "{}: there are none that can be used; is the package ca-certificates installed?",
        read()
    );
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(store)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsConnector::from(Arc::new(config)))
}
