//! `holdfast completions`

use clap::Args;
use clap_complete::Shell;

use crate::failure::Failure;
use crate::run::Session;

/// Write completions for a shell to standard output
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

impl CompletionsArgs {
    pub(crate) fn run(self, session: &mut Session) -> Result<(), Failure> {
        let mut out = Vec::new();
        clap_complete::generate(self.shell, &mut crate::cli::command(), "holdfast", &mut out);
        Ok(session.screen.own(&out)?)
    }
}
