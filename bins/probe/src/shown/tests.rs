use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::*;

fn name(text: &str) -> DomainName {
    text.parse().unwrap()
}

/// Shows this certificate to one visitor; answers the name that was asked for.
async fn server(
    certificate: CertificateDer<'static>,
    key: &rcgen::KeyPair,
    versions: &[&'static rustls::SupportedProtocolVersion],
) -> (SocketAddr, tokio::task::JoinHandle<Option<String>>) {
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_protocol_versions(versions)
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let asked = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let stream = TlsAcceptor::from(Arc::new(config)).accept(stream).await.ok()?;
        stream.get_ref().1.server_name().map(str::to_owned)
    });
    (address, asked)
}

fn ask(address: SocketAddr, name: &str) -> ProbeTls {
    ProbeTls { address: address.to_string().parse().unwrap(), name: name.parse().unwrap() }
}

const BOTH: [&rustls::SupportedProtocolVersion; 2] = [&rustls::version::TLS12, &rustls::version::TLS13];

#[tokio::test]
async fn a_certificate_that_nobody_would_take_is_told_of() {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut parameters =
        rcgen::CertificateParams::new(vec!["www.example.test".to_owned(), "*.b.example.test".to_owned()])
            .unwrap();
    parameters.not_before = rcgen::date_time_ymd(2001, 9, 9);
    parameters.not_after = rcgen::date_time_ymd(2002, 9, 9);
    parameters.distinguished_name = rcgen::DistinguishedName::new();
    parameters.distinguished_name.push(rcgen::DnType::CommonName, "Nobody\u{1b}[2J");
    let certificate = parameters.self_signed(&key).unwrap();
    let der = certificate.der().clone();
    for (versions, protocol) in [(&BOTH[..1], "TLSv1.2"), (&BOTH[1..], "TLSv1.3"), (&BOTH[..], "TLSv1.3")] {
        for (asked, covers) in [
            ("www.example.test", true),
            ("x.b.example.test", true),
            ("b.example.test", false),
            ("x.y.b.example.test", false),
            ("example.test", false),
        ] {
            let (address, told) = server(der.clone(), &key, versions).await;
            let reply = shown(&ask(address, asked)).await.unwrap();
            let wanted = ProbeTlsReply {
                certificate: Digest::of(&der),
                names: vec!["www.example.test".to_owned(), "*.b.example.test".to_owned()],
                covers,
                self_signed: true,
                issuer: "Nobody\u{fffd}[2J".to_owned(),
                not_before: 999_993_600,
                not_after: 1_031_529_600,
                protocol: protocol.to_owned(),
            };
            assert_eq!(reply, wanted);
            assert_eq!(told.await.unwrap().as_deref(), Some(asked), "the name of the handshake");
        }
    }
}

#[tokio::test]
async fn an_issuer_is_told_by_its_name_or_its_organisation() {
    for (kind, told) in
        [(rcgen::DnType::CommonName, "An Authority"), (rcgen::DnType::OrganizationName, "A Company")]
    {
        let mut issuer = rcgen::CertificateParams::new(Vec::new()).unwrap();
        issuer.distinguished_name = rcgen::DistinguishedName::new();
        issuer.distinguished_name.push(kind, told);
        let issuer =
            rcgen::CertifiedIssuer::self_signed(issuer, rcgen::KeyPair::generate().unwrap()).unwrap();
        let key = rcgen::KeyPair::generate().unwrap();
        let many: Vec<String> = (0..150).map(|n| format!("n{n}.example.test")).collect();
        let certificate = rcgen::CertificateParams::new(many).unwrap().signed_by(&key, &issuer).unwrap();
        let (address, _told) = server(certificate.der().clone(), &key, &BOTH).await;
        let reply = shown(&ask(address, "n149.example.test")).await.unwrap();
        assert_eq!((reply.self_signed, reply.issuer.as_str()), (false, told));
        assert_eq!((reply.names.len(), reply.covers), (100, true), "one that is not told of counts, too");
    }
}

#[tokio::test]
async fn what_is_no_handshake_is_an_error_and_not_a_certificate() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
    });
    let error = shown(&ask(address, "www.example.test")).await.unwrap_err();
    assert!(matches!(error, VisitError::Handshake(..)), "{error}");
    let error = read(b"\x30\x03\x02\x01\x01", &name("www.example.test"), None).unwrap_err();
    assert!(matches!(error, VisitError::Certificate(_)), "{error}");
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let error = shown(&ask(nobody, "www.example.test")).await.unwrap_err();
    assert!(matches!(error, VisitError::Connect(..)), "{error}");
}
