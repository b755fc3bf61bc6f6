//! `holdfast upgrade --deb FILE`
//!
//! Before anything is touched: the package is looked into, the new release's own panel rehearses the migration on a copy of the
//! database, and the release that is here is made a package again, so that it can come back without a network. Then the panel is
//! stopped, its database copied, dpkg run, the panel started. It counts as done when panel and agent answer, the doctor has no new
//! error and the sites answer as before; else the old package comes back by itself, and the old database where the new release has
//! made it unreadable for the old one. Sites are asked all the while.
//!
//! What has been done is in a file, so that an upgrade that was killed is completed, or taken back, by calling it again.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use hostd::OwnUnit;
use names::Digest;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::package::{self, Package};
use super::parts::database;
use super::tools::{Act, Facts};
use super::visits::{self, Met, Visit};
use super::{Life, PANEL_PROGRAM, ROOT, WORK, wait};
use crate::addresses::addresses;
use crate::error::SetupError;
use crate::report::Report;

/// All of an upgrade.
const PLACE: &str = "/var/lib/holdfast-setup/upgrade";
const STATE: &str = "/var/lib/holdfast-setup/upgrade/state.json";
/// This program, for the case that the new one does not run.
pub(crate) const SELF: &str = "/var/lib/holdfast-setup/upgrade/holdfast-setup";
const NEW_DEB: &str = "/var/lib/holdfast-setup/upgrade/new.deb";
const OLD_DEB: &str = "/var/lib/holdfast-setup/upgrade/old.deb";
const OLD_TREE: &str = "/var/lib/holdfast-setup/upgrade/old";
const NEW_TREE: &str = "/var/lib/holdfast-setup/upgrade/new";
/// Copies of the database; the panel's own, so that its program can.
const COPIES: &str = "/var/lib/holdfast/upgrading";
/// What of a package and a database must be free beside them, in bytes.
const SPARE: u64 = 64 << 20;
/// How long the doctor may find what is only on its way.
const DOCTOR: Duration = if cfg!(test) { Duration::ZERO } else { Duration::from_secs(45) };
/// Sites that are asked.
const SITES: usize = 20;

const PANEL: [OwnUnit; 2] = [OwnUnit::PanelSocket, OwnUnit::PanelService];
const START: [OwnUnit; 4] =
    [OwnUnit::AgentSocket, OwnUnit::PanelSocket, OwnUnit::AgentService, OwnUnit::PanelService];

/// How far an upgrade is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Phase {
    /// Everything that is needed is in its place; nothing of the server was touched.
    Prepared,
    /// The panel is stopped, and its database copied.
    Copied,
    /// dpkg has ended well.
    Installed,
    /// The old release is coming back.
    Returning,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct State {
    phase: Phase,
    /// The version that was here.
    from: String,
    /// The version that is to come.
    to: String,
    /// SHA-256 of its package.
    deb: Digest,
    /// What the doctor found wrong before; none: the panel did not answer even then, and a release that mends it must not be held up.
    errors: Option<BTreeSet<String>>,
    /// What sites answered before.
    visits: Vec<Visit>,
    /// Why the old one comes back.
    reason: Option<String>,
}

/// Upgrades by a package, or only looks; without a package, goes on where an upgrade was stopped.
pub(crate) fn upgrade(
    life: Life<'_>,
    deb: Option<&Path>,
    dry_run: bool,
    report: &mut Report<'_>,
) -> Result<(), SetupError> {
    let refuse = |reason: String, remedy: &str| SetupError::Refused { reason, remedy: remedy.to_owned() };
    let digest = deb.map(|deb| {
        let bytes = std::fs::read(deb)
            .map_err(|error| refuse(format!("{}: {error}", deb.display()), "name the package's file"))?;
        Ok::<_, SetupError>(Digest::of(bytes))
    });
    let digest = digest.transpose()?;
    let state = match (read(life)?, digest) {
        (Some(state), given) => {
            if given.is_some_and(|given| given != state.deb) {
                let reason = format!("the upgrade to {} by another package was stopped half-way", state.to);
                return Err(refuse(reason, "complete that one first: holdfast upgrade --resume"));
            }
            report.line(&format!("Goes on with the upgrade from {} to {}", state.from, state.to))?;
            state
        }
        (None, None) => {
            return Err(refuse("no upgrade was stopped half-way".to_owned(), "name a package by --deb"));
        }
        (None, Some(digest)) => {
            let deb = deb.unwrap_or(Path::new(""));
            let prepared = report.timed("rehearse the upgrade", || None, || prepare(life, deb, digest));
            if dry_run || prepared.is_err() {
                tidy(life)?;
            }
            let (state, facts, schema) = prepared?;
            let schema = if schema == facts.schema {
                format!("schema {schema} stays")
            } else {
                format!("schema {schema} becomes {}", facts.schema)
            };
            report.line(&format!(
                "  {} -> {}: {schema}; {} sites are watched",
                state.from,
                state.to,
                sites(&state)
            ))?;
            if dry_run {
                report.line("  would stop the panel, copy its database, install the package, start the panel [restart]")?;
                return Ok(());
            }
            write(life, &state)?;
            state
        }
    };
    let end = AtomicBool::new(false);
    let (outcome, met) = thread::scope(|scope| {
        let asking = visits::keep_asking(scope, &state.visits, &end);
        let outcome = carry_out(life, state.clone(), report);
        end.store(true, Ordering::SeqCst);
        (outcome, asking.join().unwrap_or_default())
    });
    tell(&state, outcome?, &met, report)
}

fn sites(state: &State) -> usize {
    state.visits.iter().map(|visit| &visit.site).collect::<BTreeSet<_>>().len()
}

/// Why the old release is back; none: the new one runs.
type Returned = Option<String>;

fn carry_out(life: Life<'_>, mut state: State, report: &mut Report<'_>) -> Result<Returned, SetupError> {
    let quiet = || None;
    if state.phase == Phase::Prepared {
        report.timed("stop the panel and copy its database", quiet, || {
            life.stop(&PANEL)?;
            let new_panel = format!("{NEW_TREE}{PANEL_PROGRAM}");
            copy_database(life, "before.db", PANEL_PROGRAM)
                .or_else(|_| copy_database(life, "before.db", &new_panel))
                .map(drop)
        })?;
        advance(life, &mut state, Phase::Copied)?;
    }
    if state.phase == Phase::Copied {
        let installed =
            report.timed(&format!("install {}", state.to), quiet, || life.tools.install(life.host, NEW_DEB));
        match installed {
            Ok(()) => advance(life, &mut state, Phase::Installed)?,
            Err(error) if error.is_end() => return Err(error),
            Err(error) => fail(life, &mut state, &error)?,
        }
    }
    if state.phase == Phase::Installed {
        let healthy = report.timed("panel, agent, doctor and sites are well", quiet, || {
            life.start(&START)?;
            life.healthy()?;
            well(life, &state)
        });
        match healthy {
            Ok(()) => {
                tidy(life)?;
                return Ok(None);
            }
            Err(error) if error.is_end() => return Err(error),
            Err(error) => fail(life, &mut state, &error)?,
        }
    }
    report.timed(&format!("put {} back", state.from), quiet, || give_back(life))?;
    let reason = state.reason.clone().unwrap_or_default();
    tidy(life)?;
    Ok(Some(reason))
}

/// The old release comes back, for this reason.
fn fail(life: Life<'_>, state: &mut State, error: &SetupError) -> Result<(), SetupError> {
    state.reason = Some(error.chain());
    advance(life, state, Phase::Returning)
}

fn tell(state: &State, returned: Returned, met: &Met, report: &mut Report<'_>) -> Result<(), SetupError> {
    let asked = met.good + met.bad;
    let meanwhile = match &met.first {
        None => format!("{asked} requests to sites meanwhile, none failed"),
        Some(first) => format!("{asked} requests to sites meanwhile, {} failed; the first: {first}", met.bad),
    };
    report.line(&format!("  {meanwhile}"))?;
    match returned {
        None => {
            report.line(&format!("Release {} runs.", state.to))?;
            Ok(())
        }
        Some(reason) => Err(SetupError::Refused {
            reason: format!(
                "release {} was not well: {reason}. Release {} runs again, as before",
                state.to, state.from
            ),
            remedy: "nothing is lost; report it, and try a later release".to_owned(),
        }),
    }
}

fn read(life: Life<'_>) -> Result<Option<State>, SetupError> {
    let text = life.host.files().read(STATE).map_err(SetupError::host(format!("read {STATE}")))?;
    text.map(|text| {
        serde_json::from_slice(&text).map_err(|error| SetupError::Refused {
            reason: format!("{STATE}: {error}"),
            remedy: format!("call the program that began the upgrade: {SELF} upgrade --resume"),
        })
    })
    .transpose()
}

fn write(life: Life<'_>, state: &State) -> Result<(), SetupError> {
    let failed = SetupError::host(format!("write {STATE}"));
    life.host.files().write(STATE, json!(state).to_string().as_bytes(), 0o600, ROOT).map_err(failed)
}

fn advance(life: Life<'_>, state: &mut State, phase: Phase) -> Result<(), SetupError> {
    state.phase = phase;
    write(life, state)
}

/// The state goes first: from then on nothing is to be completed.
fn tidy(life: Life<'_>) -> Result<(), SetupError> {
    let files = life.host.files();
    let removed =
        files.remove(STATE).and_then(|_| files.remove_tree(PLACE)).and_then(|_| files.remove_tree(COPIES));
    removed.map(drop).map_err(SetupError::host(format!("remove {PLACE}")))
}

/// Everything that is needed, and that the new release can do with the database what it must. Touches nothing of what runs.
fn prepare(life: Life<'_>, deb: &Path, digest: Digest) -> Result<(State, Facts, i64), SetupError> {
    let refuse = |reason: String, remedy: &str| SetupError::Refused { reason, remedy: remedy.to_owned() };
    let files = life.host.files();
    let failed = || SetupError::host(format!("make {PLACE}"));
    files.remove_tree(PLACE).map_err(failed())?;
    files.ensure_dirs(WORK, 0o711, ROOT).map_err(failed())?;
    files.ensure_dir(PLACE, 0o711, ROOT).map_err(failed())?;
    let Package { name, version: to, architecture } = life.tools.look_into(deb)?;
    let here = life.tools.architecture()?;
    if name != package::NAME || (architecture != here && architecture != "all") {
        let reason = format!("{} is package {name} for {architecture}", deb.display());
        return Err(refuse(reason, &format!("name the package holdfast for {here}")));
    }
    if let Some(lock) = life.tools.taken_lock()? {
        return Err(refuse(
            format!("another package manager works: it holds {lock}"),
            "wait for its end, then call this again",
        ));
    }
    let from = life.tools.installed(life.host)?;
    let io = |error: std::io::Error| refuse(format!("{}: {error}", deb.display()), "name the package's file");
    let size = std::fs::metadata(deb).map_err(io)?.len();
    let path = database(files).map_err(SetupError::host("read panel.toml"))?;
    let of_database =
        files.stat(&path).map_err(SetupError::host(format!("look at {path}")))?.map_or(0, |meta| meta.size);
    // the packages, what they unpack to, and three copies of the database
    let needed = size.saturating_mul(10).saturating_add(of_database.saturating_mul(3)).saturating_add(SPARE);
    let free = life.tools.free(&life.host.on_disk(WORK))?;
    if free < needed {
        let reason = format!("{} MiB are free in {WORK}, and the upgrade needs {}", free >> 20, needed >> 20);
        return Err(refuse(reason, "make space, then call this again"));
    }
    let mut content = std::fs::File::open(deb).map_err(io)?;
    files.write_from(NEW_DEB, &mut content, 0o600, ROOT).map_err(failed())?;
    life.tools.keep_self(&life.host.on_disk(SELF))?;
    life.tools.again(&life.host.on_disk(OLD_TREE), &life.host.on_disk(OLD_DEB))?;
    life.tools.unpack(deb, &life.host.on_disk(NEW_TREE))?;
    let new_panel = format!("{NEW_TREE}{PANEL_PROGRAM}");
    // the release that is here may be what is broken
    let before = copy_database(life, "rehearsal.db", PANEL_PROGRAM)
        .or_else(|_| copy_database(life, "rehearsal.db", &new_panel))?;
    let copy = format!("{COPIES}/rehearsal.db");
    let user = life.panel_user()?;
    let after = life.tools.database(life.host, &new_panel, user, Act::Migrate(&copy)).map_err(|error| {
        let reason = format!("release {to} cannot take over the database of {from}: {}", error.chain());
        refuse(reason, "nothing was changed; report it, and try a later release")
    })?;
    if let Some(fault) = after.faults.first() {
        let reason = format!("release {to} damages a copy of the database: {fault}");
        return Err(refuse(reason, "nothing was changed; report it, and try a later release"));
    }
    if (after.accounts, after.sites) != (before.accounts, before.sites) {
        let reason = format!(
            "release {to} loses rows of a copy of the database: {} accounts and {} sites become {} and {}",
            before.accounts, before.sites, after.accounts, after.sites
        );
        return Err(refuse(reason, "nothing was changed; report it, and try a later release"));
    }
    let errors = life.panel.errors().ok();
    let own = addresses(files).map_err(SetupError::host("look at the addresses"))?;
    let own: Vec<_> = own.into_iter().collect();
    let visits = life.tools.visit(&own, &life.panel.sites(SITES).unwrap_or_default());
    let state = State { phase: Phase::Prepared, from, to, deb: digest, errors, visits, reason: None };
    Ok((state, after, before.schema))
}

fn copy_database(life: Life<'_>, name: &str, program: &str) -> Result<Facts, SetupError> {
    let files = life.host.files();
    let user = life.panel_user()?;
    let failed = || SetupError::host(format!("make {COPIES}"));
    files.ensure_dir(COPIES, 0o700, user).map_err(failed())?;
    let path = format!("{COPIES}/{name}");
    files.remove(&path).map_err(failed())?;
    let facts = life.tools.database(life.host, program, user, Act::Copy(&path))?;
    match facts.faults.first() {
        None => Ok(facts),
        Some(fault) => Err(SetupError::Refused {
            reason: format!("the panel's database is damaged: {fault}"),
            remedy: "put a backup back with `holdfast restore-panel` first".to_owned(),
        }),
    }
}

/// The doctor has no new error, and the sites answer as before.
fn well(life: Life<'_>, state: &State) -> Result<(), SetupError> {
    if let Some(before) = &state.errors {
        wait("a doctor without new errors", DOCTOR, || {
            let errors = life.panel.errors()?;
            Ok(errors.difference(before).next().cloned())
        })?;
    }
    match life.tools.first_that_fails(&state.visits) {
        None => Ok(()),
        Some(reason) => {
            Err(SetupError::Refused { reason, remedy: "it answered before the upgrade".to_owned() })
        }
    }
}

/// The old release again, with the database that it can read.
fn give_back(life: Life<'_>) -> Result<(), SetupError> {
    let files = life.host.files();
    life.stop(&PANEL)?;
    life.tools.install(life.host, OLD_DEB)?;
    let user = life.panel_user()?;
    let path = database(files).map_err(SetupError::host("read panel.toml"))?;
    let looked = life.tools.database(life.host, PANEL_PROGRAM, user, Act::Look(&path));
    let usable =
        looked.is_ok_and(|facts| facts.faults.is_empty() && (1..=facts.known).contains(&facts.schema));
    if !usable {
        let failed = || SetupError::host(format!("put {path} back"));
        let copy = format!("{COPIES}/before.db");
        let Some(mut copy) = files.open(&copy).map_err(failed())? else {
            return Err(SetupError::NoEffect { step: "copy the database".to_owned() });
        };
        for suffix in ["-wal", "-shm"] {
            files.remove(&format!("{path}{suffix}")).map_err(failed())?;
        }
        files.write_from(&path, &mut copy, 0o600, user).map_err(failed())?;
    }
    life.start(&START)?;
    life.healthy()
}

#[cfg(test)]
mod tests;
