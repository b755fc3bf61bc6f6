//! What runs on the server: processes and services, as the panel may not look at them itself.

use serde::{Deserialize, Serialize};
use wire::{Access, Method};

/// The processes that take most, at most [`ListProcesses::MOST`].
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListProcesses {
    /// Of what they take most.
    pub sort: ProcessSort,
    /// So many at most.
    pub limit: u32,
}

impl ListProcesses {
    /// The most processes of one answer.
    pub const MOST: u32 = 100;
}

/// What processes are ordered by, the most first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProcessSort {
    /// Resident memory.
    Memory,
    /// Processor time since the last look; where there was none, since it started.
    Cpu,
}

/// One process. Its arguments and its environment hold secrets, and are never read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HostProcess {
    /// The process id.
    pub pid: u32,
    /// The name of its program (`comm`), without control characters.
    pub command: String,
    /// The user that it runs as; the id where it has no name.
    pub user: String,
    /// The account's name, where the user is an account's.
    pub account: Option<String>,
    /// The systemd unit that it belongs to.
    pub unit: Option<String>,
    /// Processor time since the last look, as a part of one processor's; none at the first look.
    pub cpu: Option<f64>,
    /// Resident memory in bytes.
    pub memory: u64,
    /// When it started, in microseconds since 1970 (UTC).
    pub started: i64,
}

/// The reply of [`ListProcesses`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ProcessList {
    /// When it was looked, in microseconds since 1970 (UTC).
    pub at: i64,
    /// How many processes there are in all.
    pub count: u64,
    /// Those that take most, the most first.
    pub processes: Vec<HostProcess>,
}

impl Method for ListProcesses {
    const NAME: &'static str = "holdfast.agent1.ListProcesses";
    const ACCESS: Access = Access::Read;
    type Reply = ProcessList;
}

/// The services that the server's work stands on, and how many pools run.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListServices {}

impl ListServices {
    /// The most names of failed pools in one answer.
    pub const FAILED: usize = 1000;
}

/// How one unit stands, by systemd's words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HostService {
    /// The unit's name.
    pub unit: String,
    /// What it is for, in words.
    pub what: String,
    /// `active`, `activating`, `reloading`, `deactivating`, `failed`, `inactive`; `missing` where there is no such unit.
    pub active: String,
    /// The state of its own kind, such as `running` or `listening`.
    pub sub: String,
    /// How its last run ended, such as `success` or `exit-code`; none for a unit that never ran.
    pub result: Option<String>,
    /// Since when it stands so, in microseconds since 1970 (UTC).
    pub since: Option<i64>,
    /// Memory in bytes.
    pub memory: Option<u64>,
    /// Tasks: its processes and their threads.
    pub tasks: Option<u64>,
    /// Processor time in microseconds.
    pub cpu_micros: Option<u64>,
    /// How often systemd started it again by itself.
    pub restarts: u64,
}

/// The reply of [`ListServices`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ServiceList {
    /// When it was looked, in microseconds since 1970 (UTC).
    pub at: i64,
    /// The services, in an order that stays.
    pub services: Vec<HostService>,
    /// Pools whose PHP runs.
    pub pools_active: u64,
    /// Pools that wait for a request: their socket alone is there.
    pub pools_idle: u64,
    /// Names of pools that failed, at most [`ListServices::FAILED`].
    pub pools_failed: Vec<String>,
}

impl Method for ListServices {
    const NAME: &'static str = "holdfast.agent1.ListServices";
    const ACCESS: Access = Access::Read;
    type Reply = ServiceList;
}
