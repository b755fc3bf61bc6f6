use axum::Router;
use axum::routing::get;
use tower_http::catch_panic::CatchPanicLayer;

use super::*;
use crate::testing::Client;

#[tokio::test]
async fn what_no_handler_answers_is_a_problem_too() {
    let router = Router::new()
        .route("/fault", get(async || -> &'static str { panic!("secret of the inside") }))
        .fallback(no_route)
        .method_not_allowed_fallback(no_method)
        .layer(CatchPanicLayer::custom(panicked));
    let client = Client::new(router);
    client.get("/nowhere").await.refused(404, "not_found");
    client.delete("/fault").await.refused(405, "method_not_allowed");
    let answer = client.get("/fault").await;
    answer.refused(500, "internal");
    assert!(!answer.text.contains("secret"));
}
