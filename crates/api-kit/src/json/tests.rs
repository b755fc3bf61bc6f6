use axum::Router;
use axum::routing::post;
use serde_json::json;

use super::*;
use crate::testing::{Answer, Client};

#[derive(Debug, Deserialize, Serialize)]
struct Body {
    name: names::AccountName,
    #[serde(default)]
    count: u32,
    #[serde(default)]
    size: Edit<u64>,
    #[serde(default)]
    inner: Option<Inner>,
    #[serde(default)]
    list: Vec<names::DomainName>,
    #[serde(default)]
    mode: Option<Mode>,
    #[serde(default)]
    password: Option<String>,
}

#[derive(Debug, Deserialize, Serialize)]
struct Inner {
    flag: bool,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
enum Mode {
    Enforce,
    Hold,
}

fn client() -> Client {
    async fn echo(Json(body): Json<Body>) -> Json<Body> {
        Json(body)
    }
    Client::new(Router::new().route("/", post(echo)))
}

async fn send(text: &str) -> Answer {
    client().send(http::Method::POST, "/", Some(text.as_bytes().to_vec())).await
}

/// (pointer, code) of each refusal.
async fn refused(text: &str) -> Vec<(String, String)> {
    let problem = send(text).await.refused(422, "invalid");
    problem.errors.into_iter().map(|error| (error.pointer, error.code.into_owned())).collect()
}

#[tokio::test]
async fn a_good_body_is_read() {
    let answer = send(r#"{"name": "alice", "size": null, "list": ["example.test"], "mode": "hold"}"#).await;
    answer.is(200);
    assert_eq!(answer.json["size"], json!(null));
    assert_eq!(answer.json["list"], json!(["example.test"]));
}

#[tokio::test]
async fn absent_null_and_a_value_are_three() {
    let read = |text: &str| parse::<Body>(text.as_bytes()).unwrap().size;
    assert_eq!(read(r#"{"name": "alice"}"#), Edit::Keep);
    assert_eq!(read(r#"{"name": "alice", "size": null}"#), Edit::Clear);
    assert_eq!(read(r#"{"name": "alice", "size": 1}"#), Edit::Set(1));
    assert_eq!(Edit::Keep.or(Some(1)), Some(1));
    assert_eq!(Edit::Clear.or(Some(1)), None);
    assert_eq!(Edit::Set(2).or(Some(1)), Some(2));
}

#[tokio::test]
async fn each_refusal_has_its_place_and_code() {
    let cases = [
        ("{}", "/name", "missing_field"),
        (r#"{"name": "alice", "role": "admin"}"#, "/role", "unknown_field"),
        (r#"{"name": "alice", "inner": {"flag": true, "x/y~z": 1}}"#, "/inner/x~1y~0z", "unknown_field"),
        (r#"{"name": "alice", "__proto__": {}}"#, "/__proto__", "unknown_field"),
        (r#"{"name": "Alice"}"#, "/name", "account_name_first"),
        (r#"{"name": "alice\u0000"}"#, "/name", "account_name_character"),
        (r#"{"name": 1}"#, "/name", "wrong_type"),
        (r#"{"name": null}"#, "/name", "wrong_type"),
        (r#"{"name": ["alice"]}"#, "/name", "wrong_type"),
        (r#"{"name": "alice", "count": "1"}"#, "/count", "wrong_type"),
        (r#"{"name": "alice", "size": "1"}"#, "/size", "wrong_type"),
        (r#"{"name": "alice", "count": -1}"#, "/count", "out_of_range"),
        (r#"{"name": "alice", "count": 1.5}"#, "/count", "wrong_type"),
        (r#"{"name": "alice", "inner": {"flag": 1}}"#, "/inner/flag", "wrong_type"),
        (r#"{"name": "alice", "inner": {}}"#, "/inner/flag", "missing_field"),
        (r#"{"name": "alice", "mode": "root"}"#, "/mode", "unknown_value"),
        (r#"{"name": "alice", "name": "bob"}"#, "/name", "duplicate_field"),
        (r#"{"name": "alice", "inner": {"flag": true, "flag": true}}"#, "/inner/flag", "duplicate_field"),
        ("[]", "", "wrong_type"),
        (r#"["alice", 1, 1, null, [], null, null]"#, "", "wrong_type"),
        (r#"{"name": "alice", "inner": [true]}"#, "/inner", "wrong_type"),
        (r#"{"name": "alice", "list": {"0": "example.test"}}"#, "/list", "wrong_type"),
        (r#"{"name": "alice", "mode": {"hold": 1}}"#, "/mode", "wrong_type"),
        (r#"{"name": "alice", "mode": 1}"#, "/mode", "wrong_type"),
        (r#""alice""#, "", "wrong_type"),
        ("null", "", "wrong_type"),
    ];
    for (text, pointer, code) in cases {
        assert_eq!(refused(text).await, [(pointer.to_owned(), code.to_owned())], "{text}");
    }
}

#[tokio::test]
async fn an_item_of_a_list_is_named_by_its_number() {
    let text = r#"{"name": "alice", "list": ["example.test", "-bad-"]}"#;
    assert_eq!(refused(text).await[0].0, "/list/1");
}

#[tokio::test]
async fn refusals_come_together() {
    let all = refused(r#"{"a": 1, "b": 2, "name": "alice", "inner": {"c": 1, "flag": true}}"#).await;
    assert_eq!(all.len(), 3, "{all:?}");
}

#[tokio::test]
async fn no_refusal_repeats_a_value() {
    for text in [
        r#"{"name": "alice", "password": 8472983}"#,
        r#"{"name": "alice", "mode": "8472983"}"#,
        r#"{"name": "8472983"}"#,
        r#"{"name": "alice", "count": "8472983, expected 8472983"}"#,
        r#"{"name": "alice", "password": "8472983" "#,
    ] {
        let answer = send(text).await;
        assert!(answer.status.is_client_error());
        assert!(!answer.text.contains("8472983"), "{}", answer.text);
    }
}

#[tokio::test]
async fn what_is_not_json_is_400() {
    for text in [
        "",
        "{",
        "{\"name\": }",
        "{\"name\": \"alice\"} x",
        "{'name': 'alice'}",
        "{\"name\": NaN}",
        "\u{feff}{}",
    ] {
        send(text).await.refused(400, "malformed_json");
    }
    let broken = client().send(http::Method::POST, "/", Some(b"{\"name\": \"\xff\"}".to_vec())).await;
    broken.refused(400, "malformed_json");
    send(r#"{"name": "\ud800"}"#).await.refused(400, "malformed_json");
}

#[tokio::test]
async fn depth_and_size_are_bounded() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let problem = send(&deep).await.refused(422, "invalid");
    assert_eq!(problem.errors[0].code, "too_deep");
    let large = format!("{{\"name\": \"{}\"}}", "a".repeat(BODY_LIMIT));
    send(&large).await.refused(413, "too_large");
}

#[tokio::test]
async fn only_json_is_taken() {
    let body = || Some(br#"{"name": "alice"}"#.to_vec());
    for kind in ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", "text/json", ""] {
        let answer = client().header("content-type", kind).send(http::Method::POST, "/", body()).await;
        answer.refused(415, "unsupported_media_type");
    }
    let client = client().header("content-type", "Application/JSON; charset=utf-8");
    client.send(http::Method::POST, "/", body()).await.is(200);
}
