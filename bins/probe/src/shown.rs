//! The certificate that visitors of a name are shown.
//!
//! It is looked at and not believed: one that no browser takes is what there is to tell of. Nothing is sent but the handshake.

mod takes_all;

use std::net::SocketAddr;

use names::{CertName, Digest, DomainName};
use rustls::ProtocolVersion;
use rustls::pki_types::ServerName;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use web_spec::{ProbeTls, ProbeTlsReply};
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate, X509Name};

use crate::visit::{PATIENCE, VisitError, connect, reachable};

/// More names are not told.
const NAMES: usize = 100;

/// More characters of a name or an issuer are not told.
const LONGEST: usize = DomainName::MAX + 2;

/// Makes a handshake and reads what was shown in it.
pub(crate) async fn shown(ask: &ProbeTls) -> Result<ProbeTlsReply, VisitError> {
    let address = reachable(ask.address.socket());
    timeout(PATIENCE, look(address, &ask.name)).await.map_err(|_| VisitError::TooSlow(address))?
}

async fn look(address: SocketAddr, name: &DomainName) -> Result<ProbeTlsReply, VisitError> {
    let no_handshake = |error| VisitError::Handshake(address, error);
    let config = takes_all::config().map_err(|e| no_handshake(std::io::Error::other(e)))?;
    let server = ServerName::try_from(name.as_str().to_owned());
    let server = server.map_err(|e| no_handshake(std::io::Error::other(e)))?;
    let stream = connect(address).await?;
    let stream = TlsConnector::from(config).connect(server, stream).await.map_err(no_handshake)?;
    let (_, connection) = stream.get_ref();
    let protocol = connection.protocol_version();
    let shown = connection.peer_certificates().and_then(|chain| chain.first());
    let shown = shown.ok_or_else(|| VisitError::Certificate("there is none".to_owned()))?;
    read(shown, name, protocol)
}

fn read(
    der: &[u8],
    asked: &DomainName,
    protocol: Option<ProtocolVersion>,
) -> Result<ProbeTlsReply, VisitError> {
    let unreadable = |error: &dyn std::fmt::Display| VisitError::Certificate(plain(&error.to_string()));
    let (_, parsed) = X509Certificate::from_der(der).map_err(|e| unreadable(&e))?;
    let alternative = parsed.subject_alternative_name().map_err(|e| unreadable(&e))?;
    let general = alternative.iter().flat_map(|extension| &extension.value.general_names);
    let names = || {
        general.clone().filter_map(|name| match name {
            GeneralName::DNSName(name) => Some(*name),
            _ => None,
        })
    };
    Ok(ProbeTlsReply {
        certificate: Digest::of(der),
        names: names().take(NAMES).map(plain).collect(),
        covers: names().any(|name| CertName::parse(name).is_ok_and(|name| name.covers(asked))),
        self_signed: parsed.subject().as_raw() == parsed.issuer().as_raw(),
        issuer: issuer(parsed.issuer()),
        not_before: parsed.validity().not_before.timestamp(),
        not_after: parsed.validity().not_after.timestamp(),
        protocol: protocol_word(protocol),
    })
}

fn issuer(name: &X509Name<'_>) -> String {
    let mut words = name.iter_common_name().chain(name.iter_organization());
    words.find_map(|word| word.as_str().ok()).map(plain).unwrap_or_default()
}

/// A stranger's text, short and without control characters.
fn plain(text: &str) -> String {
    text.chars().take(LONGEST).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

fn protocol_word(protocol: Option<ProtocolVersion>) -> String {
    match protocol {
        Some(ProtocolVersion::TLSv1_3) => "TLSv1.3".to_owned(),
        Some(ProtocolVersion::TLSv1_2) => "TLSv1.2".to_owned(),
        other => other.map(|other| format!("{other:?}")).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests;
