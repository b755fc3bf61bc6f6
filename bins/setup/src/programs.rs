//! systemd's programs that make our system users and directories.

use std::process::{Command, Stdio};

use hostd::HostError;

/// A program that set-up runs itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Program {
    /// Makes users and groups by `/usr/lib/sysusers.d/holdfast.conf`.
    Sysusers,
    /// Makes directories by `/usr/lib/tmpfiles.d/holdfast.conf`.
    Tmpfiles,
}

impl Program {
    fn path(self) -> &'static str {
        match self {
            Self::Sysusers => "/usr/bin/systemd-sysusers",
            Self::Tmpfiles => "/usr/bin/systemd-tmpfiles",
        }
    }

    fn args(self) -> &'static [&'static str] {
        match self {
            Self::Sysusers => &["holdfast.conf"],
            Self::Tmpfiles => &["--create", "holdfast.conf"],
        }
    }
}

/// Runs programs.
pub(crate) trait Programs: Sync {
    /// Runs one and waits for its end.
    fn run(&self, program: Program) -> Result<(), HostError>;
}

/// Runs this host's own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HostPrograms;

impl Programs for HostPrograms {
    fn run(&self, program: Program) -> Result<(), HostError> {
        let path = program.path();
        #[expect(
            clippy::disallowed_methods,
            reason = "set-up's one runner of programs, with typed arguments"
        )]
        let mut command = Command::new(path);
        let output = command
            .args(program.args())
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin")
            .stdin(Stdio::null())
            .output()
            .map_err(|source| HostError::ToolIo { program: path, source })?;
        if output.status.success() {
            return Ok(());
        }
        let stderr = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Err(HostError::ToolFailed { program: path, code: output.status.code(), stderr })
    }
}
