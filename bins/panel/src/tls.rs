//! The certificate and key of HTTPS, from systemd's credentials.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::ServerConfig;
use tokio_rustls::TlsAcceptor;

/// Why HTTPS cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// `$CREDENTIALS_DIRECTORY` is not set.
    #[error("systemd gave no credentials: $CREDENTIALS_DIRECTORY is not set")]
    NoCredentials,
    /// The file cannot be read.
    #[error("{path} cannot be read", path = path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file holds no certificate or no key.
    #[error("{path} holds no {what}", path = path.display())]
    Missing {
        /// The file.
        path: PathBuf,
        /// What is missing.
        what: &'static str,
    },
    /// Certificate and key do not fit, or are of a kind that is not served.
    #[error("the certificate cannot be used")]
    Unusable(#[from] rustls::Error),
}

/// Reads `tls.pem`: the certificate, what it is signed by, and the key.
pub fn acceptor() -> Result<TlsAcceptor, TlsError> {
    from_pem(&path()?)
}

fn path() -> Result<PathBuf, TlsError> {
    let folder = std::env::var_os("CREDENTIALS_DIRECTORY").ok_or(TlsError::NoCredentials)?;
    Ok(Path::new(&folder).join("tls.pem"))
}

/// The file, as it was given to this process.
pub(crate) fn pem() -> Result<Vec<u8>, TlsError> {
    let path = path()?;
    std::fs::read(&path).map_err(|source| TlsError::Read { path, source })
}

/// As [`acceptor`], from a file.
pub fn from_pem(path: &Path) -> Result<TlsAcceptor, TlsError> {
    let read = |source| TlsError::Read { path: path.to_owned(), source };
    let pem = std::fs::read(path).map_err(read)?;
    let certificates =
        rustls_pemfile::certs(&mut pem.as_slice()).collect::<Result<Vec<_>, _>>().map_err(read)?;
    if certificates.is_empty() {
        return Err(TlsError::Missing { path: path.to_owned(), what: "certificate" });
    }
    let key = rustls_pemfile::private_key(&mut pem.as_slice()).map_err(read)?;
    let key = key.ok_or(TlsError::Missing { path: path.to_owned(), what: "private key" })?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(certificates, key)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
