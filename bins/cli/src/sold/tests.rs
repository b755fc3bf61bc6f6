use serde_json::{Value, json};

use super::{amount, feature, limit};
use crate::testing::{Answer, FakePanel};

#[test]
fn limits_are_said_in_the_units_that_people_use() {
    assert_eq!(limit("sites=10"), Ok(("sites".to_owned(), json!(10))));
    assert_eq!(limit("memory=2G"), Ok(("memory_bytes".to_owned(), json!(2_147_483_648_u64))));
    assert_eq!(limit("php-workers=4"), Ok(("php_workers".to_owned(), json!(4))));
    assert_eq!(limit("databases=unlimited"), Ok(("databases".to_owned(), json!("unlimited"))));
    assert_eq!(limit("sites=usual"), Ok(("sites".to_owned(), Value::Null)));
    assert_eq!(feature("php=off"), Ok(("php".to_owned(), json!(false))));
    assert_eq!(feature("php=usual"), Ok(("php".to_owned(), Value::Null)));
    for bad in ["sites", "sites=", "sites=many", "sites=-1", "sites=99999999999999999999"] {
        assert!(limit(bad).is_err(), "{bad}");
    }
    assert!(feature("php=maybe").is_err());
    assert_eq!(amount("disk_bytes", &json!(1 << 30)), "1.0 GiB");
    assert_eq!(amount("sites", &json!("unlimited")), "unlimited");
}

#[tokio::test]
async fn selling_holds_to_the_version_that_was_read_and_follows_the_account() {
    let limits = json!({
        "account": "alice", "package": "basic", "limits": [], "features": [],
        "generation": 2, "observed_generation": 2, "condition": "ready", "attempts": 0,
    });
    let panel = FakePanel::start([
        ("GET /accounts/alice", Answer::json(200, &json!({ "name": "alice" })).with("etag", "\"g1\"")),
        ("PATCH /accounts/alice/limits", Answer::json(200, &limits)),
    ]);
    let args =
        ["account", "sell", "alice", "--package", "basic", "--limit", "sites=10", "--feature", "php=off"];
    let ran = panel.run(&args).await;
    assert_eq!((ran.code, ran.out.as_str()), (0, "account alice: ready, generation 2/2\n"), "{}", ran.err);
    let wanted = json!({ "package": "basic", "limits": { "sites": 10 }, "features": { "php": false } });
    assert_eq!(panel.seen()[1].body, wanted);
}

#[tokio::test]
async fn a_changed_package_is_done_when_the_panel_saw_all_its_accounts_follow() {
    let package = json!({ "id": "01935b2e-7a4d-7c3e-8f10-0123456789ab", "name": "basic", "version": 2 });
    let script = |status| {
        [
            ("GET /packages/basic", Answer::json(200, &package).with("etag", "\"g1\"")),
            ("PATCH /packages/basic", Answer::json(status, &package)),
        ]
    };
    let args = ["package", "edit", "basic", "--limit", "sites=10"];
    let ran = FakePanel::start(script(200)).run(&args).await;
    assert_eq!((ran.code, ran.out.as_str()), (0, "package basic: done\n"), "{}", ran.err);
    let ran = FakePanel::start(script(202)).run(&args).await;
    assert_ne!(ran.code, 0, "{}", ran.out);
    assert!(ran.err.contains("follow"), "{}", ran.err);
}
