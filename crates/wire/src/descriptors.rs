//! Bytes and descriptors over a unix socket: one `recvmsg`, one `sendmsg`.

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags,
};

use crate::MAX_FDS;

/// What one read brought.
pub(crate) struct Received {
    /// Bytes read; 0 at the end of the stream.
    pub(crate) bytes: usize,
    /// Descriptors, close-on-exec.
    pub(crate) fds: Vec<OwnedFd>,
    /// More descriptors were sent than may be; the kernel has closed the rest.
    pub(crate) fds_cut: bool,
}

/// Reads once into `buffer`.
pub(crate) fn receive(socket: impl AsFd, buffer: &mut [u8]) -> io::Result<Received> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_FDS))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let result =
        rustix::net::recvmsg(socket, &mut [IoSliceMut::new(buffer)], &mut control, RecvFlags::CMSG_CLOEXEC)?;
    let mut fds = Vec::new();
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(rights) = message {
            fds.extend(rights);
        }
    }
    Ok(Received { bytes: result.bytes, fds, fds_cut: result.flags.contains(ReturnFlags::CTRUNC) })
}

/// Writes once, descriptors along with the first byte; answers how many bytes went.
pub(crate) fn send(socket: impl AsFd, bytes: &[u8], fds: &[BorrowedFd<'_>]) -> io::Result<usize> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_FDS))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !fds.is_empty() && !control.push(SendAncillaryMessage::ScmRights(fds)) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "too many descriptors for one frame"));
    }
    Ok(rustix::net::sendmsg(socket, &[IoSlice::new(bytes)], &mut control, SendFlags::NOSIGNAL)?)
}

/// Writes a whole frame on a tokio stream. Not cancel-safe: a frame that was begun must be ended or the connection
/// dropped.
pub(crate) async fn send_frame(
    stream: &tokio::net::UnixStream,
    frame: &[u8],
    fds: &[BorrowedFd<'_>],
) -> io::Result<()> {
    let mut sent = 0;
    while sent < frame.len() {
        let fds = if sent == 0 { fds } else { &[] };
        let interest = tokio::io::Interest::WRITABLE;
        sent += stream.async_io(interest, || send(stream, &frame[sent..], fds)).await?;
    }
    Ok(())
}

/// Reads once on a tokio stream. Cancel-safe.
pub(crate) async fn receive_some(stream: &tokio::net::UnixStream, buffer: &mut [u8]) -> io::Result<Received> {
    stream.async_io(tokio::io::Interest::READABLE, || receive(stream, buffer)).await
}
