//! Carries an object through acceptance and passes, with the ledger in step.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use crate::apply::{Apply, Refusal, Report, Spec, Wanted};
use crate::condition::{Condition, Reason, Status};
use crate::entry::{Claim, EditRecord, Entry, LedgerError, LedgerStore};
use crate::plan::{Describe, Plan};
use crate::reconcile::{Edit, ObserveError, Own, Reconcile, StepError};
use crate::take_back::TakeBack;

#[cfg(test)]
mod tests;

/// Tells the time in microseconds since 1970 (UTC).
pub type Now = Arc<dyn Fn() -> i64 + Send + Sync>;

/// Keeps the foreign content of a file before ours replaces it: kind, scope, and the edit. An error stops the pass.
pub type Keep = Arc<dyn Fn(&str, &str, &Edit) -> Result<(), String> + Send + Sync>;

/// What happens to hand edits.
#[derive(Clone)]
pub struct DriftRules {
    /// Edits are taken back at once, without a decision; the policy `enforce`.
    pub enforce: bool,
    /// Called for every edit before it is replaced, whoever decided.
    pub keep: Keep,
}

/// Runs the passes of one kind: the same object never twice at once, different objects in parallel.
pub struct Engine<R, L> {
    kind: R,
    ledger: Arc<L>,
    now: Now,
    drift: DriftRules,
    busy: Mutex<BTreeSet<String>>,
    freed: Condvar,
    stopping: AtomicBool,
}

struct Turn<'a> {
    busy: &'a Mutex<BTreeSet<String>>,
    freed: &'a Condvar,
    scope: String,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.busy.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.scope);
        self.freed.notify_all();
    }
}

type KeyOf<R> = <<R as Reconcile>::Spec as Spec>::Key;

impl<R: Reconcile, L: LedgerStore> Engine<R, L> {
    /// An engine for one kind over a ledger.
    pub fn new(kind: R, ledger: Arc<L>, now: Now, drift: DriftRules) -> Self {
        let (busy, freed, stopping) = (Mutex::default(), Condvar::new(), AtomicBool::new(false));
        Self { kind, ledger, now, drift, busy, freed, stopping }
    }

    /// The kind's implementation.
    pub fn kind(&self) -> &R {
        &self.kind
    }

    /// The process is about to end: from now on a pass ends after the step that it is at, and leaves the rest to the next
    /// start.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
    }

    /// Takes a wish (or shows its plan) and runs one pass.
    pub fn apply(&self, host: &R::Host, wish: Apply<R::Spec>) -> Result<Report, Refusal> {
        self.apply_noted(host, wish, |_| Ok(()))
    }

    /// As [`Self::apply`], and calls `note` with a wish that is news when it is admitted, before the ledger holds it. What
    /// cannot be noted is not taken.
    pub fn apply_noted(
        &self,
        host: &R::Host,
        wish: Apply<R::Spec>,
        note: impl FnOnce(&Apply<R::Spec>) -> Result<(), Refusal>,
    ) -> Result<Report, Refusal> {
        let _turn = self.turn(&wish.scope);
        let held = self.ledger.load::<R::Spec>(&wish.scope).map_err(ledger_refusal)?;
        let news = admit(held.as_deref(), &wish)?;
        if wish.dry_run || (news && wish.expect_plan.is_some()) {
            let (plan, report) = self.rehearse(host, held.as_deref(), &wish)?;
            if wish.dry_run {
                return Ok(report);
            }
            if wish.expect_plan != Some(plan.hash()) {
                return Err(Refusal::PlanChanged { plan });
            }
        }
        let entry = if news {
            note(&wish)?;
            let before = held.map(|e| Entry::clone(&e));
            let mut entry = Entry::accept(before, wish.scope, wish.generation, wish.spec, (self.now)());
            entry.overwrite = wish.overwrite;
            entry.cause = Some(wish.cause);
            self.ledger.save(entry.clone()).map_err(ledger_refusal)?;
            entry
        } else {
            let Some(held) = held else { return Err(Refusal::DigestMismatch) };
            let mut entry = Entry::clone(&held);
            entry.overwrite |= wish.overwrite;
            entry
        };
        Ok(self.pass_on(host, entry))
    }

    /// One pass over an object that the ledger holds; none if it holds no such object. Writes nothing if nothing changed.
    pub fn pass(&self, host: &R::Host, key: &KeyOf<R>) -> Result<Option<Report>, LedgerError> {
        let _turn = self.turn(key);
        let Some(entry) = self.ledger.load::<R::Spec>(key)? else { return Ok(None) };
        Ok(Some(self.pass_on(host, Entry::clone(&entry))))
    }

    /// What a pass would do now, without doing it.
    pub fn preview(&self, host: &R::Host, key: &KeyOf<R>) -> Result<Option<Report>, Refusal> {
        let _turn = self.turn(key);
        let Some(entry) = self.ledger.load::<R::Spec>(key).map_err(ledger_refusal)? else { return Ok(None) };
        let wish = Apply::new(entry.scope.clone(), entry.generation, entry.spec.clone());
        self.rehearse(host, Some(&entry), &wish).map(|(_, report)| Some(report))
    }

    /// Changes an entry under the object's lock (pause, decisions about edits) and writes it.
    pub fn amend(
        &self,
        key: &KeyOf<R>,
        change: impl FnOnce(&mut Entry<R::Spec>),
    ) -> Result<bool, LedgerError> {
        let _turn = self.turn(key);
        let Some(entry) = self.ledger.load::<R::Spec>(key)? else { return Ok(false) };
        let mut entry = Entry::clone(&entry);
        change(&mut entry);
        self.ledger.save(entry)?;
        Ok(true)
    }

    /// Forgets an object that is observed to be gone since before a time; answers whether it did.
    pub fn forget_gone(&self, key: &KeyOf<R>, before: i64) -> Result<bool, LedgerError> {
        let _turn = self.turn(key);
        let Some(entry) = self.ledger.load::<R::Spec>(key)? else { return Ok(false) };
        let gone = matches!(entry.spec, Wanted::Absent) && entry.status.condition == Condition::Ready;
        if !gone || !entry.is_converged() || entry.since >= before {
            return Ok(false);
        }
        self.ledger.forget::<R::Spec>(key)?;
        Ok(true)
    }

    fn turn(&self, key: &KeyOf<R>) -> Turn<'_> {
        let scope = key.to_string();
        let mut busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        while !busy.insert(scope.clone()) {
            busy = self.freed.wait(busy).unwrap_or_else(PoisonError::into_inner);
        }
        Turn { busy: &self.busy, freed: &self.freed, scope }
    }

    fn rehearse(
        &self,
        host: &R::Host,
        held: Option<&Entry<R::Spec>>,
        wish: &Apply<R::Spec>,
    ) -> Result<(Plan, Report), Refusal> {
        let mut own = held.map_or_else(Own::default, |e| own(e, TakeBack::default()));
        let last = held
            .and_then(|e| if wish.generation > e.generation { e.spec.present() } else { e.last.as_ref() });
        let observe = |own: &Own| {
            self.kind.observe(host, &wish.scope, &wish.spec, last, own).map_err(|e| match e {
                ObserveError::Refused { field, reason } => Refusal::OutOfBounds { field, reason },
                other => Refusal::Unobservable { message: other.to_string() },
            })
        };
        let mut seen = observe(&own)?;
        if wish.overwrite {
            own.take_back = TakeBack::all(&self.kind.edits(&seen));
            seen = observe(&own)?;
        }
        let plan = Plan::of(&self.kind.plan(&wish.spec, &seen));
        let edits = self.kind.edits(&seen);
        let status = match edits.first() {
            Some(edit) => edited(edit),
            None if plan.is_empty() => Status::ready(),
            None => Status::converging(),
        };
        let report = Report {
            kind: R::Spec::KIND.to_owned(),
            scope: wish.scope.to_string(),
            generation: wish.generation,
            digest: wish.digest,
            plan: plan.clone(),
            changed: false,
            taken: 0,
            status,
        };
        Ok((plan, report))
    }

    fn pass_on(&self, host: &R::Host, mut entry: Entry<R::Spec>) -> Report {
        let before = entry.clone();
        let mut plan = Plan::default();
        let mut taken = 0;
        let status = match self.steps(host, &mut entry, &mut plan, &mut taken) {
            Ok(status) | Err(status) => status,
        };
        if status.condition == Condition::Ready {
            entry.observed_generation = Some(entry.generation);
            entry.last = None;
        }
        if entry.status != status {
            entry.since = (self.now)();
            entry.status = status;
        }
        let mut report = Report {
            kind: R::Spec::KIND.to_owned(),
            scope: entry.scope.to_string(),
            generation: entry.generation,
            digest: entry.digest,
            plan,
            changed: taken > 0,
            taken,
            status: entry.status.clone(),
        };
        if entry != before
            && let Err(error) = self.ledger.save(entry)
        {
            report.status = ledger_status(error);
        }
        report
    }

    fn steps(
        &self,
        host: &R::Host,
        entry: &mut Entry<R::Spec>,
        plan: &mut Plan,
        taken: &mut u64,
    ) -> Result<Status, Status> {
        if let Some(pause) = &entry.pause {
            if pause.until > (self.now)() {
                return Err(Status::not_ready(Condition::Degraded, Reason::Paused, pause.reason.clone()));
            }
            entry.pause = None;
        }
        let mut seen = self.observe(host, entry, TakeBack::default())?;
        let mut edits = self.kind.edits(&seen);
        self.note_edits(entry, &edits);
        self.settle_decisions(entry, &edits);
        if !entry.take_back.is_empty() {
            self.keep(entry, &edits)?;
            seen = self.observe(host, entry, entry.take_back.clone())?;
            edits = self.kind.edits(&seen);
            self.note_edits(entry, &edits);
        }
        let steps = self.kind.plan(&entry.spec, &seen);
        *plan = Plan::of(&steps);
        if let Some(blocking) = edits.iter().find(|e| e.blocks()) {
            return Err(edited(blocking));
        }
        if !steps.is_empty() {
            self.claim(entry, &steps)?;
            for step in &steps {
                if self.stopping.load(Ordering::SeqCst) {
                    return Err(Status::converging());
                }
                let done = self.kind.apply(host, step).map_err(|e| step_status(&step.summary(), &e))?;
                *taken += 1;
                // written with the end of the pass; after a crash the step is taken again, which does no harm
                entry.loaded.extend(done.loaded);
            }
            seen = self.observe(host, entry, TakeBack::default())?;
            let left = self.kind.plan(&entry.spec, &seen);
            if let Some(first) = left.first() {
                let message = format!("after all steps the host still needs: {}", first.summary());
                return Err(Status::not_ready(Condition::Failed, Reason::NotConverged, message));
            }
        }
        entry.take_back = TakeBack::default();
        if let Some(edit) = edits.first() {
            return Err(edited(edit));
        }
        if let Some(settled) = self.kind.settled(&entry.spec, &seen) {
            entry.claims =
                settled.files.into_iter().map(|(path, digest)| (path, Claim::on(digest))).collect();
            entry.loaded = settled.loaded;
        } else {
            entry.claims.values_mut().for_each(Claim::settle);
        }
        Ok(Status::ready())
    }

    /// A decision lasts as long as its file holds what was decided about, and no longer than until it is carried out.
    fn settle_decisions(&self, entry: &mut Entry<R::Spec>, edits: &[Edit]) {
        let all = std::mem::take(&mut entry.overwrite) || self.drift.enforce;
        let decided = std::mem::take(&mut entry.take_back);
        let taken = edits.iter().filter(|edit| all || decided.covers(&edit.path, &edit.foreign_digest));
        entry.take_back = taken.map(|edit| (edit.path.clone(), edit.foreign_digest)).collect();
    }

    fn keep(&self, entry: &Entry<R::Spec>, edits: &[Edit]) -> Result<(), Status> {
        let scope = entry.scope.to_string();
        for edit in edits.iter().filter(|edit| entry.take_back.covers(&edit.path, &edit.foreign_digest)) {
            (self.drift.keep)(R::Spec::KIND, &scope, edit).map_err(|e| {
                let message = format!("the edited {} could not be kept aside: {e}", edit.path);
                Status::not_ready(Condition::Degraded, Reason::StepFailed, message)
            })?;
        }
        Ok(())
    }

    fn observe(
        &self,
        host: &R::Host,
        entry: &Entry<R::Spec>,
        take_back: TakeBack,
    ) -> Result<R::Observed, Status> {
        let own = own(entry, take_back);
        self.kind.observe(host, &entry.scope, &entry.spec, entry.last.as_ref(), &own).map_err(|e| {
            let serving = entry.observed_generation.is_some();
            observe_status(&e, serving, matches!(entry.spec, Wanted::Absent))
        })
    }

    fn claim(&self, entry: &mut Entry<R::Spec>, steps: &[R::Step]) -> Result<(), Status> {
        let mut news = false;
        for (path, digest) in steps.iter().filter_map(|s| self.kind.claim(s)) {
            let claim = entry.claims.entry(path).or_default();
            if claim.current() != Some(digest) {
                claim.add(digest);
                news = true;
            }
        }
        if news { self.ledger.save(entry.clone()).map_err(ledger_status) } else { Ok(()) }
    }

    fn note_edits(&self, entry: &mut Entry<R::Spec>, edits: &[Edit]) {
        let mut old = std::mem::take(&mut entry.edits);
        let mut notes = BTreeMap::new();
        for edit in edits {
            let known = old.remove(&edit.path);
            let base =
                if edit.blocks() { known.as_ref().and_then(|k| k.ours.clone()) } else { edit.wanted.clone() };
            let noticed = known
                .filter(|k| k.foreign == edit.foreign_digest)
                .map_or_else(|| (self.now)(), |k| k.noticed);
            notes.insert(
                edit.path.clone(),
                EditRecord {
                    foreign: edit.foreign_digest,
                    mtime: edit.mtime,
                    noticed,
                    ours: base.filter(|_| !edit.secret),
                    text: (!edit.secret).then(|| edit.foreign.clone()),
                    waiting: edit.wanted.clone().filter(|_| edit.blocks() && !edit.secret),
                },
            );
        }
        entry.edits = notes;
    }
}

/// Whether the wish is news (`true`), the same again (`false`), or refused.
fn admit<S: Spec>(held: Option<&Entry<S>>, wish: &Apply<S>) -> Result<bool, Refusal> {
    if wish.spec.digest() != wish.digest {
        return Err(Refusal::DigestMismatch);
    }
    let Some(held) = held else { return Ok(true) };
    if wish.generation < held.generation {
        return Err(Refusal::GenerationStale { asked: wish.generation, held: held.generation });
    }
    if wish.generation == held.generation && wish.digest != held.digest {
        return Err(Refusal::GenerationConflict { generation: wish.generation });
    }
    Ok(wish.generation > held.generation)
}

fn own<S: Spec>(entry: &Entry<S>, take_back: TakeBack) -> Own {
    Own { claims: entry.claims.clone(), loaded: entry.loaded.clone(), take_back }
}

fn edited(edit: &Edit) -> Status {
    Status::not_ready(Condition::Degraded, Reason::Edited, format!("{} was edited by hand", edit.path))
}

fn step_status(summary: &str, error: &StepError) -> Status {
    let message = format!("{summary}: {}", error.message);
    Status { condition: error.condition, reason: Some(error.reason), message: Some(message) }
}

fn observe_status(error: &ObserveError, serving: bool, leaving: bool) -> Status {
    let condition = if serving { Condition::Degraded } else { Condition::Pending };
    let message = error.to_string();
    let reason = match error {
        ObserveError::WaitsFor(_) => Reason::WaitsFor,
        ObserveError::Refused { .. } => Reason::Refused,
        ObserveError::Because(reason, _) => *reason,
        ObserveError::Failed(_) => Reason::Unobservable,
    };
    let condition = match reason {
        _ if leaving => Condition::Deleting,
        Reason::Refused | Reason::Unobservable if !serving => Condition::Failed,
        _ => condition,
    };
    Status::not_ready(condition, reason, message)
}

#[expect(clippy::needless_pass_by_value, reason = "used as a function in map_err")]
fn ledger_refusal(error: LedgerError) -> Refusal {
    Refusal::Ledger { message: error.to_string(), full: error.full }
}

#[expect(clippy::needless_pass_by_value, reason = "used as a function in map_err")]
fn ledger_status(error: LedgerError) -> Status {
    Status::not_ready(Condition::Failed, error.reason(), error.to_string())
}
