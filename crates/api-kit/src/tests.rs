use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use serde_json::json;

use crate::testing::Client;
use crate::*;

fn router() -> Router {
    async fn show(Caller(actor): Caller, Path(name): Path<names::AccountName>) -> Tagged<serde_json::Value> {
        Tagged::new(json!({"name": name, "by": actor.name()}), 3_u64)
    }
    async fn make(Query(change): Query<Change>) -> Accepted<bool> {
        let progress = if change.overwrite { Progress::Observed } else { Progress::UnderWay };
        Accepted::created(true, 1_u64, progress, "/things/a")
    }
    async fn edit() -> Accepted<bool> {
        Accepted::changed(true, 2_u64, Progress::Observed)
    }
    Router::new()
        .route("/things/{name}", get(show).patch(edit))
        .route("/things", post(make))
        .layer(from_fn(origin_guard::layer))
        .layer(from_fn(security_headers::layer))
        .layer(from_fn(request_id::layer))
}

#[tokio::test]
async fn a_route_with_a_caller_answers_nobody_else() {
    let client = Client::new(router());
    client.get("/things/alice").await.refused(401, "unauthenticated");
    let answer = client.signed_in(auth::Actor::root()).get("/things/alice").await;
    assert_eq!(answer.is(200).json, json!({"name": "alice", "by": "root"}));
    assert_eq!(answer.header("etag"), "\"g3\"");
}

#[tokio::test]
async fn a_path_that_names_nothing_is_not_found() {
    let client = Client::new(router()).signed_in(auth::Actor::root());
    for name in ["Alice", "..%2f", "%00", "%ff", "a%0ab", "%250a", "-x", "\u{202e}"] {
        let path: String =
            name.chars().map(|c| if c.is_ascii() { c.to_string() } else { "%E2%80%AE".into() }).collect();
        let answer = client.get(&format!("/things/{path}")).await;
        answer.refused(404, "not_found");
    }
}

#[tokio::test]
async fn writes_answer_with_progress_tag_and_place() {
    let client = Client::new(router());
    let answer = client.post("/things", json!({})).await;
    assert_eq!((answer.is(202).header("etag"), answer.header("location")), ("\"g1\"", "/things/a"));
    client.post("/things?overwrite=true", json!({})).await.is(201);
    client.post("/things?overwrit=true", json!({})).await.refused(422, "invalid");
    client.patch("/things/alice", json!({})).await.is(200);
}

#[tokio::test]
async fn every_answer_carries_the_headers_and_its_own_id() {
    let client = Client::new(router()).header("x-request-id", "stranger");
    let (first, second) = (client.get("/things/alice").await, client.get("/nowhere").await);
    for answer in [&first, &second] {
        assert!(answer.header("content-security-policy").starts_with("default-src 'none'"));
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.header("strict-transport-security"), "");
        assert_eq!(answer.header("x-request-id").len(), 36);
    }
    assert_ne!(first.header("x-request-id"), second.header("x-request-id"));
}

#[tokio::test]
async fn denials_become_problems() {
    let code = |denied: auth::Denied| {
        let error = ApiError::from(denied);
        (error.status().as_u16(), error.code().to_owned())
    };
    assert_eq!(code(auth::Denied::NotFound("site")), (404, "not_found".into()));
    assert_eq!(code(auth::Denied::NotAllowed), (403, "forbidden".into()));
    assert_eq!(code(auth::Denied::Store(store::StoreError::Missing)), (500, "internal".into()));
}

#[tokio::test]
async fn a_listener_that_does_not_say_where_from_is_found_out() {
    let limit = rate_limit::NetworkLimits::new(std::num::NonZeroU32::MIN, std::num::NonZeroU32::MIN);
    let router = router().layer(from_fn_with_state(limit, rate_limit::layer));
    let request = http::Request::builder().uri("/things/alice").body(axum::body::Body::empty()).unwrap();
    let response = tower::ServiceExt::oneshot(router, request).await.unwrap();
    assert_eq!(response.status(), 500);
}
