use std::os::unix::fs::PermissionsExt;

use super::{How, back_up};
use crate::life::archive::{Archive, Kind};
use crate::life::tests::{DATABASE, Server};

#[test]
fn a_backup_holds_all_that_makes_the_panel_and_nothing_for_a_moment() {
    let server = Server::new(2);
    let path = server.back_up("one.tar");
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let archive = Archive::open(&path).unwrap();
    let manifest = &archive.manifest;
    assert_eq!(
        (manifest.database.as_ref().unwrap().accounts, manifest.hostname.as_str()),
        (2, "server.example.com")
    );
    let held = |wanted: &str| manifest.members.iter().any(|member| member.path.as_deref() == Some(wanted));
    for path in [
        "/etc/holdfast/agent.toml",
        "/etc/holdfast/credentials/seal.key",
        "/var/lib/holdfast-agent/ledger/account/0.json",
        "/var/lib/holdfast-agent/uids/20001",
    ] {
        assert!(held(path), "{path} is missing");
    }
    assert!(!held("/var/lib/holdfast-agent/stage/left"));
    assert!(manifest.members.iter().any(|member| member.kind == Kind::Database));
    assert!(server.host().files().stat("/var/lib/holdfast/copying").unwrap().is_none(), "a copy was left");
}

#[test]
fn a_file_that_is_there_is_replaced_by_order_alone() {
    let server = Server::new(0);
    let path = server.back_up("one.tar");
    let before = std::fs::read(&path).unwrap();
    server.panel(0, 5);
    assert!(back_up(server.life(), "s", &path, How::default()).is_err());
    assert_eq!(std::fs::read(&path).unwrap(), before);
    back_up(server.life(), "s", &path, How { replace: true, damaged: false }).unwrap();
    assert_ne!(std::fs::read(&path).unwrap(), before);
    assert_eq!(
        std::fs::read_dir(server.elsewhere.path()).unwrap().count(),
        1,
        "something was left beside it"
    );
}

#[test]
fn a_damaged_database_is_no_backup_but_can_be_kept_aside() {
    let server = Server::new(1);
    server.write(DATABASE, "not a database");
    let path = server.file("one.tar");
    assert!(back_up(server.life(), "s", &path, How::default()).is_err());
    assert!(!path.exists());
    let manifest = back_up(server.life(), "s", &path, How { replace: false, damaged: true }).unwrap();
    assert_eq!(manifest.database, None);
    assert!(Archive::open(&path).unwrap().manifest.members.iter().any(|m| m.kind == Kind::Database));
}
