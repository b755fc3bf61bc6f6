//! Typed rules of a site over the API: the whole list at once, held to a version, and without what nobody may read.

use api_kit::testing::Answer;
use serde_json::{Value, json};

use crate::bench::Bench;

const RULES: &str = "/api/v1/sites/a.example.test/rules";

async fn bench() -> Bench {
    let bench = Bench::new().await;
    bench.account("alice").await;
    bench.site("alice", "a.example.test").await;
    bench
}

fn field(answer: &Answer) -> (u16, &str, &str) {
    let error = &answer.json["errors"][0];
    let text = |name: &str| error[name].as_str().unwrap_or_default();
    (answer.status.as_u16(), text("pointer"), text("code"))
}

async fn put(bench: &Bench, rules: &Value) -> Answer {
    bench.waiting().header("if-match", "*").put(RULES, json!({ "rules": rules })).await
}

/// The rules as the server holds them.
fn held(bench: &Bench, site: &Answer) -> Value {
    let id = site.json["id"].as_str().unwrap();
    bench.agent.host.object("site", id).unwrap()["rules"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_list_is_put_in_its_order_and_reaches_the_server() {
    let bench = bench().await;
    let empty = bench.root().get(RULES).await;
    assert_eq!((empty.status.as_u16(), &empty.json["rules"]), (200, &json!([])), "{}", empty.text);
    let rules = json!([
        { "redirect": { "from": "/old/**", "to": "/new/$1", "code": 302, "keep_query": true } },
        { "deny": { "path": "/private" } },
    ]);
    let after = put(&bench, &rules).await;
    assert_eq!((after.status.as_u16(), &after.json["rules"]), (200, &rules), "{}", after.text);
    assert_eq!(bench.root().get(RULES).await.json["rules"], rules);
    let site = bench.root().get("/api/v1/sites/a.example.test").await;
    assert_eq!(held(&bench, &site), rules);
    let none = put(&bench, &json!([])).await;
    assert_eq!((none.status.as_u16(), &none.json["rules"]), (200, &json!([])), "{}", none.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_held_to_the_version_that_was_read_and_a_dry_run_changes_nothing() {
    let bench = bench().await;
    let body = json!({ "rules": [{ "deny": { "path": "/a" } }] });
    assert_eq!(bench.waiting().put(RULES, body.clone()).await.status, 428);
    assert_eq!(bench.waiting().header("if-match", "\"g99\"").put(RULES, body.clone()).await.status, 412);
    let dry = bench.waiting().header("if-match", "*").put(&format!("{RULES}?dry_run=true"), body).await;
    assert_eq!(dry.status, 200, "{}", dry.text);
    assert_eq!(bench.root().get(RULES).await.json["rules"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn passwords_are_hashed_stay_when_they_are_left_out_and_are_shown_to_nobody() {
    let bench = bench().await;
    let with = |users: Value| json!([{ "password": { "path": "/m", "realm": "Members", "users": users } }]);
    let missing = put(&bench, &with(json!([{ "name": "alice" }]))).await;
    assert_eq!(field(&missing), (422, "/rules/0/password/users/0/password", "password_missing"));
    let made = put(&bench, &with(json!([{ "name": "alice", "password": "open sesame" }]))).await;
    assert_eq!(made.json["rules"], with(json!([{ "name": "alice" }])), "{}", made.text);
    let site = bench.root().get("/api/v1/sites/a.example.test").await;
    let hash = held(&bench, &site)[0]["password"]["users"][0]["hash"].clone();
    assert!(hash.as_str().unwrap().starts_with("$6$rounds=5000$"), "{hash}");
    let same = put(&bench, &made.json["rules"]).await;
    assert_eq!(same.status, 200, "{}", same.text);
    assert_eq!(held(&bench, &site)[0]["password"]["users"][0]["hash"], hash);
    for path in [RULES, "/api/v1/sites/a.example.test", "/api/v1/audit", "/api/v1/events"] {
        let text = bench.root().get(path).await.text;
        assert!(!text.contains("$6$") && !text.contains("sesame"), "{path}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_said_of_its_rule_and_field() {
    let bench = bench().await;
    for (rules, pointer, code) in [
        (json!([{ "deny": { "path": "/a;" } }]), "/rules/0/deny/path", "pattern_character"),
        (
            json!([{ "deny": { "path": "/a" } }, { "rewrite": { "from": "/a", "to": "/$1" } }]),
            "/rules/1/rewrite/to",
            "capture_unknown",
        ),
        (json!(vec![json!({ "deny": { "path": "/a" } }); 201]), "/rules", "rules_too_many"),
    ] {
        assert_eq!(field(&put(&bench, &rules).await), (422, pointer, code));
    }
    let long: Vec<Value> =
        (0..40).map(|_| json!({ "set_header": { "name": "X-A", "value": "a".repeat(1900) } })).collect();
    assert_eq!(field(&put(&bench, &json!(long)).await), (422, "/rules", "rules_too_large"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_preset_can_be_put_in_as_it_is_shown() {
    let bench = bench().await;
    let presets = bench.root().get("/api/v1/sites/rule-presets").await;
    let all = presets.json["presets"].as_array().unwrap();
    assert_eq!(all.len(), 5);
    for preset in all {
        let after = put(&bench, &preset["rules"]).await;
        assert_eq!((after.status.as_u16(), &after.json["rules"]), (200, &preset["rules"]), "{}", after.text);
    }
}
