//! What is in the live tree, read no more often than it changes.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use converge::FileSeen;
use hostd::{Host, HostError};
use hostfs::FileKind;
use names::Digest;

use crate::layout::TreeFile;

/// Mode of every file of the tree.
pub(crate) const MODE: u32 = 0o644;

/// How a live file compares with the mirror's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LiveState {
    /// As in the mirror; for a file that the tree does not have: not there.
    Same,
    /// Gone.
    Missing,
    /// Right content, wrong mode or owner.
    Meta,
    /// Neither what we last wrote nor what the round under way writes.
    Edited,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    identity: (u64, u64),
    size: u64,
    mtime: i64,
}

/// Digests of live files by inode, size and time of change.
#[derive(Debug, Default)]
pub(crate) struct LiveCache {
    digests: Mutex<HashMap<TreeFile, (Stamp, Digest)>>,
}

impl LiveCache {
    /// Compares a live file with the content that the mirror has (none: the tree has no such file).
    pub(crate) fn compare(
        &self,
        host: &Host,
        file: TreeFile,
        ours: Option<Digest>,
    ) -> Result<LiveState, HostError> {
        let path = file.live();
        let Some(meta) = host.files().stat(&path)? else {
            return Ok(if ours.is_some() { LiveState::Missing } else { LiveState::Same });
        };
        if meta.kind != FileKind::File {
            return Ok(LiveState::Edited);
        }
        let stamp = Stamp { identity: meta.identity, size: meta.size, mtime: meta.mtime_micros };
        let known = self.lock().get(&file).filter(|(s, _)| *s == stamp).map(|(_, digest)| *digest);
        let digest = if let Some(digest) = known {
            digest
        } else {
            let Some(bytes) = host.files().read(&path)? else { return Ok(LiveState::Missing) };
            let digest = Digest::of(bytes);
            self.lock().insert(file, (stamp, digest));
            digest
        };
        Ok(if ours != Some(digest) {
            LiveState::Edited
        } else if (meta.mode, meta.uid, meta.gid) == (MODE, 0, 0) {
            LiveState::Same
        } else {
            LiveState::Meta
        })
    }

    /// What is there, with its text.
    pub(crate) fn see(host: &Host, file: TreeFile) -> Result<FileSeen, HostError> {
        host.files().observe(&file.live())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<TreeFile, (Stamp, Digest)>> {
        self.digests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
