//! Why set-up stopped.

use hostd::{HostError, JobResult};

use crate::certificate::CertificateError;
use crate::panel::PanelError;

/// Why set-up stopped. It can be called again after every one of these.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SetupError {
    /// The host could not be read or changed.
    #[error("{doing}")]
    Host {
        /// What was being done.
        doing: String,
        /// The cause.
        #[source]
        source: Box<HostError>,
    },
    /// Something is in the way; the findings were printed.
    #[error("{0} in the way: nothing was changed; resolve what is marked `conflict`, then call set-up again")]
    Conflicts(String),
    /// A file that must not be replaced holds what it should not.
    #[error("{path}: {reason}; {remedy}")]
    File {
        /// Absolute path.
        path: &'static str,
        /// What is wrong.
        reason: String,
        /// What to do.
        remedy: &'static str,
    },
    /// A unit did not do what it should.
    #[error("{verb} {unit}: {result}; its own words: journalctl --unit {unit} --lines 30")]
    Unit {
        /// What was asked.
        verb: &'static str,
        /// The unit.
        unit: String,
        /// How the job ended.
        result: JobResult,
    },
    /// A step was taken, and what it should have made is not there.
    #[error("{step}: done, and the server is still not so")]
    NoEffect {
        /// The step.
        step: String,
    },
    /// The certificate could not be made.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// No random bytes could be had.
    #[error("get random bytes: {0}")]
    Random(getrandom::Error),
    /// The panel did not do what it was asked.
    #[error(transparent)]
    Panel(#[from] PanelError),
    /// Something was waited for in vain.
    #[error("{what}: not so after {seconds} s; {last}")]
    TooLate {
        /// What was waited for.
        what: &'static str,
        /// How long.
        seconds: u64,
        /// What was seen last.
        last: String,
    },
    /// The web server is not as asked until a person decides.
    #[error(
        "{web_server}; `holdfast drift` and `holdfast node show` tell what can be done. Then call set-up again"
    )]
    Undecided {
        /// How it stands.
        web_server: String,
    },
    /// It is not done.
    #[error("{reason}; {remedy}")]
    Refused {
        /// Why.
        reason: String,
        /// What to do.
        remedy: String,
    },
    /// The output could not be written.
    #[error("write the report")]
    Output(#[from] std::io::Error),
}

impl SetupError {
    /// Adds what was being done.
    pub(crate) fn host(doing: impl Into<String>) -> impl FnOnce(HostError) -> Self {
        let doing = doing.into();
        move |source| Self::Host { doing, source: Box::new(source) }
    }

    /// Did a test stop set-up here?
    #[cfg(test)]
    pub(crate) fn is_crash(&self) -> bool {
        match self {
            Self::Host { source, .. } => source.is_crash(),
            _ => false,
        }
    }

    /// Did the process itself end? Only a test's does, and lives to tell.
    #[cfg(test)]
    pub(crate) fn is_end(&self) -> bool {
        self.is_crash()
    }

    /// Did the process itself end? This one would not be asked.
    #[cfg(not(test))]
    #[expect(clippy::unused_self, reason = "the same call as in tests")]
    pub(crate) fn is_end(&self) -> bool {
        false
    }

    /// The error and its causes in one line.
    pub(crate) fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            text = format!("{text}: {error}");
            cause = error.source();
        }
        text
    }
}
