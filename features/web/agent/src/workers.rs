//! nginx's worker processes, by the kernel's own list. After a reload the old ones go on accepting for a moment: a change
//! is served for certain only when none of them does any more.

use hostd::{Host, HostError, UnitState};

/// The workers of nginx in this state; none where it does not run.
pub(crate) fn accepting(host: &Host, nginx: &UnitState) -> Result<Vec<u32>, HostError> {
    let Some(cgroup) = &nginx.control_group else { return Ok(Vec::new()) };
    let listed = host.files().read_text(&format!("/sys/fs/cgroup{cgroup}/cgroup.procs"))?.unwrap_or_default();
    let pids = listed.lines().filter_map(|line| line.trim().parse().ok());
    Ok(pids.filter(|pid| Some(*pid) != nginx.main_pid && accepts(host, *pid)).collect())
}

/// Whether this process is a worker that still takes connections. One that was told to end says so in its title before it
/// closes its listening sockets.
pub(crate) fn accepts(host: &Host, pid: u32) -> bool {
    let title = host.files().read(&format!("/proc/{pid}/cmdline")).ok().flatten().unwrap_or_default();
    let title = String::from_utf8_lossy(&title);
    title.starts_with("nginx: worker process") && !title.contains("shutting down")
}
