//! The steps that put a certificate in place, or remove it. None of them shows a key, nor what a file of key and chain holds.

use std::sync::Arc;

use converge::{Describe, FileStep, Impact};
use names::{CertName, CertificateId, Digest};

use crate::held::Directory;
use crate::private_key::PrivateKey;

/// One step about a certificate.
#[derive(Clone)]
pub enum Step {
    /// Make the directory of all certificates, or set its mode and owner.
    Directory(Directory),
    /// Put key and chain in place.
    Install(Box<Install>),
    /// Make a certificate that signs itself.
    SelfSign {
        /// For which names.
        names: Vec<CertName>,
        /// The file.
        write: FileStep,
    },
    /// Set mode and owner of the file, or remove it.
    File(FileStep),
    /// Note the key that the certificate uses, so that the file can be written again.
    KeepKey {
        /// The certificate.
        certificate: CertificateId,
        /// The key.
        key: Kept,
    },
    /// Remove keys that wait for nothing any more.
    ForgetKeys {
        /// The certificate.
        certificate: CertificateId,
        /// Which.
        keys: Vec<Digest>,
    },
    /// Remove the key that an earlier certificate used.
    ForgetUsed(CertificateId),
    /// Remove all keys of the certificate.
    RemoveKeys(CertificateId),
}

/// A key in a step; nothing shows it.
#[derive(Clone)]
pub struct Kept(pub(crate) Arc<PrivateKey>);

/// A chain that is put in place. It is described alike whether its key has come yet or not, so that a plan that was shown before holds.
#[derive(Clone)]
pub struct Install {
    /// The certificate.
    pub(crate) certificate: CertificateId,
    /// The file.
    pub(crate) path: String,
    /// For which names it is wanted.
    pub(crate) names: Vec<CertName>,
    /// The key that it needs.
    pub(crate) key: Digest,
    /// The key is here.
    pub(crate) ready: Option<Ready>,
    /// The key is not here, and nothing that works is shown: what is shown meanwhile.
    pub(crate) meanwhile: Option<FileStep>,
}

/// What is done once the key is here.
#[derive(Clone)]
pub(crate) struct Ready {
    /// The key to be noted as the one that is used, unless it is noted.
    pub(crate) keep: Option<Kept>,
    /// The file.
    pub(crate) write: FileStep,
    /// Keys that wait for nothing any more after this.
    pub(crate) forget: Vec<Digest>,
}

/// `a.example` or `a.example and 3 more`
fn shown(names: &[CertName]) -> String {
    match names {
        [] => "no name".to_owned(),
        [name] => name.to_string(),
        [name, more @ ..] => format!("{name} and {} more", more.len()),
    }
}

impl Describe for Step {
    fn code(&self) -> &'static str {
        match self {
            Self::Directory(_) => "dir.make",
            Self::Install(_) | Self::SelfSign { .. } => "file.write",
            Self::File(step) => step.code(),
            Self::KeepKey { .. } => "key.keep",
            Self::ForgetKeys { .. } | Self::ForgetUsed(_) | Self::RemoveKeys(_) => "key.remove",
        }
    }

    fn summary(&self) -> String {
        match self {
            Self::Directory(Directory { path, mode, owner: (uid, gid) }) => {
                format!("make {path}/ with mode {mode:04o} and owner {uid}:{gid}")
            }
            Self::Install(install) => {
                let Install { path, names, key, .. } = &**install;
                format!("put the certificate of {} with key {} into {path}", shown(names), key.short())
            }
            Self::SelfSign { names, write } => {
                let path = write.path().unwrap_or_default();
                format!("make a self-signed certificate for {} in {path}", shown(names))
            }
            Self::File(step) => step.summary(),
            Self::KeepKey { certificate, key } => {
                format!("keep key {} of certificate {certificate}", key.0.digest().short())
            }
            Self::ForgetKeys { certificate, keys } => {
                format!("remove {} keys of certificate {certificate} that nothing uses", keys.len())
            }
            Self::ForgetUsed(certificate) => {
                format!("remove the key that certificate {certificate} used before")
            }
            Self::RemoveKeys(certificate) => format!("remove all keys of certificate {certificate}"),
        }
    }

    fn impact(&self) -> Impact {
        match self {
            Self::RemoveKeys(_) => Impact::DataLoss,
            _ => Impact::None,
        }
    }

    fn path(&self) -> Option<&str> {
        match self {
            Self::Directory(directory) => Some(&directory.path),
            Self::Install(install) => Some(&install.path),
            Self::SelfSign { write: step, .. } | Self::File(step) => step.path(),
            _ => None,
        }
    }
}
