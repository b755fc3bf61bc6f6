//! A look at port 80 of an address, for this installation's own proof and for nothing else.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use egress_spec::{Body, Bounds, Fetch, Forbidden, Verb, Visit, VisitReply};
use names::NameError;
use tokio::time::timeout;

use crate::connect::{connect, judge_own};
use crate::exchange::{Answer, exchange, request};
use crate::failure::Failure;

const PORT: u16 = 80;
/// From the connection to the last byte.
const PATIENCE: Duration = Duration::from_secs(10);
/// More than a proof has is not read.
const MOST: u32 = 256;

/// Looks there. No name is resolved: the address is the one that was asked about, and it is judged as every other.
pub(crate) async fn visit(bounds: &Bounds, ask: &Visit) -> Result<VisitReply, Failure> {
    bounds.judge_network(ask.address)?;
    let at = SocketAddr::new(ask.address, PORT);
    let looked = async {
        judge_own(ask.address)?;
        look(at, ask).await
    };
    let late = |_| Err(Failure::TooSlow(at.to_string(), PATIENCE));
    match timeout(PATIENCE, looked).await.unwrap_or_else(late) {
        Err(Failure::Forbidden(Forbidden::Own(own))) => Err(Failure::Own(own)),
        other => other,
    }
}

async fn look(at: SocketAddr, ask: &Visit) -> Result<VisitReply, Failure> {
    let begun = Instant::now();
    let request = request(&question(ask)?)?;
    let (stream, peer) = connect(&[at]).await?;
    let end = tokio::time::Instant::now() + PATIENCE;
    let Answer { status, body, .. } = exchange(stream, peer, request, MOST, end).await?;
    let micros = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
    Ok(VisitReply::judge((&ask.token, &ask.thumbprint), status, &body.0, micros))
}

fn question(ask: &Visit) -> Result<Fetch, Failure> {
    let url = format!("http://{}{}", ask.name, ask.token.path());
    let url = url.parse().map_err(|error: NameError| Failure::Call("name", error.to_string()))?;
    Ok(Fetch {
        verb: Verb::Get,
        url,
        headers: Vec::new(),
        body: Body::default(),
        timeout_ms: 0,
        max_answer: MOST,
    })
}

#[cfg(test)]
mod tests;
