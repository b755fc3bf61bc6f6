//! The job that installs a role of the server.
//!
//! A unit of its own does it (`holdfast-packages@ROLE.service`), which outlives the panel. The job begins it, follows its log, and holds the
//! end against what the server is seen to be: its packages are there, and the web server is ready. When the panel comes back in between, it
//! goes on where the log was read up to.

use std::time::Duration;

use converge::Cause;
use converge::methods::{GetRole, LogFrom, Mark, RoleState, StartRole, StopRole};
use desired::Key;
use jobs::{BoxFuture, Kind, Problem, Stop, Work};
use names::NodeRole;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use web_spec::WebServerSpec;
use wire::Method;

/// The word for the kind.
pub(crate) const KIND: &str = "role.install";
/// Its steps: what could be in the way, units that must never run, packages, the web server, and whether all is so.
const STEPS: &[&str] = &["check", "masks", "packages", "web_server", "verify"];

/// Between two looks at an installation.
const PAUSE: Duration = Duration::from_millis(500);
/// The agent is waited for so long: it may be starting anew.
const AGENT_AWAY: Duration = Duration::from_mins(10);
/// How often the unit is begun before it is given up that it does.
const STARTS: u32 = 3;
/// How long the web server may take to become ready.
const READY: Duration = Duration::from_mins(3);
/// Within which the web server was looked at once more, likely.
const PASS: Duration = Duration::from_secs(5);
/// Lines of a program that are told with the problem.
const WORDS: usize = 3;

/// What was asked for.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Payload {
    /// Which role.
    pub(crate) role: NodeRole,
}

/// What the job knows of the server, written down with the lines that it comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Memory {
    /// The attempt that the rest is about.
    attempt: i64,
    /// The last run before this attempt's own.
    before: Option<String>,
    /// How often the unit was begun.
    starts: u32,
    /// The run whose log is read, and up to where.
    run: Option<String>,
    from: u64,
    /// How it ended, by its own log.
    end: Option<End>,
    /// The last lines that look like a program's complaint.
    words: Vec<String>,
    /// Packages that are unpacked and set up, and how many there are, for the percentage.
    counted: u64,
    of: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum End {
    Done,
    Failed { words: String, remedy: Option<String> },
}

/// See the module.
pub(crate) struct RoleInstall;

impl Kind for RoleInstall {
    fn name(&self) -> &'static str {
        KIND
    }

    fn steps(&self) -> &'static [&'static str] {
        STEPS
    }

    fn run<'a>(&'a self, work: &'a mut Work) -> BoxFuture<'a, Result<(), Stop>> {
        Box::pin(async move {
            let payload: Payload = serde_json::from_value(work.job().payload.clone())
                .map_err(|error| failed("internal", error.to_string(), "Ask for the installation anew."))?;
            let mut course = Course::of(work, payload.role);
            course.install(work).await?;
            course.verify(work).await
        })
    }
}

fn failed(code: &str, detail: impl Into<String>, remedy: &str) -> Stop {
    Stop::Failed(Problem::new(code, detail, remedy))
}

/// One attempt, and where it is.
struct Course {
    role: NodeRole,
    memory: Memory,
    cause: Cause,
}

impl Course {
    fn of(work: &Work, role: NodeRole) -> Self {
        let attempt = work.job().attempts;
        let kept: Memory = work.memory().unwrap_or_default();
        // another attempt reads on in the same log: its lines are known, its end is not this one's
        let memory = if kept.attempt == attempt {
            kept
        } else {
            Memory { attempt, run: kept.run, from: kept.from, ..Memory::default() }
        };
        let cause = Cause { actor: work.job().created_by.clone(), request_id: work.job().id.to_string() };
        Self { role, memory, cause }
    }

    /// Begins the unit where it is not known to have run for this attempt, and follows it to its end.
    async fn install(&mut self, work: &mut Work) -> Result<(), Stop> {
        if self.memory.end == Some(End::Done) {
            return Ok(());
        }
        work.begin("check").await?;
        if self.memory.starts == 0 {
            let now = self.look(work, None).await?;
            if now.running {
                work.say("the installation is under way already; following it").await?;
            } else {
                self.memory.before = self.last_run(work).await?;
            }
            // written before the unit is begun: whoever comes back knows which run is not the one
            self.memory.starts = 1;
            work.note(&[], &self.memory).await?;
            if !now.running {
                self.start(work).await?;
            }
        }
        loop {
            if work.is_cancelled() {
                return self.stop(work).await;
            }
            let from = LogFrom { run: self.memory.run.clone(), from: self.memory.from };
            let state = self.look(work, Some(from)).await?;
            let own = state.run.is_some() && state.run != self.memory.before;
            if own {
                self.read(work, &state).await?;
            }
            if state.more {
                continue;
            }
            if !state.running {
                match (own, self.memory.end.clone()) {
                    (true, Some(End::Done)) if state.missing.is_empty() => return Ok(()),
                    (true, Some(End::Done)) => {
                        let detail =
                            format!("These packages are still missing: {}.", state.missing.join(" "));
                        return Err(failed("packages_missing", detail, "Try the job again."));
                    }
                    (true, Some(End::Failed { words, remedy })) => {
                        return Err(self.failure(work, words, remedy));
                    }
                    (true, None) => {
                        let detail = format!("The installation was ended from outside ({}).", state.result);
                        let remedy = "Try the job again: what is half installed is finished first.";
                        return Err(failed("installation_ended", detail, remedy));
                    }
                    (false, _) if self.memory.starts >= STARTS => {
                        let why = state.trouble.unwrap_or(state.result);
                        let detail = format!("The unit that installs packages does not start: {why}.");
                        let remedy = format!(
                            "Look at `journalctl -u holdfast-packages@{}`, then try the job again.",
                            self.role
                        );
                        return Err(failed("installation_not_started", detail, &remedy));
                    }
                    (false, _) => {
                        self.memory.starts += 1;
                        work.note(&[], &self.memory).await?;
                        self.start(work).await?;
                    }
                }
            }
            tokio::select! {
                () = tokio::time::sleep(PAUSE) => {}
                () = work.cancelled() => {}
            }
        }
    }

    /// The problem of a run that failed, in its own words and those of the program.
    fn failure(&self, work: &Work, words: String, remedy: Option<String>) -> Stop {
        let code = match work.job().step() {
            Some("check") => "installation_refused",
            Some("packages") => "packages_failed",
            Some("web_server") => "web_server_failed",
            _ => "installation_failed",
        };
        let detail = if self.memory.words.is_empty() {
            words
        } else {
            format!("{words}: {}", self.memory.words.join(" "))
        };
        let remedy =
            remedy.unwrap_or_else(|| "Read the log, mend what it names, then try the job again.".to_owned());
        failed(code, detail, &remedy)
    }

    /// Takes new lines into the log, and goes from step to step with them.
    async fn read(&mut self, work: &mut Work, state: &RoleState) -> Result<(), Stop> {
        if self.memory.run != state.run {
            self.memory.run.clone_from(&state.run);
            self.memory.from = 0;
        }
        let mut lines = Vec::new();
        for line in &state.lines {
            self.memory.from = line.end;
            match Mark::read(&line.text) {
                None => {
                    self.count(&line.text);
                    lines.push(line.text.clone());
                }
                Some(Mark::Step(step)) if STEPS.contains(&step) => {
                    // what was said before belongs to the step before
                    work.note(&lines, &self.memory).await?;
                    lines.clear();
                    work.begin(step).await?;
                }
                Some(Mark::Run(_) | Mark::Step(_)) => {}
                Some(Mark::Done) => self.memory.end = Some(End::Done),
                Some(Mark::Failed(words)) => {
                    lines.push(words.to_owned());
                    self.memory.end = Some(End::Failed { words: words.to_owned(), remedy: None });
                }
                Some(Mark::Remedy(words)) => {
                    if let Some(End::Failed { remedy, .. }) = &mut self.memory.end {
                        *remedy = Some(words.to_owned());
                    }
                }
            }
        }
        if !state.lines.is_empty() {
            work.note(&lines, &self.memory).await?;
        }
        let counted = self.memory.counted.min(self.memory.of);
        // the packages are most of it
        if let Some(share) = (counted * 85).checked_div(self.memory.of) {
            work.percent(i64::try_from(5 + share).unwrap_or(90)).await?;
        }
        Ok(())
    }

    /// How far apt is, by its own words, and what it complains of.
    fn count(&mut self, line: &str) {
        if let Some(new) = newly_installed(line) {
            self.memory.of = new * 2;
            self.memory.counted = 0;
        }
        if line.starts_with("Unpacking ") || line.starts_with("Setting up ") {
            self.memory.counted += 1;
        }
        if line.starts_with("E: ") || line.starts_with("dpkg: error") {
            self.memory.words.push(jobs::harmless(line));
            if self.memory.words.len() > WORDS {
                self.memory.words.remove(0);
            }
        }
    }

    async fn start(&self, work: &mut Work) -> Result<(), Stop> {
        let ask = StartRole { role: self.role, cause: self.cause.clone() };
        self.call(work, &ask).await.map(drop)
    }

    /// Ends the unit, and then the job.
    async fn stop(&mut self, work: &mut Work) -> Result<(), Stop> {
        work.say("cancelled: stopping the installation").await?;
        let state = self.call(work, &StopRole { role: self.role, cause: self.cause.clone() }).await?;
        if !state.missing.is_empty() {
            work.say("what is half installed is finished when the job is tried again").await?;
        }
        Err(Stop::Cancelled)
    }

    async fn look(&self, work: &mut Work, log: Option<LogFrom>) -> Result<RoleState, Stop> {
        self.call(work, &GetRole { role: self.role, log }).await
    }

    async fn last_run(&self, work: &mut Work) -> Result<Option<String>, Stop> {
        Ok(self.look(work, Some(LogFrom::default())).await?.run)
    }

    /// Asks the agent, which may be away for a while.
    async fn call<M: Method<Reply = RoleState> + Sync>(
        &self,
        work: &mut Work,
        ask: &M,
    ) -> Result<RoleState, Stop> {
        let panel = work.panel().clone();
        let begun = Instant::now();
        let mut told = false;
        loop {
            let error = match panel.agent().call(ask).await {
                Ok(state) => return Ok(state),
                Err(error) => error,
            };
            if begun.elapsed() >= AGENT_AWAY {
                let remedy = "Look at `journalctl -u holdfast-agent`, then try the job again.";
                return Err(failed(
                    "agent_unreachable",
                    format!("The agent does not answer: {error}."),
                    remedy,
                ));
            }
            if !told {
                told = true;
                work.say(format!("waiting for the agent: {error}")).await?;
            }
            tokio::select! {
                () = tokio::time::sleep(PAUSE * 2) => {}
                () = work.cancelled() => return Err(Stop::Cancelled),
            }
        }
    }

    /// Waits until the server was seen to serve.
    async fn verify(&self, work: &mut Work) -> Result<(), Stop> {
        work.begin("verify").await?;
        let panel = work.panel().clone();
        let (begun, mut said) = (Instant::now(), String::new());
        let mut woken: Option<Instant> = None;
        loop {
            if work.is_cancelled() {
                return Err(Stop::Cancelled);
            }
            // the facts of before: PHP versions that sites may choose
            if let Err(error) = web_panel::node::refresh(&panel).await {
                tracing::debug!(error = %error.problem().detail, "the agent was not asked about the server");
            }
            let node = web_panel::node::local(&panel).await.ok();
            let (words, waits_for_person) = match &node {
                None => ("the panel does not know the server yet".to_owned(), false),
                Some(node) => {
                    let block = &node.block;
                    if block.is_ready() {
                        work.say("the web server is ready").await?;
                        return Ok(());
                    }
                    if woken.is_none_or(|woken| woken.elapsed() > Duration::from_secs(5)) {
                        panel.wake(Key::of::<WebServerSpec>(&node.id));
                        woken = Some(Instant::now());
                    }
                    let message = block.message.clone().unwrap_or_default();
                    (
                        format!("the web server is {}: {message}", block.condition.as_str()),
                        block.waits_for_person(),
                    )
                }
            };
            // what was seen before the packages were set up is of no interest any longer
            if words != said && begun.elapsed() >= PASS {
                work.say(words.clone()).await?;
                said.clone_from(&words);
            }
            if begun.elapsed() >= READY || (waits_for_person && begun.elapsed() >= Duration::from_secs(20)) {
                let remedy =
                    "`holdfast node show` and `holdfast doctor` tell more. Mend it, then try the job again.";
                return Err(failed(
                    "web_server_not_ready",
                    format!("The packages are installed, but {words}."),
                    remedy,
                ));
            }
            tokio::select! {
                () = tokio::time::sleep(PAUSE) => {}
                () = work.cancelled() => {}
            }
        }
    }
}

/// `57` of `0 upgraded, 57 newly installed, 0 to remove and 3 not upgraded.`
fn newly_installed(line: &str) -> Option<u64> {
    let (before, _) = line.split_once(" newly installed")?;
    before.rsplit(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests;
