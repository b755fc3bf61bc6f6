//! Every hostile string in every string field of every call, over a real socket, against the whole agent on a host in a
//! temporary tree. Nothing hostile may reach a file, nothing may be applied that a type should have refused, and the agent
//! goes on answering.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use hostd::Host;
use names::Digest;
use serde_json::Value;
use testkit::hostile::{Expect, FieldKind, cases};
use wire::{AllowedPeers, CancellationToken, Limits};

use crate::agent::Agent;
use crate::journal::JOURNAL;
use crate::server;

/// Where the specs keep one valid request per method.
const GOLDEN: [&str; 5] = [
    "../../crates/converge/golden",
    "../../features/account/spec/golden",
    "../../features/cert/spec/golden",
    "../../features/php/spec/golden",
    "../../features/web/spec/golden",
];

/// What a field holds, by the last word of its pointer.
fn kind_of(pointer: &str) -> FieldKind {
    let words: Vec<&str> = pointer.split('/').filter(|w| w.parse::<usize>().is_err()).collect();
    match words.last().copied().unwrap_or_default() {
        "digest" | "expect_plan" | "foreign" | "hash" => FieldKind::Digest,
        "account" => FieldKind::AccountName,
        "names" => FieldKind::Domain,
        "pool" => FieldKind::PoolName,
        "version" => FieldKind::PhpVersion,
        "docroot" => FieldKind::RelPath,
        "ssh_keys" => FieldKind::SshKey,
        "sftp_password" => FieldKind::CryptHash,
        "memory_limit" | "upload_limit" => FieldKind::ByteSize,
        "body_size" => FieldKind::BodySize,
        "index" => FieldKind::IndexFile,
        "listen" => FieldKind::Listen,
        _ => FieldKind::Any,
    }
}

/// Requests by method, from the golden files.
fn requests() -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for folder in GOLDEN {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        #[expect(
            clippy::disallowed_methods,
            reason = "the golden files are this repository's, not the host's"
        )]
        for method in std::fs::read_dir(&folder).unwrap() {
            let method = method.unwrap();
            let name = method.file_name().into_string().unwrap();
            #[expect(
                clippy::disallowed_methods,
                reason = "the golden files are this repository's, not the host's"
            )]
            let text = std::fs::read_to_string(method.path().join("request.json")).unwrap();
            found.push((name, serde_json::from_str(&text).unwrap()));
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

/// The same body with the digest that belongs to its spec, so that a payload is not refused for its digest alone.
fn with_digest(body: Vec<u8>, pointer: &str) -> Vec<u8> {
    if pointer == "/digest" {
        return body;
    }
    let Ok(mut value) = serde_json::from_slice::<Value>(&body) else { return body };
    let (Some(spec), true) = (value.get("spec"), value.get("digest").is_some()) else { return body };
    let Ok(digest) = Digest::of_json(spec) else { return body };
    value["digest"] = Value::from(digest.to_string());
    if serde_json::to_vec(&value).is_ok_and(|v| v.len() + 200 < body.len()) {
        // what a library writes is shorter than what was embedded: the payload was one of bytes, keep it
        return body;
    }
    value.to_string().into_bytes()
}

struct Line {
    reader: BufReader<UnixStream>,
}

impl Line {
    fn open(path: &Path) -> Self {
        let stream = UnixStream::connect(path).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream.set_write_timeout(Some(Duration::from_secs(20))).unwrap();
        Self { reader: BufReader::new(stream) }
    }

    /// The answer's text; none where the agent hung up.
    fn ask(&mut self, method: &str, body: &[u8]) -> Option<String> {
        let frame = [b"{\"method\":\"", method.as_bytes(), b"\",\"parameters\":", body, b"}\0"].concat();
        // an agent that hangs up in the middle of a frame is an answer too
        self.reader.get_mut().write_all(&frame).ok()?;
        let mut answer = Vec::new();
        self.reader.read_until(0, &mut answer).ok()?;
        answer.pop()?;
        String::from_utf8(answer).ok()
    }
}

fn files(host: &Host) -> Vec<(String, Vec<u8>)> {
    let mut open: Vec<String> = ["/etc", "/var", "/home", "/srv", "/run"].map(str::to_owned).to_vec();
    let mut all = Vec::new();
    while let Some(directory) = open.pop() {
        for (name, kind) in host.files().list(&directory).unwrap() {
            let path = format!("{directory}/{name}");
            match kind {
                hostfs::FileKind::Dir => open.push(path),
                hostfs::FileKind::File => {
                    let bytes = host.files().read(&path).unwrap().unwrap_or_default();
                    all.push((path, bytes));
                }
                hostfs::FileKind::Symlink | hostfs::FileKind::Special => {}
            }
        }
    }
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_hostile_string_in_any_field_of_any_call_gets_anywhere() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("agent.sock");
    let socket = UnixListener::bind(&path).unwrap();
    let host = Arc::new(Host::for_test().unwrap());
    let agent = Agent::new(Arc::clone(&host));
    let end = CancellationToken::new();
    let uid = rustix::process::geteuid().as_raw();
    let serving = tokio::spawn(wire::serve(
        socket,
        server::router(&agent),
        AllowedPeers::of([uid]),
        Limits::default(),
        end.clone(),
    ));
    let sent = tokio::task::spawn_blocking(move || send_all(&path, &host)).await.unwrap();
    end.cancel();
    serving.await.unwrap().unwrap();
    println!("hostile cases sent: {sent}");
    assert!(sent > 5_000, "only {sent} cases");
}

fn send_all(path: &Path, host: &Host) -> usize {
    let known = ["ProbeHttp", "ProbeTls", "MakeDocroot", "GetSizes", "WatchObjects"];
    let mut sent = 0;
    for (method, mut request) in requests() {
        if known.iter().any(|other| method.ends_with(other)) {
            // another service's, or one that never ends
            continue;
        }
        if method.ends_with("ApplyWebServer") {
            // the value is parsed alike; without nginx and probe each one that is taken would wait for them
            request["dry_run"] = Value::from(true);
        }
        let (mut line, before, begun) = (Line::open(path), sent, std::time::Instant::now());
        // a name of a certificate may begin with a star
        let starred = method.contains(".cert1.");
        for case in cases(&request, kind_of) {
            let body = with_digest(case.body, &case.pointer);
            let answer = line.ask(&method, &body);
            sent += 1;
            let told = || format!("{method} {} {}: {answer:?}", case.pointer, case.payload.id);
            let refused = answer.as_ref().is_none_or(|text| text.starts_with("{\"error\""));
            let typed =
                kind_of(&case.pointer) != FieldKind::Any && !(starred && case.payload.id.starts_with("D09"));
            if typed && case.payload.expect == Expect::Refused {
                assert!(refused, "taken: {}", told());
            }
            if answer.is_none() {
                line = Line::open(path);
            }
            if !refused {
                for (file, bytes) in files(host) {
                    let ours = file.starts_with("/etc") || file.starts_with("/home");
                    assert!(!ours || !case.payload.leaked(&bytes), "{file} holds the payload of {}", told());
                }
            }
        }
        println!("{method}: {} cases in {:?}", sent - before, begun.elapsed());
        let mut fresh = Line::open(path);
        let hello = fresh.ask("holdfast.agent1.GetHostMetrics", b"{}").unwrap_or_default();
        assert!(hello.contains("\"os\""), "after {method} the agent does not answer: {hello}");
    }
    let journal = host.files().read_text(JOURNAL).unwrap().unwrap_or_default();
    for line in journal.lines() {
        assert!(
            serde_json::from_str::<Value>(line).is_ok(),
            "a line of the journal is not one entry: {line:?}"
        );
        assert!(!line.chars().any(char::is_control), "{line:?}");
    }
    for (file, bytes) in files(host) {
        if file.starts_with("/etc/systemd") || file.starts_with("/etc/holdfast/php") {
            assert!(!bytes.contains(&b'\r') && !bytes.contains(&0), "{file}");
        }
    }
    sent
}

#[test]
fn every_call_that_is_answered_has_its_golden_files() {
    let agent = Agent::new(Arc::new(Host::for_test().unwrap()));
    let known: Vec<String> = requests().into_iter().map(|(method, _)| method).collect();
    let lacking: Vec<_> =
        server::router(&agent).names().into_iter().filter(|n| !known.iter().any(|k| k == n)).collect();
    assert!(lacking.is_empty(), "no golden files for {lacking:?}");
}
