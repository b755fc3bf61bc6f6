//! `holdfast-panel`: serves until it is asked to stop. `holdfast-panel --openapi` prints the API's description, `--events` the
//! reference of all events, and `holdfast-panel database ...` is what set-up calls to copy the database and to look at a copy.

use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "holdfast-panel: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        None => panel::start::run(),
        Some("--openapi") => Ok(writeln!(std::io::stdout(), "{}", panel::start::openapi()?)?),
        Some("--events") => Ok(write!(std::io::stdout(), "{}", panel::start::events())?),
        Some("database") => panel::database::run(&arguments.collect::<Vec<_>>()),
        Some(other) => {
            anyhow::bail!("unknown argument {other:?}; there are --openapi, --events and `database`")
        }
    }
}
