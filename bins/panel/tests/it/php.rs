//! Settings of PHP: what accounts and sites choose, what the host is asked for, and which pools there are for it.

use api_kit::testing::{Answer, Client};
use serde_json::{Value, json};

use crate::bench::Bench;

const ACCOUNT: &str = "/api/v1/accounts/alice/php";
const SITE: &str = "/api/v1/sites/www.example.test/php";

fn any(client: Client) -> Client {
    client.header("if-match", "*").header("prefer", "wait=20")
}

/// A bench with alice, who has the sites `www.example.test` and `shop.example.test`.
async fn bench() -> Bench {
    let bench = Bench::new().await;
    bench.account("alice").await;
    bench.site("alice", "www.example.test").await;
    bench.site("alice", "shop.example.test").await;
    bench
}

fn setting<'a>(shown: &'a Value, name: &str) -> &'a Value {
    let all = shown["settings"].as_array().unwrap();
    all.iter().find(|setting| setting["name"] == name).unwrap_or_else(|| panic!("no {name}: {shown}"))
}

/// A setting's value and why it has it.
fn state(shown: &Value, name: &str) -> (Value, Value) {
    let setting = setting(shown, name);
    (setting["value"].clone(), setting["from"].clone())
}

/// What the host was asked for of the pool of a site.
async fn pool_of(bench: &Bench, site: &str) -> Value {
    let name = bench.root().get(&format!("/api/v1/sites/{site}")).await.json["pool"].clone();
    let pool = bench.root().get(&format!("/api/v1/pools/{}", name.as_str().unwrap())).await;
    bench.agent.host.object("pool", pool.json["id"].as_str().unwrap()).unwrap()
}

async fn pools(bench: &Bench) -> usize {
    bench.root().get("/api/v1/pools").await.json["items"].as_array().unwrap().len()
}

fn kinds(plan: &Answer) -> Vec<String> {
    let objects = plan.json["plan"]["objects"].as_array().unwrap();
    objects.iter().map(|object| object["kind"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_account_chooses_holds_for_all_its_sites_and_no_pool_comes_of_it() {
    let bench = bench().await;
    let before = bench.root().get(ACCOUNT).await;
    assert_eq!(before.header("etag"), "\"g1\"", "nobody chose anything");
    assert_eq!(state(&before.json, "memory_limit"), (json!("128M"), json!("usual")));
    assert_eq!(state(&before.json, "display_errors"), (json!(false), json!("usual")));
    let edit = json!({ "memory_limit": "256M", "display_errors": true });
    let dry = any(bench.root()).patch(&format!("{ACCOUNT}?dry_run=true"), edit.clone()).await;
    assert_eq!((dry.status.as_u16(), kinds(&dry)), (200, vec!["pool".to_owned()]), "{}", dry.text);
    assert_eq!(pool_of(&bench, "www.example.test").await["memory_limit"], "128M", "nothing was done");
    let path = format!("{ACCOUNT}?expect_plan={}", dry.json["plan"]["hash"].as_str().unwrap());
    let done = any(bench.root()).patch(&path, edit).await;
    assert_eq!(done.status, 200, "{}", done.text);
    assert_eq!(done.json["version"], 2);
    assert_eq!(done.json["warnings"][0]["code"], "errors_shown");
    let pool = pool_of(&bench, "www.example.test").await;
    assert_eq!(
        (&pool["memory_limit"], &pool["settings"]),
        (&json!("256M"), &json!({ "display_errors": true }))
    );
    assert_eq!(pools(&bench).await, 1);
    let site = bench.root().get(SITE).await;
    assert_eq!(state(&site.json, "memory_limit"), (json!("256M"), json!("account")));
    let back =
        any(bench.root()).patch(ACCOUNT, json!({ "memory_limit": null, "display_errors": null })).await;
    assert_eq!(back.status, 200, "{}", back.text);
    assert_eq!(
        pool_of(&bench, "www.example.test").await["settings"],
        json!(null),
        "as before there were any"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_that_chooses_otherwise_has_a_pool_of_its_own_until_it_is_as_the_others() {
    let bench = bench().await;
    let done = any(bench.root()).patch(SITE, json!({ "max_input_vars": 5000 })).await;
    assert_eq!(done.status, 200, "{}", done.text);
    let site = bench.root().get("/api/v1/sites/www.example.test").await.json;
    let own = format!("alice-8.4-{}", site["id"].as_str().unwrap());
    assert_eq!((&site["pool"], &done.json["pool"]), (&json!(own), &json!(own)));
    assert_eq!(pool_of(&bench, "www.example.test").await["settings"], json!({ "max_input_vars": 5000 }));
    assert_eq!(pool_of(&bench, "shop.example.test").await["name"], "alice-8.4", "the other is as it was");
    // its account comes to say the same, and it goes back
    let same = any(bench.root()).patch(ACCOUNT, json!({ "max_input_vars": 5000 })).await;
    assert_eq!(same.status, 200, "{}", same.text);
    let shared = |answer: &Answer| answer.json["pool"] == "alice-8.4" && answer.json["condition"] == "ready";
    bench.until("/api/v1/sites/www.example.test", shared).await;
    bench.until("/api/v1/pools", |pools| pools.json["items"].as_array().unwrap().len() == 1).await;
    // its account goes on, and it stays as it chose
    let other = any(bench.root()).patch(ACCOUNT, json!({ "max_input_vars": null })).await;
    assert_eq!(other.status, 200, "{}", other.text);
    assert_eq!(pool_of(&bench, "www.example.test").await["settings"], json!({ "max_input_vars": 5000 }));
    // it takes its choice back
    let back = any(bench.root()).patch(SITE, json!({ "max_input_vars": null })).await;
    assert_eq!(back.status, 200, "{}", back.text);
    bench.until("/api/v1/pools", |pools| pools.json["items"].as_array().unwrap().len() == 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_with_a_pool_of_its_own_takes_it_along_to_another_version_and_gives_it_back_when_it_goes() {
    let bench = bench().await;
    any(bench.root()).patch(SITE, json!({ "memory_limit": "64M" })).await.is(200);
    any(bench.root()).patch("/api/v1/sites/www.example.test", json!({ "php": "8.2" })).await.is(200);
    let pool = pool_of(&bench, "www.example.test").await;
    assert_eq!((&pool["version"], &pool["memory_limit"]), (&json!("8.2"), &json!("64M")));
    any(bench.root()).delete("/api/v1/sites/www.example.test").await.is(204);
    bench.until("/api/v1/pools", |pools| pools.json["items"].as_array().unwrap().len() == 1).await;
    assert_eq!(bench.count("SELECT COUNT(*) AS value FROM php_setting").await, 0, "what it chose went, too");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_web_server_takes_what_php_takes_as_an_upload() {
    let bench = bench().await;
    let id = bench.root().get("/api/v1/sites/www.example.test").await.json["id"].as_str().unwrap().to_owned();
    let held = || bench.agent.host.object("site", &id).unwrap()["body_size"].clone();
    assert_eq!(held(), json!(null));
    any(bench.root()).patch(ACCOUNT, json!({ "upload_limit": "256M" })).await.is(200);
    assert_eq!(held(), json!("256M"));
    any(bench.root()).patch("/api/v1/sites/www.example.test", json!({ "body_size": "8M" })).await.is(200);
    assert_eq!(held(), json!("8M"), "what the site says itself goes before");
    let shown = bench.root().get(SITE).await;
    assert_eq!(shown.json["warnings"][0]["code"], "body_size_smaller", "{}", shown.text);
    any(bench.root()).patch("/api/v1/sites/www.example.test", json!({ "body_size": null })).await.is(200);
    any(bench.root()).patch(ACCOUNT, json!({ "upload_limit": null })).await.is(200);
    assert_eq!(held(), json!(null));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_package_bounds_what_may_be_chosen_and_what_was_chosen_before() {
    let bench = bench().await;
    let limits = |most: Value| json!({ "limits": { "php_memory_bytes": most } });
    let sell = "/api/v1/accounts/alice/limits";
    any(bench.root()).patch(ACCOUNT, json!({ "memory_limit": "400M" })).await.is(200);
    any(bench.root()).patch(sell, limits(json!(256 << 20))).await.is(200);
    assert_eq!(pool_of(&bench, "www.example.test").await["memory_limit"], "256M");
    let shown = bench.root().get(ACCOUNT).await;
    assert_eq!(state(&shown.json, "memory_limit"), (json!("256M"), json!("package")));
    assert_eq!(setting(&shown.json, "memory_limit")["own"], "400M", "the wish stands");
    assert_eq!(setting(&shown.json, "memory_limit")["most"], 256 << 20);
    let refused = any(bench.root()).patch(SITE, json!({ "memory_limit": "300M" })).await;
    let error = &refused.json["errors"][0];
    assert_eq!((&error["pointer"], &error["code"]), (&json!("/memory_limit"), &json!("php_over_limit")));
    assert!(error["remedy"].as_str().unwrap().contains("256 MiB"), "{}", refused.text);
    any(bench.root()).patch(sell, limits(Value::Null)).await.is(200);
    assert_eq!(pool_of(&bench, "www.example.test").await["memory_limit"], "400M");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_is_refused_at_its_place_with_a_remedy() {
    let bench = bench().await;
    let cases = [
        (SITE, json!({ "max_execution_time": 301 }), "/max_execution_time", "php_range"),
        (SITE, json!({ "memory_limit": "128M\nuser = root" }), "/memory_limit", "size"),
        (SITE, json!({ "time_zone": "../../etc/passwd" }), "/time_zone", "time_zone"),
        (SITE, json!({ "disable_functions": ["exec,system"] }), "/disable_functions/0", "php_function"),
        (SITE, json!({ "auto_prepend_file": "other/first.php" }), "/auto_prepend_file", "php_outside_site"),
        (ACCOUNT, json!({ "auto_prepend_file": "first.php" }), "/auto_prepend_file", "php_of_sites"),
        (
            SITE,
            json!({ "session_cookie_samesite": "none" }),
            "/session_cookie_samesite",
            "samesite_without_secure",
        ),
        (SITE, json!({ "workers": 9 }), "/workers", "php_over_limit"),
        (SITE, json!({ "sendmail_path": "/bin/sh" }), "/sendmail_path", "unknown_field"),
    ];
    for (path, body, pointer, code) in cases {
        let refused = any(bench.root()).patch(path, body).await;
        let error = &refused.json["errors"][0];
        let found = (refused.status.as_u16(), &error["pointer"], &error["code"]);
        assert_eq!(found, (422, &json!(pointer), &json!(code)), "{}", refused.text);
        assert!(error["remedy"].as_str().is_some_and(|remedy| !remedy.is_empty()), "{}", refused.text);
    }
    assert_eq!(bench.root().patch(SITE, json!({ "precision": 10 })).await.status, 428, "without a version");
    let stale = bench.root().header("if-match", "\"g7\"").patch(SITE, json!({ "precision": 10 })).await;
    assert_eq!(stale.status, 412);
    assert_eq!(bench.root().get(SITE).await.json["version"], 1, "nothing was written down");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_is_done_by_the_agent_and_is_in_the_audit() {
    let bench = bench().await;
    let path = "/api/v1/sites/www.example.test/php/opcache-reset";
    let dry = bench.root().post(&format!("{path}?dry_run=true"), json!({})).await;
    assert_eq!(dry.json["plan"]["objects"], json!([]), "{}", dry.text);
    let done = bench.root().post(path, json!({})).await;
    assert_eq!((done.status.as_u16(), &done.json["ran"]), (200, &json!(true)), "{}", done.text);
    let audit = "SELECT COUNT(*) AS value FROM audit WHERE action = 'site.opcache_reset'";
    assert_eq!(bench.count(audit).await, 1, "the dry run is none");
    let listed = bench.root().get("/api/v1/sites/www.example.test/php/extensions").await;
    assert_eq!(listed.json, json!({ "php": "8.4", "extensions": ["curl", "mysqli", "opcache"] }));
    any(bench.root()).patch("/api/v1/sites/www.example.test", json!({ "php": null })).await.is(200);
    assert_eq!(bench.root().post(path, json!({})).await.json["code"], "no_php");
}
