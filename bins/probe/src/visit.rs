//! One visit over HTTP, and the connection that every visit begins with.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::{Duration, Instant};

use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::Bytes;
use hyper::{Request, Response, header};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use tokio::net::TcpStream;
use tokio::time::timeout;
use web_spec::{ProbeHttp, ProbeHttpReply, ProbePath};

/// The Host of a visitor whom nobody knows; `.invalid` never exists.
const UNKNOWN: &str = "holdfast-probe.invalid";

/// More of an answer is not read.
const MOST: usize = 64 * 1024;

pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum VisitError {
    #[error("{0} does not answer: {1}")]
    Connect(SocketAddr, std::io::Error),
    #[error("{0} is not an address of this server")]
    NotOurs(SocketAddr),
    #[error("{0} does not answer within {PATIENCE:?}")]
    TooSlow(SocketAddr),
    #[error("the answer is not HTTP: {0}")]
    Http(#[from] hyper::Error),
    #[error("the question cannot be put: {0}")]
    Request(#[from] hyper::http::Error),
    #[error("{0} does not answer by HTTPS: {1}")]
    Handshake(SocketAddr, std::io::Error),
    #[error("the certificate that is shown cannot be read: {0}")]
    Certificate(String),
}

#[derive(Deserialize)]
struct Identity {
    site: String,
    tree: String,
}

/// Asks and reads what nginx says of itself.
pub(crate) async fn visit(ask: &ProbeHttp) -> Result<ProbeHttpReply, VisitError> {
    let address = reachable(ask.address.socket());
    timeout(PATIENCE, ask_at(address, ask)).await.map_err(|_| VisitError::TooSlow(address))?
}

/// Connects to an address of this server, and to no other.
pub(crate) async fn connect(address: SocketAddr) -> Result<TcpStream, VisitError> {
    let stream = TcpStream::connect(address).await.map_err(|e| VisitError::Connect(address, e))?;
    // a connection to an address of this server comes from that same address; before a byte is sent
    let from = stream.local_addr().map_err(|e| VisitError::Connect(address, e))?;
    if from.ip() == address.ip() { Ok(stream) } else { Err(VisitError::NotOurs(address)) }
}

async fn ask_at(address: SocketAddr, ask: &ProbeHttp) -> Result<ProbeHttpReply, VisitError> {
    let begun = Instant::now();
    let stream = connect(address).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let connection = tokio::spawn(connection);
    let path = match ask.path {
        ProbePath::Identity => "/.well-known/holdfast",
        ProbePath::Front => "/",
    };
    let request = Request::get(path)
        .header(header::HOST, ask.host.as_ref().map_or(UNKNOWN, |host| host.as_str()))
        .header(header::USER_AGENT, "holdfast-probe")
        .header(header::CONNECTION, "close")
        .body(Empty::<Bytes>::new())?;
    let answer = sender.send_request(request).await?;
    let micros = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
    let reply = read(ask.path, answer, micros).await;
    connection.abort();
    Ok(reply)
}

async fn read(path: ProbePath, answer: Response<hyper::body::Incoming>, micros: u64) -> ProbeHttpReply {
    let status = answer.status().as_u16();
    let mut reply = ProbeHttpReply { status, site: None, tree: None, micros };
    if path == ProbePath::Identity
        && let Ok(body) = Limited::new(answer.into_body(), MOST).collect().await
        && let Ok(identity) = serde_json::from_slice::<Identity>(&body.to_bytes())
    {
        reply.site = identity.site.parse().ok();
        reply.tree = identity.tree.parse().ok();
    }
    reply
}

/// Where a listener on all addresses is reached from within.
pub(crate) fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

#[cfg(test)]
mod tests;
