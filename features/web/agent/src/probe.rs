//! Asking the server, as a visitor does, what it serves.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use hostd::Host;
use names::ListenAddr;
use web_spec::{ProbeHttp, ProbeHttpReply, ProbeTls, ProbeTlsReply};
use wire::{BlockingClient, Method};

/// Looks at this server from outside.
pub trait Probe: Send + Sync {
    /// Asks one question; an error is a sentence for people.
    fn ask(&self, host: &Host, question: &ProbeHttp, within: Duration) -> Result<ProbeHttpReply, String>;
    /// Asks for the certificate that visitors of a name are shown; an error is a sentence for people.
    fn shown(&self, host: &Host, question: &ProbeTls, within: Duration) -> Result<ProbeTlsReply, String>;
}

/// `holdfast-probe`, by its socket.
#[derive(Debug, Clone, Copy, Default)]
pub struct SocketProbe;

impl Probe for SocketProbe {
    fn ask(&self, host: &Host, question: &ProbeHttp, within: Duration) -> Result<ProbeHttpReply, String> {
        call(host, question, within)
    }

    fn shown(&self, host: &Host, question: &ProbeTls, within: Duration) -> Result<ProbeTlsReply, String> {
        call(host, question, within)
    }
}

fn call<M: Method>(host: &Host, question: &M, within: Duration) -> Result<M::Reply, String> {
    let mut client = BlockingClient::connect(host.probe_socket()).map_err(|e| format!("the probe: {e}"))?;
    client.call(question, within).map_err(|e| format!("the probe: {e}"))
}

/// The address under which a listener is reached from this server: a wildcard is reached by the loopback.
pub(crate) fn reachable(listen: ListenAddr) -> ListenAddr {
    let ip = match listen.ip() {
        IpAddr::V4(v4) if v4.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(v6) if v6.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    ListenAddr::new(ip, listen.port()).unwrap_or(listen)
}
