//! `holdfast restore-panel FILE`
//!
//! In this order, each step of which may be repeated: all of the archive is held against its manifest, its database is looked at and
//! brought to this release's schema beside the one that is there; panel and agent are stopped; what is here now is kept aside as a
//! backup of its own; then configuration, the agent's state (on a fresh server alone, see ADR 0010) and database take their
//! places; the agent's note of the audit is told; panel and agent are started and asked. A restore that was killed anywhere is
//! completed by calling it again. Sites go on all the while.

use std::path::Path;

use hostd::{HostError, OwnUnit};
use hostfs::FileKind;
use names::Digest;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::archive::{Archive, Kind, Member};
use super::backup::{self, back_up};
use super::parts::{Of, TREES, database, tree_of};
use super::tools::{Act, Facts};
use super::{ASIDE, Life, PANEL_PROGRAM, ROOT, WORK, stamp, to_the_second};
use crate::error::SetupError;
use crate::report::Report;

/// Where the database is made ready; the panel's own, so that its program can.
const READY: &str = "/var/lib/holdfast/restoring";
/// What has begun.
const BEGUN: &str = "/var/lib/holdfast-setup/restore.json";
/// Heads of the panel's audit that the agent noted.
const HEADS: &str = "/var/lib/holdfast-agent/audit-heads.jsonl";
/// The agent's note that a head went back.
const REWOUND: &str = "/var/lib/holdfast-agent/audit-rewound.json";
const LEDGER: &str = "/var/lib/holdfast-agent/ledger";
const UIDS: &str = "/var/lib/holdfast-agent/uids";

const STOP: [OwnUnit; 4] =
    [OwnUnit::PanelSocket, OwnUnit::PanelService, OwnUnit::AgentSocket, OwnUnit::AgentService];
const START: [OwnUnit; 4] =
    [OwnUnit::AgentSocket, OwnUnit::PanelSocket, OwnUnit::AgentService, OwnUnit::PanelService];

/// A restore that has begun to replace what was there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Begun {
    /// SHA-256 of the archive.
    archive: Digest,
    /// Where what was there is kept.
    aside: String,
    /// Everything is in its place; panel and agent have to be started.
    replaced: bool,
}

/// Puts a backup back, or only shows what that would be.
pub(crate) fn restore(
    life: Life<'_>,
    hostname: &str,
    path: &Path,
    dry_run: bool,
    report: &mut Report<'_>,
) -> Result<(), SetupError> {
    let archive = Archive::open(path)?;
    let begun = begun(life)?;
    if begun.as_ref().is_some_and(|begun| begun.archive != archive.digest) {
        return Err(SetupError::Refused {
            reason: "the restore of another backup was stopped half-way".to_owned(),
            remedy: "complete that one first: call `holdfast restore-panel` with its file".to_owned(),
        });
    }
    let plan = Plan::of(life, &archive)?;
    plan.show(&archive, dry_run, report)?;
    if dry_run {
        life.host.files().remove_tree(READY).map_err(SetupError::host(format!("remove {READY}")))?;
        return Ok(());
    }
    let quiet = || None;
    let begun = match begun {
        Some(begun) => begun,
        None => report.timed("keep what is here now aside", quiet, || {
            life.stop(&STOP)?;
            begin(life, hostname, &archive)
        })?,
    };
    if !begun.replaced {
        report.timed("put the backup in its place", quiet, || {
            life.stop(&STOP)?;
            plan.carry_out(life, &archive)?;
            write_begun(life, &Begun { replaced: true, ..begun.clone() })
        })?;
    }
    let healthy = report.timed("panel and agent answer", quiet, || {
        life.start(&START)?;
        life.healthy()
    });
    let files = life.host.files();
    let tidy = || files.remove_tree(READY).and_then(|_| files.remove(BEGUN));
    if let Err(error) = healthy {
        tidy().map_err(SetupError::host(format!("remove {BEGUN}")))?;
        let reason = format!("the backup is in its place, and {}", error.chain());
        let remedy = format!(
            "look at `journalctl -u holdfast-panel`, or go back: holdfast restore-panel {}",
            begun.aside
        );
        return Err(SetupError::Refused { reason, remedy });
    }
    tidy().map_err(SetupError::host(format!("remove {BEGUN}")))?;
    report.line(&format!("The panel is as of {}.", to_the_second(&archive.manifest.taken_at)))?;
    report.line(&format!("  before it    {} (to go back: holdfast restore-panel with it)", begun.aside))?;
    match life.panel.undecided() {
        Ok(0) => report.line("  the server   holds nothing that the panel does not know")?,
        Ok(count) => {
            let objects =
                if count == 1 { "one object waits".to_owned() } else { format!("{count} objects wait") };
            report.line(&format!(
                "  the server   has moved on since: {objects} for a decision, and run on as they are"
            ))?;
            report.line("  next         holdfast adopt")?;
        }
        Err(error) => report.line(&format!("  next         holdfast adopt ({error})"))?,
    }
    Ok(())
}

fn begun(life: Life<'_>) -> Result<Option<Begun>, SetupError> {
    let text = life.host.files().read(BEGUN).map_err(SetupError::host(format!("read {BEGUN}")))?;
    // written in one go; what does not read is of a release that is not this one
    text.map(|text| {
        serde_json::from_slice(&text).map_err(|error| SetupError::Refused {
            reason: format!("{BEGUN}: {error}"),
            remedy: "another release began a restore here: install that one again, or remove the file"
                .to_owned(),
        })
    })
    .transpose()
}

fn write_begun(life: Life<'_>, begun: &Begun) -> Result<(), SetupError> {
    let files = life.host.files();
    let failed = || SetupError::host(format!("write {BEGUN}"));
    files.ensure_dir(WORK, 0o711, ROOT).map_err(failed())?;
    files.write(BEGUN, json!(begun).to_string().as_bytes(), 0o600, ROOT).map_err(failed())
}

/// Keeps what is here aside, and notes that it was.
fn begin(life: Life<'_>, hostname: &str, archive: &Archive) -> Result<Begun, SetupError> {
    let files = life.host.files();
    files.ensure_dirs(ASIDE, 0o700, ROOT).map_err(SetupError::host(format!("make {ASIDE}")))?;
    let aside = format!("{ASIDE}/before-restore-{}.tar", stamp(life.host.now()));
    back_up(life, hostname, &life.host.on_disk(&aside), backup::How { replace: true, damaged: true })?;
    let begun = Begun { archive: archive.digest, aside, replaced: false };
    write_begun(life, &begun)?;
    Ok(begun)
}

/// What a restore does, once its archive and database were found good.
struct Plan {
    /// The database with all that this release's schema wants.
    ready: Option<Facts>,
    /// The agent's state of the backup takes the place of what is here.
    with_agent: bool,
    /// Objects that the living ledger holds.
    held: usize,
    /// Files that differ, and files that are missing.
    changed: Vec<String>,
    missing: Vec<String>,
}

impl Plan {
    fn of(life: Life<'_>, archive: &Archive) -> Result<Self, SetupError> {
        let ready = make_ready(life, archive)?;
        let held = held(life).map_err(SetupError::host("look at the agent's ledger"))?;
        let with_agent = held == 0;
        if let (false, Some(facts)) = (with_agent, &ready) {
            let here = names_below(life, &format!("{LEDGER}/webserver"))
                .map_err(SetupError::host("look at the agent's ledger"))?;
            if !here.is_empty() && !here.iter().any(|id| facts.nodes.contains(id)) {
                return Err(SetupError::Refused {
                    reason: format!(
                        "this server holds accounts of another panel than that of {}",
                        archive.manifest.hostname
                    ),
                    remedy: "put it back on the server that it is of, or on one that holds no account"
                        .to_owned(),
                });
            }
        }
        let mut plan = Self { ready, with_agent, held, changed: Vec::new(), missing: Vec::new() };
        for (path, member) in plan.members(archive) {
            let there =
                life.host.files().observe(path).map_err(SetupError::host(format!("look at {path}")))?;
            match there.digest() {
                Some(digest) if digest == member.sha256 => {}
                Some(_) => plan.changed.push(path.to_owned()),
                None => plan.missing.push(path.to_owned()),
            }
        }
        Ok(plan)
    }

    /// The regular files that are put back.
    fn members<'a>(&self, archive: &'a Archive) -> Vec<(&'a str, &'a Member)> {
        let of = |member: &'a Member| {
            let path = member.path.as_deref()?;
            (member.kind == Kind::File && self.takes(path)).then_some((path, member))
        };
        archive.manifest.members.iter().filter_map(of).collect()
    }

    fn takes(&self, path: &str) -> bool {
        tree_of(path).is_some_and(|tree| tree.of == Of::Panel || self.with_agent)
    }

    fn show(&self, archive: &Archive, dry_run: bool, report: &mut Report<'_>) -> Result<(), SetupError> {
        let manifest = &archive.manifest;
        report.line(&format!(
            "Backup of {}, taken {} by release {}",
            manifest.hostname,
            to_the_second(&manifest.taken_at),
            manifest.release
        ))?;
        let would = if dry_run { "would" } else { "will" };
        match (&manifest.database, &self.ready) {
            (Some(database), Some(facts)) => {
                let schema = if database.schema == facts.schema {
                    format!("schema {}", facts.schema)
                } else {
                    format!("schema {}, brought to {}", database.schema, facts.schema)
                };
                let (accounts, sites) = (facts.accounts, facts.sites);
                report.line(&format!(
                    "  {would} put back the database: accounts {accounts}, sites {sites}, {schema} [restart]"
                ))?;
            }
            _ => report
                .line(&format!("  {would} put back the database as it lay there: it was damaged then"))?,
        }
        for (files, verb) in [(&self.changed, "replace"), (&self.missing, "make")] {
            for path in files.iter().take(20) {
                report.line(&format!("  {would} {verb} {path}"))?;
            }
            if files.len() > 20 {
                report.line(&format!("  {would} {verb} {} more files", files.len() - 20))?;
            }
        }
        if self.with_agent {
            report
                .line(&format!("  {would} put back the agent's ledger: this server holds no account yet"))?;
        } else {
            report.line(&format!(
                "  {would} keep the agent's ledger ({} objects): it says what is on this server, and is newer",
                self.held
            ))?;
        }
        report.line(&format!("  {would} keep all that is here now in {ASIDE}"))?;
        Ok(())
    }

    /// Puts everything in its place. Repeating it is harmless.
    fn carry_out(&self, life: Life<'_>, archive: &Archive) -> Result<(), SetupError> {
        let files = life.host.files();
        if self.with_agent {
            // what set-up made for a web server that the backup's panel does not know
            files.remove_tree(LEDGER).map_err(SetupError::host(format!("remove {LEDGER}")))?;
        }
        for member in &archive.manifest.members {
            let Some(path) = member.path.as_deref().filter(|path| self.takes(path)) else { continue };
            let failed = SetupError::host(format!("make {path}"));
            let owner = (member.uid, member.gid);
            match &member.kind {
                Kind::Directory => files.ensure_dirs(path, member.mode, owner).map(drop),
                Kind::Link(target) => files.symlink(target, path),
                _ => Ok(()),
            }
            .map_err(failed)?;
        }
        archive.each(|member, content| {
            let Some(path) = member.path.as_deref().filter(|path| self.takes(path)) else { return Ok(()) };
            let failed = || SetupError::host(format!("write {path}"));
            let owner = (member.uid, member.gid);
            if member.kind != Kind::File {
                return Ok(());
            }
            if path.starts_with(LEDGER) {
                let mut entry = Vec::new();
                content.read_to_end(&mut entry)?;
                return files.write(path, &as_of_nothing_loaded(entry), member.mode, owner).map_err(failed());
            }
            if files.observe(path).map_err(failed())?.digest() == Some(member.sha256) {
                return Ok(());
            }
            files.write_from(path, content, member.mode, owner).map_err(failed())
        })?;
        self.put_database(life, archive)?;
        let head = self.ready.as_ref().and_then(|facts| facts.audit.clone());
        let Some(head) = head.filter(|_| !self.with_agent) else { return Ok(()) };
        // the agent takes no earlier head than the last, unless root says here that the panel was put back
        let note = json!({ "at": life.host.now().as_micros(), "seq": head.seq, "hash": head.hash, "restored": true });
        let failed = || SetupError::host(format!("write {HEADS}"));
        let known = files.read_text(HEADS).map_err(failed())?.unwrap_or_default();
        let last = known.lines().last().and_then(|line| serde_json::from_str::<serde_json::Value>(line).ok());
        let said =
            |last: &serde_json::Value| last["hash"] == note["hash"] && last["restored"] == note["restored"];
        if last.as_ref().is_some_and(said) {
            return Ok(());
        }
        files.remove(REWOUND).map_err(failed())?;
        files.append(HEADS, format!("{note}\n").as_bytes(), 0o600, ROOT).map_err(failed())
    }

    fn put_database(&self, life: Life<'_>, archive: &Archive) -> Result<(), SetupError> {
        let files = life.host.files();
        let user = life.panel_user()?;
        let path = database(files).map_err(SetupError::host("read panel.toml"))?;
        let failed = || SetupError::host(format!("put {path} in its place"));
        let from = format!("{READY}/holdfast.db");
        let there = |path: &str| files.stat(path).map(|meta| meta.is_some()).map_err(failed());
        // a run before this one may have done it
        if there(&from)? {
            for suffix in ["-wal", "-shm"] {
                files.remove(&format!("{path}{suffix}")).map_err(failed())?;
            }
            if self.ready.is_none() && archive.manifest.members.iter().any(|m| m.kind == Kind::DatabaseLog) {
                files.rename(&format!("{from}-wal"), &format!("{path}-wal")).map_err(failed())?;
            }
            files.rename(&from, &path).map_err(failed())?;
        }
        files.set_meta(&path, 0o600, user).map_err(failed())
    }
}

/// An entry of the ledger for a server where nothing of it was loaded yet: what daemons have read is no part of a backup.
fn as_of_nothing_loaded(entry: Vec<u8>) -> Vec<u8> {
    let Ok(mut value) = serde_json::from_slice::<serde_json::Value>(&entry) else { return entry };
    if let Some(fields) = value.as_object_mut() {
        fields.insert("loaded".to_owned(), json!({}));
    }
    serde_json::to_vec(&value).unwrap_or(entry)
}

/// How many accounts, pools and sites the agent of this server holds; and any user id that was given counts as one.
fn held(life: Life<'_>) -> Result<usize, HostError> {
    let mut count = names_below(life, UIDS)?.len();
    for (kind, what) in life.host.files().list(LEDGER)? {
        if what == FileKind::Dir && kind != "webserver" {
            count += names_below(life, &format!("{LEDGER}/{kind}"))?.len();
        }
    }
    Ok(count)
}

/// Names of files in a directory, without what stands behind a dot.
fn names_below(life: Life<'_>, directory: &str) -> Result<Vec<String>, HostError> {
    let list = life.host.files().list(directory)?;
    let files = list.into_iter().filter(|(name, kind)| *kind == FileKind::File && !name.starts_with('.'));
    Ok(files.map(|(name, _)| name.split('.').next().unwrap_or_default().to_owned()).collect())
}

/// Makes the database ready beside the one that is there, and judges it. None: it is a copy of a damaged one, as it lay there.
fn make_ready(life: Life<'_>, archive: &Archive) -> Result<Option<Facts>, SetupError> {
    let files = life.host.files();
    let user = life.panel_user()?;
    let failed = || SetupError::host(format!("make {READY}"));
    files.remove_tree(READY).map_err(failed())?;
    files.ensure_dir(READY, 0o700, user).map_err(failed())?;
    let path = format!("{READY}/holdfast.db");
    archive.each(|member, content| {
        let to = match member.kind {
            Kind::Database => path.clone(),
            Kind::DatabaseLog => format!("{path}-wal"),
            _ => return Ok(()),
        };
        files.write_from(&to, content, 0o600, user).map_err(failed())
    })?;
    if archive.manifest.database.is_none() {
        return Ok(None);
    }
    let look = |act| life.tools.database(life.host, PANEL_PROGRAM, user, act);
    let facts = look(Act::Look(&path))?;
    if facts.schema > facts.known {
        return Err(SetupError::Refused {
            reason: format!(
                "the backup is of release {}, with schema {}; this release knows {} at most",
                archive.manifest.release, facts.schema, facts.known
            ),
            remedy: "nothing was changed; install that release or a newer one first".to_owned(),
        });
    }
    if let Some(fault) = facts.faults.first() {
        return Err(SetupError::Refused {
            reason: format!("the database in the backup is damaged: {fault}"),
            remedy: "nothing was changed; take another backup".to_owned(),
        });
    }
    let taken_at = &archive.manifest.taken_at;
    look(Act::Restored { file: &path, taken_at }).map(Some)
}

const _: () = assert!(TREES.len() == 2, "a new tree: does a restore on a living server take it?");

#[cfg(test)]
mod tests;
