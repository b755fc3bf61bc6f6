//! All kinds together, in the order in which they depend on each other, and the passes over everything.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use converge::methods::{Drift, Object, ObjectStatus, SweepCounts};
use converge::{Condition, LedgerError, Report};

use crate::kinds::Kind;

/// Objects of one kind that a sweep looks at at once. What several find to do, a reload of nginx or the reading of unit
/// files, they do together.
const LANES: usize = 8;

/// Everything that this agent holds.
pub(crate) struct World {
    /// In order of dependency: what comes later needs what comes before.
    kinds: Vec<Arc<dyn Kind>>,
    sweeping: AtomicBool,
}

impl World {
    /// The kinds, those first that others depend on.
    pub(crate) fn new(kinds: Vec<Arc<dyn Kind>>) -> Self {
        Self { kinds, sweeping: AtomicBool::new(false) }
    }

    /// The kind by its word.
    pub(crate) fn kind(&self, word: &str) -> Option<&Arc<dyn Kind>> {
        self.kinds.iter().find(|k| k.word() == word)
    }

    /// How all objects stand, of one kind or all.
    pub(crate) fn statuses(&self, word: Option<&str>) -> Result<Vec<ObjectStatus>, LedgerError> {
        let mut all = Vec::new();
        for kind in self.kinds.iter().filter(|k| word.is_none_or(|w| w == k.word())) {
            all.extend(kind.statuses()?);
        }
        Ok(all)
    }

    /// Hand edits of all kinds, by path.
    pub(crate) fn drift(&self) -> Result<Vec<Drift>, LedgerError> {
        let mut all = Vec::new();
        for kind in &self.kinds {
            all.extend(kind.drift()?);
        }
        all.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(all)
    }

    /// A pass over one object. A mistake of ours in it is noted there and ends nothing else; the error is for the log.
    pub(crate) fn pass(&self, object: &Object) -> Result<Option<Report>, String> {
        let Some(kind) = self.kind(&object.kind) else { return Ok(None) };
        let passed = catch_unwind(AssertUnwindSafe(|| kind.pass(&object.scope)));
        let Ok(passed) = passed else {
            let unnoted = kind.broke(&object.scope).err().map(|error| format!(", and {error}"));
            return Err(format!("the pass panicked{}", unnoted.unwrap_or_default()));
        };
        passed.map_err(|error| error.to_string())
    }

    /// A pass over everything, until cancelled. An object that hangs or fails holds up few others.
    pub(crate) fn sweep(
        &self,
        cancelled: &Cancelled<'_>,
        tell: impl FnMut(Report) + Send,
    ) -> Result<SweepCounts, LedgerError> {
        if self.sweeping.swap(true, Ordering::SeqCst) {
            return Err(LedgerError::new("a sweep is already under way"));
        }
        let _end = Ending(&self.sweeping);
        let sums = Sums::new(tell);
        self.each(LANES, cancelled, |object| match self.pass(object) {
            Ok(None) => {}
            Ok(Some(report)) => sums.add(report, |report| !report.plan.is_empty()),
            Err(error) => {
                tracing::error!(?object, error, "an object of the sweep");
                sums.add_failed();
            }
        })?;
        Ok(sums.end())
    }

    /// What a sweep would do, without doing it, until cancelled. In order.
    pub(crate) fn preview(
        &self,
        cancelled: &Cancelled<'_>,
        tell: impl FnMut(Report) + Send,
    ) -> Result<SweepCounts, LedgerError> {
        let sums = Sums::new(tell);
        self.each(1, cancelled, |object| {
            let Some(kind) = self.kind(&object.kind) else { return };
            match kind.preview(&object.scope) {
                Ok(None) => {}
                Ok(Some(report)) => sums.add(report, |report| {
                    !report.plan.is_empty() || report.status.condition != Condition::Ready
                }),
                Err(refusal) => {
                    tracing::warn!(?object, %refusal, "no plan can be made");
                    sums.add_failed();
                }
            }
        })?;
        Ok(sums.end())
    }

    /// Forgets objects that are gone since before a time, in microseconds since 1970 (UTC); answers how many.
    pub(crate) fn forget_gone(&self, before: i64) -> usize {
        let of = |kind: &Arc<dyn Kind>| {
            kind.forget_gone(before).unwrap_or_else(|error| {
                tracing::error!(kind = kind.word(), %error, "what is long gone could not be forgotten");
                0
            })
        };
        self.kinds.iter().map(of).sum()
    }

    /// The process is about to end: passes end after the step that they are at.
    pub(crate) fn stop(&self) {
        self.kinds.iter().for_each(|kind| kind.stop());
    }

    /// Every object, so many of a kind at once: first those that have to go, in the reverse order of dependency, then the
    /// others. The next kind begins when the one before has ended. A kind whose objects cannot be listed holds up no other, and
    /// is the error in the end: what was not looked at is not well.
    fn each(
        &self,
        lanes: usize,
        cancelled: &Cancelled<'_>,
        look: impl Fn(&Object) + Sync,
    ) -> Result<(), LedgerError> {
        let mut unlisted = Ok(());
        let leaving = self.kinds.iter().rev().map(|kind| (kind, true));
        let staying = self.kinds.iter().map(|kind| (kind, false));
        for (kind, absent) in leaving.chain(staying) {
            let mut statuses = match kind.statuses() {
                Ok(statuses) => statuses,
                Err(error) => {
                    tracing::error!(kind = kind.word(), %error, "the ledger cannot be read");
                    unlisted = Err(error);
                    continue;
                }
            };
            statuses.retain(|status| status.absent == absent);
            let next = AtomicUsize::new(0);
            let lane = || {
                while !cancelled()
                    && let Some(status) = statuses.get(next.fetch_add(1, Ordering::SeqCst))
                {
                    look(&status.object);
                }
            };
            thread::scope(|scope| {
                for _ in 0..lanes.min(statuses.len()) {
                    scope.spawn(lane);
                }
            });
        }
        unlisted
    }
}

/// Asked between objects.
pub(crate) type Cancelled<'a> = dyn Fn() -> bool + Sync + 'a;

/// What comes together over all objects.
struct Sums<F> {
    cpu: u64,
    counts: Mutex<(SweepCounts, F)>,
}

impl<F: FnMut(Report)> Sums<F> {
    fn new(tell: F) -> Self {
        Self { cpu: cpu_micros(), counts: Mutex::new((SweepCounts::default(), tell)) }
    }

    fn add(&self, report: Report, worth_telling: impl FnOnce(&Report) -> bool) {
        let mut held = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let (counts, tell) = &mut *held;
        note(counts, &report);
        if worth_telling(&report) {
            tell(report);
        }
    }

    fn add_failed(&self) {
        let (counts, _) = &mut *self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.objects += 1;
        counts.not_ready += 1;
    }

    fn end(self) -> SweepCounts {
        let (counts, _) = self.counts.into_inner().unwrap_or_else(PoisonError::into_inner);
        SweepCounts { cpu_micros: cpu_micros().saturating_sub(self.cpu), ..counts }
    }
}

struct Ending<'a>(&'a AtomicBool);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::SeqCst);
    }
}

fn note(counts: &mut SweepCounts, report: &Report) {
    counts.objects += 1;
    counts.differing += u64::from(!report.plan.is_empty());
    counts.not_ready += u64::from(report.status.condition != Condition::Ready);
    if report.changed {
        let taken = |area: &str| report.plan.steps.iter().filter(|s| s.code.starts_with(area)).count() as u64;
        counts.writes += taken("file.");
        counts.unit_changes += taken("unit.");
    }
}

/// Processor time of this process, in microseconds.
fn cpu_micros() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    u64::try_from(time.tv_sec).unwrap_or(0) * 1_000_000 + u64::try_from(time.tv_nsec).unwrap_or(0) / 1_000
}

#[cfg(test)]
mod tests;
