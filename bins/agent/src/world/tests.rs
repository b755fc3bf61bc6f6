use std::collections::BTreeSet;
use std::sync::Condvar;
use std::time::Duration;

use account_spec::{AccountSpec, Limits};
use converge::{Apply, Pause, Plan, Reason, Refusal, Status, Wanted};
use hostd::{Host, JobResult, Unit};
use names::{AccountId, Digest, Generation, Uid};

use super::*;
use crate::agent::Agent;
use crate::journal::JOURNAL;

type Act = Box<dyn Fn(&str) -> Result<(), LedgerError> + Send + Sync>;

/// A kind in effigy that notes its passes.
struct Kinds {
    word: &'static str,
    absent: bool,
    passed: Arc<Mutex<Vec<String>>>,
    act: Act,
    broke: Mutex<Vec<String>>,
}

const OBJECTS: usize = 40;
/// A kind whose objects cannot be listed.
const UNREADABLE: &str = "unreadable";

fn object_status(kind: &str, scope: String, absent: bool) -> ObjectStatus {
    ObjectStatus {
        object: Object { kind: kind.to_owned(), scope },
        generation: Generation::new(1).unwrap(),
        digest: Digest::of(b""),
        observed_generation: None,
        absent,
        status: Status::ready(),
        since: 0,
    }
}

impl Kind for Kinds {
    fn word(&self) -> &'static str {
        self.word
    }

    fn statuses(&self) -> Result<Vec<ObjectStatus>, LedgerError> {
        if self.word == UNREADABLE {
            return Err(LedgerError::new("on purpose"));
        }
        Ok((0..OBJECTS).map(|n| object_status(self.word, format!("{n:02}"), self.absent)).collect())
    }

    fn wish(&self, _: &str) -> Result<Option<converge::methods::HeldWish>, LedgerError> {
        Ok(None)
    }

    fn pass(&self, key: &str) -> Result<Option<Report>, LedgerError> {
        (self.act)(key)?;
        self.passed.lock().unwrap().push(format!("{} {key}", self.word));
        Ok(Some(Report {
            kind: self.word.to_owned(),
            scope: key.to_owned(),
            generation: Generation::new(1).unwrap(),
            digest: Digest::of(b""),
            plan: Plan::default(),
            changed: false,
            taken: 0,
            status: Status::ready(),
        }))
    }

    fn preview(&self, key: &str) -> Result<Option<Report>, Refusal> {
        Ok(self.pass(key).unwrap())
    }

    fn broke(&self, key: &str) -> Result<(), LedgerError> {
        self.broke.lock().unwrap().push(key.to_owned());
        Ok(())
    }

    fn drift(&self) -> Result<Vec<Drift>, LedgerError> {
        Ok(Vec::new())
    }
    fn revert(
        &self,
        _: &str,
        _: converge::TakeBack,
        _: &converge::Cause,
    ) -> Result<Option<Report>, LedgerError> {
        Ok(None)
    }
    fn pause(&self, _: &str, _: Option<Pause>, _: &converge::Cause) -> Result<Option<Report>, LedgerError> {
        Ok(None)
    }
    fn forget_gone(&self, _: i64) -> Result<usize, LedgerError> {
        Ok(0)
    }
    fn stop(&self) {}
}

type Passed = Arc<Mutex<Vec<String>>>;

fn kind(
    word: &'static str,
    passed: &Passed,
    act: impl Fn(&str) -> Result<(), LedgerError> + Send + Sync + 'static,
) -> Arc<Kinds> {
    Arc::new(Kinds {
        word,
        absent: false,
        passed: passed.clone(),
        act: Box::new(act),
        broke: Mutex::default(),
    })
}

#[test]
fn an_object_that_hangs_holds_up_none_of_its_kind_but_the_kinds_after_it() {
    let passed = Passed::default();
    let others = Arc::new((Mutex::new(BTreeSet::new()), Condvar::new()));
    let waits = others.clone();
    let first = kind("first", &passed, move |key| {
        let (seen, changed) = &*waits;
        let mut seen = seen.lock().unwrap();
        seen.insert(key.to_owned());
        changed.notify_all();
        if key == "00" {
            // until all others were looked at
            let long = Duration::from_secs(20);
            let waited = changed.wait_timeout_while(seen, long, |seen| seen.len() < OBJECTS).unwrap();
            assert!(!waited.1.timed_out());
        }
        Ok(())
    });
    let second = kind("second", &passed, |_| Ok(()));
    let world = World::new(vec![first, second]);
    let counts = world.sweep(&|| false, |_| {}).unwrap();
    assert_eq!((counts.objects, counts.not_ready), (2 * OBJECTS as u64, 0));
    let passed = passed.lock().unwrap();
    assert!(passed[..OBJECTS].iter().all(|p| p.starts_with("first")));
    assert!(passed[OBJECTS..].iter().all(|p| p.starts_with("second")));
}

#[test]
fn a_panic_and_a_lost_ledger_of_one_object_end_nothing_else() {
    let passed = Passed::default();
    let some = kind("some", &passed, |key| match key {
        "03" => panic!("on purpose"),
        "07" => Err(LedgerError::new("on purpose")),
        _ => Ok(()),
    });
    let counts = World::new(vec![some.clone()]).sweep(&|| false, |_| {}).unwrap();
    assert_eq!((counts.objects, counts.not_ready), (OBJECTS as u64, 2));
    assert_eq!(passed.lock().unwrap().len(), OBJECTS - 2);
    assert_eq!(*some.broke.lock().unwrap(), ["03"]);
}

#[test]
fn what_has_to_go_goes_first_and_in_the_reverse_order() {
    let passed = Passed::default();
    let leaving = |word| {
        let kind = kind(word, &passed, |_| Ok(()));
        Arc::new(Kinds { absent: true, ..Arc::into_inner(kind).unwrap() })
    };
    let kinds: Vec<Arc<dyn Kind>> =
        vec![leaving("a"), kind("b", &passed, |_| Ok(())), leaving("c"), kind("d", &passed, |_| Ok(()))];
    World::new(kinds).sweep(&|| false, |_| {}).unwrap();
    let mut order: Vec<String> =
        passed.lock().unwrap().iter().map(|p| p.split(' ').next().unwrap().to_owned()).collect();
    order.dedup();
    assert_eq!(order, ["c", "a", "b", "d"]);
}

#[test]
fn what_was_cancelled_ends_between_two_objects() {
    let passed = Passed::default();
    let kinds: Vec<Arc<dyn Kind>> =
        ["a", "b"].map(|word| kind(word, &passed, |_| Ok(())) as Arc<dyn Kind>).to_vec();
    let world = World::new(kinds);
    let cancelled = || !passed.lock().unwrap().is_empty();
    world.sweep(&cancelled, |_| {}).unwrap();
    assert!((1..=LANES).contains(&passed.lock().unwrap().len()));
    passed.lock().unwrap().clear();
    assert_eq!(world.preview(&cancelled, |_| {}).unwrap().objects, 1);
}

const ACCOUNT: &str = "01990000-0000-7000-8000-000000000001";

fn alice() -> AccountSpec {
    AccountSpec {
        name: "alice".parse().unwrap(),
        uid: Uid::new(20_001).unwrap(),
        sftp_password: None,
        ssh_keys: Vec::new(),
        suspended: false,
        limits: Limits::default(),
    }
}

fn wish(generation: u64, spec: Wanted<AccountSpec>) -> Apply<AccountSpec> {
    Apply::new(ACCOUNT.parse().unwrap(), Generation::new(generation).unwrap(), spec)
}

#[test]
fn a_mistake_of_ours_is_how_its_object_stands_until_a_pass_goes_through() {
    let host = Arc::new(Host::for_test().unwrap());
    let agent = Agent::new(Arc::clone(&host));
    assert_eq!(agent.accounts.apply(wish(1, Wanted::Present(alice()))).unwrap().status, Status::ready());
    let socket = Unit::WorkerSocket(alice().name);
    let systemd = host.fake_systemd().unwrap();
    systemd.on_start(&socket, || panic!("on purpose"));
    let _ = hostd::Systemd::stop(systemd, &socket).unwrap();
    host.fake_clock().unwrap().advance(Duration::from_mins(1));
    assert_eq!(agent.world.sweep(&|| false, |_| {}).unwrap().not_ready, 1);
    let status = agent.world.statuses(None).unwrap().remove(0).status;
    assert_eq!((status.condition, status.reason), (Condition::Degraded, Some(Reason::Bug)));
    systemd.on_start(&socket, || JobResult::Done);
    assert_eq!(agent.world.sweep(&|| false, |_| {}).unwrap().not_ready, 0);
    assert_eq!(agent.world.statuses(None).unwrap().remove(0).status, Status::ready());
}

#[test]
fn what_is_long_gone_is_forgotten_but_for_its_user_id() {
    let host = Arc::new(Host::for_test().unwrap());
    let agent = Agent::new(Arc::clone(&host));
    agent.accounts.apply(wish(1, Wanted::Present(alice()))).unwrap();
    agent.accounts.apply(wish(2, Wanted::Absent)).unwrap();
    assert_eq!(agent.world.forget_gone(host.now().as_micros()), 0, "not before its time");
    host.fake_clock().unwrap().advance(Duration::from_secs(1));
    assert_eq!(agent.world.forget_gone(host.now().as_micros()), 1);
    assert!(agent.world.statuses(None).unwrap().is_empty());
    assert!(Agent::new(Arc::clone(&host)).world.statuses(None).unwrap().is_empty());
    assert!(host.files().stat(&hostd::uid_note(alice().uid)).unwrap().is_some());
    let other = Apply { scope: AccountId::new(), ..wish(1, Wanted::Present(alice())) };
    let refused = agent.accounts.apply(other).unwrap();
    assert_eq!(refused.status.reason, Some(Reason::Refused), "the id is never given again");
}

#[test]
fn a_wish_is_in_the_journal_when_it_is_admitted_and_only_then() {
    let host = Arc::new(Host::for_test().unwrap());
    let agent = Agent::new(Arc::clone(&host));
    let lines = || host.files().read_text(JOURNAL).unwrap().unwrap_or_default().lines().count();
    let refused =
        Apply { expect_plan: Some(Digest::of(b"another plan")), ..wish(1, Wanted::Present(alice())) };
    assert!(matches!(agent.accounts.apply(refused), Err(Refusal::PlanChanged { .. })));
    let forged = Apply { digest: Digest::of(b"another wish"), ..wish(1, Wanted::Present(alice())) };
    assert_eq!(agent.accounts.apply(forged), Err(Refusal::DigestMismatch));
    let dry = Apply { dry_run: true, ..wish(1, Wanted::Present(alice())) };
    agent.accounts.apply(dry).unwrap();
    assert_eq!(lines(), 0);
    for _ in 0..2 {
        agent.accounts.apply(wish(1, Wanted::Present(alice()))).unwrap();
        assert_eq!(lines(), 1, "the same wish again is no news");
    }
    host.fail_on("append", "the disk is gone");
    assert!(matches!(agent.accounts.apply(wish(2, Wanted::Absent)), Err(Refusal::Ledger { .. })));
    assert_eq!(agent.world.statuses(None).unwrap()[0].generation, Generation::new(1).unwrap());
}

#[test]
fn the_journal_is_rotated_when_it_is_large() {
    let host = Arc::new(Host::for_test().unwrap());
    let agent = Agent::new(Arc::clone(&host));
    let large = vec![b'\n'; 16 << 20];
    host.files().write(JOURNAL, &large, 0o600, (0, 0)).unwrap();
    agent.accounts.apply(wish(1, Wanted::Present(alice()))).unwrap();
    let size = |path: &str| host.files().stat(path).unwrap().unwrap().size;
    assert_eq!(size(&format!("{JOURNAL}.1")), large.len() as u64);
    assert!(size(JOURNAL) < 1024);
}

#[test]
fn a_kind_that_cannot_be_listed_holds_up_no_other_and_is_not_called_well() {
    let passed = Passed::default();
    let world = World::new(vec![kind(UNREADABLE, &passed, |_| Ok(())), kind("some", &passed, |_| Ok(()))]);
    assert!(world.sweep(&|| false, |_| {}).is_err());
    assert_eq!(passed.lock().unwrap().len(), OBJECTS);
    assert!(world.preview(&|| false, |_| {}).is_err(), "an empty plan would be a lie");
}
