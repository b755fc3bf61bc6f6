//! The making of the layers.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Recipe;
use crate::command::{Cmd, on_path};
use crate::error::Doing;
use crate::overlay::Overlay;
use crate::{Distro, Error, Upper, nspawn};

const LIMIT: Duration = Duration::from_mins(15);

/// A distribution's root file system, with the roles' packages downloaded into apt's cache.
pub(super) fn fresh(dir: &Path, distro: Distro, recipe: &Recipe<'_>) -> Result<(), Error> {
    if !on_path("mmdebstrap") {
        return Err(Error::MissingTool { tool: "mmdebstrap", package: "mmdebstrap" });
    }
    let root = dir.join("root");
    // Recommended packages too: an administrator's apt-get would want them, and there is nowhere to get them later.
    let download = format!(
        "--customize-hook=chroot \"$1\" apt-get -q -y --download-only install {}",
        recipe.packages.join(" ")
    );
    let include = format!("--include={}", recipe.include.join(","));
    let mut command: Vec<&std::ffi::OsStr> = Vec::new();
    for word in [
        "mmdebstrap",
        "--quiet",
        "--mode=root",
        "--variant=minbase",
        "--format=directory",
        "--skip=cleanup/apt/lists,cleanup/apt/cache",
        &include,
        &download,
        distro.codename(),
    ] {
        command.push(word.as_ref());
    }
    command.push(root.as_os_str());
    Cmd::new(command).deadline(LIMIT).check()?;
    // What was copied from this machine must not be in an image.
    for (name, content) in [
        ("etc/hostname", format!("{distro}\n")),
        ("etc/hosts", "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n".to_owned()),
        ("etc/resolv.conf", String::new()),
        ("etc/machine-id", String::new()),
    ] {
        put(&root, name, content.as_bytes(), 0o644)?;
    }
    Ok(())
}

/// The layer on top of it with the packages installed and nothing started.
pub(super) fn ready(dir: &Path, lower: &[PathBuf], recipe: &Recipe<'_>) -> Result<(), Error> {
    let overlay = Overlay::below(&dir.join("build"));
    overlay.mount(lower, Upper::Disk)?;
    let made = install(overlay.root(), recipe);
    let upper = overlay.into_upper()?;
    made?;
    let layer = dir.join("root");
    fs::rename(&upper, &layer).doing(|| format!("put {} into its place", layer.display()))?;
    remove(&dir.join("build"))
}

fn install(root: &Path, recipe: &Recipe<'_>) -> Result<(), Error> {
    for unit in &recipe.masks {
        mask(root, unit)?;
    }
    let policy = "usr/sbin/policy-rc.d";
    put(root, policy, b"#!/bin/sh\nexit 101\n", 0o755)?;
    let mut command = vec!["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y", "--no-download"];
    command.extend(["--no-install-recommends", "install"]);
    command.extend(recipe.packages.iter().map(String::as_str));
    // The same name at each try, so that what a killed process left running is ended first.
    let name = format!("image-{}", &recipe.hash()?[..8]);
    nspawn::run_once(root, &name, &command, LIMIT)?;
    let policy = root.join(policy);
    fs::remove_file(&policy).doing(|| format!("remove {}", policy.display()))
}

/// Masks a unit in a tree that is not running.
pub(crate) fn mask(root: &Path, unit: &str) -> Result<(), Error> {
    let dir = root.join("etc/systemd/system");
    fs::create_dir_all(&dir).doing(|| format!("make {}", dir.display()))?;
    let link = dir.join(unit);
    if fs::symlink_metadata(&link).is_ok() {
        fs::remove_file(&link).doing(|| format!("remove {}", link.display()))?;
    }
    std::os::unix::fs::symlink("/dev/null", &link).doing(|| format!("mask {unit}"))
}

/// Puts a file into a tree that is not running. A link of that name is replaced, never followed: it would lead out.
pub(crate) fn put(root: &Path, name: &str, content: &[u8], mode: u32) -> Result<(), Error> {
    let path = root.join(name.trim_start_matches('/'));
    let doing = || format!("write {}", path.display());
    let dir = path.parent().unwrap_or(root);
    fs::create_dir_all(dir).doing(doing)?;
    let temporary = dir.join(".holdfast-testhost.new");
    fs::write(&temporary, content).doing(doing)?;
    fs::set_permissions(&temporary, fs::Permissions::from_mode(mode)).doing(doing)?;
    fs::rename(&temporary, &path).doing(doing)
}

/// Removes what a killed process left of an unfinished image, mounts included.
pub(super) fn remove(dir: &Path) -> Result<(), Error> {
    Overlay::below(&dir.join("build")).remove()?;
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::io(format!("remove {}", dir.display()), error))
        }
        _ => Ok(()),
    }
}
