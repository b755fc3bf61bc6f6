//! When objects that did not converge are tried again: ever more seldom, by the reason that they gave.
//!
//! The panel retries too while it runs; a pass that finds nothing to do costs nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use converge::Condition;
use converge::backoff::{Retry, delay};
use converge::methods::{Object, ObjectStatus};
use tokio::time::Instant;

/// Passes at a time: one that hangs holds up no other.
const AT_ONCE: usize = 4;

/// The first pause is the one after so many attempts of a driver: half a minute.
const BEGIN: u32 = 5;

/// Objects that wait for another try, and those that are being tried.
#[derive(Debug, Default)]
pub(crate) struct Retries {
    due: BTreeMap<Object, Due>,
    trying: BTreeSet<Object>,
}

#[derive(Debug, Clone, Copy)]
struct Due {
    at: Instant,
    attempts: u32,
    retry: Retry,
}

impl Due {
    fn pause(self) -> Duration {
        delay(self.retry, self.attempts + BEGIN, 0.5).unwrap_or(Duration::from_mins(10))
    }
}

impl Retries {
    /// The status of an object changed, or was looked at.
    pub(crate) fn note(&mut self, status: &ObjectStatus, now: Instant) {
        let reason = status.status.reason.filter(|_| status.status.condition != Condition::Ready);
        let retry = reason.map(converge::Reason::retry).filter(|retry| *retry != Retry::WaitForUser);
        let Some(retry) = retry else {
            self.due.remove(&status.object);
            return;
        };
        let attempts = self.due.get(&status.object).map_or(0, |due| due.attempts);
        let due = Due { at: now, attempts, retry };
        self.due.insert(status.object.clone(), Due { at: now + due.pause(), ..due });
    }

    /// The next object to be tried, until [`Self::tried`]. It stays due, later, for the reason that it has: a pass that
    /// changes nothing tells nobody.
    pub(crate) fn take(&mut self, now: Instant) -> Option<Object> {
        let (object, _) = self.waiting().filter(|(_, due)| due.at <= now).min_by_key(|(_, due)| due.at)?;
        let object = object.clone();
        if let Some(due) = self.due.get_mut(&object) {
            due.attempts += 1;
            due.at = now + due.pause();
        }
        self.trying.insert(object.clone());
        Some(object)
    }

    /// The pass over an object has ended.
    pub(crate) fn tried(&mut self, object: &Object) {
        self.trying.remove(object);
    }

    /// When something will be due that may be taken.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.waiting().map(|(_, due)| due.at).min()
    }

    fn waiting(&self) -> impl Iterator<Item = (&Object, &Due)> {
        let room = self.trying.len() < AT_ONCE;
        self.due.iter().filter(move |(object, _)| room && !self.trying.contains(object))
    }
}

#[cfg(test)]
mod tests {
    use converge::{Reason, Status};
    use names::{Digest, Generation};

    use super::*;

    fn status(n: u32, status: Status) -> ObjectStatus {
        ObjectStatus {
            object: Object { kind: "site".to_owned(), scope: n.to_string() },
            generation: Generation::new(1).unwrap(),
            digest: Digest::of(b""),
            observed_generation: None,
            absent: false,
            status,
            since: 0,
        }
    }

    fn failed(n: u32, reason: Reason) -> ObjectStatus {
        status(n, Status::not_ready(Condition::Failed, reason, ""))
    }

    /// The pauses between tries of passes that change nothing, in seconds.
    fn pauses(reason: Reason) -> Vec<u64> {
        let mut now = Instant::now();
        let mut retries = Retries::default();
        retries.note(&failed(1, reason), now);
        (0..5)
            .map(|_| {
                let at = retries.next().unwrap();
                let object = retries.take(at).unwrap();
                retries.tried(&object);
                let pause = at - now;
                now = at;
                pause.as_secs()
            })
            .collect()
    }

    #[test]
    fn a_reason_keeps_its_pauses_also_where_passes_change_nothing() {
        assert_eq!(pauses(Reason::DiskFull), [30, 30, 30, 30, 30]);
        assert_eq!(pauses(Reason::StepFailed), [32, 64, 128, 256, 512]);
        assert_eq!(pauses(Reason::Bug), [600, 600, 600, 600, 600]);
    }

    #[test]
    fn what_converged_or_waits_for_a_person_is_not_tried() {
        let now = Instant::now();
        let mut retries = Retries::default();
        retries.note(&failed(1, Reason::StepFailed), now);
        retries.note(&status(1, Status::ready()), now);
        retries.note(&failed(2, Reason::Edited), now);
        assert_eq!(retries.next(), None);
    }

    #[test]
    fn several_are_tried_at_once_and_none_twice() {
        let now = Instant::now();
        let mut retries = Retries::default();
        (0..9).for_each(|n| retries.note(&failed(n, Reason::DiskFull), now));
        let later = now + Duration::from_hours(1);
        let mut taken: BTreeSet<Object> = std::iter::from_fn(|| retries.take(later)).collect();
        assert_eq!(taken.len(), AT_ONCE);
        assert_eq!(retries.next(), None, "no room");
        let first = taken.pop_first().unwrap();
        retries.tried(&first);
        assert!(!taken.contains(&retries.take(later).unwrap()));
    }
}
