//! All kinds together, in the order in which they depend on each other, and the passes over everything.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use converge::methods::{Drift, Object, ObjectStatus, SweepCounts};
use converge::{Condition, LedgerError, Report};

use crate::kinds::Kind;

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

    /// A pass over everything. Removals run in the reverse order of dependency, before all else.
    pub(crate) fn sweep(&self, mut tell: impl FnMut(Report)) -> Result<SweepCounts, LedgerError> {
        if self.sweeping.swap(true, Ordering::SeqCst) {
            return Err(LedgerError::new("a sweep is already under way"));
        }
        let _end = Ending(&self.sweeping);
        self.count(|object, counts| {
            let Some(kind) = self.kind(&object.kind) else { return Ok(()) };
            let Some(report) = kind.pass(&object.scope)? else { return Ok(()) };
            note(counts, &report);
            if !report.plan.is_empty() {
                tell(report);
            }
            Ok(())
        })
    }

    /// What a sweep would do, without doing it.
    pub(crate) fn preview(&self, mut tell: impl FnMut(Report)) -> Result<SweepCounts, LedgerError> {
        self.count(|object, counts| {
            let Some(kind) = self.kind(&object.kind) else { return Ok(()) };
            match kind.preview(&object.scope) {
                Ok(None) => {}
                Ok(Some(report)) => {
                    note(counts, &report);
                    if !report.plan.is_empty() || report.status.condition != Condition::Ready {
                        tell(report);
                    }
                }
                Err(refusal) => {
                    tracing::warn!(?object, %refusal, "no plan can be made");
                    counts.objects += 1;
                    counts.not_ready += 1;
                }
            }
            Ok(())
        })
    }

    fn count(
        &self,
        mut look: impl FnMut(&Object, &mut SweepCounts) -> Result<(), LedgerError>,
    ) -> Result<SweepCounts, LedgerError> {
        let cpu = cpu_micros();
        let mut counts = SweepCounts::default();
        let statuses = self.statuses(None)?;
        let leaving = statuses.iter().rev().filter(|s| s.absent);
        let staying = statuses.iter().filter(|s| !s.absent);
        for status in leaving.chain(staying) {
            look(&status.object, &mut counts)?;
        }
        counts.cpu_micros = cpu_micros().saturating_sub(cpu);
        Ok(counts)
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
