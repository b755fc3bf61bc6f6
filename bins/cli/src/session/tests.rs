use std::os::unix::fs::PermissionsExt;

use serde_json::json;

use crate::testing::{Answer, FakePanel, problem};

fn signed_in() -> Answer {
    let view = json!({ "login": "alice", "roles": [{ "role": "owner", "account": "alice" }], "permissions": [], "via": "session" });
    Answer::json(201, &view).with("set-cookie", "__Host-holdfast=AQIDBAUG; Path=/; Secure; HttpOnly")
}

#[tokio::test]
async fn signing_in_keeps_the_token_in_a_file_for_its_owner_alone() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("token");
    std::fs::write(&file, "old").unwrap();
    let path = file.display().to_string();
    let panel = FakePanel::start([("POST /session", signed_in())]);
    let ran = panel
        .run_with(&["session", "create", "--login", "alice", "--save", &path], "correct horse\n", |_| ())
        .await;
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.starts_with("alice\nroles     owner of alice\n"), "{}", ran.out);
    assert!(!ran.out.contains("AQIDBAUG") && !ran.err.contains("AQIDBAUG"), "the token is in the file alone");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "AQIDBAUG\n");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "nothing else is left");
    assert_eq!(panel.only().body, json!({ "login": "alice", "password": "correct horse" }));
}

#[tokio::test]
async fn a_link_signs_in_by_what_stands_behind_the_hash() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("token").display().to_string();
    let panel = FakePanel::start([("POST /session/link", signed_in())]);
    let link = "https://panel.example.test:8443/login#BQYHCA\n";
    assert_eq!(
        panel.run_with(&["session", "create", "--link-stdin", "--save", &path], link, |_| ()).await.code,
        0
    );
    assert_eq!(panel.only().body, json!({ "token": "BQYHCA" }));
}

#[tokio::test]
async fn a_refused_sign_in_leaves_no_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("token").display().to_string();
    let panel = FakePanel::start([("POST /session", problem(401, "unauthenticated", "No."))]);
    let ran =
        panel.run_with(&["session", "create", "--login", "alice", "--save", &path], "wrong", |_| ()).await;
    assert_eq!(ran.code, 1);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_password_is_set_from_two_lines() {
    let panel = FakePanel::start([("PUT /password", Answer::gone()), ("PUT /password", Answer::gone())]);
    assert_eq!(panel.run_with(&["password"], "old one\nnew one\n", |_| ()).await.code, 0);
    assert_eq!(panel.run_with(&["password", "--first"], "new one\n", |_| ()).await.code, 0);
    let seen = panel.seen();
    assert_eq!(seen[0].body, json!({ "current": "old one", "new": "new one" }));
    assert_eq!(seen[1].body, json!({ "new": "new one" }));
    assert_eq!(panel.run_with(&["password"], "new one\n", |_| ()).await.code, 1);
}

#[tokio::test]
async fn a_login_link_is_alone_on_standard_output() {
    let link = json!({ "url": "https://panel.example.test:8443/login#X", "token": "X", "login": "admin", "expires_at": "2026-03-01T12:00:00Z" });
    let panel = FakePanel::start([("POST /login-links", Answer::json(201, &link))]);
    let ran = panel.run(&["login-link"]).await;
    assert_eq!((ran.code, ran.out.as_str()), (0, "https://panel.example.test:8443/login#X\n"));
    assert_eq!(ran.err, "this link signs admin in once, until 2026-03-01 12:00:00Z\n");
}

#[tokio::test]
async fn a_further_administrator_is_asked_for_by_a_word_of_its_own() {
    let link = json!({ "url": "https://panel.example.test:8443/login#X", "token": "X", "login": "carol", "expires_at": "2026-03-01T12:00:00Z" });
    let answers =
        [("POST /login-links", Answer::json(201, &link)), ("POST /login-links", Answer::json(201, &link))];
    let panel = FakePanel::start(answers);
    assert_eq!(panel.run(&["login-link", "carol"]).await.code, 0);
    assert_eq!(panel.run(&["login-link", "carol", "--administrator"]).await.code, 0);
    let seen = panel.seen();
    assert_eq!(seen[0].body, json!({ "login": "carol" }));
    assert_eq!(seen[1].body, json!({ "login": "carol", "administrator": true }));
    assert_eq!(panel.run(&["login-link", "--administrator"]).await.code, 2);
}

#[tokio::test]
async fn a_second_factor_is_read_from_a_second_line() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("token").display().to_string();
    let asked = || {
        let pending = json!({ "token": "BQYHCA", "methods": ["totp", "recovery_code"], "expires_at": "2026-03-01T12:00:00Z" });
        Answer::json(202, &pending)
    };
    let panel = FakePanel::start([
        ("POST /session", asked()),
        ("POST /session", asked()),
        ("POST /session/code", signed_in()),
    ]);
    let args = ["session", "create", "--login", "alice", "--save", &path];
    let ran = panel.run_with(&args, "correct horse\n", |_| ()).await;
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("totp, recovery_code") && ran.err.contains("second line"), "{}", ran.err);
    let ran = panel.run_with(&args, "correct horse\n123456\n", |_| ()).await;
    assert_eq!(ran.code, 0, "{}", ran.err);
    let seen = panel.seen();
    assert_eq!(seen[1].body, json!({ "login": "alice", "password": "correct horse" }));
    assert_eq!(seen[2].body, json!({ "token": "BQYHCA", "code": "123456" }));
}
