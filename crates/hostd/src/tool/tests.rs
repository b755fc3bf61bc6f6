use std::time::{Duration, Instant};

use super::exec::{printable, run};
use super::*;

fn alice() -> AccountName {
    "alice".parse().unwrap()
}

fn hash() -> CryptHash {
    CryptHash::parse(&format!("$6$rounds=5000$saltsalt${}", "h".repeat(86))).unwrap()
}

fn every_tool() -> Vec<Tool> {
    let uid = Uid::new(20000).unwrap();
    let home = "/home/alice".to_owned();
    vec![
        Tool::AddGroup { account: alice(), gid: uid },
        Tool::AddUser { account: alice(), uid, gid: uid, home: home.clone() },
        Tool::RepairUser { account: alice(), gid: uid, home },
        Tool::JoinGroup { account: alice(), group: SharedGroup::Tenants },
        Tool::SetPassword { account: alice(), hash: hash() },
        Tool::Lock { account: alice() },
        Tool::LockPassword { account: alice() },
        Tool::Unlock { account: alice(), has_password: true },
        Tool::Unlock { account: alice(), has_password: false },
        Tool::DeleteUser { account: alice() },
        Tool::DeleteGroup { account: alice() },
    ]
}

#[test]
fn programs_are_absolute_and_operands_stand_behind_two_dashes() {
    for tool in every_tool() {
        assert!(tool.program().starts_with("/usr/sbin/"), "{tool:?}");
        let args = tool.args();
        if tool.stdin().is_none() {
            assert_eq!(args.iter().rev().nth(1).map(String::as_str), Some("--"), "{tool:?}");
            assert_eq!(args.last().map(String::as_str), Some("alice"), "{tool:?}");
        }
    }
}

#[test]
fn a_hash_goes_by_standard_input_and_is_never_shown() {
    let tool = Tool::SetPassword { account: alice(), hash: hash() };
    assert_eq!(*tool.stdin().unwrap(), format!("alice:{}\n", hash().expose()));
    let shown = format!("{tool:?} {:?} {}", tool.args(), tool.summary());
    assert!(!shown.contains("saltsalt"), "{shown}");
}

#[test]
fn a_program_that_hangs_is_killed_at_its_deadline_with_its_children() {
    let began = Instant::now();
    let end = run("/usr/bin/sleep", &["60".to_owned()], None, Duration::from_millis(50));
    assert!(matches!(end, Err(HostError::ToolDeadline { .. })));
    assert!(began.elapsed() < Duration::from_secs(20));
}

#[test]
fn a_program_sees_our_environment_in_no_part_and_its_error_is_reported() {
    let end =
        run("/usr/bin/env", &["--".to_owned(), "/usr/bin/false".to_owned()], None, Duration::from_secs(20));
    assert_eq!(end.unwrap().status.code(), Some(1));
    let end = run("/usr/bin/cat", &["/does/not/exist".to_owned()], None, Duration::from_secs(20)).unwrap();
    assert!(printable(&end.output).contains("/does/not/exist"));
}

#[test]
fn output_beyond_the_limit_is_dropped_without_blocking() {
    let args = ["if=/dev/zero", "of=/dev/stderr", "bs=65536", "count=64", "status=none"].map(str::to_owned);
    let end = run("/usr/bin/dd", &args, None, Duration::from_secs(20)).unwrap();
    assert!(end.status.success());
    assert_eq!(end.output.len(), 4096);
}

#[test]
fn input_that_is_not_read_is_no_error() {
    let text = "x".repeat(1 << 20);
    let end = run("/usr/bin/true", &[], Some(&text), Duration::from_secs(20)).unwrap();
    assert!(end.status.success());
}

#[test]
fn a_missing_program_is_an_error_that_names_it() {
    let error = run("/usr/sbin/no-such-program", &[], None, Duration::from_secs(1)).err().unwrap();
    assert!(error.to_string().contains("/usr/sbin/no-such-program"));
}

#[test]
fn messages_hold_no_control_bytes() {
    assert_eq!(printable(b"a\n\n  b\x1b[2J\xff\n"), "a; b\u{fffd}[2J\u{fffd}");
}
