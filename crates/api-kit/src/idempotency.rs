//! `Idempotency-Key`: a request that is sent twice is done once.
//!
//! The first request with a key is written down before it runs, and its answer after; the same request again is given that answer,
//! marked `Idempotency-Replayed: true`. Keys belong to the actor: another's key is another key.
//!
//! - The same key with another method, path, query or body: 422 `idempotency_key_reused`.
//! - The same key while the first request still runs: 409 `idempotency_running`.
//! - The answer 429 or 5xx is not kept: the request may be repeated and then does its work, unless it did it already.
//! - A change marks its request as done in its own transaction ([`Claim::done`]). Where the answer was not kept after that (the panel was
//!   killed, the handler panicked, the disk was full), a repeat says so (409 `answer_not_kept`) and does nothing.
//! - Who is no administrator holds so many keys at most: 429 `idempotency_keys_too_many`.
//! - An answer marked with [`Secret`] is not kept, and a repeat says so (409 `answer_not_kept`): a one-time link must not lie in the database.
//! - With a key, the request runs to its end even when the client goes away.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use auth::{Actor, ManageAccounts};
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
/// In place of the status, once the change is written and before its answer is kept.
const DONE: u16 = 2;
/// Keys of one actor at once.
const MOST_KEYS: i64 = 1000;
/// When some of the keys are forgotten, perhaps.
const LATER: Duration = Duration::from_hours(1);
/// The headers that are given again.
const HEADERS: [HeaderName; 3] = [header::CONTENT_TYPE, header::ETAG, header::LOCATION];

const CLAIM: Statement = Statement::new(
    "INSERT INTO idempotency (actor, request_key, request_digest, status, headers, body, created_at)
     VALUES ($1, $2, $3, 0, '[]', '', $4) ON CONFLICT (actor, request_key) DO NOTHING",
);
const FIND: Statement = Statement::new(
    "SELECT request_digest, status, headers, body FROM idempotency WHERE actor = $1 AND request_key = $2",
);
const COUNT: Statement = Statement::new("SELECT COUNT(*) AS value FROM idempotency WHERE actor = $1");
const MARK: Statement =
    Statement::new("UPDATE idempotency SET status = $3 WHERE actor = $1 AND request_key = $2 AND status = 0");
const ANSWER: Statement = Statement::new(
    "UPDATE idempotency SET status = $3, headers = $4, body = $5 WHERE actor = $1 AND request_key = $2",
);
const FORGET: Statement =
    Statement::new("DELETE FROM idempotency WHERE actor = $1 AND request_key = $2 AND status = 0");
const PRUNE: Statement = Statement::new("DELETE FROM idempotency WHERE created_at < $1");
const INTERRUPTED: Statement = Statement::new("DELETE FROM idempotency WHERE status = 0");

/// Every statement of this module.
pub const STATEMENTS: &[Statement] = &[CLAIM, FIND, COUNT, MARK, ANSWER, FORGET, PRUNE, INTERRUPTED];

tokio::task_local! {
    static CURRENT: Claim;
}

/// A request that has a key; see [`current`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Claim {
    actor: String,
    key: String,
}

impl Claim {
    /// Marks the request as done, in the transaction of its change.
    pub async fn done(&self, tx: &mut WriteTx) -> Result<(), StoreError> {
        tx.execute(MARK.bind(&self.actor).bind(&self.key).bind(i64::from(DONE))).await?;
        Ok(())
    }
}

/// The claim of the request that is being answered, where it has a key; `None` outside of one, and in what a request spawned.
pub fn current() -> Option<Claim> {
    CURRENT.try_with(Clone::clone).ok()
}

/// `work` under the claim of the present request; see [`carry`](crate::carry).
pub(crate) fn carry<F: Future>(work: F) -> impl Future<Output = F::Output> {
    let claim = current();
    async move {
        match claim {
            Some(claim) => CURRENT.scope(claim, work).await,
            None => work.await,
        }
    }
}

/// What the layer needs: the database, and which requests run in this process.
#[derive(Clone)]
pub struct Requests {
    store: Store,
    running: Arc<Mutex<HashSet<Claim>>>,
}

/// A request that runs, until this is dropped.
struct Running {
    requests: Requests,
    claim: Claim,
}

impl Requests {
    /// None runs yet.
    pub fn new(store: Store) -> Self {
        Self { store, running: Arc::default() }
    }

    /// None where it runs already.
    fn begin(&self, claim: &Claim) -> Option<Running> {
        let new = self.running.lock().unwrap_or_else(PoisonError::into_inner).insert(claim.clone());
        new.then(|| Running { requests: self.clone(), claim: claim.clone() })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.requests.running.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.claim);
    }
}

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

/// The layer: `axum::middleware::from_fn_with_state(Requests::new(store), idempotency::layer)`, inside of the one that finds the [`Actor`].
pub async fn layer(State(requests): State<Requests>, request: Request, next: Next) -> Response {
    let wanted = match claim(&request) {
        Ok(wanted) => wanted,
        Err(error) => return error.into_response(),
    };
    match wanted {
        Some((claim, is_bounded)) => {
            let once = once(requests, claim, is_bounded, request, next);
            once.await.unwrap_or_else(IntoResponse::into_response)
        }
        None => next.run(request).await,
    }
}

/// Whose key, and which, where the request has one and changes something; and whether the actor's keys are counted.
fn claim(request: &Request) -> Result<Option<(Claim, bool)>, ApiError> {
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
    let claim = Claim { actor: actor.key(), key: text.to_owned() };
    Ok(Some((claim, actor.everywhere::<ManageAccounts>().is_err())))
}

async fn once(
    requests: Requests,
    claim: Claim,
    is_bounded: bool,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let body = json::read(body).await?;
    let digest = digest(&parts, &body);
    let running = requests.begin(&claim);
    let kept = find_or_claim(&requests.store, &claim, digest, is_bounded).await?;
    if let Some(kept) = &kept
        && kept.digest != digest
    {
        let detail = "This Idempotency-Key was used for another request. Use a new key for a new request.";
        return Err(ApiError::unprocessable("idempotency_key_reused", detail));
    }
    let Some(running) = running else {
        let detail =
            "The first request with this Idempotency-Key is still running. Repeat this one in a moment.";
        return Err(ApiError::conflict("idempotency_running", detail));
    };
    // One that was written down, does not run and did nothing was cut off: it is done now.
    if let Some(kept) = kept.filter(|kept| kept.status != 0) {
        return replay(kept);
    }
    let request = Request::from_parts(parts, Body::from(body));
    // A task of its own: a client that goes away must not leave it unknown whether the thing was done.
    let work = CURRENT.scope(claim, async move {
        let response = next.run(request).await;
        keep(&running, response).await
    });
    tokio::spawn(crate::request_id::carry(work)).await.map_err(ApiError::internal)
}

/// Writes the request down; what was kept of it, where it was before.
async fn find_or_claim(
    store: &Store,
    claim: &Claim,
    digest: Digest,
    is_bounded: bool,
) -> Result<Option<Kept>, ApiError> {
    let Claim { actor, key } = claim;
    let write = async |tx: &mut WriteTx| -> Result<_, ApiError> {
        let claim = CLAIM.bind(actor).bind(key).bind(digest).bind(Micros::now());
        if tx.execute(claim).await? == 0 {
            return Ok(Some(tx.one(FIND.bind(actor).bind(key)).await?));
        }
        if is_bounded && tx.one::<i64>(COUNT.bind(actor)).await? > MOST_KEYS {
            let detail =
                "Too many requests with an Idempotency-Key within a day. Send this one without it, or later.";
            return Err(ApiError::too_many("idempotency_keys_too_many", detail, LATER));
        }
        Ok(None)
    };
    store.write(write).await
}

fn digest(parts: &http::request::Parts, body: &[u8]) -> Digest {
    let target = parts.uri.path_and_query().map_or("", |target| target.as_str());
    Digest::of_parts([parts.method.as_str().as_bytes(), target.as_bytes(), body])
}

fn replay(kept: Kept) -> Result<Response, ApiError> {
    if kept.status == NOT_KEPT {
        let detail = "The request was done before, and its answer was a secret that is not kept. Ask for a new one with a new key.";
        return Err(ApiError::conflict("answer_not_kept", detail));
    }
    if kept.status == DONE {
        let detail = "The request was done before, and its answer was lost before it could be kept. Read the object to see how it stands.";
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
async fn keep(running: &Running, response: Response) -> Response {
    let (store, Claim { actor, key }) = (&running.requests.store, &running.claim);
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
