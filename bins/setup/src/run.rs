//! The course of set-up: look, plan, take the steps that are missing, wait until the server is so.

use std::thread::sleep;
use std::time::{Duration, Instant};

use converge::methods::Mark;
use converge::{Describe, Plan, PlannedStep};
use hostd::Role;
use serde::Serialize;

use crate::apply::apply;
use crate::error::SetupError;
use crate::panel::{LoginLink, PanelError};
use crate::preflight::{self, Finding, Severity};
use crate::report::Report;
use crate::stage::Stage;
use crate::step::Step;
use crate::world::World;

/// How long the panel may take to answer after its start.
const HEALTH: Duration = Duration::from_mins(1);
/// How long the web server's first pass may take.
const READY: Duration = Duration::from_mins(3);
/// How often something that is waited for is looked at.
const PAUSE: Duration = Duration::from_millis(200);

/// What a completed set-up has to tell.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// How many steps were taken.
    pub(crate) steps: usize,
    /// How to sign in.
    pub(crate) link: LoginLink,
}

/// What a dry run tells to programs.
#[derive(Debug, Serialize)]
pub(crate) struct Planned {
    /// What is in the way, and what is good to know.
    pub(crate) findings: Vec<Finding>,
    /// What would be done.
    #[serde(flatten)]
    plan: Plan,
}

impl Planned {
    /// As things stand now. Reads only.
    pub(crate) fn of(world: World<'_>) -> Result<Self, SetupError> {
        Ok(Self { findings: find(world)?, plan: plan(world)? })
    }
}

/// Tells what is in the way; a conflict is an error.
pub(crate) fn look(world: World<'_>, report: &mut Report<'_>) -> Result<Vec<Finding>, SetupError> {
    let findings = find(world)?;
    report.findings(&findings)?;
    without_conflicts(&findings)?;
    Ok(findings)
}

fn find(world: World<'_>) -> Result<Vec<Finding>, SetupError> {
    preflight::look(world).map_err(SetupError::host("look at what is here"))
}

/// A conflict is an error.
pub(crate) fn without_conflicts(findings: &[Finding]) -> Result<(), SetupError> {
    match findings.iter().filter(|f| f.severity == Severity::Conflict).count() {
        0 => Ok(()),
        1 => Err(SetupError::Conflicts("one conflict stands".to_owned())),
        n => Err(SetupError::Conflicts(format!("{n} conflicts stand"))),
    }
}

/// All steps that are missing now. Reads only.
pub(crate) fn plan(world: World<'_>) -> Result<Plan, SetupError> {
    let mut plan = Plan::default();
    let mut packages: Option<Role> = None;
    for stage in Stage::ALL {
        for step in stage.steps(world)? {
            if let Step::Packages { role, .. } = &step {
                packages = Some(*role);
            }
            let mut planned = PlannedStep::of(&step);
            if stage == Stage::Web {
                planned.unknown = packages.map(|role| format!("the packages of role {role}"));
            }
            plan.steps.push(planned);
        }
    }
    Ok(plan)
}

/// Takes all missing steps and waits until the server is so.
pub(crate) fn set_up(world: World<'_>, report: &mut Report<'_>) -> Result<Outcome, SetupError> {
    let mut taken = 0;
    for stage in Stage::ALL {
        for step in stage.steps(world)? {
            take(world, &step, report)?;
            taken += 1;
        }
        // a step counts when the server was seen to be so, not when a program ended well
        if let Some(step) = stage.steps(world)?.first() {
            return Err(SetupError::NoEffect { step: step.summary() });
        }
    }
    let nothing = || None;
    report.timed("the panel answers", nothing, || {
        wait("the panel's answer", HEALTH, || match world.panel.health() {
            Ok(()) => Ok(None),
            Err(error @ PanelError::Unreachable { .. }) => Ok(Some(error.to_string())),
            Err(error) => Err(error.into()),
        })
    })?;
    let login = world.options.login.as_deref();
    let link = report.timed("a link for the administrator", nothing, || {
        world.panel.login_link(login).map_err(SetupError::from)
    })?;
    if world.options.roles.contains(&Role::Web) {
        report.timed("the web server is ready", nothing, || {
            wait("the web server's condition `ready`", READY, || {
                Ok(match world.panel.web_server()? {
                    Some(server) if server.is_ready() => None,
                    Some(server) if server.waits_for_a_person() => {
                        let web_server = format!("the web server is {}", server.text());
                        return Err(SetupError::Undecided { web_server });
                    }
                    Some(server) => Some(format!("it is {}", server.text())),
                    None => Some("the panel does not know it yet".to_owned()),
                })
            })
        })?;
    }
    Ok(Outcome { steps: taken, link })
}

fn take(world: World<'_>, step: &Step, report: &mut Report<'_>) -> Result<(), SetupError> {
    let log = match step {
        Step::Packages { role, .. } => Some(crate::packages::log_path(*role)),
        _ => None,
    };
    let tail = |lines: usize| {
        let text = log.as_ref().and_then(|path| world.host.files().read_text(path).ok().flatten())?;
        let kept: Vec<&str> = text
            .lines()
            .rev()
            .filter(|line| !line.trim().is_empty() && Mark::read(line).is_none())
            .take(lines)
            .collect();
        Some(kept.into_iter().rev().map(str::to_owned).collect::<Vec<_>>())
    };
    let taken = report.timed(&step.summary(), || tail(1)?.pop(), || apply(world, step));
    if taken.is_err() {
        for line in tail(8).unwrap_or_default() {
            report.line(&format!("         | {line}"))?;
        }
    }
    taken
}

/// Looks again and again until there is nothing left to wait for. `look` says what is still missing.
fn wait(
    what: &'static str,
    limit: Duration,
    look: impl Fn() -> Result<Option<String>, SetupError>,
) -> Result<(), SetupError> {
    let begun = Instant::now();
    loop {
        let Some(last) = look()? else { return Ok(()) };
        if begun.elapsed() >= limit {
            return Err(SetupError::TooLate { what, seconds: limit.as_secs(), last });
        }
        #[expect(clippy::disallowed_methods, reason = "the pause between two looks")]
        sleep(PAUSE);
    }
}

#[cfg(test)]
mod tests;
