use super::*;
use crate::{SharedGroup, Tool};

fn alice() -> AccountName {
    "alice".parse().unwrap()
}

fn uid() -> names::Uid {
    names::Uid::new(20000).unwrap()
}

/// A little feature: a user, a directory, a file, a unit.
fn pass(host: &Host) -> Result<(), HostError> {
    let owner = host.test_owner();
    if host.users()?.group("alice").is_none() {
        host.run(&Tool::AddGroup { account: alice(), gid: uid() })?;
    }
    if host.users()?.user("alice").is_none() {
        let home = host.bounds().home(&alice());
        host.run(&Tool::AddUser { account: alice(), uid: uid(), gid: uid(), home })?;
    }
    if !host.users()?.in_group("alice", "holdfast-tenants") {
        host.run(&Tool::JoinGroup { account: alice(), group: SharedGroup::Tenants })?;
    }
    host.files().ensure_dir("/home/alice", 0o710, (20000, 33))?;
    host.files().write(
        "/etc/systemd/system/holdfast-alice.slice",
        b"[Slice]\nTasksMax=64\n",
        0o644,
        owner,
    )?;
    let slice = Unit::AccountSlice(alice());
    host.systemd().start(&slice)?.require_done("start", &slice)
}

fn described(host: &Host) -> String {
    host.describe(&["/home", "/etc/systemd"]).unwrap()
}

#[test]
fn a_pass_stopped_at_any_change_ends_the_same_after_another() {
    let whole = Host::for_test().unwrap();
    pass(&whole).unwrap();
    let changes = whole.take_changes();
    assert_eq!(changes.len(), 5, "{changes:?}");
    for k in 0..changes.len() {
        let host = Host::for_test().unwrap();
        host.crash_after(k);
        let error = pass(&host).unwrap_err();
        assert!(error.is_crash(), "{k}: {error}");
        assert_eq!(host.crashed().as_ref(), changes.get(k));
        assert!(host.users().is_err(), "a process that has ended reads nothing");
        host.restart();
        assert_eq!(host.take_changes(), changes[..k]);
        assert_ne!(described(&host), described(&whole), "{k}: something was left to do");
        pass(&host).unwrap();
        assert_eq!(described(&host), described(&whole), "stopped before change {k}");
    }
    whole.crash_after(changes.len());
    pass(&whole).unwrap();
}

#[test]
fn a_change_may_be_made_to_fail() {
    let host = Host::for_test().unwrap();
    host.fail_on("make user alice", "no space left");
    assert_eq!(pass(&host).unwrap_err().to_string(), "no space left");
    host.fail_no_more();
    pass(&host).unwrap();
}

#[test]
fn sockets_are_named_below_the_root() {
    let host = Host::for_test().unwrap();
    let socket = host.worker_socket(&alice());
    assert!(socket.starts_with(host.root()));
    assert!(socket.ends_with("run/holdfast-worker/alice.sock"));
    assert!(host.probe_socket().ends_with("run/holdfast-probe/probe.sock"));
}

#[test]
fn callers_are_the_users_of_the_bounds_that_exist() {
    let host = Host::for_test().unwrap();
    assert_eq!(host.caller_uids().unwrap(), [0, 980]);
    let callers = vec!["nobody-here".to_owned()];
    let host = Host::for_test_with(Bounds { callers, ..Bounds::default() }).unwrap();
    assert!(host.caller_uids().unwrap().is_empty(), "nobody may call");
}

#[test]
fn the_host_knows_its_web_group_and_php() {
    let host = Host::for_test().unwrap();
    assert_eq!(host.web_gid().unwrap(), Some(33));
    assert!(host.has_php("8.4".parse().unwrap()).unwrap());
    assert!(!host.has_php("8.2".parse().unwrap()).unwrap());
    assert_eq!(host.profile().distribution.version, "13");
}

#[test]
fn the_output_of_a_check_is_read_where_its_unit_writes_it() {
    let host = Host::for_test().unwrap();
    assert_eq!(host.check_output(&Unit::NginxCheck).unwrap(), None);
    let path = check_output_path(&Unit::NginxCheck).unwrap();
    host.files().write(&path, b"nginx: [emerg] \xff", 0o600, host.test_owner()).unwrap();
    assert_eq!(host.check_output(&Unit::NginxCheck).unwrap().unwrap(), "nginx: [emerg] \u{fffd}");
    assert_eq!(host.check_output(&Unit::Nginx).unwrap(), None);
}

#[test]
fn a_user_made_by_a_tool_is_seen_at_once() {
    let host = Host::for_test().unwrap();
    for _ in 0..100 {
        assert!(host.users().unwrap().user("alice").is_none());
    }
    pass(&host).unwrap();
    assert_eq!(host.users().unwrap().user("alice").unwrap().uid, 20000);
    host.run(&Tool::DeleteUser { account: alice() }).unwrap();
    let users = host.users().unwrap();
    assert!(users.user("alice").is_none() && users.group("alice").is_none());
    assert!(users.group("holdfast-tenants").unwrap().members.is_empty());
}
