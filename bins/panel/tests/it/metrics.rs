//! How the server fared, and what is told of it.

use std::time::Duration;

use converge::methods::{HostFigures, HostMetrics};
use names::Micros;
use panel::metric::{Sampler, Seen};
use panel::upkeep;
use serde_json::{Value, json};

use crate::bench::Bench;

const MINUTE: i64 = 60_000_000;
const HOUR: i64 = 60 * MINUTE;

/// A server that has been up so long, and has worked a quarter of it.
fn seen(uptime: u64) -> HostMetrics {
    let figures = HostFigures {
        cpu_busy: uptime * 100,
        cpu_total: uptime * 400,
        network_in: uptime * 1000,
        network_out: uptime * 10,
        disk_read: uptime * 20,
        disk_write: uptime * 30,
        swap_total: 1000,
        swap_free: 900,
        processes: 7,
    };
    HostMetrics {
        uptime_seconds: uptime,
        load: [0.5, 0.0, 0.0],
        memory_total: 1000,
        memory_available: 600,
        disk_total: 1000,
        disk_available: 500,
        figures: Some(figures),
        ..HostMetrics::default()
    }
}

fn at(micros: i64) -> Micros {
    Micros::new(micros).unwrap()
}

async fn look(sampler: &Sampler, micros: i64, seen: HostMetrics) {
    sampler.look_at(at(micros), Seen::Answer(Box::new(seen))).await.unwrap();
}

/// Looks once a minute, `count` times, the first at `from`.
async fn looks(sampler: &Sampler, from: i64, count: u64, uptime: u64) {
    for n in 0..count {
        let after = i64::try_from(n).unwrap() * MINUTE;
        look(sampler, from + after, seen(uptime + n * 60)).await;
    }
}

async fn metrics(bench: &Bench, from: i64, to: i64, points: u32) -> Value {
    let path = format!("/api/v1/node/metrics?from={}&to={}&points={points}", at(from), at(to));
    bench.root().get(&path).await.is(200).json.clone()
}

fn averages(metrics: &Value, name: &str) -> Vec<Option<f64>> {
    let series = metrics["series"].as_array().unwrap();
    let one = series.iter().find(|one| one["name"] == name).unwrap_or_else(|| panic!("{name}: {metrics}"));
    one["average"].as_array().unwrap().iter().map(Value::as_f64).collect()
}

/// The full hour so many hours ago.
fn hours_ago(hours: i64) -> i64 {
    let now = Micros::now().as_micros();
    now - now % HOUR - hours * HOUR
}

#[tokio::test(flavor = "multi_thread")]
async fn minutes_are_kept_and_a_minute_without_a_look_is_a_gap() {
    let bench = Bench::at_rest().await;
    let sampler = Sampler::new(bench.parts.panel.clone());
    let begin = hours_ago(3);
    looks(&sampler, begin + MINUTE, 3, 1000).await;
    // two minutes pass without an answer, then it goes on in a panel that was started anew
    let again = Sampler::new(bench.parts.panel.clone());
    looks(&again, begin + 6 * MINUTE, 2, 1300).await;
    let metrics = metrics(&bench, begin, begin + 8 * MINUTE, 8).await;
    assert_eq!(metrics["step_seconds"], 60);
    assert_eq!(metrics["times"].as_array().unwrap().len(), 8);
    assert_eq!(metrics["times"][0], at(begin).to_string());
    let quarter = Some(0.25);
    assert_eq!(averages(&metrics, "cpu"), [None, quarter, quarter, None, None, None, quarter, None]);
    let rate = Some(1000.0);
    assert_eq!(averages(&metrics, "network_in"), [None, rate, rate, None, None, None, rate, None]);
    let memory = Some(400.0);
    assert_eq!(averages(&metrics, "memory"), [memory, memory, memory, None, None, memory, memory, None]);
    assert_eq!(averages(&metrics, "load")[0], Some(0.5));
    assert_eq!((averages(&metrics, "swap")[0], averages(&metrics, "disk")[0]), (Some(100.0), Some(500.0)));
    assert_eq!(averages(&metrics, "disk_write")[1], Some(30.0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_of_the_panel_leaves_no_hole_and_one_of_the_server_does() {
    let bench = Bench::at_rest().await;
    let begin = hours_ago(3);
    let looked = async |minute: i64, uptime: u64| {
        let sampler = Sampler::new(bench.parts.panel.clone());
        look(&sampler, begin + minute * MINUTE, seen(uptime)).await;
    };
    looked(1, 1000).await;
    looked(2, 1060).await;
    looked(3, 20).await;
    looked(4, 80).await;
    let metrics = metrics(&bench, begin, begin + 4 * MINUTE, 4).await;
    assert_eq!(averages(&metrics, "cpu"), [None, Some(0.25), None, Some(0.25)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn hours_are_made_of_minutes_once_and_the_minutes_go() {
    let bench = Bench::at_rest().await;
    let sampler = Sampler::new(bench.parts.panel.clone());
    let begin = hours_ago(51);
    looks(&sampler, begin + MINUTE, 119, 1000).await;
    // a burst in the second hour
    let mut burst = seen(1000 + 119 * 60);
    burst.memory_available = 100;
    look(&sampler, begin + 120 * MINUTE, burst).await;
    // and some that stay
    let late = hours_ago(2);
    looks(&sampler, late + MINUTE, 90, 100_000).await;
    let rows = async |step: i64| {
        let all = "SELECT COUNT(*) AS value FROM metric WHERE step = 60";
        let hours = "SELECT COUNT(*) AS value FROM metric WHERE step = 3600";
        bench.count(if step == 60 { all } else { hours }).await
    };
    assert_eq!((rows(60).await, rows(3600).await), (210, 0));
    for _ in 0..3 {
        upkeep::forget(&bench.parts.panel).await.unwrap();
        let hours = rows(3600).await;
        assert!((3..=4).contains(&hours), "two old ones, and what is over of the last two: {hours}");
        assert_eq!(rows(60).await, 90);
    }
    let metrics = metrics(&bench, begin, begin + 3 * HOUR, 1000).await;
    assert_eq!(metrics["step_seconds"], 3600);
    let memory = averages(&metrics, "memory");
    assert_eq!(memory, [Some(400.0), Some(408.0), None], "59 minutes of 400 and one of 900");
    let series = metrics["series"].as_array().unwrap();
    let peak = &series.iter().find(|one| one["name"] == "memory").unwrap()["peak"];
    assert_eq!(*peak, json!([400.0, 900.0, null]));
    let counted = "SELECT CAST(SUM(samples) AS BIGINT) AS value FROM metric WHERE step = 3600 AND at < 9000000000000000";
    assert!(bench.count(counted).await >= 120 + 60);
    // over all of it: each minute counts once
    let whole = self::metrics(&bench, begin, late + 2 * HOUR, 1).await;
    let mean = averages(&whole, "memory")[0].unwrap();
    assert!((mean - (209.0 * 400.0 + 900.0) / 210.0).abs() < 1.0, "{mean}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_that_makes_no_sense_is_refused() {
    let bench = Bench::at_rest().await;
    for (query, pointer) in [
        ("points=0", "?points"),
        ("points=1001", "?points"),
        ("points=many", "?points"),
        ("from=yesterday", "?from"),
        ("from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "?from"),
        ("from=2020-01-01T00:00:00Z&to=2020-12-01T00:00:00Z", "?from"),
        ("from=2020-01-01T00:00:00Z", "?from"),
        ("to=2999-01-01T00:00:00Z", "?to"),
        ("step=60", "?step"),
    ] {
        let refused = bench.root().get(&format!("/api/v1/node/metrics?{query}")).await;
        assert_eq!(refused.status, 422, "{query}: {}", refused.text);
        assert_eq!(refused.json["errors"][0]["pointer"], pointer, "{query}: {}", refused.text);
    }
    let empty = bench.root().get("/api/v1/node/metrics").await;
    let cpu = averages(&empty.is(200).json, "cpu");
    assert!(cpu.len() > 250 && cpu.len() <= 300 && cpu.iter().all(Option::is_none), "{}", cpu.len());
}

async fn told(bench: &Bench) -> Vec<(String, String, Value)> {
    let list = bench.root().get("/api/v1/events?limit=200").await;
    let items = list.is(200).json["items"].as_array().unwrap().clone();
    let of_node = items.into_iter().filter(|event| event["kind"] == "node");
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    of_node.map(|e| (word(&e["code"]), word(&e["severity"]), e["params"]["percent"].clone())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_and_a_silent_agent_are_told_of_once_and_are_notices_while_they_last() {
    let bench = Bench::at_rest().await;
    let sampler = Sampler::new(bench.parts.panel.clone());
    let begin = Micros::now().as_micros();
    let topics = async || {
        let notices = bench.root().get("/api/v1/notices").await.is(200).json.clone();
        let items = notices["items"].as_array().unwrap().clone();
        let of = |n: &Value| format!("{} {}", n["code"].as_str().unwrap(), n["severity"].as_str().unwrap());
        items.iter().map(of).collect::<Vec<_>>()
    };
    let mut minute = 0;
    let mut full = async |percent: u64| {
        minute += 1;
        let seen = HostMetrics { disk_total: 100, disk_available: 100 - percent, ..seen(1000) };
        look(&sampler, begin + minute * MINUTE, seen).await;
    };
    full(80).await;
    assert_eq!(told(&bench).await, []);
    full(91).await;
    full(92).await;
    assert_eq!(topics().await, ["node.disk_high warning"]);
    full(96).await;
    full(91).await;
    assert_eq!(topics().await, ["node.disk_high error"]);
    let high =
        |severity: &str, percent: i64| ("node.disk_high".to_owned(), severity.to_owned(), json!(percent));
    assert_eq!(told(&bench).await, [high("warning", 90), high("error", 95)]);
    full(84).await;
    assert_eq!(topics().await, Vec::<String>::new(), "it is well again");

    let silent = async |minutes: i64| {
        let now = at(begin + (10 + minutes) * MINUTE);
        sampler.look_at(now, Seen::Nothing).await.unwrap();
    };
    // the last answer was in minute 6
    for minutes in [-3, -2, -1, 0] {
        silent(minutes).await;
    }
    assert_eq!(topics().await, ["node.agent_away error"]);
    silent(5).await;
    let words = async || told(&bench).await.into_iter().skip(2).map(|(code, ..)| code).collect::<Vec<_>>();
    assert_eq!(words().await, ["node.agent_away"]);
    look(&sampler, begin + 20 * MINUTE, seen(1000)).await;
    assert_eq!(words().await, ["node.agent_away", "node.agent_back"]);
    assert_eq!(topics().await, Vec::<String>::new());
    // one that answers, but not this, is not away
    sampler.look_at(at(begin + 30 * MINUTE), Seen::Refusal).await.unwrap();
    assert_eq!(words().await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_upkeep_looks_at_the_server_by_itself() {
    // at its very first start neither the server's row nor the agent may be there yet, and the next look is a minute later
    let bench = Bench::new().await.killed_and_started().await;
    let end = tokio::time::Instant::now() + Duration::from_secs(20);
    while bench.count("SELECT COUNT(*) AS value FROM metric WHERE step = 60").await == 0 {
        assert!(tokio::time::Instant::now() < end, "nobody looked");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_node_shows_what_its_processors_do_between_two_looks() {
    let bench = Bench::at_rest().await;
    let host = async || bench.root().get("/api/v1/node").await.is(200).json["host"].clone();
    assert_eq!(host().await["cpu"], json!(null));
    *bench.agent.figures.lock().unwrap() = HostFigures {
        cpu_busy: 50,
        cpu_total: 200,
        swap_total: 2048,
        swap_free: 1024,
        processes: 7,
        ..HostFigures::default()
    };
    let seen = host().await;
    assert_eq!(
        (&seen["cpu"], &seen["swap_total"], &seen["swap_free"], &seen["processes"]),
        (&json!(0.25), &json!(2048), &json!(1024), &json!(7))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_and_services_are_shown_and_nonsense_is_refused() {
    let bench = Bench::at_rest().await;
    let list = bench.root().get("/api/v1/node/processes?limit=2&sort=cpu").await;
    assert_eq!(list.is(200).json["items"].as_array().unwrap().len(), 2);
    assert_eq!(list.json["items"][0]["account"], "alice");
    let services = bench.root().get("/api/v1/node/services").await.is(200).json.clone();
    assert_eq!(services["items"][0]["unit"], "nginx.service");
    assert_eq!(services["items"][0]["cpu_seconds"], 1.23);
    assert_eq!((&services["pools_idle"], &services["pools_failed"]), (&json!(2), &json!(["bob-8.4"])));
    for (query, pointer) in [("limit=0", "?limit"), ("limit=101", "?limit"), ("sort=name", "?sort")] {
        let refused = bench.root().get(&format!("/api/v1/node/processes?{query}")).await;
        assert_eq!((refused.status.as_u16(), &refused.json["errors"][0]["pointer"]), (422, &json!(pointer)));
    }
    bench.agent.stop().await;
    assert_eq!(bench.root().get("/api/v1/node/services").await.status, 503);
}
