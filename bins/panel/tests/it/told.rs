//! Who hears what: events and webhooks of organisations, their people, and what is gone.

use std::collections::BTreeSet;
use std::time::Duration;

use api_kit::testing::Client;
use serde_json::{Value, json};

use crate::bench::Bench;

async fn made(client: &Client, path: &str, body: Value) -> Value {
    let answer = client.post(&format!("/api/v1{path}"), body).await;
    assert_eq!(answer.status, 201, "{path}: {}", answer.text);
    answer.json
}

/// The organisation `acme`, and rita, who sells hosting there.
async fn acme(bench: &Bench) -> Client {
    let root = bench.root();
    made(&root, "/organisations", json!({ "name": "acme", "kind": "reseller" })).await;
    member(bench, "rita", "reseller").await
}

/// Somebody new with a role in `acme`.
async fn member(bench: &Bench, login: &str, role: &str) -> Client {
    let body = json!({ "login": login, "role": role, "new": true });
    made(&bench.root(), "/organisations/acme/members", body).await;
    bench.person(login).await
}

/// Kind, name and code of everything that somebody may hear.
async fn heard(client: &Client) -> BTreeSet<String> {
    let page = client.get("/api/v1/events?cursor=0&limit=200").await;
    let items = page.is(200).json["items"].as_array().unwrap();
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let line = |one: &Value| {
        format!("{} {} {}", word(&one["kind"]), word(&one["params"]["name"]), word(&one["code"]))
    };
    let all: BTreeSet<String> = items.iter().map(line).collect();
    // a page from the end shows the same
    let latest = client.get("/api/v1/events?limit=200").await;
    let latest: BTreeSet<String> =
        latest.is(200).json["items"].as_array().unwrap().iter().map(line).collect();
    assert_eq!(all, latest);
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_may_read_an_object_hears_what_happens_to_it_and_nobody_else() {
    let bench = Bench::new().await;
    let (root, rita) = (bench.root(), acme(&bench).await);
    made(&rita, "/persons", json!({ "login": "pia" })).await;
    made(&rita, "/roles", json!({ "name": "watcher", "permissions": ["event.view"] })).await;
    made(&rita, "/organisations", json!({ "name": "shop", "parent": "acme" })).await;
    made(&rita, "/packages", json!({ "name": "small" })).await;
    made(&root, "/persons", json!({ "login": "stranger" })).await;
    made(&root, "/organisations", json!({ "name": "elsewhere" })).await;
    bench.account_in("acme", "alice").await;
    let walt = member(&bench, "walt", "watcher").await;
    let rod = member(&bench, "rod", "read-only").await;

    let of =
        |kind: &str, all: &BTreeSet<String>| all.iter().any(|line| line.starts_with(&format!("{kind} ")));
    let hers = heard(&rita).await;
    for line in [
        "person pia object.created",
        "role watcher object.created",
        "organisation acme object.created",
        "organisation shop object.created",
        "package small object.created",
        "member walt object.created",
        "account alice object.ready",
    ] {
        assert!(hers.contains(line), "{line}: {hers:#?}");
    }
    assert!(!hers.iter().any(|line| line.contains("stranger") || line.contains("elsewhere")), "{hers:#?}");
    assert!(
        !of("node", &hers) && !of("setting", &hers),
        "what is the server's is the administrators': {hers:#?}"
    );
    let everything = heard(&root).await;
    assert!(hers.is_subset(&everything) && everything.contains("person stranger object.created"));

    // seeing events is not seeing people, and each sees what they may read
    let his = heard(&walt).await;
    assert!(his.contains("account alice object.ready"), "{his:#?}");
    for kind in ["person", "role", "organisation", "package", "member"] {
        assert!(!of(kind, &his), "{kind}: {his:#?}");
    }
    let his = heard(&rod).await;
    assert!(
        of("role", &his) && of("organisation", &his) && of("package", &his) && !of("person", &his),
        "{his:#?}"
    );
    let token = async |permissions: Value| {
        let body = json!({ "name": format!("t{}", permissions.as_array().unwrap().len()), "permissions": permissions });
        heard(&bench.with_token(&bench.token("rita", body).await)).await
    };
    assert!(!of("person", &token(json!(["event.view"])).await));
    assert!(of("person", &token(json!(["event.view", "person.manage"])).await));

    // looked up at each call
    bench
        .execute("DELETE FROM role_permission WHERE permission = 'package.view' AND role_id = '00000000-0000-7000-8000-000000000017'")
        .await;
    let his = heard(&rod).await;
    assert!(of("role", &his) && !of("package", &his), "{his:#?}");

    // the last word
    let pia = rita.get("/api/v1/persons/pia").await;
    assert_eq!(
        rita.clone().header("if-match", pia.header("etag")).delete("/api/v1/persons/pia").await.status,
        204
    );
    assert_eq!(root.delete("/api/v1/organisations/shop").await.status, 204);
    let hers = heard(&rita).await;
    assert!(hers.contains("person pia object.removed"), "{hers:#?}");
    assert!(hers.contains("organisation shop object.removed"), "{hers:#?}");
}

/// Codes and kinds of what was made into messages to rita's webhook.
async fn told(bench: &Bench) -> Vec<String> {
    let page = bench.root().get("/api/v1/webhooks/hers/deliveries?limit=200").await;
    let items = page.is(200).json["items"].as_array().unwrap().clone();
    let data = |one: &Value, name: &str| one["body"]["data"][name].as_str().unwrap_or_default().to_owned();
    items.iter().rev().map(|one| format!("{} {}", data(one, "kind"), data(one, "code"))).collect()
}

async fn until_told(bench: &Bench, wanted: &str) -> Vec<String> {
    let end = tokio::time::Instant::now() + Duration::from_secs(20);
    loop {
        let told = told(bench).await;
        if told.iter().any(|line| line == wanted) {
            return told;
        }
        assert!(tokio::time::Instant::now() < end, "{wanted} was never told: {told:#?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_word_about_an_account_reaches_the_organisation_that_had_it() {
    let bench = Bench::new().await;
    let rita = acme(&bench).await;
    bench.account_in("acme", "alice").await;
    bench.site("alice", "a.example.test").await;
    made(&rita, "/webhooks", json!({ "name": "hers", "url": "https://hooks.example.test/" })).await;
    assert!(bench.root().delete("/api/v1/sites/a.example.test").await.status.is_success());
    bench.until("/api/v1/sites/a.example.test", |answer| answer.status == 404).await;
    assert!(bench.root().delete("/api/v1/accounts/alice").await.status.is_success());
    bench.until("/api/v1/accounts/alice", |answer| answer.status == 404).await;
    let told = until_told(&bench, "account object.removed").await;
    assert!(told.contains(&"site object.removed".to_owned()), "{told:#?}");
    assert!(heard(&rita).await.contains("account alice object.removed"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_organisation_hears_nothing_and_all_of_it_afterwards() {
    let bench = Bench::new().await;
    let (root, rita) = (bench.root(), acme(&bench).await);
    bench.account_in("acme", "alice").await;
    made(&rita, "/webhooks", json!({ "name": "hers", "url": "https://hooks.example.test/" })).await;
    until_told(&bench, "webhook object.created").await;
    let paused = async || root.get("/api/v1/webhooks/hers").await.json["paused"].clone();
    assert_eq!(paused().await, false);
    assert_eq!(root.post("/api/v1/organisations/acme/suspend", json!({})).await.status, 200);
    assert_eq!(paused().await, true);
    let before = told(&bench).await;
    // another webhook is told of what happens, so the one that is paused was passed over
    made(&root, "/webhooks", json!({ "name": "all", "url": "https://all.example.test/" })).await;
    bench.site("alice", "a.example.test").await;
    let end = tokio::time::Instant::now() + Duration::from_secs(20);
    while !root.get("/api/v1/webhooks/all/deliveries").await.text.contains("a.example.test") {
        assert!(tokio::time::Instant::now() < end, "nobody was told");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(told(&bench).await, before, "nothing is made for it");
    assert_eq!(root.post("/api/v1/organisations/acme/unsuspend", json!({})).await.status, 200);
    assert_eq!(paused().await, false);
    let after = until_told(&bench, "site object.ready").await;
    assert_eq!(after[..before.len()], before);
    assert!(after.contains(&"site object.created".to_owned()), "{after:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organisations_audit_shows_what_was_done_to_its_webhooks_and_packages() {
    let bench = Bench::new().await;
    let rita = acme(&bench).await;
    made(&rita, "/webhooks", json!({ "name": "hers", "url": "https://hooks.example.test/" })).await;
    rita.post("/api/v1/webhooks/hers/secret", json!(null)).await.is(200);
    made(&bench.root(), "/webhooks", json!({ "name": "roots", "url": "https://hooks.example.test/" })).await;
    made(&rita, "/packages", json!({ "name": "small" })).await;
    assert_eq!(rita.delete("/api/v1/webhooks/hers").await.status, 204);
    let seen = rita.get("/api/v1/audit?organisation=acme&limit=200").await;
    let seen = seen.is(200).json["items"].as_array().unwrap().clone();
    let actions: Vec<&str> = seen.iter().rev().map(|one| one["action"].as_str().unwrap()).collect();
    let webhooks: Vec<&&str> = actions.iter().filter(|action| action.starts_with("webhook.")).collect();
    assert_eq!(webhooks, [&"webhook.create", &"webhook.rotate_secret", &"webhook.delete"], "{actions:?}");
    assert!(actions.contains(&"package.create"), "{actions:?}");
}
