//! A panel that answers from a script, and a run of the program against it.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::ffi::OsString;
use std::io::{self, Cursor, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{HeaderMap, Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::UnixListener;

use crate::screen::Screen;

/// What the panel says to one request.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    /// An answer.
    Says { status: u16, headers: Vec<(&'static str, String)>, body: String },
    /// The connection breaks.
    Breaks,
}

impl Answer {
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::Says {
            status,
            headers: vec![("content-type", "application/json".to_owned())],
            body: body.to_string(),
        }
    }

    pub(crate) fn text(status: u16, body: impl Into<String>) -> Self {
        Self::Says { status, headers: Vec::new(), body: body.into() }
    }

    pub(crate) fn gone() -> Self {
        Self::text(204, "")
    }

    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        if let Self::Says { headers, .. } = &mut self {
            headers.push((name, value.to_owned()));
        }
        self
    }
}

/// A problem document.
pub(crate) fn problem(status: u16, code: &str, detail: &str) -> Answer {
    Answer::json(
        status,
        &json!({ "type": format!("/problems/{code}"), "title": "No.", "status": status, "code": code, "detail": detail }),
    )
}

/// A site as the API shows it.
pub(crate) fn site(condition: &str, observed: u64, generation: u64) -> Value {
    json!({
        "id": "01935b2e-7a4d-7c3e-8f10-0123456789ab", "name": "www.example.test", "aliases": ["example.test"],
        "pending_names": [], "account": "alice", "php": "8.4", "pool": "alice-8.4",
        "docroot": "sites/www.example.test/public", "body_size": null, "index": null, "suspended": false,
        "redirected": [], "redirect": null, "https": null, "disabled": false, "maintenance": null,
        "created_at": "2026-03-01T12:00:00.000000Z", "updated_at": "2026-03-01T12:00:00.000000Z",
        "generation": generation, "observed_generation": observed, "condition": condition, "reason": null,
        "message": null, "since": "2026-03-01T12:00:01.000000Z", "attempts": 0, "next_attempt_at": null,
    })
}

/// One request that came.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

#[derive(Debug, Default)]
pub(crate) struct Script {
    answers: VecDeque<(String, Answer)>,
    seen: Vec<Seen>,
    unexpected: Vec<String>,
}

/// A panel on a socket of its own.
pub(crate) struct FakePanel {
    pub(crate) dir: tempfile::TempDir,
    script: Arc<Mutex<Script>>,
}

/// What came of a run.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: u8,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Answers one request from the script.
pub(crate) async fn answer(
    script: Arc<Mutex<Script>>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, io::Error> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let line = format!("{} {}", parts.method, parts.uri);
    let mut script = script.lock().unwrap();
    let seen = Seen { headers: parts.headers, body: serde_json::from_slice(&body).unwrap_or_default() };
    script.seen.push(seen);
    let answer = match script.answers.pop_front() {
        Some((expected, answer)) if expected == line => answer,
        other => {
            script.unexpected.push(format!("{line}, expected {:?}", other.map(|(expected, _)| expected)));
            Answer::text(599, "unexpected")
        }
    };
    match answer {
        Answer::Breaks => Err(io::Error::other("broken on purpose")),
        Answer::Says { status, headers, body } => {
            let mut response = Response::builder().status(status);
            for (name, value) in headers {
                response = response.header(name, value);
            }
            Ok(response.body(Full::new(Bytes::from(body))).unwrap())
        }
    }
}

impl FakePanel {
    /// Answers these requests, in this order.
    pub(crate) fn start<'a>(answers: impl IntoIterator<Item = (&'a str, Answer)>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let script = Script {
            answers: answers
                .into_iter()
                .map(|(line, answer)| (line.replacen(" /", " /api/v1/", 1), answer))
                .collect(),
            ..Script::default()
        };
        let script = Arc::new(Mutex::new(script));
        let listener = UnixListener::bind(dir.path().join("panel.sock")).unwrap();
        let served = Arc::clone(&script);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await?;
                let script = Arc::clone(&served);
                let service = service_fn(move |request| answer(Arc::clone(&script), request));
                let serving = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service);
                // A connection that breaks on purpose is an error here.
                tokio::spawn(async move { drop(serving.await) });
            }
            #[expect(unreachable_code, reason = "it names the type of the loop's errors")]
            Ok::<Infallible, io::Error>(unreachable!())
        });
        Self { dir, script }
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.dir.path().join("panel.sock")
    }

    /// Runs the program; standard input is empty and nothing is a terminal.
    pub(crate) async fn run(&self, args: &[&str]) -> Ran {
        self.run_with(args, "", |_| ()).await
    }

    /// Runs the program with this input, on a screen that is made so.
    pub(crate) async fn run_with(&self, args: &[&str], input: &str, screen: impl FnOnce(&mut Screen)) -> Ran {
        let socket = self.socket().display().to_string();
        let args: Vec<&str> = ["--socket", &socket].into_iter().chain(args.iter().copied()).collect();
        let ran = run(&args, input, screen).await;
        let script = self.script.lock().unwrap();
        assert!(script.unexpected.is_empty(), "unexpected requests: {:?}\n{ran:?}", script.unexpected);
        ran
    }

    /// The requests that came; all that was expected did.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        let script = self.script.lock().unwrap();
        assert!(script.answers.is_empty(), "not asked for: {:?}", script.answers);
        script.seen.clone()
    }

    /// The only request that came.
    pub(crate) fn only(&self) -> Seen {
        let seen = self.seen();
        assert_eq!(seen.len(), 1, "{seen:?}");
        seen[0].clone()
    }
}

#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Buffer {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).expect("only text is written")
    }
}

/// Runs the program with these arguments.
pub(crate) async fn run(args: &[&str], input: &str, adjust: impl FnOnce(&mut Screen)) -> Ran {
    let (out, err) = (Buffer::default(), Buffer::default());
    let mut screen = Screen::of_test(out.clone(), err.clone(), Cursor::new(input.to_owned()));
    adjust(&mut screen);
    let command_line = ["holdfast"].iter().chain(args).map(OsString::from).collect();
    let code = crate::cli::code(command_line, screen).await;
    Ran { code, out: out.text(), err: err.text() }
}

/// What something writes on a screen of this width.
pub(crate) fn written(
    width: Option<usize>,
    colours: bool,
    write: impl FnOnce(&mut Screen) -> io::Result<()>,
) -> String {
    let out = Buffer::default();
    let mut screen = Screen::of_test(out.clone(), Buffer::default(), io::empty());
    screen.width = width;
    screen.colour_out = colours;
    write(&mut screen).unwrap();
    screen.flush().unwrap();
    out.text()
}
