//! A client for the tests of routers: no sockets, the layers and all.
//!
//! ```no_run
//! # async fn test(router: axum::Router, administrator: auth::Actor) {
//! let client = api_kit::testing::Client::new(router).signed_in(administrator);
//! let answer = client.post("/api/v1/accounts", serde_json::json!({"name": "alice"})).await;
//! answer.is(202);
//! assert_eq!(answer.json["name"], "alice");
//! # }
//! ```
#![expect(clippy::expect_used, reason = "a test's support fails by panicking")]

use auth::{Actor, Origin};
use axum::Router;
use axum::body::Body;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;

use crate::error::Problem;

/// A client; a clone asks the same router.
#[derive(Debug, Clone)]
pub struct Client {
    router: Router,
    actor: Option<Actor>,
    origin: Origin,
    headers: Vec<(&'static str, String)>,
}

impl Client {
    /// Nobody yet, from the unix socket.
    pub fn new(router: Router) -> Self {
        Self { router, actor: None, origin: Origin::Socket, headers: Vec::new() }
    }

    /// As this actor, as the authentication layer would have found it.
    #[must_use]
    pub fn signed_in(mut self, actor: Actor) -> Self {
        self.actor = Some(actor);
        self
    }

    /// From this place.
    #[must_use]
    pub fn from(mut self, origin: Origin) -> Self {
        self.origin = origin;
        self
    }

    /// With this header in every request from now on.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// GET
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }

    /// POST with a JSON body.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, Some(body.to_string().into_bytes())).await
    }

    /// PATCH with a JSON body.
    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PATCH, path, Some(body.to_string().into_bytes())).await
    }

    /// PUT with a JSON body.
    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PUT, path, Some(body.to_string().into_bytes())).await
    }

    /// DELETE
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None).await
    }

    /// Any request; a body is called JSON unless a header says otherwise.
    pub async fn send(&self, method: Method, path: &str, body: Option<Vec<u8>>) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        let named = self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        if body.is_some() && !named {
            request = request.header("content-type", "application/json");
        }
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let mut request = request.body(body.map_or_else(Body::empty, Body::from)).expect("a request");
        request.extensions_mut().insert(self.origin);
        if let Some(actor) = &self.actor {
            request.extensions_mut().insert(actor.clone());
        }
        let response = self.router.clone().oneshot(request).await.expect("a router always answers");
        let (parts, body) = response.into_parts();
        let body = body.collect().await.expect("the whole body").to_bytes();
        let json = serde_json::from_slice(&body).unwrap_or(Value::Null);
        let text = String::from_utf8_lossy(&body).into_owned();
        Answer { status: parts.status, headers: parts.headers, json, text }
    }
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, `null` where it is no JSON.
    pub json: Value,
    /// The body as text.
    pub text: String,
}

impl Answer {
    /// Fails the test, showing the body, unless the status is this.
    #[track_caller]
    pub fn is(&self, status: u16) -> &Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self
    }

    /// The problem document; fails the test where there is none, or its status is not the answer's.
    #[track_caller]
    pub fn problem(&self) -> Problem {
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.text);
        let problem: Problem = serde_json::from_str(&self.text).expect("a problem document");
        assert_eq!(problem.status, self.status.as_u16());
        problem
    }

    /// Fails the test unless the answer is a problem of this status and code.
    #[track_caller]
    pub fn refused(&self, status: u16, code: &str) -> Problem {
        let problem = self.problem();
        assert_eq!((problem.status, &*problem.code), (status, code), "{}", self.text);
        problem
    }

    /// A header, empty where it is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}
