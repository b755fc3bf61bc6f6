use std::time::Duration;

use serde_json::{Value, json};

use super::span_of_time;
use crate::testing::{Answer, FakePanel, problem};

const SEEN: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

fn drift() -> Value {
    json!({ "items": [{
        "kind": "webserver", "id": "01935b2e-7a4d-7c3e-8f10-0123456789ab", "name": "server1.example.test",
        "path": "/etc/nginx/holdfast/http.conf", "changed_at": "2026-03-01T12:00:00.000000Z",
        "noticed_at": "2026-03-01T12:10:00.000000Z", "foreign": SEEN,
        "diff": "--- managed\n+++ edited\n@@ -1 +1,2 @@\n gzip on;\n+# by hand\n", "waiting": null,
        "actions": ["revert", "pause"],
    }] })
}

#[tokio::test]
async fn an_edit_is_shown_with_when_and_what_can_be_done() {
    let panel = FakePanel::start([
        ("POST /sweep", Answer::json(200, &json!({}))),
        ("GET /drift", Answer::json(200, &drift())),
    ]);
    let ran = panel.run(&["drift"]).await;
    assert_eq!(ran.code, 0, "{}", ran.err);
    insta::assert_snapshot!(ran.out);
}

#[tokio::test]
async fn without_edits_there_is_nothing_to_decide() {
    let nothing = || ("GET /drift", Answer::json(200, &json!({ "items": [] })));
    // who may not have the server looked at sees what is known
    let panel = FakePanel::start([("POST /sweep", problem(403, "forbidden", "Not for you.")), nothing()]);
    let ran = panel.run(&["drift", "list"]).await;
    assert_eq!((ran.code, ran.out.as_str()), (0, "no managed file was edited by hand\n"));
    let panel = FakePanel::start([nothing()]);
    assert_eq!(panel.run(&["drift", "list", "--known"]).await.code, 0);
    panel.seen();
}

#[tokio::test]
async fn reverting_names_the_content_that_was_looked_at() {
    let decided =
        json!({ "kind": "webserver", "id": "x", "changed": true, "condition": "ready", "reason": null });
    let by_name: &[&str] = &["drift", "revert", "webserver", "server1.example.test"];
    let by_path: &[&str] = &["drift", "revert", "/etc/nginx/holdfast/http.conf", "--seen", &SEEN[..12]];
    for args in [by_name, by_path] {
        let panel = FakePanel::start([
            ("GET /drift", Answer::json(200, &drift())),
            ("POST /drift/actions", Answer::json(200, &decided)),
        ]);
        let ran = panel.run(args).await;
        assert_eq!(ran.code, 0, "{}", ran.err);
        assert!(ran.out.contains("reverted /etc/nginx/holdfast/http.conf; condition: ready"), "{}", ran.out);
        let wanted = json!({
            "kind": "webserver", "id": "01935b2e-7a4d-7c3e-8f10-0123456789ab", "action": "revert",
            "path": "/etc/nginx/holdfast/http.conf", "foreign": SEEN,
        });
        assert_eq!(panel.seen()[1].body, wanted);
    }
}

#[tokio::test]
async fn a_revert_can_be_shown_first() {
    for args in [
        ["drift", "revert", "/etc/nginx/holdfast/http.conf", "--dry-run"],
        ["--dry-run", "drift", "revert", "/etc/nginx/holdfast/http.conf"],
    ] {
        let panel = FakePanel::start([
            ("GET /drift", Answer::json(200, &drift())),
            ("POST /drift/actions?dry_run=true", Answer::json(200, &crate::plan::tests::plan())),
        ]);
        let ran = panel.run(&args).await;
        assert_eq!(ran.code, 0, "{}", ran.err);
        assert!(ran.out.contains("- reload nginx.service  [reload]"), "{}", ran.out);
        assert_eq!(panel.seen()[1].header("idempotency-key"), None);
    }
}

#[tokio::test]
async fn a_strangers_file_that_stays_is_no_success() {
    let decided = json!({ "condition": "degraded", "reason": "edited",
        "message": "/etc/nginx/holdfast/http.conf was edited by hand" });
    let panel = FakePanel::start([
        ("GET /drift", Answer::json(200, &drift())),
        ("POST /drift/actions", Answer::json(200, &decided)),
    ]);
    let ran = panel.run(&["drift", "revert", "/etc/nginx/holdfast/http.conf"]).await;
    assert_eq!(ran.code, 1, "{}", ran.out);
    assert!(ran.err.contains("is still there") && ran.err.contains("`rm /etc/nginx/"), "{}", ran.err);
}

#[tokio::test]
async fn what_was_edited_again_is_not_swept_away() {
    let panel = FakePanel::start([("GET /drift", Answer::json(200, &drift()))]);
    let ran = panel.run(&["drift", "revert", "/etc/nginx/holdfast/http.conf", "--seen", "0123"]).await;
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("was edited again since it was looked at"), "{}", ran.err);
    panel.only();
}

#[tokio::test]
async fn what_nobody_edited_cannot_be_reverted() {
    let panel = FakePanel::start([("GET /drift", Answer::json(200, &drift()))]);
    let ran = panel.run(&["drift", "revert", "site", "www.example.test"]).await;
    assert_eq!(ran.code, 1);
    panel.only();
}

#[tokio::test]
async fn an_object_is_paused_by_its_name() {
    let decided = json!({ "condition": "degraded", "reason": "paused" });
    let panel = FakePanel::start([
        ("GET /drift", Answer::json(200, &drift())),
        ("GET /sites/www.example.test", Answer::json(200, &crate::testing::site("ready", 1, 1))),
        ("POST /drift/actions", Answer::json(200, &decided)),
    ]);
    let ran = panel
        .run(&["drift", "pause", "site", "www.example.test", "--for", "2d", "--reason", "a trial"])
        .await;
    assert_eq!(ran.code, 0, "{}", ran.err);
    let body = panel.seen()[2].body.clone();
    assert_eq!((&body["action"], &body["reason"]), (&json!("pause"), &json!("a trial")));
    assert_eq!(body["id"], "01935b2e-7a4d-7c3e-8f10-0123456789ab");
    let until = names::Micros::parse(body["until"].as_str().unwrap()).unwrap();
    let left = until.since(names::Micros::now());
    assert!(left > Duration::from_mins(48 * 60 - 1) && left <= Duration::from_hours(48), "{left:?}");
}

#[tokio::test]
async fn a_pause_of_something_that_is_not_there_is_refused() {
    let panel = FakePanel::start([
        ("GET /drift", Answer::json(200, &drift())),
        ("GET /sites/x", problem(404, "not_found", "There is no such site.")),
    ]);
    assert_eq!(panel.run(&["drift", "pause", "site", "x"]).await.code, 3);
    panel.seen();
}

#[test]
fn a_pause_lasts_thirty_days_at_most() {
    assert_eq!(span_of_time("30d"), Ok(Duration::from_hours(30 * 24)));
    assert_eq!(span_of_time("5m"), Ok(Duration::from_mins(5)));
    for wrong in ["", "0m", "31d", "5", "5s", "-1h", "99999999999999999999d", "ü"] {
        assert!(span_of_time(wrong).is_err(), "{wrong}");
    }
}
