//! Real Debian servers on this machine, for tests, for developers and for the box.
//!
//! A root file system is made once per distribution and cached by the content of its recipe ([`Image`]). Each
//! [`Server`] is an overlay on such an image, booted by `systemd-nspawn` with its own systemd as PID 1, in a
//! network of its own that this machine reaches by IPv4 (203.0.113.0/24) and IPv6 (`2001:db8::/32`). It has no way
//! to the rest of the world: packages come from the cache that the image carries.
//!
//! Guarantees:
//! - Dropping a [`Server`] ends it and leaves no process, mount, interface, cgroup or directory behind. What a killed
//!   process left behind is removed by the next boot.
//! - Nothing is simulated: services are Debian's, started by Debian's systemd. What a container cannot do is known:
//!   cgroup controllers may be missing, so resource limits are checked as unit properties.
//! - Booting needs root; without it every call fails with [`Error::NotRoot`]. It never passes silently.

mod cgroup;
mod command;
mod distro;
mod error;
mod http;
mod image;
mod network;
mod nspawn;
mod options;
mod overlay;
mod server;
mod slot;
mod state;
mod tree;
mod wait;

pub use command::{Cmd, Output, Running};
pub use distro::Distro;
pub use error::Error;
pub use http::{Family, Reply, Request};
pub use image::{Image, ImageKind, cache_dir};
pub use options::{Network, Options, Root, Upper};
pub use server::Server;
pub use slot::reap;
pub use wait::wait_for;
