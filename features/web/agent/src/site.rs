//! The kind `site`: names that lead to a document root of an account.
//!
//! A site's part of the host is its lines in the tree's maps, a block of its own where it has settings of its own, a
//! directory for its logs, and, made once by the account's worker, a document root with a starter page. What lies in the
//! document root is the tenant's: it is never looked at again, and stays when the site goes.

use std::sync::Arc;

use converge::{
    Condition, Describe, Done, Edit, FileStep, Impact, ObserveError, Own, Reason, Reconcile, Settled,
    StepError, Wanted,
};
use hostd::Host;
use hostfs::FileKind;
use names::{AccountName, Digest, PoolName, SiteId};
use web_spec::{MakeDocroot, SiteSpec};

use crate::committer::{Committer, Listen, Request};
use crate::docroots::Docroots;
use crate::layout::{LOG_TRASH, LOGS, TREE, certificate_file, site_logs};
use crate::record::{SiteRecord, SiteWant, Want};
use crate::worker_calls::WorkerCallError;

/// The key of the made document root among what the ledger remembers as loaded.
const DOCROOT: &str = "docroot";

/// Mode and owner of a site's log directory: the agent alone writes it, readers get a descriptor.
const LOG_DIR: (u32, (u32, u32)) = (0o750, (0, 0));

/// What a site needs to know of other objects; answered from the agent's ledger.
pub trait Others: Send + Sync {
    /// The account was observed to be as asked.
    fn account_ready(&self, account: &AccountName) -> bool;
    /// The pool was observed to be as asked.
    fn pool_ready(&self, pool: &PoolName) -> bool;
}

/// See the module.
pub struct Sites {
    committer: Arc<Committer>,
    others: Arc<dyn Others>,
    docroots: Box<dyn Docroots>,
}

/// What a pass over a site saw.
#[derive(Debug)]
pub struct SiteSeen {
    steps: Vec<SiteStep>,
    edits: Vec<Edit>,
    docroot: Option<Digest>,
}

/// One step of a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SiteStep {
    /// Make the log directory, or set its mode and owner.
    LogDir {
        /// Absolute path.
        path: String,
    },
    /// Have the worker make the document root.
    Docroot {
        /// Whose worker.
        account: AccountName,
        /// What for.
        request: MakeDocroot,
        /// What the ledger remembers of it.
        digest: Digest,
    },
    /// A file that the next [`SiteStep::Switch`] changes; nothing by itself.
    File(FileStep),
    /// Test the changed tree, put it in place, have nginx load it and see that it is served.
    Switch {
        /// What the committer is asked.
        request: Box<Request>,
        /// The change touches files.
        changes: bool,
    },
    /// Put the logs of a removed site aside.
    TrashLogs {
        /// Absolute path.
        from: String,
    },
}

impl Describe for SiteStep {
    fn code(&self) -> &'static str {
        match self {
            Self::LogDir { .. } => "site.log_dir",
            Self::Docroot { .. } => "site.docroot",
            Self::File(step) => step.code(),
            Self::Switch { .. } => "nginx.switch",
            Self::TrashLogs { .. } => "site.trash_logs",
        }
    }

    fn summary(&self) -> String {
        match self {
            Self::LogDir { path } => format!("make {path}/"),
            Self::Docroot { account, request, .. } => {
                format!(
                    "make {} in the home of {account}, with a starter page if it is empty",
                    request.docroot
                )
            }
            Self::File(step) => step.summary(),
            Self::Switch { changes: true, .. } => {
                format!("test {TREE}, reload nginx and see that the site is served")
            }
            Self::Switch { changes: false, .. } => "see that nginx serves the site".to_owned(),
            Self::TrashLogs { from } => format!("move {from}/ to {LOG_TRASH}/"),
        }
    }

    fn impact(&self) -> Impact {
        match self {
            Self::Switch { .. } => Impact::Reload,
            _ => Impact::None,
        }
    }

    fn path(&self) -> Option<&str> {
        match self {
            Self::LogDir { path } | Self::TrashLogs { from: path } => Some(path),
            Self::File(step) => step.path(),
            Self::Docroot { .. } | Self::Switch { .. } => None,
        }
    }

    fn diff(&self) -> Option<String> {
        match self {
            Self::File(step) => step.diff(),
            _ => None,
        }
    }
}

impl Sites {
    /// The kind, over a committer that it shares with the web server's base.
    pub fn new(committer: Arc<Committer>, others: Arc<dyn Others>, docroots: Box<dyn Docroots>) -> Self {
        Self { committer, others, docroots }
    }

    /// A site waits for its account, its pool and its certificate with everything but looking.
    fn others_ready(&self, host: &Host, request: &Request, id: SiteId) -> Result<(), StepError> {
        let Want::Site(_, Some(want)) = &request.want else { return Ok(()) };
        if let Some(pool) = want.record.pool.as_ref().filter(|pool| !self.others.pool_ready(pool)) {
            return Err(self.waits(host, id, format!("pool {pool} is not ready")));
        }
        // without its file every handshake for the site would fail
        if let Some(tls) = &want.record.tls
            && self.committer.listens_tls(host)
            && host.files().stat(&certificate_file(tls.certificate))?.is_none()
        {
            return Err(self.waits(host, id, format!("certificate {} is not ready", tls.certificate)));
        }
        Ok(())
    }

    fn waits(&self, host: &Host, id: SiteId, message: String) -> StepError {
        if self.committer.is_serving(host, id) {
            StepError::degraded(Reason::WaitsFor, message)
        } else {
            StepError::pending(Reason::WaitsFor, message)
        }
    }

    fn observe_present(
        &self,
        host: &Host,
        id: SiteId,
        spec: &SiteSpec,
        own: &Own,
    ) -> Result<SiteSeen, ObserveError> {
        check(spec)?;
        crate::webserver::installed(host)?;
        let take_back = own.take_back.clone();
        let block = self
            .committer
            .templates()
            .block(host, id, spec)
            .map_err(|e| ObserveError::Because(Reason::ConfigRefused, e.to_string()))?;
        let want = SiteWant { record: SiteRecord::of(spec, host.bounds()), block };
        let look = self.committer.look_site(host, id, Some(&want), &take_back).map_err(failed)?;

        let mut steps = Vec::new();
        let logs = site_logs(id);
        let dir = host.files().stat(&logs)?;
        if !dir.is_some_and(|m| m.kind == FileKind::Dir && (m.mode, (m.uid, m.gid)) == LOG_DIR) {
            steps.push(SiteStep::LogDir { path: logs });
        }
        let docroot = docroot_digest(spec);
        if own.loaded.get(DOCROOT) != Some(&docroot) {
            let request = MakeDocroot {
                docroot: spec.docroot.clone(),
                site: spec.names[0].clone(),
                php: spec.pool.is_some(),
            };
            steps.push(SiteStep::Docroot { account: spec.account.clone(), request, digest: docroot });
        }
        let due = look.is_due();
        let changes = look.differs || !look.repair.is_empty();
        steps.extend(look.steps.into_iter().map(SiteStep::File));
        if due {
            let want = Want::Site(id, Some(want));
            let listen = Listen::default();
            let request = Request { want, listen, repair: look.repair, take_back, reload: false };
            steps.push(SiteStep::Switch { request: Box::new(request), changes });
        }
        Ok(SiteSeen { steps, edits: look.edits, docroot: Some(docroot) })
    }

    fn observe_absent(&self, host: &Host, id: SiteId, own: &Own) -> Result<SiteSeen, ObserveError> {
        let take_back = own.take_back.clone();
        let look = self.committer.look_site(host, id, None, &take_back).map_err(failed)?;
        let due = look.is_due();
        let mut steps: Vec<SiteStep> = look.steps.into_iter().map(SiteStep::File).collect();
        if due {
            let request = Request {
                want: Want::Site(id, None),
                listen: Listen::default(),
                repair: Vec::new(),
                take_back,
                reload: false,
            };
            steps.push(SiteStep::Switch { request: Box::new(request), changes: look.differs });
        }
        let logs = site_logs(id);
        if host.files().stat(&logs)?.is_some() {
            steps.push(SiteStep::TrashLogs { from: logs });
        }
        Ok(SiteSeen { steps, edits: look.edits, docroot: None })
    }
}

#[expect(clippy::needless_pass_by_value, reason = "used as a function in map_err")]
fn failed(error: crate::committer::CommitError) -> ObserveError {
    error.unobservable()
}

/// A worker that is busy, or that its tenant stopped, is asked again later.
#[expect(clippy::needless_pass_by_value, reason = "used as a function in map_err")]
fn undone(error: WorkerCallError) -> StepError {
    match &error {
        WorkerCallError::Busy { .. } => StepError::pending(Reason::Busy, error.to_string()),
        WorkerCallError::Failed { .. } => StepError::failed(error.to_string()),
    }
}

/// What contradicts itself, whoever asked for it.
fn check(spec: &SiteSpec) -> Result<(), ObserveError> {
    let refuse = |field: &str, reason: String| Err(ObserveError::Refused { field: field.to_owned(), reason });
    if spec.names.is_empty() {
        return refuse("names", "a site needs a name".to_owned());
    }
    if let Some((at, name)) =
        spec.names.iter().enumerate().find(|(at, name)| spec.names[..*at].contains(name))
    {
        return refuse(&format!("names/{at}"), format!("{name} is named twice"));
    }
    serving::check(spec)?;
    // a socket of another account's pool would run this site's files as that account
    match &spec.pool {
        Some(pool) if *pool.account() != spec.account => {
            refuse("pool", format!("pool {pool} is not a pool of account {}", spec.account))
        }
        _ => Ok(()),
    }
}

fn docroot_digest(spec: &SiteSpec) -> Digest {
    let php = if spec.pool.is_some() { "php" } else { "static" };
    Digest::of_parts([spec.account.as_str(), spec.docroot.as_str(), php])
}

impl Reconcile for Sites {
    type Host = Host;
    type Spec = SiteSpec;
    type Observed = SiteSeen;
    type Step = SiteStep;

    fn observe(
        &self,
        host: &Host,
        key: &SiteId,
        want: &Wanted<SiteSpec>,
        _: Option<&SiteSpec>,
        own: &Own,
    ) -> Result<SiteSeen, ObserveError> {
        match want {
            Wanted::Present(spec) => self.observe_present(host, *key, spec, own),
            Wanted::Absent => self.observe_absent(host, *key, own),
        }
    }

    fn plan(&self, _: &Wanted<SiteSpec>, seen: &SiteSeen) -> Vec<SiteStep> {
        seen.steps.clone()
    }

    fn edits(&self, seen: &SiteSeen) -> Vec<Edit> {
        seen.edits.clone()
    }

    /// The mirror knows which files are ours; the ledger remembers the document root.
    fn settled(&self, _: &Wanted<SiteSpec>, seen: &SiteSeen) -> Option<Settled> {
        let loaded = seen.docroot.map(|digest| (DOCROOT.to_owned(), digest)).into_iter().collect();
        Some(Settled { loaded, ..Settled::default() })
    }

    fn apply(&self, host: &Host, step: &SiteStep) -> Result<Done, StepError> {
        match step {
            SiteStep::LogDir { path } => {
                if host.files().stat(LOGS)?.is_none() {
                    host.files().ensure_dirs(LOGS, 0o711, (0, 0))?;
                }
                host.files().ensure_dir(path, LOG_DIR.0, LOG_DIR.1)?;
            }
            SiteStep::Docroot { account, request, digest } => {
                if !self.others.account_ready(account) {
                    let message = format!("account {account} is not ready");
                    return Err(StepError::pending(Reason::WaitsFor, message));
                }
                self.docroots.make(host, account, request).map_err(undone)?;
                return Ok(Done { loaded: Some((DOCROOT.to_owned(), *digest)) });
            }
            SiteStep::File(_) => {}
            SiteStep::Switch { request, .. } => {
                if let Want::Site(id, _) = &request.want {
                    self.others_ready(host, request, *id)?;
                }
                self.committer.commit(host, Request::clone(request))?;
            }
            SiteStep::TrashLogs { from } => trash_logs(host, from)?,
        }
        Ok(Done::default())
    }
}

/// The logs of a removed site, under a name with the time; the log splitter removes them in the end.
fn trash_logs(host: &Host, from: &str) -> Result<(), StepError> {
    host.files().ensure_dirs(LOG_TRASH, 0o700, (0, 0))?;
    let time = host.now().to_string();
    let time: String = time.chars().take(19).filter(|c| *c != ':').collect();
    let id = from.rsplit('/').next().unwrap_or_default();
    match host.files().rename(from, &format!("{LOG_TRASH}/{time}Z-{id}")) {
        Err(error) if !error.is_not_found() => {
            Err(StepError { condition: Condition::Deleting, ..StepError::from(error) })
        }
        _ => Ok(()),
    }
}

mod serving;
#[cfg(test)]
mod tests;
