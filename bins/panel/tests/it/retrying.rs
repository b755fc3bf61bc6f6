//! What is tried again now, in place of after its pause.

use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use crate::bench::Bench;

/// Tries so often that the pause is long.
async fn backed_off(bench: &Bench, path: &str) -> Value {
    bench.execute("UPDATE site SET attempts = 9").await;
    bench.execute("UPDATE account SET attempts = 9").await;
    bench.until(path, |answer| answer.json["attempts"].as_u64() > Some(9)).await.json
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_mended_is_ready_at_once_and_not_after_the_pause() {
    let bench = Bench::new().await;
    bench.account("alice").await;
    bench.site("alice", "www.example.test").await;
    let path = "/api/v1/sites/www.example.test";
    bench.agent.host.breaks("site", Some("the disk is out"));
    let id = bench.root().get(path).await.json["id"].as_str().unwrap().to_owned();
    bench.agent.host.lose("site", &id);
    let edit = json!({ "body_size": "8M" });
    bench.root().header("if-match", "*").patch(path, edit).await.is(202);
    bench.until(path, |answer| answer.json["attempts"].as_u64() > Some(0)).await;
    let waits = backed_off(&bench, path).await;
    assert!(!waits["next_attempt_at"].is_null() && waits["condition"] != "ready", "{waits}");
    let generation = waits["generation"].clone();

    // Still broken: it is tried, and says so. The pause is the first again.
    let tried = bench.waiting().post(&format!("{path}/retry"), json!(null)).await;
    assert!(matches!(tried.status.as_u16(), 200 | 202), "{}", tried.text);
    assert_ne!(tried.json["condition"], "ready", "{}", tried.text);
    assert_eq!(tried.json["generation"], generation, "nothing else is wished");
    assert!(tried.json["attempts"].as_u64() < Some(9), "{}", tried.text);

    backed_off(&bench, path).await;
    bench.agent.host.breaks("site", None);
    let steps = bench.agent.host.steps.load(Ordering::SeqCst);
    let dry = bench.root().post(&format!("{path}/retry?dry_run=true"), json!(null)).await;
    assert_eq!(dry.is(200).json["plan"]["objects"][0]["name"], "www.example.test", "{}", dry.text);
    assert_eq!(bench.agent.host.steps.load(Ordering::SeqCst), steps, "nothing was done");
    assert!(bench.root().get(path).await.json["attempts"].as_u64() > Some(9), "and nothing was written");
    let wrong = format!("{path}/retry?expect_plan={}", "0".repeat(64));
    bench.root().post(&wrong, json!(null)).await.refused(409, "plan_changed");
    let right = format!("{path}/retry?expect_plan={}", dry.json["plan"]["hash"].as_str().unwrap());
    let asked = tokio::time::Instant::now();
    let mended = bench.waiting().post(&right, json!(null)).await;
    assert!(asked.elapsed().as_secs() < 10, "{:?}: the pause is 24 seconds at least", asked.elapsed());
    assert_eq!(
        (mended.status.as_u16(), &mended.json["condition"]),
        (200, &json!("ready")),
        "{}",
        mended.text
    );
    assert_eq!((&mended.json["generation"], &mended.json["attempts"]), (&generation, &json!(0)));
    let audit = bench.root().get("/api/v1/audit?limit=1").await;
    assert_eq!(audit.json["items"][0]["action"], "site.retry", "{}", audit.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_can_be_tried_again_and_a_ready_one_stays_so() {
    let bench = Bench::new().await;
    bench.account("alice").await;
    bench.site("alice", "www.example.test").await;
    let pool = bench.root().get("/api/v1/pools").await.json["items"][0]["name"].as_str().unwrap().to_owned();
    for path in ["accounts/alice", "sites/www.example.test", &format!("pools/{pool}"), "node"] {
        let path = format!("/api/v1/{path}");
        let before = bench.root().get(&path).await.json;
        let dry = bench.root().post(&format!("{path}/retry?dry_run=true"), json!(null)).await;
        let steps = dry.is(200).json["plan"]["objects"][0]["steps"].as_array().unwrap().len();
        assert_eq!(steps, 0, "{path}: {}", dry.text);
        let tried = bench.waiting().post(&format!("{path}/retry"), json!(null)).await;
        assert_eq!(tried.status, 200, "{path}: {}", tried.text);
        assert_eq!(tried.header("etag"), bench.root().get(&path).await.header("etag"), "{path}");
        assert_eq!(tried.json["generation"], before["generation"], "{path}");
        bench.root().post(&format!("{path}/retry"), json!(null)).await.is(202);
        let overwrite = bench.root().post(&format!("{path}/retry?overwrite=true"), json!(null)).await;
        assert_eq!(overwrite.is(422).json["errors"][0]["pointer"], "?overwrite", "{path}");
    }
    bench.root().post("/api/v1/sites/nowhere.example.test/retry", json!(null)).await.is(404);
}

/// What a person is to decide about is not decided by trying again.
#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_is_bound_to_another_plan_goes_on_waiting() {
    let bench = Bench::new().await;
    bench.account("alice").await;
    let path = "/api/v1/accounts/alice";
    bench.agent.stop().await;
    let edit = bench.root().header("if-match", "*");
    edit.patch(path, json!({ "limits": { "tasks": 64 } })).await.is(202);
    // In the long pause nobody has the row in hand from before it was bound.
    backed_off(&bench, path).await;
    bench.execute("UPDATE account SET expect_plan = '1111111111111111111111111111111111111111111111111111111111111111'").await;
    bench.agent.start();
    let waits = bench.waiting().post(&format!("{path}/retry"), json!(null)).await;
    assert_eq!(
        (waits.status.as_u16(), &waits.json["reason"]),
        (202, &json!("plan_changed")),
        "{}",
        waits.text
    );
    let tried = bench.waiting().post(&format!("{path}/retry"), json!(null)).await;
    assert_eq!(
        (tried.status.as_u16(), &tried.json["reason"]),
        (202, &json!("plan_changed")),
        "{}",
        tried.text
    );
    assert_eq!(tried.json["generation"], waits.json["generation"]);
    let dry = bench.root().post(&format!("{path}/retry?dry_run=true"), json!(null)).await;
    let hash = dry.is(200).json["plan"]["hash"].as_str().unwrap();
    // Holding the attempt to the plan of now agrees to nothing either.
    let held = bench.waiting().post(&format!("{path}/retry?expect_plan={hash}"), json!(null)).await;
    assert_eq!((held.status.as_u16(), &held.json["reason"]), (202, &json!("plan_changed")), "{}", held.text);
}
