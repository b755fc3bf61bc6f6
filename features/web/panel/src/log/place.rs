//! Places in a log.

use std::fmt;
use std::fs::File;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::str::FromStr;

use names::{Digest, NameError};

/// So much of a file's beginning tells it from another that got its inode later.
const BEGINNING: usize = 512;

/// Which file, whatever its number is by now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct FileKey(u128);

impl FileKey {
    /// The key of a file; none where its first line is not whole yet.
    pub(crate) fn of(file: &File) -> std::io::Result<Option<Self>> {
        let mut bytes = [0; BEGINNING];
        let mut len = 0;
        while len < bytes.len() {
            match file.read_at(&mut bytes[len..], len as u64) {
                Ok(0) => break,
                Ok(read) => len += read,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        let line = bytes[..len].iter().position(|byte| *byte == b'\n');
        let Some(end) = line.or((len == bytes.len()).then_some(len)) else { return Ok(None) };
        let inode = file.metadata()?.ino();
        let digest = Digest::of_parts([inode.to_string().as_bytes(), &bytes[..end]]).to_string();
        let digits = digest.get(..32).unwrap_or_default();
        Ok(u128::from_str_radix(digits, 16).ok().map(Self))
    }
}

impl fmt::Display for FileKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl FromStr for FileKey {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let refused =
            || NameError::new("bad_file", "this is not a file of a log", "take one that the list names");
        let is_hex = text.len() == 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if !is_hex {
            return Err(refused());
        }
        u128::from_str_radix(text, 16).map(Self).map_err(|_| refused())
    }
}

/// A byte of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub(crate) file: FileKey,
    pub(crate) offset: u64,
}

impl Place {
    /// Before everything: the place in a log that has no line yet.
    pub const BEGINNING: Self = Self { file: FileKey(0), offset: 0 };
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.file, self.offset)
    }
}

impl FromStr for Place {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let refused = || {
            NameError::new("bad_cursor", "this is not a place in a log", "send a cursor that an answer gave")
        };
        let (file, offset) = text.split_once('-').ok_or_else(refused)?;
        let (file, offset) = (file.parse().map_err(|_| refused())?, offset.parse().map_err(|_| refused())?);
        let place = Self { file, offset };
        if place.to_string() == text { Ok(place) } else { Err(refused()) }
    }
}
