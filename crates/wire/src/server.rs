//! The listening side.

mod call;
mod connection;
pub(crate) mod frames;
mod introspection;
mod router;

use std::collections::BTreeSet;
use std::io;
use std::os::unix::net::UnixListener;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use call::{Call, Caller};
pub use router::Router;

use crate::error::{Refusal, names};
use connection::Connection;

/// Who may connect, by user id. Empty means nobody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowedPeers {
    /// The user ids.
    pub uids: BTreeSet<u32>,
}

impl AllowedPeers {
    /// These user ids and no other.
    pub fn of(uids: impl IntoIterator<Item = u32>) -> Self {
        Self { uids: uids.into_iter().collect() }
    }
}

/// What a service spends on its callers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections at once; one more is answered `Busy` and closed.
    pub connections: usize,
    /// How many of them are kept for root, so that an administrator gets in beside a runaway panel.
    pub kept_for_root: usize,
    /// From a frame's first byte to its last.
    pub frame_time: Duration,
    /// For a caller to take a reply or a progress message.
    pub write_time: Duration,
    /// A connection without a call.
    pub idle_time: Duration,
    /// At shutdown, for calls under way.
    pub grace: Duration,
    /// Without any connection for so long, the service ends by itself; none: never. For a service that its socket brings
    /// back.
    pub unused: Option<Duration>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 32,
            kept_for_root: 4,
            frame_time: Duration::from_secs(10),
            write_time: Duration::from_secs(10),
            idle_time: Duration::from_mins(5),
            grace: Duration::from_secs(20),
            unused: None,
        }
    }
}

/// What all connections share.
pub(crate) struct Shared {
    router: Router,
    limits: Limits,
    shutdown: CancellationToken,
    tasks: TaskTracker,
}

/// Answers calls until `shutdown` is cancelled, or nobody was connected for [`Limits::unused`]; then takes no new ones, asks those under way to stop after their
/// step, and waits for them up to [`Limits::grace`].
///
/// One task per connection, one call at a time on each. Fails when the listener cannot be used at all.
pub async fn serve(
    listener: UnixListener,
    router: Router,
    peers: AllowedPeers,
    limits: Limits,
    shutdown: CancellationToken,
) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let listener = tokio::net::UnixListener::from_std(listener)?;
    let slots = Arc::new(Semaphore::new(limits.connections));
    let shared = Arc::new(Shared {
        router: router.with_introspection(),
        limits,
        shutdown: shutdown.clone(),
        tasks: TaskTracker::new(),
    });
    let mut refusals = Refusals::default();
    let closed = Arc::new(Notify::new());
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shutdown.cancelled() => break,
            // what comes from now on waits in the socket
            () = unused(&shared.limits, &slots, &closed) => break,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                // Out of descriptors or memory: the listener stays readable, so pause instead of spinning.
                tracing::error!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let caller = match stream.peer_cred() {
            Ok(cred) => Caller { uid: cred.uid(), gid: cred.gid(), pid: cred.pid() },
            Err(error) => {
                tracing::warn!(%error, "a connection without credentials");
                continue;
            }
        };
        if !peers.uids.contains(&caller.uid) {
            refusals.note(caller);
            continue;
        }
        let room = has_room(&shared.limits, caller.uid, slots.available_permits());
        let slot = if room { slots.clone().try_acquire_owned().ok() } else { None };
        let Some(slot) = slot else {
            answer_busy(&stream);
            continue;
        };
        let connection = Connection::new(stream, caller, Arc::clone(&shared));
        let closed = Arc::clone(&closed);
        shared.tasks.spawn(async move {
            connection.run().await;
            drop(slot);
            closed.notify_one();
        });
    }
    drop(listener);
    shared.tasks.close();
    if tokio::time::timeout(shared.limits.grace, shared.tasks.wait()).await.is_err() {
        tracing::warn!(calls = shared.tasks.len(), "calls were still running when the service stopped");
    }
    Ok(())
}

/// Returns when nobody was connected for as long as the limits say. Begun anew at each connection.
async fn unused(limits: &Limits, slots: &Semaphore, closed: &Notify) {
    let Some(unused) = limits.unused else { return std::future::pending().await };
    while slots.available_permits() < limits.connections {
        closed.notified().await;
    }
    tokio::time::sleep(unused).await;
}

/// Whether one more connection of this user fits, with so many places free.
fn has_room(limits: &Limits, uid: u32, free: usize) -> bool {
    let kept = if uid == 0 { 0 } else { limits.kept_for_root };
    free > kept
}

/// Says why, if the socket takes it at once, and hangs up.
fn answer_busy(stream: &tokio::net::UnixStream) {
    let refusal = Refusal::new(names::BUSY, "too many connections; try again in a moment");
    if let Ok(frame) = frames::refusal(&refusal) {
        let _ = stream.try_write(&frame);
    }
}

/// Refused peers in the log, at most one line a second.
#[derive(Default)]
struct Refusals {
    last: Option<Instant>,
    silent: u64,
}

impl Refusals {
    fn note(&mut self, caller: Caller) {
        if self.last.is_some_and(|last| last.elapsed() < Duration::from_secs(1)) {
            self.silent += 1;
            return;
        }
        tracing::warn!(
            uid = caller.uid,
            gid = caller.gid,
            pid = caller.pid,
            unlogged = self.silent,
            "refused a connection: this user may not call"
        );
        self.last = Some(Instant::now());
        self.silent = 0;
    }
}

#[cfg(test)]
mod tests;
