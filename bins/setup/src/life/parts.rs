//! What makes a panel: the one list of what a backup holds.
//!
//! Whole directories, with what they are known to hold for a moment only left out: a file that comes to them later (a key, a
//! template) is in the backup without a word here.

use hostd::{Files, HostError};
use hostfs::FileKind;

/// Whose state it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Of {
    /// Configuration, templates, keys, certificate: goes with the database.
    Panel,
    /// What the agent knows of *this* host: the ledger, the user ids that were ever given, the audit's heads, kept edits, keys of sites.
    Agent,
}

/// A directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tree {
    /// Absolute path.
    pub(crate) path: &'static str,
    /// Whose.
    pub(crate) of: Of,
    /// Names directly below it that are no state.
    skip: &'static [&'static str],
}

/// The agent's first: where a backup is put on a fresh server, a database that is newer than the ledger is simply sent again.
pub(crate) const TREES: [Tree; 2] = [
    Tree { path: "/var/lib/holdfast-agent", of: Of::Agent, skip: &["check", "logs.json", "stage"] },
    Tree { path: "/etc/holdfast", of: Of::Panel, skip: &[] },
];

/// Where the panel's settings lie, which may name another database.
const PANEL_TOML: &str = "/etc/holdfast/panel.toml";

/// The panel's database.
pub(crate) fn database(files: &Files) -> Result<String, HostError> {
    let text = files.read_text(PANEL_TOML)?.unwrap_or_default();
    let named = text.parse::<toml::Table>().ok();
    let named = named.and_then(|table| table.get("database")?.as_str().map(str::to_owned));
    Ok(named.unwrap_or_else(|| "/var/lib/holdfast/holdfast.db".to_owned()))
}

/// The tree that a path of a backup belongs to.
pub(crate) fn tree_of(path: &str) -> Option<&'static Tree> {
    let below = |tree: &&Tree| {
        let rest = path.strip_prefix(tree.path).and_then(|rest| rest.strip_prefix('/'));
        let first = rest.map(|rest| rest.split('/').next().unwrap_or(rest));
        path == tree.path || first.is_some_and(|first| !tree.skip.contains(&first))
    };
    let plain = path.split('/').skip(1).all(|part| !matches!(part, "" | "." | ".."));
    TREES.iter().find(below).filter(|_| plain)
}

/// All paths of a tree, itself first. Sockets and the like are left out.
pub(crate) fn walk(files: &Files, tree: &Tree) -> Result<Vec<(String, FileKind)>, HostError> {
    let mut found = Vec::new();
    if files.stat(tree.path)?.is_some() {
        found.push((tree.path.to_owned(), FileKind::Dir));
        descend(files, tree.path, tree.skip, &mut found)?;
    }
    Ok(found)
}

fn descend(
    files: &Files,
    directory: &str,
    skip: &[&str],
    found: &mut Vec<(String, FileKind)>,
) -> Result<(), HostError> {
    for (name, kind) in files.list(directory)? {
        if skip.contains(&name.as_str()) || kind == FileKind::Special {
            continue;
        }
        let path = format!("{directory}/{name}");
        found.push((path.clone(), kind));
        if kind == FileKind::Dir {
            descend(files, &path, &[], found)?;
        }
    }
    Ok(())
}
