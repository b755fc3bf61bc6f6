//! systemd, as far as we use it: jobs with their results, states, limits, enabling.
//!
//! All calls are synchronous and belong on blocking threads (a pass of the agent, or set-up). Each has a deadline. A call
//! that starts a job returns when the job has ended, with its result, so that nothing is ever "OK" because a command
//! returned.
//!
//! New unit files need no `daemon_reload`: systemd reads a unit when it is first named. Only a *changed* file of a unit
//! that is loaded does ([`UnitState::need_daemon_reload`]); that call costs time for every unit on the server, and is
//! therefore a step of its own that is planned only then.

use std::collections::BTreeMap;
use std::fmt;

use crate::error::HostError;
use crate::unit::{MaskedUnit, OwnUnit, ServiceUnit, Unit, UnitSet};

mod bus;
#[cfg(feature = "fake")]
mod fake;

pub use bus::SystemBus;
#[cfg(feature = "fake")]
pub use fake::FakeSystemd;

/// How a job ended, as `JobRemoved` says.
#[must_use = "a job that ended is not a job that succeeded"]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobResult {
    /// It did what was asked.
    Done,
    /// Another job replaced it.
    Canceled,
    /// It ran into the unit's time limit.
    Timeout,
    /// The unit failed.
    Failed,
    /// A unit that it depends on failed.
    Dependency,
    /// Nothing had to be done, or a condition of the unit was not met.
    Skipped,
    /// Anything else: an assertion, a missing unit file, a frozen unit.
    Other,
}

impl JobResult {
    /// The result by systemd's word for it.
    pub fn from_word(word: &str) -> Self {
        match word {
            "done" => Self::Done,
            "canceled" => Self::Canceled,
            "timeout" => Self::Timeout,
            "failed" => Self::Failed,
            "dependency" => Self::Dependency,
            "skipped" => Self::Skipped,
            _ => Self::Other,
        }
    }

    /// An error unless the job is done.
    pub fn require_done(self, verb: &'static str, unit: &Unit) -> Result<(), HostError> {
        match self {
            Self::Done => Ok(()),
            result => Err(HostError::Job { verb, unit: unit.name(), result }),
        }
    }
}

impl fmt::Display for JobResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Done => "done",
            Self::Canceled => "the job was replaced by another",
            Self::Timeout => "ran into its time limit",
            Self::Failed => "the unit failed",
            Self::Dependency => "a unit that it depends on failed",
            Self::Skipped => "skipped",
            Self::Other => "the job did not run",
        })
    }
}

/// Whether a unit runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Active {
    /// It runs, listens, or (a oneshot that remains) has run.
    Active,
    /// On its way up.
    Activating,
    /// Reading its configuration again.
    Reloading,
    /// On its way down.
    Deactivating,
    /// It failed; `reset_failed` clears this.
    Failed,
    /// It does not run.
    #[default]
    Inactive,
}

impl Active {
    /// The state by systemd's word for it.
    pub fn from_word(word: &str) -> Self {
        match word {
            "active" | "refreshing" => Self::Active,
            "activating" => Self::Activating,
            "reloading" => Self::Reloading,
            "deactivating" | "maintenance" => Self::Deactivating,
            "failed" => Self::Failed,
            _ => Self::Inactive,
        }
    }

    /// systemd's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Activating => "activating",
            Self::Reloading => "reloading",
            Self::Deactivating => "deactivating",
            Self::Failed => "failed",
            Self::Inactive => "inactive",
        }
    }

    /// Is it up (active, or reloading, which serves on)?
    pub fn is_up(self) -> bool {
        matches!(self, Self::Active | Self::Reloading)
    }
}

/// What systemd knows of one unit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts, each as systemd tells it")]
pub struct UnitState {
    /// A unit file was found and read without error.
    pub loaded: bool,
    /// The unit is masked.
    pub masked: bool,
    /// Whether it runs.
    pub active: Active,
    /// The state of its own kind: `running`, `listening`, `dead`, `exited`, ...
    pub sub: String,
    /// The main process; none where none runs, or the unit has no such thing.
    pub main_pid: Option<u32>,
    /// How its last run ended (`success`, `exit-code`, `timeout`, ...); empty for slices.
    pub result: String,
    /// The unit file that was read.
    pub fragment: Option<String>,
    /// A file of the unit changed on disk after systemd read it.
    pub need_daemon_reload: bool,
    /// Its cgroup below `/sys/fs/cgroup`; none while it has no process.
    pub control_group: Option<String>,
    /// It is started at boot (`UnitFileState` is enabled, static, linked or generated).
    pub enabled: bool,
}

/// The limits of a unit, as systemd holds them now.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Limits {
    /// The slice that holds it.
    pub slice: String,
    /// `MemoryMax=` in bytes; none for infinity.
    pub memory_max: Option<u64>,
    /// `MemoryHigh=` in bytes; none for infinity.
    pub memory_high: Option<u64>,
    /// `CPUQuota=` in microseconds of CPU time per second; none for infinity. 100 % is 1,000,000.
    pub cpu_quota_per_sec_usec: Option<u64>,
    /// `TasksMax=`; none for infinity.
    pub tasks_max: Option<u64>,
    /// `IOWeight=`; none where unset.
    pub io_weight: Option<u64>,
}

/// How a service or socket stands, and what it takes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ServiceState {
    /// A unit file was found and read without error.
    pub loaded: bool,
    /// Whether it runs.
    pub active: Active,
    /// The state of its own kind.
    pub sub: String,
    /// How its last run ended.
    pub result: Option<String>,
    /// Since when it stands so, in microseconds since 1970 (UTC).
    pub since: Option<i64>,
    /// Memory in bytes; none while it has no process, or nobody counts.
    pub memory: Option<u64>,
    /// Processes and threads.
    pub tasks: Option<u64>,
    /// Processor time in microseconds.
    pub cpu_micros: Option<u64>,
    /// How often systemd started it again by itself.
    pub restarts: u64,
}

/// One line of a list of units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// A unit file was found and read without error.
    pub loaded: bool,
    /// Whether it runs.
    pub active: Active,
    /// The state of its own kind.
    pub sub: String,
}

/// A signal for a unit's main process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Read the configuration again (nginx).
    Hup,
    /// End after the requests in hand (php-fpm, nginx).
    Quit,
    /// Open the logs again (php-fpm, nginx).
    Usr1,
    /// Read the configuration again (php-fpm).
    Usr2,
}

impl Signal {
    /// The number on Linux (x86-64, arm64).
    pub fn number(self) -> i32 {
        match self {
            Self::Hup => 1,
            Self::Quit => 3,
            Self::Usr1 => 10,
            Self::Usr2 => 12,
        }
    }
}

/// What the agent may do with units. See the module for deadlines and for `daemon_reload`.
pub trait Systemd: Send + Sync {
    /// Starts a unit and waits for the job. A oneshot's job ends when its program has ended.
    fn start(&self, unit: &Unit) -> Result<JobResult, HostError>;
    /// Stops a unit and waits for the job. A unit that does not run, or does not exist, is `Done`.
    fn stop(&self, unit: &Unit) -> Result<JobResult, HostError>;
    /// Stops and starts a unit.
    fn restart(&self, unit: &Unit) -> Result<JobResult, HostError>;
    /// Makes a running unit read its configuration again. One that does not run is `Failed` or `Other`. `Done` says that it
    /// was told, not that it likes what it reads: whoever asks looks at what is served then.
    fn reload(&self, unit: &Unit) -> Result<JobResult, HostError>;
    /// Forgets a failure and its counters. No error where there was none.
    fn reset_failed(&self, unit: &Unit) -> Result<(), HostError>;
    /// Makes systemd read all unit files again.
    fn daemon_reload(&self) -> Result<(), HostError>;
    /// Starts units at boot. For the sockets of pools and workers this is a link and needs no `daemon_reload`; for others
    /// systemd calls every unit outdated until the next one.
    fn enable(&self, units: &[Unit]) -> Result<(), HostError>;
    /// Starts them at boot no more.
    fn disable(&self, units: &[Unit]) -> Result<(), HostError>;
    /// What systemd knows of a unit. One that does not exist is `loaded: false`, inactive.
    fn state(&self, unit: &Unit) -> Result<UnitState, HostError>;
    /// How a service stands, and what it takes. One that does not exist is `loaded: false`, inactive.
    fn service(&self, unit: ServiceUnit) -> Result<ServiceState, HostError>;
    /// The limits that a slice or service has now.
    fn limits(&self, unit: &Unit) -> Result<Limits, HostError>;
    /// Sends a signal to the main process of a unit.
    fn kill_main(&self, unit: &Unit, signal: Signal) -> Result<(), HostError>;
    /// All units of a set that systemd has in memory, by name; one call for thousands.
    fn list(&self, set: UnitSet) -> Result<BTreeMap<String, Listed>, HostError>;
}

/// What set-up may do beyond the agent: our own units, and the distribution's that must not run.
pub trait SetupSystemd: Systemd {
    /// Starts one of our own units and waits for the job.
    fn start_own(&self, unit: OwnUnit) -> Result<JobResult, HostError>;
    /// Stops one of our own units and waits for the job.
    fn stop_own(&self, unit: OwnUnit) -> Result<JobResult, HostError>;
    /// Stops and starts one of our own units.
    fn restart_own(&self, unit: OwnUnit) -> Result<JobResult, HostError>;
    /// Starts our own units at boot.
    fn enable_own(&self, units: &[OwnUnit]) -> Result<(), HostError>;
    /// Starts our own units at boot no more.
    fn disable_own(&self, units: &[OwnUnit]) -> Result<(), HostError>;
    /// What systemd knows of one of our own units.
    fn state_own(&self, unit: OwnUnit) -> Result<UnitState, HostError>;
    /// Makes units impossible to start.
    fn mask(&self, units: &[MaskedUnit]) -> Result<(), HostError>;
    /// Takes that back.
    fn unmask(&self, units: &[MaskedUnit]) -> Result<(), HostError>;
    /// Stops a unit that must not run, and waits for the job.
    fn stop_masked(&self, unit: MaskedUnit) -> Result<JobResult, HostError>;
    /// What systemd knows of a unit that must not run.
    fn state_masked(&self, unit: MaskedUnit) -> Result<UnitState, HostError>;
}

#[cfg(test)]
mod tests;
