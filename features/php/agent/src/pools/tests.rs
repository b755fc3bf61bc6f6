use std::sync::Arc;

use converge::{Apply, Condition, DriftRules, Engine, MemoryLedger, Report, Status};
use names::{ByteSize, Generation};

use super::*;

const CONF: &str = "/etc/holdfast/php/alice-8.4.conf";

struct Server {
    host: Host,
    engine: Engine<Pools, MemoryLedger>,
}

impl Server {
    /// A server with the account `alice`.
    fn new() -> Self {
        let rules = DriftRules { enforce: false, keep: Arc::new(|_, _, _| Ok(())) };
        let engine = Engine::new(Pools::default(), Arc::default(), Arc::new(|| 1_000), rules);
        let host = Host::for_test().unwrap();
        let (account, uid) =
            ("alice".parse::<names::AccountName>().unwrap(), names::Uid::new(20_001).unwrap());
        host.files().ensure_dirs("/var/lib/holdfast-agent/uids", 0o700, (0, 0)).unwrap();
        host.files().write(&hostd::uid_note(uid), b"alice\n", 0o600, (0, 0)).unwrap();
        host.run(&hostd::Tool::AddGroup { account: account.clone(), gid: uid }).unwrap();
        let home = host.bounds().home(&account);
        host.run(&hostd::Tool::AddUser { account, uid, gid: uid, home }).unwrap();
        Self { host, engine }
    }

    fn apply(&self, generation: u64, want: Wanted<PoolSpec>) -> Report {
        let id = PoolId::parse("01990000-0000-7000-8000-000000000002").unwrap();
        self.engine.apply(&self.host, Apply::new(id, Generation::new(generation).unwrap(), want)).unwrap()
    }

    fn pass(&self) -> Report {
        let id = PoolId::parse("01990000-0000-7000-8000-000000000002").unwrap();
        self.engine.pass(&self.host, &id).unwrap().unwrap()
    }

    fn conf(&self) -> String {
        self.host.files().read_text(CONF).unwrap().unwrap()
    }
}

fn pool(max_children: u16) -> PoolSpec {
    PoolSpec {
        name: "alice-8.4".parse().unwrap(),
        account: "alice".parse().unwrap(),
        version: "8.4".parse().unwrap(),
        max_children,
        memory_limit: ByteSize::parse("128M").unwrap(),
        upload_limit: ByteSize::parse("64M").unwrap(),
        suspended: false,
    }
}

fn codes(report: &Report) -> Vec<&str> {
    report.plan.steps.iter().map(|step| step.code.as_str()).collect()
}

#[test]
fn a_new_pool_is_tested_before_a_file_goes_live() {
    let server = Server::new();
    let report = server.apply(1, Wanted::Present(pool(5)));
    assert_eq!(report.status, Status::ready());
    let codes = codes(&report);
    assert_eq!(codes[1..4], ["file.write"; 3], "{codes:?}");
    assert_eq!(codes.len(), 6, "the test, three files, the units and the socket: {codes:?}");
    server.host.take_changes();
    assert!(server.pass().plan.is_empty());
    assert_eq!(server.host.take_changes(), Vec::<String>::new());
}

#[test]
fn a_configuration_that_php_fpm_refuses_leaves_the_old_file_and_the_master_alone() {
    let server = Server::new();
    server.apply(1, Wanted::Present(pool(5)));
    let before = server.conf();
    let check = Unit::PhpCheck("8.4".parse().unwrap());
    server.host.fake_systemd().unwrap().on_start(&check, || JobResult::Failed);
    server.host.take_changes();
    let report = server.apply(2, Wanted::Present(pool(9)));
    assert_eq!(report.status.condition, Condition::Degraded);
    assert_eq!(report.status.reason, Some(Reason::ConfigRefused));
    assert_eq!(server.conf(), before);
    let touched = server.host.take_changes();
    assert!(!touched.iter().any(|change| change.contains("stop ") || change.contains(CONF)), "{touched:?}");
    server.host.fake_systemd().unwrap().clear_hooks();
    assert_eq!(server.pass().status, Status::ready());
    assert_ne!(server.conf(), before);
}

#[test]
fn a_hand_edited_configuration_is_held_and_a_change_of_it_waits() {
    let server = Server::new();
    server.apply(1, Wanted::Present(pool(5)));
    server.host.files().write(CONF, b"; by hand\n", 0o644, (0, 0)).unwrap();
    assert_eq!(server.pass().status.reason, Some(Reason::Edited));
    assert_eq!(server.apply(2, Wanted::Present(pool(9))).status.reason, Some(Reason::Edited));
    assert_eq!(server.conf(), "; by hand\n");
}

#[test]
fn an_edit_between_the_look_and_the_write_is_not_lost() {
    let server = Server::new();
    server.apply(1, Wanted::Present(pool(5)));
    let check = Unit::PhpCheck("8.4".parse().unwrap());
    let disk = server.host.on_disk(CONF);
    #[expect(clippy::disallowed_methods, reason = "an administrator's editor, while php-fpm tests")]
    let edit = move || {
        std::fs::write(&disk, "; in this very moment\n").unwrap();
        JobResult::Done
    };
    server.host.fake_systemd().unwrap().on_start(&check, edit);
    let report = server.apply(2, Wanted::Present(pool(9)));
    assert_eq!(report.status.reason, Some(Reason::StepFailed), "{report:?}");
    assert!(report.status.message.unwrap().contains("changed meanwhile"));
    assert_eq!(server.pass().status.reason, Some(Reason::Edited), "the next pass holds it");
    assert_eq!(server.conf(), "; in this very moment\n");
}

#[test]
fn a_suspended_pool_listens_no_more_and_keeps_its_files() {
    let server = Server::new();
    server.apply(1, Wanted::Present(pool(5)));
    let socket = Unit::PhpPoolSocket("alice-8.4".parse().unwrap());
    let listens = || server.host.systemd().state(&socket).unwrap().active.is_up();
    assert!(listens());
    let report = server.apply(2, Wanted::Present(PoolSpec { suspended: true, ..pool(5) }));
    assert_eq!(report.status, Status::ready());
    assert!(!listens());
    assert!(server.host.files().stat(CONF).unwrap().is_some());
    assert_eq!(server.apply(3, Wanted::Present(pool(5))).status, Status::ready());
    assert!(listens());
}

#[test]
fn a_removed_pool_is_stopped_before_its_files_go() {
    let server = Server::new();
    server.apply(1, Wanted::Present(pool(5)));
    let report = server.apply(2, Wanted::Absent);
    assert_eq!(report.status, Status::ready());
    assert_eq!(codes(&report), ["unit.stop", "file.remove", "file.remove", "file.remove", "unit.load"]);
    assert!(server.host.files().stat(CONF).unwrap().is_none());
}
