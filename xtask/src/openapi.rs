//! `cargo xtask openapi`: writes the API's description, which is committed; `--check` fails where the committed one is stale.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail, ensure};

/// Arguments of `cargo xtask openapi`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Writes nothing, and fails where the committed description is not the one of these sources
    #[arg(long)]
    check: bool,
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The panel prints its own description: it is made of the same table as its router.
fn description() -> anyhow::Result<String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["run", "--quiet", "--package", "panel", "--bin", "holdfast-panel", "--", "--openapi"])
        .current_dir(workspace())
        .stderr(std::process::Stdio::inherit())
        .output()
        .context("cargo cannot be run")?;
    ensure!(output.status.success(), "the panel did not print its description");
    String::from_utf8(output.stdout).context("the description is not UTF-8")
}

/// Writes or checks `docs/reference/openapi.json`.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let path = workspace().join("docs/reference/openapi.json");
    let now = description()?;
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    if committed == now {
        return Ok(());
    }
    if arguments.check {
        bail!("docs/reference/openapi.json is stale: run `cargo xtask openapi` and commit the result");
    }
    let folder = path.parent().context("the description has a folder")?;
    std::fs::create_dir_all(folder)?;
    std::fs::write(&path, now).with_context(|| path.display().to_string())
}
