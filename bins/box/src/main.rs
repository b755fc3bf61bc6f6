//! `holdfast-box`: a Debian server of its own on a machine whose process 1 is not systemd.
//!
//! A container or a CI machine cannot be managed by Holdfast; a server in `systemd-nspawn` on it can. It is the same
//! server that the tests boot (crate `testhost`), on a directory that stays. `install.sh` makes it, and the command
//! `holdfast` of this machine then reaches into it, so that the guide's lines with it work unchanged.

mod ports;
mod record;
mod rule;
mod wrapper;

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use testhost::Distro;

/// A Debian server of its own on this machine, with Holdfast on it.
#[derive(Debug, Parser)]
#[command(name = "holdfast-box", version)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make the box (or start it), install the package in it, and set it up
    Create {
        /// The package
        #[arg(long, value_name = "FILE")]
        deb: PathBuf,
        /// The distribution of a new box [default: debian13]
        #[arg(long)]
        distro: Option<Distro>,
        /// Arguments of `holdfast setup`
        #[arg(last = true)]
        setup: Vec<OsString>,
    },
    /// Start the box
    Start,
    /// Shut the box down; its data stays
    Stop,
    /// Remove the box with all that is in it
    Remove {
        /// Also if there are accounts in it
        #[arg(long)]
        yes: bool,
    },
    /// Remove the package from the box and stop it; its data stays
    Uninstall,
    /// Say whether the box runs, and where
    Status,
    /// Run a program in the box, with this terminal
    Enter {
        /// The program and its arguments
        #[arg(required = true, last = true, value_name = "PROGRAM")]
        command: Vec<OsString>,
    },
}

fn main() -> ExitCode {
    let result = match Args::parse().command {
        Command::Create { deb, distro, setup } => rule::create(&deb, distro, &setup),
        Command::Start => rule::start(),
        Command::Stop => rule::stop(),
        Command::Remove { yes } => rule::remove(yes),
        Command::Uninstall => rule::uninstall(),
        Command::Status => rule::status(),
        Command::Enter { command } => rule::enter(&command).map(|never| match never {}),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // standard error may be closed, and there is nowhere else to say it
            let _ = writeln!(io::stderr(), "holdfast-box: {error:#}");
            ExitCode::FAILURE
        }
    }
}
