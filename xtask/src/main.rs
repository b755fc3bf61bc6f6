//! `cargo xtask`: what developers and CI run on this workspace. One file per command.

mod bench;
mod check_deps;
mod demo;
mod host;
mod new_feature;
mod openapi;
mod package;

use std::io::{self, Write};
use std::process::ExitCode;

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
    /// Measures Holdfast on a real Debian server
    Bench(bench::BenchArgs),
    /// Checks that no crate depends on what it must not (layers, privilege, features)
    CheckDeps,
    /// Plays a story on a real server, and tells it with every command, output and time
    Demo(demo::Arguments),
    /// Writes docs/reference/events.md from the panel's list of events
    Events(openapi::Arguments),
    /// Boots a Debian server with Holdfast on it, and keeps it until Ctrl-C
    Host(host::Arguments),
    /// Makes a new feature's folders, and their places in the workspace
    NewFeature {
        /// One lower-case word, for example `dns`
        name: String,
    },
    /// Writes docs/reference/openapi.json from the panel's routes
    Openapi(openapi::Arguments),
    /// Builds the binaries and the Debian package, and prints its path
    Package(package::PackageArgs),
}

fn main() -> ExitCode {
    let result = match Xtask::parse().command {
        Command::Bench(arguments) => bench::run(&arguments),
        Command::CheckDeps => check_deps::run(),
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Events(arguments) => openapi::events(&arguments),
        Command::Host(arguments) => host::run(&arguments),
        Command::NewFeature { name } => new_feature::run(&name),
        Command::Openapi(arguments) => openapi::run(&arguments),
        Command::Package(arguments) => package::run(&arguments).and_then(|deb| {
            // For scripts: the path alone is on standard output.
            Ok(writeln!(io::stdout(), "{}", deb.display())?)
        }),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The chain of causes in one line, and no backtrace: what failed is the developer's system, not this program.
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
