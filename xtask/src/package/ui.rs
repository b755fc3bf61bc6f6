//! The browser panel is built by Node.js, which the package itself does not need.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, io};

use anyhow::{Context, Result, bail};

use super::run_to_end;

/// Builds `ui/` and returns where its files are. What it is made of is installed anew only where the lock has changed.
pub(super) fn build(top: &Path) -> Result<PathBuf> {
    let ui = top.join("ui");
    if let Err(error) = Command::new("npm").arg("--version").output() {
        if error.kind() == io::ErrorKind::NotFound {
            bail!(
                "the browser panel is built by Node.js: `apt-get install nodejs npm`, or leave it out by --no-ui"
            );
        }
        return Err(error).context("start npm");
    }
    if !is_installed(&ui)? {
        run_to_end(npm(&ui).args(["ci", "--engine-strict", "--no-audit", "--no-fund"]))?;
    }
    run_to_end(npm(&ui).args(["run", "build"]))?;
    Ok(ui.join("dist"))
}

/// npm notes what it installed after it has read the lock.
fn is_installed(ui: &Path) -> Result<bool> {
    let changed = |path: PathBuf| fs::metadata(&path).and_then(|meta| meta.modified());
    let lock = changed(ui.join("package-lock.json")).context("look at ui/package-lock.json")?;
    Ok(changed(ui.join("node_modules/.package-lock.json")).is_ok_and(|installed| installed >= lock))
}

/// npm in `ui/`. What it says goes where it does not mix with the package's path.
fn npm(ui: &Path) -> Command {
    let mut command = Command::new("npm");
    command.current_dir(ui).arg("--silent").stdout(io::stderr());
    command
}
