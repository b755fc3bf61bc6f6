//! `holdfast backup-panel FILE`

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use hostfs::FileKind;

use super::archive::{self, Content, Database, FORMAT, Kind, Manifest, Member};
use super::parts::{TREES, database, walk};
use super::tools::{Act, Facts};
use super::{Life, PANEL_PROGRAM};
use crate::error::SetupError;
use crate::report::Report;

/// Where the panel's program puts its copy; the panel's own, so that it can.
const COPYING: &str = "/var/lib/holdfast/copying";

/// What a backup may do.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct How {
    /// A file that is there may be replaced.
    pub(crate) replace: bool,
    /// A database that cannot be copied whole is taken as it lies there.
    pub(crate) damaged: bool,
}

/// Writes all that makes the panel into one file, while it runs or not.
pub(crate) fn back_up(life: Life<'_>, hostname: &str, path: &Path, how: How) -> Result<Manifest, SetupError> {
    let io = |source: io::Error| SetupError::Refused {
        reason: format!("write {}: {source}", path.display()),
        remedy: "nothing was written; see that the directory is there and has space".to_owned(),
    };
    if !how.replace && fs::symlink_metadata(path).is_ok() {
        return Err(SetupError::Refused {
            reason: format!("{} is there already", path.display()),
            remedy: "name another file, or add --replace".to_owned(),
        });
    }
    let (mut members, mut contents) = trees(life)?;
    let (facts, copies) = copy_database(life, how.damaged)?;
    for (log, mut file) in copies {
        members.push(Member::database(log, &mut file).map_err(io)?);
        contents.push(Content::Open(file));
    }
    let now = life.host.now();
    let manifest = Manifest {
        format: FORMAT,
        release: env!("CARGO_PKG_VERSION").to_owned(),
        taken_at: now.to_string(),
        hostname: hostname.to_owned(),
        database: facts.map(|facts| Database {
            schema: facts.schema,
            accounts: facts.accounts,
            sites: facts.sites,
            nodes: facts.nodes,
            audit: facts.audit,
        }),
        members,
    };
    let written = put(path, &manifest, contents, now.as_micros());
    let removed = life.host.files().remove_tree(COPYING);
    written.map_err(io)?;
    removed.map_err(SetupError::host(format!("remove {COPYING}")))?;
    Ok(manifest)
}

/// What was written, for people.
pub(crate) fn tell(manifest: &Manifest, path: &Path, report: &mut Report<'_>) -> Result<(), SetupError> {
    let size = fs::metadata(path)?.len();
    let files = manifest.members.iter().filter(|member| member.kind == Kind::File).count();
    let (accounts, sites) =
        manifest.database.as_ref().map_or((0, 0), |database| (database.accounts, database.sites));
    report.line(&format!(
        "{}: {} KiB; accounts {accounts}, sites {sites}, {files} files beside the database",
        path.display(),
        size.div_ceil(1024)
    ))?;
    report.line("  it holds keys and password hashes, not encrypted: whoever has it has the panel")?;
    report.line("  not in it: the accounts' homes and logs")?;
    Ok(())
}

/// Everything but the database, in memory: many small files, some of which change while the agent runs.
fn trees(life: Life<'_>) -> Result<(Vec<Member>, Vec<Content>), SetupError> {
    let files = life.host.files();
    let (mut members, mut contents) = (Vec::new(), Vec::new());
    for tree in &TREES {
        let failed = || SetupError::host(format!("read {}", tree.path));
        for (path, kind) in walk(files, tree).map_err(failed())? {
            // what is gone by now is no part of this moment
            let Some(meta) = files.stat(&path).map_err(failed())? else { continue };
            let (member, bytes) = match kind {
                FileKind::File => {
                    let Some(bytes) = files.read(&path).map_err(failed())? else { continue };
                    (Member::file(&path, &meta, &bytes), bytes)
                }
                FileKind::Symlink => {
                    let Some(target) = files.read_link(&path).map_err(failed())? else { continue };
                    (Member::of(&path, Kind::Link(target), &meta), Vec::new())
                }
                _ => (Member::of(&path, Kind::Directory, &meta), Vec::new()),
            };
            members.push(member);
            contents.push(Content::Bytes(bytes));
        }
    }
    Ok((members, contents))
}

/// Files with the database, and whether they are its log.
type Copies = Vec<(bool, File)>;

fn copy_database(life: Life<'_>, damaged: bool) -> Result<(Option<Facts>, Copies), SetupError> {
    let files = life.host.files();
    let user = life.panel_user()?;
    let failed = || SetupError::host(format!("make {COPYING}"));
    files.remove_tree(COPYING).map_err(failed())?;
    files.ensure_dir(COPYING, 0o700, user).map_err(failed())?;
    let copy = format!("{COPYING}/holdfast.db");
    let made = life.tools.database(life.host, PANEL_PROGRAM, user, Act::Copy(&copy));
    let facts = made.and_then(|facts| match facts.faults.first() {
        None => Ok(facts),
        Some(fault) => Err(SetupError::Refused {
            reason: format!("the panel's database is damaged: {fault}"),
            remedy: "put a backup back with `holdfast restore-panel`".to_owned(),
        }),
    });
    let open = |path: &str| files.open(path).map_err(SetupError::host(format!("read {path}")));
    match facts {
        Ok(facts) => {
            let Some(file) = open(&copy)? else {
                return Err(SetupError::NoEffect { step: "copy the database".to_owned() });
            };
            Ok((Some(facts), vec![(false, file)]))
        }
        Err(error) if !damaged => Err(error),
        Err(_) => {
            let path = database(files).map_err(SetupError::host("read panel.toml"))?;
            let log = format!("{path}-wal");
            let found = [(false, open(&path)?), (true, open(&log)?)];
            Ok((None, found.into_iter().filter_map(|(log, file)| Some((log, file?))).collect()))
        }
    }
}

/// Beside its place first: whoever reads the file gets a whole one.
fn put(path: &Path, manifest: &Manifest, contents: Vec<Content>, now: i64) -> io::Result<()> {
    let part = beside(path)?;
    match fs::remove_file(&part) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&part)?;
    let mtime = u64::try_from(now / 1_000_000).unwrap_or(0);
    let mut out = BufWriter::new(&file);
    let written = archive::write(&mut out, manifest, contents, mtime)
        .and_then(|()| out.flush())
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::rename(&part, path));
    if written.is_err() {
        // what is left is no backup; the error says why
        let _ = fs::remove_file(&part);
    }
    written?;
    let directory = part.parent().unwrap_or(Path::new("/"));
    File::open(directory)?.sync_all()
}

fn beside(path: &Path) -> io::Result<PathBuf> {
    let name = path.file_name().ok_or_else(|| io::Error::other("it names no file"))?;
    let mut part = std::ffi::OsString::from(".");
    part.push(name);
    part.push(".part");
    Ok(std::path::absolute(path)?.with_file_name(part))
}

#[cfg(test)]
mod tests;
