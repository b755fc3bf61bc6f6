//! What was refused is in the audit too: who asked for what, which fields, and the codes; never a value.
//!
//! Only for someone who is known, and of a tenant only so many in a minute: neither must fill the disk. Refusals by the present state (a stale ETag, a changed plan, a limit of
//! requests) are no attempt at anything, and left out.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use api_kit::{PROBLEM_JSON, Problem, request_id};
use audit::{Entry, Object, Outcome, RefusedField, Who};
use auth::{Actor, ManageAccounts};
use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::{Method, StatusCode, header};
use http_body_util::{BodyExt, Limited};
use names::Micros;
use store::{Store, StoreError, WriteTx};

/// A larger problem document is not read.
const LARGEST: usize = 256 * 1024;
/// Refused fields of one request that are written down.
const MOST_FIELDS: usize = 20;

/// Refusals of one tenant, and refused links, that are written down in a minute; what is more is in the log of requests alone.
const PER_MINUTE: u32 = 60;
/// Tenants of a minute that are counted; more than that share one count.
const MOST_TENANTS: usize = 10_000;

/// What the layer needs.
#[derive(Clone)]
pub(crate) struct Refusals {
    store: Store,
    minute: Arc<Mutex<Minute>>,
}

#[derive(Default)]
struct Minute {
    number: i64,
    counts: HashMap<String, u32>,
}

impl Refusals {
    pub(crate) fn new(store: Store) -> Self {
        Self { store, minute: Arc::default() }
    }

    /// Whether one more of this actor's is written down. An administrator's always are.
    fn has_room(&self, actor: &Actor, now: Micros) -> bool {
        if actor.everywhere::<ManageAccounts>().is_ok() {
            return true;
        }
        self.has_room_of(actor.key(), now)
    }

    /// Whether one more refused link is written down. All strangers share this room.
    pub(crate) fn has_room_for_a_link(&self, now: Micros) -> bool {
        self.has_room_of(String::from("link"), now)
    }

    fn has_room_of(&self, key: String, now: Micros) -> bool {
        let mut minute = self.minute.lock().unwrap_or_else(PoisonError::into_inner);
        let number = now.as_secs() / 60;
        if minute.number != number {
            *minute = Minute { number, counts: HashMap::new() };
        }
        let full = minute.counts.len() >= MOST_TENANTS;
        let key = if full { String::new() } else { key };
        let count = minute.counts.entry(key).or_default();
        *count += 1;
        *count <= PER_MINUTE
    }
}

/// The layer, inside of the one that finds the actor.
pub(crate) async fn layer(State(refusals): State<Refusals>, request: Request, next: Next) -> Response {
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let Some(actor) = request.extensions().get::<Actor>().filter(|_| changes).cloned() else {
        return next.run(request).await;
    };
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let matched = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let response = next.run(request).await;
    if !worth_noting(response.status()) || !refusals.has_room(&actor, Micros::now()) {
        return response;
    }
    let (parts, body) = response.into_parts();
    let is_problem = parts.headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == PROBLEM_JSON);
    let Ok(body) = Limited::new(body, LARGEST).collect().await else {
        return Response::from_parts(parts, Body::empty());
    };
    let body = body.to_bytes();
    if is_problem && let Ok(problem) = serde_json::from_slice::<Problem>(&body) {
        let action = format!("{method} {}", matched.unwrap_or_else(|| shown(&path)));
        note(&refusals.store, &actor, &action, &shown(&path), &problem).await;
    }
    Response::from_parts(parts, Body::from(body))
}

fn worth_noting(status: StatusCode) -> bool {
    matches!(status.as_u16(), 400 | 403 | 404 | 409 | 413 | 415 | 422)
}

/// A stranger's path: cut short, and without what is not plain.
fn shown(path: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "/-._".contains(c) { c } else { '?' };
    path.chars().take(100).map(plain).collect()
}

async fn note(store: &Store, actor: &Actor, action: &str, asked: &str, problem: &Problem) {
    let fields = problem.errors.iter().take(MOST_FIELDS);
    let fields = fields
        .map(|error| RefusedField {
            pointer: shown_pointer(&error.pointer),
            code: error.code.clone().into_owned(),
        })
        .collect();
    let entry = Entry {
        who: Who::from(actor),
        request_id: &request_id::current().unwrap_or_default(),
        action,
        // what was asked for may not be there, or not be theirs: it is named as they named it
        object: Object::of_installation("request", asked),
        before: None,
        after: None,
        plan_hash: None,
        outcome: Outcome::Refused { code: problem.code.clone().into_owned(), fields },
    };
    // Not synced on its own: refusals must not be a way to keep the disk busy.
    let append =
        async |tx: &mut WriteTx| -> Result<_, StoreError> { audit::append(tx, &entry, Micros::now()).await };
    let written = store.note(append);
    if let Err(error) = written.await {
        tracing::warn!(error = %error, "a refusal could not be written into the audit");
    }
}

/// A pointer may name a field that a stranger made up.
fn shown_pointer(pointer: &str) -> String {
    let plain = |c: char| if c.is_ascii_graphic() { c } else { '?' };
    pointer.chars().take(100).map(plain).collect()
}
