//! The kind `account`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use account_spec::{AccountSpec, QuotaList};
use converge::{Done, Edit, ObserveError, Own, Reconcile, Settled, StepError, Wanted};
use hostd::{Host, HostError, Tool, Unit, UnitSet};
use names::{AccountId, AccountName, CryptHash, Digest};

use crate::observe::{self, Ask, HomeSeen, Observed, Subject, UserSeen};
use crate::quota::{self, FOR_PASSES, QuotaWork, Quotas};
use crate::step::Step;
use crate::trash;

#[cfg(test)]
mod tests;

/// How long one listing of all workers' sockets answers for those that listen.
const LISTING: Duration = Duration::from_secs(2);

/// Makes accounts so.
#[derive(Debug, Default)]
pub struct Accounts {
    /// When the sockets were listed, and which listened. One call answers for thousands of accounts of a sweep.
    listening: Mutex<Option<(Duration, BTreeMap<String, bool>)>>,
    quotas: Arc<Quotas>,
}

impl Ask for Accounts {
    fn worker_listens(&self, host: &Host, account: &AccountName) -> Result<bool, HostError> {
        self.listens(host, account)
    }

    fn quotas(&self, host: &Host) -> Result<Arc<QuotaList>, HostError> {
        match self.quotas.list(host, FOR_PASSES) {
            // an account must not wait for its quota: what cannot be known is said by the step that would set a limit
            Err(error) if !error.is_crash() => {
                tracing::warn!(error = error.chain(), "the limits of the disk were not seen");
                Ok(Arc::new(QuotaList { error: Some(error.chain()), ..QuotaList::default() }))
            }
            done => done,
        }
    }
}

impl Accounts {
    /// Shares what is known of the limits of the disk.
    pub fn new(quotas: Arc<Quotas>) -> Self {
        Self { quotas, ..Self::default() }
    }

    fn listens(&self, host: &Host, account: &AccountName) -> Result<bool, HostError> {
        let unit = Unit::WorkerSocket(account.clone());
        let now = host.elapsed();
        let mut listed = self.listening.lock().unwrap_or_else(PoisonError::into_inner);
        if listed.as_ref().is_none_or(|(at, _)| now.saturating_sub(*at) > LISTING) {
            let all = host.systemd().list(UnitSet::Workers)?;
            *listed = Some((now, all.into_iter().map(|(name, unit)| (name, unit.active.is_up())).collect()));
        }
        if listed.as_ref().is_some_and(|(_, up)| up.get(&unit.name()) == Some(&true)) {
            return Ok(true);
        }
        drop(listed);
        // it may have been started since
        Ok(host.systemd().state(&unit)?.active.is_up())
    }

    fn forget_listed(&self, account: &AccountName) {
        let mut listed = self.listening.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, up)) = listed.as_mut() {
            up.remove(&Unit::WorkerSocket(account.clone()).name());
        }
    }
}

impl Reconcile for Accounts {
    type Host = Host;
    type Spec = AccountSpec;
    type Observed = Observed;
    type Step = Step;

    fn observe(
        &self,
        host: &Host,
        key: &AccountId,
        want: &Wanted<AccountSpec>,
        last: Option<&AccountSpec>,
        own: &Own,
    ) -> Result<Observed, ObserveError> {
        observe::observe(host, *key, want, last, own, self)
    }

    fn plan(&self, want: &Wanted<AccountSpec>, seen: &Observed) -> Vec<Step> {
        match (want, &seen.subject) {
            (Wanted::Present(spec), Some(subject)) => plan_present(spec, subject, seen),
            (_, Some(subject)) => plan_absent(subject, seen),
            (_, None) => seen.files.steps.iter().cloned().map(Step::File).collect(),
        }
    }

    fn edits(&self, seen: &Observed) -> Vec<Edit> {
        seen.files.edits.clone()
    }

    fn settled(&self, _: &Wanted<AccountSpec>, seen: &Observed) -> Option<Settled> {
        let mut settled = Settled::files(&seen.wanted);
        settled.loaded = seen.loaded();
        Some(settled)
    }

    fn claim(&self, step: &Step) -> Option<(String, Digest)> {
        match step {
            Step::File(step) => step.claim(),
            _ => None,
        }
    }

    fn apply(&self, host: &Host, step: &Step) -> Result<Done, StepError> {
        if let Step::Quota { uid, .. } = step {
            return self.quotas.set(host, *uid).map(|()| Done::default());
        }
        let done = take(host, step);
        if let Step::ListenWorker(account) | Step::StopWorker(account) = step {
            self.forget_listed(account);
        }
        done.map_err(StepError::from)
    }
}

fn plan_present(spec: &AccountSpec, subject: &Subject, seen: &Observed) -> Vec<Step> {
    let mut steps = Vec::new();
    let account = || subject.name.clone();
    if let Some((path, text)) = seen.note.clone().filter(|_| !seen.uid_noted) {
        steps.push(Step::NoteUid { path, text });
    }
    if !seen.group {
        steps.push(Step::Tool(Tool::AddGroup { account: account(), gid: subject.uid }));
    }
    plan_user(spec, subject, seen.user.as_ref(), &mut steps);
    let quota = quota::plan_present(&seen.quota, spec, seen.home_kind);
    let quota = quota.map(|work| Step::Quota { account: account(), uid: subject.uid, work });
    // the home as a subvolume is made by the quota unit, which reads the file
    let makes_home = matches!(quota, Some(Step::Quota { work: QuotaWork::Make(_), .. }));
    if makes_home {
        steps.extend(seen.files.steps.iter().cloned().map(Step::File));
        steps.extend(quota.clone());
    }
    if seen.home != HomeSeen::AsMade {
        let new = seen.home == HomeSeen::Missing && !makes_home;
        steps.push(Step::Home { path: subject.home.clone(), uid: subject.uid.get(), gid: seen.web_gid, new });
    }
    if !makes_home {
        steps.extend(seen.files.steps.iter().cloned().map(Step::File));
        steps.extend(quota);
    }
    if !seen.slice_loaded {
        steps
            .extend(seen.loaded().into_values().map(|digest| Step::LoadSlice { account: account(), digest }));
    }
    if !seen.worker_listens {
        steps.push(Step::ListenWorker(account()));
    }
    if spec.suspended && seen.processes {
        steps.push(Step::StopProcesses { account: account(), uid: subject.uid.get() });
    }
    steps
}

fn plan_user(spec: &AccountSpec, subject: &Subject, user: Option<&UserSeen>, steps: &mut Vec<Step>) {
    let account = || subject.name.clone();
    let (gid, home) = (subject.uid, subject.home.clone());
    let tool = |tool| Step::Tool(tool);
    match user {
        None => steps.push(tool(Tool::AddUser { account: account(), uid: subject.uid, gid, home })),
        Some(user) if !user.as_made => steps.push(tool(Tool::RepairUser { account: account(), gid, home })),
        Some(_) => {}
    }
    // a new user is made as a member
    if user.is_some_and(|u| !u.tenant) {
        let group = hostd::SharedGroup::Tenants;
        steps.push(tool(Tool::JoinGroup { account: account(), group }));
    }
    let locked = user.is_some_and(|u| u.locked);
    let password_locked = user.is_none_or(|u| u.password_locked);
    let wanted_hash = spec.sftp_password.as_ref();
    let has_password = wanted_hash.is_some();
    // one that is locked with the account as a whole is unlocked with it
    let lost = password_locked && !locked && !spec.suspended;
    let differs = |hash: &&CryptHash| lost || user.and_then(|u| u.hash.as_deref()) != Some(hash.expose());
    let set = wanted_hash.filter(differs);
    if let Some(hash) = set {
        steps.push(tool(Tool::SetPassword { account: account(), hash: hash.clone() }));
    }
    let open = set.is_some() || !password_locked;
    match (spec.suspended, locked) {
        (true, false) => steps.push(tool(Tool::Lock { account: account() })),
        (suspended, locked) => {
            if open && (suspended || !has_password) {
                steps.push(tool(Tool::LockPassword { account: account() }));
            }
            if locked && !suspended {
                steps.push(tool(Tool::Unlock { account: account(), has_password }));
            }
        }
    }
}

fn plan_absent(subject: &Subject, seen: &Observed) -> Vec<Step> {
    let mut steps = Vec::new();
    let account = || subject.name.clone();
    if !seen.uid_noted {
        // the user was never made by us; what is there is foreign
        return seen.files.steps.iter().cloned().map(Step::File).collect();
    }
    if seen.user.is_some() {
        if !seen.user.as_ref().is_some_and(|u| u.locked) {
            steps.push(Step::Tool(Tool::Lock { account: account() }));
        }
        if seen.worker_listens {
            steps.push(Step::StopWorker(account()));
        }
        if seen.processes {
            steps.push(Step::StopProcesses { account: account(), uid: subject.uid.get() });
        }
    }
    steps.extend(seen.files.steps.iter().cloned().map(Step::File));
    if !seen.slice_loaded {
        steps.push(Step::LoadSlice { account: account(), digest: observe::gone() });
    }
    if seen.home != HomeSeen::Missing {
        steps.push(Step::TrashHome { path: subject.home.clone(), account: account() });
    }
    let quota = quota::plan_absent(&seen.quota, subject.uid, seen.user.is_some());
    steps.extend(quota.map(|work| Step::Quota { account: account(), uid: subject.uid, work }));
    if seen.user.is_some() {
        steps.push(Step::Tool(Tool::DeleteUser { account: account() }));
    } else if seen.group {
        // the tool that removes a user removes its group with it; a crash may have left the group alone
        steps.push(Step::Tool(Tool::DeleteGroup { account: account() }));
    }
    steps
}

/// Of two accounts that want one id at the same moment, the first to note it gets it; the other's next pass is refused.
fn note_uid(host: &Host, path: &str, text: &str) -> Result<(), HostError> {
    match host.files().write_new(path, text.as_bytes(), 0o600, (0, 0)) {
        Err(error) if error.exists() && host.files().read_text(path)?.as_deref() == Some(text) => Ok(()),
        written => written,
    }
}

fn take(host: &Host, step: &Step) -> Result<Done, HostError> {
    match step {
        Step::NoteUid { path, text } => {
            if let Some((directory, _)) = path.rsplit_once('/') {
                host.files().ensure_dirs(directory, 0o700, (0, 0))?;
            }
            note_uid(host, path, text)?;
        }
        Step::Tool(tool) => host.run(tool)?,
        Step::Home { path, uid, gid, .. } => {
            host.files().ensure_dir(path, 0o710, (*uid, *gid))?;
        }
        Step::File(step) => host.files().take(step)?,
        Step::LoadSlice { account, digest } => {
            let slice = Unit::AccountSlice(account.clone());
            host.load_units(std::slice::from_ref(&slice))?;
            return Ok(Done { loaded: Some((slice.name(), *digest)) });
        }
        Step::ListenWorker(account) => {
            let socket = Unit::WorkerSocket(account.clone());
            host.systemd().enable(std::slice::from_ref(&socket))?;
            host.systemd().start(&socket)?.require_done("start", &socket)?;
        }
        Step::StopWorker(account) => {
            let socket = Unit::WorkerSocket(account.clone());
            host.systemd().disable(std::slice::from_ref(&socket))?;
            host.systemd().stop(&socket)?.require_done("stop", &socket)?;
            let worker = Unit::Worker(account.clone());
            host.systemd().stop(&worker)?.require_done("stop", &worker)?;
        }
        Step::StopProcesses { account, uid } => {
            // first at once, and then whatever was started meanwhile: a unit that is merely stopped ends what it has in hand
            hostd::kill_processes_of(host, *uid)?;
            let slice = Unit::AccountSlice(account.clone());
            host.systemd().stop(&slice)?.require_done("stop", &slice)?;
            hostd::kill_processes_of(host, *uid)?;
        }
        // the kind takes this one itself: it must know what was seen
        Step::Quota { .. } => {}
        Step::TrashHome { path, account } => {
            let homes = host.bounds().homes.clone();
            trash::move_home(host, &homes, path, account)?;
        }
    }
    Ok(Done::default())
}
