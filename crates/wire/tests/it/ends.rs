//! How calls and connections end: deadlines, hang-ups, panics, shutdown.

use std::io::Write;
use std::net::Shutdown;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use wire::{AllowedPeers, Client, Limits, WireError, names};

use crate::service::*;

#[tokio::test(start_paused = true)]
async fn a_call_past_its_deadline_is_refused_and_torn_off() {
    let service = start();
    let mut client = Client::connect(&service.path).await.unwrap();
    let error = client.call(&Hang {}).await.unwrap_err();
    assert!(error.is_refused(names::DEADLINE) && error.is_unavailable(), "{error}");
    until("the handler's end", || service.seen.hang_dropped.load(Ordering::SeqCst) == 1).await;
    client.call(&Echo { text: "the connection is still good".to_owned() }).await.unwrap();
}

#[tokio::test]
async fn a_panic_in_a_handler_is_an_internal_error_of_that_call_alone() {
    let service = start();
    let mut client = Client::connect(&service.path).await.unwrap();
    let error = client.call(&Boom {}).await.unwrap_err();
    assert!(error.is_refused(names::INTERNAL), "{error}");
    assert!(!error.to_string().contains("on purpose"), "the panic's text stays in the log");
    let error = client.call(&BoomBlocking {}).await.unwrap_err();
    assert!(error.is_refused(names::INTERNAL), "{error}");
    client.call(&Echo { text: "a".to_owned() }).await.unwrap();
    service.assert_serves().await;
}

#[tokio::test]
async fn a_hang_up_ends_a_read() {
    let service = start();
    let mut client = Client::connect(&service.path).await.unwrap();
    let call = tokio::spawn(async move { client.call(&Hang {}).await });
    until("the call", || service.seen.hang_started.load(Ordering::SeqCst) == 1).await;
    call.abort();
    // Long before the deadline of 20 s would have done it.
    tokio::time::timeout(Duration::from_secs(8), async {
        until("the handler's end", || service.seen.hang_dropped.load(Ordering::SeqCst) == 1).await;
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_hang_up_lets_a_write_end_its_step() {
    let service = start();
    let mut client = Client::connect(&service.path).await.unwrap();
    let call = tokio::spawn(async move { client.call(&Apply {}).await });
    until("the call", || service.seen.apply_started.load(Ordering::SeqCst)).await;
    assert!(!service.seen.apply_finished.load(Ordering::SeqCst));
    call.abort();
    until("the end of the step", || service.seen.apply_finished.load(Ordering::SeqCst)).await;
}

#[tokio::test]
async fn shutdown_waits_for_a_write_and_answers_it() {
    let service = start();
    let mut client = Client::connect(&service.path).await.unwrap();
    let call = tokio::spawn(async move { client.call(&Apply {}).await });
    until("the call", || service.seen.apply_started.load(Ordering::SeqCst)).await;
    let (path, seen) = (service.path.clone(), service.seen.clone());
    let _dir = service.stop().await;
    assert!(seen.apply_finished.load(Ordering::SeqCst));
    call.await.unwrap().unwrap();
    assert!(matches!(Client::connect(path).await, Err(WireError::Connect { .. })));
}

#[tokio::test]
async fn shutdown_closes_idle_connections() {
    let service = start();
    let mut client = Client::connect(&service.path).await.unwrap();
    client.call(&Echo { text: "a".to_owned() }).await.unwrap();
    let _dir = service.stop().await;
    let error = client.call(&Echo { text: "a".to_owned() }).await.unwrap_err();
    assert!(matches!(error, WireError::Closed), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_half_closed_connection_still_gets_its_answer() {
    let service = start();
    let mut stream = service.raw();
    stream.write_all(&frame(ECHO)).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    assert_eq!(read_all(&stream), frame(ECHOED));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_half_frame_and_a_hang_up_leave_nothing_behind() {
    let service = start();
    for cut in 1..ECHO.len() {
        let mut stream = service.raw();
        stream.write_all(&ECHO.as_bytes()[..cut]).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        assert!(read_all(&stream).is_empty(), "cut at {cut}");
    }
    service.assert_serves().await;
}

#[tokio::test(start_paused = true)]
async fn a_frame_that_trickles_in_is_given_up() {
    let service = start();
    let mut stream = tokio::net::UnixStream::connect(&service.path).await.unwrap();
    let start = tokio::time::Instant::now();
    let mut every_second = tokio::time::interval(Duration::from_secs(1));
    let mut sent = 0;
    for byte in ECHO.bytes() {
        every_second.tick().await;
        if stream.write_all(&[byte]).await.is_err() {
            break;
        }
        sent += 1;
    }
    assert!((9..=13).contains(&sent), "{sent} bytes in {:?}", start.elapsed());
    service.assert_serves().await;
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_is_closed_in_the_end() {
    let limits = Limits { idle_time: Duration::from_mins(1), ..Limits::default() };
    let service = start_with(limits, AllowedPeers::of([own_uid()]));
    let mut client = Client::connect(&service.path).await.unwrap();
    for _ in 0..3 {
        tokio::time::advance(Duration::from_secs(50)).await;
        client.call(&Echo { text: "a".to_owned() }).await.unwrap();
    }
    tokio::time::advance(Duration::from_secs(61)).await;
    assert!(matches!(client.call(&Echo { text: "a".to_owned() }).await, Err(WireError::Closed)));
}

#[tokio::test(start_paused = true)]
async fn a_service_without_a_connection_ends_by_itself_and_never_under_a_call() {
    let limits = Limits { unused: Some(Duration::from_secs(5)), ..Limits::default() };
    let service = start_with(limits, AllowedPeers::of([own_uid()]));
    let begun = tokio::time::Instant::now();
    for _ in 0..3 {
        // connected for four times as long as it may be unused
        let mut client = Client::connect(&service.path).await.unwrap();
        assert!(client.call(&Hang {}).await.unwrap_err().is_refused(names::DEADLINE));
        drop(client);
        tokio::time::sleep(Duration::from_secs(3)).await;
        assert!(!service.task.is_finished());
    }
    service.task.await.unwrap().unwrap();
    assert!((70..74).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
}
