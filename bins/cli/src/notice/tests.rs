use crate::testing::{Answer, FakePanel, problem};
use serde_json::{Value, json};

fn notices(unread: u64) -> Value {
    let notice = |topic: &str, severity: &str, read: bool, more: u64| {
        json!({ "id": format!("{topic}/object.degraded"), "topic": topic, "code": "object.degraded", "severity": severity, "count": 7,
                "first_at": "2026-03-01T12:00:00.000000Z", "last_at": "2026-03-01T13:00:00.000000Z", "read": read,
                "objects": [{ "kind": "site", "id": "1", "name": "www.example.test" }], "more": more })
    };
    let items = [notice("objects", "error", false, 3), notice("drift", "warning", true, 0)];
    json!({ "unread": unread, "until": "42", "items": items })
}

#[tokio::test]
async fn what_calls_for_somebody_is_listed() {
    let panel = FakePanel::start([("GET /notices", Answer::json(200, &notices(1)))]);
    let ran = panel.run(&["notice", "list"]).await;
    assert_eq!(ran.code, 0, "{}", ran.err);
    insta::assert_snapshot!(ran.out);
    let none = json!({ "unread": 0, "until": "0", "items": [] });
    let panel = FakePanel::start([("GET /notices", Answer::json(200, &none))]);
    let ran = panel.run(&["notice", "list"]).await;
    assert_eq!((ran.code, ran.err.trim()), (0, "none"));
}

#[tokio::test]
async fn what_is_listed_now_is_marked_as_read() {
    let panel = FakePanel::start([
        ("GET /notices", Answer::json(200, &notices(1))),
        ("POST /notices/read", Answer::json(200, &notices(0))),
    ]);
    let ran = panel.run(&["notice", "read"]).await;
    assert_eq!((ran.code, ran.out.as_str()), (0, "read; 0 of the notices are not\n"), "{}", ran.err);
    assert_eq!(panel.seen()[1].body, json!({ "until": "42" }));
    let refused = problem(409, "no_person", "Root on the server has no mark of what was read.");
    let panel = FakePanel::start([("POST /notices/read", refused)]);
    let ran = panel.run(&["notice", "read", "--until", "7"]).await;
    assert!(ran.code != 0 && ran.err.contains("Root on the server"), "{} {}", ran.code, ran.err);
}
