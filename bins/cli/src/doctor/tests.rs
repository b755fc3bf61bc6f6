use serde_json::{Value, json};

use crate::testing::{Answer, FakePanel, problem, run};

fn finding(severity: &str) -> Value {
    let remedy = (severity != "ok").then_some("look at `journalctl -u nginx.service`");
    json!({ "code": "unit.active", "subject": "nginx.service", "severity": severity, "message": "is seen", "remedy": remedy })
}

async fn examined(severities: &[&str], args: &[&str]) -> crate::testing::Ran {
    let findings: Vec<_> = severities.iter().map(|severity| finding(severity)).collect();
    let panel = FakePanel::start([(
        "GET /doctor",
        Answer::json(200, &json!({ "worst": "?", "findings": findings })),
    )]);
    panel.run(args).await
}

#[tokio::test]
async fn the_worst_finding_is_the_exit_code() {
    assert_eq!(examined(&["ok", "ok"], &["doctor"]).await.code, 0);
    assert_eq!(examined(&["ok", "warning"], &["doctor"]).await.code, 0);
    assert_eq!(examined(&["ok", "warning"], &["doctor", "--strict"]).await.code, 1);
    assert_eq!(examined(&["ok", "warning", "error"], &["doctor"]).await.code, 1);
    // What a later release calls worse is no less bad.
    assert_eq!(examined(&["catastrophe"], &["doctor"]).await.code, 1);
}

#[tokio::test]
async fn the_worst_is_told_first_and_what_is_well_on_request() {
    let ran = examined(&["ok", "warning", "error"], &["doctor"]).await;
    insta::assert_snapshot!(ran.out);
    let ran = examined(&["ok", "warning", "error"], &["doctor", "--all"]).await;
    assert!(ran.out.contains("ok       nginx.service: is seen"), "{}", ran.out);
}

#[tokio::test]
async fn with_json_the_code_is_the_same() {
    let ran = examined(&["error"], &["doctor", "--json"]).await;
    assert_eq!(ran.code, 1);
    assert!(serde_json::from_str::<Value>(&ran.out).is_ok() && ran.err.is_empty(), "{ran:?}");
}

#[tokio::test]
async fn without_a_panel_the_doctor_says_so_and_asks_the_agent() {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("none.sock").display().to_string();
    let ran = run(&["--socket", &socket, "doctor"], "", |_| ()).await;
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("error    the panel: the panel at "), "{}", ran.out);
    assert!(ran.out.contains("[agent.answers]") || ran.out.contains("unit.active"), "{}", ran.out);
    assert!(!ran.out.contains("`holdfast doctor`"), "the remedy is not to ask the doctor: {}", ran.out);
}

#[tokio::test]
async fn who_may_not_ask_is_refused() {
    let panel =
        FakePanel::start([("GET /doctor", problem(403, "forbidden", "Your role does not allow this."))]);
    assert_eq!(panel.run(&["doctor"]).await.code, 1);
}
