//! Why a command did not do what was asked, and what the shell is told.
//!
//! | exit code | meaning |
//! | --- | --- |
//! | 0 | done |
//! | 1 | refused or failed; for `doctor`: at least one error was found |
//! | 2 | the command line is wrong |
//! | 3 | there is no such thing |
//! | 4 | accepted, but the server is not as asked: not in time, or it cannot be |
//! | 5 | the panel (or the agent) cannot be reached |

use std::io;

use crate::problem::Problem;
use crate::screen::{Screen, Style, plain, span};

/// The table above, for `holdfast --help` and the man page.
pub(crate) const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  refused or failed; for `doctor`: at least one error was found
  2  the command line is wrong
  3  there is no such thing
  4  accepted, but the server is not as asked: not in time, or it cannot be
  5  the panel (or the agent) cannot be reached";

/// Why a command did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The panel answered with a problem document.
    #[error("{}", .0.sentence())]
    Problem(Box<Problem>),
    /// Refused on this side, or by the agent.
    #[error("{reason}")]
    Refused {
        /// What is wrong, in a sentence.
        reason: String,
        /// What to do; may be empty.
        remedy: String,
    },
    /// The command line asks for something that cannot be.
    #[error("{0}")]
    Usage(String),
    /// The change was taken, and the server is not as asked.
    #[error("{reason}")]
    NotReady {
        /// How it stands.
        reason: String,
        /// What to do.
        remedy: String,
    },
    /// Nobody answers.
    #[error("{reason}")]
    Unreachable {
        /// What happened.
        reason: String,
        /// What to do.
        remedy: String,
    },
    /// What was found is on the screen already, and is bad.
    #[error("errors were found")]
    Found,
    /// The person said no.
    #[error("nothing was changed")]
    Declined,
    /// An answer or a file could not be written or read.
    #[error("{0}")]
    Io(#[from] io::Error),
}

impl Failure {
    /// Refused, with what to do.
    pub(crate) fn refused(reason: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::Refused { reason: reason.into(), remedy: remedy.into() }
    }

    /// What the shell is told.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Problem(problem) if problem.status == 404 => 3,
            Self::Usage(_) => 2,
            Self::NotReady { .. } => 4,
            Self::Unreachable { .. } => 5,
            // Whoever reads our output has read enough.
            Self::Io(error) if error.kind() == io::ErrorKind::BrokenPipe => 0,
            _ => 1,
        }
    }

    /// Says what went wrong and what to do, on standard error.
    pub(crate) fn tell(&self, screen: &mut Screen) -> io::Result<()> {
        match self {
            Self::Problem(problem) => problem.tell(screen),
            Self::Refused { reason, remedy }
            | Self::NotReady { reason, remedy }
            | Self::Unreachable { reason, remedy } => {
                error(screen, reason)?;
                self::remedy(screen, remedy)
            }
            Self::Found => Ok(()),
            Self::Io(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            other => error(screen, &other.to_string()),
        }
    }
}

/// A line `error: ...`.
pub(crate) fn error(screen: &mut Screen, reason: &str) -> io::Result<()> {
    screen.note(&[span(Style::Bad, "error:"), plain(" "), plain(reason)])
}

/// A line `remedy: ...`, where there is one.
pub(crate) fn remedy(screen: &mut Screen, remedy: &str) -> io::Result<()> {
    if remedy.is_empty() {
        return Ok(());
    }
    screen.note(&[span(Style::Bold, "remedy:"), plain(" "), plain(remedy)])
}
