//! From a request to the host, and back.

use std::sync::atomic::Ordering;
use std::time::Duration;

use api_kit::testing::Client;
use serde_json::json;

use crate::bench::Bench;

#[tokio::test(flavor = "multi_thread")]
async fn an_account_and_a_site_are_made_and_ready() {
    let bench = Bench::new().await;
    let account = bench.account("alice").await;
    assert_eq!(account.headers["location"], "/api/v1/accounts/alice");
    assert_eq!(account.headers["etag"], "\"g1\"");
    let site = bench.site("alice", "www.example.test").await;
    assert_eq!(site.json["php"], "8.4", "the newest version on the server");
    assert_eq!(site.json["pool"], "alice-8.4");
    assert_eq!(site.json["generation"], 1);
    assert_eq!(site.json["observed_generation"], 1);
    let spec = bench.agent.host.object("site", site.json["id"].as_str().unwrap()).unwrap();
    assert_eq!(spec["names"], json!(["www.example.test"]));
    assert_eq!(spec["docroot"], "sites/www.example.test/public");
    assert_eq!(bench.agent.host.count("pool"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_is_found_by_any_of_its_names_and_by_its_id() {
    let bench = Bench::new().await;
    bench.account("alice").await;
    let body =
        json!({ "account": "alice", "name": "example.test", "aliases": ["www.example.test"], "php": null });
    let made = bench.waiting().post("/api/v1/sites", body).await;
    assert_eq!(made.status, 201, "{}", made.text);
    assert_eq!(made.json["php"], json!(null));
    for key in ["example.test", "www.example.test", "WWW.Example.Test.", made.json["id"].as_str().unwrap()] {
        let shown = bench.root().get(&format!("/api/v1/sites/{key}")).await;
        assert_eq!(shown.json["id"], made.json["id"], "{key}: {}", shown.text);
    }
    assert_eq!(bench.agent.host.count("pool"), 0, "a site without PHP needs no pool");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_needs_the_etag_of_what_was_read() {
    let bench = Bench::new().await;
    bench.account("alice").await;
    bench.site("alice", "www.example.test").await;
    let (root, path) = (bench.waiting(), "/api/v1/sites/www.example.test");
    let body = json!({ "body_size": "32M" });
    assert_eq!(root.patch(path, body.clone()).await.status, 428);
    let stale = root.clone().header("if-match", "\"g7\"").patch(path, body.clone()).await;
    assert_eq!(stale.status, 412, "{}", stale.text);
    let done = root.clone().header("if-match", "\"g1\"").patch(path, body).await;
    assert_eq!(done.status, 200, "{}", done.text);
    assert_eq!(done.json["body_size"], "32M");
    assert_eq!(done.headers["etag"], "\"g2\"");
    assert_eq!(done.json["condition"], "ready");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_leads_to_one_site_of_one_account() {
    let bench = Bench::new().await;
    bench.account("alice").await;
    bench.account("bob").await;
    bench.site("alice", "www.example.test").await;
    let taken =
        bench.root().post("/api/v1/sites", json!({ "account": "bob", "name": "www.example.test" })).await;
    assert_eq!(taken.status, 422, "{}", taken.text);
    assert_eq!(taken.json["errors"][0]["code"], "name_taken");
    assert_eq!(taken.json["errors"][0]["pointer"], "/name");
    let body = json!({ "account": "bob", "name": "b.example.test", "aliases": ["WWW.EXAMPLE.TEST"] });
    let taken = bench.root().post("/api/v1/sites", body).await;
    assert_eq!(taken.json["errors"][0]["pointer"], "/aliases/0", "{}", taken.text);
    let own =
        bench.root().post("/api/v1/sites", json!({ "account": "bob", "name": "panel.example.test" })).await;
    assert_eq!(own.json["errors"][0]["code"], "name_reserved", "{}", own.text);
    let own =
        bench.root().post("/api/v1/sites", json!({ "account": "bob", "name": "server1.example.test" })).await;
    assert_eq!(own.json["errors"][0]["code"], "name_reserved", "{}", own.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_s_name_waits_for_approval_unless_it_lies_below_an_approved_one() {
    let bench = Bench::new().await;
    bench.account("alice").await;
    bench.account("bob").await;
    bench.site("bob", "example.org").await;
    let alice = bench.person("alice").await;
    let asks = async |name: &str| {
        let body = json!({ "account": "alice", "name": name, "php": null });
        let made = alice.post("/api/v1/sites", body).await;
        assert_eq!(made.status, 202, "{}", made.text);
        made
    };
    let made = asks("alice.example.com").await;
    assert_eq!(made.json["pending_names"], json!(["alice.example.com"]));
    let id = made.json["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/sites/{id}");
    let held = bench.until(&path, |site| site.json["reason"] == "not_approved").await;
    assert_eq!(held.json["condition"], "pending");
    assert!(held.json["message"].as_str().unwrap().contains("approval"), "{}", held.text);
    assert!(bench.agent.host.object("site", &id).is_none(), "a pending name is not sent");
    let refused = alice.post(&format!("{path}/approve"), json!(null)).await;
    assert_eq!(refused.status, 403, "{}", refused.text);
    let administrator = bench.waiting().header("if-match", "*");
    let approved = administrator.post(&format!("{path}/approve"), json!(null)).await;
    assert_eq!(approved.json["condition"], "ready", "{}", approved.text);
    assert_eq!(approved.json["pending_names"], json!([]));

    assert_eq!(
        asks("blog.alice.example.com").await.json["pending_names"],
        json!([]),
        "below an approved name of one's own"
    );
    let foreign =
        alice.post("/api/v1/sites", json!({ "account": "alice", "name": "shop.example.org" })).await;
    assert_eq!(foreign.json["errors"][0]["code"], "name_of_another", "{}", foreign.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_are_approved_as_they_were_seen_and_no_others() {
    let bench = Bench::new().await;
    bench.account("alice").await;
    let alice = bench.person("alice").await.header("if-match", "*");
    let body = json!({ "account": "alice", "name": "alice.example.com", "php": null });
    let made = alice.post("/api/v1/sites", body).await;
    let path = format!("/api/v1/sites/{}", made.json["id"].as_str().unwrap());
    let seen = bench.root().get(&path).await;
    // Between the administrator's look and their word, the owner adds a name that is not theirs.
    let added = alice.patch(&path, json!({ "aliases": ["shop.example.net"] })).await;
    assert_eq!(added.status, 202, "{}", added.text);
    let approve = format!("{path}/approve");
    assert_eq!(bench.root().post(&approve, json!(null)).await.status, 428);
    let tag = seen.headers["etag"].to_str().unwrap();
    let stale = bench.root().header("if-match", tag).post(&approve, json!(null)).await;
    assert_eq!(stale.status, 412, "{}", stale.text);
    let shown = bench.root().get(&path).await;
    assert_eq!(shown.json["pending_names"], json!(["alice.example.com", "shop.example.net"]));
    let tag = shown.headers["etag"].to_str().unwrap();
    let approved = bench.root().header("if-match", tag).post(&approve, json!(null)).await;
    assert_eq!((approved.status.as_u16(), &approved.json["pending_names"]), (202, &json!([])));
}

#[tokio::test(flavor = "multi_thread")]
async fn suspending_holds_to_the_version_that_is_named() {
    let bench = Bench::new().await;
    bench.account("alice").await;
    bench.site("alice", "www.example.test").await;
    for path in ["/api/v1/sites/www.example.test", "/api/v1/accounts/alice"] {
        for act in ["suspend", "unsuspend"] {
            let stale = bench.root().header("if-match", "\"g7\"");
            let refused = stale.post(&format!("{path}/{act}"), json!({})).await;
            assert_eq!(refused.status, 412, "{path} {act}: {}", refused.text);
        }
        let done =
            bench.root().header("if-match", "\"g1\"").post(&format!("{path}/suspend"), json!({})).await;
        assert_eq!(done.status, 202, "{path}: {}", done.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_does_not_get_rid_of_a_suspension_by_making_the_site_anew() {
    let bench = Bench::new().await;
    bench.account("alice").await;
    bench.site("alice", "www.example.test").await;
    let path = "/api/v1/sites/www.example.test";
    bench.root().post(&format!("{path}/suspend"), json!({})).await;
    let alice = bench.person("alice").await.header("if-match", "*");
    for refused in [alice.delete(path).await, alice.patch(path, json!({ "name": "new.example.test" })).await]
    {
        assert_eq!(
            (refused.status.as_u16(), &refused.json["code"]),
            (409, &json!("suspended")),
            "{}",
            refused.text
        );
    }
    let kept = alice.patch(path, json!({ "body_size": "8M" })).await;
    assert_eq!(kept.status, 202, "{}", kept.text);
    let removed = bench.root().header("if-match", "*").delete(path).await;
    assert!(removed.status.is_success(), "{}", removed.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_whose_only_name_becomes_pending_leaves_the_host_until_it_is_approved() {
    let bench = Bench::new().await;
    bench.account("alice").await;
    let site = bench.site("alice", "www.example.test").await;
    let id = site.json["id"].as_str().unwrap();
    let alice = bench.person("alice").await.header("if-match", "*");
    let edited = alice.patch("/api/v1/sites/www.example.test", json!({ "name": "www.example.org" })).await;
    assert_eq!(edited.status, 202, "{}", edited.text);
    let path = format!("/api/v1/sites/{id}");
    bench.until(&path, |site| site.json["reason"] == "not_approved").await;
    assert!(
        bench.agent.host.object("site", id).is_none(),
        "the old name is no longer served: another may take it"
    );
    bench.account("bob").await;
    bench.site("bob", "www.example.test").await;
    let administrator = bench.waiting().header("if-match", "*");
    let approved = administrator.post(&format!("{path}/approve"), json!(null)).await;
    assert_eq!(approved.json["condition"], "ready", "{}", approved.text);
    assert_eq!(bench.agent.host.object("site", id).unwrap()["names"], json!(["www.example.org"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_php_version_is_refused_with_what_there_is() {
    let bench = Bench::new().await;
    bench.account("alice").await;
    let body = json!({ "account": "alice", "name": "www.example.test", "php": "8.3" });
    let refused = bench.root().post("/api/v1/sites", body.clone()).await;
    assert_eq!(refused.status, 422, "{}", refused.text);
    assert_eq!(refused.json["errors"][0]["code"], "php_version_missing");
    assert!(refused.json["errors"][0]["remedy"].as_str().unwrap().contains("8.2, 8.4"), "{}", refused.text);
    bench.agent.php.lock().unwrap().push("8.3");
    let made = bench.waiting().post("/api/v1/sites", body).await;
    assert_eq!(made.status, 201, "just installed, so it is asked for again: {}", made.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_change_brings_the_new_pool_before_the_old_one_goes() {
    let bench = Bench::new().await;
    bench.account("alice").await;
    bench.site("alice", "www.example.test").await;
    let edit = bench.waiting().header("if-match", "*");
    let done = edit.patch("/api/v1/sites/www.example.test", json!({ "php": "8.2" })).await;
    assert_eq!(done.json["pool"], "alice-8.2", "{}", done.text);
    assert_eq!(done.json["condition"], "ready");
    bench.until("/api/v1/pools/alice-8.4", |pool| pool.status == 404).await;
    assert_eq!(bench.agent.host.count("pool"), 1);
    assert_eq!(bench.root().get("/api/v1/pools/alice-8.2").await.json["condition"], "ready");
}

#[tokio::test(flavor = "multi_thread")]
async fn suspending_an_account_suspends_all_that_hangs_on_it() {
    let bench = Bench::new().await;
    let account = bench.account("alice").await;
    let site = bench.site("alice", "www.example.test").await;
    let alice = bench.person("alice").await;
    assert_eq!(alice.get("/api/v1/me").await.status, 200);
    let done = bench.waiting().post("/api/v1/accounts/alice/suspend", json!({ "reason": "unpaid" })).await;
    assert_eq!(done.status, 200, "{}", done.text);
    assert_eq!(done.json["suspended_reason"], "unpaid");
    let shown =
        bench.until("/api/v1/sites/www.example.test", |site| site.json["observed_generation"] == 2).await;
    assert_eq!(shown.json["suspended"], true);
    let on_host =
        |kind: &str, id: &serde_json::Value| bench.agent.host.object(kind, id.as_str().unwrap()).unwrap();
    assert_eq!(on_host("site", &site.json["id"])["suspended"], true);
    assert_eq!(on_host("account", &account.json["id"])["suspended"], true);
    assert_eq!(alice.get("/api/v1/me").await.status, 401, "the owner is out");
    let done = bench.waiting().post("/api/v1/accounts/alice/unsuspend", json!(null)).await;
    assert_eq!(done.json["suspended"], false, "{}", done.text);
    bench.until("/api/v1/sites/www.example.test", |site| site.json["observed_generation"] == 3).await;
    assert_eq!(on_host("site", &site.json["id"])["suspended"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn site_and_account_are_deleted_and_their_names_are_free_again() {
    let bench = Bench::new().await;
    bench.account("alice").await;
    bench.site("alice", "www.example.test").await;
    let refused = bench.root().delete("/api/v1/accounts/alice").await;
    assert_eq!(refused.status, 409, "{}", refused.text);
    assert_eq!(refused.json["code"], "account_has_sites");
    let gone = bench.waiting().delete("/api/v1/sites/www.example.test").await;
    assert_eq!(gone.status, 204, "{}", gone.text);
    let gone = bench.waiting().delete("/api/v1/accounts/alice").await;
    assert_eq!(gone.status, 204, "{}", gone.text);
    assert_eq!(bench.agent.host.dump().matches("alice").count(), 0, "{}", bench.agent.host.dump());
    assert_eq!(bench.root().get("/api/v1/accounts/alice").await.status, 404);
    let again = bench.account("alice").await;
    assert_eq!(again.json["uid"], 20_001, "a uid is never given out again");
    bench.site("alice", "www.example.test").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn site_and_account_may_be_deleted_without_waiting_in_between() {
    let bench = Bench::new().await;
    bench.account("alice").await;
    bench.site("alice", "www.example.test").await;
    bench.agent.host.takes(Duration::from_millis(50));
    assert_eq!(bench.root().delete("/api/v1/sites/www.example.test").await.status, 202);
    let leaving = bench.root().delete("/api/v1/accounts/alice").await;
    assert_eq!(leaving.status, 202, "{}", leaving.text);
    assert_eq!(leaving.json["condition"], "deleting");
    bench.until("/api/v1/accounts/alice", |account| account.status == 404).await;
    assert_eq!(bench.count("SELECT COUNT(*) AS value FROM pool").await, 0);
    assert_eq!(bench.count("SELECT COUNT(*) AS value FROM site_name").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_is_away_means_pending_and_never_a_lost_write() {
    let bench = Bench::without_agent().await;
    bench.until("/api/v1/node", |node| node.json["webserver"]["reason"] == "agent_unreachable").await;
    let made =
        bench.root().post("/api/v1/accounts", json!({ "name": "alice", "email": "a@example.test" })).await;
    assert_eq!(made.status, 202, "{}", made.text);
    let waiting =
        bench.until("/api/v1/accounts/alice", |account| account.json["reason"] == "agent_unreachable").await;
    assert_eq!(waiting.json["condition"], "pending");
    assert_eq!(waiting.json["observed_generation"], 0);
    let body = json!({ "account": "alice", "name": "www.example.test" });
    let refused = bench.root().post("/api/v1/sites", body).await;
    assert_eq!(refused.status, 503, "no PHP version is known yet: {}", refused.text);
    let body = json!({ "account": "alice", "name": "www.example.test", "php": null });
    assert_eq!(bench.root().post("/api/v1/sites", body).await.status, 202);
    let body = json!({ "name": "bob", "email": "b@example.test" });
    let planned = bench.root().post("/api/v1/accounts?dry_run=true", body).await;
    assert_eq!((planned.status.as_u16(), planned.json["code"].as_str()), (503, Some("agent_unreachable")));
    bench.agent.start();
    bench.until("/api/v1/sites/www.example.test", |site| site.json["condition"] == "ready").await;
    bench.until("/api/v1/accounts/alice", |account| account.json["condition"] == "ready").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_changes_nothing_and_its_plan_can_be_insisted_on() {
    let bench = Bench::new().await;
    bench.account("alice").await;
    let before = bench.rows().await;
    let body = json!({ "account": "alice", "name": "www.example.test" });
    let dry = bench.root().post("/api/v1/sites?dry_run=true", body.clone()).await;
    assert_eq!(dry.status, 200, "{}", dry.text);
    assert_eq!(bench.rows().await, before);
    let plan = &dry.json["plan"];
    let kinds: Vec<_> =
        plan["objects"].as_array().unwrap().iter().map(|o| o["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["pool", "site"]);
    assert_eq!(plan["objects"][0]["steps"][0]["code"], "object.write");
    assert_eq!(plan["objects"][1]["steps"][0]["unknown"], "waits for pool alice-8.4");
    let hash = plan["hash"].as_str().unwrap();
    let wrong = "0".repeat(64);
    let refused = bench.root().post(&format!("/api/v1/sites?expect_plan={wrong}"), body.clone()).await;
    assert_eq!(
        (refused.status.as_u16(), refused.json["code"].as_str()),
        (409, Some("plan_changed")),
        "{}",
        refused.text
    );
    assert!(refused.json["plan"]["hash"].is_string(), "the plan of now comes along");
    assert_eq!(bench.rows().await, before);
    let done = bench.waiting().post(&format!("/api/v1/sites?expect_plan={hash}"), body).await;
    assert_eq!(done.status, 201, "{}", done.text);
    assert_eq!(done.json["id"], plan["objects"][1]["id"], "the plan's ids are the real ones");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_moves_after_the_plan_was_agreed_to_makes_the_object_wait() {
    let bench = Bench::new().await;
    let made = bench.account("alice").await;
    bench.agent.stop().await;
    // The plan was agreed to before the agent went away: what is left is the wish that carries its hash.
    let id = made.json["id"].as_str().unwrap();
    let edit = bench.root().header("if-match", "*");
    assert_eq!(edit.patch("/api/v1/accounts/alice", json!({ "limits": { "tasks": 64 } })).await.status, 202);
    let statement = store::Statement::new("UPDATE account SET expect_plan = $2 WHERE id = $1");
    let foreign = "1".repeat(64);
    let write = async |tx: &mut store::WriteTx| tx.execute(statement.bind(id).bind(&foreign)).await;
    bench.parts.panel.store().write::<_, store::StoreError, _>(write).await.unwrap();
    bench.agent.start();
    let held =
        bench.until("/api/v1/accounts/alice", |account| account.json["reason"] == "plan_changed").await;
    assert_eq!(held.json["condition"], "pending");
    assert!(held.json["message"].as_str().unwrap().contains("object.write account"), "{}", held.text);
    assert_eq!(bench.agent.host.object("account", id).unwrap()["limits"]["tasks"], 128, "nothing was done");
    let again = bench.waiting().header("if-match", "*");
    let done = again.patch("/api/v1/accounts/alice", json!({ "limits": { "tasks": 65 } })).await;
    assert_eq!(done.json["condition"], "ready", "a new generation is free of the old plan: {}", done.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_refuses_is_shown_with_its_words_and_tried_again() {
    let bench = Bench::new().await;
    bench.account("alice").await;
    bench.agent.host.breaks("site", Some("unknown directive \"froobnicate\""));
    let made = bench
        .waiting()
        .post("/api/v1/sites", json!({ "account": "alice", "name": "www.example.test" }))
        .await;
    assert_eq!(made.status, 201, "observed, though not well: {}", made.text);
    assert_eq!(made.json["condition"], "degraded");
    assert_eq!(made.json["reason"], "config_refused");
    assert!(made.json["message"].as_str().unwrap().contains("froobnicate"));
    assert_eq!(made.json["attempts"], 1);
    assert!(made.json["next_attempt_at"].is_string());
    bench.agent.host.breaks("site", None);
    bench.until("/api/v1/sites/www.example.test", |site| site.json["condition"] == "ready").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_agent_s_own_pass_finds_shows_here() {
    let bench = Bench::new().await;
    let made = bench.account("alice").await;
    bench.agent.host.breaks("account", Some("the disk is on fire"));
    bench.agent.host.lose("account", made.json["id"].as_str().unwrap());
    bench.agent.sweep();
    let shown =
        bench.until("/api/v1/accounts/alice", |account| account.json["condition"] == "degraded").await;
    assert!(shown.json["message"].as_str().unwrap().contains("on fire"), "{}", shown.text);
    bench.agent.host.breaks("account", None);
    bench.agent.sweep();
    bench.until("/api/v1/accounts/alice", |account| account.json["condition"] == "ready").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_plan_of_the_whole_host_is_empty_when_all_is_as_asked() {
    let bench = Bench::new().await;
    let made = bench.account("alice").await;
    let plan = bench.root().get("/api/v1/plan").await;
    assert_eq!(plan.status, 200, "{}", plan.text);
    assert_eq!(plan.json["plan"]["objects"], json!([]));
    assert_eq!(plan.json["objects"], 2);
    bench.agent.host.lose("account", made.json["id"].as_str().unwrap());
    let plan = bench.root().get("/api/v1/plan").await;
    assert_eq!(plan.json["plan"]["objects"][0]["name"], "alice", "{}", plan.text);
    let swept = bench.root().post("/api/v1/sweep", json!(null)).await;
    assert_eq!(swept.json["differing"], 1, "{}", swept.text);
    assert_eq!(bench.root().get("/api/v1/plan").await.json["plan"]["objects"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ready_host_costs_no_write_when_it_is_looked_at_again() {
    let bench = Bench::new().await;
    bench.account("alice").await;
    bench.site("alice", "www.example.test").await;
    let steps = bench.agent.host.steps.load(Ordering::SeqCst);
    let newest = bench.count("SELECT COALESCE(MAX(seq), 0) AS value FROM event").await;
    desired::compare(&bench.parts.panel).await.unwrap();
    bench.agent.sweep();
    bench.until("/api/v1/health", |_| bench.parts.panel.scheduled() == 0).await;
    assert_eq!(bench.agent.host.steps.load(Ordering::SeqCst), steps);
    assert_eq!(bench.count("SELECT COALESCE(MAX(seq), 0) AS value FROM event").await, newest);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_s_refusals_are_in_the_audit_and_do_not_fill_the_disk() {
    let bench = Bench::new().await;
    bench.account("alice").await;
    let alice = bench.person("alice").await;
    let before = bench.count("SELECT COUNT(*) AS value FROM audit").await;
    for _ in 0..200 {
        assert_eq!(alice.post("/api/v1/sites", json!({ "account": "alice", "name": "x" })).await.status, 422);
    }
    let written = bench.count("SELECT COUNT(*) AS value FROM audit").await - before;
    assert!((60..=120).contains(&written), "{written} of 200, in one or two minutes");
    let audit = alice.get("/api/v1/audit?limit=1").await;
    assert_eq!(audit.status, 200, "{}", audit.text);
    let entry = &bench.root().get("/api/v1/audit?limit=1").await.json["items"][0];
    assert_eq!(
        (entry["actor_name"].as_str(), entry["outcome"].as_str()),
        (Some("alice"), Some("refused")),
        "{entry}"
    );
    assert_eq!(entry["after"]["errors"][0]["pointer"], "/name", "{entry}");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_sites_at_once_are_sent_at_once_within_the_bound() {
    let bench = Bench::new().await;
    bench.account("alice").await;
    bench.agent.host.takes(Duration::from_millis(30));
    for n in 0..60 {
        let body = json!({ "account": "alice", "name": format!("s{n}.example.test") });
        assert_eq!(bench.root().post("/api/v1/sites", body).await.status, 202);
    }
    bench.until("/api/v1/health", |_| bench.agent.host.count("site") == 60).await;
    let most = bench.agent.host.most_at_once.load(Ordering::SeqCst);
    assert!((4..=desired::PARALLEL as u64).contains(&most), "{most} at once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_makes_nobody_an_administrator_who_was_not_asked_to_be_one() {
    let bench = Bench::new().await;
    bench.account("alice").await;
    let link = async |body| bench.root().post("/api/v1/login-links", body).await;
    link(json!({ "login": "alice" })).await.is(201);
    let taken = link(json!({ "login": "alice", "administrator": true })).await;
    taken.refused(409, "login_taken");
    assert_eq!(bench.waiting().delete("/api/v1/accounts/alice").await.status, 204);
    let persons = bench.count("SELECT COUNT(*) AS value FROM person").await;
    let gone = link(json!({ "login": "alice" })).await;
    assert!(gone.refused(404, "not_found").detail.contains("--administrator"), "{}", gone.text);
    assert_eq!(bench.count("SELECT COUNT(*) AS value FROM person").await, persons);

    link(json!({ "login": "carol", "administrator": true })).await.is(201);
    link(json!({ "login": "carol", "administrator": true })).await.is(201);
    let carol = bench.person("carol").await;
    assert_eq!(carol.get("/api/v1/me").await.json["roles"][0]["role"], "administrator");
    let audit = bench.root().get("/api/v1/audit?limit=100").await;
    let made: Vec<_> = audit.json["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|entry| entry["action"] == "person.create")
        .collect();
    assert_eq!(made.len(), 1, "{}", audit.text);
    assert_eq!(made[0]["after"], json!({ "login": "carol", "role": "administrator" }));
    let body = json!({ "login": "dave", "administrator": true });
    carol.post("/api/v1/login-links", body).await.refused(403, "forbidden");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_shows_the_password_of_now_before_another_takes_its_place() {
    let bench = Bench::new().await;
    bench.account("alice").await;
    let path = "/api/v1/accounts/alice";
    let set = async |client: Client, body| client.header("if-match", "*").patch(path, body).await;
    // There is none yet: a link signed her in.
    let first = set(bench.person("alice").await, json!({ "password": "correct horse battery" })).await;
    first.is(202);
    let alice = bench.person("alice").await;
    let without = set(alice.clone(), json!({ "password": "of an open browser" })).await;
    assert_eq!(without.refused(422, "invalid").errors[0].pointer, "/current_password");
    let body = json!({ "password": "of an open browser", "current_password": "a guess" });
    let wrong = set(alice.clone(), body).await;
    let problem = wrong.refused(422, "invalid");
    assert_eq!(
        (&*problem.errors[0].pointer, &*problem.errors[0].code),
        ("/current_password", "password_wrong")
    );
    set(alice.clone(), json!({ "email": "new@example.test" })).await.is(202);
    let body = json!({ "password": "another horse battery", "current_password": "correct horse battery" });
    set(alice, body).await.is(202);
    set(bench.person("admin").await, json!({ "password": "an administrator's" })).await.is(202);
    let audit = bench.root().get("/api/v1/audit?limit=100").await;
    let edits =
        audit.json["items"].as_array().unwrap().iter().filter(|entry| entry["action"] == "account.edit");
    let told: Vec<_> = edits.map(|entry| entry["after"]["password"] == "changed").collect();
    assert_eq!(told.iter().filter(|told| **told).count(), 3, "{}", audit.text);
    assert_eq!(told.len(), 4, "{}", audit.text);
    assert!(!audit.text.contains("horse"), "{}", audit.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_link_is_in_the_audit_and_many_do_not_fill_the_disk() {
    let bench = Bench::new().await;
    let refused = async || bench.count("SELECT COUNT(*) AS value FROM audit WHERE outcome = 'refused'").await;
    let body = json!({ "token": "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA" });
    let follow = async || bench.anonymous().post("/api/v1/session/link", body.clone()).await;
    follow().await.refused(401, "unauthenticated");
    assert_eq!(refused().await, 1);
    for _ in 0..200 {
        follow().await.is(401);
    }
    let written = refused().await;
    assert!((60..=121).contains(&written), "{written} of 201, in one or two minutes");
}
