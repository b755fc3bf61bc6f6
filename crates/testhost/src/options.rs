//! What a server is asked to be.

use std::path::PathBuf;
use std::time::Duration;

use crate::{Distro, ImageKind};

/// How a server is made. Start from [`Options::fresh`] or [`Options::ready`] and change what differs.
#[derive(Debug, Clone)]
pub struct Options {
    /// The distribution.
    pub distro: Distro,
    /// Which image it starts from.
    pub image: ImageKind,
    /// Its host name, shown in messages; also what a persistent server is found by.
    pub name: String,
    /// Where its tree is.
    pub root: Root,
    /// How it is connected.
    pub network: Network,
    /// Directories and files of this machine that it sees, read-only: (path here, path there).
    pub bind_ro: Vec<(PathBuf, String)>,
    /// Files put into its tree before it boots: (path there, content, mode). Existing ones are replaced.
    pub files: Vec<(String, Vec<u8>, u32)>,
    /// Units masked before it boots.
    pub mask: Vec<String>,
    /// How long booting may take (not the making of an image).
    pub boot_limit: Duration,
    /// Whether it outlives its handle. It ends by [`Server::stop`](crate::Server::stop), and is found again by
    /// [`Server::attach`](crate::Server::attach).
    pub persistent: bool,
}

/// Where a server's tree is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Root {
    /// An overlay on the image, thrown away at the end.
    Overlay(Upper),
    /// A directory that stays. Made as a full copy of the image if it is absent, and independent of the cache then.
    Directory(PathBuf),
}

/// What holds the changes of an overlay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Upper {
    /// A directory below /var/tmp, without syncs: the fastest that needs no memory.
    Disk,
    /// The same with syncs: for measurements, where a sync must cost what it costs.
    DurableDisk,
    /// A tmpfs.
    Memory,
}

/// How a server is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
    /// A network of its own, with this machine as the only other host.
    Private,
    /// This machine's network: the same interfaces, addresses and ports. Its systemd-networkd is masked.
    Host,
}

impl Options {
    /// A server as a hoster delivers it: nothing of ours, the packages of the roles in its cache.
    pub fn fresh(distro: Distro) -> Self {
        Self {
            distro,
            image: ImageKind::Fresh,
            name: distro.name().to_owned(),
            root: Root::Overlay(Upper::Disk),
            network: Network::Private,
            bind_ro: Vec::new(),
            files: Vec::new(),
            mask: Vec::new(),
            boot_limit: Duration::from_secs(90),
            persistent: false,
        }
    }

    /// A server with the packages of the roles installed, their default pools masked.
    pub fn ready(distro: Distro) -> Self {
        Self { image: ImageKind::Ready, ..Self::fresh(distro) }
    }

    /// The same with this host name.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// The same, seeing a path of this machine read-only.
    #[must_use]
    pub fn bind_ro(mut self, here: impl Into<PathBuf>, there: impl Into<String>) -> Self {
        self.bind_ro.push((here.into(), there.into()));
        self
    }

    /// The same with another upper layer.
    #[must_use]
    pub fn upper(mut self, upper: Upper) -> Self {
        self.root = Root::Overlay(upper);
        self
    }
}
