use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::time::Duration;

use wire::{AllowedPeers, CancellationToken, Limits};

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_of_changes_says_at_once_that_it_listens() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("agent.sock");
    let socket = UnixListener::bind(&path).unwrap();
    let agent = Agent::new(Arc::new(Host::for_test().unwrap()));
    let end = CancellationToken::new();
    let own = AllowedPeers::of([rustix::process::geteuid().as_raw()]);
    let serving = tokio::spawn(wire::serve(socket, router(&agent), own, Limits::default(), end.clone()));
    let first = tokio::task::spawn_blocking(move || {
        let mut stream = UnixStream::connect(path).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let call = b"{\"method\":\"holdfast.agent1.WatchObjects\",\"parameters\":{},\"more\":true}\0";
        stream.write_all(call).unwrap();
        let mut first = Vec::new();
        BufReader::new(stream).read_until(0, &mut first).unwrap();
        String::from_utf8(first).unwrap()
    });
    let first = first.await.unwrap();
    assert!(first.contains("\"objects\":[]") && first.contains("\"continues\":true"), "{first}");
    end.cancel();
    serving.await.unwrap().unwrap();
}
