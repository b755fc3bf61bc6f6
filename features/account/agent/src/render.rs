//! The files of an account: its slice, its SFTP keys, and the claim on its user id.

use std::fmt::Write;

use account_spec::{AccountSpec, QuotaFile};
use converge::ManagedFile;
use hostd::Unit;
use names::AccountId;

const MIB: u64 = 1024 * 1024;

/// The content of the note.
pub(crate) fn uid_note_text(id: AccountId) -> String {
    format!("{id}\n")
}

/// The slice's unit file; the memory limit throttles from seven eighths on.
pub(crate) fn slice(spec: &AccountSpec) -> ManagedFile {
    let limits = &spec.limits;
    let high = limits.memory_bytes / 8 * 7 / MIB * MIB;
    let text = format!(
        "# Managed by Holdfast. An edit is noticed and kept, but not taken over: `holdfast drift` shows it.\n\
         [Unit]\n\
         Description=Everything that account {name} runs\n\
         \n\
         [Slice]\n\
         CPUAccounting=yes\n\
         MemoryAccounting=yes\n\
         IOAccounting=yes\n\
         TasksAccounting=yes\n\
         CPUQuota={cpu}%\n\
         MemoryHigh={high}\n\
         MemoryMax={max}\n\
         MemorySwapMax={swap}\n\
         TasksMax={tasks}\n\
         IOWeight={io}\n\
         ManagedOOMMemoryPressure=kill\n",
        name = spec.name,
        cpu = limits.cpu_percent,
        max = limits.memory_bytes,
        swap = limits.memory_bytes / 4,
        tasks = limits.tasks,
        io = limits.io_weight,
    );
    ManagedFile::root(format!("/etc/systemd/system/{}", Unit::AccountSlice(spec.name.clone())), text)
}

/// The keys that open SFTP. Root's file outside the home: the tenant cannot change it, nor what a key may do.
pub(crate) fn keys(spec: &AccountSpec) -> Option<ManagedFile> {
    if spec.suspended || spec.ssh_keys.is_empty() {
        return None;
    }
    let mut lines = String::new();
    for key in &spec.ssh_keys {
        // writing to a string cannot fail
        let _ = writeln!(lines, "restrict,command=\"internal-sftp\" {key}");
    }
    Some(ManagedFile::root(format!("/etc/ssh/holdfast-keys/{}", spec.name), lines))
}

/// The limits of the disk, for the quota unit.
pub(crate) fn quota(spec: &AccountSpec) -> ManagedFile {
    let mut text = format!(
        "# Managed by Holdfast. An edit is noticed and kept, but not taken over: `holdfast drift` shows it.\n\
         account = \"{}\"\n",
        spec.name
    );
    for (key, limit) in [("disk_bytes", spec.limits.disk_bytes), ("inodes", spec.limits.inodes)] {
        if let Some(limit) = limit {
            // writing to a string cannot fail
            let _ = writeln!(text, "{key} = {limit}");
        }
    }
    ManagedFile::root(QuotaFile::path(spec.uid), text)
}

/// All files that are written and removed with the account.
pub(crate) fn files(spec: &AccountSpec) -> Vec<ManagedFile> {
    [Some(slice(spec)), keys(spec), Some(quota(spec))].into_iter().flatten().collect()
}
