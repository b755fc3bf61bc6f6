//! What is known of a file without opening it.

use rustix::fs::{FileType, Stat};

/// Kind of a directory entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FileKind {
    /// A regular file.
    File,
    /// A directory.
    Dir,
    /// A symbolic link, itself.
    Symlink,
    /// A FIFO, socket or device.
    Special,
}

/// Metadata of the thing itself; a link is never followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meta {
    /// What it is.
    pub kind: FileKind,
    /// Permission bits with setuid, setgid and sticky: `mode & 0o7777`.
    pub mode: u32,
    /// Owner's user id.
    pub uid: u32,
    /// Group id.
    pub gid: u32,
    /// Content length in bytes.
    pub size: u64,
    /// Space taken on disk, in bytes.
    pub disk_bytes: u64,
    /// Last change of the content, microseconds since 1970 UTC.
    pub mtime_micros: i64,
    /// Number of names (hard links).
    pub links: u64,
    /// Device and inode: equal for two names of one file.
    pub identity: (u64, u64),
}

impl FileKind {
    pub(crate) fn of(file_type: FileType) -> Self {
        match file_type {
            FileType::RegularFile => Self::File,
            FileType::Directory => Self::Dir,
            FileType::Symlink => Self::Symlink,
            _ => Self::Special,
        }
    }
}

impl Meta {
    // The widths of `stat`'s fields differ between machines; each conversion is lossless on the ones we build for.
    #[expect(
        clippy::unnecessary_cast,
        clippy::cast_sign_loss,
        clippy::cast_possible_wrap,
        reason = "stat's field types vary by architecture"
    )]
    pub(crate) fn of(stat: &Stat) -> Self {
        let mtime = (stat.st_mtime as i64).saturating_mul(1_000_000);
        Self {
            kind: FileKind::of(FileType::from_raw_mode(stat.st_mode)),
            mode: stat.st_mode & 0o7777,
            uid: stat.st_uid,
            gid: stat.st_gid,
            size: stat.st_size as u64,
            disk_bytes: (stat.st_blocks as u64).saturating_mul(512),
            mtime_micros: mtime.saturating_add(stat.st_mtime_nsec as i64 / 1000),
            links: stat.st_nlink as u64,
            identity: (stat.st_dev as u64, stat.st_ino as u64),
        }
    }
}
