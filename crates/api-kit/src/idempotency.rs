//! `Idempotency-Key`: a request that is sent twice is done once.
//!
//! The first request with a key is written down before it runs, and its answer after; the same request again is given that answer,
//! marked `Idempotency-Replayed: true`. Keys belong to the actor: another's key is another key.
//!
//! - The same key with another method, path, query or body: 422 `idempotency_key_reused`.
//! - The same key while the first request still runs: 409 `idempotency_running`.
//! - The answer 429 or 5xx is not kept: the request may be repeated and then does its work.
//! - An answer marked with [`Secret`] is not kept, and a repeat says so (409 `answer_not_kept`): a one-time link must not lie in the database.
//! - With a key, the request runs to its end even when the client goes away.

use std::time::Duration;

use auth::Actor;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use http_body_util::{BodyExt, Limited};
use names::{Digest, Micros};
use store::{FromRow, Row, RowError, Statement, Store, StoreError, WriteTx};

use crate::error::ApiError;
use crate::json;

/// The header of a request.
pub const KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// The header of an answer that was given before.
pub const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// A larger answer is not kept.
const LARGEST_ANSWER: usize = 256 * 1024;
/// Answers are kept for a day.
const KEPT: Duration = Duration::from_hours(24);
/// In place of the status of an answer that was a secret.
const NOT_KEPT: u16 = 1;
/// The headers that are given again.
const HEADERS: [HeaderName; 3] = [header::CONTENT_TYPE, header::ETAG, header::LOCATION];

const CLAIM: Statement = Statement::new(
    "INSERT INTO idempotency (actor, request_key, request_digest, status, headers, body, created_at)
     VALUES ($1, $2, $3, 0, '[]', '', $4) ON CONFLICT (actor, request_key) DO NOTHING",
);
const FIND: Statement = Statement::new(
    "SELECT request_digest, status, headers, body FROM idempotency WHERE actor = $1 AND request_key = $2",
);
const ANSWER: Statement = Statement::new(
    "UPDATE idempotency SET status = $3, headers = $4, body = $5 WHERE actor = $1 AND request_key = $2",
);
const FORGET: Statement = Statement::new("DELETE FROM idempotency WHERE actor = $1 AND request_key = $2");
const PRUNE: Statement = Statement::new("DELETE FROM idempotency WHERE created_at < $1");
const INTERRUPTED: Statement = Statement::new("DELETE FROM idempotency WHERE status = 0");

/// Every statement of this module.
pub const STATEMENTS: &[Statement] = &[CLAIM, FIND, ANSWER, FORGET, PRUNE, INTERRUPTED];

/// Put among an answer's extensions, it keeps the answer out of the database.
#[derive(Debug, Clone, Copy)]
pub struct Secret;

/// A kept answer.
struct Kept {
    digest: Digest,
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

impl FromRow for Kept {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        Ok(Self {
            digest: row.parse("request_digest")?,
            status: row.number("status")?,
            headers: row.json("headers")?,
            body: row.text("body")?,
        })
    }
}

/// Forgets answers older than a day; called now and then.
pub async fn prune(tx: &mut WriteTx, now: Micros) -> Result<u64, StoreError> {
    tx.execute(PRUNE.bind(now.minus(KEPT))).await
}

/// Forgets requests that a stop of the process cut off; called once at the start.
pub async fn forget_interrupted(tx: &mut WriteTx) -> Result<u64, StoreError> {
    tx.execute(INTERRUPTED).await
}

/// The layer: `axum::middleware::from_fn_with_state(store, idempotency::layer)`, inside of the one that finds the [`Actor`].
pub async fn layer(State(store): State<Store>, request: Request, next: Next) -> Response {
    let wanted = match key(&request) {
        Ok(wanted) => wanted,
        Err(error) => return error.into_response(),
    };
    match wanted {
        Some((actor, key)) => {
            once(store, actor, key, request, next).await.unwrap_or_else(IntoResponse::into_response)
        }
        None => next.run(request).await,
    }
}

/// Whose key, and which, where the request has one and changes something.
fn key(request: &Request) -> Result<Option<(String, String)>, ApiError> {
    if matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
        return Ok(None);
    }
    let mut values = request.headers().get_all(KEY).into_iter();
    let (Some(value), Some(actor)) = (values.next(), request.extensions().get::<Actor>()) else {
        return Ok(None);
    };
    let text = value.to_str().unwrap_or_default();
    let sound = (1..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    if !sound || values.next().is_some() {
        let detail = "Idempotency-Key must come once, as 1 to 128 printable ASCII characters without spaces.";
        return Err(ApiError::malformed("malformed_header", detail));
    }
    Ok(Some((actor.key(), text.to_owned())))
}

async fn once(
    store: Store,
    actor: String,
    key: String,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let body = json::read(body).await?;
    let digest = digest(&parts, &body);
    let now = Micros::now();
    let kept: Option<Kept> = store
        .write(async |tx| -> Result<_, StoreError> {
            let claim = CLAIM.bind(&actor).bind(&key).bind(digest).bind(now);
            if tx.execute(claim).await? == 1 {
                return Ok(None);
            }
            tx.one(FIND.bind(&actor).bind(&key)).await.map(Some)
        })
        .await?;
    if let Some(kept) = kept {
        return replay(kept, digest);
    }
    let request = Request::from_parts(parts, Body::from(body));
    // A task of its own: a client that goes away must not leave it unknown whether the thing was done.
    let work = crate::request_id::carry(async move {
        let response = next.run(request).await;
        keep(&store, &actor, &key, response).await
    });
    tokio::spawn(work).await.map_err(ApiError::internal)
}

fn digest(parts: &http::request::Parts, body: &[u8]) -> Digest {
    let target = parts.uri.path_and_query().map_or("", |target| target.as_str());
    Digest::of_parts([parts.method.as_str().as_bytes(), target.as_bytes(), body])
}

fn replay(kept: Kept, digest: Digest) -> Result<Response, ApiError> {
    if kept.digest != digest {
        let detail = "This Idempotency-Key was used for another request. Use a new key for a new request.";
        return Err(ApiError::unprocessable("idempotency_key_reused", detail));
    }
    if kept.status == 0 {
        let detail =
            "The first request with this Idempotency-Key is still running. Repeat this one in a moment.";
        return Err(ApiError::conflict("idempotency_running", detail));
    }
    if kept.status == NOT_KEPT {
        let detail = "The request was done before, and its answer was a secret that is not kept. Ask for a new one with a new key.";
        return Err(ApiError::conflict("answer_not_kept", detail));
    }
    let status = StatusCode::from_u16(kept.status).map_err(ApiError::internal)?;
    let mut response = (status, kept.body).into_response();
    response.headers_mut().remove(header::CONTENT_TYPE);
    for (name, value) in kept.headers {
        let name = HeaderName::try_from(name).map_err(ApiError::internal)?;
        let value = HeaderValue::try_from(value).map_err(ApiError::internal)?;
        response.headers_mut().insert(name, value);
    }
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    Ok(response)
}

/// Keeps the answer, or forgets the request where there is nothing to keep.
async fn keep(store: &Store, actor: &str, key: &str, response: Response) -> Response {
    let secret = response.extensions().get::<Secret>().is_some();
    let (parts, body) = response.into_parts();
    let body = match Limited::new(body, LARGEST_ANSWER).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) => {
            let kept = store.write(async |tx| tx.execute(FORGET.bind(actor).bind(key)).await).await;
            log(kept);
            return ApiError::internal(error).into_response();
        }
    };
    let repeatable = parts.status.is_server_error() || parts.status == StatusCode::TOO_MANY_REQUESTS;
    let text = String::from_utf8(body.to_vec()).ok();
    let statement = match text {
        _ if repeatable => FORGET.bind(actor).bind(key),
        Some(text) if !secret => {
            let headers: Vec<(&str, &str)> = HEADERS
                .iter()
                .filter_map(|name| Some((name.as_str(), parts.headers.get(name)?.to_str().ok()?)))
                .collect();
            let headers = serde_json::to_string(&headers).unwrap_or_default();
            ANSWER.bind(actor).bind(key).bind(i64::from(parts.status.as_u16())).bind(headers).bind(text)
        }
        _ => ANSWER.bind(actor).bind(key).bind(i64::from(NOT_KEPT)).bind("[]").bind(""),
    };
    log(store.write(async |tx| tx.execute(statement).await).await);
    Response::from_parts(parts, Body::from(body))
}

fn log(kept: Result<u64, StoreError>) {
    if let Err(error) = kept {
        tracing::warn!(
            error = crate::error::chain(&error),
            "an answer could not be kept for its Idempotency-Key"
        );
    }
}

#[cfg(test)]
mod tests;
