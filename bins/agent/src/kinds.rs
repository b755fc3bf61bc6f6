//! Every kind of object behind one door: what the sweep, the drift list and the status calls need of it.

use std::sync::Arc;

use converge::methods::{By, Drift, DriftAction, HeldWish, Object, ObjectStatus};
use converge::{
    Apply, Cause, Condition, DriftRules, Engine, Entry, LedgerError, LedgerStore, Pause, Reason, Reconcile,
    Refusal, Report, Spec, Status, TakeBack, Wanted,
};
use hostd::{DriftPolicy, Host};

use crate::changes::Changes;
use crate::foreign;
use crate::journal::Journal;
use crate::ledger::Ledger;
use crate::watch::Watch;

/// One kind of object, without its types.
pub(crate) trait Kind: Send + Sync {
    /// The kind's word.
    fn word(&self) -> &'static str;
    /// How the objects stand.
    fn statuses(&self) -> Result<Vec<ObjectStatus>, LedgerError>;
    /// What is wished of one object.
    fn wish(&self, key: &str) -> Result<Option<HeldWish>, LedgerError>;
    /// A pass over one object.
    fn pass(&self, key: &str) -> Result<Option<Report>, LedgerError>;
    /// What a pass would do.
    fn preview(&self, key: &str) -> Result<Option<Report>, Refusal>;
    /// Hand edits that wait.
    fn drift(&self) -> Result<Vec<Drift>, LedgerError>;
    /// Takes these hand edits of one object back in a pass. The foreign copies are kept by then.
    fn revert(&self, key: &str, edits: TakeBack, cause: &Cause) -> Result<Option<Report>, LedgerError>;
    /// Pauses one object, or ends its pause, then a pass.
    fn pause(&self, key: &str, pause: Option<Pause>, cause: &Cause) -> Result<Option<Report>, LedgerError>;
    /// A pass over one object panicked: that is how it stands now.
    fn broke(&self, key: &str) -> Result<(), LedgerError>;
    /// Forgets objects that are gone since before a time, in microseconds since 1970 (UTC); answers how many.
    fn forget_gone(&self, before: i64) -> Result<usize, LedgerError>;
    /// Ends passes after the step that they are at.
    fn stop(&self);
}

/// A kind with its engine.
pub(crate) struct Managed<R> {
    engine: Engine<R, Ledger>,
    host: Arc<Host>,
    ledger: Arc<Ledger>,
    watch: Arc<Watch>,
    journal: Arc<Journal>,
    changes: Arc<Changes>,
}

impl<R: Reconcile<Host = Host>> Managed<R> {
    /// Puts a kind to work on a host.
    pub(crate) fn new(
        kind: R,
        host: Arc<Host>,
        ledger: Arc<Ledger>,
        watch: Arc<Watch>,
        journal: Arc<Journal>,
        changes: Arc<Changes>,
    ) -> Self {
        let clock = Arc::clone(&host);
        let now = Arc::new(move || clock.now().as_micros());
        let drift =
            DriftRules { enforce: host.bounds().drift == DriftPolicy::Enforce, keep: foreign::keeper(&host) };
        let engine = Engine::new(kind, Arc::clone(&ledger), now, drift);
        Self { engine, host, ledger, watch, journal, changes }
    }

    /// Takes a wish of the panel. One that is news is in the journal before it is in the ledger.
    pub(crate) fn apply(&self, wish: Apply<R::Spec>) -> Result<Report, Refusal> {
        let (dry_run, key, generation) = (wish.dry_run, wish.scope.clone(), wish.generation);
        let cause = wish.cause.clone();
        let before = if dry_run { None } else { self.ledger.load::<R::Spec>(&key).unwrap_or_default() };
        let report = self.engine.apply_noted(&self.host, wish, |wish| {
            let noted = self.journal.accepted(wish);
            noted.map_err(|e| Refusal::Ledger { message: e.chain(), full: e.is_disk_full() })
        })?;
        if !dry_run {
            let held = before.as_ref().is_some_and(|e| e.generation == generation && e.is_converged());
            let (by, cause) = if held { (By::Agent, Cause::default()) } else { (By::Panel, cause) };
            self.note(before.as_deref(), &key, &report, by, cause);
            self.tell(&key);
        }
        Ok(report)
    }

    /// Writes down what a pass did and found.
    fn note(
        &self,
        before: Option<&Entry<R::Spec>>,
        key: &<R::Spec as Spec>::Key,
        report: &Report,
        by: By,
        cause: Cause,
    ) {
        if let Ok(Some(entry)) = self.ledger.load::<R::Spec>(key) {
            self.changes.edited(before, &entry);
            self.changes.passed(report, matches!(entry.spec, Wanted::Absent), by, cause);
        }
    }

    fn entry(&self, key: &str) -> Result<Option<Arc<Entry<R::Spec>>>, LedgerError> {
        let Ok(scope) = key.parse() else { return Ok(None) };
        self.ledger.load::<R::Spec>(&scope)
    }

    fn tell(&self, key: &<R::Spec as Spec>::Key) {
        if let Ok(Some(entry)) = self.ledger.load::<R::Spec>(key) {
            self.watch.tell(status(&entry));
        }
    }

    /// A pass; `cause` is who decided something that it carries out.
    fn pass_and_tell(
        &self,
        key: &<R::Spec as Spec>::Key,
        cause: Option<&Cause>,
    ) -> Result<Option<Report>, LedgerError> {
        let before = self.ledger.load::<R::Spec>(key)?;
        let report = self.engine.pass(&self.host, key)?;
        if let Some(report) = &report {
            let asked =
                before.as_ref().filter(|e| !e.is_converged()).map(|e| e.cause.clone().unwrap_or_default());
            match cause.cloned().or(asked) {
                Some(cause) => self.note(before.as_deref(), key, report, By::Panel, cause),
                None => self.note(before.as_deref(), key, report, By::Agent, Cause::default()),
            }
        }
        if report.as_ref().map(|r| &r.status) != before.as_ref().map(|e| &e.status) {
            self.tell(key);
        }
        Ok(report)
    }
}

fn object<S: Spec>(entry: &Entry<S>) -> Object {
    Object { kind: S::KIND.to_owned(), scope: entry.scope.to_string() }
}

fn status<S: Spec>(entry: &Entry<S>) -> ObjectStatus {
    ObjectStatus {
        object: object(entry),
        generation: entry.generation,
        digest: entry.digest,
        observed_generation: entry.observed_generation,
        absent: matches!(entry.spec, Wanted::Absent),
        status: entry.status.clone(),
        since: entry.since,
    }
}

impl<R: Reconcile<Host = Host>> Kind for Managed<R> {
    fn word(&self) -> &'static str {
        R::Spec::KIND
    }

    fn statuses(&self) -> Result<Vec<ObjectStatus>, LedgerError> {
        Ok(self.ledger.list::<R::Spec>()?.iter().map(|e| status(e)).collect())
    }

    fn wish(&self, key: &str) -> Result<Option<HeldWish>, LedgerError> {
        let Some(entry) = self.entry(key)? else { return Ok(None) };
        let spec = entry.spec.present().map(serde_json::to_value).transpose();
        Ok(Some(HeldWish {
            object: object(&entry),
            generation: entry.generation,
            digest: entry.digest,
            spec: spec.map_err(|e| LedgerError::new(e.to_string()))?,
            since: entry.since,
        }))
    }

    fn pass(&self, key: &str) -> Result<Option<Report>, LedgerError> {
        let Some(entry) = self.entry(key)? else { return Ok(None) };
        self.pass_and_tell(&entry.scope, None)
    }

    fn preview(&self, key: &str) -> Result<Option<Report>, Refusal> {
        let entry = self.entry(key).map_err(|e| Refusal::Ledger { message: e.to_string(), full: e.full })?;
        entry.map_or(Ok(None), |entry| self.engine.preview(&self.host, &entry.scope))
    }

    fn drift(&self) -> Result<Vec<Drift>, LedgerError> {
        let mut drift = Vec::new();
        for entry in self.ledger.list::<R::Spec>()? {
            let actions = if entry.pause.is_some() {
                vec![DriftAction::Revert, DriftAction::Resume]
            } else {
                vec![DriftAction::Revert, DriftAction::Pause]
            };
            drift.extend(entry.edits.iter().map(|(path, edit)| Drift {
                object: object(&entry),
                path: path.clone(),
                mtime: edit.mtime,
                noticed: edit.noticed,
                foreign: edit.foreign,
                diff: diff(path, edit.ours.as_deref(), edit.text.as_deref()),
                waiting: edit.waiting.as_deref().and_then(|new| diff(path, edit.ours.as_deref(), Some(new))),
                actions: actions.clone(),
            }));
        }
        Ok(drift)
    }

    fn revert(&self, key: &str, edits: TakeBack, cause: &Cause) -> Result<Option<Report>, LedgerError> {
        let Some(entry) = self.entry(key)? else { return Ok(None) };
        self.engine.amend(&entry.scope, |e| {
            e.take_back.extend(edits);
            e.pause = None;
        })?;
        self.pass_and_tell(&entry.scope, Some(cause))
    }

    fn pause(&self, key: &str, pause: Option<Pause>, cause: &Cause) -> Result<Option<Report>, LedgerError> {
        let Some(entry) = self.entry(key)? else { return Ok(None) };
        self.engine.amend(&entry.scope, |e| {
            if pause.is_some() {
                e.take_back = TakeBack::default();
            }
            e.pause = pause;
        })?;
        self.pass_and_tell(&entry.scope, Some(cause))
    }

    fn broke(&self, key: &str) -> Result<(), LedgerError> {
        let Some(entry) = self.entry(key)? else { return Ok(()) };
        let now = self.host.now().as_micros();
        self.engine.amend(&entry.scope, |e| {
            let condition = match (&e.spec, e.observed_generation) {
                (Wanted::Absent, _) => Condition::Deleting,
                (_, Some(_)) => Condition::Degraded,
                (_, None) => Condition::Failed,
            };
            let message = "a mistake in the agent ended the pass; its log says where";
            let status = Status::not_ready(condition, Reason::Bug, message);
            if e.status != status {
                (e.status, e.since) = (status, now);
            }
        })?;
        self.tell(&entry.scope);
        Ok(())
    }

    fn forget_gone(&self, before: i64) -> Result<usize, LedgerError> {
        let mut forgotten = 0;
        for entry in self.ledger.list::<R::Spec>()? {
            if matches!(entry.spec, Wanted::Absent) && entry.since < before {
                forgotten += usize::from(self.engine.forget_gone(&entry.scope, before)?);
            }
        }
        Ok(forgotten)
    }

    fn stop(&self) {
        self.engine.stop();
    }
}

fn diff(path: &str, ours: Option<&str>, foreign: Option<&str>) -> Option<String> {
    Some(converge::file::unified(path, ours.unwrap_or(""), foreign?))
}
