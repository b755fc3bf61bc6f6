use std::sync::Arc;

use account_spec::Limits;
use converge::{Apply, Condition, DriftRules, Engine, MemoryLedger, Reason, Report, Status};
use names::{Generation, Uid};

use super::*;

const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEHGzCLJUVTRIg31WS9AW3tUnLkvmPNBBNc1AU0oynCx alice";
const KEYS: &str = "/etc/ssh/holdfast-keys/alice";

struct Server {
    host: Host,
    engine: Engine<Accounts, MemoryLedger>,
}

impl Server {
    fn new() -> Self {
        let rules = DriftRules { enforce: false, keep: Arc::new(|_, _, _| Ok(())) };
        let engine = Engine::new(Accounts::default(), Arc::default(), Arc::new(|| 1_000), rules);
        Self { host: Host::for_test().unwrap(), engine }
    }

    /// A server with this account, brought about.
    fn with(spec: &AccountSpec) -> Self {
        let server = Self::new();
        assert_eq!(server.apply(1, Wanted::Present(spec.clone())).status, Status::ready());
        server
    }

    fn apply(&self, generation: u64, want: Wanted<AccountSpec>) -> Report {
        self.engine.apply(&self.host, wish(generation, want)).unwrap()
    }

    fn pass(&self) -> Report {
        self.engine.pass(&self.host, &id()).unwrap().unwrap()
    }

    fn shadow(&self) -> String {
        let text = self.host.files().read_text("/etc/shadow").unwrap().unwrap();
        let line = text.lines().find(|line| line.starts_with("alice:")).unwrap();
        line.split(':').nth(1).unwrap().to_owned()
    }

    /// Somebody changes the password with `passwd` or `usermod`.
    fn set_shadow(&self, field: &str) {
        let text = self.host.files().read_text("/etc/shadow").unwrap().unwrap();
        let before = format!("alice:{}:", self.shadow());
        let text = text.replace(&before, &format!("alice:{field}:"));
        self.host.files().write("/etc/shadow", text.as_bytes(), 0o640, (0, 0)).unwrap();
    }
}

fn id() -> AccountId {
    AccountId::parse("01990000-0000-7000-8000-000000000001").unwrap()
}

fn wish(generation: u64, want: Wanted<AccountSpec>) -> Apply<AccountSpec> {
    Apply::new(id(), Generation::new(generation).unwrap(), want)
}

fn hash(letter: char) -> CryptHash {
    CryptHash::parse(&format!("$6$rounds=10000$saltsalt${}", letter.to_string().repeat(86))).unwrap()
}

fn alice() -> AccountSpec {
    AccountSpec {
        name: "alice".parse().unwrap(),
        uid: Uid::new(20_001).unwrap(),
        sftp_password: Some(hash('a')),
        ssh_keys: vec![KEY.parse().unwrap()],
        suspended: false,
        limits: Limits::default(),
    }
}

fn codes(report: &Report) -> Vec<&str> {
    report.plan.steps.iter().map(|step| step.code.as_str()).collect()
}

#[test]
fn a_new_account_is_made_in_the_order_in_which_its_parts_need_each_other() {
    let server = Server::new();
    let report = server.apply(1, Wanted::Present(alice()));
    assert_eq!(report.status, Status::ready());
    let wanted = [
        "uid.note",
        "group.add",
        "user.add",
        "user.change",
        "home.make",
        "file.write",
        "file.write",
        "file.write",
        "unit.load",
        "unit.start",
    ];
    assert_eq!(codes(&report), wanted, "the id is noted before anybody has it");
    server.host.take_changes();
    assert!(server.pass().plan.is_empty());
    assert_eq!(server.host.take_changes(), Vec::<String>::new());
}

#[test]
fn a_suspended_account_is_locked_and_its_keys_are_gone_until_it_is_back() {
    let server = Server::with(&alice());
    let report = server.apply(2, Wanted::Present(AccountSpec { suspended: true, ..alice() }));
    assert_eq!(report.status, Status::ready());
    assert!(server.shadow().starts_with("!$6$"));
    assert!(server.host.files().stat(KEYS).unwrap().is_none());
    assert!(server.host.files().stat("/home/alice").unwrap().is_some());
    assert_eq!(server.apply(3, Wanted::Present(alice())).status, Status::ready());
    assert_eq!(server.shadow(), hash('a').expose());
    assert!(server.host.files().stat(KEYS).unwrap().is_some());
}

#[test]
fn a_removed_account_is_locked_first_and_its_home_goes_to_the_trash() {
    let server = Server::with(&alice());
    let report = server.apply(2, Wanted::Absent);
    assert_eq!(report.status, Status::ready());
    let codes = codes(&report);
    assert_eq!((codes[0], codes[1]), ("user.change", "unit.stop"), "{codes:?}");
    assert_eq!(codes[codes.len() - 2..], ["home.trash", "user.remove"]);
    assert_eq!(report.plan.impact(), converge::Impact::DataLoss, "what is removed is told");
    let trash = server.host.files().list("/home/.holdfast-trash").unwrap();
    assert!(trash[0].0.starts_with("alice-"), "{trash:?}");
    assert!(server.host.users().unwrap().user("alice").is_none());
}

#[test]
fn what_never_was_is_gone_already() {
    let server = Server::new();
    let report = server.apply(1, Wanted::Absent);
    assert!(report.status == Status::ready() && report.plan.is_empty());
}

#[test]
fn hand_edited_keys_are_held_while_all_else_goes_on() {
    let server = Server::with(&alice());
    server.host.files().write(KEYS, b"by hand\n", 0o644, (0, 0)).unwrap();
    server.host.files().remove("/etc/systemd/system/holdfast-alice.slice").unwrap();
    let report = server.pass();
    assert_eq!(report.status.condition, Condition::Degraded);
    assert_eq!(report.status.reason, Some(Reason::Edited));
    assert_eq!(server.host.files().read_text(KEYS).unwrap().unwrap(), "by hand\n");
    assert!(server.host.files().stat("/etc/systemd/system/holdfast-alice.slice").unwrap().is_some());
}

#[test]
fn an_account_without_a_password_has_none_that_somebody_gave_it() {
    let server = Server::with(&AccountSpec { sftp_password: None, ..alice() });
    for given in [hash('x').expose(), "abJnggxhB.yWI", ""] {
        server.set_shadow(given);
        let report = server.pass();
        assert_eq!((report.status, report.plan.steps.len()), (Status::ready(), 1), "{given:?}");
        assert_eq!(server.shadow(), format!("!{given}"), "locked, and its keys go on to work");
        assert!(!server.host.users().unwrap().password("alice").unwrap().expired());
    }
}

#[test]
fn a_password_that_is_taken_away_is_locked() {
    let server = Server::with(&alice());
    let report = server.apply(2, Wanted::Present(AccountSpec { sftp_password: None, ..alice() }));
    assert_eq!(report.status, Status::ready());
    assert!(server.host.users().unwrap().password("alice").unwrap().locked());
}

#[test]
fn a_password_that_somebody_locked_or_changed_is_set_again() {
    let server = Server::with(&alice());
    for changed in [format!("!{}", hash('a').expose()), hash('x').expose().to_owned(), "!".to_owned()] {
        server.set_shadow(&changed);
        assert_eq!(server.pass().status, Status::ready(), "{changed}");
        assert_eq!(server.shadow(), hash('a').expose());
    }
}

#[test]
fn another_password_opens_no_suspended_account() {
    let server = Server::with(&AccountSpec { suspended: true, ..alice() });
    let changed = AccountSpec { suspended: true, sftp_password: Some(hash('b')), ..alice() };
    assert_eq!(server.apply(2, Wanted::Present(changed)).status, Status::ready());
    assert_eq!(server.shadow(), format!("!{}", hash('b').expose()));
}

#[test]
fn of_two_accounts_that_want_one_id_at_the_same_moment_one_gets_it() {
    let host = Host::for_test().unwrap();
    let path = hostd::uid_note(Uid::new(20_001).unwrap());
    let note = |text: &str| Step::NoteUid { path: path.clone(), text: text.to_owned() };
    take(&host, &note("first\n")).unwrap();
    take(&host, &note("first\n")).unwrap();
    assert!(take(&host, &note("second\n")).unwrap_err().exists());
    assert_eq!(host.files().read_text(&path).unwrap().unwrap(), "first\n");
}

#[test]
fn an_old_listing_of_sockets_ends_also_where_the_clock_is_set_back() {
    let host = Host::for_test().unwrap();
    let accounts = Accounts::default();
    let alice: AccountName = "alice".parse().unwrap();
    let socket = Unit::WorkerSocket(alice.clone());
    let clock = host.fake_clock().unwrap();
    host.fake_systemd().unwrap().set_active(&socket, hostd::Active::Active);
    assert!(accounts.worker_listens(&host, &alice).unwrap());
    host.fake_systemd().unwrap().set_active(&socket, hostd::Active::Inactive);
    clock.set_back(Duration::from_hours(1));
    clock.advance(Duration::from_secs(3));
    assert!(!accounts.worker_listens(&host, &alice).unwrap());
}

/// The quota unit in effigy: it holds in memory what the files say, as the real one holds it in the kernel.
fn with_quotas(server: &Server, kind: account_spec::QuotaKind) {
    use account_spec::{QUOTA_SEEN, QuotaSeen};
    use hostd::JobResult;
    let root = server.host.root().to_owned();
    let held: Arc<Mutex<QuotaList>> = Arc::new(Mutex::new(QuotaList { kind, ..QuotaList::default() }));
    let write = |root: &std::path::Path, name: &str, list: &QuotaList| {
        let dir = hostfs::Dir::open(root).unwrap();
        let path = format!("{}/{name}.json", QUOTA_SEEN.trim_start_matches('/'));
        dir.write_atomic(path, &serde_json::to_vec(list).unwrap(), 0o600, None).unwrap();
    };
    let (all, place) = (Arc::clone(&held), root.clone());
    server.host.fake_systemd().unwrap().on_start(&Unit::QuotaList, move || {
        write(&place, "list", &all.lock().unwrap());
        JobResult::Done
    });
    let uid = alice().uid;
    server.host.fake_systemd().unwrap().on_start(&Unit::Quota(uid), move || {
        let dir = hostfs::Dir::open(&root).unwrap();
        let path = account_spec::QuotaFile::path(uid);
        let mut list = held.lock().unwrap();
        let Ok(text) = dir.read(path.trim_start_matches('/'), 4096) else {
            list.accounts.remove(&uid.get());
            write(&root, "20001", &list);
            return JobResult::Done;
        };
        let text = String::from_utf8(text).unwrap();
        if text.contains("disk_bytes = 999999999") {
            let error = Some("the kernel says no".to_owned());
            write(&root, "20001", &QuotaList { error, ..list.clone() });
            return JobResult::Failed;
        }
        let limit = |key: &str| {
            text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = ")?.parse::<u64>().ok())
        };
        let (disk_bytes, inodes) = (limit("disk_bytes"), limit("inodes"));
        let seen = QuotaSeen { counted: true, disk_bytes, inodes, ..QuotaSeen::default() };
        list.accounts.insert(uid.get(), seen);
        write(&root, "20001", &list);
        JobResult::Done
    });
}

fn limited(disk_bytes: Option<u64>) -> AccountSpec {
    AccountSpec { limits: Limits { disk_bytes, ..Limits::default() }, ..alice() }
}

#[test]
fn limits_of_the_disk_are_set_once_and_taken_away_with_the_account() {
    let server = Server::new();
    with_quotas(&server, account_spec::QuotaKind::User);
    let report = server.apply(1, Wanted::Present(limited(Some(10 << 30))));
    assert_eq!(report.status, Status::ready());
    assert_eq!(codes(&report).iter().filter(|code| **code == "quota.set").count(), 1, "{:?}", codes(&report));
    server.host.take_changes();
    assert!(server.pass().plan.is_empty());
    assert_eq!(server.host.take_changes(), Vec::<String>::new());
    let report = server.apply(2, Wanted::Present(limited(Some(20 << 30))));
    assert_eq!(codes(&report), ["file.write", "quota.set"]);
    assert_eq!(report.plan.steps[1].summary, "limit what alice keeps on the disk: at most 20G");
    assert!(codes(&server.apply(3, Wanted::Absent)).contains(&"quota.clear"));
    assert!(server.pass().plan.is_empty());
}

#[test]
fn a_limit_that_cannot_be_set_leaves_the_account_serving_and_says_why() {
    let server = Server::new();
    with_quotas(&server, account_spec::QuotaKind::User);
    let report = server.apply(1, Wanted::Present(limited(Some(999_999_999))));
    assert_eq!(
        (report.status.condition, report.status.reason),
        (Condition::Degraded, Some(Reason::StepFailed))
    );
    assert!(report.status.message.unwrap().contains("the kernel says no"));
    assert_eq!(server.apply(2, Wanted::Present(limited(None))).status, Status::ready());
}

#[test]
fn where_nothing_counts_an_account_with_a_limit_is_ready() {
    let server = Server::with(&limited(Some(10 << 30)));
    assert!(server.pass().plan.is_empty());
}

#[test]
fn an_account_does_not_wait_for_a_quota_that_cannot_be_seen() {
    let server = Server::with(&alice());
    server.host.fake_systemd().unwrap().on_start(&Unit::QuotaList, || hostd::JobResult::Failed);
    server.host.fake_clock().unwrap().advance(Duration::from_mins(5));
    let suspended = AccountSpec { suspended: true, ..alice() };
    assert_eq!(server.apply(2, Wanted::Present(suspended)).status, Status::ready());
    let planned = server.apply(3, Wanted::Present(limited(Some(1 << 30))));
    assert!(codes(&planned).contains(&"quota.set"), "a limit that may not be held is no empty plan");
    let other = server.engine.apply(&server.host, {
        let spec = AccountSpec { name: "bob".parse().unwrap(), uid: Uid::new(20_002).unwrap(), ..alice() };
        let id = "01990000-0000-7000-8000-000000000002".parse().unwrap();
        Apply::new(id, Generation::new(1).unwrap(), Wanted::Present(spec))
    });
    let status = other.unwrap().status;
    assert_eq!(
        status.reason,
        Some(Reason::Unobservable),
        "a home that might have to be a subvolume waits: {status:?}"
    );
}
