//! Calls from code that is not async.

use std::io;
use std::os::fd::BorrowedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, socket_with};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::client::{Answer, CHUNK, CONNECT, broken, decode, request_frame, take_reply, to_value};
use crate::descriptors::{receive, send};
use crate::error::WireError;
use crate::frame::FrameBuffer;
use crate::method::Method;
use crate::{MAX_FDS, MAX_FRAME};

/// One connection, used by one thread, one call at a time.
#[derive(Debug)]
pub struct BlockingClient {
    stream: UnixStream,
    buffer: FrameBuffer,
    usable: bool,
}

impl BlockingClient {
    /// Connects to the socket at `path`. Waits at most 5 s for a service that takes no connections.
    pub fn connect(path: impl AsRef<Path>) -> Result<Self, WireError> {
        let path = path.as_ref();
        match connect(path) {
            Ok(stream) => Ok(Self { stream, buffer: FrameBuffer::default(), usable: true }),
            Err(source) => Err(WireError::Connect { path: path.to_path_buf(), source }),
        }
    }

    /// Calls a method and waits for its reply, at most `deadline`.
    pub fn call<M: Method>(&mut self, request: &M, deadline: Duration) -> Result<M::Reply, WireError> {
        let frame = request_frame(M::NAME, request, false)?;
        let answer = self.exchange(M::NAME, &frame, deadline, &[], |_| ())?;
        decode::<M>(&answer.reply)
    }

    /// Calls a method with descriptors and progress messages, and takes the descriptors of the reply.
    pub fn call_with<M: Method>(
        &mut self,
        request: &M,
        deadline: Duration,
        fds: &[BorrowedFd<'_>],
        on_progress: impl FnMut(Value),
    ) -> Result<Answer<M::Reply>, WireError> {
        let frame = request_frame(M::NAME, request, true)?;
        let answer = self.exchange(M::NAME, &frame, deadline, fds, on_progress)?;
        Ok(Answer { reply: decode::<M>(&answer.reply)?, fds: answer.fds })
    }

    /// Whether another call may be made on this connection.
    pub fn is_usable(&self) -> bool {
        self.usable
    }

    fn exchange(
        &mut self,
        method: &str,
        frame: &[u8],
        deadline: Duration,
        fds: &[BorrowedFd<'_>],
        on_progress: impl FnMut(Value),
    ) -> Result<Answer<Box<RawValue>>, WireError> {
        if !self.usable {
            return Err(WireError::Closed);
        }
        if fds.len() > MAX_FDS {
            return Err(WireError::Protocol(format!("a request takes at most {MAX_FDS} descriptors")));
        }
        self.usable = false;
        let result =
            self.round(frame, Instant::now() + deadline, fds, on_progress).map_err(|error| match error {
                WireError::Io(error) if is_timeout(&error) => {
                    WireError::Timeout { method: method.to_owned(), after: deadline }
                }
                error => error,
            });
        self.usable = matches!(result, Ok(_) | Err(WireError::Refused(_)));
        result
    }

    fn round(
        &mut self,
        frame: &[u8],
        until: Instant,
        fds: &[BorrowedFd<'_>],
        mut on_progress: impl FnMut(Value),
    ) -> Result<Answer<Box<RawValue>>, WireError> {
        let mut sent = 0;
        while sent < frame.len() {
            self.stream.set_write_timeout(Some(left(until)?)).map_err(WireError::Io)?;
            let fds = if sent == 0 { fds } else { &[] };
            match send(&self.stream, &frame[sent..], fds) {
                Ok(count) => sent += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // What the service said before it hung up ("busy") is read below.
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => break,
                Err(error) => return Err(broken(error)),
            }
        }
        let mut received_fds = Vec::new();
        let mut chunk = vec![0; CHUNK];
        loop {
            while let Some(frame) = self.buffer.next().map_err(|_| WireError::TooLarge)? {
                match take_reply(&frame)? {
                    (message, true) => on_progress(to_value(&message)?),
                    (reply, false) => return Ok(Answer { reply, fds: received_fds }),
                }
            }
            self.stream.set_read_timeout(Some(left(until)?)).map_err(WireError::Io)?;
            let received = match receive(&self.stream, &mut chunk) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                received => received.map_err(broken)?,
            };
            if received.bytes == 0 {
                return Err(WireError::Closed);
            }
            received_fds.extend(received.fds);
            if received.fds_cut || received_fds.len() > MAX_FDS {
                return Err(WireError::Protocol("too many descriptors".to_owned()));
            }
            self.buffer.push(&chunk[..received.bytes]);
            debug_assert!(self.buffer.len() <= MAX_FRAME + 1 + CHUNK);
        }
    }
}

/// Without the timeout, a queue full of connections that nobody takes would be waited for without end.
fn connect(path: &Path) -> io::Result<UnixStream> {
    let address = SocketAddrUnix::new(path)?;
    let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
    set_socket_timeout(&socket, Timeout::Send, Some(CONNECT))?;
    rustix::net::connect(&socket, &address)?;
    Ok(UnixStream::from(socket))
}

/// Time left; an error that reads as a timeout when there is none.
fn left(until: Instant) -> Result<Duration, WireError> {
    match until.checked_duration_since(Instant::now()) {
        // A socket's timeout of 0 would mean "for ever".
        Some(left) if left > Duration::from_millis(1) => Ok(left),
        _ => Err(WireError::Io(io::ErrorKind::TimedOut.into())),
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock)
}
