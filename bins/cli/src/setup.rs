//! `holdfast setup`: a program of its own, so that this one needs nothing of what changes a server.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;

use clap::Args;

use crate::failure::Failure;

/// Where the package puts it.
const PROGRAM: &str = "/usr/libexec/holdfast/holdfast-setup";

/// What it takes, in its own words.
const OPTIONS: &str = include_str!("../../setup/options.txt");

/// Set this server up, or go on where set-up was stopped
#[derive(Debug, Args)]
#[command(disable_help_flag = true, after_help = OPTIONS)]
pub(crate) struct SetupArgs {
    /// What set-up takes
    #[arg(value_name = "ARGUMENTS", trailing_var_arg = true, allow_hyphen_values = true, num_args = 0..)]
    arguments: Vec<OsString>,
}

impl SetupArgs {
    /// The arguments of set-up, where the command line is `holdfast setup ...`: nothing of it is ours to read.
    pub(crate) fn of(command_line: &[OsString]) -> Option<Self> {
        let (command, arguments) = command_line.get(1..)?.split_first()?;
        (command == "setup").then(|| Self { arguments: arguments.to_vec() })
    }

    /// Becomes that program; comes back only where it cannot.
    pub(crate) fn run(self) -> Result<(), Failure> {
        #[expect(
            clippy::disallowed_methods,
            reason = "this process becomes the program of its own package, with the person's own arguments"
        )]
        let error = std::process::Command::new(PROGRAM).args(self.arguments).exec();
        Err(Failure::refused(
            format!("{PROGRAM}: {error}"),
            "Is the package holdfast installed on this server, and are you root?",
        ))
    }
}
