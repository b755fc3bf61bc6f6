//! Against real servers that lie, drip, never end, or are somebody else.

use std::sync::Arc;
use std::time::Duration;

use egress_spec::{Fetch, FetchReply};
use names::WebUrl;
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::fetch::secured;
use crate::tls;

fn ask(url: &str) -> Fetch {
    Fetch {
        verb: Verb::Post,
        url: url.parse().unwrap(),
        headers: vec![Header { name: "x-test".to_owned(), value: "a b".to_owned() }],
        body: Body(b"hello".to_vec()),
        timeout_ms: 1000,
        max_answer: 64,
    }
}

/// A server that reads one request to its end, writes these bytes with pauses between them, and hangs up; what it read comes back.
async fn server(pieces: Vec<Vec<u8>>, pause: Duration) -> (SocketAddr, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut read = Vec::new();
        while !read.ends_with(b"hello") {
            let mut buffer = [0; 1024];
            let n = stream.read(&mut buffer).await.unwrap();
            read.extend_from_slice(&buffer[..n]);
        }
        let mut ticks = tokio::time::interval(pause.max(Duration::from_micros(1)));
        for piece in pieces {
            ticks.tick().await;
            if stream.write_all(&piece).await.is_err() {
                break;
            }
        }
        String::from_utf8(read).unwrap()
    });
    (address, serving)
}

async fn answer_of(pieces: Vec<Vec<u8>>, pause: Duration) -> (Result<Answer, Failure>, Duration) {
    let (address, _serving) = server(pieces, pause).await;
    let stream = TcpStream::connect(address).await.unwrap();
    let ask = ask("http://hooks.example.test/a");
    let begun = Instant::now();
    let end = begun + Duration::from_millis(300);
    let whole = exchange(stream, address, request(&ask).unwrap(), ask.max_answer, end);
    let answer = timeout_at(end + Duration::from_millis(50), whole).await;
    let late = |_| Failure::TooSlow("hooks.example.test".to_owned(), Duration::from_millis(300));
    (answer.map_err(late).and_then(|answer| answer), begun.elapsed())
}

#[tokio::test]
async fn a_request_is_what_was_asked_for_and_no_more() {
    let (address, serving) =
        server(vec![b"HTTP/1.1 204 No Content\r\nX-A: b\r\n\r\n".to_vec()], Duration::ZERO).await;
    let stream = TcpStream::connect(address).await.unwrap();
    let ask = ask("https://hooks.example.test:8443/a?b=c");
    let end = Instant::now() + Duration::from_secs(5);
    let answer = exchange(stream, address, request(&ask).unwrap(), 64, end).await.unwrap();
    assert_eq!((answer.status, answer.cut, answer.body), (204, false, Body::default()));
    assert_eq!(answer.headers, [Header { name: "x-a".to_owned(), value: "b".to_owned() }]);
    let mut lines: Vec<String> = serving.await.unwrap().lines().map(str::to_owned).collect();
    assert_eq!(lines.remove(0), "POST /a?b=c HTTP/1.1");
    lines.sort();
    let expected = [
        "",
        "connection: close",
        "content-length: 5",
        "hello",
        "host: hooks.example.test:8443",
        "user-agent: Holdfast",
        "x-test: a b",
    ];
    assert_eq!(lines, expected);
}

#[tokio::test]
async fn an_answer_without_end_is_cut() {
    let head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    let chunk = [b"1000\r\n".as_slice(), &[b'x'; 0x1000], b"\r\n"].concat();
    let pieces = std::iter::once(head).chain(std::iter::repeat_n(chunk, 100)).collect();
    let (answer, took) = answer_of(pieces, Duration::ZERO).await;
    let answer = answer.unwrap();
    assert_eq!((answer.status, answer.body.0.len(), answer.cut), (200, 64, true));
    assert!(took < Duration::from_millis(300), "{took:?}");
}

#[tokio::test]
async fn a_body_that_drips_is_ended_in_time() {
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 60\r\n\r\n".to_vec();
    let pieces = std::iter::once(head).chain(std::iter::repeat_n(b"x".to_vec(), 60)).collect();
    let (answer, took) = answer_of(pieces, Duration::from_millis(20)).await;
    let answer = answer.unwrap();
    assert!(answer.cut && answer.body.0.len() < 60, "{}", answer.body.0.len());
    assert!(took < Duration::from_millis(400), "{took:?}");
}

#[tokio::test]
async fn a_head_that_drips_is_ended_in_time() {
    let pieces =
        b"HTTP/1.1 200 OK\r\nx-slow: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyy".iter().map(|byte| vec![*byte]).collect();
    let (answer, took) = answer_of(pieces, Duration::from_millis(20)).await;
    assert!(matches!(answer, Err(Failure::TooSlow(..))));
    assert!(took < Duration::from_millis(450), "{took:?}");
}

#[tokio::test]
async fn what_is_no_http_and_a_head_without_end_are_refused() {
    let line = [b"x-long: ".as_slice(), &[b'y'; 4000], b"\r\n"].concat();
    let endless =
        std::iter::once(b"HTTP/1.1 200 OK\r\n".to_vec()).chain(std::iter::repeat_n(line, 40)).collect();
    let many = std::iter::once(b"HTTP/1.1 200 OK\r\n".to_vec())
        .chain((0..200).map(|n| format!("x-{n}: y\r\n").into_bytes()));
    let many = many.chain([b"\r\n".to_vec()]).collect();
    for pieces in [vec![b"220 mail.example.test ESMTP\r\n".to_vec()], vec![], endless, many] {
        let (answer, _) = answer_of(pieces, Duration::ZERO).await;
        assert!(matches!(answer, Err(Failure::Http(..))));
    }
}

#[tokio::test]
async fn a_redirection_is_handed_on() {
    let head = b"HTTP/1.1 307 Temporary Redirect\r\nlocation: http://127.0.0.1/\r\ncontent-length: 0\r\n\r\n"
        .to_vec();
    let answer = answer_of(vec![head], Duration::ZERO).await.0.unwrap();
    assert_eq!(answer.status, 307);
    assert_eq!(answer.headers[0].value, "http://127.0.0.1/");
}

#[test]
fn a_call_that_would_take_hold_of_the_connection_is_refused() {
    let header = |name: &str, value: &str| {
        let headers = vec![Header { name: name.to_owned(), value: value.to_owned() }];
        request(&Fetch { headers, ..ask("https://hooks.example.test/") })
    };
    assert!(header("x-a", "b").is_ok());
    for name in [
        "host",
        "Host",
        "content-length",
        "transfer-encoding",
        "connection",
        "upgrade",
        "proxy-authorization",
        "x a",
        "x\r\ny",
        "",
    ] {
        assert!(matches!(header(name, "x"), Err(Failure::Call("headers", _))), "{name:?}");
    }
    assert!(matches!(header("x-a", "b\r\nhost: c"), Err(Failure::Call("headers", _))));
    let large = Fetch { body: Body(vec![0; MAX_BODY + 1]), ..ask("https://hooks.example.test/") };
    assert!(matches!(request(&large), Err(Failure::Call("body", _))));
    let greedy = Fetch { max_answer: MAX_ANSWER + 1, ..ask("https://hooks.example.test/") };
    assert!(matches!(request(&greedy), Err(Failure::Call("max_answer", _))));
}

#[test]
fn the_largest_answer_fits_into_a_frame() {
    let reply = FetchReply {
        status: 200,
        headers: vec![Header { name: "x".to_owned(), value: "\"".repeat(MAX_HEAD) }],
        body: Body(vec![255; MAX_ANSWER as usize]),
        cut: false,
        address: "2001:db8::1".parse().unwrap(),
        micros: u64::MAX,
    };
    assert!(serde_json::to_vec(&reply).unwrap().len() < wire::MAX_FRAME);
}

/// A server with a certificate of this authority for this name.
async fn secure_server(authority: &rcgen::CertifiedIssuer<'_, rcgen::KeyPair>, name: &str) -> SocketAddr {
    let key = rcgen::KeyPair::generate().unwrap();
    let parameters = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap();
    let certificate = parameters.signed_by(&key, authority).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![CertificateDer::from(certificate.der().to_vec())],
            PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        )
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let _ = acceptor.accept(stream).await;
        }
    });
    address
}

fn authority() -> rcgen::CertifiedIssuer<'static, rcgen::KeyPair> {
    let mut parameters = rcgen::CertificateParams::new(Vec::<String>::new()).unwrap();
    parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    rcgen::CertifiedIssuer::self_signed(parameters, rcgen::KeyPair::generate().unwrap()).unwrap()
}

#[tokio::test]
async fn a_certificate_counts_where_its_name_and_its_issuer_do() {
    let (known, stranger) = (authority(), authority());
    let dir = tempfile::tempdir().unwrap();
    let roots = dir.path().join("roots.pem");
    std::fs::write(&roots, known.pem()).unwrap();
    let trust = tls::connector(&roots).unwrap();
    let host = |text: &str| text.parse::<WebUrl>().unwrap().host().clone();
    for (issuer, name, asked, good) in [
        (&known, "hooks.example.test", "https://hooks.example.test/", true),
        (&known, "203.0.113.9", "https://203.0.113.9/", true),
        (&known, "other.example.test", "https://hooks.example.test/", false),
        (&stranger, "hooks.example.test", "https://hooks.example.test/", false),
    ] {
        let stream = TcpStream::connect(secure_server(issuer, name).await).await.unwrap();
        assert_eq!(secured(&trust, stream, &host(asked)).await.is_ok(), good, "{name} {asked}");
    }
    std::fs::write(&roots, "").unwrap();
    assert!(tls::connector(&roots).is_err(), "who trusts nobody cannot work");
}
