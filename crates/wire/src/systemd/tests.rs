use super::*;

#[test]
fn a_state_reaches_the_socket_that_systemd_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    notify_at(path.to_str().unwrap(), "READY=1").unwrap();
    let mut text = [0; 32];
    let count = socket.recv(&mut text).unwrap();
    assert_eq!(&text[..count], b"READY=1");
}

#[test]
fn a_state_reaches_an_abstract_socket() {
    let name = format!("holdfast-test-{}", std::process::id());
    let socket = UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
    notify_at(&format!("@{name}"), "WATCHDOG=1").unwrap();
    let mut text = [0; 32];
    let count = socket.recv(&mut text).unwrap();
    assert_eq!(&text[..count], b"WATCHDOG=1");
}

#[test]
fn only_listening_stream_sockets_are_adopted() {
    let dir = tempfile::tempdir().unwrap();
    let listener = UnixListener::bind(dir.path().join("s")).unwrap();
    assert!(matches!(adopt("a", listener.into()), Ok(Listener::Unix(_))));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    assert!(matches!(adopt("a", listener.into()), Ok(Listener::Tcp(_))));

    let datagram = UnixDatagram::unbound().unwrap();
    assert!(matches!(adopt("a", datagram.into()), Err(SystemdError::NotAListener { .. })));
    let file = std::fs::File::open("/proc/self/exe").unwrap();
    assert!(matches!(adopt("a", file.into()), Err(SystemdError::NotAListener { .. })));
}

#[test]
fn sockets_are_taken_by_name_and_kind() {
    let tcp = || Listener::Tcp(TcpListener::bind("127.0.0.1:0").unwrap());
    let dir = tempfile::tempdir().unwrap();
    let unix = Listener::Unix(UnixListener::bind(dir.path().join("s")).unwrap());
    let all = vec![
        ("web".to_owned(), tcp()),
        ("web".to_owned(), unix),
        ("web".to_owned(), tcp()),
        ("x".to_owned(), tcp()),
    ];
    let mut listeners = Listeners { all };
    assert_eq!(listeners.take_tcp("web").len(), 2);
    assert_eq!(listeners.take_tcp("web").len(), 0);
    assert_eq!(listeners.take_unix("x").len(), 0);
    assert_eq!(listeners.names().collect::<Vec<_>>(), ["web", "x"]);
    assert_eq!(listeners.take_unix("web").len(), 1);
    assert_eq!(listeners.take_tcp("x").len(), 1);
    assert!(listeners.is_empty());
}
