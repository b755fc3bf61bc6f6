//! The roles of this server: what is installed, and the unit that installs the rest.
//!
//! The installation runs in a unit of its own, which outlives the agent and the panel. Nothing of it is kept here but that it was just
//! started: what it did, its log says, and what is there, dpkg.

use std::collections::BTreeMap;
use std::io::{Read, Seek, SeekFrom};
use std::sync::{Arc, Mutex, PoisonError};

use converge::Cause;
use converge::methods::{GetRole, LogFrom, LogLine, Mark, RoleState};
use hostd::{Active, Dpkg, Host, HostError, Role, Unit};
use wire::Refusal;

/// Bytes of the log that one answer tells, so that it fits into a frame whatever they are.
const CHUNK: usize = 64 * 1024;
/// Bytes of the line that names the run.
const FIRST: usize = 256;

/// Where the last installation's log lies.
pub(crate) fn log_path(role: Role) -> String {
    format!("/var/log/holdfast/packages-{role}.log")
}

/// What is being started, and why it was not.
#[derive(Debug, Default)]
pub(crate) struct Roles {
    starting: Mutex<BTreeMap<Role, bool>>,
    trouble: Mutex<BTreeMap<Role, String>>,
}

impl Roles {
    /// How a role stands, and what its installation said since.
    pub(crate) fn get(&self, host: &Host, ask: &GetRole) -> Result<RoleState, Refusal> {
        let mut state = self.read(host, ask.role).map_err(|error| refusal(&error))?;
        if let Some(from) = &ask.log {
            read_log(host, ask.role, from, &mut state)?;
        }
        Ok(state)
    }

    /// Begins the installation; its end is not waited for.
    pub(crate) fn start(
        self: &Arc<Self>,
        host: &Arc<Host>,
        role: Role,
        cause: &Cause,
    ) -> Result<RoleState, Refusal> {
        let ask = GetRole { role, log: None };
        let state = self.get(host, &ask)?;
        if state.running {
            return Ok(state);
        }
        let unit = Unit::Packages(role);
        host.systemd().reset_failed(&unit).map_err(|error| refusal(&error))?;
        lock(&self.trouble).remove(&role);
        if lock(&self.starting).insert(role, true) != Some(true) {
            tracing::info!(%role, actor = cause.actor, request = cause.request_id, "a role's installation begins");
            let (me, host) = (Arc::clone(self), Arc::clone(host));
            let start = move || {
                match host.systemd().start(&unit) {
                    Ok(result) => tracing::info!(%role, %result, "a role's installation ended"),
                    Err(error) => {
                        tracing::warn!(%role, error = error.chain(), "a role's installation could not be started");
                        lock(&me.trouble).insert(role, error.chain());
                    }
                }
                lock(&me.starting).remove(&role);
            };
            if let Err(error) = std::thread::Builder::new().name(format!("role-{role}")).spawn(start) {
                lock(&self.starting).remove(&role);
                return Err(Refusal::new("holdfast.agent1.Host", error.to_string()));
            }
        }
        self.get(host, &ask)
    }

    /// Ends the installation and waits for that.
    pub(crate) fn stop(&self, host: &Host, role: Role, cause: &Cause) -> Result<RoleState, Refusal> {
        tracing::info!(%role, actor = cause.actor, request = cause.request_id, "a role's installation is stopped");
        let unit = Unit::Packages(role);
        let stopped = host.systemd().stop(&unit).and_then(|result| result.require_done("stop", &unit));
        stopped.map_err(|error| refusal(&error))?;
        self.get(host, &GetRole { role, log: None })
    }

    fn read(&self, host: &Host, role: Role) -> Result<RoleState, HostError> {
        let profile = host.profile().role(role);
        // asked before the log is read: what does not run any more writes no more
        let unit = host.systemd().state(&Unit::Packages(role))?;
        let starting = lock(&self.starting).contains_key(&role);
        let running = starting || matches!(unit.active, Active::Activating | Active::Deactivating);
        let mut unmasked = Vec::new();
        for unit in &profile.mask {
            // a mask is a link to nothing
            let link = host.files().read_link(&format!("{}/{}", hostd::UNIT_DIR, unit.name())).ok().flatten();
            if link.as_deref() != Some("/dev/null") {
                unmasked.push(unit.name());
            }
        }
        Ok(RoleState {
            packages: profile.packages.clone(),
            missing: Dpkg::read(host.files())?.missing(&profile.packages),
            unmasked,
            memory: profile.memory_mib.map(|mib| mib << 20),
            running,
            result: unit.result,
            trouble: lock(&self.trouble).get(&role).cloned(),
            ..RoleState::default()
        })
    }
}

/// The new lines of the last run.
fn read_log(host: &Host, role: Role, from: &LogFrom, state: &mut RoleState) -> Result<(), Refusal> {
    let path = log_path(role);
    let Some(mut file) = host.files().open(&path).map_err(|error| refusal(&error))? else { return Ok(()) };
    let io = |error: std::io::Error| Refusal::new("holdfast.agent1.Host", format!("read {path}: {error}"));
    let mut first = Vec::new();
    (&mut file).take(FIRST as u64).read_to_end(&mut first).map_err(io)?;
    let line = first.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let whole = first.contains(&b'\n');
    let line = String::from_utf8_lossy(line).into_owned();
    let Some(Mark::Run(run)) = Mark::read(&line).filter(|_| whole) else { return Ok(()) };
    let begin = if from.run.as_deref() == Some(run) { from.from } else { 0 };
    file.seek(SeekFrom::Start(begin)).map_err(io)?;
    let mut bytes = Vec::new();
    file.take(CHUNK as u64).read_to_end(&mut bytes).map_err(io)?;
    state.run = Some(run.to_owned());
    state.more = bytes.len() == CHUNK;
    let mut end = begin;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        // half a line is told when its rest is there, or when nobody will write it any more
        if line.last() != Some(&b'\n') && (state.running || state.more) && line.len() < CHUNK {
            break;
        }
        end += line.len() as u64;
        let text = String::from_utf8_lossy(line);
        state.lines.push(LogLine { text: text.trim_end_matches('\n').to_owned(), end });
    }
    Ok(())
}

fn refusal(error: &HostError) -> Refusal {
    Refusal::new("holdfast.agent1.Host", error.chain())
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
