//! Connections: HTTPS on the inherited TCP socket, plain HTTP on the unix socket.
//!
//! Bounds: so many connections at once, so long for a handshake and for a request's head. When the panel stops, streams end, requests in
//! hand are answered, and the sockets stay with PID 1: whoever comes meanwhile waits in them.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use auth::Origin;
use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;
use wire::CancellationToken;

use crate::authenticate::Root;

/// Connections at once, on each of the sockets.
const MOST: usize = 512;
/// For a TLS handshake, and for a request's head.
const HEAD: Duration = Duration::from_secs(10);
/// After a failed accept (no descriptor left): others end meanwhile.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves connections until `stop`.
#[derive(Clone)]
pub struct Server {
    router: Router,
    stop: CancellationToken,
    connections: TaskTracker,
}

impl Server {
    /// A server of this router.
    pub fn new(router: Router, stop: CancellationToken) -> Self {
        Self { router, stop, connections: TaskTracker::new() }
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
            let (server, tls) = (self.clone(), tls.clone());
            self.connections.spawn(async move {
                let _permit = permit;
                let Ok(Ok(stream)) = tokio::time::timeout(HEAD, tls.accept(stream)).await else { return };
                server.connection(stream, Origin::Network(canonical(peer.ip())), false).await;
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
            let server = self.clone();
            self.connections.spawn(async move {
                let _permit = permit;
                server.connection(stream, Origin::Socket, peer.uid() == 0).await;
            });
        }
    }

    async fn connection<I>(&self, stream: I, origin: Origin, root: bool)
    where
        I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let service =
            self.router.clone().map_request(move |mut request: http::Request<hyper::body::Incoming>| {
                request.extensions_mut().insert(origin);
                if root {
                    request.extensions_mut().insert(Root);
                }
                request
            });
        let mut builder = auto::Builder::new(TokioExecutor::new());
        builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD).max_buf_size(64 * 1024);
        builder
            .http2()
            .timer(TokioTimer::new())
            .max_concurrent_streams(64)
            .keep_alive_interval(Duration::from_secs(30));
        let connection = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
        tokio::pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = self.stop.cancelled() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(error = %error, "a connection ended early");
        }
    }
}

/// IPv4 in IPv6's clothes is IPv4.
fn canonical(ip: IpAddr) -> IpAddr {
    ip.to_canonical()
}
