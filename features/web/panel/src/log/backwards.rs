//! Lines of a file, the last first.

use std::fs::File;
use std::io::{ErrorKind, Result};
use std::os::unix::fs::FileExt;

/// Read at once, in bytes.
const CHUNK: u64 = 64 * 1024;
/// A line is searched for its beginning so far, in bytes: the agent writes none that is longer. What is longer all the same is told in pieces.
const LONGEST: u64 = 8 << 20;
/// So much of a line is looked at, in bytes: nginx takes nothing from a visitor that would be longer.
pub(super) const LOOKED_AT: u64 = 256 * 1024;

/// See the module. Memory stays small, whatever the file holds.
#[derive(Debug)]
pub(super) struct Backwards<'a> {
    file: &'a File,
    /// Everything from here on is told.
    end: u64,
    chunk: Vec<u8>,
    /// Where the chunk begins.
    from: u64,
    /// Bytes that were read so far.
    pub(super) read: u64,
}

/// A line, without its line feed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// Where it begins.
    pub(super) start: u64,
    /// The first [`LOOKED_AT`] bytes of it.
    pub(super) text: Vec<u8>,
    /// There is more of it.
    pub(super) is_cut: bool,
}

impl<'a> Backwards<'a> {
    /// The lines before a byte.
    pub(super) fn new(file: &'a File, end: u64) -> Self {
        Self { file, end, chunk: Vec::new(), from: end, read: 0 }
    }

    /// Where the last line that is whole ends, of a file of so many bytes.
    pub(super) fn whole(file: &File, size: u64) -> Result<u64> {
        let mut lines = Backwards::new(file, size);
        match lines.feed(size)? {
            Some(feed) => Ok(feed + 1),
            None => Ok(0),
        }
    }

    /// The next line; none at the file's beginning, or where somebody cut the file off.
    pub(super) fn line(&mut self) -> Result<Option<Found>> {
        let Some(last) = self.end.checked_sub(1) else { return Ok(None) };
        let start = match self.feed(last) {
            Ok(feed) => feed.map_or(self.end.saturating_sub(LONGEST), |feed| feed + 1),
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
            Err(error) => return Err(error),
        };
        let len = (self.end - start).min(LOOKED_AT);
        let chunk_end = self.from + self.chunk.len() as u64;
        let mut text = if start >= self.from && start + len <= chunk_end {
            let at = to_usize(start - self.from);
            self.chunk[at..at + to_usize(len)].to_vec()
        } else {
            let mut text = vec![0; to_usize(len)];
            self.file.read_exact_at(&mut text, start)?;
            self.read += len;
            text
        };
        let is_cut = self.end - start > LOOKED_AT;
        if !is_cut && text.last() == Some(&b'\n') {
            text.pop();
        }
        self.end = start;
        Ok(Some(Found { start, text, is_cut }))
    }

    /// The last line feed before a byte; none where there is none, or none near.
    fn feed(&mut self, before: u64) -> Result<Option<u64>> {
        let mut at = before;
        while at > 0 && before - at < LONGEST {
            let is_held = at > self.from && at <= self.from + self.chunk.len() as u64;
            if !is_held {
                self.load(at)?;
            }
            let held = &self.chunk[..to_usize(at - self.from)];
            if let Some(feed) = held.iter().rposition(|byte| *byte == b'\n') {
                return Ok(Some(self.from + feed as u64));
            }
            at = self.from;
        }
        Ok(None)
    }

    fn load(&mut self, end: u64) -> Result<()> {
        self.from = end.saturating_sub(CHUNK);
        self.chunk.resize(to_usize(end - self.from), 0);
        self.read += end - self.from;
        let loaded = self.file.read_exact_at(&mut self.chunk, self.from);
        if loaded.is_err() {
            self.chunk.clear();
        }
        loaded
    }
}

/// Of a part of a file that fits into memory.
fn to_usize(len: u64) -> usize {
    usize::try_from(len).unwrap_or(usize::MAX)
}
