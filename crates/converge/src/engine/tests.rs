//! The engine against a small host of two files and a daemon that must load them.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use names::{Digest, Generation};
use serde::{Deserialize, Serialize};

use super::*;
use crate::entry::{MemoryLedger, Pause};
use crate::file::{FileSeen, FileStep, ManagedFile, plan_files};
use crate::plan::Impact;
use crate::reconcile::{Done, Settled};
use crate::{Kind, Spec};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Note {
    files: BTreeMap<String, String>,
}

impl Spec for Note {
    const KIND: Kind = "note";
    const APPLY: &'static str = "test.note1.ApplyNote";
    type Key = String;
}

/// A host in memory. `left` steps may still happen; then it "loses power" by panicking before the next one.
#[derive(Default)]
struct Host {
    files: Mutex<BTreeMap<String, String>>,
    daemon: Mutex<Option<Digest>>,
    reloads: AtomicU64,
    left: AtomicI64,
    break_reload: Mutex<bool>,
}

impl Host {
    fn new() -> Self {
        Self { left: AtomicI64::new(i64::MAX), ..Self::default() }
    }

    fn step(&self) {
        assert!(self.left.fetch_sub(1, Ordering::SeqCst) > 0, "power lost");
    }

    fn state(&self) -> (BTreeMap<String, String>, Option<Digest>) {
        (self.files.lock().unwrap().clone(), *self.daemon.lock().unwrap())
    }
}

enum Step {
    File(FileStep),
    Reload(Digest),
}

impl Describe for Step {
    fn code(&self) -> &'static str {
        match self {
            Self::File(step) => step.code(),
            Self::Reload(_) => "unit.reload",
        }
    }
    fn summary(&self) -> String {
        match self {
            Self::File(step) => step.summary(),
            Self::Reload(_) => "reload the daemon".to_owned(),
        }
    }
    fn impact(&self) -> Impact {
        match self {
            Self::File(step) => step.impact(),
            Self::Reload(_) => Impact::Reload,
        }
    }
}

struct Seen {
    wanted: Vec<ManagedFile>,
    files: crate::file::FilesPlan,
    loaded: Option<Digest>,
}

struct Notes;

fn inputs(files: &[ManagedFile]) -> Digest {
    Digest::of_json(&files.iter().map(|f| (&f.path, &*f.content)).collect::<Vec<_>>()).unwrap()
}

impl Reconcile for Notes {
    type Host = Host;
    type Spec = Note;
    type Observed = Seen;
    type Step = Step;

    fn observe(
        &self,
        host: &Host,
        _: &String,
        want: &Wanted<Note>,
        _: Option<&Note>,
        own: &Own,
    ) -> Result<Seen, ObserveError> {
        let there = host.files.lock().unwrap();
        let seen = there
            .iter()
            .map(|(path, text)| {
                let seen = FileSeen::Present {
                    digest: Digest::of(text.as_bytes()),
                    mode: 0o644,
                    uid: 0,
                    gid: 0,
                    mtime: 7,
                    text: Arc::from(text.as_str()),
                };
                (path.clone(), seen)
            })
            .collect();
        let wanted: Vec<_> = want
            .present()
            .into_iter()
            .flat_map(|note| &note.files)
            .map(|(path, text)| ManagedFile::root(path.clone(), text.as_str()))
            .collect();
        let files = plan_files(&wanted, &seen, own);
        Ok(Seen { wanted, files, loaded: own.loaded.get("daemon").copied() })
    }

    fn plan(&self, _: &Wanted<Note>, seen: &Seen) -> Vec<Step> {
        let mut steps: Vec<_> = seen.files.steps.iter().cloned().map(Step::File).collect();
        let inputs = inputs(&seen.wanted);
        if seen.loaded != Some(inputs) {
            steps.push(Step::Reload(inputs));
        }
        steps
    }

    fn edits(&self, seen: &Seen) -> Vec<Edit> {
        seen.files.edits.clone()
    }

    fn settled(&self, _: &Wanted<Note>, seen: &Seen) -> Option<Settled> {
        let mut settled = Settled::files(&seen.wanted);
        settled.loaded.insert("daemon".to_owned(), inputs(&seen.wanted));
        Some(settled)
    }

    fn claim(&self, step: &Step) -> Option<(String, Digest)> {
        match step {
            Step::File(step) => step.claim(),
            Step::Reload(_) => None,
        }
    }

    fn apply(&self, host: &Host, step: &Step) -> Result<Done, StepError> {
        host.step();
        match step {
            Step::File(FileStep::Write { file, .. }) => {
                host.files.lock().unwrap().insert(file.path.clone(), file.content.to_string());
            }
            Step::File(FileStep::Remove { path, .. }) => {
                host.files.lock().unwrap().remove(path);
            }
            Step::File(FileStep::SetMeta { .. }) => {}
            Step::Reload(digest) => {
                if *host.break_reload.lock().unwrap() {
                    return Err(StepError::degraded(Reason::ConfigRefused, "syntax error"));
                }
                *host.daemon.lock().unwrap() = Some(*digest);
                host.reloads.fetch_add(1, Ordering::SeqCst);
                return Ok(Done { loaded: Some(("daemon".to_owned(), *digest)) });
            }
        }
        Ok(Done::default())
    }
}

fn engine(ledger: &Arc<MemoryLedger>) -> Engine<Notes, MemoryLedger> {
    ruled(ledger, false, Arc::default())
}

type Kept = Arc<Mutex<Vec<String>>>;

fn ruled(ledger: &Arc<MemoryLedger>, enforce: bool, kept: Kept) -> Engine<Notes, MemoryLedger> {
    let keep: Keep = Arc::new(move |_, _, edit| {
        kept.lock().unwrap().push(edit.foreign.to_string());
        Ok(())
    });
    Engine::new(Notes, Arc::clone(ledger), Arc::new(|| 1_000), DriftRules { enforce, keep })
}

fn note(files: &[(&str, &str)]) -> Wanted<Note> {
    Wanted::Present(Note { files: files.iter().map(|(p, t)| ((*p).to_owned(), (*t).to_owned())).collect() })
}

fn wish(generation: u64, spec: Wanted<Note>) -> Apply<Note> {
    Apply::new("n".to_owned(), Generation::new(generation).unwrap(), spec)
}

#[test]
fn a_wish_is_brought_about_and_the_second_run_plans_nothing() {
    let (host, ledger) = (Host::new(), Arc::new(MemoryLedger::default()));
    let first = engine(&ledger).apply(&host, wish(1, note(&[("/a", "1"), ("/b", "2")]))).unwrap();
    assert_eq!(first.status, Status::ready());
    assert_eq!(first.plan.steps.len(), 3);
    let second = engine(&ledger).apply(&host, wish(1, note(&[("/a", "1"), ("/b", "2")]))).unwrap();
    assert!(second.plan.is_empty() && !second.changed);
    assert_eq!(host.reloads.load(Ordering::SeqCst), 1);
}

#[test]
fn a_dry_run_writes_nothing_and_the_shown_plan_can_be_held_to() {
    let (host, ledger) = (Host::new(), Arc::new(MemoryLedger::default()));
    let asked = Apply { dry_run: true, ..wish(1, note(&[("/a", "1")])) };
    let shown = engine(&ledger).apply(&host, asked).unwrap().plan;
    assert_eq!(host.state(), (BTreeMap::new(), None));
    assert!(ledger.list::<Note>().unwrap().is_empty());

    host.files.lock().unwrap().insert("/a".to_owned(), "1".to_owned());
    let held = Apply { expect_plan: Some(shown.hash()), ..wish(1, note(&[("/a", "1")])) };
    let refused = engine(&ledger).apply(&host, held.clone()).unwrap_err();
    assert!(matches!(refused, Refusal::PlanChanged { ref plan } if plan.steps.len() == 1), "{refused:?}");
    assert!(ledger.list::<Note>().unwrap().is_empty());

    host.files.lock().unwrap().clear();
    assert_eq!(engine(&ledger).apply(&host, held).unwrap().status, Status::ready());
}

#[test]
fn generations_only_grow_and_mean_one_thing() {
    let (host, ledger) = (Host::new(), Arc::new(MemoryLedger::default()));
    engine(&ledger).apply(&host, wish(5, note(&[("/a", "1")]))).unwrap();
    let stale = engine(&ledger).apply(&host, wish(4, note(&[("/a", "0")]))).unwrap_err();
    assert!(matches!(stale, Refusal::GenerationStale { .. }));
    let conflict = engine(&ledger).apply(&host, wish(5, note(&[("/a", "2")]))).unwrap_err();
    assert!(matches!(conflict, Refusal::GenerationConflict { .. }));
    let forged = Apply { digest: Digest::of(b"x"), ..wish(6, note(&[("/a", "3")])) };
    assert_eq!(engine(&ledger).apply(&host, forged).unwrap_err(), Refusal::DigestMismatch);
    assert_eq!(host.state().0["/a"], "1");
}

#[test]
fn a_crash_at_any_step_ends_in_the_same_state() {
    let spec = note(&[("/a", "1"), ("/b", "2"), ("/c", "3")]);
    let calm = Host::new();
    engine(&Arc::new(MemoryLedger::default())).apply(&calm, wish(2, spec.clone())).unwrap();
    for stop in 0..4 {
        let (host, ledger) = (Host::new(), Arc::new(MemoryLedger::default()));
        engine(&ledger).apply(&host, wish(1, note(&[("/a", "0"), ("/old", "0")]))).unwrap();
        host.left.store(stop, Ordering::SeqCst);
        let crashed = catch_unwind(AssertUnwindSafe(|| engine(&ledger).apply(&host, wish(2, spec.clone()))));
        assert!(crashed.is_err(), "five steps were planned, so {stop} must not be enough");
        host.left.store(i64::MAX, Ordering::SeqCst);
        let report = engine(&ledger).pass(&host, &"n".to_owned()).unwrap().unwrap();
        assert_eq!(report.status, Status::ready(), "after a crash before step {stop}");
        assert_eq!(host.state(), calm.state(), "after a crash before step {stop}");
        assert!(engine(&ledger).pass(&host, &"n".to_owned()).unwrap().unwrap().plan.is_empty());
    }
}

#[test]
fn a_hand_edit_is_held_and_shown_until_somebody_decides() {
    let (host, ledger) = (Host::new(), Arc::new(MemoryLedger::default()));
    engine(&ledger).apply(&host, wish(1, note(&[("/a", "1\n"), ("/b", "2\n")]))).unwrap();
    host.files.lock().unwrap().insert("/a".to_owned(), "mine\n".to_owned());
    host.files.lock().unwrap().remove("/b");

    let report = engine(&ledger).pass(&host, &"n".to_owned()).unwrap().unwrap();
    assert_eq!(report.status.reason, Some(Reason::Edited));
    assert_eq!(host.state().0["/a"], "mine\n", "the edit stays");
    assert_eq!(host.state().0["/b"], "2\n", "what was merely lost is put back");
    let entry = ledger.load::<Note>(&"n".to_owned()).unwrap().unwrap();
    assert_eq!(entry.edits["/a"].text.as_deref(), Some("mine\n"));
    assert_eq!(entry.edits["/a"].ours.as_deref(), Some("1\n"));
    assert_eq!(entry.edits["/a"].mtime, 7);

    let waits = engine(&ledger).apply(&host, wish(2, note(&[("/a", "new\n"), ("/b", "new\n")]))).unwrap();
    assert_eq!(waits.status.reason, Some(Reason::Edited));
    assert_eq!(host.state().0["/b"], "2\n", "a generation that touches the edited file waits as a whole");
    let entry = ledger.load::<Note>(&"n".to_owned()).unwrap().unwrap();
    assert_eq!(entry.edits["/a"].ours.as_deref(), Some("1\n"), "the base of the three-way diff is kept");

    let decided = Apply { overwrite: true, ..wish(2, note(&[("/a", "new\n"), ("/b", "new\n")])) };
    assert_eq!(engine(&ledger).apply(&host, decided).unwrap().status, Status::ready());
    assert_eq!(host.state().0["/a"], "new\n");
}

#[test]
fn only_what_the_ledger_claims_is_ever_removed() {
    let (host, ledger) = (Host::new(), Arc::new(MemoryLedger::default()));
    host.files.lock().unwrap().insert("/foreign".to_owned(), "x".to_owned());
    engine(&ledger).apply(&host, wish(1, note(&[("/a", "1")]))).unwrap();
    engine(&ledger).apply(&host, wish(2, Wanted::Absent)).unwrap();
    assert_eq!(host.state().0.keys().collect::<Vec<_>>(), ["/foreign"]);
}

#[test]
fn a_foreign_file_in_the_way_is_an_edit_not_ours_to_replace() {
    let (host, ledger) = (Host::new(), Arc::new(MemoryLedger::default()));
    host.files.lock().unwrap().insert("/a".to_owned(), "theirs".to_owned());
    let report = engine(&ledger).apply(&host, wish(1, note(&[("/a", "1")]))).unwrap();
    assert_eq!(report.status.reason, Some(Reason::Edited));
    assert_eq!(host.state().0["/a"], "theirs");
}

#[test]
fn a_failed_step_keeps_its_reason_and_the_next_pass_goes_on() {
    let (host, ledger) = (Host::new(), Arc::new(MemoryLedger::default()));
    *host.break_reload.lock().unwrap() = true;
    let report = engine(&ledger).apply(&host, wish(1, note(&[("/a", "1")]))).unwrap();
    assert_eq!(report.status.reason, Some(Reason::ConfigRefused));
    assert_eq!(report.status.message.as_deref(), Some("reload the daemon: syntax error"));
    *host.break_reload.lock().unwrap() = false;
    let report = engine(&ledger).pass(&host, &"n".to_owned()).unwrap().unwrap();
    assert_eq!(report.status, Status::ready());
    assert_eq!(report.plan.steps.len(), 1, "the reload was not forgotten");
}

#[test]
fn a_pause_is_respected_until_it_ends() {
    let (host, ledger) = (Host::new(), Arc::new(MemoryLedger::default()));
    engine(&ledger).apply(&host, wish(1, note(&[("/a", "1")]))).unwrap();
    let pause = |until| Some(Pause { until, reason: "night work".to_owned() });
    engine(&ledger).amend(&"n".to_owned(), |e| e.pause = pause(2_000)).unwrap();
    host.files.lock().unwrap().clear();
    let report = engine(&ledger).pass(&host, &"n".to_owned()).unwrap().unwrap();
    assert_eq!(report.status.reason, Some(Reason::Paused));
    engine(&ledger).amend(&"n".to_owned(), |e| e.pause = pause(500)).unwrap();
    let report = engine(&ledger).pass(&host, &"n".to_owned()).unwrap().unwrap();
    assert_eq!(report.status, Status::ready());
}

#[test]
fn an_edit_is_kept_aside_before_ours_replaces_it() {
    for enforce in [false, true] {
        let (host, ledger, kept) = (Host::new(), Arc::new(MemoryLedger::default()), Kept::default());
        let engine = ruled(&ledger, enforce, Arc::clone(&kept));
        engine.apply(&host, wish(1, note(&[("/a", "1")]))).unwrap();
        host.files.lock().unwrap().insert("/a".to_owned(), "mine".to_owned());
        if !enforce {
            assert_eq!(
                engine.pass(&host, &"n".to_owned()).unwrap().unwrap().status.reason,
                Some(Reason::Edited)
            );
            assert!(kept.lock().unwrap().is_empty());
            engine.amend(&"n".to_owned(), |e| e.overwrite = true).unwrap();
        }
        let report = engine.pass(&host, &"n".to_owned()).unwrap().unwrap();
        assert_eq!(report.status, Status::ready());
        assert_eq!(*kept.lock().unwrap(), ["mine"]);
        assert_eq!(host.state().0["/a"], "1");
    }
}

fn edit_of(ledger: &MemoryLedger, path: &str) -> Digest {
    ledger.load::<Note>(&"n".to_owned()).unwrap().unwrap().edits[path].foreign
}

fn decide(engine: &Engine<Notes, MemoryLedger>, path: &str, foreign: Digest) {
    let decision: TakeBack = [(path.to_owned(), foreign)].into_iter().collect();
    engine.amend(&"n".to_owned(), |e| e.take_back.extend(decision)).unwrap();
}

fn set(host: &Host, path: &str, text: &str) {
    host.files.lock().unwrap().insert(path.to_owned(), text.to_owned());
}

#[test]
fn one_edited_file_is_taken_back_and_the_others_stay() {
    let (host, ledger, kept) = (Host::new(), Arc::new(MemoryLedger::default()), Kept::default());
    let engine = ruled(&ledger, false, Arc::clone(&kept));
    engine.apply(&host, wish(1, note(&[("/a", "1"), ("/b", "2")]))).unwrap();
    set(&host, "/a", "mine");
    set(&host, "/b", "mine too");
    engine.pass(&host, &"n".to_owned()).unwrap();
    decide(&engine, "/a", edit_of(&ledger, "/a"));
    let report = engine.pass(&host, &"n".to_owned()).unwrap().unwrap();
    assert_eq!(report.status.message.as_deref(), Some("/b was edited by hand"));
    assert_eq!((&*host.state().0["/a"], &*host.state().0["/b"]), ("1", "mine too"));
    assert_eq!(*kept.lock().unwrap(), ["mine"]);
    set(&host, "/a", "mine");
    engine.pass(&host, &"n".to_owned()).unwrap();
    assert_eq!(host.state().0["/a"], "mine", "the decision was carried out and is over");
}

#[test]
fn what_was_edited_once_more_is_not_swept_away_by_an_earlier_decision() {
    let (host, ledger) = (Host::new(), Arc::new(MemoryLedger::default()));
    let engine = engine(&ledger);
    engine.apply(&host, wish(1, note(&[("/a", "1")]))).unwrap();
    set(&host, "/a", "mine");
    engine.pass(&host, &"n".to_owned()).unwrap();
    let looked_at = edit_of(&ledger, "/a");
    set(&host, "/a", "better");
    decide(&engine, "/a", looked_at);
    for text in ["better", "mine"] {
        set(&host, "/a", text);
        let report = engine.pass(&host, &"n".to_owned()).unwrap().unwrap();
        assert_eq!(report.status.reason, Some(Reason::Edited));
        assert_eq!(host.state().0["/a"], text, "the decision is over with the first other content");
    }
}

#[test]
fn a_decision_waits_with_an_object_that_waits_for_another_file() {
    let (host, ledger) = (Host::new(), Arc::new(MemoryLedger::default()));
    let engine = engine(&ledger);
    engine.apply(&host, wish(1, note(&[("/a", "1"), ("/b", "2")]))).unwrap();
    set(&host, "/a", "mine");
    set(&host, "/b", "mine too");
    let new = note(&[("/a", "3"), ("/b", "4")]);
    engine.apply(&host, wish(2, new)).unwrap();
    decide(&engine, "/a", edit_of(&ledger, "/a"));
    engine.pass(&host, &"n".to_owned()).unwrap();
    assert_eq!(host.state().0["/a"], "mine", "a generation goes through as a whole");
    decide(&engine, "/b", edit_of(&ledger, "/b"));
    let report = engine.pass(&host, &"n".to_owned()).unwrap().unwrap();
    assert_eq!(report.status, Status::ready());
    assert_eq!((&*host.state().0["/a"], &*host.state().0["/b"]), ("3", "4"));
}

#[test]
fn a_leave_to_overwrite_is_for_what_the_next_look_finds() {
    let (host, ledger) = (Host::new(), Arc::new(MemoryLedger::default()));
    let engine = engine(&ledger);
    engine.apply(&host, wish(1, note(&[("/a", "1")]))).unwrap();
    set(&host, "/a", "mine");
    *host.break_reload.lock().unwrap() = true;
    let decided = Apply { overwrite: true, ..wish(2, note(&[("/a", "2")])) };
    assert_eq!(engine.apply(&host, decided).unwrap().status.reason, Some(Reason::ConfigRefused));
    assert_eq!(host.state().0["/a"], "2");
    *host.break_reload.lock().unwrap() = false;
    set(&host, "/a", "a later edit");
    let report = engine.pass(&host, &"n".to_owned()).unwrap().unwrap();
    assert_eq!(report.status.reason, Some(Reason::Edited));
    assert_eq!(host.state().0["/a"], "a later edit");
}

/// A ledger whose disk is full from some save on.
#[derive(Default)]
struct FullLedger {
    rows: MemoryLedger,
    left: AtomicI64,
}

impl LedgerStore for FullLedger {
    fn load<S: Spec>(&self, scope: &S::Key) -> Result<Option<Arc<Entry<S>>>, LedgerError> {
        self.rows.load(scope)
    }

    fn save<S: Spec>(&self, entry: Entry<S>) -> Result<(), LedgerError> {
        if self.left.fetch_sub(1, Ordering::SeqCst) <= 0 {
            return Err(LedgerError { message: "no space left on device".to_owned(), full: true });
        }
        self.rows.save(entry)
    }

    fn forget<S: Spec>(&self, scope: &S::Key) -> Result<(), LedgerError> {
        self.rows.forget::<S>(scope)
    }

    fn list<S: Spec>(&self) -> Result<Vec<Arc<Entry<S>>>, LedgerError> {
        self.rows.list()
    }
}

#[test]
fn a_disk_that_is_full_at_the_last_save_is_told_as_such() {
    let rules = DriftRules { enforce: false, keep: Arc::new(|_, _, _| Ok(())) };
    let ledger = Arc::new(FullLedger { left: AtomicI64::new(2), ..FullLedger::default() });
    let engine = Engine::new(Notes, ledger, Arc::new(|| 1_000), rules);
    // accepted, claimed, and then no more
    let report = engine.apply(&Host::new(), wish(1, note(&[("/a", "1")]))).unwrap();
    assert_eq!(report.status.reason, Some(Reason::DiskFull), "{report:?}");
}

#[test]
fn a_pass_of_a_process_that_ends_takes_no_further_step_and_the_next_start_goes_on() {
    let (host, ledger) = (Host::new(), Arc::new(MemoryLedger::default()));
    let engine = engine(&ledger);
    engine.stop();
    let report = engine.apply(&host, wish(1, note(&[("/a", "1"), ("/b", "2")]))).unwrap();
    assert_eq!((report.status, report.changed), (Status::converging(), false));
    let again = self::engine(&ledger);
    assert_eq!(again.pass(&host, &"n".to_owned()).unwrap().unwrap().status, Status::ready());
}

#[test]
fn only_what_is_gone_for_long_is_forgotten() {
    let (host, ledger) = (Host::new(), Arc::new(MemoryLedger::default()));
    let engine = engine(&ledger);
    let key = "n".to_owned();
    engine.apply(&host, wish(1, note(&[("/a", "1")]))).unwrap();
    assert!(!engine.forget_gone(&key, i64::MAX).unwrap(), "it is there");
    let absent = wish(2, Wanted::Absent);
    host.left.store(0, Ordering::SeqCst);
    assert!(catch_unwind(AssertUnwindSafe(|| engine.apply(&host, absent.clone()))).is_err());
    host.left.store(i64::MAX, Ordering::SeqCst);
    assert!(!engine.forget_gone(&key, i64::MAX).unwrap(), "it is not gone yet");
    engine.apply(&host, absent).unwrap();
    assert!(!engine.forget_gone(&key, i64::MIN).unwrap(), "it was there a moment ago");
    assert!(engine.forget_gone(&key, i64::MAX).unwrap());
    assert!(engine.pass(&host, &key).unwrap().is_none());
}
