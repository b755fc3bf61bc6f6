//! How an object stands.

use serde::{Deserialize, Serialize};

/// The state of a converging object, one word for database, API and button.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// Asked for, not begun; `reason` says what it waits for.
    Pending,
    /// Being worked on.
    Converging,
    /// Observed to be as asked.
    Ready,
    /// Serving, but not as asked: the last good state is held.
    Degraded,
    /// Not serving; will be tried again unless `reason` asks for a person.
    Failed,
    /// Being removed.
    Deleting,
}

impl Condition {
    /// The word in databases and tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Converging => "converging",
            Self::Ready => "ready",
            Self::Degraded => "degraded",
            Self::Failed => "failed",
            Self::Deleting => "deleting",
        }
    }

    /// Reads the word of [`Condition::as_str`].
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Pending, Self::Converging, Self::Ready, Self::Degraded, Self::Failed, Self::Deleting]
            .into_iter()
            .find(|c| c.as_str() == word)
    }
}

/// Why an object is not `ready`: a stable code that the UI translates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The agent does not answer.
    AgentUnreachable,
    /// Whoever would do it is busy with other calls, or does not answer just now.
    Busy,
    /// Another object must be there first.
    WaitsFor,
    /// None of its names may be served before an administrator approves one.
    NotApproved,
    /// A file was edited by hand; a decision is needed.
    Edited,
    /// An administrator paused the object.
    Paused,
    /// The daemon's own test refused the configuration of this object.
    ConfigRefused,
    /// A foreign configuration file is broken, so nothing new can be loaded.
    ForeignConfigBroken,
    /// The plan that was agreed to is no longer the plan.
    PlanChanged,
    /// The wish is outside the bounds of `agent.toml`, or contradicts the host.
    Refused,
    /// The server holds a later wish than this database, which was put back from an older copy.
    Behind,
    /// The PHP version is not installed on this server.
    PhpVersionMissing,
    /// A step failed; it is tried again.
    StepFailed,
    /// The host could not be read.
    Unobservable,
    /// All steps were taken, and the host still differs.
    NotConverged,
    /// The disk is full or read-only.
    DiskFull,
    /// Something that should be impossible; please report it.
    Bug,
}

impl Reason {
    /// The code in databases and answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AgentUnreachable => "agent_unreachable",
            Self::Busy => "busy",
            Self::WaitsFor => "waits_for",
            Self::NotApproved => "not_approved",
            Self::Edited => "edited",
            Self::Paused => "paused",
            Self::ConfigRefused => "config_refused",
            Self::ForeignConfigBroken => "foreign_config_broken",
            Self::PlanChanged => "plan_changed",
            Self::Refused => "refused",
            Self::Behind => "behind",
            Self::PhpVersionMissing => "php_version_missing",
            Self::StepFailed => "step_failed",
            Self::Unobservable => "unobservable",
            Self::NotConverged => "not_converged",
            Self::DiskFull => "disk_full",
            Self::Bug => "bug",
        }
    }

    /// How a driver goes on after this reason.
    pub fn retry(self) -> crate::backoff::Retry {
        use crate::backoff::Retry;
        match self {
            Self::NotApproved
            | Self::Edited
            | Self::Paused
            | Self::PlanChanged
            | Self::Refused
            | Self::Behind => Retry::WaitForUser,
            Self::Bug => Retry::Bug,
            Self::DiskFull | Self::ForeignConfigBroken => Retry::Soon,
            _ => Retry::Later,
        }
    }
}

/// Condition, reason and words about one object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// How it stands.
    pub condition: Condition,
    /// Why it is not ready.
    #[serde(default)]
    pub reason: Option<Reason>,
    /// The tool's message, or the step that failed; for people.
    #[serde(default)]
    pub message: Option<String>,
}

impl Status {
    /// Observed to be as asked.
    pub const fn ready() -> Self {
        Self { condition: Condition::Ready, reason: None, message: None }
    }

    /// Accepted and not yet begun.
    pub const fn converging() -> Self {
        Self { condition: Condition::Converging, reason: None, message: None }
    }

    /// Not as asked, with the reason and words.
    pub fn not_ready(condition: Condition, reason: Reason, message: impl Into<String>) -> Self {
        Self { condition, reason: Some(reason), message: Some(message.into()) }
    }
}

#[cfg(test)]
mod tests;
