//! Stops the PHP of pools that nobody asks: its socket stays, and the next request starts it again.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hostd::{Active, Host, HostError, Unit, UnitSet};
use names::PoolName;

/// Processor time between two looks that a sleeping master may take.
const IDLE_CPU_MICROS: u64 = 100_000;

/// What was seen of one running pool.
#[derive(Debug, Clone, Copy)]
struct Seen {
    /// By [`Host::elapsed`].
    quiet_since: Duration,
    cpu_micros: u64,
}

/// Looks now and then at every running pool. A pool is quiet while its cgroup holds nothing but the master, and that
/// master takes no processor time to speak of.
#[derive(Debug, Default)]
pub struct IdleStopper {
    seen: Mutex<BTreeMap<PoolName, Seen>>,
}

impl IdleStopper {
    /// One look; answers the pools that were stopped. One call to systemd for all, and two small reads a running pool. A
    /// pool that cannot be looked at or stopped is left for the next look, and holds up no other.
    pub fn tick(&self, host: &Host) -> Result<Vec<PoolName>, HostError> {
        let limit = Duration::from_secs(u64::from(host.bounds().work.pool_idle_seconds));
        let now = host.elapsed();
        let listed = host.systemd().list(UnitSet::Pools)?;
        let running = listed
            .iter()
            .filter(|(_, unit)| unit.active == Active::Active)
            .filter_map(|(name, _)| pool(name));
        let mut before = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let mut after = BTreeMap::new();
        let mut stopped = Vec::new();
        for pool in running {
            let known = before.get(&pool).copied();
            match tend(host, &pool, known, now, limit) {
                Ok(Tended::Gone) => {}
                Ok(Tended::Stopped) => stopped.push(pool),
                Ok(Tended::Runs(seen)) => drop(after.insert(pool, seen)),
                Err(error) => {
                    tracing::warn!(%pool, error = error.chain(), "an idle pool could not be looked at or stopped");
                    known.and_then(|seen| after.insert(pool, seen));
                }
            }
        }
        *before = after;
        Ok(stopped)
    }
}

/// What one look at a running pool ended in.
enum Tended {
    Gone,
    Stopped,
    Runs(Seen),
}

/// Looks at one pool, and stops it when it was quiet for long enough.
fn tend(
    host: &Host,
    pool: &PoolName,
    known: Option<Seen>,
    now: Duration,
    limit: Duration,
) -> Result<Tended, HostError> {
    let Some((processes, cpu_micros)) = look(host, pool)? else { return Ok(Tended::Gone) };
    let quiet = processes <= 1
        && known.is_none_or(|seen| cpu_micros.saturating_sub(seen.cpu_micros) < IDLE_CPU_MICROS);
    let quiet_since = known.filter(|_| quiet).map_or(now, |seen| seen.quiet_since);
    if !quiet || now.saturating_sub(quiet_since) < limit {
        return Ok(Tended::Runs(Seen { quiet_since, cpu_micros }));
    }
    let unit = Unit::PhpPoolService(pool.clone());
    host.systemd().stop(&unit)?.require_done("stop", &unit)?;
    Ok(Tended::Stopped)
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

#[cfg(test)]
mod tests;
