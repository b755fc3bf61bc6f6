//! One HTTP/1.1 connection that stays: to a socket of the panel, or to a site from outside.
//!
//! A program per request (curl) costs more than what is measured here, and cannot keep a connection.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpStream, UnixStream};
use tokio::runtime::Runtime;

/// Where a connection goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A unix socket, by its path on this machine.
    Unix(PathBuf),
    /// An address and a port.
    Tcp(SocketAddr),
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "{}", path.display()),
            Self::Tcp(address) => write!(f, "{address}"),
        }
    }
}

/// What was answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Header names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// From sending to the last byte, with connecting where that had to be done.
    pub elapsed: Duration,
}

impl Answer {
    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The first header of this name (in lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(have, _)| have == name).map(|(_, value)| value.as_str())
    }
}

/// A connection that is opened when needed and kept while the other side keeps it.
#[derive(Debug)]
pub struct Connection {
    target: Target,
    limit: Duration,
    runtime: Runtime,
    sender: Option<SendRequest<Full<Bytes>>>,
}

impl Connection {
    /// A connection to `target`; nothing is opened yet. `limit` is for each request.
    pub fn new(target: Target, limit: Duration) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(Self { target, limit, runtime, sender: None })
    }

    /// The next request opens a new connection.
    pub fn close(&mut self) {
        self.sender = None;
    }

    /// One request and its answer; any status is an answer.
    ///
    /// # Errors
    /// The connection is refused, broken or too slow. The next request opens a new one.
    pub fn send(
        &mut self,
        method: &str,
        host: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&[u8]>,
    ) -> Result<Answer> {
        let method = Method::from_bytes(method.as_bytes())?;
        let mut request =
            Request::builder().method(method.clone()).uri(path).header(hyper::header::HOST, host);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(Bytes::copy_from_slice(body.unwrap_or_default())))?;
        let begun = Instant::now();
        let (target, limit, kept) = (&self.target, self.limit, self.sender.take());
        // the other side may have closed what was kept; a question can be asked again
        let again = kept.is_some() && method == Method::GET;
        let second = again.then(|| request.clone());
        let exchange = async {
            let attempts = async {
                match (exchange(target, kept, request).await, second) {
                    (Err(_), Some(second)) => exchange(target, None, second).await,
                    (outcome, _) => outcome,
                }
            };
            tokio::time::timeout(limit, attempts).await
        };
        let outcome = self.runtime.block_on(exchange);
        let what = || format!("{method} {host}{path} at {}", self.target);
        let (sender, mut answer) = outcome
            .map_err(|_| anyhow!("no answer within {limit:?}"))
            .and_then(|it| it)
            .with_context(what)?;
        answer.elapsed = begun.elapsed();
        self.sender = Some(sender);
        Ok(answer)
    }

    /// A visitor's GET.
    pub fn get(&mut self, host: &str, path: &str) -> Result<Answer> {
        self.send("GET", host, path, &[], None)
    }
}

async fn exchange(
    target: &Target,
    kept: Option<SendRequest<Full<Bytes>>>,
    request: Request<Full<Bytes>>,
) -> Result<(SendRequest<Full<Bytes>>, Answer)> {
    let mut usable = None;
    if let Some(mut sender) = kept
        && sender.ready().await.is_ok()
    {
        usable = Some(sender);
    }
    let mut sender = match usable {
        Some(sender) => sender,
        None => open(target).await?,
    };
    let answer = sender.send_request(request).await?;
    let status = answer.status().as_u16();
    let headers = answer
        .headers()
        .iter()
        .map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        })
        .collect();
    let body = answer.into_body().collect().await?.to_bytes().to_vec();
    Ok((sender, Answer { status, headers, body, elapsed: Duration::ZERO }))
}

async fn open(target: &Target) -> Result<SendRequest<Full<Bytes>>> {
    match target {
        Target::Unix(path) => {
            let (sender, connection) = handshake(TokioIo::new(UnixStream::connect(path).await?)).await?;
            tokio::spawn(connection);
            Ok(sender)
        }
        Target::Tcp(address) => {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            let (sender, connection) = handshake(TokioIo::new(stream)).await?;
            tokio::spawn(connection);
            Ok(sender)
        }
    }
}
