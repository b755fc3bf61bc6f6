use serde_json::json;

use super::{again, quoted};
use crate::testing::{Answer, FakePanel, problem, site};

const HASH: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const BY_ID: &str = "GET /sites/01935b2e-7a4d-7c3e-8f10-0123456789ab";

#[tokio::test]
async fn making_a_site_waits_until_the_server_was_seen_to_be_so() {
    let panel = FakePanel::start([("POST /sites", Answer::json(201, &site("ready", 1, 1)))]);
    let ran = panel.run(&["site", "create", "alice", "www.example.test", "--php", "8.4"]).await;
    assert_eq!(
        (ran.code, ran.out.as_str(), ran.err.as_str()),
        (0, "site www.example.test: ready, generation 1/1\n", "")
    );
    let request = panel.only();
    assert_eq!(request.body, json!({ "account": "alice", "name": "www.example.test", "php": "8.4" }));
    assert_eq!(request.header("prefer"), Some("wait=30"));
    assert!(request.header("idempotency-key").is_some_and(|key| key.len() == 36));
}

#[tokio::test]
async fn what_is_accepted_is_followed_until_it_is_ready() {
    let panel = FakePanel::start([
        ("POST /sites", Answer::json(202, &site("pending", 0, 1))),
        (BY_ID, Answer::json(200, &site("converging", 0, 1))),
        (BY_ID, Answer::json(200, &site("ready", 1, 1))),
    ]);
    let ran = panel.run(&["site", "create", "alice", "www.example.test"]).await;
    assert_eq!((ran.code, ran.out.as_str()), (0, "site www.example.test: ready, generation 1/1\n"));
    assert_eq!(panel.seen().len(), 3);
}

#[tokio::test]
async fn what_is_not_ready_in_time_has_a_code_of_its_own() {
    let mut waiting = site("pending", 0, 1);
    waiting["reason"] = "agent_unreachable".into();
    waiting["message"] = "connection refused".into();
    let panel = FakePanel::start([("POST /sites", Answer::json(202, &waiting))]);
    let ran = panel.run(&["site", "create", "alice", "www.example.test", "--wait=0"]).await;
    assert_eq!((ran.code, ran.out.as_str()), (4, ""));
    insta::assert_snapshot!(ran.err);
}

#[tokio::test]
async fn what_the_server_cannot_do_is_told_at_once() {
    let mut failed = site("degraded", 1, 1);
    failed["reason"] = "config_refused".into();
    let panel = FakePanel::start([("POST /sites", Answer::json(202, &failed))]);
    let ran = panel.run(&["--json", "site", "create", "alice", "www.example.test"]).await;
    assert_eq!(ran.code, 4);
    assert!(
        ran.err.starts_with("error: site www.example.test: degraded, generation 1/1: config_refused\n"),
        "{}",
        ran.err
    );
    assert_eq!(serde_json::from_str::<serde_json::Value>(&ran.out).unwrap()["condition"], "degraded");
}

#[tokio::test]
async fn who_does_not_wait_is_done_when_it_is_written_down() {
    let panel = FakePanel::start([("POST /sites", Answer::json(202, &site("pending", 0, 1)))]);
    let ran = panel.run(&["site", "create", "alice", "www.example.test", "--no-wait"]).await;
    assert_eq!((ran.code, ran.out.as_str()), (0, "site www.example.test: pending, generation 0/1\n"));
    assert_eq!(panel.only().header("prefer"), None);
}

#[tokio::test]
async fn a_long_wait_is_cut_to_what_the_panel_takes() {
    let panel = FakePanel::start([("POST /sites/x/suspend", Answer::json(200, &site("ready", 2, 2)))]);
    assert_eq!(panel.run(&["site", "suspend", "x", "--wait=600"]).await.code, 0);
    assert_eq!(panel.only().header("prefer"), Some("wait=60"));
}

#[tokio::test]
async fn where_a_person_looks_on_the_object_is_looked_at_soon() {
    let panel = FakePanel::start([
        ("POST /sites", Answer::json(202, &site("pending", 0, 1))),
        (BY_ID, Answer::json(200, &site("ready", 1, 1))),
    ]);
    let args = ["site", "create", "alice", "www.example.test"];
    let ran = panel.run_with(&args, "", |screen| screen.moves = true).await;
    assert_eq!((ran.code, ran.out.as_str()), (0, "site www.example.test: ready, generation 1/1\n"));
    assert_eq!(panel.seen()[0].header("prefer"), Some("wait=2"));
}

#[tokio::test]
async fn a_dry_run_shows_the_plan_and_how_to_hold_to_it() {
    for early in [false, true] {
        let answer = Answer::json(200, &crate::plan::tests::plan());
        let panel = FakePanel::start([("POST /sites?dry_run=true", answer)]);
        let tail = ["site", "create", "alice", "www.example.test", "--index", "a b.php"];
        let dry = std::iter::once("--dry-run");
        let args: Vec<&str> =
            if early { dry.chain(tail).collect() } else { tail.into_iter().chain(dry).collect() };
        let ran = panel.run(&args).await;
        assert_eq!(ran.code, 0);
        assert!(ran.out.contains("- reload nginx.service  [reload]"), "{}", ran.out);
        let command = format!("site create alice www.example.test --index 'a b.php' --expect-plan {HASH}\n");
        assert!(ran.err.ends_with(&command) && !ran.err.contains("--dry-run"), "{}", ran.err);
        let request = panel.only();
        assert_eq!((request.header("prefer"), request.header("idempotency-key")), (None, None));
    }
}

#[tokio::test]
async fn a_change_is_held_to_the_plan_that_was_shown() {
    let line = format!("POST /sites?expect_plan={HASH}&overwrite=true");
    let mut changed = json!({ "status": 409, "code": "plan_changed", "title": "No.", "detail": "The plan is another one now." });
    changed["plan"] = crate::plan::tests::plan()["plan"].clone();
    let panel = FakePanel::start([(line.as_str(), Answer::json(409, &changed))]);
    let ran = panel
        .run(&["site", "create", "alice", "www.example.test", "--expect-plan", HASH, "--overwrite"])
        .await;
    assert_eq!(ran.code, 1);
    assert!(ran.err.starts_with("error: The plan is another one now.\nremedy: "), "{}", ran.err);
    assert!(
        ran.err.contains("The plan of now:\n") && ran.err.contains(&format!("plan {HASH}\n")),
        "{}",
        ran.err
    );
}

#[tokio::test]
async fn an_edit_names_the_version_that_was_read() {
    let panel = FakePanel::start([
        ("GET /sites/www.example.test", Answer::json(200, &site("ready", 1, 1)).with("etag", "\"g1\"")),
        ("PATCH /sites/www.example.test", Answer::json(200, &site("ready", 2, 2))),
    ]);
    let ran = panel
        .run(&["site", "edit", "www.example.test", "--alias", "shop.example.test", "--body-size", "default"])
        .await;
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let patch = &panel.seen()[1];
    assert_eq!(patch.header("if-match"), Some("\"g1\""));
    assert_eq!(patch.body, json!({ "aliases": ["example.test", "shop.example.test"], "body_size": null }));
}

#[tokio::test]
async fn an_edit_is_made_anew_where_somebody_was_faster() {
    let mut moved = site("ready", 2, 2);
    moved["aliases"] = json!(["example.test", "new.example.test"]);
    let panel = FakePanel::start([
        ("GET /sites/x", Answer::json(200, &site("ready", 1, 1)).with("etag", "\"g1\"")),
        ("PATCH /sites/x", problem(412, "precondition_failed", "It is another version.")),
        ("GET /sites/x", Answer::json(200, &moved).with("etag", "\"g2\"")),
        ("PATCH /sites/x", Answer::json(200, &site("ready", 3, 3))),
    ]);
    let ran = panel.run(&["site", "edit", "x", "--drop-alias", "example.test"]).await;
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let seen = panel.seen();
    assert_eq!(seen[3].header("if-match"), Some("\"g2\""));
    assert_eq!(seen[3].body, json!({ "aliases": ["new.example.test"] }));
    assert_ne!(seen[1].header("idempotency-key"), seen[3].header("idempotency-key"));
}

#[tokio::test]
async fn an_edit_of_a_named_version_is_refused_where_there_is_another() {
    let panel = FakePanel::start([
        ("GET /sites/x", Answer::json(200, &site("ready", 2, 2)).with("etag", "\"g2\"")),
        ("PATCH /sites/x", problem(412, "precondition_failed", "It is another version.")),
    ]);
    let ran = panel.run(&["site", "edit", "x", "--php", "none", "--if-match", "\"g1\""]).await;
    assert_eq!(ran.code, 1);
    assert_eq!(panel.seen()[1].header("if-match"), Some("\"g1\""));
    assert_eq!(panel.seen()[1].body, json!({ "php": null }));
}

#[tokio::test]
async fn names_are_told_before_they_are_approved_at_the_version_that_was_read() {
    let mut pending = site("pending", 0, 3);
    pending["pending_names"] = json!(["www.example.test", "example.test"]);
    for (said, code) in [("y\n", 0), ("n\n", 1)] {
        let read = ("GET /sites/x", Answer::json(200, &pending).with("etag", "\"g3\""));
        let done = ("POST /sites/x/approve", Answer::json(200, &site("ready", 4, 4)));
        let script = std::iter::once(read).chain((code == 0).then_some(done));
        let panel = FakePanel::start(script);
        let ran = panel.run_with(&["site", "approve", "x"], said, |screen| screen.asks = true).await;
        assert_eq!(ran.code, code, "{}", ran.err);
        let told = "not approved yet, of account alice: www.example.test, example.test\n";
        assert!(ran.err.starts_with(told) && ran.err.contains("Approve these names? [y/N] "), "{}", ran.err);
        let seen = panel.seen();
        assert!(code == 1 || seen[1].header("if-match") == Some("\"g3\""));
    }
    let panel = FakePanel::start([
        ("GET /sites/x", Answer::json(200, &pending).with("etag", "\"g3\"")),
        ("POST /sites/x/approve", problem(412, "precondition_failed", "It is another version.")),
    ]);
    assert_eq!(panel.run(&["site", "approve", "x"]).await.code, 1, "other names than those that were told");
    panel.seen();
}

#[tokio::test]
async fn suspending_is_held_to_a_version_where_one_is_named() {
    let panel = FakePanel::start([("POST /sites/x/suspend", Answer::json(200, &site("ready", 2, 2)))]);
    assert_eq!(panel.run(&["site", "suspend", "x", "--if-match", "\"g1\""]).await.code, 0);
    assert_eq!(panel.only().header("if-match"), Some("\"g1\""));
}

#[tokio::test]
async fn deleting_waits_until_it_is_gone_and_asks_nobody_in_a_script() {
    let panel = FakePanel::start([
        ("DELETE /sites/www.example.test", Answer::json(202, &site("deleting", 1, 2))),
        (BY_ID, Answer::json(200, &site("deleting", 1, 2))),
        (BY_ID, problem(404, "not_found", "There is no such site.")),
    ]);
    let ran = panel.run(&["site", "delete", "www.example.test"]).await;
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (0, "site www.example.test: gone\n", ""));
    panel.seen();
}

#[tokio::test]
async fn a_person_is_asked_before_something_goes() {
    for (said, gone) in [("y\n", true), ("YES\n", true), ("n\n", false), ("\n", false), ("", false)] {
        let panel = FakePanel::start(gone.then(|| ("DELETE /accounts/alice", Answer::gone())));
        let ran = panel.run_with(&["account", "delete", "alice"], said, |screen| screen.asks = true).await;
        assert!(
            ran.err.starts_with("Remove account alice? Its home is moved to the trash. [y/N] "),
            "{}",
            ran.err
        );
        assert_eq!(ran.code, u8::from(!gone), "said {said:?}");
        panel.seen();
    }
    let panel = FakePanel::start([("DELETE /accounts/alice", Answer::gone())]);
    let ran = panel.run_with(&["account", "delete", "alice", "--yes"], "", |screen| screen.asks = true).await;
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (0, "account alice: gone\n", ""));
}

#[tokio::test]
async fn a_change_that_the_panel_dropped_is_sent_again_and_done_once() {
    let panel = FakePanel::start([
        ("POST /sites", Answer::Breaks),
        ("POST /sites", problem(409, "idempotency_running", "Still running.")),
        ("POST /sites", Answer::json(201, &site("ready", 1, 1))),
    ]);
    let ran = panel.run(&["site", "create", "alice", "www.example.test"]).await;
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let seen = panel.seen();
    assert!(
        seen.iter().all(|request| request.header("idempotency-key") == seen[0].header("idempotency-key"))
    );
}

#[tokio::test]
async fn a_login_link_is_not_asked_for_twice() {
    let panel = FakePanel::start([("POST /login-links", Answer::Breaks)]);
    let ran = panel.run(&["login-link"]).await;
    assert_eq!(ran.code, 5);
    assert!(ran.err.contains("It is not known whether it was done"), "{}", ran.err);
    panel.only();
}

#[tokio::test]
async fn commands_without_a_plan_refuse_to_be_shown_first() {
    let panel = FakePanel::start([]);
    for args in [["--dry-run", "doctor"], ["--no-wait", "sweep"], ["--overwrite", "login-link"]] {
        let ran = panel.run(&args).await;
        assert_eq!(ran.code, 2, "{args:?}: {}", ran.err);
    }
    panel.seen();
}

#[tokio::test]
async fn what_is_no_change_of_one_object_can_be_shown_first_all_the_same() {
    let plan = crate::plan::tests::plan();
    for args in [["--dry-run", "sweep"], ["sweep", "--dry-run"]] {
        let panel = FakePanel::start([("POST /sweep?dry_run=true", Answer::json(200, &plan))]);
        let ran = panel.run(&args).await;
        assert_eq!(ran.code, 0, "{}", ran.err);
        assert!(ran.out.contains("- reload nginx.service  [reload]"), "{}", ran.out);
        assert!(!ran.out.contains("objects looked at"), "nothing was swept: {}", ran.out);
        assert_eq!(panel.only().header("idempotency-key"), None);
    }
    let panel = FakePanel::start([(
        "PUT /settings/event.keep_days?dry_run=true",
        Answer::json(200, &json!({ "plan": { "hash": HASH, "impact": "none", "objects": [] } })),
    )]);
    let ran = panel.run(&["setting", "set", "event.keep_days", "30", "--dry-run"]).await;
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert_eq!(ran.out, "event.keep_days would be set; nothing on the server hangs on it\n");
    panel.only();
}

#[tokio::test]
async fn what_waits_for_a_person_is_not_waited_for() {
    for (condition, reason) in
        [("pending", "not_approved"), ("pending", "plan_changed"), ("failed", "refused")]
    {
        let mut waiting = site(condition, 0, 1);
        waiting["reason"] = reason.into();
        let panel = FakePanel::start([("POST /sites", Answer::json(202, &waiting))]);
        let ran = panel.run(&["site", "create", "alice", "www.example.test"]).await;
        assert_eq!(ran.code, 4, "{}", ran.err);
        assert!(ran.err.contains("goes on once somebody has decided"), "{}", ran.err);
        panel.only();
    }
}

#[test]
fn the_command_line_of_a_dry_run_can_be_pasted() {
    let line = ["holdfast", "--dry-run", "site", "create", "alice", "it's"].map(str::to_owned);
    assert_eq!(again(&line, "abc"), r"holdfast site create alice 'it'\''s' --expect-plan abc");
    assert_eq!([quoted(""), quoted("a b"), quoted("www.example.test")], ["''", "'a b'", "www.example.test"]);
}
