//! What a hostile caller sends, and that the service goes on.

use std::io::{Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags};
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags};
use wire::{AllowedPeers, Client, Limits, names};

use crate::service::*;

/// Sends bytes along with descriptors.
fn send_with(stream: &UnixStream, bytes: &[u8], fds: &[BorrowedFd<'_>]) {
    let mut space = [std::mem::MaybeUninit::uninit(); 256];
    let mut control = SendAncillaryBuffer::new(&mut space);
    assert!(control.push(SendAncillaryMessage::ScmRights(fds)));
    let sent =
        rustix::net::sendmsg(stream, &[std::io::IoSlice::new(bytes)], &mut control, SendFlags::NOSIGNAL)
            .unwrap();
    assert_eq!(sent, bytes.len());
}

/// Waits until every other copy of the pair's far end is closed.
fn assert_closed_elsewhere(near: &UnixStream) {
    near.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let mut near = near;
    assert_eq!(near.read(&mut [0]).unwrap(), 0, "the service kept the descriptor");
}

/// What the service answers to one frame on a connection of its own.
fn answer(service: &Service, bytes: &[u8]) -> String {
    let mut stream = service.raw();
    let _ = stream.write_all(bytes);
    read_frame(&stream).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_request_ends_the_connection() {
    let service = start();
    for text in
        ["", "null", "[1]", "{}", "{\"method\":1}", "\u{1}", "{\"method\":\"a\",\"method\":\"b\"}", "NaN"]
    {
        let mut stream = service.raw();
        stream.write_all(&frame(text)).unwrap();
        let _ = stream.write_all(&frame(ECHO));
        let reply = read_frame(&stream).unwrap();
        assert!(reply.starts_with(&format!("{{\"error\":\"{}\"", names::PROTOCOL)), "{text}: {reply}");
        assert_eq!(read_frame(&stream), None, "{text}");
    }
    service.assert_serves().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unknown_methods_and_fields_are_refused_and_the_connection_lives() {
    let service = start();
    let mut stream = service.raw();
    for (text, name) in [
        (r#"{"method":"holdfast.test1.Nothing","parameters":{}}"#, names::METHOD_NOT_FOUND),
        (r#"{"method":"holdfast.test2.Echo","parameters":{"text":"a"}}"#, names::METHOD_NOT_FOUND),
        (r#"{"method":"","parameters":{}}"#, names::METHOD_NOT_FOUND),
        (r#"{"method":"holdfast.test1.Echo","parameters":{"text":"a","uid":0}}"#, names::INVALID_PARAMETER),
        (r#"{"method":"holdfast.test1.Echo","parameters":{}}"#, names::INVALID_PARAMETER),
        (r#"{"method":"holdfast.test1.Echo"}"#, names::INVALID_PARAMETER),
        (r#"{"method":"holdfast.test1.Echo","parameters":{"text":7}}"#, names::INVALID_PARAMETER),
        (r#"{"method":"holdfast.test1.Big","parameters":{"bytes":-1}}"#, names::INVALID_PARAMETER),
        (r#"{"method":"holdfast.test1.Big","parameters":{"bytes":1e40}}"#, names::INVALID_PARAMETER),
    ] {
        stream.write_all(&frame(text)).unwrap();
        let reply = read_frame(&stream).unwrap();
        assert!(reply.starts_with(&format!("{{\"error\":\"{name}\"")), "{text}: {reply}");
    }
    stream.write_all(&frame(ECHO)).unwrap();
    assert_eq!(read_frame(&stream).unwrap(), ECHOED);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frame_may_be_as_large_as_the_limit_and_no_byte_larger() {
    let service = start();
    let filled = |length: usize| {
        let around = r#"{"method":"holdfast.test1.Nothing","parameters":{"x":""}}"#;
        let fill = "x".repeat(length - around.len());
        frame(&around.replace("\"x\":\"\"", &format!("\"x\":\"{fill}\"")))
    };
    let largest = answer(&service, &filled(wire::MAX_FRAME));
    assert!(largest.contains(names::METHOD_NOT_FOUND), "{largest}");
    assert_eq!(answer(&service, &filled(wire::MAX_FRAME + 1)), "");
    // No NUL at all, as much as it takes.
    let mut stream = service.raw();
    let chunk = vec![b'x'; 64 * 1024];
    let mut sent = 0;
    while stream.write_all(&chunk).is_ok() {
        sent += chunk.len();
        assert!(sent < 16 * wire::MAX_FRAME, "the service reads without end");
    }
    service.assert_serves().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stray_descriptors_are_closed_and_the_connection_dropped() {
    let service = start();
    let swap = frame(r#"{"method":"holdfast.test1.Swap","parameters":{"back":0}}"#);
    let mut two_frames = frame(ECHO);
    two_frames.extend_from_slice(&swap);
    let mut other_order = swap.clone();
    other_order.extend_from_slice(&frame(ECHO));
    let unknown = frame(r#"{"method":"holdfast.test1.Nothing","parameters":{}}"#);
    for (what, bytes, count) in [
        ("a method that takes none", frame(ECHO), 1),
        ("an unknown method", unknown, 1),
        ("one more than the method takes", swap.clone(), 2),
        ("more than any frame takes", swap.clone(), 5),
        ("far more", swap, 40),
        ("whose of the two frames", two_frames, 1),
        ("whose of the two frames, the other way", other_order, 1),
        ("half a frame", b"{\"method\"".to_vec(), 5),
    ] {
        let stream = service.raw();
        let (near, far) = UnixStream::pair().unwrap();
        send_with(&stream, &bytes, &vec![far.as_fd(); count]);
        drop(far);
        assert_closed_elsewhere(&near);
        assert!(read_all(&stream).is_empty(), "{what}: answered");
    }
    service.assert_serves().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_descriptor_during_a_call_ends_the_connection() {
    let service = start();
    let mut stream = service.raw();
    stream.write_all(&frame(r#"{"method":"holdfast.test1.Apply"}"#)).unwrap();
    wait_for("the call", || service.seen.apply_started.load(std::sync::atomic::Ordering::SeqCst));
    let (near, far) = UnixStream::pair().unwrap();
    send_with(&stream, b"{", &[far.as_fd()]);
    drop(far);
    assert_closed_elsewhere(&near);
    assert!(read_all(&stream).is_empty());
    service.assert_serves().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pipelined_requests_are_answered_one_by_one_in_order() {
    const COUNT: usize = 20_000;
    let service = start();
    let stream = service.raw();
    let mut writing = stream.try_clone().unwrap();
    let writer = std::thread::spawn(move || {
        for number in 0..COUNT {
            let text = format!(r#"{{"method":"holdfast.test1.Echo","parameters":{{"text":"{number}"}}}}"#);
            writing.write_all(&frame(&text)).unwrap();
        }
        writing.shutdown(std::net::Shutdown::Write).unwrap();
    });
    let all = read_all(&stream);
    writer.join().unwrap();
    let mut frames = all.split(|byte| *byte == 0);
    for number in 0..COUNT {
        assert_eq!(frames.next().unwrap(), format!(r#"{{"parameters":{{"text":"{number}"}}}}"#).as_bytes());
    }
    assert_eq!(frames.next().unwrap(), b"");
    assert!(frames.next().is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replies_that_nobody_reads_end_the_connection() {
    let limits = Limits { write_time: Duration::from_millis(300), ..Limits::default() };
    let service = start_with(limits, AllowedPeers::of([own_uid()]));

    // One reply larger than the socket's buffer.
    let mut unread = service.raw();
    unread.write_all(&frame(r#"{"method":"holdfast.test1.Big","parameters":{"bytes":1000000}}"#)).unwrap();
    service.assert_serves().await;
    // It has begun to come, so that its time runs out before that of the next connection begins.
    let mut fds = [PollFd::new(&unread, PollFlags::IN)];
    assert_eq!(rustix::event::poll(&mut fds, None).unwrap(), 1);

    // Requests without end, no reply read: the pipe fills up, then the service hangs up.
    let mut flood = service.raw();
    flood.set_write_timeout(Some(Duration::from_secs(20))).unwrap();
    let many = frame(ECHO).repeat(1000);
    let mut sent = 0;
    while flood.write_all(&many).is_ok() {
        sent += many.len();
        assert!(sent < 64 * wire::MAX_FRAME, "the service takes requests without end");
    }
    assert!(read_all(&unread).len() < 1_000_000, "the whole reply was waiting");
    service.assert_serves().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_connections_leave_room_when_they_go() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum }).unwrap();

    let limits = Limits { kept_for_root: 0, ..Limits::default() };
    let service = start_with(limits, AllowedPeers::of([own_uid()]));
    let connections: Vec<UnixStream> = (0..1000).map(|_| service.raw()).collect();
    // Those over the limit are told so, or find the connection closed; nobody waits.
    let refused: Vec<_> = connections[32..].iter().map(read_all).collect();
    let busy = frame_start(names::BUSY);
    assert!(refused.iter().all(|bytes| bytes.starts_with(busy.as_bytes())));
    for mut stream in &connections[..32] {
        stream.write_all(&frame(ECHO)).unwrap();
        assert_eq!(read_frame(stream).unwrap(), ECHOED);
    }
    let mut client = Client::connect(&service.path).await.unwrap();
    let error = client.call(&Echo { text: "a".to_owned() }).await.unwrap_err();
    assert!(error.is_refused(names::BUSY) && error.is_unavailable(), "{error:?}");

    drop(connections);
    until("a free slot", || {
        let mut stream = service.raw();
        let _ = stream.write_all(&frame(ECHO));
        read_frame(&stream).as_deref() == Some(ECHOED)
    })
    .await;
}

/// The last frame of an answer, after its progress messages.
fn read_reply(stream: &UnixStream) -> Option<String> {
    loop {
        let frame = read_frame(stream)?;
        if !frame.ends_with(r#","continues":true}"#) {
            return Some(frame);
        }
    }
}

fn frame_start(name: &str) -> String {
    format!("{{\"error\":\"{name}\"")
}

/// A small generator with a fixed seed: the same frames on each run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap()
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.next().to_le_bytes()[0]).collect()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_random_frames_are_survived() {
    let service = start();
    let good = [
        ECHO,
        r#"{"method":"holdfast.test1.CountTo","parameters":{"last":2},"more":true}"#,
        r#"{"method":"holdfast.wire1.Hello","parameters":{}}"#,
        r#"{"method":"holdfast.test1.Big","parameters":{"bytes":10}}"#,
    ];
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut stream = service.raw();
    let mut answered = 0;
    for _ in 0..10_000 {
        let bytes = match random.below(3) {
            0 => {
                let length = random.below(300);
                random.bytes(length)
            }
            1 => {
                // A good request with a few bytes changed.
                let mut bytes = good[random.below(good.len())].as_bytes().to_vec();
                for _ in 0..=random.below(4) {
                    let at = random.below(bytes.len());
                    bytes[at] = random.bytes(1)[0];
                }
                bytes
            }
            _ => {
                // Pieces of good requests in a wrong order.
                let mut bytes = Vec::new();
                for _ in 0..=random.below(3) {
                    let text = good[random.below(good.len())].as_bytes();
                    let (from, to) = (random.below(text.len()), random.below(text.len() + 1));
                    bytes.extend_from_slice(&text[from.min(to)..to.max(from)]);
                }
                bytes
            }
        };
        let bytes: Vec<u8> = bytes.into_iter().filter(|byte| *byte != 0).chain([0]).collect();
        let alive = stream.write_all(&bytes).is_ok() && {
            let reply = read_reply(&stream);
            answered += usize::from(reply.is_some());
            reply.is_some_and(|reply| !reply.starts_with(&frame_start(names::PROTOCOL)))
        };
        if !alive {
            stream = service.raw();
        }
    }
    assert_eq!(answered, 10_000, "every whole frame gets an answer");
    service.assert_serves().await;
}
