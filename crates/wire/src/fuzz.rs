//! The parsers as functions of bytes, for the fuzz targets. Nothing else uses them.

use crate::frame::FrameBuffer;
use crate::{client, server};

/// Feeds a byte stream, cut into reads of `step` bytes (at least 1), to the cutting of frames and to both parsers.
/// Answers how many frames were requests.
pub fn stream(bytes: &[u8], step: usize) -> usize {
    let mut buffer = FrameBuffer::default();
    let mut requests = 0;
    for read in bytes.chunks(step.max(1)) {
        buffer.push(read);
        while let Ok(Some(frame)) = buffer.next() {
            requests += usize::from(server::frames::parse_request(&frame).is_ok());
            let _ = client::frames::parse_reply(&frame);
        }
    }
    requests
}
