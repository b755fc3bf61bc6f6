//! systemd in effigy, for tests: it reads the unit files of the test's tree, keeps states in memory, and does what was
//! tried with the real one (a socket does not start while its service runs; stopping a socket stops the service that
//! requires it; stopping a slice stops what is in it; a changed file is noticed and not read until `daemon_reload`).

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hostfs::{Dir, OrAbsent};
use names::AccountName;

use super::{Active, JobResult, Limits, Listed, ServiceState, Signal, Systemd, UnitState};
use crate::error::HostError;
use crate::gate::Gate;
use crate::passwd::UserDb;
use crate::unit::{MaskedUnit, ServiceUnit, UNIT_DIR, Unit, UnitSet, name_suffix};

mod setup;
mod unit_file;

type Hook = Arc<dyn Fn() -> JobResult + Send + Sync>;

/// See the module.
pub struct FakeSystemd {
    root: Dir,
    gate: Arc<Gate>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    units: BTreeMap<String, FakeUnit>,
    hooks: HashMap<(&'static str, String), Hook>,
    calls: Vec<String>,
    reloads: usize,
    next_pid: u32,
}

#[derive(Debug, Clone, Default)]
struct FakeUnit {
    active: Active,
    masked: bool,
    enabled: bool,
    main_pid: Option<u32>,
    result: &'static str,
    /// The unit file as it was when systemd read it.
    read: Option<String>,
}

/// What a unit's name says of its kind and its owner.
struct Kind<'a> {
    socket_of: Option<String>,
    service_of: Option<String>,
    oneshot: bool,
    account: Option<&'a str>,
}

fn kind(name: &str) -> Kind<'_> {
    let (stem, suffix) = name.rsplit_once('.').unwrap_or((name, ""));
    let tenant = stem.strip_prefix("holdfast-worker@").or_else(|| {
        stem.strip_prefix("holdfast-php-").and_then(|pool| pool.split_once('-')).map(|(account, _)| account)
    });
    let own = ["holdfast-panel", "holdfast-agent", "holdfast-probe", "holdfast-egress"].contains(&stem);
    let paired = tenant.is_some() || own;
    Kind {
        socket_of: (paired && suffix == "service").then(|| format!("{stem}.socket")),
        service_of: (paired && suffix == "socket").then(|| format!("{stem}.service")),
        oneshot: stem == "holdfast-nginx-check"
            || stem.starts_with("holdfast-php-check@")
            || stem.starts_with("holdfast-packages@")
            || stem.starts_with("holdfast-quota"),
        account: (suffix == "service").then_some(tenant).flatten(),
    }
}

impl FakeSystemd {
    pub(crate) fn new(root: Dir, gate: Arc<Gate>) -> Self {
        let mut state = State { next_pid: 1000, ..State::default() };
        for name in ["nginx.service", "ssh.service"] {
            let unit = FakeUnit {
                active: Active::Active,
                enabled: true,
                main_pid: Some(500),
                ..FakeUnit::default()
            };
            state.units.insert(name.to_owned(), unit);
        }
        Self { root, gate, state: Mutex::new(state) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs `hook` when the unit is started; its answer is the job's result.
    pub fn on_start(&self, unit: &Unit, hook: impl Fn() -> JobResult + Send + Sync + 'static) {
        self.lock().hooks.insert(("start", unit.name()), Arc::new(hook));
    }

    /// Runs `hook` when the unit is reloaded; its answer is the job's result.
    pub fn on_reload(&self, unit: &Unit, hook: impl Fn() -> JobResult + Send + Sync + 'static) {
        self.lock().hooks.insert(("reload", unit.name()), Arc::new(hook));
    }

    /// Takes all hooks back.
    pub fn clear_hooks(&self) {
        self.lock().hooks.clear();
    }

    /// Every call that changes something, as `verb unit`, since the last time it was asked.
    pub fn take_calls(&self) -> Vec<String> {
        std::mem::take(&mut self.lock().calls)
    }

    /// How often `daemon_reload` was called.
    pub fn daemon_reloads(&self) -> usize {
        self.lock().reloads
    }

    /// Does as if the unit had fallen over or come up by itself (a request that starts a pool's service).
    pub fn set_active(&self, unit: &Unit, active: Active) {
        self.set_active_name(&unit.name(), active);
    }

    /// Does as if a unit of the distribution that must not run had been started or stopped by somebody else.
    pub fn set_active_masked(&self, unit: MaskedUnit, active: Active) {
        self.set_active_name(&unit.name(), active);
    }

    fn set_active_name(&self, name: &str, active: Active) {
        let text = self.file(name);
        let mut state = self.lock();
        let pid = state.next_pid;
        state.next_pid += 1;
        let entry = state.units.entry(name.to_owned()).or_default();
        entry.active = active;
        entry.main_pid = active.is_up().then_some(pid);
        entry.result = if active == Active::Failed { "exit-code" } else { "success" };
        if entry.read.is_none() {
            entry.read = text.ok().flatten();
        }
    }

    /// One line per unit that runs or is enabled, for comparing two hosts.
    pub fn summary(&self) -> String {
        let state = self.lock();
        let lines = state.units.iter().filter(|(_, u)| u.active != Active::Inactive || u.enabled || u.masked);
        lines.fold(String::new(), |mut text, (name, u)| {
            let _ = writeln!(text, "{name} {:?} enabled={} masked={}", u.active, u.enabled, u.masked);
            text
        })
    }

    fn file(&self, name: &str) -> Result<Option<String>, HostError> {
        let path = format!("{}/{name}", UNIT_DIR.trim_start_matches('/'));
        let bytes = self.root.read(path, 1 << 20).or_absent()?;
        Ok(bytes.map(|b| String::from_utf8_lossy(&b).into_owned()))
    }

    fn user_exists(&self, account: &str) -> Result<bool, HostError> {
        let bytes = self.root.read("etc/passwd", 1 << 24)?;
        Ok(UserDb::parse(&String::from_utf8_lossy(&bytes), "", "").user(account).is_some())
    }

    /// Is there a unit of this name: rendered by us, or brought by a package?
    fn exists(&self, name: &str) -> Result<bool, HostError> {
        let rendered = name.starts_with("holdfast-php-") && !name.contains('@');
        Ok(!rendered || self.file(name)?.is_some())
    }

    fn change(&self, verb: &'static str, name: &str) -> Result<(), HostError> {
        self.gate.change(|| format!("{verb} {name}"))?;
        self.lock().calls.push(format!("{verb} {name}"));
        Ok(())
    }

    fn hook(&self, verb: &'static str, name: &str) -> Option<JobResult> {
        let hook = self.lock().hooks.get(&(verb, name.to_owned())).cloned();
        hook.map(|hook| hook())
    }

    fn start_name(&self, name: &str) -> Result<JobResult, HostError> {
        self.change("start", name)?;
        self.bring_up(name)
    }

    fn bring_up(&self, name: &str) -> Result<JobResult, HostError> {
        if !self.exists(name)? {
            return Err(HostError::NoSuchUnit { unit: name.to_owned() });
        }
        let kind = kind(name);
        let text = self.file(name)?;
        {
            let mut state = self.lock();
            let service_up =
                kind.service_of.as_ref().and_then(|s| state.units.get(s)).is_some_and(|u| u.active.is_up());
            let unit = state.units.entry(name.to_owned()).or_default();
            if unit.masked {
                return Ok(JobResult::Other);
            }
            if unit.active.is_up() {
                return Ok(JobResult::Done);
            }
            if unit.read.is_none() {
                unit.read = text;
            }
            if service_up {
                return Ok(JobResult::Failed);
            }
        }
        if let Some(socket) = &kind.socket_of
            && self.bring_up(socket)? != JobResult::Done
        {
            return Ok(JobResult::Dependency);
        }
        let mut result = self.hook("start", name).unwrap_or(JobResult::Done);
        if let Some(account) = kind.account
            && !self.user_exists(account)?
        {
            result = JobResult::Failed;
        }
        let mut state = self.lock();
        let pid = state.next_pid;
        state.next_pid += 1;
        let unit = state.units.entry(name.to_owned()).or_default();
        if result == JobResult::Done {
            unit.active = if kind.oneshot { Active::Inactive } else { Active::Active };
            unit.main_pid = (!kind.oneshot && name_suffix(name) == "service").then_some(pid);
            unit.result = "success";
        } else {
            unit.active = Active::Failed;
            unit.result = "exit-code";
        }
        Ok(result)
    }

    fn stop_name(&self, name: &str) -> Result<JobResult, HostError> {
        self.change("stop", name)?;
        let mut down = vec![name.to_owned()];
        down.extend(kind(name).service_of);
        let mut state = self.lock();
        if let Some(account) = name.strip_prefix("holdfast-").and_then(|n| n.strip_suffix(".slice")) {
            down.extend(state.units.keys().filter(|n| kind(n).account == Some(account)).cloned());
        }
        for name in down {
            if let Some(unit) = state.units.get_mut(&name) {
                unit.active = Active::Inactive;
                unit.main_pid = None;
            }
        }
        drop(state);
        self.forget_removed(name)?;
        Ok(JobResult::Done)
    }

    /// A unit that does not run and whose file is gone is nothing that systemd knows of.
    fn forget_removed(&self, name: &str) -> Result<(), HostError> {
        if !self.exists(name)? {
            self.lock().units.remove(name);
        }
        Ok(())
    }

    fn enable_name(&self, name: &str, enabled: bool) -> Result<(), HostError> {
        self.change(if enabled { "enable" } else { "disable" }, name)?;
        if enabled && !self.exists(name)? {
            return Err(HostError::NoSuchUnit { unit: name.to_owned() });
        }
        let mut state = self.lock();
        if enabled || state.units.contains_key(name) {
            state.units.entry(name.to_owned()).or_default().enabled = enabled;
        }
        Ok(())
    }

    fn state_name(&self, name: &str) -> Result<UnitState, HostError> {
        self.gate.read()?;
        let text = self.file(name)?;
        let exists = self.exists(name)?;
        let state = self.lock();
        let unit = state.units.get(name).cloned().unwrap_or_default();
        let read = unit.read.clone().or_else(|| text.clone());
        let kind = kind(name);
        let sub = match (unit.active, kind.service_of.is_some()) {
            (Active::Active, true) => "listening",
            (Active::Active, false) if name_suffix(name) == "slice" => "active",
            (Active::Active | Active::Reloading, _) => "running",
            (Active::Failed, _) => "failed",
            _ => "dead",
        };
        let group = unit.main_pid.map(|_| match kind.account {
            Some(account) => format!("/holdfast.slice/holdfast-{account}.slice/{name}"),
            None => format!("/system.slice/{name}"),
        });
        Ok(UnitState {
            loaded: exists,
            masked: unit.masked,
            active: unit.active,
            sub: sub.to_owned(),
            main_pid: unit.main_pid,
            result: unit.result.to_owned(),
            fragment: text.as_ref().map(|_| format!("{UNIT_DIR}/{name}")),
            need_daemon_reload: read != text,
            control_group: group,
            enabled: unit.enabled,
        })
    }
}

impl Systemd for FakeSystemd {
    fn start(&self, unit: &Unit) -> Result<JobResult, HostError> {
        if *unit == Unit::QuotaList {
            // it only looks
            self.gate.read()?;
            return self.bring_up(&unit.name());
        }
        self.start_name(&unit.name())
    }

    fn stop(&self, unit: &Unit) -> Result<JobResult, HostError> {
        self.stop_name(&unit.name())
    }

    fn restart(&self, unit: &Unit) -> Result<JobResult, HostError> {
        let name = unit.name();
        self.change("restart", &name)?;
        if let Some(unit) = self.lock().units.get_mut(&name) {
            unit.active = Active::Inactive;
        }
        self.bring_up(&name)
    }

    fn reload(&self, unit: &Unit) -> Result<JobResult, HostError> {
        let name = unit.name();
        self.change("reload", &name)?;
        let up = self.lock().units.get(&name).is_some_and(|u| u.active.is_up());
        Ok(if up { self.hook("reload", &name).unwrap_or(JobResult::Done) } else { JobResult::Failed })
    }

    fn reset_failed(&self, unit: &Unit) -> Result<(), HostError> {
        let name = unit.name();
        self.change("reset-failed", &name)?;
        if let Some(unit) = self.lock().units.get_mut(&name)
            && unit.active == Active::Failed
        {
            unit.active = Active::Inactive;
        }
        self.forget_removed(&name)
    }

    fn daemon_reload(&self) -> Result<(), HostError> {
        self.change("daemon-reload", "")?;
        let names: Vec<String> = self.lock().units.keys().cloned().collect();
        for name in names {
            let (text, exists) = (self.file(&name)?, self.exists(&name)?);
            let mut state = self.lock();
            match state.units.get_mut(&name) {
                Some(unit) if exists || unit.active.is_up() => unit.read = text,
                _ => {
                    state.units.remove(&name);
                }
            }
        }
        self.lock().reloads += 1;
        Ok(())
    }

    fn enable(&self, units: &[Unit]) -> Result<(), HostError> {
        units.iter().try_for_each(|unit| self.enable_name(&unit.name(), true))
    }

    fn disable(&self, units: &[Unit]) -> Result<(), HostError> {
        units.iter().try_for_each(|unit| self.enable_name(&unit.name(), false))
    }

    fn state(&self, unit: &Unit) -> Result<UnitState, HostError> {
        self.state_name(&unit.name())
    }

    fn service(&self, unit: ServiceUnit) -> Result<ServiceState, HostError> {
        let UnitState { active, sub, result, main_pid, .. } = self.state_name(unit.name())?;
        let loaded = self.lock().units.contains_key(unit.name());
        let result = Some(result).filter(|result| !result.is_empty());
        let tasks = main_pid.map(|_| 1);
        Ok(ServiceState { loaded, active, sub, result, tasks, ..ServiceState::default() })
    }

    fn limits(&self, unit: &Unit) -> Result<Limits, HostError> {
        self.gate.read()?;
        let name = unit.name();
        let read = self.lock().units.get(&name).and_then(|u| u.read.clone());
        let text = match read {
            Some(text) => text,
            None => self.file(&name)?.unwrap_or_default(),
        };
        let account = match unit {
            Unit::Worker(account) => Some(account),
            Unit::PhpPoolService(pool) => Some(pool.account()),
            _ => None,
        };
        let slice = match account.map(AccountName::as_str) {
            Some(account) => format!("holdfast-{account}.slice"),
            None if name_suffix(&name) == "slice" => "holdfast.slice".to_owned(),
            None => "system.slice".to_owned(),
        };
        Ok(unit_file::limits(slice, &text))
    }

    fn kill_main(&self, unit: &Unit, signal: Signal) -> Result<(), HostError> {
        let name = unit.name();
        self.change("signal", &format!("{name} {}", signal.number()))?;
        if signal == Signal::Quit
            && let Some(unit) = self.lock().units.get_mut(&name)
        {
            unit.active = Active::Inactive;
            unit.main_pid = None;
        }
        Ok(())
    }

    fn list(&self, set: UnitSet) -> Result<BTreeMap<String, Listed>, HostError> {
        self.gate.read()?;
        let names: Vec<String> =
            self.lock().units.keys().filter(|name| set.contains(name)).cloned().collect();
        let mut listed = BTreeMap::new();
        for name in names {
            let state = self.state_name(&name)?;
            if state.active != Active::Inactive {
                listed.insert(name, Listed { loaded: state.loaded, active: state.active, sub: state.sub });
            }
        }
        Ok(listed)
    }
}
