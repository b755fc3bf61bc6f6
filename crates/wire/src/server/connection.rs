//! One connection: reading frames, running one call at a time, answering.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec};
use serde_json::value::RawValue;
use tokio::net::UnixStream;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tokio_util::sync::CancellationToken;

use crate::descriptors::{receive_some, send_frame};
use crate::envelope::empty_object;
use crate::error::{Refusal, names};
use crate::frame::FrameBuffer;
use crate::method::Access;
use crate::server::Shared;
use crate::server::call::{Call, Caller};
use crate::server::frames::{self, Request};
use crate::server::router::Entry;
use crate::{MAX_FDS, MAX_FRAME};

/// Progress messages that wait for a slow caller before the handler waits too.
const PROGRESS_WAITING: usize = 16;

/// Read at once.
const CHUNK: usize = 16 * 1024;

/// Why a connection ends.
#[derive(Debug, thiserror::Error)]
enum End {
    #[error("closed by the caller")]
    Closed,
    #[error("the service stops")]
    Stopping,
    #[error("idle for too long")]
    Idle,
    #[error("a frame did not arrive in time")]
    SlowFrame,
    #[error("a reply was not read in time")]
    SlowReader,
    #[error("a frame is larger than {MAX_FRAME} bytes")]
    TooLarge,
    #[error("descriptors that the method does not take")]
    Descriptors,
    #[error("not a request: {0}")]
    NotARequest(String),
    #[error(transparent)]
    Io(#[from] io::Error),
}

pub(super) struct Connection {
    stream: UnixStream,
    caller: Caller,
    shared: Arc<Shared>,
    buffer: FrameBuffer,
    chunk: Box<[u8]>,
    /// Descriptors of the frame that is arriving.
    fds: Vec<OwnedFd>,
    /// The caller sends no more, but may still read.
    half_closed: bool,
}

/// A call's task. Whatever ends the wait for it, a read is torn off and a write asked to stop.
struct Running {
    task: JoinHandle<Result<Box<RawValue>, Refusal>>,
    token: CancellationToken,
    access: Access,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.token.cancel();
        if self.access == Access::Read {
            self.task.abort();
        }
    }
}

impl Connection {
    pub(super) fn new(stream: UnixStream, caller: Caller, shared: Arc<Shared>) -> Self {
        Self {
            stream,
            caller,
            shared,
            buffer: FrameBuffer::default(),
            chunk: vec![0; CHUNK].into_boxed_slice(),
            fds: Vec::new(),
            half_closed: false,
        }
    }

    /// Serves calls until something ends the connection.
    pub(super) async fn run(mut self) {
        loop {
            let end = match self.one_call().await {
                Ok(()) => continue,
                Err(end) => end,
            };
            let uid = self.caller.uid;
            match end {
                End::Closed | End::Stopping | End::Idle => {
                    tracing::debug!(uid, reason = %end, "connection ended");
                }
                End::NotARequest(reason) => {
                    tracing::warn!(uid, %reason, "connection dropped: not a request");
                    let refusal = Refusal::new(names::PROTOCOL, format!("not a request: {reason}"));
                    let _ = self.refuse(&refusal).await;
                }
                end => tracing::warn!(uid, reason = %end, "connection dropped"),
            }
            return;
        }
    }

    async fn one_call(&mut self) -> Result<(), End> {
        let shutdown = self.shared.shutdown.clone();
        let frame = tokio::select! {
            frame = self.next_frame() => frame?,
            () = shutdown.cancelled() => return Err(End::Stopping),
        };
        let fds = std::mem::take(&mut self.fds);
        let request = frames::parse_request(&frame).map_err(End::NotARequest)?;
        drop(frame);
        let Some(entry) = self.shared.router.find(&request.method).map(Arc::clone) else {
            if !fds.is_empty() {
                return Err(End::Descriptors);
            }
            let refusal = Refusal::new(names::METHOD_NOT_FOUND, format!("no method {}", request.method))
                .with_detail(&serde_json::json!({ "method": request.method }));
            return self.refuse(&refusal).await;
        };
        if fds.len() > entry.fds_in {
            return Err(End::Descriptors);
        }
        self.call(&entry, request, fds).await
    }

    /// Waits for a whole frame: idly for its first byte, not for long for the rest.
    async fn next_frame(&mut self) -> Result<Vec<u8>, End> {
        let idle_until = Instant::now() + self.shared.limits.idle_time;
        let mut frame_until = None;
        loop {
            if let Some(frame) = self.buffer.next().map_err(|_| End::TooLarge)? {
                return Ok(frame);
            }
            if self.half_closed {
                return Err(End::Closed);
            }
            if self.buffer.len() == 0 {
                timeout_at(idle_until, self.fill()).await.map_err(|_| End::Idle)??;
            } else {
                let until =
                    *frame_until.get_or_insert_with(|| Instant::now() + self.shared.limits.frame_time);
                timeout_at(until, self.fill()).await.map_err(|_| End::SlowFrame)??;
            }
        }
    }

    /// Reads once. Cancel-safe.
    async fn fill(&mut self) -> Result<(), End> {
        let received = receive_some(&self.stream, &mut self.chunk).await?;
        if received.bytes == 0 {
            self.half_closed = true;
            return Ok(());
        }
        self.buffer.push(&self.chunk[..received.bytes]);
        if !received.fds.is_empty() || received.fds_cut {
            self.fds.extend(received.fds);
            // With a second frame behind the first it is unknown whose they are.
            if received.fds_cut || self.fds.len() > MAX_FDS || !self.buffer.holds_one_frame() {
                return Err(End::Descriptors);
            }
        }
        Ok(())
    }

    /// While a call runs: notices that the caller went away. Reads ahead at most about one frame, then waits for ever.
    async fn hung_up(&mut self) -> End {
        loop {
            if self.half_closed {
                if fully_closed(&self.stream) {
                    return End::Closed;
                }
                // It still reads. There is no event left to wait for; the deadline bounds the looking.
                sleep(Duration::from_millis(200)).await;
            } else if self.buffer.len() > MAX_FRAME {
                std::future::pending::<()>().await;
            } else if let Err(end) = self.fill().await {
                return end;
            } else if !self.fds.is_empty() {
                return End::Descriptors;
            }
        }
    }

    async fn call(&mut self, entry: &Arc<Entry>, request: Request, fds_in: Vec<OwnedFd>) -> Result<(), End> {
        let parameters = match request.parameters {
            Some(parameters) => parameters,
            None => empty_object().map_err(End::NotARequest)?,
        };
        let token = self.shared.shutdown.child_token();
        let (sender, mut progress) = mpsc::channel(PROGRESS_WAITING);
        let fds_out = Arc::new(Mutex::new(Vec::new()));
        let call = Call {
            caller: self.caller,
            token: token.clone(),
            progress: request.more.then_some(sender),
            fds_in,
            fds_out: Arc::clone(&fds_out),
        };
        let deadline = sleep(entry.deadline);
        tokio::pin!(deadline);
        let work = Arc::clone(entry);
        let task = self.shared.tasks.spawn(async move { work.run(call, parameters).await });
        let mut running = Running { task, token, access: entry.access };
        let reply = loop {
            tokio::select! {
                done = &mut running.task => break done,
                Some(message) = progress.recv() => self.send_progress(&message).await?,
                () = &mut deadline => {
                    drop(running);
                    let message = format!("{} took longer than {} s", entry.name, entry.deadline.as_secs_f32());
                    return self.refuse(&Refusal::new(names::DEADLINE, message)).await;
                }
                end = self.hung_up() => return Err(end),
            }
        };
        while let Ok(message) = progress.try_recv() {
            self.send_progress(&message).await?;
        }
        match reply {
            Ok(Ok(reply)) => {
                let fds = std::mem::take(&mut *fds_out.lock().unwrap_or_else(PoisonError::into_inner));
                self.send_reply(&reply, &fds).await
            }
            Ok(Err(refusal)) => self.refuse(&refusal).await,
            Err(error) => {
                tracing::error!(method = entry.name, panic = error.is_panic(), "a handler failed");
                let message = format!("{} failed; the reason is in the service's log", entry.name);
                self.refuse(&Refusal::internal(message)).await
            }
        }
    }

    async fn send_progress(&self, message: &RawValue) -> Result<(), End> {
        let frame = frames::reply(message, true).map_err(io::Error::from)?;
        // A message that does not fit is left out: it is for the eye, the reply is what counts.
        if frame.len() > MAX_FRAME + 1 { Ok(()) } else { self.send(&frame, &[]).await }
    }

    async fn send_reply(&self, reply: &RawValue, fds: &[OwnedFd]) -> Result<(), End> {
        let frame = frames::reply(reply, false).map_err(io::Error::from)?;
        if frame.len() > MAX_FRAME + 1 {
            let message = format!("the reply is larger than {MAX_FRAME} bytes; ask for a smaller part");
            return self.refuse(&Refusal::new(names::REPLY_TOO_LARGE, message)).await;
        }
        self.send(&frame, fds).await
    }

    async fn refuse(&self, refusal: &Refusal) -> Result<(), End> {
        let frame = frames::refusal(refusal).map_err(io::Error::from)?;
        if frame.len() <= MAX_FRAME + 1 {
            return self.send(&frame, &[]).await;
        }
        let short = Refusal::new(refusal.name.clone(), "the error is too long to be told");
        self.send(&frames::refusal(&short).map_err(io::Error::from)?, &[]).await
    }

    async fn send(&self, frame: &[u8], fds: &[OwnedFd]) -> Result<(), End> {
        let fds: Vec<_> = fds.iter().map(AsFd::as_fd).collect();
        match timeout(self.shared.limits.write_time, send_frame(&self.stream, frame, &fds)).await {
            Ok(sent) => Ok(sent?),
            Err(_) => Err(End::SlowReader),
        }
    }
}

/// Whether the other end is closed for reading too. The end of the stream alone may be a half-close.
fn fully_closed(stream: &UnixStream) -> bool {
    let mut fds = [PollFd::new(stream, PollFlags::empty())];
    match rustix::event::poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })) {
        Ok(_) => fds[0].revents().intersects(PollFlags::HUP | PollFlags::ERR),
        Err(_) => true,
    }
}
