//! The calling side.

mod blocking;
pub(crate) mod frames;
mod peer;

use std::future::Future;
use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use serde_json::value::RawValue;
use tokio::net::UnixStream;

pub use blocking::BlockingClient;
pub use peer::Peer;

use crate::descriptors::{receive_some, send_frame};
use crate::error::WireError;
use crate::frame::FrameBuffer;
use crate::method::Method;
use crate::{MAX_FDS, MAX_FRAME};

/// What a caller waits beyond the method's deadline, so that the service's own answer about it can arrive.
const SLACK: Duration = Duration::from_secs(2);

/// What a caller waits for a service that takes no connections.
const CONNECT: Duration = Duration::from_secs(5);

const CHUNK: usize = 16 * 1024;

/// A reply with what came along.
#[derive(Debug)]
pub struct Answer<T> {
    /// The reply itself.
    pub reply: T,
    /// Descriptors that came with it.
    pub fds: Vec<OwnedFd>,
}

/// One connection. It carries one call at a time.
#[derive(Debug)]
pub struct Client {
    stream: UnixStream,
    buffer: FrameBuffer,
    chunk: Box<[u8]>,
    /// False while a call is under way, and for ever when it was given up in the middle: what arrives next could be
    /// the answer to that one.
    usable: bool,
}

impl Client {
    /// Connects to the socket at `path`.
    pub async fn connect(path: impl AsRef<Path>) -> Result<Self, WireError> {
        let path = path.as_ref();
        let connecting = UnixStream::connect(path);
        let stream = match tokio::time::timeout(CONNECT, connecting).await {
            Ok(connected) => connected,
            Err(_) => Err(io::ErrorKind::TimedOut.into()),
        };
        let stream = stream.map_err(|source| WireError::Connect { path: path.to_path_buf(), source })?;
        let chunk = vec![0; CHUNK].into_boxed_slice();
        Ok(Self { stream, buffer: FrameBuffer::default(), chunk, usable: true })
    }

    /// Calls a method and waits for its reply, at most its deadline and 2 s.
    pub fn call<'a, M: Method>(
        &'a mut self,
        request: &M,
    ) -> impl Future<Output = Result<M::Reply, WireError>> + Send + use<'a, M> {
        let frame = request_frame(M::NAME, request, false);
        async move {
            let answer = self.exchange(M::NAME, frame?, M::DEADLINE + SLACK, &[], |_| ()).await?;
            decode::<M>(&answer.reply)
        }
    }

    /// Calls a method with descriptors and progress messages, and takes the descriptors of the reply.
    pub fn call_with<'a, M: Method, P: FnMut(Value) + Send + 'a>(
        &'a mut self,
        request: &M,
        fds: &'a [BorrowedFd<'a>],
        on_progress: P,
    ) -> impl Future<Output = Result<Answer<M::Reply>, WireError>> + Send + use<'a, M, P> {
        let frame = request_frame(M::NAME, request, true);
        async move {
            let answer = self.exchange(M::NAME, frame?, M::DEADLINE + SLACK, fds, on_progress).await?;
            Ok(Answer { reply: decode::<M>(&answer.reply)?, fds: answer.fds })
        }
    }

    /// Calls a method by name with any JSON: for `holdfast agent call` and tests. Progress messages are asked for.
    pub async fn call_by_name(
        &mut self,
        method: &str,
        parameters: &Value,
        deadline: Duration,
        on_progress: impl FnMut(Value) + Send,
    ) -> Result<Value, WireError> {
        let frame = request_frame(method, parameters, true)?;
        let answer = self.exchange(method, frame, deadline + SLACK, &[], on_progress).await?;
        serde_json::from_str(answer.reply.get()).map_err(|error| WireError::Protocol(error.to_string()))
    }

    /// Whether another call may be made on this connection.
    pub fn is_usable(&self) -> bool {
        self.usable
    }

    async fn exchange(
        &mut self,
        method: &str,
        frame: Vec<u8>,
        deadline: Duration,
        fds: &[BorrowedFd<'_>],
        on_progress: impl FnMut(Value) + Send,
    ) -> Result<Answer<Box<RawValue>>, WireError> {
        if !self.usable {
            return Err(WireError::Closed);
        }
        if fds.len() > MAX_FDS {
            return Err(WireError::Protocol(format!("a request takes at most {MAX_FDS} descriptors")));
        }
        self.usable = false;
        let result = match tokio::time::timeout(deadline, self.round(&frame, fds, on_progress)).await {
            Ok(result) => result,
            Err(_) => Err(WireError::Timeout { method: method.to_owned(), after: deadline }),
        };
        // Both leave the connection between two calls.
        self.usable = matches!(result, Ok(_) | Err(WireError::Refused(_)));
        result
    }

    async fn round(
        &mut self,
        frame: &[u8],
        fds: &[BorrowedFd<'_>],
        mut on_progress: impl FnMut(Value) + Send,
    ) -> Result<Answer<Box<RawValue>>, WireError> {
        if let Err(error) = send_frame(&self.stream, frame, fds).await {
            // The service may have said why before it hung up ("busy"). Without that the write error stands.
            return match self.buffered_refusal().await {
                Some(refusal) => Err(refusal),
                None => Err(broken(error)),
            };
        }
        let mut received_fds = Vec::new();
        loop {
            while let Some(frame) = self.buffer.next().map_err(|_| WireError::TooLarge)? {
                match take_reply(&frame)? {
                    (message, true) => on_progress(to_value(&message)?),
                    (reply, false) => return Ok(Answer { reply, fds: received_fds }),
                }
            }
            let received = receive_some(&self.stream, &mut self.chunk).await.map_err(broken)?;
            if received.bytes == 0 {
                return Err(WireError::Closed);
            }
            received_fds.extend(received.fds);
            if received.fds_cut || received_fds.len() > MAX_FDS {
                return Err(WireError::Protocol("too many descriptors".to_owned()));
            }
            self.buffer.push(&self.chunk[..received.bytes]);
        }
    }

    async fn buffered_refusal(&mut self) -> Option<WireError> {
        let received = receive_some(&self.stream, &mut self.chunk).await.ok()?;
        self.buffer.push(&self.chunk[..received.bytes]);
        take_reply(&self.buffer.next().ok()??).err()
    }
}

fn request_frame(method: &str, parameters: &impl serde::Serialize, more: bool) -> Result<Vec<u8>, WireError> {
    let frame = frames::request(method, parameters, more)
        .map_err(|error| WireError::Protocol(format!("the request is not JSON: {error}")))?;
    if frame.len() > MAX_FRAME + 1 { Err(WireError::TooLarge) } else { Ok(frame) }
}

/// A reply frame: parameters, and whether more follows.
fn take_reply(frame: &[u8]) -> Result<(Box<RawValue>, bool), WireError> {
    Ok(frames::parse_reply(frame).map_err(WireError::Protocol)??)
}

fn decode<M: Method>(reply: &RawValue) -> Result<M::Reply, WireError> {
    serde_json::from_str(reply.get())
        .map_err(|error| WireError::Protocol(format!("the reply to {}: {error}", M::NAME)))
}

fn to_value(raw: &RawValue) -> Result<Value, WireError> {
    serde_json::from_str(raw.get()).map_err(|error| WireError::Protocol(error.to_string()))
}

/// A broken connection is the same to the caller whether the write or the read notices it.
fn broken(error: io::Error) -> WireError {
    match error.kind() {
        io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset => WireError::Closed,
        _ => WireError::Io(error),
    }
}
