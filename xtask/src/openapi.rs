//! `cargo xtask openapi` and `cargo xtask events`: write what the panel says of itself (the API's description, the reference of events), which is
//! committed; `--check` fails where the committed one is stale.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail, ensure};

/// Arguments of `cargo xtask openapi` and `cargo xtask events`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Writes nothing, and fails where the committed file is not the one of these sources
    #[arg(long)]
    check: bool,
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The panel prints what it is made of: the table of its router, the list of its events.
fn printed(option: &str) -> anyhow::Result<String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["run", "--quiet", "--package", "panel", "--bin", "holdfast-panel", "--", option])
        .current_dir(workspace())
        .stderr(std::process::Stdio::inherit())
        .output()
        .context("cargo cannot be run")?;
    ensure!(output.status.success(), "the panel printed nothing for {option}");
    String::from_utf8(output.stdout).context("what the panel printed is not UTF-8")
}

/// Writes or checks `docs/reference/openapi.json`.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    committed("openapi", "openapi.json", &printed("--openapi")?, arguments)
}

/// Writes or checks `docs/reference/events.md`.
pub(crate) fn events(arguments: &Arguments) -> anyhow::Result<()> {
    committed("events", "events.md", &printed("--events")?, arguments)
}

fn committed(command: &str, name: &str, now: &str, arguments: &Arguments) -> anyhow::Result<()> {
    let path = workspace().join("docs/reference").join(name);
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    if committed == now {
        return Ok(());
    }
    if arguments.check {
        bail!("docs/reference/{name} is stale: run `cargo xtask {command}` and commit the result");
    }
    let folder = path.parent().context("the file has a folder")?;
    std::fs::create_dir_all(folder)?;
    std::fs::write(&path, now).with_context(|| path.display().to_string())
}
