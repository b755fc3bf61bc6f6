//! One call, from its URL to its answer.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;
use egress_spec::{Bounds, Fetch, FetchReply, MAX_TIMEOUT};
use names::{Scheme, UrlHost};
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::time::timeout_at;
use tokio_rustls::TlsConnector;

use crate::connect::{connect, judged};
use crate::exchange::{Answer, exchange, request};
use crate::failure::Failure;
use crate::tls;

/// Bounds, and whom to trust.
pub(crate) struct Egress {
    bounds: Bounds,
    tls: TlsConnector,
}

impl Egress {
    /// Reads the certificates.
    pub(crate) fn new(bounds: Bounds) -> Result<Self> {
        let tls = tls::connector(Path::new(&bounds.file().roots))?;
        Ok(Self { bounds, tls })
    }

    /// Does what is asked, or says why not.
    pub(crate) async fn fetch(&self, ask: Fetch) -> Result<FetchReply, Failure> {
        let request = request(&ask)?;
        let time = Duration::from_millis(ask.timeout_ms.into());
        if time > MAX_TIMEOUT {
            return Err(Failure::Call("timeout_ms", format!("a request takes {MAX_TIMEOUT:?} at most")));
        }
        let begun = Instant::now();
        let end = tokio::time::Instant::now() + time;
        let whole = async {
            let addresses = judged(&self.bounds, &ask.url).await?;
            let (stream, peer) = connect(&addresses).await?;
            let answer = match ask.url.scheme() {
                Scheme::Http => exchange(stream, peer, request, ask.max_answer, end).await?,
                Scheme::Https => {
                    let secured = secured(&self.tls, stream, ask.url.host()).await;
                    let stream = secured.map_err(|error| Failure::Untrusted(peer, error.to_string()))?;
                    exchange(stream, peer, request, ask.max_answer, end).await?
                }
            };
            Ok::<_, Failure>((peer, answer))
        };
        let late = |_| Failure::TooSlow(ask.url.authority(), time);
        // a moment more than the body has, which is broken off at the end and handed on as far as it came
        let (peer, answer) = timeout_at(end + Duration::from_millis(50), whole).await.map_err(late)??;
        let Answer { status, headers, body, cut } = answer;
        let micros = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        Ok(FetchReply { status, headers, body, cut, address: peer.ip(), micros })
    }
}

/// TLS with whoever has a certificate for this host.
pub(crate) async fn secured(
    tls: &TlsConnector,
    stream: TcpStream,
    host: &UrlHost,
) -> std::io::Result<tokio_rustls::client::TlsStream<TcpStream>> {
    let name = match host {
        UrlHost::Name(name) => {
            ServerName::try_from(name.to_string()).map_err(|_| std::io::ErrorKind::InvalidInput)?
        }
        UrlHost::Address(address) => ServerName::from(*address),
    };
    tls.connect(name, stream).await
}
