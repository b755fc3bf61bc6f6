//! Connections: HTTPS on the inherited TCP socket, plain HTTP on the unix socket.
//!
//! Bounds: so many connections at once, of which one network has so many; so long for a handshake, for a request's head, and for a
//! connection without any request. So nobody shuts the others out by saying nothing. When the panel stops, streams end, requests in hand
//! are answered, and the sockets stay with PID 1: whoever comes meanwhile waits in them.

mod in_hand;
mod networks;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use auth::Origin;
use axum::Router;
use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulConnection;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;
use wire::CancellationToken;

use crate::authenticate::Root;
use in_hand::{Held, InHand};
use networks::Networks;

/// Connections at once, on each of the sockets.
const MOST: usize = 512;
/// Requests at once on one HTTP/2 connection.
const MOST_STREAMS: u32 = 64;
/// After a failed accept (no descriptor left): others end meanwhile.
const PAUSE: Duration = Duration::from_millis(100);

/// How long a client may say nothing.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For a TLS handshake, and for a request's head.
    pub head: Duration,
    /// For an HTTP/2 connection on which no request is in hand.
    pub idle: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { head: Duration::from_secs(10), idle: Duration::from_mins(1) }
    }
}

/// Serves connections until `stop`.
#[derive(Clone)]
pub struct Server {
    router: Router,
    stop: CancellationToken,
    connections: TaskTracker,
    networks: Networks,
    patience: Patience,
}

impl Server {
    /// A server of this router.
    pub fn new(router: Router, stop: CancellationToken) -> Self {
        let (connections, networks) = (TaskTracker::new(), Networks::default());
        Self { router, stop, connections, networks, patience: Patience::default() }
    }

    /// With another patience than the usual one.
    #[must_use]
    pub fn patient(mut self, patience: Patience) -> Self {
        self.patience = patience;
        self
    }

    /// Waits until every connection has ended, once `stop` was cancelled.
    pub async fn finished(&self) {
        self.connections.close();
        self.connections.wait().await;
    }

    /// HTTPS.
    pub async fn https(self, listener: TcpListener, tls: TlsAcceptor) {
        let room = Arc::new(Semaphore::new(MOST));
        loop {
            let Ok(permit) = Arc::clone(&room).acquire_owned().await else { return };
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = self.stop.cancelled() => return,
            };
            let (stream, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be taken");
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
            };
            let origin = Origin::Network(canonical(peer.ip()));
            let Some(place) = self.networks.enter(origin) else { continue };
            let (server, tls) = (self.clone(), tls.clone());
            self.connections.spawn(async move {
                let _held = (permit, place);
                let accepted = tokio::select! {
                    accepted = tokio::time::timeout(server.patience.head, tls.accept(stream)) => accepted,
                    () = server.stop.cancelled() => return,
                };
                let Ok(Ok(stream)) = accepted else { return };
                if stream.get_ref().1.alpn_protocol() == Some(b"h2") {
                    server.http2(stream, origin).await;
                } else {
                    server.http1(stream, origin).await;
                }
            });
        }
    }

    /// HTTP for whoever is on this machine. Root is known by its uid, and only root is.
    pub async fn unix(self, listener: UnixListener) {
        let room = Arc::new(Semaphore::new(MOST));
        loop {
            let Ok(permit) = Arc::clone(&room).acquire_owned().await else { return };
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = self.stop.cancelled() => return,
            };
            let stream = match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be taken");
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
            };
            let Ok(peer) = stream.peer_cred() else { continue };
            let origin = if peer.uid() == 0 { Origin::Socket } else { Origin::Local };
            let Some(place) = self.networks.enter(origin) else { continue };
            let server = self.clone();
            self.connections.spawn(async move {
                let _held = (permit, place);
                server.http1(stream, origin).await;
            });
        }
    }

    async fn http1(&self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, origin: Origin) {
        let mut builder = http1::Builder::new();
        // From the first byte on, and between two requests too.
        builder.timer(TokioTimer::new()).header_read_timeout(self.patience.head).max_buf_size(64 * 1024);
        let service = service(self.router.clone(), origin, InHand::default());
        let connection = builder.serve_connection(TokioIo::new(stream), service);
        self.until_over(connection, std::future::pending()).await;
    }

    async fn http2(&self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, origin: Origin) {
        let mut builder = http2::Builder::new(TokioExecutor::new());
        builder
            .timer(TokioTimer::new())
            .max_concurrent_streams(MOST_STREAMS)
            .keep_alive_interval(Duration::from_secs(30));
        let in_hand = InHand::default();
        let idle = in_hand.none_for(self.patience.idle);
        let service = service(self.router.clone(), origin, in_hand);
        let connection = builder.serve_connection(TokioIo::new(stream), service);
        self.until_over(connection, idle).await;
    }

    /// Serves a connection until its client ends it, it is idle, or the panel stops.
    async fn until_over<C>(&self, connection: C, idle: impl Future<Output = ()>)
    where
        C: GracefulConnection<Error = hyper::Error>,
    {
        tokio::pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = self.stop.cancelled() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
            () = idle => {
                connection.as_mut().graceful_shutdown();
                // A client that does not answer the farewell is not waited for.
                tokio::time::timeout(self.patience.head, connection).await.unwrap_or(Ok(()))
            }
        };
        if let Err(error) = ended {
            tracing::debug!(error = %error, "a connection ended early");
        }
    }
}

/// The router, which is told where each request comes from.
fn service(
    router: Router,
    origin: Origin,
    in_hand: InHand,
) -> impl hyper::service::Service<
    http::Request<hyper::body::Incoming>,
    Response = http::Response<Held>,
    Error = std::convert::Infallible,
    Future: Send + 'static,
> + Send {
    hyper::service::service_fn(move |mut request: http::Request<hyper::body::Incoming>| {
        let mark = in_hand.begin();
        request.extensions_mut().insert(origin);
        if origin == Origin::Socket {
            request.extensions_mut().insert(Root);
        }
        let answer = router.clone().oneshot(request);
        async move { Ok(answer.await?.map(|body| mark.held_by(body))) }
    })
}

/// IPv4 in IPv6's clothes is IPv4.
fn canonical(ip: IpAddr) -> IpAddr {
    ip.to_canonical()
}
