use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use super::*;
use crate::testing::{Answer, FakePanel};

const TOKEN: &str = "hf_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAbbbbbb";

fn view() -> Value {
    json!({
        "id": "01935b2e-7a4d-7c3e-8f10-0123456789ab", "name": "deploy", "created_at": "2026-03-01T12:00:00Z",
        "expires_at": "2026-03-31T12:00:00Z", "expired": false, "last_used_at": null, "last_origin": null,
        "permissions": ["site.edit", "site.view"], "everywhere": false, "accounts": ["alice"], "organisations": [],
    })
}

fn made() -> Answer {
    Answer::json(201, &json!({ "token": TOKEN, "made": view() }))
}

#[test]
fn an_expiry_is_days_or_never() {
    assert_eq!(expiry("30d"), Ok(Expiry::Days(30)));
    assert_eq!(expiry("never"), Ok(Expiry::Never));
    for bad in ["", "30", "0d", "3651d", "-1d", "12h", "Never"] {
        assert!(expiry(bad).is_err(), "{bad}");
    }
}

#[tokio::test]
async fn a_token_alone_is_on_standard_output() {
    let panel = FakePanel::start([("POST /tokens", made())]);
    let args = [
        "token",
        "create",
        "deploy",
        "--may",
        "site.view",
        "--may",
        "site.edit",
        "--account",
        "alice",
        "--expires",
        "30d",
    ];
    let ran = panel.run(&args).await;
    assert_eq!((ran.code, ran.out), (0, format!("{TOKEN}\n")), "{}", ran.err);
    assert!(!ran.err.contains(TOKEN) && ran.err.contains("2026-03-31"), "{}", ran.err);
    let body = json!({ "name": "deploy", "permissions": ["site.view", "site.edit"], "read_only": false, "accounts": ["alice"],
                       "organisations": [], "days": 30 });
    assert_eq!(panel.only().body, body);
}

#[tokio::test]
async fn a_token_that_is_saved_is_in_the_file_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("token").display().to_string();
    for json in [false, true] {
        let panel = FakePanel::start([("POST /tokens", made())]);
        let mut args =
            vec!["token", "create", "deploy", "--read-only", "--expires", "never", "--save", &path];
        args.extend(json.then_some("--json"));
        let ran = panel.run(&args).await;
        assert_eq!(ran.code, 0, "{}", ran.err);
        assert!(!ran.out.contains(TOKEN) && !ran.err.contains(TOKEN), "{ran:?}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), format!("{TOKEN}\n"));
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(panel.only().body["never_expires"], true);
    }
}

#[tokio::test]
async fn tokens_are_listed_and_deleted_of_oneself_and_of_others() {
    let list = Answer::json(200, &json!({ "items": [view()] }));
    let panel = FakePanel::start([
        ("GET /tokens", list.clone()),
        ("GET /persons/alice/tokens", list),
        ("DELETE /tokens/deploy", Answer::gone()),
        ("DELETE /persons/alice/tokens/deploy", Answer::gone()),
        ("DELETE /persons/alice/tokens", Answer::json(200, &json!({ "count": 3 }))),
    ]);
    let ran = panel.run(&["token", "list"]).await;
    assert!(
        ran.out.contains("deploy") && ran.out.contains("alice") && ran.out.contains("2026-03-31"),
        "{}",
        ran.out
    );
    assert_eq!(panel.run(&["token", "list", "--person", "alice"]).await.code, 0);
    assert_eq!(panel.run(&["token", "delete", "deploy"]).await.code, 0);
    assert_eq!(panel.run(&["token", "delete", "deploy", "--person", "alice"]).await.code, 0);
    let ran = panel.run(&["token", "delete", "--all", "--person", "alice"]).await;
    assert_eq!(ran.out, "3 tokens are no good any longer\n");
    assert_eq!(panel.run(&["token", "delete"]).await.code, 2);
    assert_eq!(panel.run(&["token", "create", "deploy"]).await.code, 2, "it could do nothing");
    panel.seen();
}

#[tokio::test]
async fn a_token_file_that_was_copied_badly_is_told_before_anyone_is_asked() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("token");
    std::fs::write(&path, TOKEN).unwrap();
    let panel = FakePanel::start([]);
    let ran = panel.run(&["--token-file", &path.display().to_string(), "me"]).await;
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("not whole, or mistyped") && !ran.err.contains(TOKEN), "{}", ran.err);
}
