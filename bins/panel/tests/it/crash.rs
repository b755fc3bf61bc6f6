//! The panel dies, at any moment, again and again: what was acknowledged comes to be, once, and the end is the same.

use std::time::Duration;

use serde_json::{Value, json};

use crate::bench::Bench;

/// A number that looks random and is the same in every run.
struct Dice(u64);

impl Dice {
    fn micros(&mut self, below: u64) -> Duration {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        Duration::from_micros((self.0 >> 33) % below)
    }
}

async fn make(bench: &Bench, n: u32) -> Value {
    let body = json!({ "account": "alice", "name": format!("s{n}.example.test") });
    let made = bench.root().post("/api/v1/sites", body).await;
    assert_eq!(made.status, 202, "{}", made.text);
    made.json["id"].clone()
}

async fn all_ready(bench: &Bench, sites: usize) {
    bench
        .until("/api/v1/sites?limit=200", |list| {
            let items = list.json["items"].as_array().unwrap();
            items.len() == sites
                && items.iter().all(|site| site["condition"] == "ready" && site["observed_generation"] == 1)
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panel_that_is_killed_in_the_middle_of_fifty_sites_ends_where_it_would_have() {
    let mut bench = Bench::new().await;
    bench.account("alice").await;
    let mut dice = Dice(7);
    let mut ids = Vec::new();
    bench.agent.host.takes(Duration::from_millis(2));
    for n in 0..50 {
        ids.push(make(&bench, n).await);
        if n % 5 == 4 {
            // Wherever its attempts are now: reading, sending, waiting for the agent, writing down.
            tokio::time::sleep(dice.micros(4_000)).await;
            bench = bench.killed_and_started().await;
        }
    }
    all_ready(&bench, 50).await;
    for id in &ids {
        assert!(
            bench.agent.host.object("site", id.as_str().unwrap()).is_some(),
            "an acknowledged site is lost"
        );
    }
    assert_eq!(bench.agent.host.count("site"), 50, "and none is there twice");
}

/// Polls a future so many times, then drops it; what it answered, if it got that far.
async fn polled<F: Future>(future: F, times: usize) -> Option<F::Output> {
    let mut future = Box::pin(future);
    let mut left = times;
    std::future::poll_fn(move |context| {
        if left == 0 {
            return std::task::Poll::Ready(None);
        }
        left -= 1;
        future.as_mut().poll(context).map(Some)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_dropped_at_any_await_leaves_all_or_nothing() {
    let bench = Bench::new().await;
    bench.account("alice").await;
    let (mut dropped, mut kept) = (0, 0);
    // How many awaits are ready at once, and so not counted, is the machine's: a round in which all of the first were is not the last one.
    for round in 0..10 {
        for polls in 0.. {
            let name = format!("s{polls}.r{round}.example.test");
            let body = json!({ "account": "alice", "name": name });
            let waiting = bench.waiting();
            let answered = polled(waiting.post("/api/v1/sites", body), polls).await;
            let shown = bench.root().get(&format!("/api/v1/sites/{name}")).await;
            match shown.status.as_u16() {
                200 => {
                    // What was committed is driven, though nobody waits for the answer any more; else the next comparison finds it.
                    desired::compare(&bench.parts.panel).await.unwrap();
                    bench
                        .until(&format!("/api/v1/sites/{name}"), |site| site.json["condition"] == "ready")
                        .await;
                    kept += 1;
                }
                404 => dropped += usize::from(polls > 0),
                other => panic!("{other}: {}", shown.text),
            }
            if let Some(answer) = answered {
                assert_eq!(answer.status, 201, "{}", answer.text);
                break;
            }
        }
        if dropped > 0 {
            break;
        }
    }
    println!("{dropped} awaits before the commit, {kept} behind it");
    assert!(dropped >= 1 && kept >= 1, "{dropped} {kept}");
    assert_eq!(bench.agent.host.count("site"), kept);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_dies_again_and_again_delays_and_loses_nothing() {
    let bench = Bench::new().await;
    bench.account("alice").await;
    let mut dice = Dice(11);
    bench.agent.host.takes(Duration::from_millis(2));
    for n in 0..50 {
        make(&bench, n).await;
        if n % 10 == 9 {
            tokio::time::sleep(dice.micros(6_000)).await;
            bench.agent.stop().await;
            make(&bench, n + 100).await;
            bench.agent.start();
        }
    }
    all_ready(&bench, 55).await;
    assert_eq!(bench.agent.host.count("site"), 55);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delete_that_was_acknowledged_survives_the_panel() {
    let mut bench = Bench::new().await;
    bench.account("alice").await;
    let mut dice = Dice(13);
    for round in 0..10 {
        bench.site("alice", "www.example.test").await;
        let deleted = bench.root().delete("/api/v1/sites/www.example.test").await;
        // 204 where the host was observed clean before the answer was written
        assert!(matches!(deleted.status.as_u16(), 202 | 204), "{} {}", deleted.status, deleted.text);
        tokio::time::sleep(dice.micros(3_000)).await;
        bench = bench.killed_and_started().await;
        bench.until("/api/v1/sites/www.example.test", |site| site.status == 404).await;
        assert_eq!(bench.agent.host.count("site"), 0, "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_copy_of_the_database_is_noticed_and_nothing_is_removed() {
    let bench = Bench::new().await;
    bench.account("alice").await;
    let copy = tempfile::NamedTempFile::new().unwrap();
    let statement = store::Statement::new("PRAGMA wal_checkpoint(TRUNCATE)");
    let fold = async |tx: &mut store::WriteTx| tx.execute(statement).await;
    let _ = bench.parts.panel.store().write::<_, store::StoreError, _>(fold).await;
    bench.parts.panel.store().close().await;
    std::fs::copy(bench.database(), copy.path()).unwrap();
    let bench = bench.killed_and_started().await;
    let edit = bench.waiting().header("if-match", "*");
    edit.patch("/api/v1/accounts/alice", json!({ "limits": { "tasks": 64 } })).await;
    bench.site("alice", "www.example.test").await;
    bench.parts.panel.store().close().await;
    for part in ["", "-wal", "-shm"] {
        let path = format!("{}{part}", bench.database().display());
        let _ = std::fs::remove_file(path);
    }
    std::fs::copy(copy.path(), bench.database()).unwrap();
    let bench = bench.killed_and_started().await;
    let shown = bench.until("/api/v1/accounts/alice", |account| account.json["reason"] == "behind").await;
    assert_eq!(shown.json["condition"], "degraded");
    assert!(shown.json["message"].as_str().unwrap().contains("older copy"), "{}", shown.text);
    assert_eq!(bench.agent.host.count("site"), 1, "what the panel does not know is left alone");
    bench.until("/api/v1/events?limit=200", |events| events.text.contains("object.unknown")).await;
}
