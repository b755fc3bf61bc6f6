//! How a provider is asked: by egress alone, since the panel has no network. Egress resolves each name itself, calls no private address, and follows
//! no redirection; time and size are bounded here.

use std::sync::Arc;
use std::time::Duration;

use auth_oidc::{Http, HttpError, HttpRequest, HttpResponse};
use egress_spec::{Body, Bounds, Fetch, Header, MAX_BODY, Verb, errors};
use names::WebUrl;
use wire::{Peer, WireError};

/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How much of one answer is read. Documents of providers have some kilobytes.
pub(crate) const MOST: u32 = 256 * 1024;

/// The longest words of egress that are kept.
const LONGEST: usize = 300;

/// Whoever asks providers.
pub(crate) fn http(egress: &Peer, bounds: &Arc<Bounds>) -> Http {
    let (egress, bounds) = (egress.clone(), Arc::clone(bounds));
    Http::new(move |request| ask(egress.clone(), Arc::clone(&bounds), request))
}

async fn ask(egress: Peer, bounds: Arc<Bounds>, request: HttpRequest) -> Result<HttpResponse, HttpError> {
    let fetch = fetch(&bounds, request)?;
    let reply = egress.call(&fetch).await.map_err(|error| unsent(&error))?;
    if reply.cut {
        return Err(HttpError::TooMuch(MOST));
    }
    let mut response = http::Response::builder().status(reply.status);
    for header in reply.headers {
        response = response.header(header.name, header.value);
    }
    response.body(reply.body.0).map_err(|error| HttpError::NoAnswer(error.to_string()))
}

fn fetch(bounds: &Bounds, request: HttpRequest) -> Result<Fetch, HttpError> {
    let (head, body) = request.into_parts();
    // What a provider's document names is judged as what a person enters.
    let url = WebUrl::parse(&head.uri.to_string())
        .map_err(|error| HttpError::Forbidden(format!("it names an address that is not called: {error}")))?;
    bounds.judge(&url).map_err(|forbidden| HttpError::Forbidden(forbidden.to_string()))?;
    let verb = if head.method == http::Method::POST { Verb::Post } else { Verb::Get };
    if body.len() > MAX_BODY {
        return Err(HttpError::Forbidden("what would be sent is too long".to_owned()));
    }
    let header = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
        value.to_str().ok().map(|value| Header { name: name.as_str().to_owned(), value: value.to_owned() })
    };
    Ok(Fetch {
        verb,
        url,
        headers: head.headers.iter().filter_map(header).collect(),
        body: Body(body),
        timeout_ms: u32::try_from(PATIENCE.as_millis()).unwrap_or(u32::MAX),
        max_answer: MOST,
    })
}

fn unsent(error: &WireError) -> HttpError {
    let Some(refusal) = error.refusal() else { return HttpError::NobodyAsks(error.to_string()) };
    let words = refusal.message.chars().take(LONGEST).collect();
    match refusal.name.as_str() {
        errors::FORBIDDEN => HttpError::Forbidden(words),
        errors::UNRESOLVED | errors::NO_ANSWER | errors::UNTRUSTED => HttpError::NoAnswer(words),
        _ => HttpError::NobodyAsks(words),
    }
}
