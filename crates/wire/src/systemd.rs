//! What a service shares with PID 1: sockets that it inherits, and word of how it is.
//!
//! Adopting descriptor 3 and up is the one thing that safe Rust cannot do; the crate `sd-listen-fds` does it, after
//! checking that the environment means this process. Here it is done once per process, the descriptors are made
//! close-on-exec, and each is checked to be a listening socket of the kind that is asked for.

use std::io;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram, UnixListener};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::io::FdFlags;
use rustix::net::{AddressFamily, SocketType};

use crate::CancellationToken;

/// The inherited sockets cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SystemdError {
    /// They were taken before; each socket has one owner.
    #[error("the inherited sockets were taken already")]
    TakenAlready,
    /// `LISTEN_FDS` or `LISTEN_PID` is no number.
    #[error("the environment about inherited sockets is malformed")]
    Environment,
    /// A descriptor is not a listening stream socket.
    #[error("the inherited descriptor `{name}` is not a listening unix or TCP socket")]
    NotAListener {
        /// Its name (`FileDescriptorName=`).
        name: String,
    },
    /// A system call failed.
    #[error("cannot use the inherited sockets")]
    Io(#[from] io::Error),
}

#[derive(Debug)]
enum Listener {
    Unix(UnixListener),
    Tcp(TcpListener),
}

/// Listening sockets from systemd, by their names (`FileDescriptorName=`, else the socket unit's name).
#[derive(Debug, Default)]
pub struct Listeners {
    all: Vec<(String, Listener)>,
}

static TAKEN: AtomicBool = AtomicBool::new(false);

/// Takes the inherited sockets: once per process. Empty when not started by a socket unit.
pub fn listeners() -> Result<Listeners, SystemdError> {
    if TAKEN.swap(true, Ordering::SeqCst) {
        return Err(SystemdError::TakenAlready);
    }
    let mut all = Vec::new();
    for (name, fd) in sd_listen_fds::get().map_err(|_| SystemdError::Environment)? {
        let name = name.unwrap_or_default();
        let fd = fd.into_std();
        rustix::io::fcntl_setfd(&fd, FdFlags::CLOEXEC).map_err(io::Error::from)?;
        let listener = adopt(&name, fd)?;
        all.push((name, listener));
    }
    Ok(Listeners { all })
}

fn adopt(name: &str, fd: OwnedFd) -> Result<Listener, SystemdError> {
    use rustix::net::sockopt::{socket_acceptconn, socket_domain, socket_type};
    let not = || SystemdError::NotAListener { name: name.to_owned() };
    let listens = socket_acceptconn(&fd).map_err(|_| not())?;
    let stream = socket_type(&fd).map_err(io::Error::from)? == SocketType::STREAM;
    if !listens || !stream {
        return Err(not());
    }
    match socket_domain(&fd).map_err(io::Error::from)? {
        AddressFamily::UNIX => Ok(Listener::Unix(UnixListener::from(fd))),
        AddressFamily::INET | AddressFamily::INET6 => Ok(Listener::Tcp(TcpListener::from(fd))),
        _ => Err(not()),
    }
}

impl Listeners {
    /// Whether systemd gave none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The names, in systemd's order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.all.iter().map(|(name, _)| name.as_str())
    }

    /// Takes the unix sockets of this name.
    pub fn take_unix(&mut self, name: &str) -> Vec<UnixListener> {
        let mut taken = Vec::new();
        for (is, listener) in std::mem::take(&mut self.all) {
            match listener {
                Listener::Unix(socket) if is == name => taken.push(socket),
                other => self.all.push((is, other)),
            }
        }
        taken
    }

    /// Takes the TCP sockets of this name; IPv4 and IPv6 are often two.
    pub fn take_tcp(&mut self, name: &str) -> Vec<TcpListener> {
        let mut taken = Vec::new();
        for (is, listener) in std::mem::take(&mut self.all) {
            match listener {
                Listener::Tcp(socket) if is == name => taken.push(socket),
                other => self.all.push((is, other)),
            }
        }
        taken
    }
}

/// Tells systemd that the service answers now (`Type=notify`). Does nothing elsewhere.
pub fn notify_ready() -> io::Result<()> {
    notify("READY=1")
}

/// Tells systemd that the service has begun to stop.
pub fn notify_stopping() -> io::Result<()> {
    notify("STOPPING=1")
}

/// One line for `systemctl status`.
pub fn notify_status(text: &str) -> io::Result<()> {
    notify(&format!("STATUS={}", text.replace('\n', " ")))
}

/// How often systemd wants to hear from us (`WatchdogSec=`); `None` when it does not.
pub fn watchdog_interval() -> Option<Duration> {
    let pid = std::env::var("WATCHDOG_PID").ok();
    if pid.is_some_and(|pid| pid != std::process::id().to_string()) {
        return None;
    }
    let micros: u64 = std::env::var("WATCHDOG_USEC").ok()?.parse().ok()?;
    (micros > 0).then(|| Duration::from_micros(micros))
}

/// Tells systemd that we live, at half the wanted interval, until `shutdown`. Ends at once where no watchdog is set.
///
/// Runs as a task of the runtime: when the runtime hangs, so does this, and systemd restarts the service.
pub async fn watchdog(shutdown: CancellationToken) {
    let Some(interval) = watchdog_interval() else { return };
    let mut ticks = tokio::time::interval(interval / 2);
    loop {
        tokio::select! {
            _ = ticks.tick() => {
                if let Err(error) = notify("WATCHDOG=1") {
                    tracing::warn!(%error, "cannot reach systemd's watchdog");
                }
            }
            () = shutdown.cancelled() => return,
        }
    }
}

/// One datagram to `NOTIFY_SOCKET`, a path or (with `@`) an abstract name.
fn notify(state: &str) -> io::Result<()> {
    match std::env::var("NOTIFY_SOCKET") {
        Ok(address) if !address.is_empty() => notify_at(&address, state),
        _ => Ok(()),
    }
}

fn notify_at(address: &str, state: &str) -> io::Result<()> {
    let address = match address.strip_prefix('@') {
        Some(name) => SocketAddr::from_abstract_name(name)?,
        None => SocketAddr::from_pathname(address)?,
    };
    UnixDatagram::unbound()?.send_to_addr(state.as_bytes(), &address).map(|_| ())
}

#[cfg(test)]
mod tests;
