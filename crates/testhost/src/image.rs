//! Root file systems, made once and cached by the content of their recipe.
//!
//! The cache is `/var/cache/holdfast-testhost/<hash>/` (`HOLDFAST_TESTHOST_CACHE` names another directory). An image is
//! made beside its place and renamed into it, under a lock: it is there as a whole or not at all, and two processes do
//! not make it twice. It never changes; a changed recipe has another hash.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::error::Doing;
use crate::{Distro, Error};

mod build;

pub(crate) use build::{mask, put};

/// How far an image is prepared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ImageKind {
    /// As a hoster delivers it. The packages of the roles, with all they depend on, are in apt's cache, so that they
    /// install without a network.
    Fresh,
    /// The same with the packages of the roles installed; Debian's default pools and Apache are masked.
    Ready,
}

/// A root file system in the cache.
#[derive(Debug)]
pub struct Image {
    /// The directories that make it up, topmost first.
    pub(crate) layers: Vec<PathBuf>,
    /// How long the making took, where it was made just now.
    pub built_in: Option<Duration>,
}

/// All that an image's content follows from. Its hash is the image's name.
#[derive(Debug, Serialize)]
struct Recipe<'a> {
    /// Raised when the making changes in a way that the other fields do not show.
    format: u32,
    suite: &'a str,
    include: &'a [&'a str],
    packages: Vec<String>,
    masks: Vec<String>,
    /// Whether the packages are installed on the image of this hash.
    installed_on: Option<String>,
}

const FORMAT: u32 = 1;

/// What a small Debian server has besides the essential packages.
const INCLUDE: [&str; 15] = [
    "btrfs-progs",
    "ca-certificates",
    "cron",
    "curl",
    "dbus",
    "iproute2",
    "iputils-ping",
    "libpam-modules",
    "libpam-systemd",
    "logrotate",
    "nftables",
    "openssh-server",
    "procps",
    "systemd",
    "systemd-sysv",
];

/// Where images are cached.
pub fn cache_dir() -> PathBuf {
    std::env::var_os("HOLDFAST_TESTHOST_CACHE")
        .map_or_else(|| PathBuf::from("/var/cache/holdfast-testhost"), PathBuf::from)
}

impl Image {
    /// The image from the cache; made now if it is not there (tens of seconds, needs Debian's archive).
    pub fn ensure(distro: Distro, kind: ImageKind) -> Result<Self, Error> {
        let profile = distro.profile()?;
        let mut recipe = Recipe {
            format: FORMAT,
            suite: distro.codename(),
            include: &INCLUDE,
            packages: profile.role.values().flat_map(|role| role.packages.clone()).collect(),
            masks: Vec::new(),
            installed_on: None,
        };
        let begun = Instant::now();
        let (fresh, made_fresh) = cached(&recipe, |dir| build::fresh(dir, distro, &recipe))?;
        let mut layers = vec![fresh];
        let mut made = made_fresh;
        if kind == ImageKind::Ready {
            recipe.masks = profile.role.values().flat_map(|role| role.mask.clone()).collect();
            recipe.installed_on = Some(recipe_hash_of(&layers[0]));
            let (ready, made_ready) = cached(&recipe, |dir| build::ready(dir, &layers, &recipe))?;
            layers.insert(0, ready);
            made |= made_ready;
        }
        Ok(Self { layers, built_in: made.then(|| begun.elapsed()) })
    }
}

impl Recipe<'_> {
    fn hash(&self) -> Result<String, Error> {
        let text = serde_json::to_vec(self).map_err(io::Error::from).doing(|| "write a recipe".to_owned())?;
        Ok(hex::encode(&Sha256::digest(text)[..12]))
    }
}

/// The hash that a layer's path carries.
fn recipe_hash_of(layer: &Path) -> String {
    layer.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy().into_owned()
}

/// The layer of a recipe, and whether it was made just now. `make` puts it at `root` below the directory it is given.
fn cached(
    recipe: &Recipe<'_>,
    make: impl FnOnce(&Path) -> Result<(), Error>,
) -> Result<(PathBuf, bool), Error> {
    let cache = cache_dir();
    let hash = recipe.hash()?;
    let place = cache.join(&hash);
    let layer = place.join("root");
    if layer.is_dir() {
        return Ok((layer, false));
    }
    // Not for others to enter: the trees hold set-uid programs that nobody updates.
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&cache)
        .doing(|| format!("make {}", cache.display()))?;
    let lock_path = cache.join(format!("{hash}.lock"));
    let lock = File::create(&lock_path).doing(|| format!("open {}", lock_path.display()))?;
    lock.lock().doing(|| format!("lock {}", lock_path.display()))?;
    if layer.is_dir() {
        return Ok((layer, false));
    }
    let temporary = cache.join(format!("{hash}.new"));
    build::remove(&temporary)?;
    fs::create_dir(&temporary).doing(|| format!("make {}", temporary.display()))?;
    make(&temporary)?;
    let text = serde_json::to_vec_pretty(recipe).map_err(io::Error::from);
    text.and_then(|text| fs::write(temporary.join("recipe.json"), text))
        .doing(|| format!("write the recipe of {hash}"))?;
    fs::rename(&temporary, &place).doing(|| format!("put {} into its place", place.display()))?;
    Ok((layer, true))
}

#[cfg(test)]
mod tests;
