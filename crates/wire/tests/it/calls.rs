//! Calls as they are meant to be.

use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use serde_json::{Value, json};
use wire::{AllowedPeers, BlockingClient, Client, Hello, Limits, Method, Peer, Router, WireError, names};

use crate::service::*;

const MULTI: Duration = Duration::from_secs(10);

fn text_of(fd: std::os::fd::OwnedFd) -> String {
    let mut text = String::new();
    UnixStream::from(fd).read_to_string(&mut text).unwrap();
    text
}

#[tokio::test]
async fn a_call_is_answered_by_its_type() {
    let service = start();
    let mut client = Client::connect(&service.path).await.unwrap();
    for text in ["", "ä\0\n\"", "no problem"] {
        let reply = client.call(&Echo { text: text.to_owned() }).await.unwrap();
        assert_eq!(reply, Echoed { text: text.to_owned() });
    }
}

#[tokio::test]
async fn hello_names_version_interfaces_and_capabilities() {
    let service = start();
    let mut client = Client::connect(&service.path).await.unwrap();
    let hello = client.call(&Hello {}).await.unwrap();
    assert_eq!(hello.version, env!("CARGO_PKG_VERSION"));
    assert_eq!(hello.interfaces, ["holdfast.test1"]);
    assert_eq!(hello.capabilities, ["test-capability"]);
    let boot_id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
    assert_eq!(hello.boot_id, boot_id.trim());
}

#[tokio::test]
async fn varlink_tools_can_ask_what_there_is() {
    let service = start();
    let mut client = Client::connect(&service.path).await.unwrap();
    let mut ask = async |method: &str, parameters: Value| {
        client.call_by_name(method, &parameters, MULTI, |_| ()).await.unwrap()
    };
    let info = ask("org.varlink.service.GetInfo", json!({})).await;
    assert_eq!(info["product"], "test");
    assert_eq!(info["interfaces"], json!(["holdfast.test1", "holdfast.wire1", "org.varlink.service"]));
    let described =
        ask("org.varlink.service.GetInterfaceDescription", json!({"interface": "holdfast.test1"})).await;
    let text = described["description"].as_str().unwrap();
    assert!(
        text.starts_with("interface holdfast.test1\n") && text.contains("\nmethod Echo() -> ()\n"),
        "{text}"
    );
}

#[tokio::test]
async fn a_refusal_arrives_with_name_message_and_detail() {
    let service = start();
    let mut client = Client::connect(&service.path).await.unwrap();
    let error = client.call(&Echo { text: "no".to_owned() }).await.unwrap_err();
    let refusal = error.refusal().unwrap();
    assert_eq!(refusal.name, "holdfast.test1.No");
    assert_eq!(refusal.message, "I was told to say no");
    assert_eq!(refusal.detail, json!({ "text": "no" }));
    assert!(client.is_usable());
    client.call(&Hello {}).await.unwrap();
}

#[tokio::test]
async fn progress_comes_in_order_and_only_where_it_is_wanted() {
    let service = start();
    let mut client = Client::connect(&service.path).await.unwrap();
    let mut seen = Vec::new();
    let answer = client.call_with(&CountTo { last: 200 }, &[], |message| seen.push(message)).await.unwrap();
    assert_eq!(answer.reply, 200);
    assert_eq!(seen, (0..200).map(Value::from).collect::<Vec<_>>());
    assert_eq!(client.call(&CountTo { last: 200 }).await.unwrap(), 200);
}

#[tokio::test]
async fn descriptors_cross_in_both_directions() {
    let service = start();
    let mut client = Client::connect(&service.path).await.unwrap();
    for round in 0..3 {
        let (mine, theirs) = UnixStream::pair().unwrap();
        (&mine).write_all(format!("round {round}").as_bytes()).unwrap();
        drop(mine);
        let answer = client.call_with(&Swap { back: 4 }, &[theirs.as_fd()], |_| ()).await.unwrap();
        assert_eq!(answer.reply, format!("round {round}"));
        let texts: Vec<_> = answer.fds.into_iter().map(text_of).collect();
        assert_eq!(texts, ["back 0", "back 1", "back 2", "back 3"]);
    }
    let error = client.call_with(&Swap { back: 5 }, &[], |_| ()).await.unwrap_err();
    assert!(error.is_refused(names::INTERNAL), "{error}");
}

#[tokio::test]
async fn the_largest_reply_passes_and_a_larger_one_is_refused() {
    let service = start();
    let mut client = Client::connect(&service.path).await.unwrap();
    let around = r#"{"parameters":""}"#.len();
    let largest = wire::MAX_FRAME - around;
    assert_eq!(client.call(&Big { bytes: largest }).await.unwrap().len(), largest);
    let error = client.call(&Big { bytes: largest + 1 }).await.unwrap_err();
    assert!(error.is_refused(names::REPLY_TOO_LARGE), "{error}");
    assert_eq!(client.call(&Big { bytes: 1 }).await.unwrap(), "x");
}

#[tokio::test]
async fn a_request_that_is_too_large_is_not_sent() {
    let service = start();
    let mut client = Client::connect(&service.path).await.unwrap();
    let error = client.call(&Echo { text: "x".repeat(wire::MAX_FRAME) }).await.unwrap_err();
    assert!(matches!(error, WireError::TooLarge), "{error}");
    client.call(&Hello {}).await.unwrap();
}

#[tokio::test]
async fn a_slow_call_keeps_no_other_connection_waiting() {
    let service = start();
    let peer = Peer::new(&service.path);
    let slow = tokio::spawn({
        let peer = peer.clone();
        async move { peer.call(&Hang {}).await }
    });
    until("the slow call", || service.seen.hang_started.load(std::sync::atomic::Ordering::SeqCst) == 1).await;
    peer.call(&Echo { text: "quick".to_owned() }).await.unwrap();
    assert!(!slow.is_finished());
    slow.abort();
}

#[tokio::test]
async fn a_peer_survives_a_restart_of_the_service() {
    let service = start();
    let peer = Peer::new(&service.path);
    assert_eq!(peer.hello().await.unwrap().interfaces, ["holdfast.test1"]);
    for _ in 0..3 {
        peer.call(&Echo { text: "before".to_owned() }).await.unwrap();
    }
    let dir = service.stop().await;
    let error = peer.call(&Echo { text: "down".to_owned() }).await.unwrap_err();
    assert!(matches!(error, WireError::Connect { .. }) && error.is_unavailable(), "{error}");

    let service = start_at(dir, Limits::default(), AllowedPeers::of([own_uid()]));
    peer.call(&Echo { text: "after".to_owned() }).await.unwrap();
    let dir = service.stop().await;
    let _service = start_at(dir, Limits::default(), AllowedPeers::of([own_uid()]));
    peer.call(&Echo { text: "at once after another restart".to_owned() }).await.unwrap();
}

#[tokio::test]
async fn many_calls_at_once_share_a_few_connections() {
    let service = start();
    let peer = Peer::new(&service.path);
    let calls: Vec<_> = (0..200)
        .map(|number| {
            let peer = peer.clone();
            tokio::spawn(async move { peer.call(&Echo { text: number.to_string() }).await.unwrap().text })
        })
        .collect();
    for (number, call) in calls.into_iter().enumerate() {
        assert_eq!(call.await.unwrap(), number.to_string());
    }
}

#[tokio::test]
async fn a_service_without_room_is_asked_again_for_a_while() {
    let limits = Limits { connections: 2, kept_for_root: 0, ..Limits::default() };
    let service = start_with(limits, AllowedPeers::of([own_uid()]));
    let mut other = Client::connect(&service.path).await.unwrap();
    other.call(&Echo { text: "takes the one".to_owned() }).await.unwrap();
    let peer = Peer::new(&service.path);
    let calls: Vec<_> = (0..20)
        .map(|_| {
            let peer = peer.clone();
            tokio::spawn(async move { peer.call(&Echo { text: "shares the other".to_owned() }).await })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }

    let late = Peer::new(&service.path);
    let waits = tokio::spawn(async move { late.call(&Echo { text: "late".to_owned() }).await });
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    drop(other);
    waits.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_blocking_client_does_the_same() {
    let service = start();
    let path = service.path.clone();
    tokio::task::spawn_blocking(move || {
        let mut client = BlockingClient::connect(&path).unwrap();
        assert_eq!(client.call(&Echo { text: "a".to_owned() }, MULTI).unwrap().text, "a");
        let error = client.call(&Echo { text: "no".to_owned() }, MULTI).unwrap_err();
        assert!(error.is_refused("holdfast.test1.No"));

        let (mine, theirs) = UnixStream::pair().unwrap();
        (&mine).write_all(b"sent").unwrap();
        drop(mine);
        let answer = client.call_with(&Swap { back: 1 }, MULTI, &[theirs.as_fd()], |_| ()).unwrap();
        assert_eq!(answer.reply, "sent");
        assert_eq!(answer.fds.into_iter().map(text_of).collect::<Vec<_>>(), ["back 0"]);

        let mut seen = 0;
        client.call_with(&CountTo { last: 50 }, MULTI, &[], |_| seen += 1).unwrap();
        assert_eq!(seen, 50);

        assert_eq!(client.call(&Big { bytes: 900_000 }, MULTI).unwrap().len(), 900_000);
        let error = client.call(&Hang {}, Duration::from_millis(100)).unwrap_err();
        assert!(matches!(error, WireError::Timeout { .. }), "{error}");
        assert!(!client.is_usable());
        assert!(matches!(client.call(&Hello {}, MULTI), Err(WireError::Closed)));
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_missing_service_is_told_from_a_refusal() {
    let dir = tempfile::tempdir().unwrap();
    let error = Client::connect(dir.path().join("none.sock")).await.unwrap_err();
    assert!(
        matches!(&error, WireError::Connect { source, .. } if source.kind() == std::io::ErrorKind::NotFound)
    );
    assert!(error.is_unavailable() && error.refusal().is_none());
    assert!(BlockingClient::connect(dir.path().join("none.sock")).unwrap_err().is_unavailable());
}

#[test]
fn the_router_lists_its_methods() {
    let names = router(&std::sync::Arc::default()).names();
    assert_eq!(names.len(), 8);
    assert!(names.is_sorted() && names.contains(&Echo::NAME) && !names.contains(&Hello::NAME));
}

#[test]
#[should_panic(expected = "the method holdfast.test1.Echo has two handlers")]
fn two_handlers_of_one_name_are_noticed_at_start() {
    let router = || Router::default().method(async |_, request: Echo| Ok(Echoed { text: request.text }));
    drop(router().merge(router()));
}

#[test]
fn a_service_that_takes_no_connections_is_waited_for_with_an_end() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("service.sock");
    let socket =
        rustix::net::socket(rustix::net::AddressFamily::UNIX, rustix::net::SocketType::STREAM, None).unwrap();
    rustix::net::bind(&socket, &rustix::net::SocketAddrUnix::new(&path).unwrap()).unwrap();
    rustix::net::listen(&socket, 0).unwrap();
    let waiting = BlockingClient::connect(&path).unwrap();
    let error = BlockingClient::connect(&path).unwrap_err();
    assert!(error.is_unavailable(), "{error}");
    drop(waiting);
}
