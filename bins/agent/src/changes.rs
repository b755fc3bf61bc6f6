//! What was done on this server: one entry for each pass that took steps, and one for each edit by hand that was noticed.
//!
//! The files are the agent's own, append-only and rotated. The panel asks for entries and cannot write one, so what is shown as done is what
//! was done.

use std::sync::{Arc, Mutex, PoisonError};

use converge::methods::{
    By, ChangePage, GetChange, HostChange, ListChanges, MAX_CHANGES, Object, SHOWN_STEPS,
};
use converge::{Cause, EditRecord, Entry, Impact, PlannedStep, Report, Spec, Wanted};
use hostd::{Host, HostError};

use crate::journal::rotate;

/// The newest entries, a JSON object a line.
pub(crate) const CHANGES: &str = "/var/lib/holdfast-agent/changes.jsonl";

/// A file is rotated at this size, in bytes: some two thousand changes.
const LARGE: u64 = 4 * 1024 * 1024;

/// How many older files are kept.
const KEEP: u32 = 24;

/// The most of one diff that is kept, in bytes.
const LONG_DIFF: usize = 32 * 1024;

/// The most of all diffs of one entry that is kept, in bytes, so that one entry fits into a frame.
const LONG_ENTRY: usize = 256 * 1024;

/// The most of a step's words in a list, in bytes, for the same reason.
const LONG_WORDS: usize = 200;

/// What was done.
pub(crate) struct Changes {
    host: Arc<Host>,
    /// The number of the next entry, once it is known.
    next: Mutex<Option<u64>>,
}

impl Changes {
    /// What was done on a host.
    pub(crate) fn new(host: Arc<Host>) -> Self {
        Self { host, next: Mutex::default() }
    }

    /// Notes what a pass did, if it did anything.
    pub(crate) fn passed(&self, report: &Report, absent: bool, by: By, cause: Cause) {
        if report.taken == 0 {
            return;
        }
        self.note(HostChange {
            seq: 0,
            at: self.host.now().as_micros(),
            object: Object { kind: report.kind.clone(), scope: report.scope.clone() },
            by,
            cause,
            generation: report.generation,
            absent,
            edited_at: None,
            impact: report.plan.impact(),
            steps: report.plan.steps.clone(),
            of: report.plan.steps.len() as u64,
            taken: report.taken,
            status: report.status.clone(),
        });
    }

    /// Notes the edits by hand that a pass found and the one before had not.
    pub(crate) fn edited<S: Spec>(&self, before: Option<&Entry<S>>, after: &Entry<S>) {
        let known = |path: &str| before.and_then(|entry| entry.edits.get(path)).map(|edit| edit.foreign);
        for (path, edit) in &after.edits {
            if known(path) != Some(edit.foreign) {
                self.note(edit_of(after, path, edit));
            }
        }
    }

    /// An entry that cannot be written is a pity and stops nothing: what it tells of is done.
    fn note(&self, mut change: HostChange) {
        shorten(&mut change);
        if let Err(error) = self.append(change) {
            tracing::warn!(error = %error.chain(), "what was done could not be noted");
        }
    }

    fn append(&self, mut change: HostChange) -> Result<(), HostError> {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        rotate(&self.host, CHANGES, LARGE, KEEP)?;
        let (seq, start) = match *next {
            Some(seq) => (seq, ""),
            // a line that a loss of power cut off is not continued
            None if self.is_cut_off()? => (self.last()? + 1, "\n"),
            None => (self.last()? + 1, ""),
        };
        change.seq = seq;
        let line = format!("{start}{}\n", serde_json::json!(change));
        self.host.files().append_log(CHANGES, line.as_bytes(), 0o600, (0, 0))?;
        *next = Some(seq + 1);
        Ok(())
    }

    fn is_cut_off(&self) -> Result<bool, HostError> {
        let bytes = self.host.files().read(CHANGES)?.unwrap_or_default();
        Ok(bytes.last().is_some_and(|last| *last != b'\n'))
    }

    /// The highest number that was given.
    fn last(&self) -> Result<u64, HostError> {
        let mut last = 0;
        self.walk(|change| {
            last = change.seq;
            false
        })?;
        Ok(last)
    }

    /// A page of entries, the newest first.
    pub(crate) fn list(&self, ask: &ListChanges) -> Result<ChangePage, HostError> {
        let limit = ask.limit.clamp(1, MAX_CHANGES) as usize;
        let mut page = ChangePage::default();
        self.walk(|mut change| {
            // they are in order: nothing older can fit
            if ask.since.is_some_and(|since| change.at < since) {
                return false;
            }
            if ask.fits(&change) {
                change.steps.truncate(SHOWN_STEPS);
                for step in &mut change.steps {
                    step.diff = None;
                    step.summary.truncate(step.summary.floor_char_boundary(LONG_WORDS));
                }
                page.changes.push(change);
            }
            page.changes.len() < limit
        })?;
        Ok(page)
    }

    /// One entry, with its diffs.
    pub(crate) fn get(&self, ask: &GetChange) -> Result<Option<HostChange>, HostError> {
        let mut found = None;
        self.walk(|change| {
            let is_older = change.seq < ask.seq;
            found = (change.seq == ask.seq).then_some(change);
            found.is_none() && !is_older
        })?;
        Ok(found)
    }

    /// Hands entries on, the newest first, until `take` has enough. A line that was cut off by a loss of power is passed over.
    fn walk(&self, mut take: impl FnMut(HostChange) -> bool) -> Result<(), HostError> {
        for n in 0..=KEEP {
            let path = if n == 0 { CHANGES.to_owned() } else { format!("{CHANGES}.{n}") };
            let Some(bytes) = self.host.files().read(&path)? else {
                // right after a rotation there is no newest file yet
                if n == 0 {
                    continue;
                }
                break;
            };
            for line in bytes.rsplit(|byte| *byte == b'\n') {
                let Ok(change) = serde_json::from_slice(line) else { continue };
                if !take(change) {
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

fn edit_of<S: Spec>(entry: &Entry<S>, path: &str, edit: &EditRecord) -> HostChange {
    let diff = edit
        .text
        .as_deref()
        .map(|text| converge::file::unified(path, edit.ours.as_deref().unwrap_or_default(), text));
    HostChange {
        seq: 0,
        at: edit.noticed,
        object: Object { kind: S::KIND.to_owned(), scope: entry.scope.to_string() },
        by: By::Outside,
        cause: Cause::default(),
        generation: entry.generation,
        absent: matches!(entry.spec, Wanted::Absent),
        edited_at: Some(edit.mtime).filter(|at| *at > 0),
        impact: Impact::None,
        steps: vec![PlannedStep {
            code: "file.edited".to_owned(),
            summary: format!("edited by hand: {path}"),
            impact: Impact::None,
            path: Some(path.to_owned()),
            diff,
            unknown: None,
        }],
        of: 1,
        taken: 0,
        status: entry.status.clone(),
    }
}

/// Cuts off what is too long to be kept or sent.
fn shorten(change: &mut HostChange) {
    let mut left = LONG_ENTRY;
    for step in &mut change.steps {
        let Some(diff) = &mut step.diff else { continue };
        if diff.len() > LONG_DIFF {
            diff.truncate(diff.floor_char_boundary(LONG_DIFF));
            // whole lines, and a last one that no diff has
            diff.truncate(diff.rfind('\n').map_or(0, |end| end + 1));
            diff.push_str("\\ The rest was too long to be kept\n");
        }
        match left.checked_sub(diff.len()) {
            Some(rest) => left = rest,
            None => step.diff = None,
        }
    }
}

#[cfg(test)]
mod tests;
