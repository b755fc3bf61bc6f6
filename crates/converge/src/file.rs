//! Files that we own on a host: what they should be, what is there, and what follows from it.
//!
//! Three contents matter: what is wanted, what is there, and what we ever claimed to write. There and wanted are equal:
//! nothing to do. There is one of our own: an older version, replaced without a word. There is none of ours: somebody
//! edited it by hand, and it is kept until a person decides.

use std::collections::BTreeMap;
use std::sync::Arc;

use names::Digest;

use crate::plan::{Describe, Impact};
use crate::reconcile::{Edit, Own};

/// A file as it should be on the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManagedFile {
    /// Absolute path on the host.
    pub path: String,
    /// The content; configuration is text.
    pub content: Arc<str>,
    /// Permission bits, such as `0o644`.
    pub mode: u32,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// The content is not shown in plans (password hashes and the like).
    pub secret: bool,
}

impl ManagedFile {
    /// A root-owned file, 0644.
    pub fn root(path: impl Into<String>, content: impl Into<Arc<str>>) -> Self {
        Self { path: path.into(), content: content.into(), mode: 0o644, uid: 0, gid: 0, secret: false }
    }

    /// SHA-256 of the content.
    pub fn digest(&self) -> Digest {
        Digest::of(self.content.as_bytes())
    }
}

/// A file as it is on the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileSeen {
    /// Nothing is there.
    Missing,
    /// Something is there.
    Present {
        /// SHA-256 of the content.
        digest: Digest,
        /// Permission bits.
        mode: u32,
        /// Owner.
        uid: u32,
        /// Group.
        gid: u32,
        /// Last change, in microseconds since 1970 (UTC).
        mtime: i64,
        /// The content as text; lossy where it is not UTF-8.
        text: Arc<str>,
    },
    /// A link, directory or device is in the way.
    NotAFile {
        /// What is there, for people; of a link, where it leads.
        what: String,
    },
}

impl FileSeen {
    /// SHA-256 of what is there, or of the words about it; none where nothing is there.
    pub fn digest(&self) -> Option<Digest> {
        match self {
            Self::Missing => None,
            Self::Present { digest, .. } => Some(*digest),
            Self::NotAFile { what } => Some(Digest::of(what)),
        }
    }

    /// The content as text; none where there is no file.
    pub fn text(&self) -> Option<&Arc<str>> {
        match self {
            Self::Present { text, .. } => Some(text),
            Self::Missing | Self::NotAFile { .. } => None,
        }
    }
}

/// What the comparison says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileState {
    /// As wanted.
    Same,
    /// Gone; write it again.
    Missing,
    /// Our own older content; replace it.
    Outdated,
    /// Right content, wrong mode or owner.
    Meta,
    /// Content that we never wrote: a hand edit.
    Edited,
}

/// Compares one file with what is wanted, what we ever said we would write there, and what was decided about it.
pub fn classify(want: &ManagedFile, seen: &FileSeen, own: &Own) -> FileState {
    match seen {
        FileSeen::Missing => FileState::Missing,
        FileSeen::Present { digest, mode, uid, gid, .. } if *digest == want.digest() => {
            if (*mode, *uid, *gid) == (want.mode, want.uid, want.gid) {
                FileState::Same
            } else {
                FileState::Meta
            }
        }
        there if own.may_replace(&want.path, there) => FileState::Outdated,
        FileSeen::Present { .. } | FileSeen::NotAFile { .. } => FileState::Edited,
    }
}

/// One step about one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileStep {
    /// Write the content, mode and owner, atomically.
    Write {
        /// What to write.
        file: ManagedFile,
        /// The text before, for the diff; none where the file is new.
        before: Option<Arc<str>>,
        /// [`FileSeen::digest`] of what it replaces: anything else there stays.
        seen: Option<Digest>,
    },
    /// Set mode and owner alone.
    SetMeta {
        /// The path, mode and owner to have.
        file: ManagedFile,
    },
    /// Remove a file of ours.
    Remove {
        /// Absolute path.
        path: String,
        /// The text before, for the diff.
        before: Option<Arc<str>>,
        /// [`FileSeen::digest`] of what it removes: anything else there stays.
        seen: Option<Digest>,
    },
}

impl FileStep {
    /// The path and digest that the step will leave behind; to be claimed before it runs.
    pub fn claim(&self) -> Option<(String, Digest)> {
        match self {
            Self::Write { file, .. } => Some((file.path.clone(), file.digest())),
            Self::SetMeta { .. } | Self::Remove { .. } => None,
        }
    }
}

impl Describe for FileStep {
    fn code(&self) -> &'static str {
        match self {
            Self::Write { .. } => "file.write",
            Self::SetMeta { .. } => "file.meta",
            Self::Remove { .. } => "file.remove",
        }
    }

    fn summary(&self) -> String {
        match self {
            Self::Write { file, before: None, .. } => format!("create {}", file.path),
            Self::Write { file, before: Some(_), .. } => format!("change {}", file.path),
            Self::SetMeta { file } => {
                format!("set mode {:04o} and owner {}:{} of {}", file.mode, file.uid, file.gid, file.path)
            }
            Self::Remove { path, .. } => format!("remove {path}"),
        }
    }

    fn impact(&self) -> Impact {
        Impact::None
    }

    fn path(&self) -> Option<&str> {
        Some(match self {
            Self::Write { file, .. } | Self::SetMeta { file } => &file.path,
            Self::Remove { path, .. } => path,
        })
    }

    fn diff(&self) -> Option<String> {
        match self {
            Self::Write { file, .. } if file.secret => None,
            Self::Write { file, before, .. } => {
                Some(unified(&file.path, before.as_deref().unwrap_or(""), &file.content))
            }
            Self::SetMeta { .. } => None,
            Self::Remove { path, before, .. } => before.as_deref().map(|b| unified(path, b, "")),
        }
    }
}

/// A unified diff with three lines of context.
pub fn unified(path: &str, before: &str, after: &str) -> String {
    similar::TextDiff::from_lines(before, after)
        .unified_diff()
        .context_radius(3)
        .header(&format!("a{path}"), &format!("b{path}"))
        .to_string()
}

/// What a set of files needs, and which of them somebody edited.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FilesPlan {
    /// Steps for the files that are ours to write.
    pub steps: Vec<FileStep>,
    /// Files with a hand edit: no step is planned for these.
    pub edits: Vec<Edit>,
}

/// Plans a set of files: writes what differs, removes what we claimed and no longer want, leaves hand edits alone.
///
/// `seen` must hold every wanted path and every claimed path; a path that is missing from it counts as not there.
pub fn plan_files(want: &[ManagedFile], seen: &BTreeMap<String, FileSeen>, own: &Own) -> FilesPlan {
    let mut plan = FilesPlan::default();
    for file in want {
        let there = seen.get(&file.path).unwrap_or(&FileSeen::Missing);
        match classify(file, there, own) {
            FileState::Same => {}
            FileState::Meta => plan.steps.push(FileStep::SetMeta { file: file.clone() }),
            FileState::Missing | FileState::Outdated => {
                let (before, seen) = (there.text().cloned(), there.digest());
                plan.steps.push(FileStep::Write { file: file.clone(), before, seen });
            }
            FileState::Edited => plan.edits.push(Edit::of(file, there, own.claims.get(&file.path))),
        }
    }
    for (path, claim) in &own.claims {
        if want.iter().any(|f| f.path == *path) {
            continue;
        }
        match seen.get(path) {
            None | Some(FileSeen::Missing) => {}
            Some(there) if own.may_replace(path, there) => {
                let (before, seen) = (there.text().cloned(), there.digest());
                plan.steps.push(FileStep::Remove { path: path.clone(), before, seen });
            }
            Some(there) => plan.edits.push(Edit::unwanted(path, there, claim)),
        }
    }
    plan
}
