//! A small HTTP client of the panel: over its unix socket, or over HTTPS with a token.
//!
//! It knows no operation: commands name paths and bodies. A request that changes something carries an `Idempotency-Key`, so it can be
//! sent again when the panel goes away in the middle of it (an upgrade takes a few seconds), and is still done once.

mod endpoint;
mod tls;

use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::{HeaderMap, Method, Request, Response, StatusCode, header};
use serde_json::Value;

pub(crate) use endpoint::{Endpoint, EndpointArgs};

use crate::failure::Failure;
use crate::problem::Problem;

/// How much of an answer is read, in bytes.
const LARGEST_ANSWER: usize = 64 << 20;
/// How long an answer may take, besides what the panel was asked to wait.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long work over the whole server may take.
const LONG_PATIENCE: Duration = Duration::from_secs(620);
/// How often a request is sent again that the panel dropped, and the pause before each.
const RETRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(500);

/// One request.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    method: Method,
    path: String,
    body: Option<Value>,
    headers: Vec<(&'static str, String)>,
    deadline: Duration,
    repeatable: bool,
}

impl Call {
    /// A request; `path` is below `/api/v1`, with its query.
    pub(crate) fn new(method: Method, path: impl Into<String>) -> Self {
        let repeatable = method == Method::GET;
        Self { method, path: path.into(), body: None, headers: Vec::new(), deadline: PATIENCE, repeatable }
    }

    /// Reads.
    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path)
    }

    /// With a body.
    pub(crate) fn body(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    /// With a header.
    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Done once, however often it is sent.
    pub(crate) fn once(mut self) -> Self {
        self.repeatable = true;
        self.header("idempotency-key", names::RequestId::new().to_string())
    }

    /// The panel is asked to wait so long for the server.
    pub(crate) fn wait(mut self, wait: Duration) -> Self {
        self.deadline = PATIENCE + wait;
        if wait.is_zero() { self } else { self.header("prefer", format!("wait={}", wait.as_secs())) }
    }

    /// Work over the whole server, which may take minutes.
    pub(crate) fn patient(mut self) -> Self {
        self.deadline = LONG_PATIENCE;
        self
    }
}

/// An answer that is no error.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    doing: String,
}

impl Reply {
    /// The body as JSON.
    pub(crate) fn value(&self) -> Result<Value, Failure> {
        serde_json::from_slice(&self.body).map_err(|error| self.not_understood(&error.to_string()))
    }

    /// A header that is text.
    pub(crate) fn header(&self, name: header::HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The version of the object that was read.
    pub(crate) fn etag(&self) -> Result<String, Failure> {
        let tag = self.header(header::ETAG).map(str::to_owned);
        tag.ok_or_else(|| self.not_understood("there is no ETag"))
    }

    /// The answer is not what was expected.
    pub(crate) fn not_understood(&self, problem: &str) -> Failure {
        Failure::refused(
            format!("{}: the panel's answer cannot be understood: {problem}", self.doing),
            "Are this command and the panel of the same release? `holdfast --version`, `holdfast node show`.",
        )
    }
}

/// Why a request brought no answer.
#[derive(Debug, thiserror::Error)]
enum Lost {
    /// There is nobody, or nobody that may be trusted.
    #[error(transparent)]
    Connect(#[from] endpoint::ConnectError),
    /// The connection ended before the answer.
    #[error("the connection broke: {0}")]
    Broken(hyper::Error),
    /// The answer broke off, or is too large.
    #[error("the answer broke off: {0}")]
    Body(Box<dyn std::error::Error + Send + Sync>),
    /// It took too long.
    #[error("no answer within {} s", .0.as_secs())]
    Late(Duration),
    /// The request cannot be one, such as a path with a space.
    #[error("not a request: {0}")]
    Request(#[from] hyper::http::Error),
}

/// A client of one panel.
pub(crate) struct Client {
    endpoint: Endpoint,
    token: Option<String>,
}

impl Client {
    /// Nothing is opened yet.
    pub(crate) fn new(endpoint: Endpoint, token: Option<String>) -> Self {
        Self { endpoint, token }
    }

    /// From now on by this token.
    pub(crate) fn set_token(&mut self, token: String) {
        self.token = Some(token);
    }

    /// Where requests go.
    pub(crate) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Sends the request, again where the panel dropped it and it is safe; an answer that is an error is a [`Failure::Problem`].
    pub(crate) async fn send(&self, call: &Call) -> Result<Reply, Failure> {
        let doing = format!("{} {}", call.method, call.path);
        let mut tries = 0;
        let (status, headers, body) = loop {
            let exchange = async {
                let response = self.open(call).await?;
                let (parts, body) = response.into_parts();
                let body = Limited::new(body, LARGEST_ANSWER).collect().await.map_err(Lost::Body)?;
                Ok((parts.status, parts.headers, body.to_bytes()))
            };
            let result = tokio::time::timeout(call.deadline, exchange).await;
            match result.unwrap_or(Err(Lost::Late(call.deadline))) {
                Ok((StatusCode::CONFLICT, _, body))
                    if tries > 0 && tries < RETRIES && still_running(&body) => {}
                Ok(answer) => break answer,
                Err(Lost::Broken(_) | Lost::Body(_)) if call.repeatable && tries < RETRIES => {}
                Err(lost) => return Err(self.unreachable(&doing, &lost)),
            }
            tries += 1;
            tokio::time::sleep(PAUSE).await;
        };
        if !status.is_success() {
            return Err(Failure::Problem(Box::new(Problem::read(status, &body))));
        }
        Ok(Reply { status, headers, body, doing })
    }

    /// A stream of events that has no end.
    pub(crate) async fn stream(&self, call: &Call) -> Result<Incoming, Failure> {
        let doing = format!("{} {}", call.method, call.path);
        let opened = tokio::time::timeout(call.deadline, self.open(call)).await;
        let response = opened.unwrap_or(Err(Lost::Late(call.deadline)));
        let response = response.map_err(|lost| self.unreachable(&doing, &lost))?;
        let (parts, body) = response.into_parts();
        if parts.status.is_success() {
            return Ok(body);
        }
        let body = Limited::new(body, LARGEST_ANSWER).collect().await;
        let body = body.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        Err(Failure::Problem(Box::new(Problem::read(parts.status, &body))))
    }

    async fn open(&self, call: &Call) -> Result<Response<Incoming>, Lost> {
        let mut request = Request::builder()
            .method(&call.method)
            .uri(format!("/api/v1{}", call.path))
            .header(header::HOST, self.endpoint.authority())
            .header(header::USER_AGENT, concat!("holdfast/", env!("CARGO_PKG_VERSION")));
        for (name, value) in &call.headers {
            request = request.header(*name, value);
        }
        if !call.headers.iter().any(|(name, _)| *name == "accept") {
            request = request.header(header::ACCEPT, "application/json");
        }
        if let Some(token) = &self.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let mut bytes = Bytes::new();
        if let Some(body) = &call.body {
            request = request.header(header::CONTENT_TYPE, "application/json");
            bytes = Bytes::from(body.to_string());
        }
        let request = request.body(Full::new(bytes))?;
        let stream = self.endpoint.connect().await?;
        let (mut sender, connection) = http1::handshake(stream).await.map_err(Lost::Broken)?;
        // Ends by itself once the answer was read; this process does not outlive it by much.
        tokio::spawn(connection);
        sender.send_request(request).await.map_err(Lost::Broken)
    }

    fn unreachable(&self, doing: &str, lost: &Lost) -> Failure {
        match lost {
            Lost::Connect(error) => {
                Failure::Unreachable { reason: self.endpoint.reason(error), remedy: self.endpoint.remedy(error) }
            }
            Lost::Request(_) => Failure::Usage(lost.to_string()),
            _ => Failure::Unreachable {
                reason: format!("{doing}: {lost}"),
                remedy: "It is not known whether it was done: look before you repeat it. `holdfast doctor` looks for the cause.".to_owned(),
            },
        }
    }
}

/// The first request with this key still runs, in a panel that dropped our connection.
fn still_running(body: &[u8]) -> bool {
    serde_json::from_slice::<Problem>(body).is_ok_and(|problem| problem.code == "idempotency_running")
}

/// A name or id as one segment of a path.
pub(crate) fn segment(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'~' | b'.') {
            out.push(char::from(byte));
        } else {
            out.push('%');
            for half in [byte >> 4, byte & 15] {
                out.push(char::from_digit(half.into(), 16).unwrap_or('0').to_ascii_uppercase());
            }
        }
    }
    out
}

/// A path with these parameters.
pub(crate) fn with_query(path: &str, pairs: &[(&str, String)]) -> String {
    let mut out = path.to_owned();
    for (index, (name, value)) in pairs.iter().enumerate() {
        out.push(if index == 0 { '?' } else { '&' });
        out.push_str(name);
        out.push('=');
        out.push_str(&segment(value));
    }
    out
}

#[cfg(test)]
mod tests;
