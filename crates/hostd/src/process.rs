//! The processes of a user, by the kernel's own list.

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use crate::error::HostError;
use crate::host::Host;

/// The process ids that run under a user id (any of real, effective, saved and file-system id).
pub fn processes_of(host: &Host, uid: u32) -> Result<Vec<u32>, HostError> {
    let mut found = Vec::new();
    for (name, _) in host.files().list("/proc")? {
        let Ok(pid) = name.parse::<u32>() else { continue };
        if is_of(host, pid, uid) {
            found.push(pid);
        }
    }
    Ok(found)
}

/// Ends every process of a user at once. A process that came or went meanwhile is no error; the next pass sees it.
///
/// Each is pinned before its user is asked for, so that no signal reaches a later process of the same number.
pub fn kill_processes_of(host: &Host, uid: u32) -> Result<(), HostError> {
    for pid in processes_of(host, uid)? {
        let Some(id) = i32::try_from(pid).ok().and_then(Pid::from_raw) else { continue };
        let Ok(pinned) = pidfd_open(id, PidfdFlags::empty()) else { continue };
        if is_of(host, pid, uid) {
            // an error means that it has ended
            let _ = pidfd_send_signal(&pinned, Signal::KILL);
        }
    }
    Ok(())
}

fn is_of(host: &Host, pid: u32, uid: u32) -> bool {
    // a process may end between the listing and the look
    let Ok(Some(status)) = host.files().read_text(&format!("/proc/{pid}/status")) else { return false };
    let ids = status.lines().find_map(|line| line.strip_prefix("Uid:"));
    ids.is_some_and(|ids| ids.split_whitespace().any(|id| id.parse() == Ok(uid)))
}
