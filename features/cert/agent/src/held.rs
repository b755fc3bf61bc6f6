//! One file of key and chain, and the directory around it: what is to be done about them. No diff and no record of an edit shows what such
//! a file holds.

use converge::file::{FilesPlan, plan_files};
use converge::{Edit, FileSeen, FileStep, ManagedFile, ObserveError, Own};
use hostd::Host;
use hostfs::{FileKind, Owner};

use crate::layout::{FILE_MODE, TLS, TLS_MODE};

/// A directory to be made, or whose mode and owner are to be set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directory {
    /// Absolute path.
    pub path: String,
    /// Permission bits.
    pub mode: u32,
    /// User and group.
    pub owner: Owner,
}

/// The group of the web server's workers. Before the role is installed nothing is tried, and nothing fails: it waits.
pub(crate) fn web_group(host: &Host) -> Result<u32, ObserveError> {
    let installed = host.files().stat(&host.profile().web.main_config)?.is_some();
    let waits =
        || ObserveError::WaitsFor("role web, which is not installed: `holdfast node install web`".to_owned());
    host.web_gid()?.filter(|_| installed).ok_or_else(waits)
}

/// The directory, where it is not there as it should be.
pub(crate) fn directory(host: &Host, group: u32) -> Result<Option<Directory>, ObserveError> {
    let (mode, owner) = (TLS_MODE, (0, group));
    let there = host.files().stat(TLS)?;
    let same = there.is_some_and(|m| m.kind == FileKind::Dir && (m.mode, (m.uid, m.gid)) == (mode, owner));
    Ok((!same).then(|| Directory { path: TLS.to_owned(), mode, owner }))
}

/// A file of key and chain.
pub(crate) fn file(path: &str, content: impl Into<std::sync::Arc<str>>, group: u32) -> ManagedFile {
    let (path, content) = (path.to_owned(), content.into());
    ManagedFile { path, content, mode: FILE_MODE, uid: 0, gid: group, secret: true }
}

/// What one file needs, of which nothing is ever shown.
pub(crate) fn plan(path: &str, want: Option<&ManagedFile>, there: &FileSeen, own: &Own) -> FilesPlan {
    let seen = [(path.to_owned(), there.clone())].into();
    let mut plan = plan_files(want.map(std::slice::from_ref).unwrap_or_default(), &seen, own);
    for step in &mut plan.steps {
        match step {
            // that there was one is all that is told of it
            FileStep::Write { before, .. } => *before = before.take().map(|_| "".into()),
            FileStep::Remove { before, .. } => *before = None,
            FileStep::SetMeta { .. } => {}
        }
    }
    let hide = |edit: Edit| Edit { secret: true, ..edit };
    plan.edits = plan.edits.into_iter().map(hide).collect();
    plan
}
