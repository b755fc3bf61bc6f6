use serde_json::json;

use crate::testing::{Answer, FakePanel, problem, site};

fn link() -> Answer {
    let link = json!({ "url": "https://panel.example.test:8443/login#X", "token": "BQYHCA", "login": "alice", "minutes": 30,
                       "expires_at": "2026-03-01T12:00:00Z" });
    Answer::json(201, &link)
}

fn begun() -> Answer {
    let view =
        json!({ "login": "alice", "acting": "admin", "roles": [], "permissions": [], "via": "session" });
    Answer::json(201, &view).with("set-cookie", "__Host-holdfast=AQIDBAUG; Path=/; Secure; HttpOnly")
}

#[tokio::test]
async fn a_link_is_alone_on_standard_output() {
    let panel = FakePanel::start([("POST /act-as", link())]);
    let ran = panel.run(&["act-as", "alice", "--minutes", "30", "--reason", "Ticket 17"]).await;
    assert_eq!((ran.code, ran.out.as_str()), (0, "https://panel.example.test:8443/login#X\n"), "{}", ran.err);
    assert_eq!(panel.only().body, json!({ "login": "alice", "minutes": 30, "reason": "Ticket 17" }));
    assert_eq!(panel.run(&["act-as", "alice", "--minutes", "61"]).await.code, 2);
}

#[tokio::test]
async fn a_command_is_done_as_somebody_in_a_session_that_ends_with_it() {
    let panel = FakePanel::start([
        ("POST /act-as", link()),
        ("POST /session/link", begun()),
        ("GET /sites/www.example.test", Answer::json(200, &site("ready", 1, 1))),
        ("DELETE /session", Answer::gone()),
    ]);
    let ran = panel.run(&["--as", "alice", "site", "show", "www.example.test"]).await;
    assert_eq!(ran.code, 0, "{}", ran.err);
    let seen = panel.seen();
    let by: Vec<_> = seen.iter().map(|seen| seen.header("authorization")).collect();
    let token = Some("Bearer AQIDBAUG");
    assert_eq!(by, [None, None, token, token]);
}

#[tokio::test]
async fn the_session_ends_though_the_command_failed_and_its_failure_is_told() {
    let panel = FakePanel::start([
        ("POST /act-as", link()),
        ("POST /session/link", begun()),
        ("GET /sites/x", problem(404, "not_found", "None.")),
        ("DELETE /session", Answer::gone()),
    ]);
    assert_eq!(panel.run(&["site", "show", "x", "--as", "alice"]).await.code, 3);
    panel.seen();
}

#[tokio::test]
async fn nothing_is_done_where_one_may_not_act_as_somebody() {
    let panel = FakePanel::start([("POST /act-as", problem(403, "consent_needed", "No."))]);
    assert_eq!(panel.run(&["--as", "alice", "site", "show", "x"]).await.code, 1);
    panel.seen();
    let panel = FakePanel::start([]);
    assert_eq!(panel.run(&["--as", "alice", "completions", "bash"]).await.code, 2);
}

#[tokio::test]
async fn a_session_can_be_kept_for_several_commands() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("token").display().to_string();
    let panel = FakePanel::start([("POST /act-as", link()), ("POST /session/link", begun())]);
    let ran = panel.run(&["act-as", "alice", "--save", &path]).await;
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.contains("admin") && !ran.out.contains("AQIDBAUG"), "{}", ran.out);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "AQIDBAUG\n");
}
