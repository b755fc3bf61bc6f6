//! A name for each request, in its answer, its log lines, its audit entry and its calls to the agent.
//!
//! The id is always made here. One that a client sends is not taken over: it would put a stranger's bytes into the log and let two
//! requests share a name.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderName, HeaderValue};
use tracing::Instrument;

/// The header that answers carry.
pub const HEADER: HeaderName = HeaderName::from_static("x-request-id");

tokio::task_local! {
    static CURRENT: String;
}

/// The id of the request that is being answered; `None` outside of one, and in what a request spawned.
pub fn current() -> Option<String> {
    CURRENT.try_with(Clone::clone).ok()
}

/// `work` under the id of the present request; see [`carry`](crate::carry).
pub(crate) fn carry<F: Future>(work: F) -> impl Future<Output = F::Output> {
    let id = current();
    async move {
        match id {
            Some(id) => CURRENT.scope(id, work).await,
            None => work.await,
        }
    }
}

/// The layer: `axum::middleware::from_fn(request_id::layer)`, outermost of all.
pub async fn layer(request: Request, next: Next) -> Response {
    let id = uuid::Uuid::now_v7().to_string();
    let span = tracing::info_span!("request", id, method = %request.method());
    let value = HeaderValue::from_str(&id);
    let mut response = CURRENT.scope(id, next.run(request)).instrument(span).await;
    if let Ok(value) = value {
        response.headers_mut().insert(HEADER, value);
    }
    response
}
