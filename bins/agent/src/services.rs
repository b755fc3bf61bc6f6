//! The services that the server's work stands on.

use converge::methods::{HostService, ListServices, ServiceList};
use hostd::{Active, Host, HostError, ServiceUnit, UnitSet};

/// One look: a few questions about our own units, and one about all pools.
pub(crate) fn list(host: &Host) -> Result<ServiceList, HostError> {
    let at = host.now().as_micros();
    let mut services = Vec::new();
    for unit in ServiceUnit::all() {
        services.push(service(host, unit)?);
    }
    let listed = host.systemd().list(UnitSet::Pools)?;
    let (mut pools_active, mut pools_idle, mut failed) = (0, 0, Vec::new());
    for (name, unit) in &listed {
        let Some(rest) = name.strip_prefix("holdfast-php-") else { continue };
        let (pool, is_service) = match rest.rsplit_once('.') {
            Some((pool, "service")) => (pool, true),
            Some((pool, "socket")) => (pool, false),
            _ => continue,
        };
        let state_of =
            |suffix: &str| listed.get(&format!("holdfast-php-{pool}.{suffix}")).map(|unit| unit.active);
        match (unit.active, is_service) {
            (Active::Failed, true) => failed.push(pool.to_owned()),
            (Active::Failed, false) if state_of("service") != Some(Active::Failed) => {
                failed.push(pool.to_owned());
            }
            (_, true) => pools_active += 1,
            (active, false) if active.is_up() && state_of("service").is_none() => pools_idle += 1,
            _ => {}
        }
    }
    failed.truncate(ListServices::FAILED);
    Ok(ServiceList { at, services, pools_active, pools_idle, pools_failed: failed })
}

fn service(host: &Host, unit: ServiceUnit) -> Result<HostService, HostError> {
    let seen = host.systemd().service(unit)?;
    Ok(HostService {
        unit: unit.name().to_owned(),
        what: unit.what().to_owned(),
        active: if seen.loaded { seen.active.as_str() } else { "missing" }.to_owned(),
        sub: seen.sub,
        result: seen.result,
        since: seen.since,
        memory: seen.memory,
        tasks: seen.tasks,
        cpu_micros: seen.cpu_micros,
        restarts: seen.restarts,
    })
}

#[cfg(test)]
mod tests;
