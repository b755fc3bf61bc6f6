//! systemd over the system bus.

use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use hostfs::{Dir, OrAbsent};
use serde::Serialize;
use tokio::runtime::Runtime;
use tokio::sync::Mutex;
use zbus::{DynamicType, OwnedObjectPath, OwnedVariant};

use super::{Active, JobResult, Limits, Listed, ServiceState, SetupSystemd, Signal, Systemd, UnitState};
use crate::error::HostError;
use crate::unit::{MaskedUnit, OwnUnit, ServiceUnit, UNIT_DIR, Unit, UnitSet};

mod link;

use link::{Link, kind_interface};

const NO_SUCH_UNIT: &str = "org.freedesktop.systemd1.NoSuchUnit";
/// What `KillUnit` answers where the unit has no main process.
const NO_MAIN_PROCESS: &str = "org.freedesktop.systemd1.NoSuchProcess";

/// For questions, and for what changes files alone.
const ASK: Duration = Duration::from_secs(30);
/// For a job. systemd's own limit per unit is 90 s, and a job may wait for another.
const JOB: Duration = Duration::from_secs(200);
/// For the installation of packages.
const INSTALL: Duration = Duration::from_mins(40);
/// For reading all unit files again, with thousands of them.
const RELOAD: Duration = Duration::from_mins(3);

type Properties = HashMap<String, OwnedVariant>;

/// systemd over the system bus. It connects at the first call, and again when the bus went away.
///
/// It has a runtime of its own, of one thread, so that it can be used from any thread that may block. It must not be
/// called on a thread of an async runtime.
pub struct SystemBus {
    /// Some until dropped.
    runtime: Option<Runtime>,
    link: Mutex<Option<Arc<Link>>>,
}

impl Drop for SystemBus {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // does not wait, so that it may be dropped anywhere
            runtime.shutdown_background();
        }
    }
}

fn text(properties: &Properties, key: &str) -> String {
    properties.get(key).and_then(|v| v.downcast_ref::<&str>().ok()).unwrap_or_default().to_owned()
}

fn some_text(properties: &Properties, key: &str) -> Option<String> {
    Some(text(properties, key)).filter(|t| !t.is_empty())
}

fn flag(properties: &Properties, key: &str) -> bool {
    properties.get(key).and_then(|v| v.downcast_ref::<bool>().ok()).unwrap_or_default()
}

/// A number; systemd's infinity (and "unset") is its largest value.
fn number(properties: &Properties, key: &str) -> Option<u64> {
    properties.get(key).and_then(|v| v.downcast_ref::<u64>().ok()).filter(|n| *n != u64::MAX)
}

fn service_state(unit: &Properties, kind: &Properties) -> ServiceState {
    let since = number(unit, "StateChangeTimestamp").filter(|since| *since != 0);
    let restarts = kind.get("NRestarts").and_then(|v| v.downcast_ref::<u32>().ok());
    let loaded = matches!(text(unit, "LoadState").as_str(), "loaded" | "masked");
    ServiceState {
        loaded,
        active: Active::from_word(&text(unit, "ActiveState")),
        sub: text(unit, "SubState"),
        result: some_text(kind, "Result").filter(|_| loaded),
        since: since.and_then(|since| i64::try_from(since).ok()),
        memory: number(kind, "MemoryCurrent"),
        tasks: number(kind, "TasksCurrent"),
        cpu_micros: number(kind, "CPUUsageNSec").map(|nanos| nanos / 1000),
        restarts: restarts.map_or(0, u64::from),
    }
}

fn is_not_running(error: &zbus::Error) -> bool {
    matches!(error, zbus::Error::MethodError(name, ..) if name.as_str() == NO_MAIN_PROCESS)
}

fn is_no_such_unit(error: &zbus::Error) -> bool {
    matches!(error, zbus::Error::MethodError(name, ..) if name.as_str() == NO_SUCH_UNIT)
}

/// Splits units into those whose link for the boot we make ourselves, and the names of the others.
///
/// `EnableUnitFiles` would do it too, but after it systemd calls every unit on the server outdated until the next
/// daemon-reload, and with thousands of units that takes seconds.
fn by_link(units: &[Unit]) -> (Vec<(String, String)>, Vec<String>) {
    let links = units.iter().filter_map(Unit::boot_link).collect();
    let others = units.iter().filter(|unit| unit.boot_link().is_none()).map(Unit::name).collect();
    (links, others)
}

impl SystemBus {
    /// Nothing is connected yet.
    pub fn new() -> Result<Self, HostError> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("system-bus")
            .enable_all()
            .build()
            .map_err(|error| HostError::Bus(error.into()))?;
        Ok(Self { runtime: Some(runtime), link: Mutex::new(None) })
    }

    /// The connection, made or made again. A failure later is left to the caller's next try: a call that may have
    /// changed something is not repeated blindly.
    async fn link(&self) -> Result<Arc<Link>, HostError> {
        let mut kept = self.link.lock().await;
        if let Some(link) = kept.as_ref().filter(|link| !link.is_closed()) {
            return Ok(link.clone());
        }
        let link = Link::connect().await.map_err(HostError::Bus)?;
        *kept = Some(link.clone());
        Ok(link)
    }

    /// Runs one exchange with systemd, with a deadline.
    fn run<T, F>(
        &self,
        verb: &'static str,
        unit: &str,
        after: Duration,
        exchange: impl FnOnce(Arc<Link>) -> F,
    ) -> Result<T, HostError>
    where
        F: Future<Output = Result<T, zbus::Error>>,
    {
        let Some(runtime) = &self.runtime else {
            return Err(HostError::Bus(zbus::Error::Unsupported));
        };
        let all = async {
            let link = self.link().await?;
            exchange(link).await.map_err(|source| {
                if is_no_such_unit(&source) {
                    HostError::NoSuchUnit { unit: unit.to_owned() }
                } else {
                    HostError::Systemd { verb, unit: unit.to_owned(), source }
                }
            })
        };
        runtime.block_on(async {
            tokio::time::timeout(after, all)
                .await
                .unwrap_or_else(|_| Err(HostError::SystemdDeadline { verb, unit: unit.to_owned(), after }))
        })
    }

    fn job(&self, verb: &'static str, method: &str, name: &str) -> Result<JobResult, HostError> {
        let after = if name.starts_with("holdfast-packages@") { INSTALL } else { JOB };
        self.run(verb, name, after, async |link| link.job(method, name).await)
    }

    fn stop_name(&self, name: &str) -> Result<JobResult, HostError> {
        match self.job("stop", "StopUnit", name) {
            Err(HostError::NoSuchUnit { .. }) => Ok(JobResult::Done),
            result => result,
        }
    }

    /// A call about unit files whose answer holds nothing that we need.
    fn unit_files<B: Serialize + DynamicType>(
        &self,
        verb: &'static str,
        method: &str,
        names: &[String],
        body: &B,
    ) -> Result<(), HostError> {
        if names.is_empty() {
            return Ok(());
        }
        self.run(verb, &names.join(" "), ASK, async |link| link.call(method, body).await.map(drop))
    }

    fn enable_names(&self, names: &[String]) -> Result<(), HostError> {
        // not only until the next boot; links of other origin are not replaced
        self.unit_files("enable", "EnableUnitFiles", names, &(names, false, false))
    }

    fn disable_names(&self, names: &[String]) -> Result<(), HostError> {
        self.unit_files("disable", "DisableUnitFiles", names, &(names, false))
    }

    fn state_name(&self, name: &str) -> Result<UnitState, HostError> {
        self.run("ask for the state of", name, ASK, async |link| {
            let unit = link.properties(name, "org.freedesktop.systemd1.Unit").await?;
            let kind = link.properties(name, kind_interface(name)).await?;
            let file_state = text(&unit, "UnitFileState");
            let load = text(&unit, "LoadState");
            let pid = kind.get("MainPID").and_then(|v| v.downcast_ref::<u32>().ok()).filter(|pid| *pid != 0);
            Ok(UnitState {
                loaded: load == "loaded",
                masked: load == "masked",
                active: Active::from_word(&text(&unit, "ActiveState")),
                sub: text(&unit, "SubState"),
                main_pid: pid,
                result: text(&kind, "Result"),
                fragment: some_text(&unit, "FragmentPath"),
                need_daemon_reload: flag(&unit, "NeedDaemonReload"),
                control_group: some_text(&kind, "ControlGroup"),
                enabled: matches!(
                    file_state.as_str(),
                    "enabled" | "static" | "alias" | "generated" | "linked"
                ),
            })
        })
    }
}

impl Systemd for SystemBus {
    fn start(&self, unit: &Unit) -> Result<JobResult, HostError> {
        self.job("start", "StartUnit", &unit.name())
    }

    fn stop(&self, unit: &Unit) -> Result<JobResult, HostError> {
        self.stop_name(&unit.name())
    }

    fn restart(&self, unit: &Unit) -> Result<JobResult, HostError> {
        self.job("restart", "RestartUnit", &unit.name())
    }

    fn reload(&self, unit: &Unit) -> Result<JobResult, HostError> {
        let Some(signal) = unit.reload_signal() else {
            return self.job("reload", "ReloadUnit", &unit.name());
        };
        match self.kill_main(unit, signal) {
            Ok(()) => Ok(JobResult::Done),
            Err(HostError::Systemd { source, .. }) if is_not_running(&source) => Ok(JobResult::Failed),
            Err(HostError::NoSuchUnit { .. }) => Ok(JobResult::Failed),
            Err(error) => Err(error),
        }
    }

    fn reset_failed(&self, unit: &Unit) -> Result<(), HostError> {
        let name = unit.name();
        let body = (name.as_str(),);
        match self.run("reset", &name, ASK, async |link| link.call("ResetFailedUnit", &body).await) {
            Ok(_) | Err(HostError::NoSuchUnit { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn daemon_reload(&self) -> Result<(), HostError> {
        self.run("reload", "systemd", RELOAD, async |link| link.call("Reload", &()).await.map(drop))
    }

    fn enable(&self, units: &[Unit]) -> Result<(), HostError> {
        let (links, others) = by_link(units);
        if !links.is_empty() {
            let dir = Dir::open(UNIT_DIR)?;
            dir.create_dirs("sockets.target.wants", 0o755, None)?;
            for (link, target) in links {
                dir.replace_symlink(target, link)?;
            }
        }
        self.enable_names(&others)
    }

    fn disable(&self, units: &[Unit]) -> Result<(), HostError> {
        let (links, others) = by_link(units);
        for (link, _) in links {
            Dir::open(UNIT_DIR)?.remove_file(link).or_absent()?;
        }
        self.disable_names(&others)
    }

    fn state(&self, unit: &Unit) -> Result<UnitState, HostError> {
        let mut state = self.state_name(&unit.name())?;
        if let Some((link, _)) = unit.boot_link() {
            // what systemd says of it is as old as its last daemon-reload
            state.enabled = Dir::open(UNIT_DIR)?.stat(link).or_absent()?.is_some();
        }
        Ok(state)
    }

    fn service(&self, unit: ServiceUnit) -> Result<ServiceState, HostError> {
        let name = unit.name();
        self.run("ask for the state of", name, ASK, async |link| {
            let unit = link.properties(name, "org.freedesktop.systemd1.Unit").await?;
            let kind = link.properties(name, kind_interface(name)).await?;
            Ok(service_state(&unit, &kind))
        })
    }

    fn limits(&self, unit: &Unit) -> Result<Limits, HostError> {
        let name = unit.name();
        self.run("ask for the limits of", &name, ASK, async |link| {
            let kind = link.properties(&name, kind_interface(&name)).await?;
            Ok(Limits {
                slice: text(&kind, "Slice"),
                memory_max: number(&kind, "MemoryMax"),
                memory_high: number(&kind, "MemoryHigh"),
                cpu_quota_per_sec_usec: number(&kind, "CPUQuotaPerSecUSec"),
                tasks_max: number(&kind, "TasksMax"),
                io_weight: number(&kind, "IOWeight"),
            })
        })
    }

    fn kill_main(&self, unit: &Unit, signal: Signal) -> Result<(), HostError> {
        let name = unit.name();
        let body = (name.as_str(), "main", signal.number());
        self.run("signal", &name, ASK, async |link| link.call("KillUnit", &body).await.map(drop))
    }

    fn list(&self, set: UnitSet) -> Result<BTreeMap<String, Listed>, HostError> {
        type Row =
            (String, String, String, String, String, String, OwnedObjectPath, u32, String, OwnedObjectPath);
        let (states, patterns): ([&str; 0], [&str; 1]) = ([], [set.pattern()]);
        let rows: Vec<Row> = self.run("list", set.pattern(), ASK, async |link| {
            let reply = link.call("ListUnitsByPatterns", &(&states[..], &patterns[..])).await?;
            reply.body().deserialize()
        })?;
        let mut listed = BTreeMap::new();
        for (name, _, load, active, sub, ..) in rows {
            let active = Active::from_word(&active);
            if active != Active::Inactive && set.contains(&name) {
                listed.insert(name, Listed { loaded: load == "loaded", active, sub });
            }
        }
        Ok(listed)
    }
}

impl SetupSystemd for SystemBus {
    fn start_own(&self, unit: OwnUnit) -> Result<JobResult, HostError> {
        self.job("start", "StartUnit", unit.name())
    }

    fn stop_own(&self, unit: OwnUnit) -> Result<JobResult, HostError> {
        self.stop_name(unit.name())
    }

    fn restart_own(&self, unit: OwnUnit) -> Result<JobResult, HostError> {
        self.job("restart", "RestartUnit", unit.name())
    }

    fn enable_own(&self, units: &[OwnUnit]) -> Result<(), HostError> {
        self.enable_names(&units.iter().map(|u| u.name().to_owned()).collect::<Vec<_>>())
    }

    fn disable_own(&self, units: &[OwnUnit]) -> Result<(), HostError> {
        self.disable_names(&units.iter().map(|u| u.name().to_owned()).collect::<Vec<_>>())
    }

    fn state_own(&self, unit: OwnUnit) -> Result<UnitState, HostError> {
        self.state_name(unit.name())
    }

    fn mask(&self, units: &[MaskedUnit]) -> Result<(), HostError> {
        let names: Vec<String> = units.iter().map(|u| u.name()).collect();
        self.unit_files("mask", "MaskUnitFiles", &names, &(&names, false, false))
    }

    fn unmask(&self, units: &[MaskedUnit]) -> Result<(), HostError> {
        let names: Vec<String> = units.iter().map(|u| u.name()).collect();
        self.unit_files("unmask", "UnmaskUnitFiles", &names, &(&names, false))
    }

    fn stop_masked(&self, unit: MaskedUnit) -> Result<JobResult, HostError> {
        self.stop_name(&unit.name())
    }

    fn state_masked(&self, unit: MaskedUnit) -> Result<UnitState, HostError> {
        self.state_name(&unit.name())
    }
}

#[cfg(test)]
mod tests;
