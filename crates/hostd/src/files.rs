//! Files of the host, for the agent's features.
//!
//! Paths are absolute as on the host (`/etc/nginx/...`) and are resolved below the host's root without following any
//! link ([`hostfs`]), so that the same code runs on a temporary tree. Each change is one step that a test may stop
//! before.
//!
//! These are files of ours and of the system. Nothing below a tenant's home is ever opened here: the worker does that.

use std::io::{self, Read, Write as _};
use std::sync::Arc;

use converge::{FileSeen, FileStep, ManagedFile};
use hostfs::{Dir, Entry, FileKind, FileWrite, Kind, Meta, OrAbsent, Owner};
use names::Digest;

use crate::error::HostError;
use crate::gate::Gate;

/// The largest file that is read, in bytes. A shard of a map at 100,000 sites is under 1 MiB.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// Tells one state of a file from another without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    identity: (u64, u64),
    size: u64,
    mtime_micros: i64,
}

/// Files below the host's root.
#[derive(Debug)]
pub struct Files {
    root: Dir,
    gate: Arc<Gate>,
    #[cfg(feature = "fake")]
    owners: crate::fake::Owners,
}

/// The path below the root: no leading slash, no `.`, `..` or empty component.
fn rel(path: &str) -> Result<&str, HostError> {
    let plain = path.strip_prefix('/').filter(|rest| rest.split('/').all(|c| !matches!(c, "" | "." | "..")));
    plain.ok_or_else(|| HostError::BadPath { path: path.to_owned() })
}

impl Files {
    pub(crate) fn new(root: Dir, gate: Arc<Gate>) -> Self {
        Self {
            root,
            gate,
            #[cfg(feature = "fake")]
            owners: crate::fake::Owners::default(),
        }
    }

    /// What is there, with the digest of its content. A link is not followed.
    pub fn observe(&self, path: &str) -> Result<FileSeen, HostError> {
        let Some(meta) = self.stat(path)? else { return Ok(FileSeen::Missing) };
        if meta.kind == FileKind::Symlink {
            let Some(target) = self.read_link(path)? else { return Ok(FileSeen::Missing) };
            return Ok(FileSeen::NotAFile { what: format!("a symbolic link to {target}") });
        }
        if meta.kind != FileKind::File {
            return Ok(FileSeen::NotAFile { what: describe(meta.kind).to_owned() });
        }
        let bytes = match self.root.read(rel(path)?, MAX_BYTES).or_absent() {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return Ok(FileSeen::Missing),
            Err(error) if error.kind == Kind::TooLarge => {
                return Ok(FileSeen::NotAFile { what: format!("a file of {} bytes", meta.size) });
            }
            Err(error) => return Err(error.into()),
        };
        Ok(FileSeen::Present {
            digest: Digest::of(&bytes),
            mode: meta.mode,
            uid: meta.uid,
            gid: meta.gid,
            mtime: meta.mtime_micros,
            text: String::from_utf8_lossy(&bytes).into(),
        })
    }

    /// Metadata of what is there, a link itself; none where nothing is there.
    pub fn stat(&self, path: &str) -> Result<Option<Meta>, HostError> {
        self.gate.read()?;
        let meta = self.root.stat(rel(path)?).or_absent()?;
        #[cfg(feature = "fake")]
        let meta = meta.map(|meta| self.owners.overlay(path, meta));
        Ok(meta)
    }

    /// The content; none where nothing is there.
    pub fn read(&self, path: &str) -> Result<Option<Vec<u8>>, HostError> {
        self.gate.read()?;
        Ok(self.root.read(rel(path)?, MAX_BYTES).or_absent()?)
    }

    /// The content as text; none where nothing is there, [`HostError::NotText`] where it is not UTF-8.
    pub fn read_text(&self, path: &str) -> Result<Option<String>, HostError> {
        let Some(bytes) = self.read(path)? else { return Ok(None) };
        String::from_utf8(bytes).map(Some).map_err(|_| HostError::NotText { path: path.to_owned() })
    }

    /// The content as text, with a replacement character for what is not UTF-8.
    pub(crate) fn read_lossy(&self, path: &str) -> Result<Option<String>, HostError> {
        Ok(self.read(path)?.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
    }

    pub(crate) fn stamp(&self, path: &str) -> Result<Option<Stamp>, HostError> {
        let meta = self.stat(path)?;
        Ok(meta.map(|m| Stamp { identity: m.identity, size: m.size, mtime_micros: m.mtime_micros }))
    }

    /// The entries of a directory, sorted by name; none where it is not there. Names that are not UTF-8 are left out:
    /// nothing of ours has one.
    pub fn list(&self, path: &str) -> Result<Vec<(String, FileKind)>, HostError> {
        self.gate.read()?;
        let entries: Vec<Entry> = self.root.list(rel(path)?).or_absent()?.unwrap_or_default();
        Ok(entries.into_iter().filter_map(|e| Some((e.name.into_string().ok()?, e.kind))).collect())
    }

    /// Where a symbolic link points to; none where nothing is there.
    pub fn read_link(&self, path: &str) -> Result<Option<String>, HostError> {
        self.gate.read()?;
        let target = self.root.read_link(rel(path)?).or_absent()?;
        Ok(target.map(|target| target.to_string_lossy().into_owned()))
    }

    /// Replaces or makes a file, atomically and durably. `mode` is at most 0777. What is there may be anything but a
    /// directory; a link is replaced, not followed.
    pub fn write(&self, path: &str, content: &[u8], mode: u32, owner: Owner) -> Result<(), HostError> {
        self.gate.change(|| format!("write {path}"))?;
        self.root.write_atomic(rel(path)?, content, mode, self.real_owner(path, owner))?;
        Ok(())
    }

    /// As [`Self::write`], for what is too large to be held in memory. An interrupted one leaves `<path>.part`, which the next
    /// writes anew.
    pub fn write_from(
        &self,
        path: &str,
        content: &mut dyn Read,
        mode: u32,
        owner: Owner,
    ) -> Result<(), HostError> {
        self.gate.change(|| format!("write {path}"))?;
        let part = format!("{path}.part");
        self.root.remove_file(rel(&part)?)?;
        let mut file = self.root.create_new(rel(&part)?, mode, self.real_owner(path, owner))?;
        let copied = io::copy(content, &mut file).and_then(|_| file.sync_all());
        copied.map_err(|source| HostError::Copy { path: path.to_owned(), source })?;
        self.root.rename(rel(&part)?, rel(path)?)?;
        Ok(())
    }

    /// Makes a file whose name must be free, atomically and durably; [`HostError::exists`] tells that it was not.
    pub fn write_new(&self, path: &str, content: &[u8], mode: u32, owner: Owner) -> Result<(), HostError> {
        self.gate.change(|| format!("write {path}"))?;
        self.root.write_new(rel(path)?, content, mode, self.real_owner(path, owner))?;
        Ok(())
    }

    /// Removes what interrupted writes left in a directory, not below it; answers how many. One that is not there holds
    /// nothing. For the start, before anything is written there.
    pub fn sweep_temps(&self, path: &str) -> Result<usize, HostError> {
        Ok(self.root.sweep_temps(rel(path)?).or_absent()?.unwrap_or(0))
    }

    /// Writes many files with far fewer waits for the disk. Each is atomic, the whole is not.
    pub fn write_many(&self, files: &[&ManagedFile]) -> Result<(), HostError> {
        if !self.gate.batches() {
            return files
                .iter()
                .try_for_each(|f| self.write(&f.path, f.content.as_bytes(), f.mode, (f.uid, f.gid)));
        }
        let mut batch = Vec::with_capacity(files.len());
        for file in files {
            batch.push(FileWrite {
                rel: rel(&file.path)?.as_ref(),
                bytes: file.content.as_bytes(),
                mode: file.mode,
                owner: Some((file.uid, file.gid)),
            });
        }
        self.root.write_atomic_many(&batch)?;
        Ok(())
    }

    /// Sets mode and owner of a file or directory that is there.
    pub fn set_meta(&self, path: &str, mode: u32, owner: Owner) -> Result<(), HostError> {
        self.gate.change(|| format!("set mode and owner of {path}"))?;
        self.root.set_meta(rel(path)?, Some(mode), self.real_owner(path, owner))?;
        Ok(())
    }

    /// Removes a file or link; answers whether it was there.
    pub fn remove(&self, path: &str) -> Result<bool, HostError> {
        self.gate.change(|| format!("remove {path}"))?;
        Ok(self.root.remove_file(rel(path)?)?)
    }

    /// Removes an empty directory; answers whether it was there.
    pub fn remove_dir(&self, path: &str) -> Result<bool, HostError> {
        self.gate.change(|| format!("remove {path}/"))?;
        Ok(self.root.remove_dir(rel(path)?)?)
    }

    /// Removes a directory with all below it, for trees that root alone can write; answers whether it was there.
    pub fn remove_tree(&self, path: &str) -> Result<bool, HostError> {
        self.gate.change(|| format!("remove {path}/ with its content"))?;
        Ok(self.root.remove_tree(rel(path)?)?)
    }

    /// Sees to it that a directory is there with this mode (at most 03777) and owner; its parent must be there. Answers
    /// whether anything was changed.
    pub fn ensure_dir(&self, path: &str, mode: u32, owner: Owner) -> Result<bool, HostError> {
        self.gate.change(|| format!("make {path}/"))?;
        Ok(self.root.ensure_dir(rel(path)?, mode, self.real_owner(path, owner))?)
    }

    /// As [`Self::ensure_dir`], and makes the missing directories on the way, with the same mode and owner.
    pub fn ensure_dirs(&self, path: &str, mode: u32, owner: Owner) -> Result<bool, HostError> {
        self.gate.change(|| format!("make {path}/"))?;
        let owner = self.real_owner(path, owner);
        if let Some((parent, _)) = rel(path)?.rsplit_once('/') {
            self.root.create_dirs(parent, mode, owner)?;
        }
        Ok(self.root.ensure_dir(rel(path)?, mode, owner)?)
    }

    /// Renames; a file at `to` is replaced. Both must be on one file system.
    pub fn rename(&self, from: &str, to: &str) -> Result<(), HostError> {
        self.gate.change(|| format!("rename {from} to {to}"))?;
        self.root.rename(rel(from)?, rel(to)?)?;
        #[cfg(feature = "fake")]
        self.owners.renamed(from, to);
        Ok(())
    }

    /// Renames a file or directory to a name that must be free.
    pub fn rename_new(&self, from: &str, to: &str) -> Result<(), HostError> {
        self.gate.change(|| format!("rename {from} to {to}"))?;
        self.root.rename_new(rel(from)?, rel(to)?)?;
        #[cfg(feature = "fake")]
        self.owners.renamed(from, to);
        Ok(())
    }

    /// Makes a symbolic link, in place of a link or file that is there.
    pub fn symlink(&self, target: &str, path: &str) -> Result<(), HostError> {
        self.gate.change(|| format!("link {path} to {target}"))?;
        self.root.replace_symlink(target, rel(path)?)?;
        Ok(())
    }

    /// Adds to the end of a file, in one write, durably; makes it where it is missing.
    pub fn append(&self, path: &str, bytes: &[u8], mode: u32, owner: Owner) -> Result<(), HostError> {
        self.gate.change(|| format!("append to {path}"))?;
        self.root.append(rel(path)?, bytes, mode, self.real_owner(path, owner))?;
        Ok(())
    }

    /// Adds to the end of a log in one write, without waiting for the disk: it outlives the process, not a power cut. Makes
    /// the file where it is missing.
    pub fn append_log(&self, path: &str, bytes: &[u8], mode: u32, owner: Owner) -> Result<(), HostError> {
        self.gate.change(|| format!("append to {path}"))?;
        let mut file = self.root.open_append(rel(path)?, mode, self.real_owner(path, owner))?;
        file.write_all(bytes).map_err(|source| HostError::Log { path: path.to_owned(), source })
    }

    /// Cuts a log off at a length in bytes. One that is not there, or not longer, stays as it is.
    pub fn cut_log(&self, path: &str, length: u64) -> Result<(), HostError> {
        let Some(meta) = self.stat(path)?.filter(|meta| meta.size > length) else { return Ok(()) };
        self.gate.change(|| format!("cut {path}"))?;
        let file = self.root.open_append(rel(path)?, meta.mode & 0o777, None)?;
        file.set_len(length).map_err(|source| HostError::Log { path: path.to_owned(), source })
    }

    /// Takes one step of a plan. What came into the place of what the plan saw stays.
    pub fn take(&self, step: &FileStep) -> Result<(), HostError> {
        match step {
            FileStep::Write { file, seen, .. } => {
                self.require_seen(&file.path, *seen)?;
                self.write(&file.path, file.content.as_bytes(), file.mode, (file.uid, file.gid))
            }
            FileStep::SetMeta { file } => self.set_meta(&file.path, file.mode, (file.uid, file.gid)),
            FileStep::Remove { path, seen, .. } => {
                self.require_seen(path, *seen)?;
                self.remove(path).map(drop)
            }
        }
    }

    fn require_seen(&self, path: &str, seen: Option<Digest>) -> Result<(), HostError> {
        match self.observe(path)?.digest() {
            Some(there) if Some(there) != seen => Err(HostError::ChangedMeanwhile { path: path.to_owned() }),
            _ => Ok(()),
        }
    }

    /// Opens a file for reading; none where nothing is there. For logs that are passed on by descriptor.
    pub fn open(&self, path: &str) -> Result<Option<std::fs::File>, HostError> {
        self.gate.read()?;
        Ok(self.root.open_file(rel(path)?).or_absent()?)
    }

    /// The pinned directory itself, for reading what this layer has no call for. Changes made through it are not steps.
    pub fn root(&self) -> &Dir {
        &self.root
    }

    #[cfg(not(feature = "fake"))]
    #[expect(
        clippy::unused_self,
        clippy::unnecessary_wraps,
        reason = "the same call as with the feature `fake`"
    )]
    fn real_owner(&self, _path: &str, owner: Owner) -> Option<Owner> {
        Some(owner)
    }

    /// Directories and files of a test's host that is not run by root get an owner in effigy.
    #[cfg(feature = "fake")]
    pub(crate) fn with_owners(mut self, owners: crate::fake::Owners) -> Self {
        self.owners = owners;
        self
    }

    #[cfg(feature = "fake")]
    fn real_owner(&self, path: &str, owner: Owner) -> Option<Owner> {
        self.owners.set(path, owner)
    }
}

fn describe(kind: FileKind) -> &'static str {
    match kind {
        FileKind::File => "a file",
        FileKind::Dir => "a directory",
        FileKind::Symlink => "a symbolic link",
        FileKind::Special => "a device, FIFO or socket",
    }
}

#[cfg(test)]
mod tests;
