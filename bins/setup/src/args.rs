//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use hostd::Role;
use names::{EmailAddress, Hostname, NameError};

/// Sets this server up as a web host. Calling it again is harmless: it takes only the steps that are missing, and it goes
/// on where it was stopped.
#[derive(Debug, Parser)]
#[command(
    name = "holdfast setup",
    bin_name = "holdfast setup",
    version,
    args_conflicts_with_subcommands = true
)]
pub(crate) struct Args {
    /// What this server is for: roles with commas between, or none, so that the panel installs them later
    #[arg(long = "with", value_name = "ROLES", default_value = "web", value_parser = Roles::parse)]
    pub(crate) roles: Roles,
    /// The name by which people reach the panel [default: the one chosen before, else this server's name]
    #[arg(long, value_parser = Hostname::parse)]
    pub(crate) hostname: Option<Hostname>,
    /// The administrator's login
    #[arg(long)]
    pub(crate) login: Option<String>,
    /// The administrator's e-mail address; also the login, if none is given
    #[arg(long, value_parser = EmailAddress::parse)]
    pub(crate) email: Option<EmailAddress>,
    /// Stop a PHP of the distribution that runs now
    #[arg(long)]
    pub(crate) stop_php: bool,
    /// Show what would be done, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// With --dry-run: what was found and what would be done, as JSON on standard output
    #[arg(long, requires = "dry_run")]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// What runs on its own.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Install the packages of a role; run by holdfast-packages@ROLE.service
    #[command(hide = true)]
    Packages {
        /// The role
        #[arg(value_parser = Role::parse)]
        role: Role,
    },
    /// `holdfast backup-panel`
    #[command(hide = true)]
    BackupPanel {
        /// The file
        file: PathBuf,
        /// Replace a file that is there
        #[arg(long)]
        replace: bool,
    },
    /// `holdfast upgrade`
    #[command(hide = true)]
    Upgrade {
        /// The package of the new release
        #[arg(long, required_unless_present = "resume")]
        deb: Option<PathBuf>,
        /// Go on where an upgrade was stopped
        #[arg(long, conflicts_with = "dry_run")]
        resume: bool,
        /// Rehearse it, and change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// `holdfast restore-panel`
    #[command(hide = true)]
    RestorePanel {
        /// The file
        file: PathBuf,
        /// Show what would be put back, and change nothing
        #[arg(long)]
        dry_run: bool,
    },
}

/// Roles, or the word `none`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Roles(pub(crate) Vec<Role>);

impl Roles {
    fn parse(text: &str) -> Result<Self, NameError> {
        if text == "none" {
            return Ok(Self(Vec::new()));
        }
        text.split(',').map(Role::parse).collect::<Result<_, _>>().map(Self)
    }
}

#[cfg(test)]
mod tests;
