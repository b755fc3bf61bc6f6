//! Sites' logs over the API: pages, files, what comes; and whose they are.

use std::sync::atomic::Ordering;
use std::time::Duration;

use names::SiteId;
use serde_json::{Value, json};
use web_spec::LogKind;

use crate::bench::Bench;

const LOGS: &str = "/api/v1/sites/a.example.test/logs";

fn request(n: u32, status: u16) -> String {
    format!(
        "{{\"site\":\"x\",\"time\":\"2026-11-26T12:00:00+00:00\",\"client\":\"192.0.2.7\",\"host\":\"a.example.test\",\"method\":\"GET\",\
         \"uri\":\"/{n}\",\"protocol\":\"HTTP/2.0\",\"status\":\"{status}\",\"bytes\":\"10\",\"seconds\":\"0.100\",\"referrer\":\"\",\"agent\":\"<b>\"}}\n"
    )
}

async fn bench() -> (Bench, SiteId) {
    let bench = Bench::new().await;
    for (account, site) in [("alice", "a.example.test"), ("bob", "b.example.test")] {
        bench.account(account).await;
        bench.site(account, site).await;
    }
    let site = bench.root().get("/api/v1/sites/a.example.test").await.json["id"].clone();
    (bench, site.as_str().unwrap().parse().unwrap())
}

fn uris(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|line| line["uri"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_pages_through_the_log_while_it_is_rotated() {
    let (bench, site) = bench().await;
    let alice = bench.person("alice").await;
    let empty = alice.get(LOGS).await;
    assert_eq!(empty.is(200).json["items"], json!([]), "no visitor yet");
    for n in 0..5 {
        bench.agent.logs.write(site, LogKind::Access, request(n, 200).as_bytes());
    }
    let page = alice.get(&format!("{LOGS}?limit=2")).await.json;
    assert_eq!(uris(&page), ["/4", "/3"]);
    let line = &page["items"][0];
    assert_eq!((&line["status"], &line["bytes"], &line["seconds"]), (&json!(200), &json!(10), &json!(0.1)));
    assert_eq!((&line["referrer"], &line["agent"]), (&json!(null), &json!("<b>")));
    bench.agent.logs.rotate(site, LogKind::Access);
    bench.agent.logs.write(site, LogKind::Access, request(5, 503).as_bytes());
    let cursor = page["next_cursor"].as_str().unwrap();
    let rest = alice.get(&format!("{LOGS}?limit=10&before={cursor}")).await.json;
    assert_eq!((uris(&rest), &rest["next_cursor"]), (vec!["/2", "/1", "/0"], &json!(null)));
    assert_eq!(uris(&alice.get(&format!("{LOGS}?status=5xx")).await.json), ["/5"]);
    assert_eq!(uris(&alice.get(&format!("{LOGS}?search=%2F3")).await.json), ["/3"]);
    let error = b"2026/11/26 12:00:00 [error] 1#1: *1 \x1b[31m gone\n";
    bench.agent.logs.write(site, LogKind::Error, error);
    let errors = alice.get(&format!("{LOGS}?kind=error")).await.json;
    assert_eq!(errors["items"][0]["message"], "\\u001b[31m gone");
    for bad in [
        "kind=other",
        "status=900",
        "kind=error&status=404",
        "before=1",
        "limit=0",
        "limit=501",
        "search=",
        "x=1",
    ] {
        alice.get(&format!("{LOGS}?{bad}")).await.is(422);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_is_seen_by_whoever_sees_the_site_and_by_nobody_else() {
    let (bench, site) = bench().await;
    bench.agent.logs.write(site, LogKind::Access, request(1, 200).as_bytes());
    let (alice, bob) = (bench.person("alice").await, bench.person("bob").await);
    for below in ["", "/follow", "/files", "/files/access.log", "/files/0123456789abcdef0123456789abcdef"] {
        let of_another = bob.get(&format!("{LOGS}{below}")).await;
        let missing = bob.get(&format!("/api/v1/sites/none.example.test/logs{below}")).await;
        for answer in [&of_another, &missing] {
            answer.is(404);
        }
        assert_eq!(of_another.json["detail"], missing.json["detail"], "{below}");
        bench.anonymous().get(&format!("{LOGS}{below}")).await.is(401);
    }
    let own = bob.get("/api/v1/sites/b.example.test/logs").await;
    assert_eq!(own.is(200).json["items"], json!([]));
    bench.waiting().post("/api/v1/sites/a.example.test/suspend", json!({})).await.is(200);
    assert_eq!(uris(&alice.get(LOGS).await.json), ["/1"], "also while the site is suspended");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_kept_as_it_is_and_found_again_after_a_rotation() {
    let (bench, site) = bench().await;
    let alice = bench.person("alice").await;
    let files = format!("{LOGS}/files");
    assert_eq!(alice.get(&files).await.is(200).json["items"], json!([]));
    let empty = alice.get(&format!("{files}/access.log")).await;
    assert_eq!((empty.is(200).text.as_str(), empty.header("content-length")), ("", "0"));
    let text = request(1, 200) + "<script>alert(1)</script>\n";
    bench.agent.logs.write(site, LogKind::Access, text.as_bytes());
    let id = alice.get(&files).await.json["items"][0]["id"].as_str().unwrap().to_owned();
    bench.agent.logs.rotate(site, LogKind::Access);
    bench.agent.logs.write(site, LogKind::Access, request(2, 200).as_bytes());
    let list = alice.get(&files).await.json;
    let names: Vec<_> =
        list["items"].as_array().unwrap().iter().map(|file| file["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["access.log", "access.log.1"]);
    assert_eq!(list["items"][1]["bytes"], text.len());
    for file in [id.as_str(), "access.log.1"] {
        let kept = alice.get(&format!("{files}/{file}")).await;
        assert_eq!(kept.is(200).text, text);
        assert_eq!(
            kept.header("content-disposition"),
            "attachment; filename=\"a.example.test-access.log.1\""
        );
        assert_eq!(kept.header("x-content-type-options"), "nosniff");
        assert_eq!(kept.header("content-type"), "text/plain; charset=utf-8");
    }
    for bad in ["access.log.2", "error.log.1", "..%2Faccess.log", "access.log.08", "%00", "x"] {
        alice.get(&format!("{files}/{bad}")).await.is(404);
    }
}

/// A stream's messages: event, id, data.
fn messages(text: &str) -> Vec<(String, String, Value)> {
    let message = |block: &str| {
        let field = |name: &str| {
            block.lines().find_map(|line| {
                line.strip_prefix(name)?.strip_prefix(':').map(|rest| rest.trim().to_owned())
            })
        };
        Some((field("event")?, field("id")?, serde_json::from_str(&field("data")?).unwrap()))
    };
    text.split("\n\n").filter_map(message).collect()
}

/// Waits until so many looks were made.
async fn looked(bench: &Bench, more: u64) {
    let looks = &bench.agent.logs.freshened;
    let wanted = looks.load(Ordering::SeqCst) + more;
    while looks.load(Ordering::SeqCst) < wanted {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_is_streamed_over_a_rotation_and_ends_with_the_rights() {
    let (bench, site) = bench().await;
    bench.agent.logs.write(site, LogKind::Access, request(0, 200).as_bytes());
    let path = format!("{LOGS}/follow");
    let alice = bench.person("alice").await;
    let following = {
        let (alice, path) = (alice.clone().header("accept", "text/event-stream"), path.clone());
        tokio::spawn(async move { alice.get(&path).await })
    };
    looked(&bench, 1).await;
    bench.agent.logs.write(site, LogKind::Access, request(1, 200).as_bytes());
    looked(&bench, 2).await;
    bench.agent.logs.write(site, LogKind::Access, request(2, 200).as_bytes());
    bench.agent.logs.rotate(site, LogKind::Access);
    bench.agent.logs.write(site, LogKind::Access, request(3, 200).as_bytes());
    looked(&bench, 2).await;
    bench.waiting().post("/api/v1/accounts/alice/suspend", json!({})).await.is(200);
    let told = following.await.unwrap();
    let events = messages(&told.is(200).text);
    let uris: Vec<_> = events.iter().map(|(event, _, data)| (event.as_str(), data["uri"].as_str())).collect();
    let wanted = [("begin", None), ("line", Some("/1")), ("line", Some("/2")), ("line", Some("/3"))];
    assert_eq!(uris, wanted, "{}", told.text);
    // whoever comes back with an id, or asks for no stream, gets what is behind it
    let after = &events[2].1;
    let rest = bench.root().get(&format!("{path}?after={after}")).await;
    assert_eq!((self::uris(&rest.is(200).json), &rest.json["more"]), (vec!["/3"], &json!(false)));
    assert_eq!(rest.json["next"], json!(events[3].1));
}
