//! A pinned directory, and reading below it.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::Read;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, FileType, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

use crate::error::{HostFsError, Kind};
use crate::meta::{FileKind, Meta};
use crate::path::Rel;

/// The most entries that [`Dir::list`] reads.
pub const MAX_ENTRIES: usize = 1_000_000;

/// Nothing but names: no link of any sort, nothing above the start.
pub(crate) const RESOLVE: ResolveFlags =
    ResolveFlags::BENEATH.union(ResolveFlags::NO_SYMLINKS).union(ResolveFlags::NO_MAGICLINKS);

/// A directory held by descriptor: it stays the same one whatever happens to its name.
#[derive(Debug)]
pub struct Dir {
    /// Opened with `O_PATH`: search permission is enough.
    fd: OwnedFd,
    /// Where it was when it was opened; for messages alone.
    path: PathBuf,
}

/// One name in a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The name, any bytes but `/` and NUL.
    pub name: OsString,
    /// What it is; a link is not followed.
    pub kind: FileKind,
}

impl Dir {
    /// Opens a directory by its absolute path, which may not contain a symbolic link.
    ///
    /// When the process is root, every directory on the way and the directory itself must be root's, and nobody else
    /// may be able to change it (a sticky directory such as `/tmp` may be on the way); else the answer is
    /// [`Kind::Untrusted`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self, HostFsError> {
        const OP: &str = "open the directory";
        let path = path.as_ref();
        if !path.is_absolute() {
            return Err(HostFsError::own(OP, path, Kind::Invalid));
        }
        let rest = Rel::parse(OP, path, path.strip_prefix("/").unwrap_or(path))?;
        let root = rustix::fs::open("/", OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
            .map_err(|errno| HostFsError::new(OP, path, errno))?;
        let mut dir = Self { fd: root, path: PathBuf::from("/") };
        if !rustix::process::geteuid().is_root() {
            return dir.open_dir(rest.as_os_str());
        }
        for name in rest.names() {
            dir = dir.open_dir(name)?;
            let meta = dir.meta()?;
            let shared = meta.mode & 0o002 != 0 || (meta.mode & 0o020 != 0 && meta.gid != 0);
            if meta.uid != 0 || (shared && meta.mode & 0o1000 == 0) {
                return Err(HostFsError::own(OP, &dir.path, Kind::Untrusted));
            }
        }
        Ok(dir)
    }

    /// Takes a directory that somebody else opened; `label` is its name in messages.
    pub fn from_fd(fd: OwnedFd, label: impl Into<PathBuf>) -> Result<Self, HostFsError> {
        let dir = Self { fd, path: label.into() };
        match dir.meta()?.kind {
            FileKind::Dir => Ok(dir),
            _ => Err(HostFsError::own("use the directory", &dir.path, Kind::NotADirectory)),
        }
    }

    /// A second handle of the same directory.
    pub fn try_clone(&self) -> Result<Self, HostFsError> {
        let fd =
            self.fd.try_clone().map_err(|error| HostFsError::io("clone the handle of", &self.path, error))?;
        Ok(Self { fd, path: self.path.clone() })
    }

    /// The descriptor, opened with `O_PATH`.
    pub fn into_fd(self) -> OwnedFd {
        self.fd
    }

    /// The path under which it was opened; for messages alone.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Metadata of the directory itself.
    pub fn meta(&self) -> Result<Meta, HostFsError> {
        let stat =
            rustix::fs::fstat(&self.fd).map_err(|errno| HostFsError::new("stat", &self.path, errno))?;
        Ok(Meta::of(&stat))
    }

    /// Opens a directory below this one.
    pub fn open_dir(&self, rel: impl AsRef<Path>) -> Result<Self, HostFsError> {
        const OP: &str = "open the directory";
        let rel = Rel::parse(OP, &self.path, rel.as_ref())?;
        self.subdir(OP, &rel)
    }

    /// Metadata of what is at `rel`; a link is not followed.
    pub fn stat(&self, rel: impl AsRef<Path>) -> Result<Meta, HostFsError> {
        const OP: &str = "stat";
        let (parent, name) = self.parent_of(OP, rel.as_ref())?;
        let stat = rustix::fs::statat(&parent.fd, &name, AtFlags::SYMLINK_NOFOLLOW)
            .map_err(|errno| HostFsError::new(OP, &parent.path.join(&name), errno))?;
        Ok(Meta::of(&stat))
    }

    /// The whole content of a regular file of at most `max_bytes`.
    pub fn read(&self, rel: impl AsRef<Path>, max_bytes: u64) -> Result<Vec<u8>, HostFsError> {
        const OP: &str = "read";
        let rel = rel.as_ref();
        let file = self.open_regular(OP, rel, OFlags::RDONLY)?;
        let mut bytes = Vec::new();
        let limit = max_bytes.saturating_add(1);
        file.take(limit)
            .read_to_end(&mut bytes)
            .map_err(|error| HostFsError::io(OP, &self.path.join(rel), error))?;
        if bytes.len() as u64 > max_bytes {
            return Err(HostFsError::own(OP, &self.path.join(rel), Kind::TooLarge));
        }
        Ok(bytes)
    }

    /// Opens a regular file for reading. A FIFO, socket or device is refused, and never waited for.
    pub fn open_file(&self, rel: impl AsRef<Path>) -> Result<File, HostFsError> {
        self.open_regular("open", rel.as_ref(), OFlags::RDONLY)
    }

    /// The entries of a directory, sorted by bytes; `""` lists this one. At most [`MAX_ENTRIES`].
    pub fn list(&self, rel: impl AsRef<Path>) -> Result<Vec<Entry>, HostFsError> {
        const OP: &str = "list";
        let rel = Rel::parse(OP, &self.path, rel.as_ref())?;
        let path = rel.below(&self.path);
        let dir = self.subdir(OP, &rel)?;
        let mut entries = Vec::new();
        let stream =
            rustix::fs::Dir::new(dir.readable(OP)?).map_err(|errno| HostFsError::new(OP, &path, errno))?;
        for entry in stream {
            let entry = entry.map_err(|errno| HostFsError::new(OP, &path, errno))?;
            let name = entry.file_name().to_bytes();
            if name == b"." || name == b".." {
                continue;
            }
            if entries.len() == MAX_ENTRIES {
                return Err(HostFsError::own(OP, &path, Kind::TooLarge));
            }
            let name = OsStr::from_bytes(name).to_os_string();
            let kind = match entry.file_type() {
                FileType::Unknown => match dir.stat(&name) {
                    Ok(meta) => meta.kind,
                    Err(error) if error.is_not_found() => continue,
                    Err(error) => return Err(error),
                },
                known => FileKind::of(known),
            };
            entries.push(Entry { name, kind });
        }
        entries.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    /// Where a symbolic link points to, as it stands there.
    pub fn read_link(&self, rel: impl AsRef<Path>) -> Result<PathBuf, HostFsError> {
        const OP: &str = "read the link";
        let (parent, name) = self.parent_of(OP, rel.as_ref())?;
        let target = rustix::fs::readlinkat(&parent.fd, &name, Vec::new())
            .map_err(|errno| HostFsError::new(OP, &parent.path.join(&name), errno))?;
        Ok(PathBuf::from(OsStr::from_bytes(target.as_bytes())))
    }

    /// The directory in which `rel` is a name, pinned, and that name.
    pub(crate) fn parent_of(&self, op: &'static str, rel: &Path) -> Result<(Self, OsString), HostFsError> {
        let (parent, name) = Rel::parse(op, &self.path, rel)?.split(op, &self.path)?;
        Ok((self.subdir(op, &parent)?, name))
    }

    pub(crate) fn subdir(&self, op: &'static str, rel: &Rel) -> Result<Self, HostFsError> {
        let path = rel.below(&self.path);
        let fd = self
            .openat2(rel.as_os_str(), OFlags::PATH | OFlags::DIRECTORY, Mode::empty(), RESOLVE)
            .map_err(|errno| resolve_error(op, &path, errno))?;
        Ok(Self { fd, path })
    }

    /// Opens a regular file, with `flags` for the access mode.
    pub(crate) fn open_regular(
        &self,
        op: &'static str,
        rel: &Path,
        flags: OFlags,
    ) -> Result<File, HostFsError> {
        let (parent, name) = Rel::parse(op, &self.path, rel)?.split(op, &self.path)?;
        let path = parent.below(&self.path).join(&name);
        let whole = Path::new(parent.as_os_str()).join(&name);
        // O_NONBLOCK: opening a FIFO without a partner returns at once. Regular files do not know it.
        let flags = flags | OFlags::NONBLOCK | OFlags::NOCTTY;
        let fd = self
            .openat2(whole.as_os_str(), flags, Mode::empty(), RESOLVE)
            .map_err(|errno| resolve_error(op, &path, errno))?;
        let stat = rustix::fs::fstat(&fd).map_err(|errno| HostFsError::new(op, &path, errno))?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return Err(HostFsError::own(op, &path, Kind::NotARegularFile));
        }
        Ok(File::from(fd))
    }

    /// `openat2` from here. `EAGAIN` means that the kernel saw a rename on the way and could not be sure: ask again.
    pub(crate) fn openat2(
        &self,
        name: &OsStr,
        flags: OFlags,
        mode: Mode,
        resolve: ResolveFlags,
    ) -> Result<OwnedFd, Errno> {
        let mut attempts = 0;
        loop {
            match rustix::fs::openat2(&self.fd, name, flags | OFlags::CLOEXEC, mode, resolve) {
                Err(Errno::AGAIN | Errno::INTR) if attempts < 100 => attempts += 1,
                result => return result,
            }
        }
    }

    /// This directory again, opened for listing and syncing.
    pub(crate) fn readable(&self, op: &'static str) -> Result<OwnedFd, HostFsError> {
        self.openat2(OsStr::new("."), OFlags::RDONLY | OFlags::DIRECTORY, Mode::empty(), RESOLVE)
            .map_err(|errno| HostFsError::new(op, &self.path, errno))
    }

    /// Makes the names in this directory durable.
    pub(crate) fn sync(&self, op: &'static str) -> Result<(), HostFsError> {
        rustix::fs::fsync(self.readable(op)?).map_err(|errno| HostFsError::new(op, &self.path, errno))
    }
}

impl AsFd for Dir {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// Errors of a path lookup: there `EXDEV` means that the path would have left the directory.
pub(crate) fn resolve_error(op: &'static str, path: &Path, errno: Errno) -> HostFsError {
    match errno {
        Errno::XDEV => HostFsError { kind: Kind::Escapes, ..HostFsError::new(op, path, errno) },
        errno => HostFsError::new(op, path, errno),
    }
}

#[cfg(test)]
mod tests;
