//! Authorities from the command line.

use serde_json::{Value, json};

use crate::testing::{Answer, FakePanel, problem};

fn authority(error: Option<&str>) -> Value {
    json!({
        "id": "01935b2e-7a4d-7c3e-8f10-0123456789ab", "name": "letsencrypt", "directory": "https://acme-v02.api.letsencrypt.org/directory",
        "contact": null, "eab_key_id": null, "default": true, "registered": error.is_none(), "error": error, "not_before": null,
        "created_at": "2026-03-01T12:00:00.000000Z", "updated_at": "2026-03-01T12:00:00.000000Z",
    })
}

#[tokio::test]
async fn a_word_stands_for_an_address_and_terms_are_agreed_to_by_saying_so() {
    let panel = FakePanel::start([
        ("POST /authorities", Answer::json(201, &authority(None))),
        ("POST /authorities", problem(422, "invalid", "You must agree.")),
        ("POST /authorities", Answer::json(201, &authority(None))),
    ]);
    let ran = panel.run(&["authority", "create", "letsencrypt", "--terms-agreed"]).await;
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_ne!(panel.run(&["authority", "create", "letsencrypt"]).await.code, 0);
    let key = panel.dir.path().join("key");
    std::fs::write(&key, "c2VjcmV0LXNlY3JldC0x\n").unwrap();
    let key = key.display().to_string();
    let words = [
        "authority",
        "create",
        "ca",
        "https://ca.example.com/dir",
        "--terms-agreed",
        "--default",
        "--contact",
        "admin@example.com",
        "--eab-key-id",
        "kid-1",
        "--eab-key-file",
        &key,
    ];
    assert_eq!(panel.run(&words).await.code, 0);
    let bodies: Vec<Value> = panel.seen().into_iter().map(|seen| seen.body).collect();
    let directory = "https://acme-v02.api.letsencrypt.org/directory";
    assert_eq!(bodies[0], json!({ "name": "letsencrypt", "directory": directory, "terms_agreed": true }));
    assert_eq!(bodies[1], json!({ "name": "letsencrypt", "directory": directory, "terms_agreed": false }));
    let eab = json!({ "key_id": "kid-1", "key": "c2VjcmV0LXNlY3JldC0x" });
    let expected = json!({ "name": "ca", "directory": "https://ca.example.com/dir", "terms_agreed": true, "default": true,
                           "contact": "admin@example.com", "eab": eab });
    assert_eq!(bodies[2], expected);
}

#[tokio::test]
async fn an_address_that_is_missing_asks_the_panel_nothing() {
    let panel = FakePanel::start([] as [(&str, Answer); 0]);
    let ran = panel.run(&["authority", "create", "ca", "--terms-agreed"]).await;
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("letsencrypt-staging"), "{}", ran.err);
    assert!(panel.seen().is_empty());
}

#[tokio::test]
async fn what_is_taken_away_is_sent_as_null_and_what_it_said_is_shown() {
    let answer = authority(Some("it answers 503"));
    let panel = FakePanel::start([
        ("PATCH /authorities/letsencrypt", Answer::json(200, &answer)),
        ("GET /authorities/letsencrypt", Answer::json(200, &answer)),
    ]);
    let words = ["authority", "edit", "letsencrypt", "--no-contact", "--no-eab", "--default", "false"];
    assert_eq!(panel.run(&words).await.code, 0);
    let shown = panel.run(&["authority", "show", "letsencrypt"]).await;
    assert!(shown.out.contains("it answers 503"), "{}", shown.out);
    assert_eq!(panel.seen()[0].body, json!({ "contact": null, "eab": null, "default": false }));
}
