//! The keys: files of root's, each named by the SHA-256 of its public half, one directory for each certificate.
//!
//! A key that was made or handed over *waits* until a certificate that it fits is applied. From then on it is the one that is *used*,
//! and those that waited no longer than it are gone: their certificates will not come any more. One that was made later belongs to an
//! order under way and stays.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use cert_spec::{Der, DiscardKeys, ImportKey, KeyImported, KeyKind, KeyMade, KeysDiscarded, MakeKey};
use hostd::{Host, HostError};
use hostfs::FileKind;
use names::{CertificateId, Digest};

use crate::import::{KeyRefused, import};
use crate::layout;
use crate::leaf::requested;
use crate::private_key::{PrivateKey, block};

/// The name of a request in PEM.
const REQUEST: &str = "CERTIFICATE REQUEST";

/// The most names of a request.
pub(crate) const MAX_NAMES: usize = 100;

/// The most keys of a certificate that wait; beyond it the oldest goes.
const MAX_WAITING: usize = 16;

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// What is asked for goes beyond the bounds, or cannot be done here.
    #[error("{0}")]
    Refused(&'static str),
    /// What was handed over is no key that can be used.
    #[error(transparent)]
    BadKey(#[from] KeyRefused),
    /// The library would not make it.
    #[error("make a key or a request")]
    Make(#[from] rcgen::Error),
    /// The host could not be read or changed.
    #[error(transparent)]
    Host(#[from] HostError),
}

/// Makes and takes in keys. One call at a time, so that a call which is repeated while the first still runs finds its key.
#[derive(Debug, Default)]
pub struct Keys {
    busy: Mutex<()>,
}

impl Keys {
    /// A key and a request for a certificate to come. The same again finds the same key and request.
    pub fn make(&self, host: &Host, ask: &MakeKey) -> Result<KeyMade, KeyError> {
        let names: BTreeSet<String> = ask.names.iter().map(ToString::to_string).collect();
        if names.is_empty() || names.len() > MAX_NAMES {
            return Err(KeyError::Refused("a certificate is for 1 to 100 names"));
        }
        if ask.kind == KeyKind::Rsa {
            return Err(KeyError::Refused(
                "this server makes no RSA keys; ask for ecdsa, or bring a certificate with an RSA key of its own",
            ));
        }
        let _one = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        for waiting in waiting(host, ask.certificate)? {
            if let Some(made) = made_for(host, &waiting, &names)? {
                return Ok(made);
            }
        }
        let key = PrivateKey::generate()?;
        let request = key.request(names.into_iter().collect())?;
        let text = format!("{}{}", key.pem().expose(), block(REQUEST, &request));
        put(host, &layout::waiting(ask.certificate, key.digest()), &text)?;
        prune(host, ask.certificate)?;
        let request =
            Der::new(request).ok_or(KeyError::Refused("the request for so many long names is too long"))?;
        Ok(KeyMade { key: key.digest(), request })
    }

    /// Takes in the key of a certificate that an owner brings.
    pub fn import(&self, host: &Host, ask: &ImportKey) -> Result<KeyImported, KeyError> {
        let key = import(&ask.key)?;
        let _one = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        let path = layout::waiting(ask.certificate, key.digest());
        let there = host.files().read_text(&path)?.and_then(|text| PrivateKey::read(&text));
        if there.is_none_or(|there| there.digest() != key.digest()) {
            put(host, &path, key.pem().expose())?;
            prune(host, ask.certificate)?;
        }
        Ok(KeyImported { key: key.digest(), kind: key.kind() })
    }

    /// Forgets the keys that wait. The one that an applied certificate uses stays.
    pub fn discard(&self, host: &Host, ask: &DiscardKeys) -> Result<KeysDiscarded, KeyError> {
        let _one = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        let mut keys = 0;
        for waiting in waiting(host, ask.certificate)? {
            keys += u32::from(host.files().remove(&waiting.path)?);
        }
        let directory = layout::keys(ask.certificate);
        if host.files().stat(&directory)?.is_some() && host.files().list(&directory)?.is_empty() {
            host.files().remove_dir(&directory)?;
        }
        Ok(KeysDiscarded { keys })
    }
}

/// A key that waits for its certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Waiting {
    /// Its name.
    pub(crate) key: Digest,
    /// When it came, in microseconds since 1970 (UTC).
    since: i64,
    path: String,
}

/// The keys of a certificate that wait, the oldest first.
pub(crate) fn waiting(host: &Host, certificate: CertificateId) -> Result<Vec<Waiting>, HostError> {
    let mut found = Vec::new();
    for (name, kind) in host.files().list(&layout::keys(certificate))? {
        let key = name.strip_suffix(".pem").and_then(|name| Digest::parse(name).ok());
        let Some(key) = key.filter(|_| kind == FileKind::File) else { continue };
        let path = layout::waiting(certificate, key);
        if let Some(meta) = host.files().stat(&path)? {
            found.push(Waiting { key, since: meta.mtime_micros, path });
        }
    }
    found.sort_by_key(|waiting| waiting.since);
    Ok(found)
}

/// What [`Keys::make`] answered when it made this key, if that was for these names.
fn made_for(host: &Host, waiting: &Waiting, names: &BTreeSet<String>) -> Result<Option<KeyMade>, HostError> {
    let Some(text) = host.files().read_text(&waiting.path)? else { return Ok(None) };
    let read = || {
        let blocks = pem::parse_many(&text).ok()?;
        let request = blocks.into_iter().find(|block| block.tag() == REQUEST)?.into_contents();
        let fits = requested(&request)? == *names && PrivateKey::read(&text)?.digest() == waiting.key;
        Some(KeyMade { key: waiting.key, request: Der::new(request).filter(|_| fits)? })
    };
    Ok(read())
}

fn put(host: &Host, path: &str, text: &str) -> Result<(), HostError> {
    if let Some((directory, _)) = path.rsplit_once('/') {
        host.files().ensure_dirs(directory, 0o700, (0, 0))?;
    }
    host.files().write(path, text.as_bytes(), 0o600, (0, 0))
}

fn prune(host: &Host, certificate: CertificateId) -> Result<(), HostError> {
    let waiting = waiting(host, certificate)?;
    for old in waiting.iter().take(waiting.len().saturating_sub(MAX_WAITING)) {
        host.files().remove(&old.path)?;
    }
    Ok(())
}

/// The key that the applied certificate uses.
pub(crate) fn used(host: &Host, certificate: CertificateId) -> Result<Option<Arc<PrivateKey>>, HostError> {
    Ok(read(host, &layout::used(certificate))?.map(Arc::new))
}

/// A key that waits, by its name.
pub(crate) fn find(
    host: &Host,
    certificate: CertificateId,
    key: Digest,
) -> Result<Option<Arc<PrivateKey>>, HostError> {
    let found = read(host, &layout::waiting(certificate, key))?;
    Ok(found.filter(|found| found.digest() == key).map(Arc::new))
}

fn read(host: &Host, path: &str) -> Result<Option<PrivateKey>, HostError> {
    let bytes = host.files().read(path)?;
    Ok(bytes.and_then(|bytes| PrivateKey::read(std::str::from_utf8(&bytes).ok()?)))
}

/// Which keys have no more to wait for, once this one is used: itself, and those that came before it. Itself comes last: as long as it is
/// there, the others are found again after a crash.
pub(crate) fn outlived(waiting: &[Waiting], used: Digest) -> Vec<Digest> {
    let Some(itself) = waiting.iter().find(|waiting| waiting.key == used) else { return Vec::new() };
    let older = waiting.iter().filter(|waiting| waiting.key != used && waiting.since <= itself.since);
    older.map(|waiting| waiting.key).chain([used]).collect()
}

/// Notes the key that the applied certificate uses.
pub(crate) fn keep(host: &Host, certificate: CertificateId, key: &PrivateKey) -> Result<(), HostError> {
    put(host, &layout::used(certificate), key.pem().expose())
}

/// Removes keys that waited.
pub(crate) fn forget(host: &Host, certificate: CertificateId, keys: &[Digest]) -> Result<(), HostError> {
    keys.iter().try_for_each(|key| host.files().remove(&layout::waiting(certificate, *key)).map(drop))
}

#[cfg(test)]
mod tests;
