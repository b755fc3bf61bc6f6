//! An older database is put back under a server that has moved on: nothing on the server is lost, and a person decides.

use std::path::PathBuf;
use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use crate::bench::Bench;

/// A copy of the database as it is now.
async fn copy(bench: &Bench) -> PathBuf {
    let to = bench.database().with_file_name("older.db");
    store::Store::copy_file(&bench.database(), &to).await.unwrap();
    to
}

/// A panel whose database is older than its server: since the copy `kept.example.test` was edited, `gone.example.test` deleted, a site
/// of alice's, and bob with a site were made.
async fn put_back() -> Bench {
    let bench = Bench::new().await;
    bench.agent.remembers.store(true, Ordering::SeqCst);
    bench.account("alice").await;
    bench.site("alice", "kept.example.test").await;
    bench.site("alice", "gone.example.test").await;
    let older = copy(&bench).await;
    let edit = json!({ "body_size": "8M" });
    let answer = bench.waiting().header("if-match", "*").patch("/api/v1/sites/kept.example.test", edit).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let answer = bench.waiting().delete("/api/v1/sites/gone.example.test").await;
    assert_eq!(answer.status, 204, "{}", answer.text);
    bench.site("alice", "new.example.test").await;
    bench.account("bob").await;
    bench.site("bob", "bob.example.test").await;
    bench.put_back(&older).await
}

async fn items(bench: &Bench) -> Vec<Value> {
    let answer = bench.root().get("/api/v1/adoption").await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json["items"].as_array().unwrap().clone()
}

async fn item(bench: &Bench, name: &str) -> Value {
    let all = items(bench).await;
    all.iter().find(|item| item["name"] == name).unwrap_or_else(|| panic!("{name} is not in {all:?}")).clone()
}

async fn decide(bench: &Bench, name: &str, decision: &str) -> Value {
    let item = item(bench, name).await;
    let mut body = json!({ "kind": item["kind"], "id": item["id"], "decision": decision });
    if item["kind"] == "account" {
        body["email"] = "again@example.test".into();
    }
    let answer = bench.waiting().post("/api/v1/adoption/decisions", body).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_on_the_server_is_changed_by_an_older_database() {
    let bench = put_back().await;
    let before = bench.agent.host.dump();
    let kept = bench.until("/api/v1/sites/kept.example.test", |a| a.json["reason"] == "behind").await;
    assert_eq!(kept.json["condition"], "degraded", "{}", kept.text);
    assert!(kept.json["message"].as_str().unwrap().contains("holdfast adopt"), "{}", kept.text);
    bench.until("/api/v1/sites/gone.example.test", |a| a.json["reason"] == "behind").await;
    assert_eq!(bench.agent.host.dump(), before);
    let names: Vec<_> = items(&bench).await.iter().map(|i| format!("{} {}", i["why"], i["name"])).collect();
    let mut sorted = names.clone();
    sorted.sort();
    let wanted = [
        "\"behind\" \"gone.example.test\"",
        "\"behind\" \"kept.example.test\"",
        "\"unknown\" \"bob\"",
        "\"unknown\" \"bob-8.4\"",
        "\"unknown\" \"bob.example.test\"",
        "\"unknown\" \"new.example.test\"",
    ];
    assert_eq!(sorted, wanted, "{names:?}");
    // a change of what waits for a decision is no way around it
    let root = bench.root().header("if-match", "*");
    let refused = root.patch("/api/v1/sites/kept.example.test", json!({ "body_size": "1M" })).await;
    assert_eq!((refused.status.as_u16(), &refused.json["code"]), (409, &json!("behind")), "{}", refused.text);
    let doctor = bench.root().get("/api/v1/doctor").await;
    assert!(
        doctor.text.contains("panel.adoption") && doctor.text.contains("6 on the server"),
        "{}",
        doctor.text
    );
    assert_eq!(bench.agent.host.dump(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn either_side_can_be_taken_and_the_plan_tells_what_that_does() {
    let bench = put_back().await;
    let kept = item(&bench, "kept.example.test").await;
    assert_eq!(kept["changes"], json!([{ "field": "body_size", "panel": null, "host": "8M" }]));
    let body = |decision| json!({ "kind": "site", "id": kept["id"], "decision": decision });
    // the server's: nothing is to be done there
    let plan = bench.root().post("/api/v1/adoption/decisions?dry_run=true", body("host")).await;
    assert_eq!(plan.json["plan"]["objects"][0]["steps"], json!([]), "{}", plan.text);
    // the database's: the server is brought back
    let plan = bench.root().post("/api/v1/adoption/decisions?dry_run=true", body("panel")).await;
    assert_eq!(plan.json["plan"]["objects"][0]["steps"].as_array().map(Vec::len), Some(1), "{}", plan.text);
    assert_eq!(item(&bench, "kept.example.test").await["why"], "behind", "a dry run decides nothing");
    let wrong = bench.waiting().post("/api/v1/adoption/decisions?expect_plan=00000000000000000000000000000000000000000000000000000000000000aa", body("panel")).await;
    assert_eq!(wrong.json["code"], "plan_changed", "{}", wrong.text);
    let host_generation = kept["host_generation"].as_u64().unwrap();
    let decided = decide(&bench, "kept.example.test", "host").await;
    assert_eq!(decided["condition"], "ready", "{decided}");
    let site = bench.root().get("/api/v1/sites/kept.example.test").await;
    assert_eq!(site.json["body_size"], "8M", "{}", site.text);
    assert!(site.json["generation"].as_u64().unwrap() > host_generation, "{}", site.text);
    // one that the server was told to remove: here it comes back
    let decided = decide(&bench, "gone.example.test", "panel").await;
    assert_eq!(decided["condition"], "ready", "{decided}");
    let site = bench.root().get("/api/v1/sites/gone.example.test").await;
    let id = site.json["id"].as_str().unwrap().to_owned();
    assert!(bench.agent.host.object("site", &id).is_some());
    // and what was decided can be changed again as ever
    let answer = bench
        .waiting()
        .header("if-match", "*")
        .patch("/api/v1/sites/kept.example.test", json!({ "body_size": "1M" }))
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_database_does_not_know_is_taken_over_from_the_server() {
    let bench = put_back().await;
    let before = bench.agent.host.dump();
    // a site needs its account and its pool first
    let early = item(&bench, "bob.example.test").await;
    let body = json!({ "kind": "site", "id": early["id"], "decision": "take_over" });
    let refused = bench.root().post("/api/v1/adoption/decisions", body).await;
    assert_eq!(refused.json["code"], "dependency_unknown", "{}", refused.text);
    let bob = item(&bench, "bob").await;
    let body = json!({ "kind": "account", "id": bob["id"], "decision": "take_over" });
    let refused = bench.root().post("/api/v1/adoption/decisions", body).await;
    assert_eq!((refused.status.as_u16(), &refused.json["errors"][0]["pointer"]), (422, &json!("/email")));
    assert!(!bob.to_string().contains("$6$"), "a hash is shown: {bob}");
    let uid =
        bob["changes"].as_array().unwrap().iter().find(|c| c["field"] == "uid").unwrap()["host"].clone();
    for name in ["bob", "bob-8.4", "bob.example.test", "new.example.test"] {
        let decided = decide(&bench, name, "take_over").await;
        assert_eq!(decided["condition"], "ready", "{name}: {decided}");
    }
    for name in ["kept.example.test", "gone.example.test"] {
        decide(&bench, name, "host").await;
    }
    assert_eq!(bench.agent.host.dump(), before, "taking over changes nothing on the server");
    assert_eq!(items(&bench).await, Vec::<Value>::new());
    let account = bench.root().get("/api/v1/accounts/bob").await;
    assert_eq!((&account.json["uid"], &account.json["email"]), (&uid, &json!("again@example.test")));
    let site = bench.root().get("/api/v1/sites/bob.example.test").await;
    assert_eq!((&site.json["account"], &site.json["condition"]), (&json!("bob"), &json!("ready")));
    let plan = bench.root().get("/api/v1/plan").await;
    assert_eq!((&plan.json["differing"], &plan.json["not_ready"]), (&json!(0), &json!(0)), "{}", plan.text);
    assert_eq!(bench.root().get("/api/v1/sites/gone.example.test").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_taken_over_into_the_organisation_and_package_that_are_named() {
    let bench = put_back().await;
    bench.root().post("/api/v1/organisations", json!({ "name": "acme", "kind": "reseller" })).await.is(201);
    bench.package("basic", json!({ "sites": 3 })).await;
    let bob = item(&bench, "bob").await;
    let path = "/api/v1/adoption/decisions";
    let mut body = json!({ "kind": "account", "id": bob["id"], "decision": "take_over", "email": "bob@example.test",
                           "organisation": "nowhere", "package": "basic" });
    assert_eq!(bench.root().post(path, body.clone()).await.status, 404);
    (body["organisation"], body["package"]) = (json!("acme"), json!("none-such"));
    let refused = bench.root().post(path, body.clone()).await.refused(422, "invalid");
    assert_eq!(refused.errors[0].code, "no_such_package");
    body["package"] = json!("basic");
    let decided = bench.waiting().post(path, body).await;
    let note = decided.is(200).json["note"].as_str().unwrap().to_owned();
    assert!(note.contains("organisation acme, with the package basic"), "{note}");
    let account = bench.root().get("/api/v1/accounts/bob").await.json;
    assert_eq!(
        (&account["organisation"], &account["package"]),
        (&json!("acme"), &json!("basic")),
        "{account}"
    );
    let limits = bench.root().get("/api/v1/accounts/bob/limits").await.json;
    let sites =
        limits["limits"].as_array().unwrap().iter().find(|limit| limit["name"] == "sites").unwrap().clone();
    assert_eq!((&sites["most"], &sites["from"]), (&json!(3), &json!("package")));
    // of anything else there is nothing to say
    let pool = item(&bench, "bob-8.4").await;
    let body = json!({ "kind": pool["kind"], "id": pool["id"], "decision": "take_over", "package": "basic" });
    let refused = bench.root().post(path, body).await.refused(422, "invalid");
    assert_eq!((refused.errors[0].pointer.as_str(), &*refused.errors[0].code), ("/package", "not_a_choice"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stays_unknown_is_kept_or_removed_and_what_it_stands_on_stays_meanwhile() {
    let bench = put_back().await;
    let bob = item(&bench, "bob").await;
    let body = json!({ "kind": "account", "id": bob["id"], "decision": "remove" });
    let refused = bench.root().post("/api/v1/adoption/decisions", body).await;
    assert_eq!(refused.json["code"], "has_dependents", "{}", refused.text);
    assert!(refused.text.contains("bob.example.test"), "{}", refused.text);
    // kept: nothing is sent for it, and it waits for no decision
    let decided = decide(&bench, "new.example.test", "keep").await;
    assert_eq!(decided["condition"], Value::Null);
    assert_eq!(item(&bench, "new.example.test").await["why"], "kept");
    // alice's sites go, and her account with them; but what was kept stands on it
    for name in ["kept.example.test", "gone.example.test"] {
        decide(&bench, name, "panel").await;
        bench.waiting().delete(&format!("/api/v1/sites/{name}")).await;
    }
    bench.root().delete("/api/v1/accounts/alice").await;
    let alice = bench.until("/api/v1/accounts/alice", |a| a.json["reason"] == "waits_for").await;
    assert_eq!(alice.json["condition"], "deleting");
    let kept = item(&bench, "new.example.test").await["id"].as_str().unwrap().to_owned();
    assert!(bench.agent.host.object("site", &kept).is_some());
    // removed: it goes from the server, after its plan was looked at
    for name in ["bob.example.test", "bob-8.4", "bob"] {
        let found = item(&bench, name).await;
        let body = json!({ "kind": found["kind"], "id": found["id"], "decision": "remove" });
        let plan = bench.root().post("/api/v1/adoption/decisions?dry_run=true", body).await;
        assert_eq!(
            plan.json["plan"]["objects"][0]["steps"].as_array().map(Vec::len),
            Some(1),
            "{}",
            plan.text
        );
        let decided = decide(&bench, name, "remove").await;
        assert_eq!(decided["condition"], Value::Null, "{name}: {decided}");
        let id = found["id"].as_str().unwrap();
        assert!(bench.agent.host.object(found["kind"].as_str().unwrap(), id).is_none(), "{name}");
    }
    let names: Vec<_> = items(&bench).await.iter().map(|item| item["name"].clone()).collect();
    assert_eq!(names, [json!("new.example.test")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_id_of_the_server_is_never_given_again() {
    let bench = put_back().await;
    let bob = item(&bench, "bob").await;
    let uid = bob["changes"].as_array().unwrap().iter().find(|c| c["field"] == "uid").unwrap()["host"]
        .as_u64()
        .unwrap();
    let carol = bench.account("carol").await;
    assert!(carol.json["uid"].as_u64().unwrap() > uid, "{} was given again", carol.json["uid"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_changed_before_the_server_was_looked_at() {
    let bench = Bench::new().await;
    bench.account("alice").await;
    let older = copy(&bench).await;
    bench.agent.stop().await;
    let agent = std::sync::Arc::clone(&bench.agent);
    let waiting = tokio::spawn(async move { bench.put_back(&older).await });
    let bench = {
        // the panel is up before its agent is
        tokio::task::yield_now().await;
        agent.start();
        waiting.await.unwrap()
    };
    // and once it was, everything is as ever
    bench.until("/api/v1/node", |answer| answer.json["webserver"]["condition"] == "ready").await;
    let end = tokio::time::Instant::now() + std::time::Duration::from_secs(20);
    loop {
        let body = json!({ "name": "bob", "email": "bob@example.test" });
        let answer = bench.waiting().post("/api/v1/accounts", body).await;
        if answer.status == 201 {
            break;
        }
        assert_eq!(answer.json["code"], "just_restored", "{}", answer.text);
        assert!(tokio::time::Instant::now() < end, "{}", answer.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_visitors_of_a_site_get_is_taken_from_the_server() {
    let bench = Bench::new().await;
    bench.agent.remembers.store(true, Ordering::SeqCst);
    bench.account("alice").await;
    bench.site("alice", "kept.example.test").await;
    let older = copy(&bench).await;
    let edit = json!({ "aliases": ["www.kept.example.test", "m.kept.example.test"], "redirected": ["www.kept.example.test"],
                       "redirect": { "to": "https://www.example.org/shop", "code": 307, "keep_path": true },
                       "maintenance": { "allow": ["203.0.113.0/24"] } });
    let path = "/api/v1/sites/kept.example.test";
    let edited = bench.waiting().header("if-match", "*").patch(path, edit.clone()).await;
    assert_eq!(edited.status, 200, "{}", edited.text);
    assert_eq!(bench.waiting().post(&format!("{path}/disable"), json!({})).await.status, 200);
    let before = bench.agent.host.dump();
    let bench = bench.put_back(&older).await;
    assert_eq!(bench.root().get(path).await.json["redirect"], Value::Null, "the database is older");
    let decided = decide(&bench, "kept.example.test", "host").await;
    assert_eq!(decided["condition"], "ready", "{decided}");
    let site = bench.root().get(path).await;
    for field in ["redirected", "redirect", "maintenance"] {
        assert_eq!(site.json[field], edit[field], "{}", site.text);
    }
    assert_eq!(site.json["disabled"], true);
    assert_eq!(bench.agent.host.dump(), before, "taking over changes nothing on the server");
}
