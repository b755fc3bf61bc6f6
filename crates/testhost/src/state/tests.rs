use std::process::Command;

use super::{ProcessId, State, started};

#[test]
fn a_process_is_known_by_its_start_and_an_ended_one_is_gone() {
    let own = ProcessId::of(std::process::id()).expect("own process");
    assert!(own.is_alive().expect("look"));
    let earlier = ProcessId { started: own.started - 1, ..own };
    assert!(!earlier.is_alive().expect("look"), "a reused number must not count");

    let mut child = Command::new("sleep").arg("60").spawn().expect("sleep");
    let id = ProcessId::of(child.id()).expect("child");
    child.kill().expect("kill");
    child.wait().expect("wait");
    assert!(!id.is_alive().expect("look"));
    assert_eq!(started(child.id()).expect("look"), None);
}

#[test]
fn what_was_written_is_read_and_half_a_file_is_nothing() {
    let dir = tempfile::tempdir().expect("directory");
    assert_eq!(State::read(dir.path()).expect("absent"), None);
    let state = State {
        name: "box".into(),
        distro: "debian13".into(),
        supervisor: ProcessId::of(std::process::id()).expect("own"),
        leader: 7,
        root: "/srv/box".into(),
        ipv4: "203.0.113.2".parse().expect("address"),
        ipv6: "2001:db8::2".parse().expect("address"),
    };
    state.write(dir.path()).expect("write");
    assert_eq!(State::read(dir.path()).expect("read"), Some(state));
    std::fs::write(dir.path().join("server.json"), "{\"name\":").expect("write");
    assert_eq!(State::read(dir.path()).expect("half"), None);
}
