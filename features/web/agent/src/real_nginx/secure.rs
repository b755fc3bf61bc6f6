//! A visitor by HTTPS who takes every certificate, and looks at it.

use std::io;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, Error, HandshakeKind, SignatureScheme,
    StreamOwned, SupportedProtocolVersion,
};

use super::*;

#[derive(Debug)]
struct TakesAll;

impl ServerCertVerifier for TakesAll {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        default_provider().signature_verification_algorithms.supported_schemes()
    }
}

/// Both that a visitor may speak.
pub(super) const VERSIONS: [&SupportedProtocolVersion; 2] =
    [&rustls::version::TLS12, &rustls::version::TLS13];

/// What came of one visit.
pub(super) struct Seen {
    pub(super) status: u16,
    pub(super) reply: String,
    /// The certificate itself.
    pub(super) certificate: Vec<u8>,
    pub(super) resumed: bool,
}

impl Seen {
    /// All headers of a name, in lower case.
    pub(super) fn headers(&self, name: &str) -> Vec<String> {
        headers(&self.reply, name)
    }
}

/// All headers of a name, in lower case.
pub(super) fn headers(reply: &str, name: &str) -> Vec<String> {
    let head = reply.split("\r\n\r\n").next().unwrap_or_default();
    let fields = head.lines().filter_map(|line| line.split_once(": "));
    fields.filter(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned()).collect()
}

/// A visitor who speaks these versions, and remembers sessions.
pub(super) fn visitor(versions: &[&'static SupportedProtocolVersion]) -> ClientConfig {
    ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(versions)
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(TakesAll))
        .with_no_client_auth()
}

impl Serving {
    /// Asks by HTTPS; the name of the handshake is the visitor's choice.
    pub(super) fn visit(
        &self,
        visitor: &Arc<ClientConfig>,
        address: &str,
        name: &str,
        request: &str,
    ) -> io::Result<Seen> {
        let name = ServerName::try_from(name.to_owned()).unwrap();
        let connection = ClientConnection::new(Arc::clone(visitor), name).map_err(io::Error::other)?;
        let socket = TcpStream::connect((address, self.tls_port))?;
        socket.set_read_timeout(Some(Duration::from_secs(20)))?;
        let mut stream = StreamOwned::new(connection, socket);
        stream.write_all(request.as_bytes())?;
        let mut reply = Vec::new();
        stream.read_to_end(&mut reply)?;
        let reply = String::from_utf8_lossy(&reply).into_owned();
        let chain = stream.conn.peer_certificates().unwrap_or_default();
        Ok(Seen {
            status: reply.get(9..12).and_then(|s| s.parse().ok()).unwrap_or(0),
            certificate: chain.first().map(|der| der.to_vec()).unwrap_or_default(),
            resumed: stream.conn.handshake_kind() == Some(HandshakeKind::Resumed),
            reply,
        })
    }

    /// Asks by HTTPS for a name of the handshake (none: names nobody), and for one of the request.
    pub(super) fn meet(&self, name: Option<&str>, host: &str, path: &str) -> Seen {
        let mut visitor = visitor(&VERSIONS);
        visitor.enable_sni = name.is_some();
        let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        self.visit(&Arc::new(visitor), "127.0.0.1", name.unwrap_or("nobody.example.test"), &request).unwrap()
    }

    /// Asks by HTTPS as a browser does.
    pub(super) fn https(&self, host: &str, path: &str) -> Seen {
        self.meet(Some(host), host, path)
    }

    /// The certificate of a file that nginx reads.
    pub(super) fn certificate(&self, name: &str) -> Vec<u8> {
        der(&std::fs::read_to_string(self.prefix.path("tls").join(format!("{name}.pem"))).unwrap())
    }
}

/// The first certificate of a PEM text.
pub(super) fn der(pem: &str) -> Vec<u8> {
    let body = pem.split("CERTIFICATE-----").nth(1).unwrap().split("-----").next().unwrap();
    STANDARD.decode(body.replace(['\r', '\n'], "")).unwrap()
}
