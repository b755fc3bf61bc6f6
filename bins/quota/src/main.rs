//! Sets one account's limits of the disk, or looks at those of all, for the agent that cannot: what the kernel asks for here is
//! `CAP_SYS_ADMIN`, which the agent does not have.
//!
//! `holdfast-quota set UID` takes the limits from root's file of this user id, sets them, reads them back, and fails where the kernel
//! holds others; without the file it takes all limits away. `holdfast-quota list` changes nothing. Both write what they saw below
//! `/run/holdfast-quota`, where the agent reads it. There are no other arguments: who starts the unit chooses an id and nothing else.
//!
//! User quotas (ext4, xfs) are asked for by quotactl(2), btrfs by Debian's own program `btrfs`, with fixed arguments.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;
use std::process::ExitCode;

use account_spec::{QUOTA_FILES, QUOTA_SEEN, QuotaFile, QuotaKind, QuotaList, QuotaSeen};
use hostd::Bounds;
use hostfs::Dir;
use names::{Uid, UidRange};

use crate::error::QuotaError;
use crate::homes::Homes;

mod btrfs;
mod error;
mod homes;
mod user;

/// What the one argument, or the two, ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Task {
    Set(Uid),
    List,
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let Some(task) = task(&args) else {
        eprintln!("holdfast-quota set UID | holdfast-quota list");
        return ExitCode::from(2);
    };
    match run(task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}", error.chain());
            ExitCode::FAILURE
        }
    }
}

fn task(args: &[String]) -> Option<Task> {
    match args {
        [list] if list == "list" => Some(Task::List),
        [set, uid] if set == "set" => Uid::parse(uid).ok().map(Task::Set),
        _ => None,
    }
}

fn run(task: Task) -> Result<(), QuotaError> {
    let seen = Dir::open(QUOTA_SEEN).map_err(QuotaError::Files)?;
    let lock = File::create(format!("{QUOTA_SEEN}/lock")).map_err(|e| QuotaError::io("make the lock", e))?;
    lock.lock().map_err(|e| QuotaError::io("wait for another of these", e))?;
    let bounds = Bounds::of_this_machine().map_err(QuotaError::Bounds)?;
    let (name, done) = match task {
        Task::List => ("list.json".to_owned(), list(&bounds)),
        Task::Set(uid) => (format!("{uid}.json"), set(&bounds, uid)),
    };
    let (told, failed) = match done {
        Ok(list) => (list, None),
        Err(error) => (QuotaList { error: Some(error.chain()), ..QuotaList::default() }, Some(error)),
    };
    let text = serde_json::to_vec(&told).map_err(|e| QuotaError::io("write what was seen", e.into()))?;
    seen.write_atomic(&name, &text, 0o600, None).map_err(QuotaError::Files)?;
    failed.map_or(Ok(()), Err)
}

/// All accounts that have a file, and on btrfs those of which only the qgroup is left.
fn list(bounds: &Bounds) -> Result<QuotaList, QuotaError> {
    let homes = Homes::find(&bounds.homes)?;
    look(&homes, bounds.uids, &wanted()?)
}

fn look(homes: &Homes, uids: UidRange, files: &BTreeMap<Uid, QuotaFile>) -> Result<QuotaList, QuotaError> {
    let mut list = QuotaList { filesystem: homes.filesystem.clone(), ..QuotaList::default() };
    let seen = if homes.is_btrfs() {
        btrfs::look(homes, uids, files).map(|(kind, accounts)| (kind, accounts, None))
    } else {
        user::look(homes, files)
    };
    match seen {
        Ok((kind, accounts, lacking)) => {
            list.kind = kind;
            list.lacking = lacking;
            list.accounts = accounts.into_iter().map(|(uid, seen)| (uid.get(), seen)).collect();
        }
        // what is not there cannot be asked, and that is an answer
        Err(QuotaError::Lacking(what)) => list.lacking = Some(what),
        Err(error) => return Err(error),
    }
    Ok(list)
}

fn set(bounds: &Bounds, uid: Uid) -> Result<QuotaList, QuotaError> {
    bounds.uids.check(uid).map_err(|e| QuotaError::Lacking(e.reason))?;
    let homes = Homes::find(&bounds.homes)?;
    let file = wanted_of(uid)?;
    if homes.is_btrfs() {
        btrfs::set(&homes, bounds.uids, uid, file.as_ref())?;
    } else {
        user::set(&homes, uid, file.as_ref())?;
    }
    let files: BTreeMap<Uid, QuotaFile> = file.clone().into_iter().map(|file| (uid, file)).collect();
    let mut list = look(&homes, bounds.uids, &files)?;
    list.accounts.retain(|other, _| *other == uid.get());
    let held = list.accounts.get(&uid.get()).copied().unwrap_or_default();
    confirm(&list, held, file.as_ref())?;
    Ok(list)
}

/// What was set is what the kernel says now, or it is not done.
fn confirm(list: &QuotaList, held: QuotaSeen, file: Option<&QuotaFile>) -> Result<(), QuotaError> {
    let disk = file.and_then(|file| file.disk_bytes).map(|bytes| list.kind.as_kept(bytes));
    if held.disk_bytes != disk {
        return Err(QuotaError::NotHeld { what: "disk space", wanted: disk, held: held.disk_bytes });
    }
    let inodes = file.and_then(|file| file.inodes).filter(|_| list.kind == QuotaKind::User);
    if held.inodes != inodes {
        return Err(QuotaError::NotHeld { what: "inodes", wanted: inodes, held: held.inodes });
    }
    Ok(())
}

/// The wanted limits of all accounts.
fn wanted() -> Result<BTreeMap<Uid, QuotaFile>, QuotaError> {
    let mut files = BTreeMap::new();
    let failed = |e| QuotaError::io(QUOTA_FILES, e);
    let entries = match fs::read_dir(QUOTA_FILES) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(files),
        entries => entries.map_err(failed)?,
    };
    for entry in entries {
        let name = entry.map_err(failed)?.file_name();
        let uid =
            name.to_str().and_then(|name| name.strip_suffix(".toml")).and_then(|uid| Uid::parse(uid).ok());
        if let Some(uid) = uid
            && let Some(file) = wanted_of(uid)?
        {
            files.insert(uid, file);
        }
    }
    Ok(files)
}

fn wanted_of(uid: Uid) -> Result<Option<QuotaFile>, QuotaError> {
    let path = QuotaFile::path(uid);
    match fs::read_to_string(Path::new(&path)) {
        Ok(text) => {
            toml::from_str(&text).map(Some).map_err(|e| QuotaError::File { path, reason: e.to_string() })
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(QuotaError::io(&path, error)),
    }
}

#[cfg(test)]
mod tests;
