//! Who may not call is cut off before a byte is parsed.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::Command;

use wire::{AllowedPeers, Client, Limits};

use crate::service::*;

/// The user `nobody`.
const NOBODY: u32 = 65534;

/// Where the child finds the socket.
const SOCKET: &str = "HOLDFAST_TEST_SOCKET";

/// The connection ends although nothing, or a good request, was sent.
fn is_cut_off(service: &Service) {
    assert!(read_all(&service.raw()).is_empty(), "without a byte sent");
    let mut stream = service.raw();
    let _ = stream.write_all(&frame(ECHO));
    assert!(read_all(&stream).is_empty(), "a request was answered");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_list_means_nobody() {
    let service = start_with(Limits::default(), AllowedPeers::default());
    is_cut_off(&service);
    assert!(!service.task.is_finished());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_who_is_not_listed_is_cut_off() {
    let service = start_with(Limits::default(), AllowedPeers::of([own_uid() + 1, 20_000]));
    is_cut_off(&service);
    assert!(!service.task.is_finished());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::disallowed_methods, reason = "a caller of another user is another process")]
async fn the_peers_uid_counts_and_not_the_services() {
    if own_uid() != 0 {
        eprintln!("not root: cannot start a process as another user");
        return;
    }
    let service = start();
    std::fs::set_permissions(service.path.parent().unwrap(), PermissionsExt::from_mode(0o755)).unwrap();
    std::fs::set_permissions(&service.path, PermissionsExt::from_mode(0o777)).unwrap();
    let as_user = |uid: u32| {
        // A copy that every user can run, wherever the build directory is.
        let binary = service.path.with_file_name(format!("caller-{uid}"));
        std::fs::copy(std::env::current_exe().unwrap(), &binary).unwrap();
        std::fs::set_permissions(&binary, PermissionsExt::from_mode(0o755)).unwrap();
        Command::new(&binary)
            .args(["--exact", "refused_peers::call_once", "--ignored", "--nocapture"])
            .env(SOCKET, &service.path)
            .uid(uid)
            .gid(uid)
            .output()
            .unwrap()
    };
    let allowed = as_user(0);
    assert!(String::from_utf8_lossy(&allowed.stdout).contains("answered"), "{allowed:?}");
    let refused = as_user(NOBODY);
    assert!(String::from_utf8_lossy(&refused.stdout).contains("cut off"), "{refused:?}");
    service.assert_serves().await;
}

/// Not a test of its own: the child process of the one above.
#[tokio::test]
#[ignore = "run by another test as another user"]
async fn call_once() {
    let Some(path) = std::env::var_os(SOCKET) else { return };
    let mut client = Client::connect(path).await.unwrap();
    match client.call(&Echo { text: "a".to_owned() }).await {
        Ok(_) => println!("answered"),
        Err(wire::WireError::Closed) => println!("cut off"),
        Err(error) => println!("{error:?}"),
    }
}
