use testhost::{Distro, Error, Options, Root, Server};

/// Ends a persistent server also where the test fails before it does.
struct Ended(String);

impl Drop for Ended {
    fn drop(&mut self) {
        if let Ok(Some(server)) = Server::attach(&self.0) {
            server.stop().expect("stop");
        }
    }
}

/// What the box is: a directory that stays, a server that outlives the process that made it.
#[test]
fn a_persistent_server_is_found_again_and_keeps_its_directory() {
    let dir = tempfile::tempdir_in("/var/tmp").expect("directory");
    let name = format!("kept{}", std::process::id());
    let options = Options {
        root: Root::Directory(dir.path().join("tree")),
        persistent: true,
        files: vec![("/etc/sample".into(), b"sample".to_vec(), 0o600)],
        mask: vec!["cron.service".into()],
        ..Options::fresh(Distro::Debian13).name(name.clone())
    };
    let server = Server::boot(options.clone()).expect("boot");
    let _ended = Ended(name.clone());
    assert_eq!(server.pull("/etc/sample").expect("pull"), b"sample");
    assert_eq!(server.property("cron.service", "LoadState").expect("property"), "masked");
    server.push("/srv/kept", "kept", 0o644).expect("push");
    let leader = server.leader();
    drop(server);

    assert!(matches!(Server::boot(options.clone()), Err(Error::Name { .. })), "two of one name");
    let mut server = Server::attach(&name).expect("look").expect("it runs on");
    assert_eq!(server.leader(), leader);
    server.restart().expect("restart");
    drop(server);
    let server = Server::attach(&name).expect("look").expect("it runs after a restart");
    assert_eq!(server.pull("/srv/kept").expect("pull"), b"kept");
    server.stop().expect("stop");

    assert!(Server::attach(&name).expect("look").is_none());
    assert!(dir.path().join("tree/srv/kept").exists(), "its directory stays");
    let server = Server::boot(Options { persistent: false, ..options }).expect("boot the same tree again");
    assert_eq!(server.pull("/srv/kept").expect("pull"), b"kept");
    drop(server);
    assert!(dir.path().join("tree/srv/kept").exists(), "its directory stays");
}

#[test]
fn a_server_on_this_machines_network_shares_its_interfaces() {
    let options = Options {
        network: testhost::Network::Host,
        mask: vec!["ssh.service".into(), "ssh.socket".into()],
        ..Options::fresh(Distro::Debian13).name("shared")
    };
    let server = Server::boot(options).expect("boot");
    let own = std::fs::read_link("/proc/self/ns/net").expect("namespace");
    let there = server.check(["readlink", "/proc/self/ns/net"]).expect("readlink").text();
    assert_eq!(own.to_str(), Some(there.as_str()));
    assert_eq!(server.property("systemd-networkd.service", "LoadState").expect("property"), "masked");
}
