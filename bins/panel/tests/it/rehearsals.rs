//! What is only to be shown changes nothing: routes that are no change of one object, and settings.

use std::sync::atomic::Ordering;
use std::time::Duration;

use names::Micros;
use serde_json::json;

use crate::bench::Bench;

#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_can_be_shown_first_and_held_to_what_was_shown() {
    let bench = Bench::new().await;
    let made = bench.account("alice").await;
    bench.agent.host.lose("account", made.json["id"].as_str().unwrap());
    let steps = bench.agent.host.steps.load(Ordering::SeqCst);
    let dry = bench.root().post("/api/v1/sweep?dry_run=true", json!(null)).await;
    assert_eq!(dry.status, 200, "{}", dry.text);
    assert_eq!(dry.json["plan"]["objects"][0]["name"], "alice", "{}", dry.text);
    let wrong = format!("/api/v1/sweep?expect_plan={}", "0".repeat(64));
    let refused = bench.root().post(&wrong, json!(null)).await;
    assert_eq!((refused.status.as_u16(), refused.json["code"].as_str()), (409, Some("plan_changed")));
    assert_eq!(bench.agent.host.steps.load(Ordering::SeqCst), steps, "nothing was done");
    let right = format!("/api/v1/sweep?expect_plan={}", dry.json["plan"]["hash"].as_str().unwrap());
    let swept = bench.root().post(&right, json!(null)).await;
    assert_eq!((swept.status.as_u16(), &swept.json["differing"]), (200, &json!(1)), "{}", swept.text);
    assert_eq!(bench.agent.host.steps.load(Ordering::SeqCst), steps + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_about_a_hand_edit_can_be_shown_first() {
    let bench = Bench::new().await;
    let made = bench.account("alice").await;
    let id = made.json["id"].as_str().unwrap();
    bench.agent.host.lose("account", id);
    let steps = bench.agent.host.steps.load(Ordering::SeqCst);
    let decide = async |action: &str, until: Option<Micros>, query: &str| {
        let mut body = json!({ "kind": "account", "id": id, "action": action });
        if let Some(until) = until {
            body["until"] = until.to_string().into();
        }
        bench.root().post(&format!("/api/v1/drift/actions{query}"), body).await
    };
    let dry = decide("revert", None, "?dry_run=true").await;
    assert_eq!(dry.status, 200, "{}", dry.text);
    assert_eq!(dry.json["plan"]["objects"][0]["steps"][0]["code"], "object.write", "{}", dry.text);
    assert_eq!(bench.agent.host.steps.load(Ordering::SeqCst), steps, "nothing was done");
    let wrong = format!("?expect_plan={}", "0".repeat(64));
    assert_eq!(decide("revert", None, &wrong).await.json["code"], "plan_changed");
    let tomorrow = Micros::now().plus(Duration::from_hours(24));
    let dry = decide("pause", Some(tomorrow), "?dry_run=true").await;
    assert_eq!(dry.json["plan"]["objects"], json!([]), "a pause changes nothing: {}", dry.text);
    for until in [None, Some(Micros::now()), Some(Micros::now().plus(Duration::from_hours(24 * 31)))] {
        let refused = decide("pause", until, "").await;
        assert_eq!(refused.status, 422, "{}", refused.text);
        assert_eq!(refused.json["errors"][0]["pointer"], "/until", "{}", refused.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_event_of_a_decision_names_the_object() {
    let bench = Bench::new().await;
    bench.account("alice").await;
    let site = bench.site("alice", "www.example.test").await;
    let body = json!({ "kind": "site", "id": site.json["id"], "action": "resume" });
    bench.root().post("/api/v1/drift/actions", body).await.is(200);
    let events = bench.root().get("/api/v1/events?limit=50").await;
    let decided =
        events.json["items"].as_array().unwrap().iter().find(|event| event["code"] == "drift.decided");
    let decided = decided.unwrap_or_else(|| panic!("no event: {}", events.text));
    assert_eq!(
        (&decided["params"]["name"], &decided["params"]["action"]),
        (&json!("www.example.test"), &json!("resume"))
    );
    assert_eq!(decided["id"], site.json["id"], "{decided}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_setting_is_checked_and_not_set_by_a_dry_run() {
    let bench = Bench::new().await;
    let path = "/api/v1/settings/event.keep_days";
    let before = bench.root().get(path).await.json;
    let dry = bench.root().put(&format!("{path}?dry_run=true"), json!({ "value": 30 })).await;
    assert_eq!((dry.status.as_u16(), &dry.json["plan"]["objects"]), (200, &json!([])), "{}", dry.text);
    assert_eq!(bench.root().put(&format!("{path}?dry_run=true"), json!({ "value": 0 })).await.status, 422);
    assert_eq!(bench.root().get(path).await.json, before);
    let hash = dry.json["plan"]["hash"].as_str().unwrap();
    let set = bench.root().put(&format!("{path}?expect_plan={hash}"), json!({ "value": 30 })).await;
    assert_eq!((set.status.as_u16(), &set.json["value"]), (200, &json!(30)), "{}", set.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_panel_s_name_is_kept_in_one_form_belongs_to_no_site_and_can_be_taken_away() {
    let bench = Bench::new().await;
    bench.account("alice").await;
    bench.site("alice", "www.example.test").await;
    let path = "/api/v1/settings/panel.hostname";
    let taken = bench.root().put(path, json!({ "value": "WWW.example.test" })).await;
    assert_eq!(taken.json["errors"][0]["code"], "name_taken", "{}", taken.text);
    assert_eq!(taken.json["errors"][0]["pointer"], "/value");
    let set = bench.root().put(path, json!({ "value": "Panel2.Example.Test" })).await;
    assert_eq!(set.json["value"], "panel2.example.test", "{}", set.text);
    let body = json!({ "account": "alice", "name": "panel2.example.test", "php": null });
    let reserved = bench.root().post("/api/v1/sites", body.clone()).await;
    assert_eq!(reserved.json["errors"][0]["code"], "name_reserved", "{}", reserved.text);
    let unset = bench.root().put(path, json!({ "value": null })).await;
    assert_eq!((unset.status.as_u16(), &unset.json["value"]), (200, &json!(null)), "{}", unset.text);
    // The name from the configuration file is for the first start alone.
    let bench = bench.killed_and_started().await;
    assert_eq!(bench.root().get(path).await.json["value"], json!(null));
    assert_eq!(bench.root().post("/api/v1/sites", body).await.status, 202);
}
