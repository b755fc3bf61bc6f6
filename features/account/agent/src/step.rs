//! The steps that make or remove an account.

use account_spec::Limits;
use converge::{Describe, FileStep, Impact};
use hostd::Tool;
use names::{AccountName, ByteSize, Digest, Uid};

use crate::quota::QuotaWork;

/// One step about an account.
#[derive(Debug, Clone)]
pub enum Step {
    /// Note for good that the user id belongs to this account.
    NoteUid {
        /// The note's path.
        path: String,
        /// The note's content.
        text: String,
    },
    /// Run one of the user tools.
    Tool(Tool),
    /// Make the home, or set its mode and owner.
    Home {
        /// Absolute path.
        path: String,
        /// Owner.
        uid: u32,
        /// The web server's group.
        gid: u32,
        /// It is not there yet.
        new: bool,
    },
    /// Write or remove a file.
    File(FileStep),
    /// Let systemd read the slice's unit file.
    LoadSlice {
        /// The account.
        account: AccountName,
        /// The digest of the unit file, or the one that stands for no file.
        digest: Digest,
    },
    /// Listen for the agent on the worker's socket.
    ListenWorker(AccountName),
    /// Stop the worker and its socket.
    StopWorker(AccountName),
    /// Stop everything in the slice, and every process of the user outside it.
    StopProcesses {
        /// The account.
        account: AccountName,
        /// The user's id.
        uid: u32,
    },
    /// Have the quota unit hold the account's limits of the disk.
    Quota {
        /// The account.
        account: AccountName,
        /// The user's id.
        uid: Uid,
        /// What it is to do.
        work: QuotaWork,
    },
    /// Move the home to the trash.
    TrashHome {
        /// Absolute path.
        path: String,
        /// The account.
        account: AccountName,
    },
}

/// The limits of the disk in words.
fn limited(limits: &Limits) -> String {
    let size = limits
        .disk_bytes
        .map(|bytes| ByteSize::new(bytes).map_or_else(|_| bytes.to_string(), |s| s.to_string()));
    match (size, limits.inodes) {
        (None, None) => "no limit".to_owned(),
        (Some(size), None) => format!("at most {size}"),
        (None, Some(inodes)) => format!("at most {inodes} files"),
        (Some(size), Some(inodes)) => format!("at most {size} and {inodes} files"),
    }
}

impl Describe for Step {
    fn code(&self) -> &'static str {
        match self {
            Self::NoteUid { .. } => "uid.note",
            Self::Tool(tool) => match tool {
                Tool::AddGroup { .. } => "group.add",
                Tool::AddUser { .. } => "user.add",
                Tool::DeleteUser { .. } => "user.remove",
                Tool::DeleteGroup { .. } => "group.remove",
                _ => "user.change",
            },
            Self::Home { .. } => "home.make",
            Self::File(step) => step.code(),
            Self::LoadSlice { .. } => "unit.load",
            Self::ListenWorker(_) => "unit.start",
            Self::StopWorker(_) => "unit.stop",
            Self::StopProcesses { .. } => "processes.stop",
            Self::Quota { work: QuotaWork::Clear, .. } => "quota.clear",
            Self::Quota { .. } => "quota.set",
            Self::TrashHome { .. } => "home.trash",
        }
    }

    fn summary(&self) -> String {
        match self {
            Self::NoteUid { path, .. } => format!("note in {path} that this user id is taken for good"),
            Self::Tool(tool) => tool.summary(),
            Self::Home { path, uid, gid, new: true } => format!("make home {path} (0710, {uid}:{gid})"),
            Self::Home { path, uid, gid, new: false } => {
                format!("set mode 0710 and owner {uid}:{gid} of {path}")
            }
            Self::File(step) => step.summary(),
            Self::LoadSlice { account, .. } => format!("load the limits of holdfast-{account}.slice"),
            Self::ListenWorker(account) => format!("listen for calls to the worker of {account}"),
            Self::StopWorker(account) => format!("stop the worker of {account}"),
            Self::StopProcesses { account, .. } => format!("stop all processes of {account}"),
            Self::Quota { account, work, .. } => match work {
                QuotaWork::Make(limits) => {
                    format!("make the home of {account} as a subvolume of its own ({})", limited(limits))
                }
                QuotaWork::Hold(limits) => {
                    format!("limit what {account} keeps on the disk: {}", limited(limits))
                }
                QuotaWork::Clear => format!("take the disk limits of {account} away"),
            },
            Self::TrashHome { path, .. } => format!("move {path} to the trash"),
        }
    }

    fn impact(&self) -> Impact {
        match self {
            Self::StopProcesses { .. } | Self::StopWorker(_) => Impact::Restart,
            Self::TrashHome { .. } => Impact::DataLoss,
            _ => Impact::None,
        }
    }

    fn path(&self) -> Option<&str> {
        match self {
            Self::NoteUid { path, .. } | Self::Home { path, .. } | Self::TrashHome { path, .. } => Some(path),
            Self::File(step) => step.path(),
            _ => None,
        }
    }

    fn diff(&self) -> Option<String> {
        match self {
            Self::File(step) => step.diff(),
            _ => None,
        }
    }
}
