//! What can go wrong while a server is built, booted or asked.

use std::path::PathBuf;
use std::time::Duration;

/// Every failure of this crate. Displays name what was being done; causes are in `source`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The caller is not root.
    #[error("real servers can only be booted by root: run this as root")]
    NotRoot,
    /// A program of this machine is missing.
    #[error("`{tool}` is not installed on this machine: apt-get install {package}")]
    MissingTool {
        /// The program that was looked for.
        tool: &'static str,
        /// The Debian package that brings it.
        package: &'static str,
    },
    /// A system call or a file operation failed.
    #[error("cannot {doing}")]
    Io {
        /// What was being done, as words that follow "cannot".
        doing: String,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// A program ended with a failure.
    #[error("`{program}` ended with {status}\n{output}")]
    Failed {
        /// The command line, shortened.
        program: String,
        /// How it ended.
        status: String,
        /// The end of what it wrote.
        output: String,
    },
    /// A program or a condition took too long.
    #[error("{doing}: not done after {} s{}", limit.as_secs(), suffix(detail))]
    TooLate {
        /// What was waited for.
        doing: String,
        /// How long.
        limit: Duration,
        /// What was seen meanwhile.
        detail: String,
    },
    /// A distribution profile cannot be read.
    #[error("the profile of {distro} is not valid")]
    Profile {
        /// Which one.
        distro: &'static str,
        /// Why not.
        #[source]
        source: toml::de::Error,
    },
    /// A distribution that is not known.
    #[error("`{0}` is not a known distribution: debian12 or debian13")]
    UnknownDistro(String),
    /// All addresses are taken by running servers.
    #[error("all {0} addresses for test servers are in use: end some of them")]
    NoFreeSlot(u8),
    /// The server's first process ended while it was starting.
    #[error("{name} ended while it was starting\n{console}")]
    DiedAtBoot {
        /// The server's name.
        name: String,
        /// The end of its console.
        console: String,
    },
    /// A persistent server of this name runs already, or one is asked for that does not run.
    #[error("{name} {what}")]
    Name {
        /// The server's name.
        name: String,
        /// What is wrong with it.
        what: &'static str,
    },
    /// A path that cannot be used here.
    #[error("{} cannot be used: {why}", path.display())]
    Path {
        /// The path.
        path: PathBuf,
        /// Why not.
        why: &'static str,
    },
    /// An answer that is not HTTP, or no answer.
    #[error("no HTTP answer from {url}: {why}")]
    NoAnswer {
        /// What was asked.
        url: String,
        /// What curl said.
        why: String,
    },
}

fn suffix(detail: &str) -> String {
    if detail.is_empty() { String::new() } else { format!("\n{detail}") }
}

impl Error {
    pub(crate) fn io(doing: impl Into<String>, source: impl Into<std::io::Error>) -> Self {
        Self::Io { doing: doing.into(), source: source.into() }
    }
}

/// Adds to an I/O failure what was being done.
pub(crate) trait Doing<T> {
    fn doing(self, what: impl FnOnce() -> String) -> Result<T, Error>;
}

impl<T, E: Into<std::io::Error>> Doing<T> for Result<T, E> {
    fn doing(self, what: impl FnOnce() -> String) -> Result<T, Error> {
        self.map_err(|source| Error::io(what(), source))
    }
}
