//! The whole agent over a host in a temporary tree: stopped before every single change of every operation, started again,
//! and compared with a run that nothing disturbed.

use std::collections::BTreeMap;
use std::sync::Arc;

use account_spec::{AccountSpec, Limits};
use converge::methods::{DriftAction, Object, RunDriftAction};
use converge::{Apply, Condition, Reason, Refusal, Report, Spec, Wanted};
use hostd::Host;
use hostfs::FileKind;
use names::{AccountId, ByteSize, CryptHash, Digest, Generation, PoolId, Uid};
use php_spec::PoolSpec;

use crate::agent::Agent;
use crate::ledger::LEDGER;

mod certificates;

/// One operation of the panel.
#[derive(Clone)]
enum Operation {
    Account(Apply<AccountSpec>),
    Pool(Apply<PoolSpec>),
}

impl Operation {
    fn send(&self, agent: &Agent) -> Result<Report, Refusal> {
        match self {
            Self::Account(wish) => agent.accounts.apply(wish.clone()),
            Self::Pool(wish) => agent.pools.apply(wish.clone()),
        }
    }
}

fn wish<S: Spec>(scope: &str, generation: u64, spec: Wanted<S>) -> Apply<S> {
    let Ok(scope) = scope.parse() else { panic!("{scope}") };
    Apply::new(scope, Generation::new(generation).unwrap(), spec)
}

const ACCOUNT: &str = "01990000-0000-7000-8000-000000000001";
const POOL: &str = "01990000-0000-7000-8000-000000000002";
const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEHGzCLJUVTRIg31WS9AW3tUnLkvmPNBBNc1AU0oynCx alice";

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

fn pool() -> PoolSpec {
    PoolSpec {
        name: "alice-8.4".parse().unwrap(),
        account: "alice".parse().unwrap(),
        version: "8.4".parse().unwrap(),
        max_children: 5,
        memory_limit: ByteSize::parse("128M").unwrap(),
        upload_limit: ByteSize::parse("64M").unwrap(),
        suspended: false,
    }
}

/// An account's life: made, with PHP, changed, suspended, back, removed.
fn life() -> Vec<Operation> {
    let changed = AccountSpec { sftp_password: Some(hash('b')), ssh_keys: Vec::new(), ..alice() };
    let smaller = AccountSpec { limits: Limits { cpu_percent: 50, ..Limits::default() }, ..changed.clone() };
    vec![
        Operation::Account(wish(ACCOUNT, 1, Wanted::Present(alice()))),
        Operation::Pool(wish(POOL, 1, Wanted::Present(pool()))),
        Operation::Account(wish(ACCOUNT, 2, Wanted::Present(changed))),
        Operation::Account(wish(ACCOUNT, 3, Wanted::Present(smaller.clone()))),
        Operation::Pool(wish(POOL, 2, Wanted::Present(PoolSpec { max_children: 9, ..pool() }))),
        Operation::Account(wish(
            ACCOUNT,
            4,
            Wanted::Present(AccountSpec { suspended: true, ..smaller.clone() }),
        )),
        Operation::Pool(wish(POOL, 3, Wanted::Present(PoolSpec { suspended: true, ..pool() }))),
        Operation::Account(wish(ACCOUNT, 5, Wanted::Present(smaller))),
        Operation::Pool(wish(POOL, 4, Wanted::Present(pool()))),
        Operation::Pool(wish(POOL, 5, Wanted::Absent)),
        Operation::Account(wish(ACCOUNT, 6, Wanted::Absent)),
    ]
}

fn host() -> Arc<Host> {
    Arc::new(Host::for_test().unwrap())
}

fn ledger_file(account: &str) -> String {
    format!("{LEDGER}/account/{account}.json")
}

/// Everything on the host that matters: files with content and mode, units, and the ledger without its timestamps.
fn state(host: &Host) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    let mut open: Vec<String> = ["/etc", "/var", "/home", "/srv", "/run"].map(str::to_owned).to_vec();
    while let Some(directory) = open.pop() {
        for (name, kind) in host.files().list(&directory).unwrap() {
            let path = format!("{directory}/{name}");
            let Some(meta) = host.files().stat(&path).unwrap() else { continue };
            match kind {
                FileKind::Dir => {
                    all.insert(path.clone(), format!("directory {:o}", meta.mode));
                    open.push(path);
                }
                // logs tell what each run did
                FileKind::File if path.ends_with("journal.jsonl") || path.ends_with("changes.jsonl") => {}
                FileKind::File => {
                    let text = host.files().read(&path).unwrap().unwrap_or_default();
                    all.insert(path, format!("{:o} {}", meta.mode, String::from_utf8_lossy(&text)));
                }
                FileKind::Symlink | FileKind::Special => {
                    all.insert(
                        path.clone(),
                        host.files().read_link(&path).unwrap_or_default().unwrap_or_default(),
                    );
                }
            }
        }
    }
    if let Some(systemd) = host.fake_systemd() {
        all.insert("units".to_owned(), systemd.summary());
    }
    all
}

/// Where the undisturbed run stands after each operation.
fn calm() -> Vec<BTreeMap<String, String>> {
    let host = host();
    let agent = Agent::new(Arc::clone(&host));
    life()
        .iter()
        .map(|operation| {
            let report = operation.send(&agent).unwrap();
            assert_eq!(report.status.condition, Condition::Ready, "{report:?}");
            state(&host)
        })
        .collect()
}

#[test]
fn every_operation_run_twice_plans_nothing_the_second_time() {
    let host = host();
    let agent = Agent::new(Arc::clone(&host));
    for operation in life() {
        operation.send(&agent).unwrap();
        host.take_changes();
        let again = operation.send(&agent).unwrap();
        assert!(again.plan.is_empty() && !again.changed, "{again:?}");
        assert_eq!(host.take_changes(), Vec::<String>::new(), "{}", again.scope);
        let counts = agent.world.sweep(&|| false, |_| {}).unwrap();
        assert_eq!((counts.differing, counts.writes, counts.unit_changes), (0, 0, 0));
        assert_eq!(host.take_changes(), Vec::<String>::new(), "a sweep of a converged host changes nothing");
    }
}

#[test]
fn a_crash_before_any_change_ends_where_the_undisturbed_run_ends() {
    let calm = calm();
    let mut points = 0;
    for (number, operation) in life().into_iter().enumerate() {
        for changes in 0.. {
            let host = host();
            let agent = Agent::new(Arc::clone(&host));
            for before in &life()[..number] {
                before.send(&agent).unwrap();
            }
            host.crash_after(changes);
            let _ = operation.send(&agent);
            let Some(before) = host.crashed() else { break };
            points += 1;
            drop(agent);
            host.restart();

            let agent = Agent::new(Arc::clone(&host));
            agent.world.sweep(&|| false, |_| {}).unwrap();
            let report = operation.send(&agent).unwrap();
            assert_eq!(report.status.condition, Condition::Ready, "stopped before `{before}`: {report:?}");
            let state = state(&host);
            for (path, content) in &calm[number] {
                assert_eq!(state.get(path), Some(content), "stopped before `{before}`: {path}");
            }
            assert_eq!(state.len(), calm[number].len(), "stopped before `{before}`: {:?}", state.keys());
            let counts = agent.world.sweep(&|| false, |_| {}).unwrap();
            assert_eq!(counts.differing, 0, "stopped before `{before}`");
        }
    }
    println!("crash points: {points}");
    assert!(points > 60, "only {points} points: changes are not counted");
}

#[test]
fn the_ledger_alone_brings_a_damaged_host_back() {
    let host = host();
    let agent = Agent::new(Arc::clone(&host));
    life()[..2].iter().for_each(|operation| drop(operation.send(&agent).unwrap()));
    let whole = state(&host);
    for path in [
        "/etc/systemd/system/holdfast-alice.slice",
        "/etc/ssh/holdfast-keys/alice",
        "/etc/holdfast/php/alice-8.4.conf",
    ] {
        host.files().remove(path).unwrap();
    }
    drop(agent);
    let agent = Agent::new(Arc::clone(&host));
    agent.world.sweep(&|| false, |_| {}).unwrap();
    assert_eq!(state(&host), whole);
}

#[test]
fn a_reused_user_id_and_a_foreign_user_are_refused_before_anything_is_written() {
    let host = host();
    let agent = Agent::new(Arc::clone(&host));
    let other = AccountId::new().to_string();
    life().iter().filter(|o| matches!(o, Operation::Account(_))).for_each(|o| drop(o.send(&agent).unwrap()));
    let reused = AccountSpec { name: "mallory".parse().unwrap(), ..alice() };
    let report = agent.accounts.apply(wish(&other, 1, Wanted::Present(reused))).unwrap();
    assert_eq!(report.status.reason, Some(Reason::Refused), "{report:?}");
    assert!(host.users().unwrap().user("mallory").is_none());
    assert!(host.files().stat("/home/mallory").unwrap().is_none());

    let third = AccountId::new().to_string();
    let taken = AccountSpec { uid: Uid::new(20_777).unwrap(), name: "holdfastx".parse().unwrap(), ..alice() };
    let passwd = host.files().read_text("/etc/passwd").unwrap().unwrap();
    let passwd = format!("{passwd}holdfastx:x:1500:1500::/home/holdfastx:/bin/bash\n");
    host.files().write("/etc/passwd", passwd.as_bytes(), 0o644, (0, 0)).unwrap();
    let report = agent.accounts.apply(wish(&third, 1, Wanted::Present(taken.clone()))).unwrap();
    assert_eq!(report.status.reason, Some(Reason::Refused), "{report:?}");
    let report = agent.accounts.apply(wish(&third, 2, Wanted::<AccountSpec>::Absent)).unwrap();
    assert_eq!(report.status.condition, Condition::Ready);
    assert!(host.users().unwrap().user("holdfastx").is_some(), "a user that is not ours is never removed");
}

#[test]
fn what_was_refused_can_be_deleted_and_nothing_foreign_is_touched() {
    let host = host();
    let agent = Agent::new(Arc::clone(&host));
    life()[..1].iter().for_each(|o| drop(o.send(&agent).unwrap()));
    host.files().ensure_dir("/home/bob", 0o755, (4242, 4242)).unwrap();
    host.files().write("/home/carol", b"a file", 0o644, (0, 0)).unwrap();
    let others =
        |name: &str, uid| AccountSpec { name: name.parse().unwrap(), uid: Uid::new(uid).unwrap(), ..alice() };
    for spec in [others("mallory", 20_001), others("bob", 20_002), others("carol", 20_003)] {
        let (name, scope) = (spec.name.to_string(), AccountId::new().to_string());
        let report = agent.accounts.apply(wish(&scope, 1, Wanted::Present(spec))).unwrap();
        assert_eq!(report.status.reason, Some(Reason::Refused), "{name}: {report:?}");
        let before = state(&host);
        let report = agent.accounts.apply(wish(&scope, 2, Wanted::<AccountSpec>::Absent)).unwrap();
        assert_eq!(report.status.condition, Condition::Ready, "{name}: {report:?}");
        let mut after = state(&host);
        after.insert(ledger_file(&scope), before[&ledger_file(&scope)].clone());
        assert_eq!(after, before, "{name}");
    }
    assert!(host.users().unwrap().user("alice").is_some());
}

#[test]
fn a_home_that_somebody_put_in_place_of_ours_outlives_the_account() {
    let host = host();
    let agent = Agent::new(Arc::clone(&host));
    life()[..1].iter().for_each(|o| drop(o.send(&agent).unwrap()));
    host.files().remove_dir("/home/alice").unwrap();
    host.files().ensure_dir("/home/alice", 0o755, (4242, 4242)).unwrap();
    let report = agent.accounts.apply(wish(ACCOUNT, 2, Wanted::<AccountSpec>::Absent)).unwrap();
    assert_eq!(report.status.condition, Condition::Ready, "{report:?}");
    assert!(host.users().unwrap().user("alice").is_none());
    assert_eq!(host.files().stat("/home/alice").unwrap().unwrap().uid, 4242);
}

#[test]
fn a_decision_about_one_file_reverts_that_file_alone() {
    let host = host();
    let agent = Agent::new(Arc::clone(&host));
    life()[..1].iter().for_each(|o| drop(o.send(&agent).unwrap()));
    let (slice, keys) = ("/etc/systemd/system/holdfast-alice.slice", "/etc/ssh/holdfast-keys/alice");
    for path in [slice, keys] {
        host.files().write(path, b"by hand", 0o644, (0, 0)).unwrap();
    }
    agent.world.sweep(&|| false, |_| {}).unwrap();
    let decide = |path: &str, foreign: &str| {
        let object = Object { kind: "account".to_owned(), scope: ACCOUNT.to_owned() };
        let decision = RunDriftAction {
            object,
            action: DriftAction::Revert,
            foreign: Some(Digest::of(foreign)),
            path: Some(path.to_owned()),
            until: None,
            reason: None,
            cause: converge::Cause::default(),
        };
        crate::server::decide(&agent, &decision)
    };
    let report = decide(slice, "by hand").unwrap();
    assert_eq!(report.status.reason, Some(Reason::Edited));
    assert!(host.files().read_text(slice).unwrap().unwrap().contains("[Slice]"));
    assert_eq!(host.files().read_text(keys).unwrap().unwrap(), "by hand", "nobody decided about it");
    let refused = decide(keys, "something else").unwrap_err();
    assert_eq!(refused.name, "holdfast.agent1.DriftMoved");
    let report = decide(keys, "by hand").unwrap();
    assert_eq!(report.status.condition, Condition::Ready);
    assert!(host.files().read_text(keys).unwrap().unwrap().contains("internal-sftp"));
}

#[test]
fn a_missing_php_version_and_a_missing_account_are_waited_for() {
    let host = host();
    let agent = Agent::new(Arc::clone(&host));
    let report = agent.pools.apply(wish(POOL, 1, Wanted::Present(pool()))).unwrap();
    assert_eq!(report.status.reason, Some(Reason::WaitsFor), "{report:?}");
    let older = PoolSpec { name: "alice-8.1".parse().unwrap(), version: "8.1".parse().unwrap(), ..pool() };
    let report = agent.pools.apply(wish(&PoolId::new().to_string(), 1, Wanted::Present(older))).unwrap();
    assert_eq!(report.status.reason, Some(Reason::PhpVersionMissing), "{report:?}");
    assert!(report.status.message.unwrap().contains("8.1"));
}
