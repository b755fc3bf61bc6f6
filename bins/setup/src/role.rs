//! The course of a role's installation, whoever asked for it: what is in the way, units that must never run, packages, the web server.
//!
//! Set-up and the panel's job both start `holdfast-packages@ROLE.service`, which does all of this; so a unit is masked before the package that
//! brings it, and nginx runs after, in whichever way a role came. Each part says in the log that it begins, and how the whole ended
//! ([`Mark`]), which is all that whoever follows must know.

use anyhow::{Context, Result};
use converge::Describe;
use converge::methods::Mark;

use crate::apply::apply;
use crate::error::SetupError;
use crate::preflight::{self, Severity};
use crate::run::without_conflicts;
use crate::stage::Stage;
use crate::world::World;

/// Where lines go.
pub(crate) trait Log {
    /// Writes a line.
    fn line(&mut self, text: &str) -> Result<()>;
}

/// Takes the whole course. `packages` installs them.
pub(crate) fn install<L: Log>(
    world: World<'_>,
    log: &mut L,
    packages: impl FnOnce(&mut L) -> Result<()>,
) -> Result<()> {
    let done = course(world, log, packages);
    match &done {
        Ok(()) => log.line(&Mark::Done.to_string())?,
        Err(failure) => {
            log.line(&Mark::Failed(&one_line(&failure.error)).to_string())?;
            log.line(&Mark::Remedy(failure.remedy).to_string())?;
        }
    }
    done.map_err(|failure| failure.error)
}

/// Why it ended, and what can be done.
struct Failure {
    error: anyhow::Error,
    remedy: &'static str,
}

/// What can be done about an error of a part.
fn with<T>(remedy: &'static str, result: Result<T>) -> Result<T, Failure> {
    result.map_err(|error| Failure { error, remedy })
}

/// In the log a failure is one line.
fn one_line(error: &anyhow::Error) -> String {
    let words = match error.downcast_ref::<SetupError>() {
        Some(error) => error.chain(),
        None => format!("{error:#}"),
    };
    words.replace('\n', " ")
}

fn course<L: Log>(
    world: World<'_>,
    log: &mut L,
    packages: impl FnOnce(&mut L) -> Result<()>,
) -> Result<(), Failure> {
    let remedy = "resolve what is named, then try again: nothing was changed";
    with(remedy, check(world, log))?;
    let remedy = "look at `journalctl -b -u dbus`, then try again";
    with(remedy, take(world, log, "masks", Stage::Masks))?;
    let remedy = "mend what the package manager names (its sources, the network, the disk), then try again: what is half installed is finished first";
    with(remedy, log.line(&Mark::Step("packages").to_string()).and_then(|()| packages(log)))?;
    let remedy = "look at `journalctl -u nginx` and `nginx -t`, then try again";
    with(remedy, take(world, log, "web_server", Stage::Web))
}

/// Nothing of somebody else's is in the way.
fn check(world: World<'_>, log: &mut impl Log) -> Result<()> {
    log.line(&Mark::Step("check").to_string())?;
    let findings = preflight::look(world).context("look at what is here")?;
    let conflicts: Vec<_> = findings.iter().filter(|found| found.severity == Severity::Conflict).collect();
    for found in &conflicts {
        log.line(&format!("conflict: {}: {}; {}", found.field, found.reason, found.remedy))?;
    }
    match conflicts.as_slice() {
        [] => log.line("nothing is in the way"),
        [one] => Err(anyhow::anyhow!("{}: {}; {}", one.field, one.reason, one.remedy)),
        _ => Ok(without_conflicts(&findings)?),
    }
}

/// Takes the missing steps of a stage; each counts when the server is seen to be so.
fn take(world: World<'_>, log: &mut impl Log, name: &str, stage: Stage) -> Result<()> {
    log.line(&Mark::Step(name).to_string())?;
    for step in stage.steps(world)? {
        log.line(&step.summary())?;
        apply(world, &step)?;
    }
    match stage.steps(world)?.first() {
        Some(step) => Err(SetupError::NoEffect { step: step.summary() }.into()),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
