//! The steps that make or remove an account.

use converge::{Describe, FileStep, Impact};
use hostd::Tool;
use names::{AccountName, Digest};

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
    /// Move the home to the trash.
    TrashHome {
        /// Absolute path.
        path: String,
        /// The account.
        account: AccountName,
    },
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
