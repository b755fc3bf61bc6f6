//! The panel's own life: its backup, its restore, its upgrade.
//!
//! Neither the panel nor the CLI may read what the other processes keep, so these are set-up's: root, for as long as they last, and
//! in sight of whoever called them. What tenants' sites need is never stopped by any of them.

use std::time::{Duration, Instant};

use hostd::{Host, JobResult, OwnUnit, SetupSystemd};

use crate::error::SetupError;
use crate::panel::{Panel, PanelError};

mod archive;
mod backup;
mod package;
mod parts;
mod restore;
mod tools;
mod upgrade;
mod visits;

pub(crate) use backup::{How, back_up, tell};
pub(crate) use restore::restore;
pub(crate) use tools::{HostTools, Tools};
pub(crate) use upgrade::upgrade;

/// Where root keeps what a restore or an upgrade needs until it has ended.
const WORK: &str = "/var/lib/holdfast-setup";
/// Where the state of before a restore is kept.
const ASIDE: &str = "/var/backups/holdfast";
/// The panel's program, which alone reads databases.
const PANEL_PROGRAM: &str = "/usr/libexec/holdfast/holdfast-panel";
/// How long panel and agent may take to answer after their start.
const HEALTH: Duration = Duration::from_mins(1);
/// How often they are asked.
const PAUSE: Duration = Duration::from_millis(200);

const ROOT: (u32, u32) = (0, 0);

/// The host and what is needed beyond it.
#[derive(Clone, Copy)]
pub(crate) struct Life<'a> {
    /// Files, users, clock.
    pub(crate) host: &'a Host,
    /// Units.
    pub(crate) systemd: &'a dyn SetupSystemd,
    /// The panel, while it runs.
    pub(crate) panel: &'a dyn Panel,
    /// Programs.
    pub(crate) tools: &'a dyn Tools,
}

impl Life<'_> {
    /// User and group of the panel.
    fn panel_user(&self) -> Result<(u32, u32), SetupError> {
        let users = self.host.users().map_err(SetupError::host("look at system users"))?;
        let ids = users.user("holdfast").map(|user| (user.uid, user.gid));
        ids.ok_or_else(|| SetupError::Refused {
            reason: "there is no user holdfast on this server".to_owned(),
            remedy: "run `holdfast setup` first".to_owned(),
        })
    }

    /// Stops panel and agent, with their sockets: a caller would start them again.
    fn stop(&self, units: &[OwnUnit]) -> Result<(), SetupError> {
        for &unit in units {
            let stopped = self.systemd.stop_own(unit);
            done(stopped.map_err(SetupError::host(format!("stop {unit}")))?, "stop", unit)?;
        }
        Ok(())
    }

    fn start(&self, units: &[OwnUnit]) -> Result<(), SetupError> {
        for &unit in units {
            let started = self.systemd.start_own(unit);
            done(started.map_err(SetupError::host(format!("start {unit}")))?, "start", unit)?;
        }
        Ok(())
    }

    /// Waits until the panel answers, and the agent through it.
    fn healthy(&self) -> Result<(), SetupError> {
        wait("the panel's and the agent's answers", HEALTH, || match self.panel.agent_answers() {
            Ok(true) => Ok(None),
            Ok(false) => Ok(Some("the panel answers, the agent does not".to_owned())),
            Err(error @ (PanelError::Unreachable { .. } | PanelError::Refused { .. })) => {
                Ok(Some(error.to_string()))
            }
            Err(error) => Err(error.into()),
        })
    }
}

fn done(result: JobResult, verb: &'static str, unit: OwnUnit) -> Result<(), SetupError> {
    match result {
        JobResult::Done => Ok(()),
        result => Err(SetupError::Unit { verb, unit: unit.to_string(), result }),
    }
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
        std::thread::sleep(PAUSE);
    }
}

/// `20260301T120000Z` of a time, for names of files.
fn stamp(now: names::Micros) -> String {
    let text = now.to_string();
    let plain: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
    format!("{}Z", plain.get(..15).unwrap_or(&plain))
}

/// `2026-03-01 12:00:00Z` of a time in text.
fn to_the_second(time: &str) -> String {
    time.split_once('.').map_or_else(|| time.to_owned(), |(time, _)| format!("{}Z", time.replace('T', " ")))
}

#[cfg(test)]
mod tests;
