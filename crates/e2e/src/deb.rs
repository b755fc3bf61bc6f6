//! The package under test.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

/// The package: the file that `HOLDFAST_DEB` names, else built now by `cargo xtask package --fast`.
///
/// Several test processes may call this at once; one builds, the others wait and find nothing left to build.
pub fn package() -> Result<PathBuf> {
    if let Some(named) = std::env::var_os("HOLDFAST_DEB") {
        let path = PathBuf::from(named);
        ensure!(path.is_file(), "HOLDFAST_DEB names {}, which is no file", path.display());
        return path.canonicalize().with_context(|| path.display().to_string());
    }
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| top.join("target"), PathBuf::from);
    fs::create_dir_all(&target).with_context(|| target.display().to_string())?;
    let lock = File::create(target.join("e2e-package.lock")).context("make the package's lock")?;
    lock.lock().context("wait for another test's package")?;
    #[expect(clippy::disallowed_methods, reason = "cargo, with fixed arguments")]
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(&top).args(["run", "--quiet", "--package", "xtask", "--", "package", "--fast"]);
    let output = command.output().context("start cargo")?;
    let (said, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.success(), "cargo xtask package --fast: {}\n{errors}", output.status);
    let Some(path) = said.lines().next_back().map(PathBuf::from) else {
        bail!("cargo xtask package printed no path:\n{errors}");
    };
    ensure!(path.is_file(), "cargo xtask package printed {}, which is no file", path.display());
    Ok(path)
}
