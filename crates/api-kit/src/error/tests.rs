use axum::Router;
use axum::routing::get;
use serde_json::json;

use super::*;
use crate::testing::Client;

fn client(answer: impl Fn() -> ApiError + Clone + Send + Sync + 'static) -> Client {
    let router = Router::new().route("/", get(move || std::future::ready(answer())));
    Client::new(router.layer(axum::middleware::from_fn(crate::request_id::layer)))
}

#[tokio::test]
async fn a_problem_names_the_field_the_reason_the_remedy_and_the_request() {
    let answer = client(|| {
        let error = names::AccountName::parse("Alice").unwrap_err();
        ApiError::invalid(FieldError::of_name("/name", &error))
    })
    .get("/")
    .await;
    let problem = answer.refused(422, "invalid");
    assert_eq!(problem.errors[0].pointer, "/name");
    assert_eq!(problem.errors[0].code, "account_name_first");
    assert_eq!(problem.errors[0].reason, "The account name begins with \"A\".");
    assert!(problem.errors[0].remedy.starts_with("Use 2 to 31"));
    assert_eq!(answer.json["type"], "/problems/invalid");
    assert_eq!(problem.request_id.as_deref(), Some(answer.header("x-request-id")));
    assert!(answer.json.get("plan").is_none());
}

#[tokio::test]
async fn what_broke_inside_is_not_shown() {
    let answer = client(|| ApiError::internal("password=hunter2")).get("/").await;
    answer.refused(500, "internal");
    assert!(!answer.text.contains("hunter2"));
}

#[tokio::test]
async fn a_changed_plan_is_shown() {
    let answer = client(|| ApiError::plan_changed(json!({"steps": []}))).get("/").await;
    answer.refused(409, "plan_changed");
    assert_eq!(answer.json["plan"], json!({"steps": []}));
}

#[tokio::test]
async fn waiting_is_told_in_whole_seconds_rounded_up() {
    let after = async |wait| {
        let answer =
            client(move || ApiError::unavailable("x", "y", Duration::from_millis(wait))).get("/").await;
        answer.is(503).header("retry-after").to_owned()
    };
    assert_eq!(after(0).await, "1");
    assert_eq!(after(1000).await, "1");
    assert_eq!(after(1001).await, "2");
}

#[test]
fn the_store_s_errors_are_told_by_what_the_client_can_do() {
    let code = |error: store::StoreError| {
        let error = ApiError::from(error);
        (error.status().as_u16(), error.code().to_owned())
    };
    let io = || sqlx_error();
    assert_eq!(code(store::StoreError::Busy(io())), (503, "database_busy".into()));
    assert_eq!(code(store::StoreError::Full(io())), (503, "disk_full".into()));
    assert_eq!(code(store::StoreError::Taken(io())), (409, "taken".into()));
    assert_eq!(code(store::StoreError::Reference(io())), (409, "in_use".into()));
    assert_eq!(code(store::StoreError::Missing), (500, "internal".into()));
}

fn sqlx_error() -> store::DriverError {
    store::DriverError::PoolClosed
}

#[test]
fn a_refusal_leaves_its_codes_and_places_for_the_audit() {
    let error = names::AccountName::parse("Alice").unwrap_err();
    let response = ApiError::invalid(FieldError::of_name("/name", &error)).into_response();
    let fields = vec![("/name".to_owned(), "account_name_first".to_owned())];
    assert_eq!(response.extensions().get(), Some(&Refused { code: "invalid".into(), fields }));
    assert_eq!(ApiError::internal("x").into_response().extensions().get::<Refused>(), None);
}
