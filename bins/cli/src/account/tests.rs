use serde_json::{Value, json};

use super::size;
use crate::testing::{Answer, FakePanel};

fn account() -> Value {
    json!({
        "id": "01935b2e-7a4d-7c3e-8f10-0123456789ab", "name": "alice", "organisation": "root", "email": "alice@example.test", "uid": 20000,
        "has_password": true, "ssh_keys": ["ssh-ed25519 AAAA laptop", "ssh-ed25519 BBBB desk"], "suspended": false,
        "suspended_reason": null, "limits": { "cpu_percent": 200, "memory_bytes": 2_147_483_648_u64, "tasks": 512, "io_weight": 100 },
        "created_at": "2026-03-01T12:00:00.000000Z", "updated_at": "2026-03-01T12:00:00.000000Z",
        "generation": 1, "observed_generation": 1, "condition": "ready", "attempts": 0,
    })
}

#[tokio::test]
async fn an_account_is_made_with_the_password_of_standard_input() {
    let key = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(key.path(), "# mine\n\nssh-ed25519 AAAA laptop\n").unwrap();
    let path = key.path().display().to_string();
    let panel = FakePanel::start([("POST /accounts", Answer::json(201, &account()))]);
    let args = [
        "account",
        "create",
        "alice",
        "--email",
        "alice@example.test",
        "--password-stdin",
        "--ssh-key-file",
        &path,
        "--memory",
        "2G",
    ];
    let ran = panel.run_with(&args, "correct horse\n", |_| ()).await;
    assert_eq!((ran.code, ran.out.as_str()), (0, "account alice: ready, generation 1/1\n"));
    let wanted = json!({
        "name": "alice", "email": "alice@example.test", "password": "correct horse",
        "ssh_keys": ["ssh-ed25519 AAAA laptop"], "limits": { "memory_bytes": 2_147_483_648_u64 },
    });
    assert_eq!(panel.only().body, wanted);
}

#[tokio::test]
async fn keys_are_added_and_dropped() {
    let script = |tag| {
        [
            ("GET /accounts/alice", Answer::json(200, &account()).with("etag", tag)),
            ("PATCH /accounts/alice", Answer::json(200, &account())),
        ]
    };
    let panel = FakePanel::start(script("\"g1\""));
    let args = ["account", "edit", "alice", "--drop-ssh-key", "laptop", "--ssh-key", "ssh-ed25519 CCCC new"];
    assert_eq!(panel.run(&args).await.code, 0);
    assert_eq!(
        panel.seen()[1].body,
        json!({ "ssh_keys": ["ssh-ed25519 BBBB desk", "ssh-ed25519 CCCC new"] })
    );

    let panel = FakePanel::start(script("\"g1\""));
    assert_eq!(
        panel.run(&["account", "edit", "alice", "--no-ssh-keys", "--email", "a@example.test"]).await.code,
        0
    );
    assert_eq!(panel.seen()[1].body, json!({ "ssh_keys": [], "email": "a@example.test" }));

    let panel = FakePanel::start(script("\"g1\"").into_iter().take(1));
    let ran = panel.run(&["account", "edit", "alice", "--drop-ssh-key", "tablet"]).await;
    assert_eq!((ran.code, ran.err.lines().next()), (1, Some("error: no public key has the text tablet")));
}

#[tokio::test]
async fn an_owner_gives_the_password_of_now_and_the_new_one() {
    let answers = || {
        [
            ("GET /accounts/alice", Answer::json(200, &account()).with("etag", "\"g1\"")),
            ("PATCH /accounts/alice", Answer::json(200, &account())),
        ]
    };
    let panel = FakePanel::start(answers());
    let args = ["account", "edit", "alice", "--password-stdin", "--with-current"];
    assert_eq!(panel.run_with(&args, "old one\nnew one\n", |_| ()).await.code, 0);
    assert_eq!(panel.seen()[1].body, json!({ "current_password": "old one", "password": "new one" }));
    let panel = FakePanel::start(answers());
    assert_eq!(panel.run_with(&args[..4], "new one\n", |_| ()).await.code, 0);
    assert_eq!(panel.seen()[1].body, json!({ "password": "new one" }));
    assert_eq!(FakePanel::start([]).run_with(&args, "new one\n", |_| ()).await.code, 1);
}

#[tokio::test]
async fn an_account_is_shown_at_two_widths() {
    for width in [60, 100] {
        let mut shown = account();
        shown["ssh_keys"] = json!([format!("ssh-ed25519 {} laptop", "A".repeat(68))]);
        let panel = FakePanel::start([("GET /accounts/alice", Answer::json(200, &shown))]);
        let ran =
            panel.run_with(&["account", "show", "alice"], "", |screen| screen.width = Some(width)).await;
        insta::assert_snapshot!(format!("account_at_{width}"), ran.out);
    }
}

/// What an account was sold: nothing in particular.
fn sold() -> Value {
    json!({ "name": "alice", "package": null, "limits": [], "features": {} })
}

#[tokio::test]
async fn usage_says_where_it_is_a_lower_bound() {
    let usage = json!({ "bytes": 1_572_864, "entries": 12, "truncated": true, "as_of": "2026-03-01T12:00:00.000000Z" });
    let panel = FakePanel::start([
        ("GET /accounts/alice/usage", Answer::json(200, &usage)),
        ("GET /accounts/alice/limits", Answer::json(200, &sold())),
    ]);
    let ran = panel.run(&["account", "usage", "alice"]).await;
    let wanted =
        "space    at least 1.5 MiB\nfiles    at least 12\ncounted  2026-03-01 12:00:00Z, file by file\n";
    assert!(ran.out.starts_with(wanted), "{}", ran.out);
}

#[tokio::test]
async fn usage_says_what_the_file_system_does_not_count_or_hold() {
    let usage = json!({
        "bytes": 1_572_864, "entries": null, "truncated": false, "measured_by": "quota",
        "disk_held": true, "inodes_held": false, "note": "files are not limited: btrfs does not count them",
        "as_of": "2026-03-01T12:00:00.000000Z",
    });
    let panel = FakePanel::start([
        ("GET /accounts/alice/usage", Answer::json(200, &usage)),
        ("GET /accounts/alice/limits", Answer::json(200, &sold())),
    ]);
    let ran = panel.run(&["account", "usage", "alice"]).await;
    let wanted = "space    1.5 MiB\nfiles    not counted by this file system\ncounted  2026-03-01 12:00:00Z, by the file system\n\
                  limits   files are not limited: btrfs does not count them\n";
    assert!(ran.out.starts_with(wanted), "{}", ran.out);
}

#[tokio::test]
async fn the_history_is_a_line_a_day() {
    let day =
        json!({ "day": "2026-03-01", "bytes": 1024, "entries": null, "traffic_bytes": 2048, "requests": 7 });
    let items = json!({ "items": [day], "next_cursor": null });
    let panel = FakePanel::start([("GET /accounts/alice/usage/history?days=7", Answer::json(200, &items))]);
    let ran = panel.run(&["account", "usage", "alice", "--days", "7"]).await;
    assert!(
        ran.out.contains("2026-03-01") && ran.out.contains("2.0 KiB") && ran.out.contains('7'),
        "{}",
        ran.out
    );
}

#[tokio::test]
async fn limits_of_the_disk_are_set_and_taken_away() {
    let panel = FakePanel::start([
        ("GET /accounts/alice", Answer::json(200, &account()).with("etag", "\"g1\"")),
        ("PATCH /accounts/alice", Answer::json(200, &account())),
    ]);
    let ran = panel.run(&["account", "edit", "alice", "--disk", "10G", "--inodes", "none"]).await;
    assert_eq!(ran.code, 0, "{}", ran.out);
    let sent = panel.seen()[1].body.clone();
    assert_eq!(sent, json!({ "limits": { "disk_bytes": 10_737_418_240_u64, "inodes": null } }));
}

#[test]
fn sizes_have_units() {
    assert_eq!(size("1024"), Ok(1024));
    assert_eq!(size("512M"), Ok(512 << 20));
    assert_eq!(size("2g"), Ok(2 << 30));
    for wrong in ["", "M", "-1", "1.5G", "99999999999T", "1Q", "ü"] {
        assert!(size(wrong).is_err(), "{wrong}");
    }
}
