use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::Router;
use axum::routing::post;
use serde_json::json;
use store::testing::TestStore;
use tokio::sync::Notify;

use super::*;
use crate::json::Json;
use crate::testing::Client;

struct Fixture {
    store: TestStore,
    client: Client,
    done: Arc<AtomicU32>,
    gate: Arc<Notify>,
}

impl Fixture {
    async fn new() -> Self {
        let store = TestStore::new().await;
        let done = Arc::new(AtomicU32::new(0));
        let gate = Arc::new(Notify::new());
        let count = {
            let done = Arc::clone(&done);
            move || done.fetch_add(1, Ordering::SeqCst) + 1
        };
        let router = Router::new()
            .route("/make", {
                let count = count.clone();
                post(async move |Json(body): Json<serde_json::Value>| {
                    let headers = [("etag", "\"g1\""), ("location", "/x"), ("x-other", "x")];
                    (StatusCode::CREATED, headers, Json(json!({"count": count(), "body": body})))
                })
            })
            .route("/fail", {
                let count = count.clone();
                post(async move || ApiError::unavailable("x", format!("{}", count()), Duration::from_secs(1)))
            })
            .route("/secret", {
                let count = count.clone();
                post(async move || (axum::Extension(Secret), format!("hunter{}", count())))
            })
            .route("/slow", {
                let (gate, count) = (Arc::clone(&gate), count.clone());
                post(async move || {
                    gate.notified().await;
                    count().to_string()
                })
            })
            .route("/change", {
                // Writes, and then dies, fails, or answers, as it is told.
                let (store, count) = (store.store.clone(), count.clone());
                post(async move |Json(body): Json<serde_json::Value>| {
                    let claim = current().unwrap();
                    store.write(async |tx| claim.done(tx).await).await.unwrap();
                    let count = count();
                    assert_ne!(body["then"], "die", "on purpose");
                    if body["then"] == "fail" {
                        return ApiError::internal("on purpose").into_response();
                    }
                    count.to_string().into_response()
                })
            })
            .route("/die", {
                post(async move || -> StatusCode {
                    assert_ne!(count(), 1, "on purpose, the first time");
                    StatusCode::NO_CONTENT
                })
            })
            .layer(axum::middleware::from_fn_with_state(Requests::new(store.store.clone()), layer));
        Self { store, client: Client::new(router).signed_in(Actor::root()), done, gate }
    }

    fn key(&self, key: &str) -> Client {
        self.client.clone().header("idempotency-key", key)
    }

    fn done(&self) -> u32 {
        self.done.load(Ordering::SeqCst)
    }
}

#[tokio::test]
async fn the_same_request_twice_is_done_once_and_answered_alike() {
    let fixture = Fixture::new().await;
    let first = fixture.key("k").post("/make", json!({"a": 1})).await;
    let second = fixture.key("k").post("/make", json!({"a": 1})).await;
    first.is(201);
    assert_eq!((second.status, &second.text), (first.status, &first.text));
    for header in ["etag", "location", "content-type"] {
        assert_eq!(second.header(header), first.header(header));
    }
    assert_eq!((first.header("idempotency-replayed"), second.header("idempotency-replayed")), ("", "true"));
    assert_eq!(fixture.done(), 1);
    fixture.key("k2").post("/make", json!({"a": 1})).await.is(201);
    fixture.client.post("/make", json!({"a": 1})).await.is(201);
    assert_eq!(fixture.done(), 3);
}

#[tokio::test]
async fn another_request_with_the_same_key_is_refused() {
    let fixture = Fixture::new().await;
    fixture.key("k").post("/make", json!({"a": 1})).await.is(201);
    fixture.key("k").post("/make", json!({"a": 2})).await.refused(422, "idempotency_key_reused");
    fixture.key("k").post("/make?x=1", json!({"a": 1})).await.refused(422, "idempotency_key_reused");
    fixture.key("k").put("/make", json!({"a": 1})).await.refused(422, "idempotency_key_reused");
    assert_eq!(fixture.done(), 1);
}

#[tokio::test]
async fn another_actors_key_is_another_key() {
    let fixture = Fixture::new().await;
    let first = fixture.key("k").post("/make", json!({"a": 1})).await;
    let other = fixture.key("k").signed_in(Actor::system()).post("/make", json!({"a": 2})).await;
    assert_ne!(first.text, other.text);
    assert_eq!(fixture.done(), 2);
}

#[tokio::test]
async fn what_failed_for_now_may_be_repeated() {
    let fixture = Fixture::new().await;
    fixture.key("k").post("/fail", json!({})).await.is(503);
    fixture.key("k").post("/fail", json!({})).await.is(503);
    assert_eq!(fixture.done(), 2);
}

#[tokio::test]
async fn a_secret_answer_is_not_kept() {
    let fixture = Fixture::new().await;
    assert_eq!(fixture.key("k").post("/secret", json!({})).await.text, "hunter1");
    fixture.key("k").post("/secret", json!({})).await.refused(409, "answer_not_kept");
    fixture.store.close().await;
    let bytes = std::fs::read(fixture.store.path()).unwrap();
    assert!(!bytes.windows(7).any(|window| window == b"hunter1"));
}

#[tokio::test]
async fn what_was_done_is_not_done_again_though_its_answer_was_lost() {
    let fixture = Fixture::new().await;
    for then in ["die", "fail"] {
        let body = json!({ "then": then });
        fixture.key(then).post("/change", body.clone()).await.is(500);
        fixture.key(then).post("/change", body).await.refused(409, "answer_not_kept");
    }
    assert_eq!(fixture.done(), 2);
    // And across a stop in between: what was done stays, what did nothing is forgotten.
    fixture.store.write(async |tx| forget_interrupted(tx).await).await.unwrap();
    fixture.key("die").post("/change", json!({ "then": "die" })).await.refused(409, "answer_not_kept");
    let answer = fixture.key("k").post("/change", json!({})).await;
    assert_eq!(
        fixture.key("k").post("/change", json!({})).await.text,
        answer.text,
        "an answer that was kept"
    );
}

#[tokio::test]
async fn what_died_before_it_did_anything_may_be_repeated() {
    let fixture = Fixture::new().await;
    fixture.key("k").post("/die", json!({})).await.is(500);
    fixture.key("k").post("/die", json!({})).await.is(204);
    assert_eq!(fixture.done(), 2);
}

#[tokio::test]
async fn a_tenant_holds_a_thousand_keys_at_most() {
    let fixture = Fixture::new().await;
    let now = Micros::now();
    let fill = async |tx: &mut WriteTx| -> Result<(), StoreError> {
        for n in 0..MOST_KEYS {
            for actor in ["tenant", "root"] {
                tx.execute(CLAIM.bind(actor).bind(format!("k{n}")).bind("x").bind(now)).await?;
            }
        }
        Ok(())
    };
    fixture.store.write(fill).await.unwrap();
    let held = async |actor: &str, is_bounded| {
        let claim = Claim { actor: actor.to_owned(), key: "more".to_owned() };
        find_or_claim(&fixture.store, &claim, Digest::of("x"), is_bounded).await
    };
    assert_eq!(held("tenant", true).await.err().unwrap().code(), "idempotency_keys_too_many");
    assert_eq!(
        held("tenant", true).await.err().unwrap().code(),
        "idempotency_keys_too_many",
        "nothing stays"
    );
    assert!(held("other", true).await.unwrap().is_none());
    fixture.key("more").post("/make", json!({})).await.is(201);
}

#[tokio::test]
async fn a_client_that_goes_away_does_not_stop_the_work() {
    let fixture = Fixture::new().await;
    let client = fixture.key("k");
    // The first runs, waits for the gate, and is dropped by the timeout: its client is gone. Later ones are told that it runs.
    loop {
        let answer = tokio::time::timeout(Duration::from_millis(20), client.post("/slow", json!({}))).await;
        if answer.is_ok_and(|answer| answer.problem().code == "idempotency_running") {
            break;
        }
    }
    fixture.gate.notify_one();
    let answer = loop {
        let answer = fixture.key("k").post("/slow", json!({})).await;
        if answer.status == 200 {
            break answer;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!((answer.text.as_str(), answer.header("idempotency-replayed")), ("1", "true"));
    assert_eq!(fixture.done(), 1);
}

#[tokio::test]
async fn a_key_must_be_plain_and_single() {
    let fixture = Fixture::new().await;
    let long = "k".repeat(129);
    for key in ["", "a b", &long] {
        fixture.key(key).post("/make", json!({})).await.refused(400, "malformed_header");
    }
    fixture
        .key("a")
        .header("idempotency-key", "b")
        .post("/make", json!({}))
        .await
        .refused(400, "malformed_header");
    assert_eq!(fixture.done(), 0);
}

#[tokio::test]
async fn old_answers_and_interrupted_requests_are_forgotten() {
    let fixture = Fixture::new().await;
    fixture.key("k").post("/make", json!({})).await.is(201);
    let now = Micros::now();
    let later = now.plus(KEPT).plus(Duration::from_secs(1));
    assert_eq!(fixture.store.write(async |tx| prune(tx, now).await).await.unwrap(), 0);
    assert_eq!(fixture.store.write(async |tx| prune(tx, later).await).await.unwrap(), 1);
    let claim = CLAIM.bind("root").bind("k").bind("x").bind(now);
    fixture.store.write(async |tx| tx.execute(claim).await).await.unwrap();
    assert_eq!(fixture.store.write(async |tx| forget_interrupted(tx).await).await.unwrap(), 1);
}

#[tokio::test]
async fn every_statement_prepares_on_both_databases() {
    store::testing::check(env!("CARGO_MANIFEST_DIR"), &[STATEMENTS]).await;
}
