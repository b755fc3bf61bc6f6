//! A service for the tests: a few methods, and a handle that tells what happened inside.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tokio::task::JoinHandle;
use wire::{Access, AllowedPeers, Call, CancellationToken, Limits, Method, Refusal, Router};

/// Answers what it got.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Echo {
    pub(crate) text: String,
}

#[derive(Serialize, Deserialize, Debug, PartialEq, Eq)]
pub(crate) struct Echoed {
    pub(crate) text: String,
}

impl Method for Echo {
    const NAME: &'static str = "holdfast.test1.Echo";
    const ACCESS: Access = Access::Read;
    type Reply = Echoed;
}

/// Never answers.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Hang {}

impl Method for Hang {
    const NAME: &'static str = "holdfast.test1.Hang";
    const ACCESS: Access = Access::Read;
    const DEADLINE: Duration = Duration::from_secs(20);
    type Reply = ();
}

/// A blocking write that goes on until it is asked to stop, and then ends its step.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Apply {}

impl Method for Apply {
    const NAME: &'static str = "holdfast.test1.Apply";
    const ACCESS: Access = Access::Write;
    type Reply = ();
}

/// Panics, on a thread of its own if `blocking`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Boom {}

impl Method for Boom {
    const NAME: &'static str = "holdfast.test1.Boom";
    const ACCESS: Access = Access::Write;
    type Reply = ();
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BoomBlocking {}

impl Method for BoomBlocking {
    const NAME: &'static str = "holdfast.test1.BoomBlocking";
    const ACCESS: Access = Access::Write;
    type Reply = ();
}

/// Answers so many bytes.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Big {
    pub(crate) bytes: usize,
}

impl Method for Big {
    const NAME: &'static str = "holdfast.test1.Big";
    const ACCESS: Access = Access::Read;
    type Reply = String;
}

/// Counts up in progress messages.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CountTo {
    pub(crate) last: u32,
}

impl Method for CountTo {
    const NAME: &'static str = "holdfast.test1.CountTo";
    const ACCESS: Access = Access::Run;
    type Reply = u32;
}

/// Takes one descriptor, reads it, and answers with descriptors of its own.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Swap {
    pub(crate) back: usize,
}

impl Method for Swap {
    const NAME: &'static str = "holdfast.test1.Swap";
    const ACCESS: Access = Access::Run;
    const FDS_IN: usize = 1;
    type Reply = String;
}

/// What happened inside.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) echoes: AtomicUsize,
    pub(crate) hang_started: AtomicUsize,
    pub(crate) hang_dropped: AtomicUsize,
    pub(crate) apply_started: AtomicBool,
    pub(crate) apply_finished: AtomicBool,
}

pub(crate) struct Service {
    pub(crate) path: PathBuf,
    pub(crate) seen: Arc<Seen>,
    pub(crate) shutdown: CancellationToken,
    pub(crate) task: JoinHandle<std::io::Result<()>>,
    dir: Arc<tempfile::TempDir>,
}

pub(crate) fn own_uid() -> u32 {
    rustix::process::getuid().as_raw()
}

pub(crate) fn start() -> Service {
    start_with(Limits::default(), AllowedPeers::of([own_uid()]))
}

pub(crate) fn start_with(limits: Limits, peers: AllowedPeers) -> Service {
    start_at(Arc::new(tempfile::tempdir().unwrap()), limits, peers)
}

pub(crate) fn start_at(dir: Arc<tempfile::TempDir>, limits: Limits, peers: AllowedPeers) -> Service {
    let path = dir.path().join("service.sock");
    let _ = std::fs::remove_file(&path);
    let listener = UnixListener::bind(&path).unwrap();
    let seen = Arc::new(Seen::default());
    let shutdown = CancellationToken::new();
    let task = tokio::spawn(wire::serve(listener, router(&seen), peers, limits, shutdown.clone()));
    Service { path, seen, shutdown, task, dir }
}

impl Service {
    /// Stops it and gives the directory back, to start another one there.
    pub(crate) async fn stop(self) -> Arc<tempfile::TempDir> {
        self.shutdown.cancel();
        self.task.await.unwrap().unwrap();
        self.dir
    }

    /// The service still answers a new caller.
    pub(crate) async fn assert_serves(&self) {
        let mut client = wire::Client::connect(&self.path).await.unwrap();
        let reply = client.call(&Echo { text: "still here".to_owned() }).await.unwrap();
        assert_eq!(reply.text, "still here");
    }

    pub(crate) fn raw(&self) -> UnixStream {
        UnixStream::connect(&self.path).unwrap()
    }
}

pub(crate) fn router(seen: &Arc<Seen>) -> Router {
    let (echoes, hang, apply) = (Arc::clone(seen), Arc::clone(seen), Arc::clone(seen));
    Router::new("test")
        .capability("test-capability")
        .method(move |call, request: Echo| {
            echoes.echoes.fetch_add(1, Ordering::SeqCst);
            echo(call, request)
        })
        .method(move |_, _: Hang| {
            let seen = Arc::clone(&hang);
            async move {
                let _guard = OnDrop(&seen.hang_dropped);
                seen.hang_started.fetch_add(1, Ordering::SeqCst);
                std::future::pending().await
            }
        })
        .blocking(move |call: Call, _: Apply| {
            apply.apply_started.store(true, Ordering::SeqCst);
            wait_for("a wish to stop", || call.is_cancelled());
            apply.apply_finished.store(true, Ordering::SeqCst);
            Ok(())
        })
        .method(boom)
        .blocking(|_, _: BoomBlocking| -> Result<(), Refusal> { panic!("on purpose") })
        .method(big)
        .method(count_to)
        .blocking(swap)
}

struct OnDrop<'a>(&'a AtomicUsize);

impl Drop for OnDrop<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[expect(clippy::unused_async, reason = "a handler's form")]
async fn echo(_: Call, request: Echo) -> Result<Echoed, Refusal> {
    if request.text == "no" {
        return Err(Refusal::new("holdfast.test1.No", "I was told to say no").with_detail(&request));
    }
    Ok(Echoed { text: request.text })
}

async fn boom(_: Call, _: Boom) -> Result<(), Refusal> {
    panic!("on purpose")
}

async fn big(_: Call, request: Big) -> Result<String, Refusal> {
    Ok("x".repeat(request.bytes))
}

async fn count_to(call: Call, request: CountTo) -> Result<u32, Refusal> {
    for number in 0..request.last {
        call.progress(&number).await;
    }
    Ok(request.last)
}

#[expect(clippy::needless_pass_by_value, reason = "a handler's form")]
fn swap(mut call: Call, request: Swap) -> Result<String, Refusal> {
    let mut text = String::new();
    for fd in call.take_fds() {
        std::fs::File::from(fd).read_to_string(&mut text).unwrap();
    }
    for number in 0..request.back {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        write!(theirs, "back {number}").unwrap();
        call.attach(ours.into())?;
    }
    Ok(text)
}

/// Waits for a condition of another thread, at most 10 s.
pub(crate) fn wait_for(what: &str, mut condition: impl FnMut() -> bool) {
    let until = Instant::now() + Duration::from_secs(10);
    while !condition() {
        assert!(Instant::now() < until, "waited in vain for {what}");
        std::thread::yield_now();
    }
}

/// The same from async code.
pub(crate) async fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let until = Instant::now() + Duration::from_secs(10);
    while !condition() {
        assert!(Instant::now() < until, "waited in vain for {what}");
        tokio::task::yield_now().await;
    }
}

/// Everything that comes until the end of the stream; an abrupt end is an end.
pub(crate) fn read_all(stream: &UnixStream) -> Vec<u8> {
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut all = Vec::new();
    let mut chunk = vec![0; 65536];
    let mut stream = stream;
    loop {
        match stream.read(&mut chunk) {
            Ok(0) => return all,
            Ok(count) => all.extend_from_slice(&chunk[..count]),
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return all,
            Err(error) => panic!("the connection was not ended: {error}"),
        }
    }
}

/// One frame, as text, without its NUL; `None` at the end of the stream.
pub(crate) fn read_frame(stream: &UnixStream) -> Option<String> {
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut bytes = Vec::new();
    let mut byte = [0];
    let mut stream = stream;
    loop {
        match stream.read(&mut byte) {
            Ok(0) => return None,
            Ok(_) if byte[0] == 0 => return Some(String::from_utf8(bytes).unwrap()),
            Ok(_) => bytes.push(byte[0]),
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return None,
            Err(error) => panic!("neither a frame nor an end: {error}"),
        }
    }
}

pub(crate) fn frame(json: &str) -> Vec<u8> {
    let mut bytes = json.as_bytes().to_vec();
    bytes.push(0);
    bytes
}

pub(crate) const ECHO: &str = r#"{"method":"holdfast.test1.Echo","parameters":{"text":"a"}}"#;
pub(crate) const ECHOED: &str = r#"{"parameters":{"text":"a"}}"#;
