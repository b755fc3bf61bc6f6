//! What a handler knows of its call, and can do with it.

use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::MAX_FDS;
use crate::error::Refusal;

/// Who calls, as the kernel says (`SO_PEERCRED`): the credentials at the time of `connect`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// User id; the only one of the three to decide by.
    pub uid: u32,
    /// Group id.
    pub gid: u32,
    /// Process id, for logs alone: it may be another process by now.
    pub pid: Option<i32>,
}

/// One call under way.
#[derive(Debug)]
pub struct Call {
    pub(super) caller: Caller,
    pub(super) token: CancellationToken,
    pub(super) progress: Option<mpsc::Sender<Box<RawValue>>>,
    pub(super) fds_in: Vec<OwnedFd>,
    pub(super) fds_out: Arc<Mutex<Vec<OwnedFd>>>,
}

impl Call {
    /// A call from within the process itself: no socket, no progress, the process's own ids.
    pub fn local() -> Self {
        let caller = Caller {
            uid: rustix::process::getuid().as_raw(),
            gid: rustix::process::getgid().as_raw(),
            pid: Some(rustix::process::getpid().as_raw_pid()),
        };
        Self {
            caller,
            token: CancellationToken::new(),
            progress: None,
            fds_in: Vec::new(),
            fds_out: Arc::default(),
        }
    }

    /// Who calls.
    pub fn caller(&self) -> Caller {
        self.caller
    }

    /// Cancelled when the caller hung up, the deadline passed, or the service stops. A write looks at it between steps.
    pub fn cancelled(&self) -> &CancellationToken {
        &self.token
    }

    /// Whether to stop after the current step.
    pub fn is_cancelled(&self) -> bool {
        self.token.is_cancelled()
    }

    /// Whether the caller takes progress messages; if not, they are dropped.
    pub fn wants_progress(&self) -> bool {
        self.progress.is_some()
    }

    /// Sends a progress message. Waits for a caller that reads slowly, but never longer than the service's limit
    /// for writing; after a hang-up it does nothing.
    pub async fn progress(&self, message: &(impl Serialize + Sync)) {
        if let (Some(sender), Ok(message)) = (&self.progress, to_raw_value(message)) {
            let _ = sender.send(message).await;
        }
    }

    /// The same from a blocking thread (not from async code, where it panics).
    pub fn blocking_progress(&self, message: &impl Serialize) {
        if let (Some(sender), Ok(message)) = (&self.progress, to_raw_value(message)) {
            let _ = sender.blocking_send(message);
        }
    }

    /// The descriptors that came with the request, at most [`Method::FDS_IN`](crate::Method::FDS_IN).
    pub fn take_fds(&mut self) -> Vec<OwnedFd> {
        std::mem::take(&mut self.fds_in)
    }

    /// Sends a descriptor along with the reply. At most [`MAX_FDS`].
    pub fn attach(&self, fd: OwnedFd) -> Result<(), Refusal> {
        let mut fds = self.fds_out.lock().unwrap_or_else(PoisonError::into_inner);
        if fds.len() == MAX_FDS {
            return Err(Refusal::internal("too many descriptors for one reply"));
        }
        fds.push(fd);
        Ok(())
    }
}
