//! `holdfast setup`: a program of its own, so that this one needs nothing of what changes a server.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::change::DryRunArgs;
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
        become_set_up(self.arguments)
    }
}

/// Write all that makes the panel into one file: database, ledger, configuration, keys, certificate
///
/// The panel goes on meanwhile. The file is root's alone and not encrypted; homes and logs are not in it.
#[derive(Debug, Args)]
pub(crate) struct BackupPanelArgs {
    /// The file
    file: PathBuf,
    /// Replace a file that is there
    #[arg(long)]
    replace: bool,
}

/// Upgrade Holdfast by a package, with a way back
///
/// The new release rehearses the migration on a copy of the database first. Then the panel is away for some seconds; the sites
/// never are. Where panel, agent, doctor or sites are not well after it, the old release comes back by itself.
#[derive(Debug, Args)]
pub(crate) struct UpgradeArgs {
    /// The package of the new release
    #[arg(long, value_name = "FILE", required_unless_present = "resume")]
    deb: Option<PathBuf>,
    /// Go on with an upgrade that was stopped half-way
    #[arg(long, conflicts_with = "dry_run")]
    resume: bool,
    #[command(flatten)]
    pub(crate) dry_run: DryRunArgs,
}

/// The program that began an upgrade; the one of a new release may not run.
const OLD_PROGRAM: &str = "/var/lib/holdfast-setup/upgrade/holdfast-setup";

impl UpgradeArgs {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let mut arguments: Vec<OsString> = vec!["upgrade".into()];
        if let Some(deb) = self.deb {
            arguments.extend(["--deb".into(), deb.into()]);
        }
        arguments.extend(self.resume.then(|| "--resume".into()));
        arguments.extend(self.dry_run.dry_run.then(|| "--dry-run".into()));
        if Path::new(OLD_PROGRAM).exists() {
            return become_program(OLD_PROGRAM, arguments);
        }
        become_set_up(arguments)
    }
}

/// Put a backup of the panel back
///
/// Panel and agent are away for some seconds, and the sites go on. What is here now is kept in /var/backups/holdfast first.
/// Nothing on the server is removed or disabled for it: what the older database does not know waits for `holdfast adopt`.
/// One that was stopped half-way is completed by calling it again.
#[derive(Debug, Args)]
pub(crate) struct RestorePanelArgs {
    /// The file that `holdfast backup-panel` wrote
    file: PathBuf,
    #[command(flatten)]
    pub(crate) dry_run: DryRunArgs,
}

impl BackupPanelArgs {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let replace = self.replace.then(|| "--replace".into());
        let mut arguments: Vec<OsString> = vec!["backup-panel".into()];
        arguments.extend(replace);
        arguments.extend(["--".into(), self.file.into()]);
        become_set_up(arguments)
    }
}

impl RestorePanelArgs {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let dry_run = self.dry_run.dry_run.then(|| "--dry-run".into());
        let mut arguments: Vec<OsString> = vec!["restore-panel".into()];
        arguments.extend(dry_run);
        arguments.extend(["--".into(), self.file.into()]);
        become_set_up(arguments)
    }
}

/// Becomes the program of set-up; comes back only where it cannot.
fn become_set_up(arguments: Vec<OsString>) -> Result<(), Failure> {
    become_program(PROGRAM, arguments)
}

fn become_program(program: &str, arguments: Vec<OsString>) -> Result<(), Failure> {
    #[expect(
        clippy::disallowed_methods,
        reason = "this process becomes the program of its own package, with the person's own arguments"
    )]
    let error = std::process::Command::new(program).args(arguments).exec();
    Err(Failure::refused(
        format!("{program}: {error}"),
        "Is the package holdfast installed on this server, and are you root?",
    ))
}
