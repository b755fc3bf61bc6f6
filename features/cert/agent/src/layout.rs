//! Where certificates and keys lie.

use names::{CertificateId, Digest};

/// What the web server reads: `<certificate>.pem` for each.
pub const TLS: &str = "/etc/nginx/holdfast-tls";

/// The directory's mode: the web server's workers reach the files, and nobody else.
pub(crate) const TLS_MODE: u32 = 0o750;

/// The mode of each file in it.
pub(crate) const FILE_MODE: u32 = 0o640;

/// Keys, a directory for each certificate; root's alone.
pub const KEYS: &str = "/var/lib/holdfast-agent/keys";

/// The file of key and chain.
pub(crate) fn file(certificate: CertificateId) -> String {
    format!("{TLS}/{certificate}.pem")
}

/// The keys of a certificate.
pub(crate) fn keys(certificate: CertificateId) -> String {
    format!("{KEYS}/{certificate}")
}

/// A key that waits for its certificate, with the request that was made for it, if one was.
pub(crate) fn waiting(certificate: CertificateId, key: Digest) -> String {
    format!("{KEYS}/{certificate}/{key}.pem")
}

/// The key that the applied certificate uses: should the web server's file be lost, this puts it back.
pub(crate) fn used(certificate: CertificateId) -> String {
    format!("{KEYS}/{certificate}/used.pem")
}
