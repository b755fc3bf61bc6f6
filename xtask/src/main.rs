//! `cargo xtask`: what developers and CI run on this workspace. One file per command.

mod check_deps;
mod host;

use clap::{Parser, Subcommand};

/// Commands for work on Holdfast itself.
#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask")]
struct Xtask {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Checks that no crate depends on what it must not (layers, privilege, features)
    CheckDeps,
    /// Boots a Debian server with Holdfast on it, and keeps it until Ctrl-C
    Host(host::Arguments),
}

fn main() -> anyhow::Result<()> {
    match Xtask::parse().command {
        Command::CheckDeps => check_deps::run(),
        Command::Host(arguments) => host::run(&arguments),
    }
}
