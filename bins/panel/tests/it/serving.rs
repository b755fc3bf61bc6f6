//! The panel on real sockets: HTTPS, and the unix socket; sessions, cookies, streams, and repeated requests.

use std::num::NonZeroU32;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use api_kit::rate_limit::PersonLimit;
use api_kit::testing::Client;
use auth::Origin;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use panel::app::{self, Limits};
use panel::serve::{Patience, Server};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use wire::CancellationToken;

use crate::bench::{Bench, unlimited};

struct Served {
    bench: Bench,
    port: u16,
    tls: ClientConfig,
    stop: CancellationToken,
    server: Server,
    folder: tempfile::TempDir,
}

struct Got {
    status: u16,
    headers: http::HeaderMap,
    json: Value,
}

fn certificate(folder: &Path) -> CertificateDer<'static> {
    let made = rcgen::generate_simple_self_signed(vec!["panel.example.test".to_owned()]).unwrap();
    let pem = format!("{}{}", made.cert.pem(), made.signing_key.serialize_pem());
    std::fs::write(folder.join("tls.pem"), pem).unwrap();
    made.cert.der().clone()
}

impl Served {
    async fn new() -> Self {
        Self::patient(Patience::default()).await
    }

    async fn patient(patience: Patience) -> Self {
        let bench = Bench::new().await;
        let folder = tempfile::tempdir().unwrap();
        let certificate = certificate(folder.path());
        let stop = bench.parts.stop.clone();
        let router = app::app(bench.parts.clone(), unlimited());
        let server = Server::new(router, stop.clone()).patient(patience);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let acceptor = panel::tls::from_pem(&folder.path().join("tls.pem")).unwrap();
        tokio::spawn(server.clone().https(listener, acceptor));
        let socket = UnixListener::bind(folder.path().join("panel.sock")).unwrap();
        tokio::spawn(server.clone().unix(socket));
        let mut roots = RootCertStore::empty();
        roots.add(certificate).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config =
            ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = config.with_root_certificates(roots).with_no_client_auth();
        Self { bench, port, tls: config, stop, server, folder }
    }

    async fn tcp(&self) -> TcpStream {
        TcpStream::connect(("127.0.0.1", self.port)).await.unwrap()
    }

    /// TLS on a connection; the protocol is HTTP/1.1 where none is named.
    async fn secure(&self, stream: TcpStream, protocol: &[u8]) -> std::io::Result<TlsStream<TcpStream>> {
        let mut config = self.tls.clone();
        config.alpn_protocols = vec![protocol.to_vec()];
        let name = ServerName::try_from("panel.example.test").unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, stream).await
    }

    async fn https(&self) -> TlsStream<TcpStream> {
        self.secure(self.tcp().await, b"http/1.1").await.unwrap()
    }

    async fn h2(&self) -> TlsStream<TcpStream> {
        self.secure(self.tcp().await, b"h2").await.unwrap()
    }

    async fn unix(&self) -> UnixStream {
        UnixStream::connect(self.folder.path().join("panel.sock")).await.unwrap()
    }
}

async fn send<S>(stream: S, method: &str, path: &str, headers: &[(&str, &str)], body: Option<Value>) -> Got
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let mut request = http::Request::builder().method(method).uri(path);
    if !headers.iter().any(|(name, _)| *name == "host") {
        request = request.header("host", "panel.example.test:8443");
    }
    if body.is_some() {
        request = request.header("content-type", "application/json");
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let bytes = body.map(|body| Bytes::from(body.to_string())).unwrap_or_default();
    let response = sender.send_request(request.body(Full::new(bytes)).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let json = serde_json::from_slice(&body).unwrap_or(Value::Null);
    Got { status: parts.status.as_u16(), headers: parts.headers, json }
}

fn runs_as_root() -> bool {
    std::fs::metadata("/proc/self").unwrap().uid() == 0
}

#[tokio::test(flavor = "multi_thread")]
async fn a_one_time_link_signs_in_over_https_and_the_cookie_is_the_session() {
    let served = Served::new().await;
    let link = served.bench.root().post("/api/v1/login-links", json!({})).await;
    assert_eq!(link.status, 201, "{}", link.text);
    let token = link.json["token"].as_str().unwrap();
    assert_eq!(link.json["url"], format!("https://panel.example.test:8443/login#{token}"));
    let origin = ("origin", "https://panel.example.test:8443");
    let body = Some(json!({ "token": token }));
    let got = send(served.https().await, "POST", "/api/v1/session/link", &[origin], body.clone()).await;
    assert_eq!(got.status, 201, "{}", got.json);
    assert_eq!(got.json["login"], "admin");
    assert_eq!(got.json["roles"][0]["role"], "administrator");
    let set = got.headers["set-cookie"].to_str().unwrap().to_owned();
    for part in ["__Host-holdfast=", "; Path=/;", "; Secure;", "; HttpOnly;", "; SameSite=Strict"] {
        assert!(set.contains(part), "{part} is not in {set}");
    }
    let cookie = set.split(';').next().unwrap();
    let used = send(served.https().await, "POST", "/api/v1/session/link", &[origin], body).await;
    assert_eq!(used.status, 401, "a link works once");
    let shown = send(served.https().await, "GET", "/api/v1/me", &[("cookie", cookie)], None).await;
    assert_eq!((shown.status, shown.json["login"].as_str()), (200, Some("admin")));
    let foreign = [("cookie", cookie), ("origin", "https://www.example.test")];
    let body = Some(json!({ "name": "mallory", "email": "m@example.test" }));
    let refused = send(served.https().await, "POST", "/api/v1/accounts", &foreign, body.clone()).await;
    assert_eq!(
        (refused.status, refused.json["code"].as_str()),
        (403, Some("origin_foreign")),
        "a stranger's page"
    );
    let refused = send(served.https().await, "POST", "/api/v1/accounts", &[("cookie", cookie)], body).await;
    assert_eq!(refused.json["code"], "origin_missing");
    let out =
        send(served.https().await, "DELETE", "/api/v1/session", &[("cookie", cookie), origin], None).await;
    assert_eq!(out.status, 204);
    assert_eq!(
        send(served.https().await, "GET", "/api/v1/me", &[("cookie", cookie)], None).await.status,
        401
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_set_signs_in_and_a_wrong_one_does_not() {
    let served = Served::new().await;
    served.bench.account("alice").await;
    let alice = served.bench.person("alice").await;
    let set = alice.put("/api/v1/password", json!({ "new": "correct horse battery" })).await;
    assert_eq!(set.status, 204, "{}", set.text);
    assert_eq!(alice.get("/api/v1/me").await.status, 401, "all sessions ended");
    let sign_in = async |password: &str| {
        let body = json!({ "login": "alice", "password": password });
        send(served.https().await, "POST", "/api/v1/session", &[], Some(body)).await
    };
    let wrong = sign_in("correct horse batter").await;
    assert_eq!((wrong.status, wrong.json["code"].as_str()), (401, Some("unauthenticated")));
    let right = sign_in("correct horse battery").await;
    assert_eq!(right.status, 201, "{}", right.json);
    assert_eq!(right.json["roles"], json!([{ "role": "owner", "organisation": null, "account": "alice" }]));
    for _ in 0..5 {
        sign_in("wrong").await;
    }
    let locked = sign_in("correct horse battery").await;
    assert_eq!((locked.status, locked.json["code"].as_str()), (429, Some("sign_in_locked")));
    assert!(locked.headers.contains_key("retry-after"));
}

#[tokio::test(flavor = "multi_thread")]
async fn root_on_the_unix_socket_is_the_administrator_and_others_are_nobody() {
    let served = Served::new().await;
    let host = [("host", "localhost")];
    let got = send(served.unix().await, "GET", "/api/v1/me", &host, None).await;
    if runs_as_root() {
        assert_eq!(
            (got.status, got.json["login"].as_str(), got.json["via"].as_str()),
            (200, Some("root"), Some("socket"))
        );
        let body = Some(json!({ "name": "alice", "email": "a@example.test" }));
        let made = send(served.unix().await, "POST", "/api/v1/accounts", &host, body).await;
        assert_eq!(made.status, 202, "{}", made.json);
    } else {
        assert_eq!(got.status, 401);
        let guess = json!({ "login": "admin", "password": "wrong" });
        for wanted in [401, 401, 401, 401, 401, 429] {
            let got = send(served.unix().await, "POST", "/api/v1/session", &host, Some(guess.clone())).await;
            assert_eq!(got.status, wanted, "guesses are counted: {}", got.json);
        }
    }
    // Over HTTPS nobody is root, whoever runs the client.
    assert_eq!(send(served.https().await, "GET", "/api/v1/me", &[], None).await.status, 401);
    let bad =
        [("host", "localhost"), ("authorization", "Bearer AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA")];
    assert_eq!(
        send(served.unix().await, "GET", "/api/v1/me", &bad, None).await.status,
        401,
        "a bad token is nobody"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_has_the_headers_and_a_name() {
    let served = Served::new().await;
    for path in ["/api/v1/health", "/api/v1/accounts", "/nowhere", "/api/v1/openapi.json"] {
        let got = send(served.https().await, "GET", path, &[], None).await;
        for name in [
            "x-request-id",
            "content-security-policy",
            "x-content-type-options",
            "cache-control",
            "x-frame-options",
        ] {
            assert!(got.headers.contains_key(name), "{path}: {name} is missing");
        }
    }
    let odd = send(served.https().await, "PUT", "/api/v1/health", &[], None).await;
    assert_eq!((odd.status, odd.json["code"].as_str()), (405, Some("method_not_allowed")));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_that_a_link_opens_is_there_and_runs_its_own_script_alone() {
    let served = Served::new().await;
    for (path, kind) in [
        ("/", "text/html"),
        ("/login", "text/html"),
        ("/page.js", "text/javascript"),
        ("/page.css", "text/css"),
    ] {
        let got = send(served.https().await, "GET", path, &[], None).await;
        assert_eq!(got.status, 200, "{path}");
        assert!(got.headers["content-type"].to_str().unwrap().starts_with(kind), "{path}");
        let policies: Vec<_> = got.headers.get_all("content-security-policy").iter().collect();
        assert_eq!(policies.len(), 1, "{path}: {policies:?}");
        let policy = policies[0].to_str().unwrap();
        assert!(policy.contains("script-src 'self';") && !policy.contains("unsafe"), "{policy}");
    }
    assert_eq!(send(served.https().await, "POST", "/login", &[], None).await.status, 405);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_sent_twice_is_done_once() {
    let bench = Bench::new().await;
    let root = bench.root().header("idempotency-key", "key-1");
    let body = json!({ "name": "alice", "email": "a@example.test" });
    let first = root.post("/api/v1/accounts", body.clone()).await;
    let second = root.post("/api/v1/accounts", body).await;
    assert_eq!((first.status.as_u16(), second.status.as_u16()), (202, 202), "{}", second.text);
    assert_eq!(first.json["id"], second.json["id"]);
    assert_eq!(second.headers["idempotency-replayed"], "true");
    let other = root.post("/api/v1/accounts", json!({ "name": "bob", "email": "b@example.test" })).await;
    assert_eq!((other.status.as_u16(), other.json["code"].as_str()), (422, Some("idempotency_key_reused")));
    let link = bench.root().header("idempotency-key", "key-2");
    assert_eq!(link.post("/api/v1/login-links", json!({})).await.status, 201);
    assert_eq!(
        link.post("/api/v1/login-links", json!({})).await.json["code"],
        "answer_not_kept",
        "a secret is not kept"
    );
}

/// Reads a stream of events until a line fits.
async fn stream_until(served: &Served, headers: &[(&str, &str)], wanted: &str) -> String {
    let (mut sender, connection) = http1::handshake(TokioIo::new(served.https().await)).await.unwrap();
    tokio::spawn(connection);
    let mut request =
        http::Request::builder().uri("/api/v1/events").header("host", "panel.example.test:8443");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.header("accept", "text/event-stream").body(Full::new(Bytes::new())).unwrap();
    let response = sender.send_request(request).await.unwrap();
    assert_eq!(response.status(), 200);
    let mut body = response.into_body();
    let mut text = String::new();
    let reading = async {
        while !text.contains(wanted) {
            let frame = body.frame().await.expect("the stream goes on").unwrap();
            text.push_str(&String::from_utf8_lossy(frame.data_ref().unwrap()));
        }
    };
    let read = tokio::time::timeout(Duration::from_secs(20), reading).await;
    assert!(read.is_ok(), "{wanted} never came: {text}");
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn events_stream_from_a_cursor_and_each_owner_sees_their_own() {
    let served = Served::new().await;
    served.bench.account("alice").await;
    served.bench.account("bob").await;
    let page = served.bench.root().get("/api/v1/events?limit=1").await;
    let cursor = page.json["next_cursor"].as_str().unwrap().to_owned();
    served.bench.site("bob", "b.example.test").await;
    served.bench.site("alice", "a.example.test").await;
    let bearer = format!("Bearer {}", served.bench.session("alice").await.expose().expose());
    let text =
        stream_until(&served, &[("authorization", &bearer), ("last-event-id", &cursor)], "a.example.test")
            .await;
    assert!(text.contains("event: object.created"), "{text}");
    assert!(!text.contains("b.example.test"), "another's events: {text}");
    let bearer = format!("Bearer {}", served.bench.session("admin").await.expose().expose());
    let text =
        stream_until(&served, &[("authorization", &bearer), ("last-event-id", &cursor)], "a.example.test")
            .await;
    assert!(text.contains("b.example.test"), "{text}");
}

/// Opens a stream of events; the connection lasts as long as the sender.
async fn open_stream(
    served: &Served,
    bearer: &str,
) -> (http1::SendRequest<Full<Bytes>>, http::Response<hyper::body::Incoming>) {
    let (mut sender, connection) = http1::handshake(TokioIo::new(served.https().await)).await.unwrap();
    tokio::spawn(connection);
    let request = http::Request::builder().uri("/api/v1/events").header("host", "panel.example.test:8443");
    let request = request.header("authorization", bearer).header("accept", "text/event-stream");
    let response = sender.send_request(request.body(Full::new(Bytes::new())).unwrap()).await.unwrap();
    (sender, response)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_with_its_session_and_shows_nothing_more() {
    let served = Served::new().await;
    served.bench.account("alice").await;
    let bearer = format!("Bearer {}", served.bench.session("alice").await.expose().expose());
    let (_sender, response) = open_stream(&served, &bearer).await;
    assert_eq!(response.status(), 200);
    let out =
        send(served.https().await, "DELETE", "/api/v1/session", &[("authorization", &bearer)], None).await;
    assert_eq!(out.status, 204, "{}", out.json);
    served.bench.site("alice", "a.example.test").await;
    let read = tokio::time::timeout(Duration::from_secs(10), response.into_body().collect()).await;
    let text = read.expect("the stream goes on though its session ended").unwrap().to_bytes();
    assert!(!String::from_utf8_lossy(&text).contains("a.example.test"), "{text:?}");
}

/// Nothing else happens that the stream could notice it by.
#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_within_five_seconds_of_a_suspension() {
    let served = Served::new().await;
    served.bench.account("alice").await;
    let body = serde_json::json!({ "login": "dev", "role": "developer", "new": true });
    let added = served.bench.root().post("/api/v1/accounts/alice/members", body).await;
    assert_eq!(added.status, 201, "{}", added.text);
    let mut streams = Vec::new();
    for login in ["alice", "dev"] {
        let bearer = format!("Bearer {}", served.bench.session(login).await.expose().expose());
        streams.push(open_stream(&served, &bearer).await);
    }
    let suspend = served.bench.waiting().post("/api/v1/accounts/alice/suspend", serde_json::json!({})).await;
    assert_eq!(suspend.status, 200, "{}", suspend.text);
    let began = tokio::time::Instant::now();
    for (_sender, response) in streams {
        assert_eq!(response.status(), 200);
        let ended =
            tokio::time::timeout_at(began + Duration::from_secs(5), response.into_body().collect()).await;
        assert!(ended.is_ok(), "a stream goes on");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_with_the_rights_that_it_began_with() {
    const TAKE: store::Statement = store::Statement::new("DELETE FROM person_role WHERE account_id IS NULL");
    let served = Served::new().await;
    served.bench.account("alice").await;
    let bearer = format!("Bearer {}", served.bench.session("admin").await.expose().expose());
    let (_sender, response) = open_stream(&served, &bearer).await;
    let take = async |tx: &mut store::WriteTx| tx.execute(TAKE).await;
    served.bench.parts.panel.store().write::<_, store::StoreError, _>(take).await.unwrap();
    served.bench.site("alice", "a.example.test").await;
    let read = tokio::time::timeout(Duration::from_secs(10), response.into_body().collect()).await;
    let text = read.expect("the stream goes on though its rights are gone").unwrap().to_bytes();
    assert!(!String::from_utf8_lossy(&text).contains("a.example.test"), "{text:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_actor_has_so_many_streams_and_an_ended_one_makes_room() {
    let served = Served::new().await;
    served.bench.account("alice").await;
    let bearer = format!("Bearer {}", served.bench.session("alice").await.expose().expose());
    let mut streams = Vec::new();
    for _ in 0..8 {
        let stream = open_stream(&served, &bearer).await;
        assert_eq!(stream.1.status(), 200);
        streams.push(stream);
    }
    let (_sender, refused) = open_stream(&served, &bearer).await;
    assert_eq!(refused.status(), 429);
    assert!(refused.headers().contains_key("retry-after"));
    let admin = format!("Bearer {}", served.bench.session("admin").await.expose().expose());
    assert_eq!(open_stream(&served, &admin).await.1.status(), 200, "another's are another's");
    streams.pop();
    let end = tokio::time::Instant::now() + Duration::from_secs(20);
    while open_stream(&served, &bearer).await.1.status() != 200 {
        // Each event makes the panel notice a client that has gone.
        assert!(tokio::time::Instant::now() < end, "the stream that ended still counts");
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_ahead_of_all_events_is_brought_back() {
    let served = Served::new().await;
    served.bench.account("alice").await;
    let newest = served.bench.root().get("/api/v1/events?limit=1").await.json["next_cursor"].clone();
    let page = served.bench.root().get("/api/v1/events?cursor=999999999").await;
    assert_eq!((&page.json["items"], &page.json["next_cursor"]), (&json!([]), &newest), "{}", page.text);
    let bearer = format!("Bearer {}", served.bench.session("admin").await.expose().expose());
    served.bench.site("alice", "a.example.test").await;
    let ahead = [("authorization", bearer.as_str()), ("last-event-id", "999999999")];
    let site = async {
        let edit = served.bench.root().header("if-match", "*");
        for n in 0.. {
            edit.patch("/api/v1/sites/a.example.test", json!({ "body_size": format!("{}M", n % 9 + 1) }))
                .await;
        }
    };
    tokio::select! {
        text = stream_until(&served, &ahead, "a.example.test") => assert!(text.contains("event: object.")),
        () = site => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_ends_streams_and_answers_what_is_in_hand() {
    let served = Served::new().await;
    let bearer = format!("Bearer {}", served.bench.session("admin").await.expose().expose());
    let (mut sender, connection) = http1::handshake(TokioIo::new(served.https().await)).await.unwrap();
    tokio::spawn(connection);
    let request = http::Request::builder().uri("/api/v1/events").header("host", "panel.example.test:8443");
    let request = request.header("authorization", bearer).header("accept", "text/event-stream");
    let response = sender.send_request(request.body(Full::new(Bytes::new())).unwrap()).await.unwrap();
    assert_eq!(response.status(), 200);
    served.stop.cancel();
    let ended = tokio::time::timeout(Duration::from_secs(5), response.into_body().collect()).await;
    assert!(ended.is_ok(), "the stream goes on though the panel stops");
    drop(sender);
    let finished = tokio::time::timeout(Duration::from_secs(5), served.server.finished()).await;
    assert!(finished.is_ok(), "a connection is held open");
}

/// Reads until the other side closes; fails the test where it does not.
async fn closed(mut stream: impl AsyncRead + Unpin) {
    let reading = async { while stream.read(&mut [0; 1024]).await.is_ok_and(|read| read > 0) {} };
    assert!(tokio::time::timeout(Duration::from_secs(10), reading).await.is_ok(), "the connection is held");
}

fn hasty() -> Patience {
    Patience { head: Duration::from_millis(400), idle: Duration::from_millis(400) }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_says_nothing_is_not_waited_for() {
    let served = Served::patient(hasty()).await;
    let (tcp, http1, h2, unix) = tokio::join!(served.tcp(), served.https(), served.h2(), served.unix());
    tokio::join!(closed(tcp), closed(http1), closed(h2), closed(unix));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_http2_connection_lasts_as_long_as_a_request_is_in_hand() {
    let served = Served::patient(hasty()).await;
    let (mut sender, connection) =
        http2::handshake(TokioExecutor::new(), TokioIo::new(served.h2().await)).await.unwrap();
    let connection = tokio::spawn(connection);
    let address = |path: &str| format!("https://panel.example.test:8443{path}");
    let health =
        http::Request::builder().uri(address("/api/v1/health")).body(Full::new(Bytes::new())).unwrap();
    assert_eq!(sender.send_request(health).await.unwrap().status(), 200);
    let bearer = format!("Bearer {}", served.bench.session("admin").await.expose().expose());
    let request = http::Request::builder().uri(address("/api/v1/events")).header("authorization", bearer);
    let request = request.header("accept", "text/event-stream").body(Full::new(Bytes::new())).unwrap();
    let events = sender.send_request(request).await.unwrap();
    assert_eq!(events.status(), 200);
    let mut events = events.into_body();
    let quiet = tokio::time::timeout(hasty().idle * 4, events.frame()).await;
    assert!(quiet.is_err(), "the stream ended: {quiet:?}");
    assert!(!connection.is_finished(), "closed with a stream under way");
    drop(events);
    let ended = tokio::time::timeout(Duration::from_secs(10), connection).await;
    assert!(ended.is_ok(), "held though no request is in hand");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_network_has_so_many_connections_and_no_more() {
    let served = Served::new().await;
    let mut open = Vec::new();
    for _ in 0..32 {
        open.push(served.https().await);
    }
    let more = served.tcp().await;
    assert!(served.secure(more, b"h2").await.is_err(), "one more was taken");
    // Root comes by the unix socket, whatever others do.
    let got = send(served.unix().await, "GET", "/api/v1/health", &[("host", "localhost")], None).await;
    assert_eq!(got.status, 200);
    open.clear();
    let again = async {
        loop {
            let stream = served.tcp().await;
            if served.secure(stream, b"h2").await.is_ok() {
                return;
            }
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(10), again).await.is_ok(), "places are not given back");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_answers_who_waits_for_the_host_and_waits_for_no_handshake() {
    let served = Served::new().await;
    served.bench.agent.stop().await;
    let bearer = format!("Bearer {}", served.bench.session("admin").await.expose().expose());
    let silent = served.tcp().await;
    let stream = served.https().await;
    let asking = tokio::spawn(async move {
        let headers = [("authorization", bearer.as_str()), ("prefer", "wait=30")];
        let body = json!({ "name": "alice", "email": "a@example.test" });
        send(stream, "POST", "/api/v1/accounts", &headers, Some(body)).await
    });
    served.bench.until("/api/v1/accounts/alice", |answer| answer.status == 200).await;
    served.stop.cancel();
    let finished = tokio::time::timeout(Duration::from_secs(2), served.server.finished()).await;
    assert!(finished.is_ok(), "longer than a stop may take");
    let got = asking.await.unwrap();
    assert_eq!(got.status, 202, "{}", got.json);
    drop(silent);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_who_changes_things_too_often_is_told_when_to_come_back() {
    let bench = Bench::new().await;
    bench.account("alice").await;
    bench.account("bob").await;
    let few = NonZeroU32::new(3).unwrap();
    let limits = Limits { persons: PersonLimit::new(NonZeroU32::MIN, few), ..unlimited() };
    let router = app::app(bench.parts.clone(), limits);
    let client = async |login: &str| {
        let bearer = format!("Bearer {}", bench.session(login).await.expose().expose());
        Client::new(router.clone()).header("authorization", bearer)
    };
    let network = |n: u32| Origin::Network(std::net::Ipv4Addr::from(n).into());
    let (alice, bob, admin) = (client("alice").await, client("bob").await, client("admin").await);
    let change = async |client: &Client| client.post("/api/v1/sites", json!({})).await;
    for n in 0..3 {
        change(&alice.clone().from(network(n))).await.is(422);
    }
    let full = change(&alice.clone().from(network(3))).await;
    full.refused(429, "rate_limited");
    assert!(!full.header("retry-after").is_empty());
    alice.get("/api/v1/me").await.is(200);
    change(&bob).await.is(422);
    for _ in 0..10 {
        change(&admin).await.is(422);
    }
}
