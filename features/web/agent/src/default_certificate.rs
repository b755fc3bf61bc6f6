//! What visitors are shown who name no site: a certificate for nobody, so that a handshake tells of no tenant.
//!
//! Its file is made where it is missing, and made anew where it is not as we left it: nothing else knows its key, so that nothing is lost.

use converge::{Done, ObserveError, Own, StepError};
use hostd::Host;
use hostfs::{FileKind, Owner};
use names::{Digest, Secret};

use crate::layout::{DEFAULT_CERTIFICATE, TLS, TLS_MODE};

/// The name in it; `.invalid` never exists (RFC 6761).
pub const DEFAULT_NAME: &str = "holdfast.invalid";

/// The key of the file among what the ledger remembers as loaded.
const LOADED: &str = "default_certificate";

/// The agent writes it, nginx's workers read it.
const MODE: u32 = 0o640;

/// Makes the certificate: keys are another feature's matter.
pub trait DefaultCertificate: Send + Sync {
    /// A new key and a certificate for [`DEFAULT_NAME`] that it signs itself, in PEM, the key first. An error is a sentence for people.
    fn make(&self, host: &Host) -> Result<Secret<String>, String>;
}

/// How directory and file stand.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// The directory must be made, or get this owner.
    pub(crate) dir: Option<Owner>,
    /// The file must be made, with this owner.
    pub(crate) file: Option<Owner>,
    /// What the file holds that is as we left it.
    pub(crate) digest: Option<Digest>,
}

/// Looks.
pub(crate) fn observe(host: &Host, own: &Own) -> Result<Seen, ObserveError> {
    let Some(gid) = host.web_gid()? else {
        return Err(ObserveError::WaitsFor("the web server's package".to_owned()));
    };
    let owner = (0, gid);
    let dir = host.files().stat(TLS)?;
    let fits = dir.is_some_and(|m| m.kind == FileKind::Dir && (m.mode, (m.uid, m.gid)) == (TLS_MODE, owner));
    let mut seen = Seen { dir: (!fits).then_some(owner), ..Seen::default() };
    let meta = host.files().stat(DEFAULT_CERTIFICATE)?;
    if meta.is_some_and(|m| m.kind == FileKind::File && (m.mode, (m.uid, m.gid)) == (MODE, owner)) {
        let there = host.files().read(DEFAULT_CERTIFICATE)?.map(Digest::of);
        seen.digest = there.filter(|digest| own.loaded.get(LOADED) == Some(digest));
    }
    seen.file = seen.digest.is_none().then_some(owner);
    Ok(seen)
}

/// What the ledger remembers.
pub(crate) fn loaded(digest: Digest) -> (String, Digest) {
    (LOADED.to_owned(), digest)
}

/// Makes the file.
pub(crate) fn make(host: &Host, maker: &dyn DefaultCertificate, owner: Owner) -> Result<Done, StepError> {
    let pem =
        maker.make(host).map_err(|error| StepError::failed(format!("{DEFAULT_CERTIFICATE}: {error}")))?;
    host.files().write(DEFAULT_CERTIFICATE, pem.expose().as_bytes(), MODE, owner)?;
    Ok(Done { loaded: Some(loaded(Digest::of(pem.expose()))) })
}
