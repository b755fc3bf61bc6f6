use std::fmt::Write;

use hostd::{Active, OwnUnit, SetupSystemd};

use super::{BEGUN, HEADS, READY};
use crate::life::tests::{DATABASE, SCHEMA, Server};

/// What a restore may change, but for what it keeps aside.
const PATHS: [&str; 4] =
    ["/etc/holdfast", "/var/lib/holdfast", "/var/lib/holdfast-agent", "/var/lib/holdfast-setup"];

fn state(server: &Server) -> String {
    let mut text = server.host().describe(&PATHS).unwrap();
    for unit in OwnUnit::ALL {
        let up = server.fresh.systemd().state_own(unit).unwrap().active == Active::Active;
        writeln!(text, "{unit} {up}").unwrap();
    }
    text
}

/// A server that has moved on since its backup `old.tar`.
fn moved_on() -> Server {
    let server = Server::new(1);
    server.write(HEADS, "{\"at\":1,\"seq\":1,\"hash\":\"x\"}\n");
    server.back_up("old.tar");
    server.panel(2, 8);
    server.account(1);
    server.write(HEADS, "{\"at\":1,\"seq\":1,\"hash\":\"x\"}\n{\"at\":2,\"seq\":8,\"hash\":\"y\"}\n");
    server.write("/etc/holdfast/agent.toml", "# other bounds\n");
    server.write("/etc/holdfast/templates/mine", "a template\n");
    for unit in super::START {
        let _ = server.fresh.systemd().start_own(unit).unwrap();
    }
    server.host().take_changes();
    server
}

#[test]
fn on_a_living_server_the_ledger_stays_and_the_agent_is_told() {
    let server = moved_on();
    let shown = server.restore("old.tar", true).unwrap();
    assert!(shown.contains("would replace /etc/holdfast/agent.toml"), "{shown}");
    assert!(shown.contains("would keep the agent's ledger"), "{shown}");
    assert!(server.read(DATABASE).contains("\"accounts\":2"), "a dry run changes nothing");
    server.restore("old.tar", false).unwrap();
    assert!(server.read(DATABASE).contains("\"accounts\":1"));
    assert_eq!(server.read("/etc/holdfast/agent.toml"), "# bounds\n");
    assert_eq!(server.read("/etc/holdfast/templates/mine"), "a template\n", "nothing is removed");
    assert_eq!(server.read("/var/lib/holdfast-agent/uids/20001"), "an account\n", "a given uid stays noted");
    assert!(server.host().files().stat("/var/lib/holdfast-agent/ledger/account/1.json").unwrap().is_some());
    let heads = server.read(HEADS);
    let last: serde_json::Value = serde_json::from_str(heads.lines().last().unwrap()).unwrap();
    assert_eq!((last["seq"].as_i64(), last["restored"].as_bool()), (Some(2), Some(true)), "{heads}");
    assert_eq!(heads.lines().count(), 3);
    for path in [BEGUN, READY] {
        assert!(server.host().files().stat(path).unwrap().is_none(), "{path} was left");
    }
    // and back again by what was kept
    let kept = server.host().files().list(super::ASIDE).unwrap();
    let kept = server.host().on_disk(&format!("{}/{}", super::ASIDE, kept[0].0));
    std::fs::copy(kept, server.file("kept.tar")).unwrap();
    server.restore("kept.tar", false).unwrap();
    assert!(server.read(DATABASE).contains("\"accounts\":2"));
    assert_eq!(server.read("/etc/holdfast/agent.toml"), "# other bounds\n");
}

#[test]
fn on_a_server_without_accounts_the_ledger_of_the_backup_is_put_back() {
    let old = moved_on();
    let fresh = Server::new(0);
    fresh.write("/var/lib/holdfast-agent/ledger/webserver/another.json", "{}");
    std::fs::copy(old.file("old.tar"), fresh.file("old.tar")).unwrap();
    let shown = fresh.restore("old.tar", false).unwrap();
    assert!(shown.contains("put back the agent's ledger"), "{shown}");
    let there = |path: &str| fresh.host().files().stat(path).unwrap().is_some();
    assert!(
        there("/var/lib/holdfast-agent/ledger/account/0.json") && there("/var/lib/holdfast-agent/uids/20000")
    );
    assert!(!there("/var/lib/holdfast-agent/ledger/webserver/another.json"));
    assert_eq!(fresh.read(HEADS).lines().count(), 1, "the heads are those of the backup");
}

#[test]
fn a_restore_that_was_stopped_before_any_change_is_completed_by_the_next() {
    let reference = moved_on();
    reference.restore("old.tar", false).unwrap();
    let wanted = state(&reference);
    let changes = reference.host().take_changes().len();
    assert!(changes > 20, "{changes} changes");
    for k in 0..changes {
        let server = moved_on();
        server.host().crash_after(k);
        let error = server.restore("old.tar", false).unwrap_err();
        assert!(error.is_crash(), "after {k} changes: {}", error.chain());
        server.host().restart();
        server
            .restore("old.tar", false)
            .unwrap_or_else(|error| panic!("after {k} changes: {}", error.chain()));
        assert_eq!(state(&server), wanted, "after {k} changes");
        // whatever was killed: what was there before is in one of the files kept aside
        let kept = server.host().files().list(super::ASIDE).unwrap();
        let path = server.host().on_disk(&format!("{}/{}", super::ASIDE, kept[0].0));
        let database = crate::life::archive::Archive::open(&path).unwrap().manifest.database.unwrap();
        assert_eq!(database.accounts, 2, "after {k} changes");
    }
}

#[test]
fn what_cannot_be_put_back_is_refused_before_anything_is_touched() {
    let server = moved_on();
    let newer = server.read(DATABASE).replace(&format!("\"schema\":{SCHEMA}"), "\"schema\":99");
    server.write(DATABASE, &newer);
    server.back_up("newer.tar");
    server.panel(2, 8);
    let before = state(&server);
    let error = server.restore("newer.tar", false).unwrap_err().chain();
    assert!(error.contains("schema 99") && error.contains("install that release"), "{error}");
    let other = Server::new(1);
    other.write(DATABASE, &other.read(DATABASE).replace("node1", "node2"));
    std::fs::copy(other.back_up("other.tar"), server.file("other.tar")).unwrap();
    let error = server.restore("other.tar", false).unwrap_err().chain();
    assert!(error.contains("another panel"), "{error}");
    server.host().files().remove_tree(READY).unwrap();
    assert_eq!(state(&server), before);
}

#[test]
fn a_damaged_database_does_not_keep_an_older_one_from_being_put_back() {
    let server = moved_on();
    server.write(DATABASE, "not a database");
    server.restore("old.tar", false).unwrap();
    assert!(server.read(DATABASE).contains("\"accounts\":1"));
    let kept = server.host().files().list(super::ASIDE).unwrap();
    let kept = server.host().on_disk(&format!("{}/{}", super::ASIDE, kept[0].0));
    std::fs::copy(kept, server.file("kept.tar")).unwrap();
    server.restore("kept.tar", false).unwrap();
    assert_eq!(server.read(DATABASE), "not a database", "it can be had again as it lay there");
}
