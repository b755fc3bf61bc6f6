//! One request to an authority, by egress. Egress resolves the name itself, calls no private address, and follows no redirection.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ::http::{Method, Request, Response};
use axum::body::Bytes;
use egress_spec::{Body, Bounds, Fetch, FetchReply, Header, MAX_BODY, Verb, errors};
use http_body_util::BodyExt;
use instant_acme::{BodyWrapper, BytesResponse, Error, HttpClient};
use names::{Micros, WebUrl};
use wire::{Peer, WireError};

/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// How much of one answer is read: a chain of certificates, or a directory, has some kilobytes.
const MOST: u32 = 256 * 1024;
/// The longest words of egress that are kept.
const LONGEST: usize = 300;
/// Authorities ask their clients to name themselves.
const OURSELVES: &str = concat!("Holdfast/", env!("CARGO_PKG_VERSION"));

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    /// The bounds do not let the request out.
    #[error("{0}")]
    Forbidden(String),
    /// Nobody answers there, or not as one should.
    #[error("{0}")]
    NoAnswer(String),
    /// Egress does not answer.
    #[error("egress does not answer: {0}")]
    NobodyAsks(String),
}

/// What the last answer said beside its body.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Last {
    /// Its status.
    pub(crate) status: Option<u16>,
    /// For how long the authority wants to be left alone.
    pub(crate) retry_after: Option<Duration>,
    /// The authority's clock.
    pub(crate) date: Option<Micros>,
}

/// Whoever asks one authority. The clones are one.
#[derive(Clone)]
pub(crate) struct Http {
    egress: Peer,
    bounds: Arc<Bounds>,
    last: Arc<Mutex<Last>>,
}

impl Http {
    pub(crate) fn new(egress: &Peer, bounds: &Arc<Bounds>) -> Self {
        Self { egress: egress.clone(), bounds: Arc::clone(bounds), last: Arc::default() }
    }

    /// What the last answer said beside its body.
    pub(crate) fn last(&self) -> Last {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks, once.
    pub(crate) async fn fetch(
        &self,
        verb: Verb,
        url: &str,
        content_type: Option<&str>,
        body: Vec<u8>,
    ) -> Result<FetchReply, Fault> {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Last::default();
        // what an authority's document names is judged as what a person enters
        let url = WebUrl::parse(url)
            .map_err(|error| Fault::Forbidden(format!("it names an address that is not called: {error}")))?;
        self.bounds.judge(&url).map_err(|forbidden| Fault::Forbidden(forbidden.to_string()))?;
        if body.len() > MAX_BODY {
            return Err(Fault::Forbidden("what would be sent is too long".to_owned()));
        }
        let header = |name: &str, value: &str| Header { name: name.to_owned(), value: value.to_owned() };
        let mut headers = vec![header("user-agent", OURSELVES)];
        headers.extend(content_type.map(|kind| header("content-type", kind)));
        let ask = Fetch {
            verb,
            url,
            headers,
            body: Body(body),
            timeout_ms: u32::try_from(PATIENCE.as_millis()).unwrap_or(u32::MAX),
            max_answer: MOST,
        };
        let reply = self.egress.call(&ask).await.map_err(|error| unsent(&error))?;
        let last = Last {
            status: Some(reply.status),
            retry_after: value(&reply, "retry-after").and_then(|text| retry_after(text, Micros::now())),
            date: value(&reply, "date").and_then(moment),
        };
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = last;
        if reply.cut {
            return Err(Fault::NoAnswer(format!("its answer was cut off, or is longer than {MOST} bytes")));
        }
        Ok(reply)
    }
}

impl HttpClient for Http {
    fn request(
        &self,
        request: Request<BodyWrapper<Bytes>>,
    ) -> Pin<Box<dyn Future<Output = Result<BytesResponse, Error>> + Send>> {
        let http = self.clone();
        Box::pin(async move {
            let (head, body) = request.into_parts();
            let verb = match head.method {
                Method::POST => Verb::Post,
                Method::HEAD => Verb::Head,
                _ => Verb::Get,
            };
            let kind = head.headers.get(::http::header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
            let body = match body.collect().await {
                Ok(body) => body.to_bytes().to_vec(),
                Err(never) => match never {},
            };
            let reply = http.fetch(verb, &head.uri.to_string(), kind, body).await;
            let reply = reply.map_err(|fault| Error::Other(Box::new(fault)))?;
            let mut response = Response::builder().status(reply.status);
            for header in reply.headers {
                response = response.header(header.name, header.value);
            }
            let (parts, ()) = response.body(())?.into_parts();
            Ok(BytesResponse { parts, body: Box::new(Bytes::from(reply.body.0)) })
        })
    }
}

/// A line of an answer's head.
pub(crate) fn value<'a>(reply: &'a FetchReply, name: &str) -> Option<&'a str> {
    reply
        .headers
        .iter()
        .find(|header| header.name.eq_ignore_ascii_case(name))
        .map(|header| header.value.as_str())
}

/// `Retry-After` (RFC 9110, 10.2.3): seconds, or a date.
fn retry_after(text: &str, now: Micros) -> Option<Duration> {
    let text = text.trim();
    match text.parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => moment(text).map(|at| at.since(now)),
    }
}

/// A date as HTTP has it.
fn moment(text: &str) -> Option<Micros> {
    let zoned = jiff::fmt::rfc2822::parse(text).ok()?;
    Micros::new(zoned.timestamp().as_microsecond()).ok()
}

fn unsent(error: &WireError) -> Fault {
    let Some(refusal) = error.refusal() else { return Fault::NobodyAsks(error.to_string()) };
    let words = refusal.message.chars().take(LONGEST).collect();
    match refusal.name.as_str() {
        errors::FORBIDDEN => Fault::Forbidden(words),
        errors::UNRESOLVED | errors::NO_ANSWER | errors::UNTRUSTED => Fault::NoAnswer(words),
        _ => Fault::NobodyAsks(words),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wish_to_be_left_alone_is_seconds_or_a_date() {
        let now = Micros::parse("2026-03-01T12:00:00Z").unwrap();
        assert_eq!(retry_after(" 120 ", now), Some(Duration::from_mins(2)));
        assert_eq!(retry_after("Sun, 01 Mar 2026 12:02:00 GMT", now), Some(Duration::from_mins(2)));
        assert_eq!(retry_after("Sun, 01 Mar 2026 11:00:00 GMT", now), Some(Duration::ZERO));
        assert_eq!(retry_after("-5", now), None);
        assert_eq!(retry_after("soon", now), None);
    }
}
