//! After a start: finish what a crash left, and read the mirror back.

use std::collections::BTreeMap;

use converge::ManagedFile;
use hostd::{Host, HostError};
use hostfs::FileKind;
use names::Digest;

use super::{CommitError, Inner};
use crate::layout::{BaseFile, STAGE, TREE, TreeFile};
use crate::live::LiveCache;
use crate::state::{Move, Round, State};
use crate::tree::Tree;

/// See the module.
pub(super) fn recover(host: &Host) -> Result<Inner, CommitError> {
    let mut state = State::load(host)?;
    match std::mem::replace(&mut state.round, Round::Idle) {
        Round::Idle => {}
        Round::Staging(before) => {
            tracing::info!(files = before.len(), "take a test of the nginx tree back");
            put_back(host, &before)?;
            state.save(host)?;
        }
        Round::Switching(files) => {
            tracing::info!(files = files.len(), "finish a change of the nginx tree");
            for file in switch(host, &files)? {
                tracing::warn!(%file, "edited by hand while the agent was away; it is held");
            }
            state.loaded = None;
            state.save(host)?;
        }
    }
    let mirror = read_tree(host, STAGE);
    let sound = mirror.as_ref().is_ok_and(|tree| state.loaded.is_none() || tree.digest() == state.loaded);
    if !sound && state.loaded.is_some() {
        // the mirror was lost or touched; the live tree is proven to be ours by the digest that nginx was seen to serve
        let live = read_tree(host, TREE).ok().filter(|live| live.digest() == state.loaded);
        if let Some(tree) = live {
            tracing::warn!("the mirror of the nginx tree is made again from the live tree");
            mirror_again(host, &tree)?;
            return Ok(Inner { tree, state });
        }
    }
    Ok(Inner { tree: mirror?, state })
}

/// Writes the contents of before into the mirror.
pub(super) fn put_back(host: &Host, before: &BTreeMap<String, Option<String>>) -> Result<(), HostError> {
    let mut files = Vec::new();
    for (rel, text) in before {
        let Some(file) = TreeFile::parse(rel) else { continue };
        match text {
            Some(text) => files.push(ManagedFile::root(file.staged(), text.as_str())),
            None => {
                host.files().remove(&file.staged())?;
            }
        }
    }
    host.files().write_many(&files.iter().collect::<Vec<_>>())
}

/// Brings live files to what the mirror has. Files that are neither as before nor as after were edited; they stay, and are
/// answered.
pub(super) fn switch(host: &Host, files: &BTreeMap<String, Move>) -> Result<Vec<TreeFile>, HostError> {
    // what includes the others comes last and goes first, so that nginx could start at any moment in between
    let front = TreeFile::Base(BaseFile::Http);
    let mut steps: Vec<(TreeFile, Move)> =
        files.iter().filter_map(|(rel, step)| Some((TreeFile::parse(rel)?, *step))).collect();
    steps.sort_by_key(|(file, step)| (step.after.is_some(), (*file == front) == step.after.is_some()));
    let mut edited = Vec::new();
    let mut writes = Vec::new();
    for (file, step) in steps {
        let there = LiveCache::see(host, file)?.digest();
        if there == step.after {
            continue;
        }
        if there.is_some() && there != step.before {
            edited.push(file);
            continue;
        }
        match (step.after, host.files().read_text(&file.staged())?) {
            (Some(_), Some(text)) => writes.push(ManagedFile::root(file.live(), text)),
            (Some(_), None) => {}
            (None, _) => {
                host.files().remove(&file.live())?;
            }
        }
    }
    host.files().write_many(&writes.iter().collect::<Vec<_>>())?;
    Ok(edited)
}

/// The files of the tree below a directory; names that are none of ours are passed over.
fn files_below(host: &Host, below: &str) -> Result<Vec<TreeFile>, HostError> {
    let mut files: Vec<TreeFile> = BaseFile::ALL.map(TreeFile::Base).into();
    files.push(TreeFile::Digest);
    for dir in ["maps", "sites"] {
        for (name, kind) in host.files().list(&format!("{below}/{dir}"))? {
            files.extend(TreeFile::parse(&format!("{dir}/{name}")).filter(|_| kind == FileKind::File));
        }
    }
    Ok(files)
}

fn read_tree(host: &Host, below: &str) -> Result<Tree, CommitError> {
    let mut texts = Vec::new();
    for file in files_below(host, below)? {
        if let Some(text) = host.files().read_text(&format!("{below}/{file}"))? {
            texts.push((file, text));
        }
    }
    Ok(Tree::from_files(texts)?)
}

fn mirror_again(host: &Host, live: &Tree) -> Result<(), HostError> {
    make_stage(host)?;
    for file in files_below(host, STAGE)? {
        if live.file(file).is_none() {
            host.files().remove(&file.staged())?;
        }
    }
    let mut writes = Vec::new();
    for (file, digest) in live.all_files() {
        let there = host.files().read(&file.staged())?.map(Digest::of);
        if there != Some(digest)
            && let Some(text) = host.files().read_text(&file.live())?
        {
            writes.push(ManagedFile::root(file.staged(), text));
        }
    }
    host.files().write_many(&writes.iter().collect::<Vec<_>>())
}

/// Makes the directories of the mirror.
pub(super) fn make_stage(host: &Host) -> Result<(), HostError> {
    for dir in ["maps", "sites"] {
        make_dir(host, &format!("{STAGE}/{dir}"))?;
    }
    Ok(())
}

/// Makes a directory where there is none.
pub(super) fn make_dir(host: &Host, path: &str) -> Result<(), HostError> {
    if host.files().stat(path)?.is_none() {
        host.files().ensure_dirs(path, 0o755, (0, 0))?;
    }
    Ok(())
}
