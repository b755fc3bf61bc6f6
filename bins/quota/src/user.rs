//! User quotas of ext4, xfs and whatever else has them, by quotactl(2). An account is a user, so its quota is its files', wherever on
//! the file system they lie.

use std::collections::BTreeMap;

use account_spec::{QuotaFile, QuotaKind, QuotaSeen};
use names::Uid;
use nix::errno::Errno;
use nix::sys::quota::{Dqblk, QuotaType, QuotaValidFlags, quotactl_get, quotactl_set};

use crate::error::QuotaError;
use crate::homes::Homes;

/// The kernel's unit of limits (`QIF_DQBLKSIZE`).
const BLOCK: u64 = 1024;

type Seen = (QuotaKind, BTreeMap<Uid, QuotaSeen>, Option<String>);

/// What the kernel holds of these accounts.
pub(crate) fn look(homes: &Homes, files: &BTreeMap<Uid, QuotaFile>) -> Result<Seen, QuotaError> {
    if let Err(lacking) = check(homes)? {
        return Ok((QuotaKind::None, BTreeMap::new(), Some(lacking)));
    }
    let mut accounts = BTreeMap::new();
    for uid in files.keys() {
        let block = get(homes, id(*uid)).map_err(|e| failed(homes, "read a limit", e))?;
        let limit = |value: Option<u64>| value.filter(|limit| *limit > 0);
        let seen = QuotaSeen {
            counted: true,
            disk_bytes: limit(block.blocks_hard_limit()).map(|blocks| blocks.saturating_mul(BLOCK)),
            inodes: limit(block.inodes_hard_limit()),
            used_bytes: block.occupied_space(),
            used_inodes: block.allocated_inodes(),
        };
        accounts.insert(*uid, seen);
    }
    Ok((QuotaKind::User, accounts, None))
}

/// Sets the limits of one; none where there is no file.
pub(crate) fn set(homes: &Homes, uid: Uid, file: Option<&QuotaFile>) -> Result<(), QuotaError> {
    let wants = file.is_some_and(|file| file.disk_bytes.is_some() || file.inodes.is_some());
    if let Err(lacking) = check(homes)? {
        return if wants { Err(QuotaError::Lacking(lacking)) } else { Ok(()) };
    }
    let (blocks, inodes) = match file {
        Some(file) => (file.disk_bytes.unwrap_or(0) / BLOCK, file.inodes.unwrap_or(0)),
        None => (0, 0),
    };
    let mut block = Dqblk::default();
    block.set_blocks_hard_limit(blocks);
    // a soft limit would let more through for a week, and then suddenly nothing
    block.set_blocks_soft_limit(0);
    block.set_inodes_hard_limit(inodes);
    block.set_inodes_soft_limit(0);
    quotactl_set(QuotaType::USRQUOTA, homes.source.as_str(), id(uid), &block, QuotaValidFlags::QIF_LIMITS)
        .map_err(|e| failed(homes, "set a limit", e))
}

/// Why no user quota counts there, if none does. Root's own entry is the question, which every quota has.
fn check(homes: &Homes) -> Result<Result<(), String>, QuotaError> {
    let Homes { path, filesystem, .. } = homes;
    let remedy = match filesystem.as_str() {
        "ext4" | "ext3" => {
            "unmount it, `tune2fs -O quota -Q usrquota DEVICE`, add `usrquota` to its line in /etc/fstab, and mount it; for the root \
             file system that takes a boot from other media"
        }
        "xfs" => {
            "add `uquota` to its line in /etc/fstab (for the root file system `rootflags=uquota` on the kernel's command line), and boot"
        }
        _ => "put the homes on a file system of their own with quotas: ext4, xfs or btrfs",
    };
    let lacking = |what: &str| Ok(Err(format!("the file system of {path} ({filesystem}) {what}: {remedy}")));
    if !homes.source.starts_with('/') {
        return lacking("has no quotas");
    }
    match get(homes, 0) {
        Ok(_) => Ok(Ok(())),
        Err(Errno::ESRCH) => lacking("has its quotas turned off"),
        // no quotas in the kernel, on such a file system, or on such a device
        Err(
            Errno::ENOSYS | Errno::ENOTSUP | Errno::EINVAL | Errno::ENOTBLK | Errno::ENODEV | Errno::ENOENT,
        ) => lacking("has no quotas"),
        Err(error) => Err(failed(homes, "ask whether there are quotas", error)),
    }
}

fn get(homes: &Homes, uid: i32) -> Result<Dqblk, Errno> {
    quotactl_get(QuotaType::USRQUOTA, homes.source.as_str(), uid)
}

/// A user id as the call takes it; ours end far below the sign.
fn id(uid: Uid) -> i32 {
    i32::try_from(uid.get()).unwrap_or(i32::MAX)
}

fn failed(homes: &Homes, what: &'static str, source: Errno) -> QuotaError {
    QuotaError::Kernel { what, device: homes.source.clone(), source }
}
