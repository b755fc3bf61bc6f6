use serde_json::json;

use super::*;
use crate::testing::{Answer, FakePanel};

#[test]
fn a_line_has_as_many_columns_as_fit_and_blanks_where_nothing_is_known() {
    let points = |all: &[f64]| all.iter().map(|point| (*point >= 0.0).then_some(*point)).collect::<Vec<_>>();
    assert_eq!(line(&points(&[0.0, 0.5, 1.0, -1.0, 1.0]), 40), "▁▅█ █");
    assert_eq!(line(&points(&[0.0, 0.0]), 40), "▁▁");
    assert_eq!(line(&points(&[-1.0, -1.0]), 40), "  ");
    assert_eq!(line(&[], 40), "");
    assert_eq!(line(&vec![Some(3.0); 1000], 40).chars().count(), 40);
    assert_eq!(line(&points(&[0.0, 2.0, 4.0, 4.0]), 2), "▃█");
}

#[tokio::test]
async fn figures_are_shown_with_their_units() {
    let series = |name: &str, unit: &str, average: Value, peak: Value| json!({ "name": name, "unit": unit, "average": average, "peak": peak });
    let metrics = json!({
        "from": "2026-03-01T00:00:00.000000Z", "to": "2026-03-02T00:00:00.000000Z", "step_seconds": 300, "times": [],
        "series": [
            series("cpu", "ratio", json!([0.25, null, 0.75]), json!([0.5, null, 1.0])),
            series("load", "count", json!([0.5, 0.5, null]), json!([1.25, 0.5, null])),
            series("network_in", "bytes_per_second", json!([2048.0, null, 1024.0]), json!([4096.0, null, 1024.0])),
            series("swap", "bytes", json!([null, null, null]), json!([null, null, null])),
        ],
    });
    let line = "GET /node/metrics?from=2026-03-01T00%3A00%3A00.000000Z&to=2026-03-02T00%3A00%3A00.000000Z&points=300";
    let panel = FakePanel::start([(line, Answer::json(200, &metrics))]);
    let args = ["node", "metrics", "--from", "2026-03-01T00:00:00Z", "--to", "2026-03-02T00:00:00Z"];
    let ran = panel.run(&args).await;
    assert_eq!(ran.code, 0, "{}", ran.err);
    insta::assert_snapshot!(ran.out);
}

#[tokio::test]
async fn services_and_pools_are_told() {
    let service = |unit: &str, active: &str, sub: &str| {
        json!({ "unit": unit, "what": "the web server of all sites", "active": active, "sub": sub, "result": "success",
                "since": "2026-03-01T12:00:00.000000Z", "memory_bytes": 1 << 24, "tasks": 3, "cpu_seconds": 1.26, "restarts": 2 })
    };
    let services = json!({
        "read_at": "2026-03-01T12:00:00.000000Z",
        "items": [service("nginx.service", "active", "running"), service("ssh.service", "failed", "failed")],
        "pools_active": 1, "pools_idle": 2, "pools_failed": ["alice-8.4", "bob-8.2"],
    });
    let panel = FakePanel::start([("GET /node/services", Answer::json(200, &services))]);
    let ran = panel.run(&["node", "services"]).await;
    assert_eq!(ran.code, 0, "{}", ran.err);
    insta::assert_snapshot!(ran.out);
}

fn processes(cpu: &Value) -> Answer {
    let process = json!({ "pid": 7, "command": "php-fpm8.4", "user": "alice", "account": "alice", "unit": null, "cpu": cpu,
                          "memory_bytes": 1 << 24, "started_at": "2026-03-01T12:00:00.000000Z" });
    Answer::json(200, &json!({ "read_at": "2026-03-01T12:00:00.000000Z", "count": 90, "items": [process] }))
}

#[tokio::test]
async fn by_processor_time_it_is_looked_twice_where_nobody_looked_before() {
    let line = "GET /node/processes?sort=cpu&limit=20";
    let panel = FakePanel::start([(line, processes(&Value::Null)), (line, processes(&json!(1.5)))]);
    let ran = panel.run(&["node", "processes", "--sort", "cpu"]).await;
    assert!(ran.code == 0 && ran.out.contains("150.0 %"), "{} {}", ran.out, ran.err);
    let panel = FakePanel::start([(line, processes(&json!(0.25)))]);
    let ran = panel.run(&["node", "processes", "--sort", "cpu"]).await;
    assert!(ran.out.contains("25.0 %") && ran.err.contains("1 of 90 processes"), "{} {}", ran.out, ran.err);
}
