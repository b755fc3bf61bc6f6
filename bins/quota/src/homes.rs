//! On which file system the homes are, from the kernel's own table (`proc_pid_mountinfo(5)`).

use std::fs;
use std::os::unix::fs::MetadataExt;

use names::AccountName;

use crate::error::QuotaError;

const TABLE: &str = "/proc/self/mountinfo";
/// The inode of the top of every subvolume (`BTRFS_FIRST_FREE_OBJECTID`).
const TOP_OF_SUBVOLUME: u64 = 256;

/// The homes' root and what it lies on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Homes {
    /// Absolute path.
    pub(crate) path: String,
    /// `ext4`, `btrfs`, ...
    pub(crate) filesystem: String,
    /// The device, or what stands for one.
    pub(crate) source: String,
    /// The homes' root as a path within the file system, without a slash at either end.
    pub(crate) within: String,
}

/// What is at the place of a home.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Home {
    Missing,
    Subvolume,
    Other,
}

impl Homes {
    /// Where the homes are on this machine.
    pub(crate) fn find(path: &str) -> Result<Self, QuotaError> {
        let table = fs::read_to_string(TABLE).map_err(|e| QuotaError::io(TABLE, e))?;
        Self::in_table(path, &table)
            .ok_or_else(|| QuotaError::Lacking(format!("no file system holds {path}; see {TABLE}")))
    }

    /// The last mount of the longest path: of two on one place, the later one is seen.
    pub(crate) fn in_table(path: &str, table: &str) -> Option<Self> {
        let mut found: Option<(usize, Self)> = None;
        for line in table.lines() {
            let (mount, filesystem) = line.split_once(" - ")?;
            let mut mount = mount.split(' ').skip(3);
            let (root, point) = (plain(mount.next()?), plain(mount.next()?));
            let mut filesystem = filesystem.split(' ');
            let (kind, source) = (filesystem.next()?, plain(filesystem.next()?));
            let below = match point.as_str() {
                "/" => path,
                point => match path.strip_prefix(point) {
                    Some(below) if below.is_empty() || below.starts_with('/') => below,
                    _ => continue,
                },
            };
            if found.as_ref().is_some_and(|(length, _)| *length > point.len()) {
                continue;
            }
            let within = format!("{}/{}", root.trim_matches('/'), below.trim_matches('/'));
            let homes = Self {
                path: path.to_owned(),
                filesystem: kind.to_owned(),
                source,
                within: within.trim_matches('/').to_owned(),
            };
            found = Some((point.len(), homes));
        }
        found.map(|(_, homes)| homes)
    }

    pub(crate) fn is_btrfs(&self) -> bool {
        self.filesystem == "btrfs"
    }

    /// The absolute path of an account's home.
    pub(crate) fn home(&self, account: &AccountName) -> String {
        format!("{}/{account}", self.path)
    }

    /// What is there. Only the entry in the homes' root is looked at, which is root's.
    pub(crate) fn at(&self, account: &AccountName) -> Result<Home, QuotaError> {
        let path = self.home(account);
        match fs::symlink_metadata(&path) {
            Ok(meta) if meta.is_dir() && self.is_btrfs() && meta.ino() == TOP_OF_SUBVOLUME => {
                Ok(Home::Subvolume)
            }
            Ok(_) => Ok(Home::Other),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Home::Missing),
            Err(error) => Err(QuotaError::io(path, error)),
        }
    }

    /// The account's home as a path within the file system.
    pub(crate) fn home_within(&self, account: &AccountName) -> String {
        if self.within.is_empty() { account.to_string() } else { format!("{}/{account}", self.within) }
    }
}

/// A field without the kernel's escapes (`\040` for a space).
fn plain(field: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = field.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let octal = (first == b'\\').then(|| after.get(..3)).flatten();
        let number = octal
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 8).ok());
        if let Some(byte) = number {
            bytes.push(byte);
            rest = &after[3..];
        } else {
            bytes.push(first);
            rest = after;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
