//! What sites sent, day by day.

use std::sync::Arc;

use account_panel::usage::Upkeep;
use names::Micros;
use panel::world::World;
use serde_json::json;
use web_spec::SiteTraffic;

use crate::bench::Bench;

const TRAFFIC: &str = "/api/v1/sites/a.example.test/traffic";

/// One round of upkeep, as if the panel had just been started.
async fn upkeep(bench: &Bench) {
    Upkeep::new(bench.parts.panel.clone(), Arc::new(World)).tick().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_s_days_are_kept_and_never_counted_twice() {
    let bench = Bench::new().await;
    bench.account("alice").await;
    let mut ids = Vec::new();
    for name in ["a.example.test", "c.a.example.test", "quiet.a.example.test"] {
        let id = bench.site("alice", name).await.json["id"].clone();
        ids.push(id.as_str().unwrap().parse().unwrap());
    }
    let empty = bench.root().get(TRAFFIC).await;
    assert_eq!((&empty.is(200).json["items"], &empty.json["bytes"]), (&json!([]), &json!(0)));
    assert_eq!(empty.json["account_month"]["bytes"], 0);
    let sent = |requests, bytes| {
        vec![
            SiteTraffic { site: ids[0], requests, bytes },
            SiteTraffic { site: ids[1], requests: 1, bytes: 1 },
        ]
    };
    for (requests, bytes) in [(3, 500), (3, 500), (4, 700)] {
        *bench.agent.traffic.lock().unwrap() = sent(requests, bytes);
        upkeep(&bench).await;
    }
    let today: String = Micros::now().to_string().chars().take(10).collect();
    let shown = bench.person("alice").await.get(TRAFFIC).await;
    assert_eq!(shown.is(200).json["items"], json!([{ "day": today, "requests": 4, "bytes": 700 }]));
    let month = &shown.json["account_month"];
    assert_eq!(
        (&month["requests"], &month["bytes"], &month["limit_bytes"]),
        (&json!(5), &json!(701), &json!(null))
    );
    assert!(month["since"].as_str().unwrap().ends_with("-01"));
    let quiet = bench.root().get("/api/v1/sites/quiet.a.example.test/traffic").await;
    assert_eq!(quiet.is(200).json["items"], json!([]), "a site that never had a visitor");
    // an agent that lost its figures makes nothing smaller
    *bench.agent.traffic.lock().unwrap() = sent(1, 10);
    upkeep(&bench).await;
    assert_eq!(bench.root().get(TRAFFIC).await.json["requests"], 4);
    bench.root().get(&format!("{TRAFFIC}?days=0")).await.is(422);
    bench.root().get(&format!("{TRAFFIC}?days=3651")).await.is(422);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_month_stands_beside_the_account_s_limit_for_those_who_see_the_account() {
    let bench = Bench::new().await;
    bench.account("alice").await;
    bench.site("alice", "a.example.test").await;
    let limit = json!({ "limits": { "traffic_bytes": 1 << 30 } });
    bench.waiting().header("if-match", "*").patch("/api/v1/accounts/alice/limits", limit).await.is(200);
    let month = bench.root().get(TRAFFIC).await.json["account_month"].clone();
    assert_eq!(month["limit_bytes"], 1 << 30);
    let token = bench.token("alice", json!({ "name": "sites", "permissions": ["site.view"] })).await;
    let seen = bench.with_token(&token).get(TRAFFIC).await;
    assert_eq!(seen.is(200).json["account_month"], json!(null));
}

/// The panel was away for some days: the agent still knows them.
#[tokio::test(flavor = "multi_thread")]
async fn days_that_the_panel_missed_are_asked_for_after_a_start() {
    let bench = Bench::new().await;
    bench.account("alice").await;
    let site = bench.site("alice", "a.example.test").await.json["id"].as_str().unwrap().parse().unwrap();
    *bench.agent.traffic.lock().unwrap() = vec![SiteTraffic { site, requests: 2, bytes: 20 }];
    let later = Micros::now().plus(std::time::Duration::from_hours(24 * 5));
    Upkeep::new(bench.parts.panel.clone(), Arc::new(World)).tick_at(later).await.unwrap();
    let shown = bench.root().get(TRAFFIC).await;
    assert_eq!(shown.is(200).json["requests"], 2);
}
