//! The writable tree of a server: an overlay on an image's layers, on disk or in memory.

use std::ffi::CString;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};

use crate::error::Doing;
use crate::{Error, Upper};

/// Where a server's tree is put together: `upper` and `work` below `space`, mounted at `root`.
#[derive(Debug)]
pub(crate) struct Overlay {
    space: PathBuf,
    root: PathBuf,
}

impl Overlay {
    /// The overlay whose directories are below `dir`; nothing is made yet.
    pub(crate) fn below(dir: &Path) -> Self {
        Self { space: dir.join("space"), root: dir.join("root") }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Where the changes are.
    pub(crate) fn upper(&self) -> PathBuf {
        self.space.join("upper")
    }

    /// Mounts it on `layers`, topmost first.
    pub(crate) fn mount(&self, layers: &[PathBuf], upper: Upper) -> Result<(), Error> {
        for dir in [&self.space, &self.root] {
            fs::create_dir_all(dir).doing(|| format!("make {}", dir.display()))?;
        }
        if upper == Upper::Memory {
            let options = c"mode=0755";
            mount("tmpfs", &self.space, "tmpfs", MountFlags::empty(), options)
                .doing(|| format!("mount a tmpfs on {}", self.space.display()))?;
        }
        for dir in [self.space.join("upper"), self.space.join("work")] {
            fs::create_dir_all(&dir).doing(|| format!("make {}", dir.display()))?;
        }
        let lower = layers.iter().map(|layer| plain(layer)).collect::<Result<Vec<_>, _>>()?.join(":");
        let space = plain(&self.space)?;
        let plain_options = format!("lowerdir={lower},upperdir={space}/upper,workdir={space}/work");
        // Without syncs, package installs are several times as fast. The tree is thrown away, and outlives no crash.
        let quick = format!("{plain_options},volatile");
        let mounted = match upper {
            Upper::Disk => self.mount_with(&quick).or_else(|error| match error.kind() {
                // Kernels before 5.10 do not know the option.
                io::ErrorKind::InvalidInput => self.mount_with(&plain_options),
                _ => Err(error),
            }),
            Upper::DurableDisk | Upper::Memory => self.mount_with(&plain_options),
        };
        mounted.doing(|| format!("mount an overlay on {}", self.root.display()))
    }

    fn mount_with(&self, options: &str) -> io::Result<()> {
        let options = CString::new(options)?;
        Ok(mount("overlay", &self.root, "overlay", MountFlags::empty(), options.as_c_str())?)
    }

    /// Unmounts and removes all of it; does nothing where there is none.
    pub(crate) fn remove(&self) -> Result<(), Error> {
        unmount_all(&self.root)?;
        unmount_all(&self.space)?;
        for dir in [&self.root, &self.space] {
            match fs::remove_dir_all(dir) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(Error::io(format!("remove {}", dir.display()), error));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Unmounts the tree and keeps what was written, for a layer of an image.
    pub(crate) fn into_upper(self) -> Result<PathBuf, Error> {
        unmount_all(&self.root)?;
        Ok(self.upper())
    }
}

/// Takes off whatever is mounted on `path`, however often.
///
/// The device number tells it, not the kernel's mount table: comparing with the parent needs no parsing.
fn unmount_all(path: &Path) -> Result<(), Error> {
    while is_mount_point(path)? {
        // Detached, because a process of another namespace may still look at it; the directory is free at once.
        unmount(path, UnmountFlags::DETACH | UnmountFlags::NOFOLLOW)
            .doing(|| format!("unmount {}", path.display()))?;
    }
    Ok(())
}

fn is_mount_point(path: &Path) -> Result<bool, Error> {
    let own = device(path)?;
    Ok(own.is_some() && own != device(path.parent().unwrap_or(path))?)
}

fn device(path: &Path) -> Result<Option<u64>, Error> {
    match fs::symlink_metadata(path) {
        Ok(metadata) => Ok(Some(metadata.dev())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::io(format!("look at {}", path.display()), error)),
    }
}

/// A path as overlay options take it: they are separated by characters that it may not hold.
fn plain(path: &Path) -> Result<&str, Error> {
    let why = "a path below overlays must be UTF-8 without `:`, `,` and `\\`";
    match path.to_str() {
        Some(text) if !text.contains([':', ',', '\\']) => Ok(text),
        _ => Err(Error::Path { path: path.to_owned(), why }),
    }
}
