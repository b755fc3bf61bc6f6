//! Stops the PHP of pools that nobody asks: its socket stays, and the next request starts it again.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hostd::{Active, Host, HostError, Unit, UnitSet};
use names::{Micros, PoolName};

/// Processor time between two looks that a sleeping master may take.
const IDLE_CPU_MICROS: u64 = 100_000;

/// What was seen of one running pool.
#[derive(Debug, Clone, Copy)]
struct Seen {
    quiet_since: Micros,
    cpu_micros: u64,
}

/// Looks now and then at every running pool. A pool is quiet while its cgroup holds nothing but the master, and that
/// master takes no processor time to speak of.
#[derive(Debug, Default)]
pub struct IdleStopper {
    seen: Mutex<BTreeMap<PoolName, Seen>>,
}

impl IdleStopper {
    /// One look; answers the pools that were stopped. One call to systemd for all, and two small reads a running pool.
    pub fn tick(&self, host: &Host) -> Result<Vec<PoolName>, HostError> {
        let limit = Duration::from_secs(u64::from(host.bounds().work.pool_idle_seconds));
        let now = host.now();
        let listed = host.systemd().list(UnitSet::Pools)?;
        let running = listed
            .iter()
            .filter(|(_, unit)| unit.active == Active::Active)
            .filter_map(|(name, _)| pool(name));
        let mut before = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let mut after = BTreeMap::new();
        let mut stopped = Vec::new();
        for pool in running {
            let Some((processes, cpu_micros)) = look(host, &pool)? else { continue };
            let known = before.get(&pool);
            let quiet = processes <= 1
                && known.is_none_or(|seen| cpu_micros.saturating_sub(seen.cpu_micros) < IDLE_CPU_MICROS);
            let quiet_since = known.filter(|_| quiet).map_or(now, |seen| seen.quiet_since);
            if quiet && now.since(quiet_since) >= limit {
                let unit = Unit::PhpPoolService(pool.clone());
                host.systemd().stop(&unit)?.require_done("stop", &unit)?;
                stopped.push(pool);
            } else {
                after.insert(pool, Seen { quiet_since, cpu_micros });
            }
        }
        *before = after;
        Ok(stopped)
    }
}

fn pool(unit: &str) -> Option<PoolName> {
    PoolName::parse(unit.strip_prefix("holdfast-php-")?.strip_suffix(".service")?).ok()
}

/// Processes in the pool's cgroup, and the processor time that it took in all.
fn look(host: &Host, pool: &PoolName) -> Result<Option<(usize, u64)>, HostError> {
    let Some(cgroup) = host.systemd().state(&Unit::PhpPoolService(pool.clone()))?.control_group else {
        return Ok(None);
    };
    let read = |file: &str| host.files().read_text(&format!("/sys/fs/cgroup{cgroup}/{file}"));
    let Some(processes) = read("cgroup.procs")? else { return Ok(None) };
    let cpu = read("cpu.stat")?.unwrap_or_default();
    let micros =
        cpu.lines().find_map(|line| line.strip_prefix("usage_usec ")?.trim().parse().ok()).unwrap_or(0);
    Ok(Some((processes.lines().count(), micros)))
}
