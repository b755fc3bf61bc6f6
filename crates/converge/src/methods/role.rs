//! The roles of a server: what is installed of them, and their installation.

use names::NodeRole;
use serde::{Deserialize, Serialize};
use wire::{Access, Method};

use crate::apply::Cause;

/// How a role stands, and what its installation said since.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GetRole {
    /// Which.
    pub role: NodeRole,
    /// From where on lines are told; none: without lines.
    #[serde(default)]
    pub log: Option<LogFrom>,
}

/// A place in the log of installations. Each run has a log of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogFrom {
    /// The run; another than the last is read from its beginning.
    #[serde(default)]
    pub run: Option<String>,
    /// Bytes of it that were read.
    #[serde(default)]
    pub from: u64,
}

/// The reply of [`GetRole`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleState {
    /// Its packages.
    pub packages: Vec<String>,
    /// Those that are not installed and configured.
    pub missing: Vec<String>,
    /// Units of these packages that must never run and could still be started.
    pub unmasked: Vec<String>,
    /// Memory that it takes while nothing is served, in bytes; none where that is not known.
    pub memory: Option<u64>,
    /// Its installation is under way.
    pub running: bool,
    /// How the last installation ended, by systemd's word: `success`, `exit-code`, `signal`, `timeout`; empty where there was none since the
    /// server started.
    pub result: String,
    /// Why the last start did not happen.
    pub trouble: Option<String>,
    /// The last run; none where there was none.
    pub run: Option<String>,
    /// New lines of it, oldest first.
    pub lines: Vec<LogLine>,
    /// There are more lines already.
    pub more: bool,
}

/// A line of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// What it says, as the program wrote it.
    pub text: String,
    /// Where the next one begins, in bytes.
    pub end: u64,
}

impl Method for GetRole {
    const NAME: &'static str = "holdfast.agent1.GetRole";
    const ACCESS: Access = Access::Read;
    type Reply = RoleState;
}

/// Begins the installation of a role, and does not wait for its end. One that is under way goes on.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StartRole {
    /// Which.
    pub role: NodeRole,
    /// Who asked for it.
    #[serde(default)]
    pub cause: Cause,
}

impl Method for StartRole {
    const NAME: &'static str = "holdfast.agent1.StartRole";
    const ACCESS: Access = Access::Run;
    type Reply = RoleState;
}

/// Ends an installation that is under way, and waits for its end. What was left half-way is finished by the next.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StopRole {
    /// Which.
    pub role: NodeRole,
    /// Who asked for it.
    #[serde(default)]
    pub cause: Cause,
}

impl Method for StopRole {
    const NAME: &'static str = "holdfast.agent1.StopRole";
    const ACCESS: Access = Access::Run;
    const DEADLINE: std::time::Duration = std::time::Duration::from_mins(6);
    type Reply = RoleState;
}

/// What a line of the log says that is no program's word but set-up's: where it is, and how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mark<'a> {
    /// The run, in its first line.
    Run(&'a str),
    /// A step begins.
    Step(&'a str),
    /// It ended well.
    Done,
    /// It failed, with these words.
    Failed(&'a str),
    /// What can be done about that.
    Remedy(&'a str),
}

impl<'a> Mark<'a> {
    const RUN: &'static str = "#run ";
    const STEP: &'static str = "#step ";
    const DONE: &'static str = "#done";
    const FAILED: &'static str = "#failed ";
    const REMEDY: &'static str = "#remedy ";

    /// The mark of a line; none where it is a program's word.
    pub fn read(line: &'a str) -> Option<Self> {
        if line == Self::DONE {
            return Some(Self::Done);
        }
        let after = |prefix| line.strip_prefix(prefix);
        after(Self::RUN)
            .map(Self::Run)
            .or_else(|| after(Self::STEP).map(Self::Step))
            .or_else(|| after(Self::FAILED).map(Self::Failed))
            .or_else(|| after(Self::REMEDY).map(Self::Remedy))
    }
}

impl std::fmt::Display for Mark<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Run(run) => write!(f, "{}{run}", Self::RUN),
            Self::Step(step) => write!(f, "{}{step}", Self::STEP),
            Self::Done => f.write_str(Self::DONE),
            Self::Failed(words) => write!(f, "{}{words}", Self::FAILED),
            Self::Remedy(words) => write!(f, "{}{words}", Self::REMEDY),
        }
    }
}
