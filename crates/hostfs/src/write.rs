//! Writing files so that a crash at any moment leaves the old content or the new.

use std::collections::{BTreeSet, VecDeque};
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::Write;
use std::path::Path;

use rustix::fs::{AtFlags, Gid, Mode, OFlags, RenameFlags, Uid};
use rustix::io::Errno;

use crate::Owner;
use crate::dir::{Dir, RESOLVE, resolve_error};
use crate::error::{HostFsError, Kind};
use crate::temp::temp_name;

const OP: &str = "write";

/// Files of a batch that are synced one by one; beyond that, syncing the file system is quicker.
const ONE_BY_ONE: usize = 32;

/// One file of a batch.
#[derive(Clone, Copy, Debug)]
pub struct FileWrite<'a> {
    /// Where, below the directory.
    pub rel: &'a Path,
    /// The whole content.
    pub bytes: &'a [u8],
    /// Permission bits, at most `0o777`.
    pub mode: u32,
    /// Owner; `None` leaves the process's own.
    pub owner: Option<Owner>,
}

/// A finished temporary file that waits for its name.
struct Pending<'a> {
    parent: &'a Dir,
    temp: OsString,
    name: OsString,
}

impl Dir {
    /// Replaces the file at `rel`, or makes it: temporary file, owner, mode, `fsync`, rename, `fsync` of the directory.
    ///
    /// `mode` is at most `0o777`. What was at `rel` may be anything but a directory; a link is replaced, not followed.
    pub fn write_atomic(
        &self,
        rel: impl AsRef<Path>,
        bytes: &[u8],
        mode: u32,
        owner: Option<Owner>,
    ) -> Result<(), HostFsError> {
        self.write_one(&FileWrite { rel: rel.as_ref(), bytes, mode, owner }, RenameFlags::empty())
    }

    /// As [`Dir::write_atomic`], to a name that must be free: [`Kind::Exists`] otherwise, also where another process takes
    /// the name at the same moment.
    pub fn write_new(
        &self,
        rel: impl AsRef<Path>,
        bytes: &[u8],
        mode: u32,
        owner: Option<Owner>,
    ) -> Result<(), HostFsError> {
        self.write_one(&FileWrite { rel: rel.as_ref(), bytes, mode, owner }, RenameFlags::NOREPLACE)
    }

    fn write_one(&self, write: &FileWrite<'_>, rename: RenameFlags) -> Result<(), HostFsError> {
        let (parent, name) = self.parent_of(OP, write.rel)?;
        let (temp, file) = parent.write_temp(write.bytes, write.mode, write.owner)?;
        let pending = Pending { parent: &parent, temp, name };
        let synced = rustix::fs::fsync(&file).map_err(|errno| pending.error(errno));
        synced.and_then(|()| pending.put_in_place(rename)).inspect_err(|_| pending.discard())?;
        parent.sync(OP)
    }

    /// Replaces or makes many files with far fewer waits for the disk: all temporary files, all syncs, all renames in
    /// the given order, `fsync` of each directory. A few files are synced one by one, their writing having begun together;
    /// many by one `syncfs` per file system. That one also waits for whatever else was written there, which can take
    /// seconds where tenants write much.
    ///
    /// Each file is atomic, the batch is not: a crash among the renames leaves some files new and some old, all of
    /// them whole. When an error comes before the first rename nothing was changed.
    pub fn write_atomic_many(&self, files: &[FileWrite<'_>]) -> Result<(), HostFsError> {
        let mut parents = Vec::with_capacity(files.len());
        for file in files {
            parents.push(self.parent_of(OP, file.rel)?);
        }
        let mut pending = VecDeque::with_capacity(files.len());
        let mut opened = Vec::new();
        let result = (|| {
            for (file, (parent, name)) in files.iter().zip(&parents) {
                let (temp, open) = parent.write_temp(file.bytes, file.mode, file.owner)?;
                pending.push_back(Pending { parent, temp, name: name.clone() });
                if files.len() <= ONE_BY_ONE {
                    // begins to write without waiting, so that the first sync takes the others along
                    let _ = rustix::fs::fadvise(&open, 0, None, rustix::fs::Advice::DontNeed);
                    opened.push(open);
                }
            }
            for (file, pending) in opened.iter().zip(&pending) {
                rustix::fs::fsync(file).map_err(|errno| pending.error(errno))?;
            }
            if opened.is_empty() {
                sync_file_systems(&parents)?;
            }
            while let Some(next) = pending.front() {
                next.put_in_place(RenameFlags::empty())?;
                pending.pop_front();
            }
            Ok(())
        })();
        for left in &pending {
            left.discard();
        }
        result?;
        let mut synced = BTreeSet::new();
        for (parent, _) in &parents {
            if synced.insert(parent.meta()?.identity) {
                parent.sync(OP)?;
            }
        }
        Ok(())
    }

    /// Adds to the end of a file, in one write, and waits until it is on the disk. Makes the file where it is missing.
    pub fn append(
        &self,
        rel: impl AsRef<Path>,
        bytes: &[u8],
        mode: u32,
        owner: Option<Owner>,
    ) -> Result<(), HostFsError> {
        let rel = rel.as_ref();
        let mut file = self.open_append(rel, mode, owner)?;
        file.write_all(bytes)
            .and_then(|()| file.sync_data())
            .map_err(|error| HostFsError::io("append to", &self.path().join(rel), error))
    }

    /// Opens a regular file for appending; makes it with `mode` and `owner` where it is missing. An existing file keeps
    /// its own.
    pub fn open_append(
        &self,
        rel: impl AsRef<Path>,
        mode: u32,
        owner: Option<Owner>,
    ) -> Result<File, HostFsError> {
        const OP: &str = "append to";
        let rel = rel.as_ref();
        let flags = OFlags::WRONLY | OFlags::APPEND;
        // Twice, for the case that somebody else makes or removes the file in between.
        for _ in 0..2 {
            match self.open_regular(OP, rel, flags) {
                Err(error) if error.is_not_found() => {}
                result => return result,
            }
            match self.create_file(rel, flags, mode, owner) {
                Err(error) if error.kind == Kind::Exists => {}
                result => return result,
            }
        }
        Err(HostFsError::own(OP, &self.path().join(rel), Kind::Other))
    }

    /// Makes a file that was not there and opens it for writing; [`Kind::Exists`] otherwise.
    pub fn create_new(
        &self,
        rel: impl AsRef<Path>,
        mode: u32,
        owner: Option<Owner>,
    ) -> Result<File, HostFsError> {
        self.create_file(rel.as_ref(), OFlags::WRONLY, mode, owner)
    }

    fn create_file(
        &self,
        rel: &Path,
        flags: OFlags,
        mode: u32,
        owner: Option<Owner>,
    ) -> Result<File, HostFsError> {
        let (parent, name) = self.parent_of("create", rel)?;
        parent.create_in(&name, flags, mode, owner)
    }

    /// A temporary file here with content, owner and mode; not yet synced. Removed again when anything fails.
    fn write_temp(
        &self,
        bytes: &[u8],
        mode: u32,
        owner: Option<Owner>,
    ) -> Result<(OsString, File), HostFsError> {
        let temp = temp_name(OP, self.path())?;
        let mut file = self.create_in(&temp, OFlags::WRONLY, mode, owner)?;
        match file.write_all(bytes) {
            Ok(()) => Ok((temp, file)),
            Err(error) => {
                let _ = rustix::fs::unlinkat(self, &temp, AtFlags::empty());
                Err(HostFsError::io(OP, self.path(), error))
            }
        }
    }

    /// A new file in this very directory. It is private until its owner and mode are set.
    fn create_in(
        &self,
        name: &OsStr,
        flags: OFlags,
        mode: u32,
        owner: Option<Owner>,
    ) -> Result<File, HostFsError> {
        let path = self.path().join(name);
        let mode = file_mode("create", &path, mode)?;
        let flags = flags | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW;
        let fd = self
            .openat2(name, flags, Mode::from_raw_mode(0o600), RESOLVE)
            .map_err(|errno| resolve_error("create", &path, errno))?;
        let chowned = match owner {
            Some(owner) => chown(&fd, owner),
            None => Ok(()),
        };
        chowned.and_then(|()| rustix::fs::fchmod(&fd, mode)).map_err(|errno| {
            let _ = rustix::fs::unlinkat(self, name, AtFlags::empty());
            HostFsError::new("set owner and mode of", &path, errno)
        })?;
        Ok(File::from(fd))
    }
}

/// One `syncfs` for each file system that holds one of these.
fn sync_file_systems(parents: &[(Dir, OsString)]) -> Result<(), HostFsError> {
    let mut devices = BTreeSet::new();
    for (parent, _) in parents {
        if devices.insert(parent.meta()?.identity.0) {
            rustix::fs::syncfs(parent.readable(OP)?)
                .map_err(|errno| HostFsError::new(OP, parent.path(), errno))?;
        }
    }
    Ok(())
}

impl Pending<'_> {
    fn put_in_place(&self, rename: RenameFlags) -> Result<(), HostFsError> {
        rustix::fs::renameat_with(self.parent, &self.temp, self.parent, &self.name, rename)
            .map_err(|errno| self.error(errno))
    }

    fn discard(&self) {
        // Best effort: what stays is swept at the next start.
        let _ = rustix::fs::unlinkat(self.parent, &self.temp, AtFlags::empty());
    }

    fn error(&self, errno: Errno) -> HostFsError {
        HostFsError::new(OP, &self.parent.path().join(&self.name), errno)
    }
}

/// Mode of a regular file. Setuid, setgid and sticky bits are refused: nothing that we write needs them.
pub(crate) fn file_mode(op: &'static str, path: &Path, mode: u32) -> Result<Mode, HostFsError> {
    match mode {
        0..=0o777 => Ok(Mode::from_raw_mode(mode)),
        _ => Err(HostFsError::own(op, path, Kind::Invalid)),
    }
}

pub(crate) fn chown(fd: impl std::os::fd::AsFd, (uid, gid): Owner) -> Result<(), Errno> {
    // The largest id means "leave as it is" to the kernel, and is no id at all.
    if uid == u32::MAX || gid == u32::MAX {
        return Err(Errno::INVAL);
    }
    rustix::fs::fchown(fd, Some(Uid::from_raw(uid)), Some(Gid::from_raw(gid)))
}

#[cfg(test)]
mod tests;
