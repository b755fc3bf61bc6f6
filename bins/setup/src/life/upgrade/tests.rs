use std::fmt::Write;
use std::path::PathBuf;

use hostd::{Active, OwnUnit, SetupSystemd};

use super::{COPIES, PLACE, upgrade};
use crate::error::SetupError;
use crate::life::tests::{DATABASE, Server, VERSION};
use crate::report::Report;

const PATHS: [&str; 5] = ["/var/lib/version", "/sick", "/var/lib/holdfast", "/var/lib/holdfast-agent", PLACE];

fn server() -> Server {
    let server = Server::new(1);
    server.write(VERSION, "1.0");
    for unit in super::START {
        let _ = server.fresh.systemd().start_own(unit).unwrap();
    }
    server.host().take_changes();
    server
}

fn state(server: &Server) -> String {
    let mut text = server.host().describe(&PATHS).unwrap();
    for unit in OwnUnit::ALL {
        let up = server.fresh.systemd().state_own(unit).unwrap().active == Active::Active;
        writeln!(text, "{unit} {up}").unwrap();
    }
    text
}

fn package(server: &Server, version: &str) -> PathBuf {
    let path = server.file("new.deb");
    std::fs::write(&path, version).unwrap();
    path
}

fn run(server: &Server, version: &str, dry_run: bool) -> Result<String, SetupError> {
    let deb = package(server, version);
    let mut out = Vec::new();
    upgrade(server.life(), Some(&deb), dry_run, &mut Report::new(&mut out))?;
    Ok(String::from_utf8(out).unwrap())
}

#[test]
fn an_upgrade_is_rehearsed_first_and_leaves_nothing_behind() {
    let server = server();
    let before = state(&server);
    let shown = run(&server, "2.0", true).unwrap();
    assert!(shown.contains("1.0 -> 2.0"), "{shown}");
    assert_eq!(state(&server), before, "a dry run changes nothing");
    let shown = run(&server, "2.0", false).unwrap();
    assert!(shown.contains("Release 2.0 runs."), "{shown}");
    assert_eq!(server.read(VERSION), "2.0");
    for path in [PLACE, COPIES] {
        assert!(server.host().files().stat(path).unwrap().is_none(), "{path} was left");
    }
}

#[test]
fn a_release_that_is_not_well_goes_and_the_old_one_is_as_it_was() {
    for broken in ["2.0 sick", "2.0 spoils", "2.0 refused"] {
        let server = server();
        let before = state(&server);
        let error = run(&server, broken, false).unwrap_err();
        assert!(error.chain().contains("Release 1.0 runs again"), "{broken}: {}", error.chain());
        assert!(server.read(DATABASE).contains("\"accounts\":1"), "{broken}");
        assert_eq!(state(&server), before, "{broken}");
    }
}

#[test]
fn an_upgrade_that_was_stopped_before_any_change_is_completed_or_taken_back_by_the_next() {
    for (version, runs) in [("2.0", "2.0"), ("2.0 spoils", "1.0")] {
        let reference = server();
        let _ = run(&reference, version, false);
        let wanted = state(&reference);
        let changes = reference.host().take_changes().len();
        assert!(changes > 15, "{changes} changes");
        for k in 0..changes {
            let server = server();
            server.host().crash_after(k);
            let error = run(&server, version, false).unwrap_err();
            assert!(error.is_crash(), "{version} after {k} changes: {}", error.chain());
            server.host().restart();
            let outcome = run(&server, version, false);
            assert_eq!(
                outcome.is_ok(),
                runs == version,
                "{version} after {k} changes: {:?}",
                outcome.map_err(|e| e.chain())
            );
            assert_eq!(server.read(VERSION), runs, "after {k} changes");
            assert_eq!(state(&server), wanted, "{version} after {k} changes");
        }
    }
}

#[test]
fn another_package_does_not_go_on_with_an_upgrade_that_was_stopped() {
    let server = server();
    server.host().fail_on("write /var/lib/version", "the disk is away");
    // dpkg fails, and so does the way back
    let _ = run(&server, "2.0", false).unwrap_err();
    server.host().fail_no_more();
    let error = run(&server, "3.0", false).unwrap_err().chain();
    assert!(error.contains("--resume"), "{error}");
    let mut out = Vec::new();
    let error = upgrade(server.life(), None, false, &mut Report::new(&mut out)).unwrap_err().chain();
    assert!(error.contains("Release 1.0 runs again"), "{error}");
    assert_eq!(server.read(VERSION), "1.0");
}
