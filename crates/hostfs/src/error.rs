//! What can go wrong with a file.

use std::io;
use std::path::{Path, PathBuf};

use rustix::io::Errno;

/// An operation on a file failed.
#[derive(Debug, thiserror::Error)]
#[error("cannot {op} {}: {kind}", path.display())]
pub struct HostFsError {
    /// The path as far as it is known: the directory's own label and the name below it.
    pub path: PathBuf,
    /// What was being done: `read`, `write`, `open`, ...
    pub op: &'static str,
    /// The class of the failure, to decide by.
    pub kind: Kind,
    /// The system's error.
    #[source]
    pub source: io::Error,
}

/// The class of a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Kind {
    /// A symbolic link on the way, `..`, or an absolute path: the name would lead out of the directory.
    #[error("the path leads through a link or out of its directory")]
    Escapes,
    /// Nothing of that name.
    #[error("it does not exist")]
    NotFound,
    /// Something of that name is there already.
    #[error("it exists already")]
    Exists,
    /// A FIFO, socket, device, directory or link where a regular file was wanted.
    #[error("it is not a regular file")]
    NotARegularFile,
    /// A file or link where a directory was wanted.
    #[error("it is not a directory")]
    NotADirectory,
    /// The directory has entries.
    #[error("the directory is not empty")]
    NotEmpty,
    /// More bytes or entries than the caller allowed.
    #[error("it is larger than allowed")]
    TooLarge,
    /// The name or the mode is not one that this crate handles: empty, a NUL byte, a setuid bit.
    #[error("the name or mode is not allowed")]
    Invalid,
    /// The path lies in a tree that others than root can change, so that root may not work in it.
    #[error("others than root can change that path")]
    Untrusted,
    /// The kernel denied it.
    #[error("permission was denied")]
    Denied,
    /// The disk or the quota is full, or the file system is read-only.
    #[error("there is no space, or the file system is read-only")]
    NoSpace,
    /// Anything else; the source tells.
    #[error("the system refused it")]
    Other,
}

impl HostFsError {
    /// Whether the name was not there.
    pub fn is_not_found(&self) -> bool {
        self.kind == Kind::NotFound
    }

    pub(crate) fn new(op: &'static str, path: &Path, errno: Errno) -> Self {
        let kind = match errno {
            Errno::LOOP => Kind::Escapes,
            Errno::NOENT => Kind::NotFound,
            Errno::EXIST => Kind::Exists,
            Errno::NOTDIR => Kind::NotADirectory,
            Errno::ISDIR | Errno::NXIO => Kind::NotARegularFile,
            Errno::NOTEMPTY => Kind::NotEmpty,
            Errno::INVAL | Errno::NAMETOOLONG => Kind::Invalid,
            Errno::ACCESS | Errno::PERM => Kind::Denied,
            Errno::NOSPC | Errno::DQUOT | Errno::ROFS | Errno::FBIG => Kind::NoSpace,
            _ => Kind::Other,
        };
        Self { path: path.to_path_buf(), op, kind, source: errno.into() }
    }

    /// An error that this crate found by itself.
    pub(crate) fn own(op: &'static str, path: &Path, kind: Kind) -> Self {
        Self { path: path.to_path_buf(), op, kind, source: io::Error::other(kind.to_string()) }
    }

    pub(crate) fn io(op: &'static str, path: &Path, error: io::Error) -> Self {
        match Errno::from_io_error(&error) {
            Some(errno) => Self::new(op, path, errno),
            None => Self { path: path.to_path_buf(), op, kind: Kind::Other, source: error },
        }
    }
}

/// Reads `NotFound` as an answer instead of a failure.
pub trait OrAbsent<T> {
    /// `None` where the name was not there.
    fn or_absent(self) -> Result<Option<T>, HostFsError>;
}

impl<T> OrAbsent<T> for Result<T, HostFsError> {
    fn or_absent(self) -> Result<Option<T>, HostFsError> {
        match self {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }
}
