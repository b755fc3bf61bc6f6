//! One request and its answer, over a connection that is there already.

use std::net::SocketAddr;

use egress_spec::{Body, Fetch, Header, MAX_ANSWER, MAX_BODY, Verb};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{HeaderName, HeaderValue};
use hyper::{Method, Request, Response, header};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, timeout_at};

use crate::failure::Failure;

/// The most bytes of an answer's head.
const MAX_HEAD: usize = 64 * 1024;
const MAX_HEADERS: usize = 100;

/// Headers that say how the connection is used, which is nobody's matter but ours.
const OURS: [HeaderName; 9] = [
    header::HOST,
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
    header::TE,
    header::TRAILER,
    header::UPGRADE,
    header::EXPECT,
    header::PROXY_AUTHORIZATION,
];

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<Header>,
    pub(crate) body: Body,
    pub(crate) cut: bool,
}

/// The request as it goes out; refused here before anything is looked up.
pub(crate) fn request(ask: &Fetch) -> Result<Request<Full<Bytes>>, Failure> {
    if ask.body.0.len() > MAX_BODY {
        return Err(Failure::Call("body", format!("a body has {MAX_BODY} bytes at most")));
    }
    if ask.max_answer > MAX_ANSWER {
        return Err(Failure::Call(
            "max_answer",
            format!("at most {MAX_ANSWER} bytes of an answer are handed on"),
        ));
    }
    let method = match ask.verb {
        Verb::Get => Method::GET,
        Verb::Head => Method::HEAD,
        Verb::Post => Method::POST,
        Verb::Put => Method::PUT,
        Verb::Patch => Method::PATCH,
        Verb::Delete => Method::DELETE,
    };
    let wrong = |error: &dyn std::fmt::Display| Failure::Call("headers", error.to_string());
    let mut request = Request::new(Full::new(Bytes::from(ask.body.0.clone())));
    *request.method_mut() = method;
    *request.uri_mut() = ask.url.target().parse().map_err(|e| Failure::Call("url", format!("{e}")))?;
    let headers = request.headers_mut();
    headers.insert(header::USER_AGENT, HeaderValue::from_static("Holdfast"));
    for Header { name, value } in &ask.headers {
        let name = HeaderName::try_from(name).map_err(|e| wrong(&e))?;
        if OURS.contains(&name) {
            return Err(wrong(&format_args!("{name} is written by egress itself")));
        }
        let value = HeaderValue::from_str(value).map_err(|e| wrong(&e))?;
        headers.append(name, value);
    }
    headers.insert(header::HOST, HeaderValue::from_str(&ask.url.authority()).map_err(|e| wrong(&e))?);
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    Ok(request)
}

/// Sends it, and reads the head and as much of the body as is wanted and comes before `end`. The caller holds the head to the same moment.
pub(crate) async fn exchange<S>(
    stream: S,
    peer: SocketAddr,
    request: Request<Full<Bytes>>,
    most: u32,
    end: Instant,
) -> Result<Answer, Failure>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let http = |error: hyper::Error| Failure::Http(peer, error.to_string());
    let (mut sender, connection) = hyper::client::conn::http1::Builder::new()
        .max_buf_size(MAX_HEAD)
        .max_headers(MAX_HEADERS)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(http)?;
    // ended with this function, however that ends
    let _connection = Ended(tokio::spawn(connection));
    let answer = sender.send_request(request).await.map_err(http)?;
    let status = answer.status().as_u16();
    let headers = headers(&answer);
    let (body, cut) = read(answer.into_body(), most as usize, end).await;
    Ok(Answer { status, headers, body: Body(body), cut })
}

fn headers(answer: &Response<Incoming>) -> Vec<Header> {
    let text = |(name, value): (&HeaderName, &HeaderValue)| {
        Some(Header { name: name.as_str().to_owned(), value: value.to_str().ok()?.to_owned() })
    };
    answer.headers().iter().filter_map(text).collect()
}

/// The first bytes, and whether there was more, or it was broken off.
async fn read(mut body: Incoming, most: usize, end: Instant) -> (Vec<u8>, bool) {
    let mut read = Vec::new();
    while let Ok(next) = timeout_at(end, body.frame()).await {
        let Some(frame) = next else { return (read, false) };
        let Ok(frame) = frame else { return (read, true) };
        let Ok(data) = frame.into_data() else { continue };
        let room = most - read.len();
        read.extend_from_slice(&data[..data.len().min(room)]);
        if data.len() > room {
            return (read, true);
        }
    }
    (read, true)
}

/// A task that does not outlive its owner.
struct Ended<T>(tokio::task::JoinHandle<T>);

impl<T> Drop for Ended<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[cfg(test)]
mod tests;
