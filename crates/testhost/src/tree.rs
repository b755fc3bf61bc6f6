//! A server's tree before it boots: an overlay or a full copy of an image, and what each server has of its own.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::command::Cmd;
use crate::error::Doing;
use crate::network::Addresses;
use crate::overlay::Overlay;
use crate::slot::Slot;
use crate::{Error, Image, Network, Options, Root, Upper, image};

const COPY_LIMIT: Duration = Duration::from_mins(5);

/// The server's tree, and how long its image took to make.
pub(crate) fn make(slot: &Slot, options: &Options) -> Result<(PathBuf, Option<Duration>), Error> {
    match &options.root {
        Root::Overlay(upper) => {
            let image = Image::ensure(options.distro, options.image)?;
            let overlay = Overlay::below(&slot.dir());
            overlay.mount(&image.layers, *upper)?;
            Ok((overlay.root().to_owned(), image.built_in))
        }
        Root::Directory(dir) if dir.join("etc/os-release").exists() => Ok((dir.clone(), None)),
        Root::Directory(dir) => {
            let image = Image::ensure(options.distro, options.image)?;
            copy(slot, &image, dir)?;
            Ok((dir.clone(), image.built_in))
        }
    }
}

/// A full copy of an image, there as a whole or not at all.
fn copy(slot: &Slot, image: &Image, dir: &Path) -> Result<(), Error> {
    let overlay = Overlay::below(&slot.dir());
    overlay.mount(&image.layers, Upper::Disk)?;
    let mut temporary = dir.as_os_str().to_owned();
    temporary.push(".new");
    let temporary = PathBuf::from(temporary);
    if temporary.exists() {
        fs::remove_dir_all(&temporary).doing(|| format!("remove {}", temporary.display()))?;
    }
    if let Some(parent) = dir.parent() {
        fs::create_dir_all(parent).doing(|| format!("make {}", parent.display()))?;
    }
    let words = [OsStr::new("cp"), "--archive".as_ref(), "--reflink=auto".as_ref(), "--".as_ref()];
    let words = words.into_iter().chain([overlay.root().as_os_str(), temporary.as_os_str()]);
    Cmd::new(words).deadline(COPY_LIMIT).check()?;
    overlay.remove()?;
    fs::rename(&temporary, dir).doing(|| format!("put {} into its place", dir.display()))
}

/// What a server has of its own before it boots.
pub(crate) fn prepare(root: &Path, options: &Options, addresses: &Addresses) -> Result<(), Error> {
    let id = root.join("etc/machine-id");
    if fs::metadata(&id).map_or(0, |metadata| metadata.len()) < 32 {
        let uuid = "/proc/sys/kernel/random/uuid";
        let fresh = fs::read_to_string(uuid).doing(|| format!("read {uuid}"))?.replace('-', "");
        image::put(root, "etc/machine-id", fresh.as_bytes(), 0o444)?;
    }
    image::put(root, "etc/hostname", format!("{}\n", options.name).as_bytes(), 0o644)?;
    let hosts = root.join("etc/hosts");
    let own = format!("127.0.1.1 {}", options.name);
    let known = fs::read_to_string(&hosts).doing(|| format!("read {}", hosts.display()))?;
    if !known.lines().any(|line| line == own) {
        image::put(root, "etc/hosts", format!("{own}\n{known}").as_bytes(), 0o644)?;
    }
    match options.network {
        Network::Private => addresses.configure_server(root)?,
        // It would take this machine's interfaces for its own.
        Network::Host => image::mask(root, "systemd-networkd.service")?,
    }
    for unit in &options.mask {
        image::mask(root, unit)?;
    }
    for (path, content, mode) in &options.files {
        image::put(root, path, content, *mode)?;
    }
    Ok(())
}
