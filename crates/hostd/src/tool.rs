//! The few programs that the agent runs itself, as typed calls.
//!
//! Everything else that needs a program is a fixed unit ([`crate::Unit`]). A call is an enum, its arguments are made from
//! typed values, operands stand behind `--`, and no shell is involved. The program is started by its absolute path with
//! an empty environment, in a process group of its own; it has a deadline, and what it says is cut off at a limit.

use names::{AccountName, CryptHash, Uid};
use zeroize::Zeroizing;

use crate::error::HostError;

mod exec;

pub use exec::RealTools;

/// A group of the system that a tenant may be put into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SharedGroup {
    /// Those whom sshd gives SFTP and nothing else.
    Tenants,
}

impl SharedGroup {
    /// The group's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tenants => "holdfast-tenants",
        }
    }
}

/// One call of one program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tool {
    /// Makes the group of an account, with this id.
    AddGroup {
        /// The group's name.
        account: AccountName,
        /// Its id.
        gid: Uid,
    },
    /// Makes the user of an account: its own group and the tenants', no home made, no login shell, password locked.
    AddUser {
        /// The user's name.
        account: AccountName,
        /// Its id.
        uid: Uid,
        /// Its primary group, the account's own.
        gid: Uid,
        /// Absolute path of its home.
        home: String,
    },
    /// Sets primary group, home and shell of a user that is there to what [`Tool::AddUser`] would have set.
    RepairUser {
        /// The user's name.
        account: AccountName,
        /// Its primary group, the account's own.
        gid: Uid,
        /// Absolute path of its home.
        home: String,
    },
    /// Puts the user into a group of the system.
    JoinGroup {
        /// The user's name.
        account: AccountName,
        /// The group.
        group: SharedGroup,
    },
    /// Sets the password's hash; it goes in by standard input.
    SetPassword {
        /// The user's name.
        account: AccountName,
        /// The hash.
        hash: CryptHash,
    },
    /// Makes the password useless and keeps its hash; the account expires, so that keys are refused too.
    Lock {
        /// The user's name.
        account: AccountName,
    },
    /// Makes the password useless and keeps its hash; keys go on to work.
    LockPassword {
        /// The user's name.
        account: AccountName,
    },
    /// Takes [`Tool::Lock`] back. A user without a password stays without.
    Unlock {
        /// The user's name.
        account: AccountName,
        /// There is a hash to unlock; `usermod` refuses to leave an empty password.
        has_password: bool,
    },
    /// Removes the user; its group goes with it where `login.defs` says so. Its home stays.
    DeleteUser {
        /// The user's name.
        account: AccountName,
    },
    /// Removes the group.
    DeleteGroup {
        /// The group's name.
        account: AccountName,
    },
}

/// The login shell of tenants: none.
pub const NO_SHELL: &str = "/usr/sbin/nologin";

impl Tool {
    /// Absolute path of the program.
    pub fn program(&self) -> &'static str {
        match self {
            Self::AddGroup { .. } => "/usr/sbin/groupadd",
            Self::AddUser { .. } => "/usr/sbin/useradd",
            Self::RepairUser { .. }
            | Self::JoinGroup { .. }
            | Self::Lock { .. }
            | Self::LockPassword { .. }
            | Self::Unlock { .. } => "/usr/sbin/usermod",
            Self::SetPassword { .. } => "/usr/sbin/chpasswd",
            Self::DeleteUser { .. } => "/usr/sbin/userdel",
            Self::DeleteGroup { .. } => "/usr/sbin/groupdel",
        }
    }

    /// Its arguments.
    pub fn args(&self) -> Vec<String> {
        let own = |args: &[&str]| args.iter().map(|a| (*a).to_owned()).collect::<Vec<_>>();
        match self {
            Self::AddGroup { account, gid } => own(&["--gid", &gid.to_string(), "--", account.as_str()]),
            Self::AddUser { account, uid, gid, home } => own(&[
                "--uid",
                &uid.to_string(),
                "--gid",
                &gid.to_string(),
                "--home-dir",
                home,
                "--shell",
                NO_SHELL,
                "--no-create-home",
                "--groups",
                SharedGroup::Tenants.name(),
                "--no-user-group",
                "--no-log-init",
                // no ranges of ids for containers: a tenant has one uid
                "--key",
                "SUB_UID_COUNT=0",
                "--key",
                "SUB_GID_COUNT=0",
                "--",
                account.as_str(),
            ]),
            Self::RepairUser { account, gid, home } => {
                own(&["--gid", &gid.to_string(), "--home", home, "--shell", NO_SHELL, "--", account.as_str()])
            }
            Self::JoinGroup { account, group } => {
                own(&["--append", "--groups", group.name(), "--", account.as_str()])
            }
            Self::SetPassword { .. } => own(&["--encrypted"]),
            Self::Lock { account } => own(&["--lock", "--expiredate", "1", "--", account.as_str()]),
            Self::LockPassword { account } => own(&["--lock", "--", account.as_str()]),
            Self::Unlock { account, has_password: true } => {
                own(&["--unlock", "--expiredate", "", "--", account.as_str()])
            }
            Self::Unlock { account, has_password: false } => {
                own(&["--expiredate", "", "--", account.as_str()])
            }
            Self::DeleteUser { account } | Self::DeleteGroup { account } => own(&["--", account.as_str()]),
        }
    }

    /// What goes to its standard input.
    pub fn stdin(&self) -> Option<Zeroizing<String>> {
        match self {
            Self::SetPassword { account, hash } => {
                Some(Zeroizing::new(format!("{account}:{}\n", hash.expose())))
            }
            _ => None,
        }
    }

    /// For people, without secrets.
    pub fn summary(&self) -> String {
        match self {
            Self::AddGroup { account, gid } => format!("make group {account} ({gid})"),
            Self::AddUser { account, uid, .. } => format!("make user {account} ({uid})"),
            Self::RepairUser { account, .. } => format!("set group, home and shell of user {account}"),
            Self::JoinGroup { account, group } => format!("put user {account} into group {}", group.name()),
            Self::SetPassword { account, .. } => format!("set the password of user {account}"),
            Self::Lock { account } => format!("lock user {account}"),
            Self::LockPassword { account } => format!("lock the password of user {account}"),
            Self::Unlock { account, .. } => format!("unlock user {account}"),
            Self::DeleteUser { account } => format!("remove user {account}"),
            Self::DeleteGroup { account } => format!("remove group {account}"),
        }
    }
}

/// Runs tools.
pub trait Tools: Send + Sync {
    /// Runs one and waits for its end.
    fn run(&self, tool: &Tool) -> Result<(), HostError>;
}

#[cfg(test)]
mod tests;
