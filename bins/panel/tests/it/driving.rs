//! The rows and the agent: what each does while the other does something else.

use std::sync::atomic::Ordering;
use std::time::Duration;

use converge::{Condition, Reason, Status};
use desired::Key;
use serde_json::{Value, json};
use store::{Statement, StoreError, WriteTx};

use crate::bench::Bench;

const SITE: &str = "/api/v1/sites/www.example.test";

/// Another program than this one was the last that looked at all rows.
async fn another_program_was_here(bench: &Bench) {
    const FORGET: Statement =
        Statement::new("UPDATE setting SET value = '\"x\"' WHERE name = 'panel.checked_by'");
    checked(bench).await;
    let write = async |tx: &mut WriteTx| tx.execute(FORGET).await;
    assert_eq!(bench.parts.panel.store().write::<_, StoreError, _>(write).await.unwrap(), 1);
}

/// Waits until this program looked at all rows.
async fn checked(bench: &Bench) {
    const COUNT: &str =
        "SELECT COUNT(*) AS value FROM setting WHERE name = 'panel.checked_by' AND value <> '\"x\"'";
    let end = tokio::time::Instant::now() + Duration::from_secs(20);
    while bench.count(COUNT).await == 0 {
        assert!(tokio::time::Instant::now() < end, "the rows were never looked at");
        tokio::task::yield_now().await;
    }
}

/// As where another release wants something else of the same row: what is wanted is not what was sent.
async fn other_release(bench: &Bench, site: &Value) {
    const DOCROOT: Statement = Statement::new("UPDATE site SET docroot = 'elsewhere' WHERE id = $1");
    another_program_was_here(bench).await;
    let id = site["id"].as_str().unwrap();
    let write = async |tx: &mut WriteTx| tx.execute(DOCROOT.bind(id)).await;
    assert_eq!(bench.parts.panel.store().write::<_, StoreError, _>(write).await.unwrap(), 1);
}

fn docroot(bench: &Bench, site: &Value) -> Option<Value> {
    Some(bench.agent.host.object("site", site["id"].as_str().unwrap())?["docroot"].clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn another_release_brings_its_specifications_to_what_was_ready() {
    let bench = Bench::new().await;
    bench.account("alice").await;
    let site = bench.site("alice", "www.example.test").await.json;
    other_release(&bench, &site).await;
    let bench = bench.killed_and_started().await;
    let shown = bench.until(SITE, |site| site.json["observed_generation"] == 2).await;
    assert_eq!(shown.json["condition"], "ready", "{}", shown.text);
    assert_eq!(docroot(&bench, &site), Some(json!("elsewhere")));
    // And once, though yet another program looks at it.
    let steps = bench.agent.host.steps.load(Ordering::SeqCst);
    another_program_was_here(&bench).await;
    let bench = bench.killed_and_started().await;
    checked(&bench).await;
    assert_eq!(bench.root().get(SITE).await.json["generation"], 2);
    assert_eq!(bench.agent.host.steps.load(Ordering::SeqCst), steps);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_release_is_no_conflict_for_what_was_not_ready() {
    let bench = Bench::new().await;
    bench.account("alice").await;
    bench.agent.host.breaks("site", Some("unknown directive"));
    let body = json!({ "account": "alice", "name": "www.example.test" });
    let site = bench.waiting().post("/api/v1/sites", body).await.json;
    assert_eq!(site["condition"], "degraded");
    other_release(&bench, &site).await;
    let bench = bench.killed_and_started().await;
    let shown = bench.until(SITE, |site| site.json["observed_generation"] == 2).await;
    assert_eq!(shown.json["reason"], "config_refused", "{}", shown.text);
    bench.agent.host.breaks("site", None);
    bench.until(SITE, |site| site.json["condition"] == "ready").await;
    assert_eq!(docroot(&bench, &site), Some(json!("elsewhere")));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_release_is_no_conflict_for_what_waits_on_the_agent() {
    let bench = Bench::new().await;
    bench.account("alice").await;
    bench.agent.host.breaks("pool", Some("no memory"));
    let body = json!({ "account": "alice", "name": "www.example.test" });
    let site = bench.root().post("/api/v1/sites", body).await.json;
    bench.until(SITE, |site| site.json["reason"] == "waits_for").await;
    other_release(&bench, &site).await;
    let bench = bench.killed_and_started().await;
    bench.agent.host.breaks("pool", None);
    bench.agent.sweep();
    let shown = bench.until(SITE, |site| site.json["condition"] == "ready").await;
    assert_eq!(shown.json["generation"], 2, "{}", shown.text);
    assert_eq!(docroot(&bench, &site), Some(json!("elsewhere")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_between_the_comparison_and_the_stream_is_not_lost() {
    let bench = Bench::new().await;
    let made = bench.account("alice").await;
    let id = made.json["id"].as_str().unwrap().to_owned();
    bench.agent.behind_list(move |agent| {
        agent.host.breaks("account", Some("the disk is on fire"));
        agent.host.lose("account", &id);
        agent.sweep();
    });
    let bench = bench.killed_and_started().await;
    let shown =
        bench.until("/api/v1/accounts/alice", |account| account.json["condition"] == "degraded").await;
    assert!(shown.json["message"].as_str().unwrap().contains("on fire"), "{}", shown.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_agent_tells_during_an_attempt_is_looked_at_after_it() {
    let bench = Bench::new().await;
    bench.account("alice").await;
    bench.until("/api/v1/health", |_| bench.agent.is_watched()).await;
    let found =
        Status::not_ready(Condition::Degraded, Reason::ConfigRefused, "found by the agent's own pass");
    bench.agent.behind_apply(found);
    let edit = bench.root().header("if-match", "*");
    edit.patch("/api/v1/accounts/alice", json!({ "limits": { "tasks": 64 } })).await;
    let told = |account: &api_kit::testing::Answer| account.text.contains("found by the agent's own pass");
    let shown = bench.until("/api/v1/accounts/alice", told).await;
    assert_eq!(shown.json["condition"], "degraded", "{}", shown.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_that_took_long_and_came_to_the_same_does_not_stay_converging() {
    let bench = Bench::new().await;
    bench.account("alice").await;
    bench.agent.host.breaks("pool", Some("no memory"));
    let body = json!({ "account": "alice", "name": "www.example.test" });
    let site = bench.root().post("/api/v1/sites", body).await;
    let waits = bench.until(SITE, |site| site.json["reason"] == "waits_for").await;
    bench.agent.host.takes(Duration::from_millis(1_500));
    // What the agent tells meanwhile is told during the attempt, so that it does not help.
    let message = waits.json["message"].as_str().unwrap();
    bench.agent.behind_apply(Status::not_ready(Condition::Pending, Reason::WaitsFor, message));
    let id = site.json["id"].as_str().unwrap().to_owned();
    bench.parts.panel.wake(Key { kind: "site", id });
    bench.until(SITE, |site| site.json["condition"] == "converging").await;
    // Before the next attempt, which is due half a minute later.
    let shown = bench.until(SITE, |site| site.json["condition"] == "pending");
    let shown = tokio::time::timeout(Duration::from_secs(15), shown).await.expect("it stays converging");
    assert_eq!(shown.json["reason"], "waits_for", "{}", shown.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_is_answered_as_soon_as_a_person_must_decide() {
    const EXPECT: Statement = Statement::new("UPDATE account SET expect_plan = $1");
    let bench = Bench::new().await;
    bench.account("alice").await;
    let soon = Duration::from_secs(15);
    let alice = bench.person("alice").await.header("prefer", "wait=60");
    let body = json!({ "account": "alice", "name": "alice.example.com", "php": null });
    let asked = tokio::time::timeout(soon, alice.post("/api/v1/sites", body)).await;
    let answer = asked.expect("a name that waits for approval is answered at once");
    assert_eq!((answer.status.as_u16(), answer.json["reason"].as_str()), (202, Some("not_approved")));

    bench.agent.stop().await;
    let edit = bench.root().header("if-match", "*").header("prefer", "wait=60");
    let edit = edit.patch("/api/v1/accounts/alice", json!({ "limits": { "tasks": 64 } }));
    let then = async {
        bench.until("/api/v1/accounts/alice", |account| account.json["reason"] == "agent_unreachable").await;
        let write = async |tx: &mut WriteTx| tx.execute(EXPECT.bind("1".repeat(64))).await;
        bench.parts.panel.store().write::<_, StoreError, _>(write).await.unwrap();
        bench.agent.start();
    };
    let (asked, ()) = tokio::join!(tokio::time::timeout(Duration::from_secs(45), edit), then);
    let answer = asked.expect("a plan that changed is answered at once");
    assert_eq!((answer.status.as_u16(), answer.json["reason"].as_str()), (202, Some("plan_changed")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_the_host_is_in_the_audit_though_the_client_hung_up() {
    let bench = Bench::new().await;
    let made = bench.account("alice").await;
    bench.agent.host.takes(Duration::from_millis(500));
    bench.agent.host.lose("account", made.json["id"].as_str().unwrap());
    let root = bench.root();
    let sweep = root.post("/api/v1/sweep", json!(null));
    assert!(tokio::time::timeout(Duration::from_millis(100), sweep).await.is_err(), "it takes longer");
    bench.until("/api/v1/audit", |audit| audit.text.contains("node.sweep")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hand_edits_are_overwritten_by_who_may_edit_the_server() {
    let bench = Bench::new().await;
    bench.account("alice").await;
    bench.site("alice", "www.example.test").await;
    let alice = bench.person("alice").await.header("if-match", "*");
    let path = format!("{SITE}?overwrite=true");
    let refused = alice.patch(&path, json!({ "body_size": "8M" })).await;
    assert_eq!((refused.status.as_u16(), refused.json["code"].as_str()), (403, Some("forbidden")));
    assert_eq!(bench.root().get(SITE).await.json["generation"], 1);
    let done = bench.root().header("if-match", "*").patch(&path, json!({ "body_size": "8M" })).await;
    assert_eq!(done.status, 202, "{}", done.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_counted_once_at_a_time() {
    let bench = Bench::new().await;
    bench.account("alice").await;
    *bench.agent.counting.lock().unwrap() = Duration::from_millis(700);
    let alice = bench.person("alice").await;
    let path = "/api/v1/accounts/alice/usage";
    let (first, second) = tokio::join!(alice.get(path), alice.get(path));
    let mut statuses = [first.status.as_u16(), second.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 429], "{} {}", first.text, second.text);
    assert_eq!(alice.get(path).await.status, 200);
}
