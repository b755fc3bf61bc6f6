//! Directories, links, names: making, moving and removing them.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::path::Path;

use rustix::fs::{AtFlags, Mode, OFlags, RenameFlags, ResolveFlags};
use rustix::io::Errno;

use crate::Owner;
use crate::dir::{Dir, RESOLVE, resolve_error};
use crate::error::{HostFsError, Kind, OrAbsent};
use crate::meta::FileKind;
use crate::path::Rel;
use crate::temp::temp_name;
use crate::write::{chown, file_mode};

/// How deep a removal keeps directories open. What lies deeper is moved up first, so that no depth uses up descriptors.
const OPEN_LEVELS: usize = 64;

/// How deep [`Dir::usage`] looks: one descriptor per level.
const MEASURED_LEVELS: usize = 256;

/// What a tree takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Space on disk in bytes; a file with several names in the tree counts once.
    pub disk_bytes: u64,
    /// Files, links and special files.
    pub files: u64,
    /// Directories, the first one not counted.
    pub dirs: u64,
}

impl Dir {
    /// Makes a directory. It appears under its name with its owner and mode already set. [`Kind::Exists`] when
    /// something is there.
    ///
    /// `mode` may have the setgid and the sticky bit: at most `0o3777`.
    pub fn create_dir(
        &self,
        rel: impl AsRef<Path>,
        mode: u32,
        owner: Option<Owner>,
    ) -> Result<(), HostFsError> {
        const OP: &str = "create the directory";
        let (parent, name) = self.parent_of(OP, rel.as_ref())?;
        let path = parent.path().join(&name);
        let mode = dir_mode(OP, &path, mode)?;
        let fail = |errno| HostFsError::new(OP, &path, errno);
        let temp = temp_name(OP, parent.path())?;
        rustix::fs::mkdirat(&parent, &temp, Mode::from_raw_mode(0o700)).map_err(fail)?;
        let result = (|| {
            let fd = parent.openat2(&temp, OFlags::RDONLY | OFlags::DIRECTORY, Mode::empty(), RESOLVE)?;
            if let Some(owner) = owner {
                chown(&fd, owner)?;
            }
            rustix::fs::fchmod(&fd, mode)?;
            rustix::fs::renameat_with(&parent, &temp, &parent, &name, RenameFlags::NOREPLACE)
        })();
        result.map_err(|errno| {
            let _ = rustix::fs::unlinkat(&parent, &temp, AtFlags::REMOVEDIR);
            fail(errno)
        })?;
        parent.sync(OP)
    }

    /// Sees to it that a directory is there with this owner and mode; answers whether anything was changed. One that is
    /// as it should be may lie in a directory that cannot be written.
    pub fn ensure_dir(
        &self,
        rel: impl AsRef<Path>,
        mode: u32,
        owner: Option<Owner>,
    ) -> Result<bool, HostFsError> {
        let rel = rel.as_ref();
        let there = self.stat(rel).or_absent()?;
        if there.is_none() {
            match self.create_dir(rel, mode, owner) {
                Ok(()) => return Ok(true),
                Err(error) if error.kind == Kind::Exists => {}
                Err(error) => return Err(error),
            }
        }
        let meta = there.map_or_else(|| self.stat(rel), Ok)?;
        if meta.kind != FileKind::Dir {
            return Err(HostFsError::own(
                "create the directory",
                &self.path().join(rel),
                Kind::NotADirectory,
            ));
        }
        let owner_differs = owner.is_some_and(|owner| owner != (meta.uid, meta.gid));
        if meta.mode == mode && !owner_differs {
            return Ok(false);
        }
        self.set_meta(rel, Some(mode), owner)?;
        Ok(true)
    }

    /// Makes the missing directories on the way to `rel` and `rel` itself; those that are there stay as they are.
    pub fn create_dirs(
        &self,
        rel: impl AsRef<Path>,
        mode: u32,
        owner: Option<Owner>,
    ) -> Result<(), HostFsError> {
        const OP: &str = "create the directory";
        let rel = Rel::parse(OP, self.path(), rel.as_ref())?;
        let mut dir = self.try_clone()?;
        for name in rel.names() {
            dir = match dir.open_dir(name) {
                Ok(next) => next,
                Err(error) if error.is_not_found() => {
                    match dir.create_dir(name, mode, owner) {
                        Err(error) if error.kind != Kind::Exists => return Err(error),
                        _ => {}
                    }
                    dir.open_dir(name)?
                }
                Err(error) => return Err(error),
            };
        }
        Ok(())
    }

    /// Sets mode and owner of a regular file or a directory.
    ///
    /// Files take at most `0o777`, directories `0o3777`. The owner of a file that has another name elsewhere is not
    /// changed ([`Kind::Untrusted`]): a hard link may be somebody else's trap.
    pub fn set_meta(
        &self,
        rel: impl AsRef<Path>,
        mode: Option<u32>,
        owner: Option<Owner>,
    ) -> Result<(), HostFsError> {
        const OP: &str = "set owner and mode of";
        let rel = rel.as_ref();
        let path = self.path().join(rel);
        let (parent, name) = self.parent_of(OP, rel)?;
        let meta = parent.stat(&name)?;
        if !matches!(meta.kind, FileKind::File | FileKind::Dir) {
            let kind = if meta.kind == FileKind::Symlink { Kind::Escapes } else { Kind::NotARegularFile };
            return Err(HostFsError::own(OP, &path, kind));
        }
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY;
        let fd = parent
            .openat2(&name, flags, Mode::empty(), RESOLVE)
            .map_err(|errno| resolve_error(OP, &path, errno))?;
        // Decided by the descriptor, since the name may have got a new owner in between.
        let stat = rustix::fs::fstat(&fd).map_err(|errno| HostFsError::new(OP, &path, errno))?;
        let meta = crate::meta::Meta::of(&stat);
        let mode = match (mode, meta.kind) {
            (Some(mode), FileKind::File) => Some(file_mode(OP, &path, mode)?),
            (Some(mode), FileKind::Dir) => Some(dir_mode(OP, &path, mode)?),
            (None, FileKind::File | FileKind::Dir) => None,
            _ => return Err(HostFsError::own(OP, &path, Kind::NotARegularFile)),
        };
        if let Some(owner) = owner.filter(|owner| *owner != (meta.uid, meta.gid)) {
            if meta.kind == FileKind::File && meta.links > 1 {
                return Err(HostFsError::own(OP, &path, Kind::Untrusted));
            }
            chown(&fd, owner).map_err(|errno| HostFsError::new(OP, &path, errno))?;
        }
        if let Some(mode) = mode {
            rustix::fs::fchmod(&fd, mode).map_err(|errno| HostFsError::new(OP, &path, errno))?;
        }
        Ok(())
    }

    /// Renames within this directory's tree; a file at `to` is replaced.
    pub fn rename(&self, from: impl AsRef<Path>, to: impl AsRef<Path>) -> Result<(), HostFsError> {
        self.rename_with(from.as_ref(), to.as_ref(), RenameFlags::empty())
    }

    /// Renames; [`Kind::Exists`] when something is at `to`.
    pub fn rename_new(&self, from: impl AsRef<Path>, to: impl AsRef<Path>) -> Result<(), HostFsError> {
        self.rename_with(from.as_ref(), to.as_ref(), RenameFlags::NOREPLACE)
    }

    fn rename_with(&self, from: &Path, to: &Path, flags: RenameFlags) -> Result<(), HostFsError> {
        const OP: &str = "rename";
        let (from_dir, from_name) = self.parent_of(OP, from)?;
        let (to_dir, to_name) = self.parent_of(OP, to)?;
        rustix::fs::renameat_with(&from_dir, &from_name, &to_dir, &to_name, flags).map_err(|errno| {
            let at = if errno == Errno::EXIST { to } else { from };
            HostFsError::new(OP, &self.path().join(at), errno)
        })?;
        to_dir.sync(OP)?;
        from_dir.sync(OP)
    }

    /// Makes a symbolic link at `rel` with any target; [`Kind::Exists`] when something is there.
    pub fn symlink(&self, target: impl AsRef<Path>, rel: impl AsRef<Path>) -> Result<(), HostFsError> {
        const OP: &str = "link";
        let (parent, name) = self.parent_of(OP, rel.as_ref())?;
        rustix::fs::symlinkat(target.as_ref(), &parent, &name)
            .map_err(|errno| HostFsError::new(OP, &parent.path().join(&name), errno))?;
        parent.sync(OP)
    }

    /// Makes a symbolic link at `rel`, in place of a link or file that is there, in one step.
    pub fn replace_symlink(
        &self,
        target: impl AsRef<Path>,
        rel: impl AsRef<Path>,
    ) -> Result<(), HostFsError> {
        const OP: &str = "link";
        let (parent, name) = self.parent_of(OP, rel.as_ref())?;
        let temp = temp_name(OP, parent.path())?;
        let fail = |errno| HostFsError::new(OP, &parent.path().join(&name), errno);
        rustix::fs::symlinkat(target.as_ref(), &parent, &temp).map_err(fail)?;
        rustix::fs::renameat(&parent, &temp, &parent, &name).map_err(|errno| {
            let _ = rustix::fs::unlinkat(&parent, &temp, AtFlags::empty());
            fail(errno)
        })?;
        parent.sync(OP)
    }

    /// Removes a file, a link itself, or a special file; answers whether it was there.
    pub fn remove_file(&self, rel: impl AsRef<Path>) -> Result<bool, HostFsError> {
        self.unlink("remove", rel.as_ref(), AtFlags::empty())
    }

    /// Removes an empty directory; answers whether it was there.
    pub fn remove_dir(&self, rel: impl AsRef<Path>) -> Result<bool, HostFsError> {
        self.unlink("remove the directory", rel.as_ref(), AtFlags::REMOVEDIR)
    }

    fn unlink(&self, op: &'static str, rel: &Path, flags: AtFlags) -> Result<bool, HostFsError> {
        let (parent, name) = match self.parent_of(op, rel) {
            Err(error) if error.is_not_found() => return Ok(false),
            result => result?,
        };
        match rustix::fs::unlinkat(&parent, &name, flags) {
            Ok(()) => parent.sync(op).map(|()| true),
            Err(Errno::NOENT) => Ok(false),
            Err(errno) => Err(HostFsError::new(op, &parent.path().join(&name), errno)),
        }
    }

    /// Removes what is at `rel` with everything below it; answers whether it was there.
    ///
    /// Links are removed, never followed; a mounted file system below stops it with an error. For trees that the
    /// process's own user alone can change: ours for root, the tenant's for the tenant.
    pub fn remove_tree(&self, rel: impl AsRef<Path>) -> Result<bool, HostFsError> {
        const OP: &str = "remove the tree";
        let (parent, name) = match self.parent_of(OP, rel.as_ref()) {
            Err(error) if error.is_not_found() => return Ok(false),
            result => result?,
        };
        match rustix::fs::unlinkat(&parent, &name, AtFlags::empty()) {
            Ok(()) => return parent.sync(OP).map(|()| true),
            Err(Errno::NOENT) => return Ok(false),
            Err(Errno::ISDIR | Errno::PERM) => {}
            Err(errno) => return Err(HostFsError::new(OP, &parent.path().join(&name), errno)),
        }
        let Some(top) = parent.child(OP, &name)? else { return Ok(false) };
        top.empty(OP)?;
        match rustix::fs::unlinkat(&parent, &name, AtFlags::REMOVEDIR) {
            Ok(()) | Err(Errno::NOENT) => parent.sync(OP).map(|()| true),
            Err(errno) => Err(HostFsError::new(OP, &parent.path().join(&name), errno)),
        }
    }

    /// Removes everything in this directory. A stack instead of recursion; see [`OPEN_LEVELS`].
    fn empty(&self, op: &'static str) -> Result<(), HostFsError> {
        loop {
            let mut deferred = false;
            let mut stack = vec![(self.try_clone()?, OsString::new(), self.list("")?)];
            loop {
                let depth = stack.len();
                let Some((dir, _, entries)) = stack.last_mut() else { break };
                let Some(entry) = entries.pop() else {
                    let Some((_, name, _)) = stack.pop() else { break };
                    if let Some((parent, _, _)) = stack.last() {
                        gone(op, parent, &name, AtFlags::REMOVEDIR)?;
                    }
                    continue;
                };
                if entry.kind != FileKind::Dir {
                    gone(op, dir, &entry.name, AtFlags::empty())?;
                    continue;
                }
                if depth >= OPEN_LEVELS {
                    // Too deep: move it to the top, where the next round finds it.
                    let top_name = temp_name(op, self.path())?;
                    rustix::fs::renameat(&*dir, &entry.name, self, &top_name)
                        .map_err(|errno| HostFsError::new(op, &dir.path().join(&entry.name), errno))?;
                    deferred = true;
                    continue;
                }
                let Some(child) = dir.child(op, &entry.name)? else { continue };
                let below = child.list("")?;
                stack.push((child, entry.name, below));
            }
            if !deferred {
                return Ok(());
            }
        }
    }

    /// A directory of this one on the same file system; `None` when it went away.
    fn child(&self, op: &'static str, name: &OsStr) -> Result<Option<Self>, HostFsError> {
        let resolve = RESOLVE | ResolveFlags::NO_XDEV;
        let path = self.path().join(name);
        match self.openat2(name, OFlags::PATH | OFlags::DIRECTORY, Mode::empty(), resolve) {
            Ok(fd) => Self::from_fd(fd, path).map(Some),
            Err(Errno::NOENT) => Ok(None),
            Err(errno) => Err(HostFsError::new(op, &path, errno)),
        }
    }

    /// What the tree at `rel` takes; other file systems mounted in it are not looked into. `""` is this directory.
    ///
    /// What vanishes in the middle is left out. More than 256 levels are [`Kind::TooLarge`].
    pub fn usage(&self, rel: impl AsRef<Path>) -> Result<Usage, HostFsError> {
        const OP: &str = "measure";
        let mut usage = Usage::default();
        let mut several_names = BTreeSet::new();
        let top = self.open_dir(rel)?;
        let entries = top.list("")?;
        let mut stack = vec![(top, entries)];
        loop {
            let depth = stack.len();
            let Some((dir, entries)) = stack.last_mut() else { break };
            let Some(entry) = entries.pop() else {
                stack.pop();
                continue;
            };
            let meta = match dir.stat(&entry.name) {
                Err(error) if error.is_not_found() => continue,
                meta => meta?,
            };
            if meta.kind == FileKind::Dir {
                if depth > MEASURED_LEVELS {
                    return Err(HostFsError::own(OP, dir.path(), Kind::TooLarge));
                }
                usage.dirs += 1;
                let child = match dir.child(OP, &entry.name) {
                    // A mounted file system, or a name that was exchanged: not ours to count.
                    Err(error) if matches!(error.kind, Kind::Other | Kind::Escapes | Kind::NotADirectory) => {
                        None
                    }
                    child => child?,
                };
                if let Some(child) = child {
                    let below = child.list("")?;
                    stack.push((child, below));
                }
            } else {
                usage.files += 1;
                if meta.links > 1 && !several_names.insert(meta.identity) {
                    continue;
                }
            }
            usage.disk_bytes = usage.disk_bytes.saturating_add(meta.disk_bytes);
        }
        Ok(usage)
    }
}

/// Mode of a directory: setgid and sticky are allowed.
fn dir_mode(op: &'static str, path: &Path, mode: u32) -> Result<Mode, HostFsError> {
    match mode {
        0..=0o3777 => Ok(Mode::from_raw_mode(mode)),
        _ => Err(HostFsError::own(op, path, Kind::Invalid)),
    }
}

/// Unlinks one name of a pinned directory; gone already is as good.
fn gone(op: &'static str, dir: &Dir, name: &OsStr, flags: AtFlags) -> Result<(), HostFsError> {
    match rustix::fs::unlinkat(dir, name, flags) {
        Ok(()) | Err(Errno::NOENT) => Ok(()),
        Err(errno) => Err(HostFsError::new(op, &dir.path().join(name), errno)),
    }
}

#[cfg(test)]
mod tests;
