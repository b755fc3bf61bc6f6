use std::io::{Read, Write};
use std::os::unix::net::UnixListener;
use std::thread;

use super::{Panel, PanelError, SocketPanel, WebServer};

/// A panel that gives one answer; returns the request that it got.
fn panel(status: &str, body: &str) -> (tempfile::TempDir, SocketPanel, thread::JoinHandle<String>) {
    let answer = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("panel.sock");
    let listener = UnixListener::bind(&path).unwrap();
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = Vec::new();
        let mut buffer = [0; 1024];
        while !(request.ends_with(b"}") || request.starts_with(b"GET") && request.ends_with(b"\r\n\r\n")) {
            let n = stream.read(&mut buffer).unwrap();
            request.extend_from_slice(&buffer[..n]);
        }
        stream.write_all(answer.as_bytes()).unwrap();
        String::from_utf8(request).unwrap()
    });
    (dir, SocketPanel::new(path).unwrap(), server)
}

#[test]
fn a_login_link_is_asked_for_by_name_and_makes_an_administrator() {
    let (_dir, panel, server) =
        panel("201 Created", r#"{"url":"https://x/","token":"t","expires_at":"soon"}"#);
    let link = panel.login_link(Some("root@example.com")).unwrap();
    let request = server.join().unwrap();
    assert!(request.starts_with("POST /api/v1/login-links HTTP/1.1\r\n"), "{request}");
    assert!(request.ends_with("{\"administrator\":true,\"login\":\"root@example.com\"}"), "{request}");
    assert_eq!((link.url.as_str(), link.expires_at.as_str()), ("https://x/", "soon"));
}

#[test]
fn a_refusal_is_told_in_the_panels_words() {
    let (_dir, panel, server) = panel("409 Conflict", r#"{"detail":"not the right time"}"#);
    let error = panel.web_server().unwrap_err().to_string();
    server.join().unwrap();
    assert_eq!(error, "GET /node: the panel answered 409 Conflict: not the right time");
}

#[test]
fn the_web_servers_condition_is_read_from_the_node() {
    let body = r#"{"name":"a","webserver":
        {"condition":"degraded","reason":"staged_test","message":null,"generation":2,"observed_generation":2}}"#;
    let (_dir, panel, server) = panel("200 OK", body);
    let found = panel.web_server().unwrap().unwrap();
    server.join().unwrap();
    assert!(!found.is_ready());
    assert_eq!(found.text(), "degraded (staged_test)");
}

#[test]
fn a_panel_that_is_not_there_is_unreachable() {
    let dir = tempfile::tempdir().unwrap();
    let panel = SocketPanel::new(dir.path().join("none.sock")).unwrap();
    assert!(matches!(panel.health(), Err(PanelError::Unreachable { .. })));
}

#[test]
fn ready_counts_only_for_the_last_wish() {
    let server = |generation, observed_generation| WebServer {
        condition: "ready".to_owned(),
        generation,
        observed_generation,
        reason: None,
        message: None,
    };
    assert!(server(2, 2).is_ready());
    assert!(!server(2, 1).is_ready());
}
