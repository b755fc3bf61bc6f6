use serde_json::{Value, json};

use crate::testing::{Answer, FakePanel};

fn line(id: &str, uri: &str, status: u16) -> Value {
    json!({
        "id": id, "time": "2026-11-26T10:00:00.000000Z", "client": "192.0.2.7", "host": "www.example.test", "method": "GET", "uri": uri,
        "protocol": "HTTP/2.0", "status": status, "bytes": 2048, "seconds": 0.012, "referrer": null, "agent": "curl/8", "level": null,
        "message": null, "raw": null, "cut": false,
    })
}

fn page(items: &[Value], next: Option<&str>) -> Answer {
    Answer::json(
        200,
        &json!({ "items": items, "next_cursor": next, "stopped_early": false, "newest": "f-9" }),
    )
}

#[tokio::test]
async fn the_newest_lines_are_written_the_newest_last_page_by_page() {
    let panel = FakePanel::start([
        (
            "GET /sites/www.example.test/logs?kind=access&search=a&status=4xx&limit=3",
            page(&[line("f-3", "/c", 404), line("f-2", "/b\u{1b}[2J", 403)], Some("f-2")),
        ),
        (
            "GET /sites/www.example.test/logs?kind=access&search=a&status=4xx&limit=1&before=f-2",
            page(&[line("f-1", "/a", 410)], Some("f-1")),
        ),
    ]);
    let args = ["site", "log", "www.example.test", "-n", "3", "--search", "a", "--status", "4xx"];
    let ran = panel.run(&args).await;
    assert_eq!(ran.code, 0, "{}", ran.err);
    let lines: Vec<_> = ran.out.lines().collect();
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[0], "2026-11-26 10:00:00Z  192.0.2.7  410  GET /a  2.0 KiB  0.012 s  curl/8");
    assert!(lines[2].contains("/c") && !ran.out.contains('\u{1b}'), "{}", ran.out);
}

#[tokio::test]
async fn errors_and_what_is_no_line_are_written_as_they_are() {
    let error = json!({ "id": "f-1", "time": "2026-11-26T10:00:00.000000Z", "level": "error", "message": "open() failed" });
    let raw = json!({ "id": "f-0", "time": null, "raw": "half a line" });
    let path = "GET /sites/www.example.test/logs?kind=error&limit=50";
    let panel = FakePanel::start([(path, page(&[error.clone(), raw], None))]);
    let ran = panel.run(&["site", "log", "www.example.test", "--error"]).await;
    assert_eq!(ran.out, "half a line\n2026-11-26 10:00:00Z  error  open() failed\n");
    let panel = FakePanel::start([(path, page(&[error], None))]);
    let ran = panel.run(&["site", "log", "www.example.test", "--error", "--json"]).await;
    assert_eq!(serde_json::from_str::<Value>(&ran.out).unwrap()["message"], "open() failed");
    let panel = FakePanel::start([(path, page(&[], None))]);
    assert_eq!(panel.run(&["site", "log", "www.example.test", "--error"]).await.code, 0);
    let both = ["site", "log", "www.example.test", "--error", "--status", "404"];
    assert_eq!(FakePanel::start([]).run(&both).await.code, 2);
}

#[tokio::test]
async fn a_log_is_followed_from_the_end_of_what_was_written() {
    let event = format!("event: line\nid: f-20\ndata: {}\n\n", line("f-9", "/new", 200));
    let gap = "event: gap\nid: f-30\ndata: {}\n\n";
    let panel = FakePanel::start([
        ("GET /sites/www.example.test/logs?kind=access&limit=1", page(&[line("f-1", "/old", 200)], None)),
        ("GET /sites/www.example.test/logs/follow?kind=access", Answer::text(200, event + gap)),
        (
            "GET /sites/www.example.test/logs/follow?kind=access",
            crate::testing::problem(404, "not_found", "No such site."),
        ),
    ]);
    let ran = panel.run(&["site", "log", "www.example.test", "-n", "1", "--follow"]).await;
    assert!(ran.out.contains("/old") && ran.out.contains("/new"), "{}", ran.out);
    assert!(ran.err.contains("lines are missing here"), "{}", ran.err);
    let seen = panel.seen();
    assert_eq!(seen[1].headers["last-event-id"], "f-9");
    assert_eq!(seen[2].headers["last-event-id"], "f-30");
}

#[tokio::test]
async fn a_file_is_kept_and_none_that_is_there_is_overwritten() {
    let place = tempfile::tempdir().unwrap();
    let kept = place.path().join("kept.log");
    let to = kept.display().to_string();
    let answer =
        || ("GET /sites/www.example.test/logs/files/access.log.2", Answer::text(200, "raw \u{1b}[2J\n"));
    let args = ["site", "log", "www.example.test", "--download", &to, "--file", "access.log.2"];
    let ran = FakePanel::start([answer()]).run(&args).await;
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(std::fs::read_to_string(&kept).unwrap(), "raw \u{1b}[2J\n");
    std::fs::write(&kept, "mine").unwrap();
    assert_ne!(FakePanel::start([answer()]).run(&args).await.code, 0);
    assert_eq!(std::fs::read_to_string(&kept).unwrap(), "mine");
    let list = json!({ "items": [{ "name": "error.log", "id": "abc", "bytes": 5, "modified_at": "2026-11-26T10:00:00.000000Z" }] });
    let panel =
        FakePanel::start([("GET /sites/www.example.test/logs/files?kind=error", Answer::json(200, &list))]);
    let ran = panel.run(&["site", "log", "www.example.test", "--error", "--files"]).await;
    assert!(ran.out.contains("error.log") && ran.out.contains("2026-11-26 10:00:00Z"), "{}", ran.out);
}

#[tokio::test]
async fn traffic_is_told_by_day_with_the_account_s_month() {
    let traffic = json!({
        "items": [{ "day": "2026-11-25", "requests": 12, "bytes": 2048 }], "requests": 12, "bytes": 2048,
        "account_month": { "since": "2026-11-01", "requests": 20, "bytes": 4096, "limit_bytes": 1_073_741_824_u64 },
    });
    let panel =
        FakePanel::start([("GET /sites/www.example.test/traffic?days=7", Answer::json(200, &traffic))]);
    let ran = panel.run(&["site", "traffic", "www.example.test", "--days", "7"]).await;
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(
        ran.out.contains("2026-11-25") && ran.out.contains("4.0 KiB of 1.0 GiB since 2026-11-01"),
        "{}",
        ran.out
    );
    let none = json!({ "items": [], "requests": 0, "bytes": 0, "account_month": null });
    let panel = FakePanel::start([("GET /sites/www.example.test/traffic?days=30", Answer::json(200, &none))]);
    let ran = panel.run(&["site", "traffic", "www.example.test"]).await;
    assert!(ran.err.contains("no visitors") && !ran.out.contains("its account"), "{} {}", ran.out, ran.err);
}
