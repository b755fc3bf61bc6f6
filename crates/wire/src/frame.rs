//! Cutting a byte stream into frames.

use crate::MAX_FRAME;

/// The peer sent more than [`MAX_FRAME`] bytes without a NUL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooLarge;

/// Bytes that have arrived and are not yet taken as frames.
#[derive(Debug, Default)]
pub(crate) struct FrameBuffer {
    bytes: Vec<u8>,
    /// Where the next frame starts; what is before has been taken.
    start: usize,
    /// Up to where no NUL was found.
    scanned: usize,
}

impl FrameBuffer {
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        if self.start == self.bytes.len() {
            self.bytes.clear();
            self.start = 0;
            self.scanned = 0;
        } else if self.start > MAX_FRAME / 2 {
            self.bytes.drain(..self.start);
            self.scanned -= self.start;
            self.start = 0;
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// The next whole frame, without its NUL.
    pub(crate) fn next(&mut self) -> Result<Option<Vec<u8>>, TooLarge> {
        let found = self.bytes[self.scanned..].iter().position(|byte| *byte == 0);
        let end = found.map_or(self.bytes.len(), |at| self.scanned + at);
        if end - self.start > MAX_FRAME {
            return Err(TooLarge);
        }
        if found.is_none() {
            self.scanned = end;
            return Ok(None);
        }
        let frame = self.bytes[self.start..end].to_vec();
        self.start = end + 1;
        self.scanned = self.start;
        Ok(Some(frame))
    }

    /// How many bytes wait.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len() - self.start
    }

    /// Whether the waiting bytes are at most one frame: no byte after a NUL. Descriptors that arrive belong to that
    /// frame and to no other.
    #[cfg(feature = "server")]
    pub(crate) fn holds_one_frame(&self) -> bool {
        match self.bytes[self.start..].iter().position(|byte| *byte == 0) {
            Some(at) => at + 1 == self.len(),
            None => true,
        }
    }
}

#[cfg(test)]
mod tests;
