//! Sockets that a parent leaves open, as systemd does.

use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use wire::systemd::{SystemdError, listeners};
use wire::{AllowedPeers, CancellationToken, Limits};

use crate::service::*;

const ENTRY: &str = "inherited::serve_once";

/// Starts this test binary with a socket at descriptor 3 and the environment that systemd would set.
fn start_child(listener: UnixListener, environment: &str) -> std::process::Child {
    let script = format!(
        "exec 3<&0 0</dev/null; export {environment}; exec \"$0\" --exact {ENTRY} --ignored --nocapture"
    );
    #[expect(clippy::disallowed_methods, reason = "a shell can put a socket at descriptor 3")]
    Command::new("/bin/sh")
        .args(["-c", &script])
        .arg(std::env::current_exe().unwrap())
        .stdin(OwnedFd::from(listener))
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap()
}

#[tokio::test]
async fn a_service_answers_on_the_socket_that_it_was_given() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("given.sock");
    let listener = UnixListener::bind(&path).unwrap();
    let child = start_child(listener, "LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=agent");
    let mut client = wire::Client::connect(&path).await.unwrap();
    assert_eq!(client.call(&Echo { text: "a".to_owned() }).await.unwrap().text, "a");
    drop(client);
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("served, and taken only once"), "{text}");
}

#[test]
fn another_processs_sockets_are_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let listener = UnixListener::bind(dir.path().join("given.sock")).unwrap();
    let child = start_child(listener, "LISTEN_PID=1 LISTEN_FDS=1");
    let text = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
    assert!(text.contains("no sockets"), "{text}");
}

/// Not a test of its own: the child process of the ones above.
#[tokio::test]
#[ignore = "run by other tests as a child process"]
async fn serve_once() {
    if std::env::var_os("LISTEN_PID").is_none() {
        return;
    }
    let mut inherited = listeners().unwrap();
    let Some(listener) = inherited.take_unix("agent").pop() else {
        println!("no sockets");
        return;
    };
    let close_on_exec = rustix::io::fcntl_getfd(&listener).unwrap().contains(rustix::io::FdFlags::CLOEXEC);
    assert!(close_on_exec && inherited.is_empty());
    assert!(matches!(listeners(), Err(SystemdError::TakenAlready)));

    let seen = Arc::<Seen>::default();
    let limits = Limits::default();
    let shutdown = CancellationToken::new();
    let server = tokio::spawn(wire::serve(
        listener,
        router(&seen),
        AllowedPeers::of([own_uid()]),
        limits,
        shutdown.clone(),
    ));
    // The parent's one call ends this process.
    until("the call", || seen.echoes.load(Ordering::SeqCst) == 1).await;
    shutdown.cancel();
    server.await.unwrap().unwrap();
    println!("served, and taken only once");
}
