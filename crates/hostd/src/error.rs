//! Why the host could not be read or changed.

use std::io;
use std::time::Duration;

use converge::Reason;

use crate::systemd::JobResult;

/// Why the host could not be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// A file below the host's root.
    #[error(transparent)]
    File(#[from] hostfs::HostFsError),
    /// A path that is not absolute, or holds `.`, `..` or an empty component.
    #[error("not a plain absolute path: {path}")]
    BadPath {
        /// The path as given.
        path: String,
    },
    /// A file that should be text is not UTF-8.
    #[error("{path} is not UTF-8 text")]
    NotText {
        /// Absolute path on the host.
        path: String,
    },
    /// A file is no longer what the plan saw.
    #[error("{path} was changed meanwhile; it is looked at again")]
    ChangedMeanwhile {
        /// Absolute path on the host.
        path: String,
    },
    /// systemd could not be asked.
    #[error("{verb} {unit}")]
    Systemd {
        /// What was asked.
        verb: &'static str,
        /// The unit, or an empty string.
        unit: String,
        /// The cause.
        #[source]
        source: zbus::Error,
    },
    /// systemd knows no unit of this name.
    #[error("there is no unit {unit}")]
    NoSuchUnit {
        /// The unit.
        unit: String,
    },
    /// The system bus cannot be reached.
    #[error("reach systemd over the system bus")]
    Bus(#[source] zbus::Error),
    /// systemd did not answer in time.
    #[error("{verb} {unit}: no answer within {} s", .after.as_secs())]
    SystemdDeadline {
        /// What was asked.
        verb: &'static str,
        /// The unit, or an empty string.
        unit: String,
        /// The deadline.
        after: Duration,
    },
    /// A job of systemd ended otherwise than done.
    #[error("{verb} {unit}: {result}")]
    Job {
        /// What was asked.
        verb: &'static str,
        /// The unit.
        unit: String,
        /// How the job ended.
        result: JobResult,
    },
    /// A large file could not be written, or what it is made of could not be read.
    #[error("write {path}")]
    Copy {
        /// Absolute path on the host.
        path: String,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// A log could not be written.
    #[error("write the log {path}")]
    Log {
        /// Absolute path on the host.
        path: String,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// A program could not be started or talked to.
    #[error("run {program}")]
    ToolIo {
        /// Absolute path of the program.
        program: &'static str,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// A program ended with an error.
    #[error("{program} ended with {}: {stderr}", .code.map_or_else(|| "a signal".to_owned(), |c| c.to_string()))]
    ToolFailed {
        /// Absolute path of the program.
        program: &'static str,
        /// Its exit code; none where a signal ended it.
        code: Option<i32>,
        /// What it said, at most 4 KiB, control bytes replaced.
        stderr: String,
    },
    /// A program did not end in time and was killed with its children.
    #[error("{program} did not end within {} s", .after.as_secs())]
    ToolDeadline {
        /// Absolute path of the program.
        program: &'static str,
        /// The deadline.
        after: Duration,
    },
    /// What the kernel holds of the accounts' disk limits could not be learned.
    #[error("look at the disk limits: {reason}")]
    Quota {
        /// What the quota unit said.
        reason: String,
    },
    /// `agent.toml` is refused.
    #[error("{path}: {reason}")]
    Bounds {
        /// Absolute path on the host.
        path: String,
        /// What is wrong and what to do.
        reason: String,
    },
    /// The distribution is none of those that we know.
    #[error("no profile for {found}; Holdfast runs on Debian 12 and Debian 13")]
    UnknownDistribution {
        /// What `os-release` says.
        found: String,
    },
    /// A built-in profile cannot be read: a mistake of ours.
    #[error("built-in profile {name}: {reason}")]
    Profile {
        /// The profile's file name.
        name: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// A test stopped the process before this step.
    #[error("crashed before: {step}")]
    Crashed {
        /// The step that was not taken.
        step: String,
    },
    /// A test made this step fail.
    #[error("{0}")]
    Injected(String),
}

impl HostError {
    /// The error and its causes in one line.
    pub fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            text.push_str(": ");
            text.push_str(&error.to_string());
            cause = error.source();
        }
        text
    }

    /// Is it that something of that name is not there?
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::File(error) if error.is_not_found())
    }

    /// Is it that something of that name is there already?
    pub fn exists(&self) -> bool {
        matches!(self, Self::File(error) if error.kind == hostfs::Kind::Exists)
    }

    /// Is there no space for it, or may nothing be written there?
    pub fn is_disk_full(&self) -> bool {
        matches!(self, Self::File(error) if error.kind == hostfs::Kind::NoSpace)
    }

    /// Did a test stop the process here? (See `Host::crash_after`.)
    pub fn is_crash(&self) -> bool {
        matches!(self, Self::Crashed { .. })
    }
}

impl From<HostError> for converge::StepError {
    fn from(error: HostError) -> Self {
        let reason = if error.is_disk_full() { Reason::DiskFull } else { Reason::StepFailed };
        Self { reason, ..Self::failed(error.chain()) }
    }
}

impl From<HostError> for converge::ObserveError {
    fn from(error: HostError) -> Self {
        if error.is_disk_full() {
            return Self::Because(Reason::DiskFull, error.chain());
        }
        Self::Failed(error.chain())
    }
}
