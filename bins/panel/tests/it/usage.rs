//! What accounts take: noted, told of, and acted upon.

use std::sync::Arc;

use account_panel::usage::Upkeep;
use account_spec::{AccountUsage, Held, Measured, Usage};
use names::Micros;
use panel::world::World;
use serde_json::{Value, json};
use store::{Statement, StoreError, WriteTx};
use web_spec::SiteTraffic;

use crate::bench::Bench;

const ALICE: &str = "/api/v1/accounts/alice";
const LIMIT: u64 = 100 << 20;

/// What the file system counts of alice from now on, in per cent of her limit.
fn takes(bench: &Bench, id: &Value, percent: u64) {
    let held = Held { disk: true, inodes: false, note: Some("files are not limited".to_owned()) };
    let usage = Usage {
        bytes: LIMIT / 100 * percent,
        entries: None,
        truncated: false,
        measured_by: Measured::Quota,
        held,
    };
    let account = id.as_str().unwrap().parse().unwrap();
    *bench.agent.usages.lock().unwrap() = vec![AccountUsage { account, usage: Some(usage) }];
}

/// One round of upkeep, as if the panel had just been started.
async fn upkeep(bench: &Bench) {
    Upkeep::new(bench.parts.panel.clone(), Arc::new(World)).tick().await.unwrap();
}

async fn bench() -> (Bench, Value) {
    let bench = Bench::new().await;
    bench.account("alice").await;
    let limits = json!({ "limits": { "disk_bytes": LIMIT } });
    let edited = bench.waiting().header("if-match", "*").patch(ALICE, limits).await;
    assert_eq!(edited.status, 200, "{}", edited.text);
    let id = edited.json["id"].clone();
    (bench, id)
}

async fn events(bench: &Bench, code: &str) -> Vec<Value> {
    let list = bench.root().get("/api/v1/events?limit=200").await;
    let items = list.json["items"].as_array().unwrap().clone();
    items.into_iter().filter(|event| event["code"] == code).collect()
}

async fn policy(bench: &Bench, policy: &str) {
    let set = bench.root().put("/api/v1/settings/usage.over_quota", json!({ "value": policy })).await;
    assert_eq!(set.status, 200, "{}", set.text);
}

async fn is_suspended(bench: &Bench) -> bool {
    bench.root().get(ALICE).await.json["suspended"] == true
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_has_the_newest_figure_and_what_its_sites_sent() {
    let (bench, id) = bench().await;
    let site = bench.site("alice", "a.example.test").await.json["id"].clone();
    let site = site.as_str().unwrap().parse().unwrap();
    takes(&bench, &id, 10);
    *bench.agent.traffic.lock().unwrap() = vec![SiteTraffic { site, requests: 3, bytes: 500 }];
    upkeep(&bench).await;
    takes(&bench, &id, 20);
    upkeep(&bench).await;
    let list = bench.root().get(&format!("{ALICE}/usage/history")).await;
    let items = list.json["items"].as_array().unwrap();
    assert_eq!(items.len(), 1, "{}", list.text);
    let wanted = (&json!(LIMIT / 100 * 20), &json!(null), &json!(500), &json!(3));
    let day = &items[0];
    assert_eq!((&day["bytes"], &day["entries"], &day["traffic_bytes"], &day["requests"]), wanted);
    let refused = bench.root().get(&format!("{ALICE}/usage/history?days=0")).await;
    assert_eq!(refused.status, 422, "{}", refused.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_no_file_system_counts_is_counted_by_its_worker() {
    let (bench, _) = bench().await;
    upkeep(&bench).await;
    let list = bench.root().get(&format!("{ALICE}/usage/history")).await;
    assert_eq!(list.json["items"][0]["bytes"], 4096, "{}", list.text);
    assert_eq!(list.json["items"][0]["entries"], 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_part_of_a_limit_is_told_of_once() {
    let (bench, id) = bench().await;
    for (percent, high, full) in [
        (50, 0, 0),
        (82, 1, 0),
        (84, 1, 0),
        (96, 2, 0),
        (100, 2, 1),
        (99, 2, 1),
        (100, 2, 1),
        (10, 2, 1),
        (81, 3, 1),
    ] {
        takes(&bench, &id, percent);
        upkeep(&bench).await;
        let told = events(&bench, "usage.high").await;
        // the same words within ten minutes are one row with a count
        let high_told: u64 = told.iter().map(|event| event["count"].as_u64().unwrap()).sum();
        let full_told = events(&bench, "usage.full").await.len();
        assert_eq!((high_told, full_told), (high, full), "at {percent} per cent: {told:?}");
    }
    assert!(!is_suspended(&bench).await, "the policy is to warn");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_policy_suspends_at_the_limit_and_lets_go_on_below_it() {
    let (bench, id) = bench().await;
    policy(&bench, "suspend").await;
    takes(&bench, &id, 99);
    upkeep(&bench).await;
    assert!(!is_suspended(&bench).await);
    takes(&bench, &id, 100);
    upkeep(&bench).await;
    let account = bench.root().get(ALICE).await.json;
    assert_eq!((&account["suspended"], &account["suspended_reason"]), (&json!(true), &json!("over_quota")));
    let limits = json!({ "limits": { "disk_bytes": 2 * LIMIT } });
    let edited = bench.root().header("if-match", "*").patch(ALICE, limits).await;
    assert_eq!(edited.status, 202, "{}", edited.text);
    upkeep(&bench).await;
    assert!(!is_suspended(&bench).await, "its limit was raised");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_month_s_traffic_is_told_of_and_acted_upon_until_the_month_ends() {
    let (bench, id) = bench().await;
    takes(&bench, &id, 10);
    let most = json!({ "limits": { "traffic_bytes": 1000 } });
    bench.waiting().header("if-match", "*").patch(&format!("{ALICE}/limits"), most).await.is(200);
    let at = |text: &str| Micros::parse(text).unwrap();
    let round = async |text: &str| {
        Upkeep::new(bench.parts.panel.clone(), Arc::new(World)).tick_at(at(text)).await.unwrap();
    };
    let sent = async |day: &str, bytes: i64| {
        const SENT: Statement = Statement::new(
            "INSERT INTO account_usage_day (account_id, day, traffic_bytes, requests) SELECT id, $1, $2, 1 FROM account WHERE TRUE
             ON CONFLICT (account_id, day) DO UPDATE SET traffic_bytes = excluded.traffic_bytes",
        );
        let day = at(&format!("{day}T00:00:00Z")).as_micros() / 86_400_000_000;
        let write = async |tx: &mut WriteTx| tx.execute(SENT.bind(day).bind(bytes)).await;
        bench.parts.panel.store().write::<_, StoreError, _>(write).await.unwrap();
    };
    let told = async || {
        let mut all = events(&bench, "usage.high").await;
        all.extend(events(&bench, "usage.full").await);
        all.retain(|event| event["params"]["what"] == "traffic");
        all.iter().map(|event| event["params"]["percent"].as_i64().unwrap()).collect::<Vec<_>>()
    };
    policy(&bench, "suspend").await;
    // what was sent in the month before counts no longer
    sent("2031-02-28", 5000).await;
    sent("2031-03-01", 500).await;
    round("2031-03-01T12:00:00Z").await;
    assert_eq!((told().await, is_suspended(&bench).await), (vec![], false));
    sent("2031-03-20", 300).await;
    round("2031-03-20T12:00:00Z").await;
    assert_eq!((told().await, is_suspended(&bench).await), (vec![80], false));
    sent("2031-03-31", 200).await;
    round("2031-03-31T23:59:59Z").await;
    assert_eq!((told().await, is_suspended(&bench).await), (vec![80, 100], true));
    assert_eq!(bench.root().get(ALICE).await.json["suspended_reason"], "over_quota");
    // the month turns by UTC, and the account goes on
    round("2031-04-01T00:00:00Z").await;
    assert!(!is_suspended(&bench).await);
    sent("2031-04-02", 1000).await;
    round("2031-04-02T00:00:00Z").await;
    assert!(is_suspended(&bench).await);
    let more = json!({ "limits": { "traffic_bytes": 10_000 } });
    bench.root().header("if-match", "*").patch(&format!("{ALICE}/limits"), more).await.is(202);
    round("2031-04-02T00:01:00Z").await;
    assert!(!is_suspended(&bench).await, "its limit was raised");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_policy_undoes_nothing_that_a_person_decided() {
    let (bench, id) = bench().await;
    policy(&bench, "suspend").await;
    takes(&bench, &id, 100);
    upkeep(&bench).await;
    assert!(is_suspended(&bench).await);
    let act = async |verb: &str| {
        let done = bench.root().post(&format!("{ALICE}/{verb}"), json!({})).await;
        assert_eq!(done.status, 202, "{}", done.text);
    };
    act("unsuspend").await;
    upkeep(&bench).await;
    assert!(!is_suspended(&bench).await, "a person let it go on");
    takes(&bench, &id, 50);
    upkeep(&bench).await;
    takes(&bench, &id, 100);
    upkeep(&bench).await;
    assert!(is_suspended(&bench).await, "it was below in between");
    act("suspend").await;
    takes(&bench, &id, 10);
    upkeep(&bench).await;
    assert!(is_suspended(&bench).await, "a person suspended it");
    act("unsuspend").await;
    upkeep(&bench).await;
    assert!(!is_suspended(&bench).await);
}
