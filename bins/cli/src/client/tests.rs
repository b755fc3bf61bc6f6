use std::sync::Arc;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::net::{TcpListener, UnixListener};

use super::{segment, with_query};
use crate::testing::{Answer, FakePanel, Ran, problem, run};

#[test]
fn names_are_one_segment_of_a_path() {
    assert_eq!(segment("www.example.test"), "www.example.test");
    assert_eq!(segment("a/b?c#d e%"), "a%2Fb%3Fc%23d%20e%25");
    assert_eq!(segment("ü"), "%C3%BC");
}

#[test]
fn parameters_are_encoded() {
    assert_eq!(with_query("/sites", &[]), "/sites");
    assert_eq!(
        with_query("/sites", &[("q", "a&b".to_owned()), ("limit", "1".to_owned())]),
        "/sites?q=a%26b&limit=1"
    );
}

#[tokio::test]
async fn a_panel_that_is_not_there_is_told_with_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let missing = dir.path().join("none.sock").display().to_string();
    let ran = run(&["--socket", &missing, "site", "list"], "", |_| ()).await;
    assert_eq!(ran.code, 5);
    assert!(
        ran.err.contains("cannot be reached: No such file") && ran.err.contains("remedy: Is Holdfast set up"),
        "{}",
        ran.err
    );
    let dead = dir.path().join("dead.sock");
    drop(UnixListener::bind(&dead).unwrap());
    let ran = run(&["--socket", &dead.display().to_string(), "site", "list"], "", |_| ()).await;
    assert_eq!(ran.code, 5);
    assert!(ran.err.contains("Connection refused") && ran.err.contains("systemctl status"), "{}", ran.err);
}

#[tokio::test]
async fn a_read_is_repeated_where_the_panel_went_away() {
    let panel = FakePanel::start([
        ("GET /health", Answer::Breaks),
        ("GET /health", Answer::text(200, "{\"status\":\"ok\",\"version\":\"1\"}")),
    ]);
    let ran = panel.run(&["node", "health"]).await;
    assert_eq!((ran.code, ran.out.as_str()), (0, "ok, release 1\n"));
}

#[tokio::test]
async fn an_answer_that_is_no_json_is_told() {
    let panel = FakePanel::start([("GET /sites/x", Answer::text(200, "<html>"))]);
    let ran = panel.run(&["site", "show", "x"]).await;
    assert_eq!(ran.code, 1);
    assert!(
        ran.err.starts_with("error: GET /sites/x: the panel's answer cannot be understood"),
        "{}",
        ran.err
    );
}

/// A panel on HTTPS with a certificate that it signed itself.
struct Https {
    url: String,
    fingerprint: String,
    pem: tempfile::NamedTempFile,
    seen: tokio::sync::mpsc::UnboundedReceiver<Option<String>>,
}

async fn https(authority: bool) -> Https {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://127.0.0.1:{}", listener.local_addr().unwrap().port());
    let (certificate, key) = if authority {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        (params.self_signed(&key).unwrap(), key)
    } else {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        (cert, signing_key)
    };
    let pem = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(pem.path(), certificate.pem()).unwrap();
    let der = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config =
        rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], der)
            .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let (told, seen) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(stream) = acceptor.accept(stream).await else { continue };
            let told = told.clone();
            let service =
                hyper::service::service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
                    let token = request
                        .headers()
                        .get("authorization")
                        .map(|value| value.to_str().unwrap().to_owned());
                    told.send(token).unwrap();
                    let body = http_body_util::Full::new(hyper::body::Bytes::from(
                        "{\"status\":\"ok\",\"version\":\"1\"}",
                    ));
                    std::future::ready(Ok::<_, std::convert::Infallible>(hyper::Response::new(body)))
                });
            let io = hyper_util::rt::TokioIo::new(stream);
            tokio::spawn(async move {
                drop(hyper::server::conn::http1::Builder::new().serve_connection(io, service).await);
            });
        }
    });
    Https { url, fingerprint: names::Digest::of(certificate.der()).to_string(), pem, seen }
}

async fn health(https: &Https, more: &[&str]) -> Ran {
    let args: Vec<&str> =
        ["--url", &https.url].into_iter().chain(more.iter().copied()).chain(["node", "health"]).collect();
    run(&args, "", |_| ()).await
}

#[tokio::test]
async fn a_panel_on_https_is_trusted_by_its_file_or_fingerprint_alone() {
    for authority in [false, true] {
        let panel = https(authority).await;
        let pem = panel.pem.path().display().to_string();
        assert_eq!(health(&panel, &["--ca-file", &pem]).await.code, 0);
        assert_eq!(health(&panel, &["--fingerprint", &panel.fingerprint]).await.code, 0);
        let colons: Vec<String> = panel
            .fingerprint
            .to_uppercase()
            .as_bytes()
            .chunks(2)
            .map(|pair| String::from_utf8_lossy(pair).into_owned())
            .collect();
        assert_eq!(health(&panel, &["--fingerprint", &colons.join(":")]).await.code, 0);

        let other = https(false).await;
        let ran = health(&panel, &["--ca-file", &other.pem.path().display().to_string()]).await;
        assert_eq!(ran.code, 5);
        assert!(ran.err.contains(&panel.fingerprint), "the fingerprint is told, to be compared: {}", ran.err);
        let ran = health(&panel, &["--fingerprint", &other.fingerprint]).await;
        assert_eq!(ran.code, 5);
        // A fingerprint is all that counts, even where a file would trust it.
        let ran = health(&panel, &["--fingerprint", &other.fingerprint, "--ca-file", &pem]).await;
        assert_eq!(ran.code, 5);
        assert_eq!(health(&panel, &["--fingerprint", "abc"]).await.code, 2);
    }
}

#[tokio::test]
async fn a_token_comes_from_its_file_and_goes_to_the_panel() {
    let mut panel = https(false).await;
    let token = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(token.path(), "AQIDBAUG\n").unwrap();
    let path = token.path().display().to_string();
    let ran = health(&panel, &["--fingerprint", &panel.fingerprint.clone(), "--token-file", &path]).await;
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(panel.seen.recv().await.unwrap().as_deref(), Some("Bearer AQIDBAUG"));
    std::fs::write(token.path(), "not a token\r\nX-Evil: 1").unwrap();
    assert_eq!(
        health(&panel, &["--fingerprint", &panel.fingerprint.clone(), "--token-file", &path]).await.code,
        2
    );
    assert!(panel.seen.try_recv().is_err());
}

#[tokio::test]
async fn addresses_that_are_none_of_a_panel_are_refused() {
    for url in ["http://x", "x", "https://", "https://x/y", "https://user@x", "https://x?y=1"] {
        assert_eq!(run(&["--url", url, "node", "health"], "", |_| ()).await.code, 2, "{url}");
    }
}

#[tokio::test]
async fn any_request_can_be_sent() {
    let panel = FakePanel::start([
        ("PATCH /sites/x?overwrite=true", Answer::text(200, "{\"a\": 1}")),
        ("DELETE /session", Answer::gone()),
        ("GET /none", problem(404, "not_found", "There is no such thing.")),
    ]);
    let args =
        ["api", "patch", "/api/v1/sites/x?overwrite=true", "-", "--if-match", "*", "--prefer-wait", "5"];
    let ran = panel.run_with(&args, "{\"php\": null}", |_| ()).await;
    assert_eq!((ran.code, ran.out.as_str()), (0, "{\"a\": 1}\n"));
    let ran = panel.run(&["api", "DELETE", "/session"]).await;
    assert_eq!((ran.code, ran.out.as_str()), (0, ""));
    assert_eq!(panel.run(&["api", "GET", "/none"]).await.code, 3);
    assert_eq!(panel.run(&["api", "GET", "none"]).await.code, 2);
    assert_eq!(panel.run(&["api", "POST", "/x", "{"]).await.code, 2);
    let first = &panel.seen()[0];
    assert_eq!((first.header("if-match"), first.header("prefer")), (Some("*"), Some("wait=5")));
    assert_eq!(first.body, serde_json::json!({ "php": null }));
}
