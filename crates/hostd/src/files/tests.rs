use super::*;
use crate::Host;

const PATH: &str = "/etc/holdfast/php/alice-8.4.conf";

fn host() -> Host {
    Host::for_test().unwrap()
}

#[test]
fn what_was_written_is_observed_with_digest_mode_and_owner() {
    let host = host();
    assert_eq!(host.files().observe(PATH).unwrap(), FileSeen::Missing);
    host.files().write(PATH, b"[alice]\n", 0o640, (20000, 33)).unwrap();
    let FileSeen::Present { digest, mode, uid, gid, text, .. } = host.files().observe(PATH).unwrap() else {
        panic!("the file is there");
    };
    assert_eq!(digest, Digest::of(b"[alice]\n"));
    assert_eq!((mode, uid, gid, &*text), (0o640, 20000, 33, "[alice]\n"));
    assert!(host.files().remove(PATH).unwrap());
    assert!(!host.files().remove(PATH).unwrap(), "gone already");
}

#[test]
fn paths_that_are_not_plain_are_refused() {
    let host = host();
    for path in ["", "etc/passwd", "/", "//etc", "/etc/", "/etc/../etc/passwd", "/./etc", "/etc//passwd"] {
        assert!(matches!(host.files().read(path), Err(HostError::BadPath { .. })), "{path:?}");
        assert!(
            matches!(host.files().write(path, b"", 0o644, (0, 0)), Err(HostError::BadPath { .. })),
            "{path:?}"
        );
    }
}

#[test]
fn a_link_is_seen_as_one_and_never_followed() {
    let host = host();
    host.files().symlink("/etc/passwd", PATH).unwrap();
    let what = "a symbolic link to /etc/passwd".to_owned();
    assert_eq!(host.files().observe(PATH).unwrap(), FileSeen::NotAFile { what });
    assert!(host.files().read(PATH).is_err());
    assert_eq!(host.files().read_link(PATH).unwrap().as_deref(), Some("/etc/passwd"));
    host.files().symlink("/etc", "/etc/holdfast/etc").unwrap();
    assert!(host.files().read("/etc/holdfast/etc/passwd").is_err());
    host.files().write(PATH, b"ours", 0o644, host.test_owner()).unwrap();
    assert_eq!(host.files().read_text(PATH).unwrap().as_deref(), Some("ours"), "the link was replaced");
    assert!(host.files().read_text("/etc/passwd").unwrap().unwrap().starts_with("root:"));
}

#[test]
fn text_that_is_not_utf8_is_an_error_to_read_and_still_observed() {
    let host = host();
    host.files().write(PATH, b"\xff", 0o644, host.test_owner()).unwrap();
    assert!(matches!(host.files().read_text(PATH), Err(HostError::NotText { .. })));
    assert!(matches!(host.files().observe(PATH).unwrap(), FileSeen::Present { .. }));
    assert_eq!(host.files().read("/etc/none").unwrap(), None);
}

#[test]
fn a_directory_is_made_once_and_moves_with_its_owner() {
    let host = host();
    assert!(host.files().ensure_dir("/home/alice", 0o710, (20000, 33)).unwrap());
    assert!(!host.files().ensure_dir("/home/alice", 0o710, (20000, 33)).unwrap());
    assert!(host.files().ensure_dir("/home/alice", 0o700, (20000, 33)).unwrap());
    host.files().ensure_dirs("/home/.trash/2026", 0o700, host.test_owner()).unwrap();
    host.files().rename_new("/home/alice", "/home/.trash/2026/alice").unwrap();
    let meta = host.files().stat("/home/.trash/2026/alice").unwrap().unwrap();
    assert_eq!((meta.mode, meta.uid, meta.gid), (0o700, 20000, 33));
    assert!(host.files().stat("/home/alice").unwrap().is_none());
    let names: Vec<String> = host.files().list("/home").unwrap().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, [".trash"]);
    assert!(host.files().list("/none").unwrap().is_empty());
}

#[test]
fn a_test_may_stop_between_the_files_of_a_batch() {
    let host = host();
    let files: Vec<ManagedFile> =
        (0..3).map(|i| ManagedFile::root(format!("/etc/nginx/holdfast/maps/host-0{i}.map"), "x")).collect();
    host.crash_after(2);
    assert!(host.files().write_many(&files.iter().collect::<Vec<_>>()).unwrap_err().is_crash());
    host.restart();
    let there = host.files().list("/etc/nginx/holdfast/maps").unwrap();
    assert_eq!(there.len(), 2);
    host.files().write_many(&files.iter().collect::<Vec<_>>()).unwrap();
    assert_eq!(host.files().list("/etc/nginx/holdfast/maps").unwrap().len(), 3);
}

#[test]
fn the_steps_of_a_plan_are_taken() {
    let host = host();
    let (uid, gid) = host.test_owner();
    let file = ManagedFile { uid, gid, ..ManagedFile::root(PATH, "text") };
    let write = FileStep::Write { file: file.clone(), before: None, seen: None };
    host.files().take(&write).unwrap();
    let private = ManagedFile { mode: 0o600, ..file };
    host.files().take(&FileStep::SetMeta { file: private }).unwrap();
    assert_eq!(host.files().stat(PATH).unwrap().unwrap().mode, 0o600);
    let remove = |seen| FileStep::Remove { path: PATH.to_owned(), before: None, seen };
    host.files().take(&remove(Some(Digest::of("text")))).unwrap();
    assert_eq!(host.files().observe(PATH).unwrap(), FileSeen::Missing);
    host.files().take(&remove(Some(Digest::of("text")))).unwrap();
}

#[test]
fn what_was_changed_since_the_plan_looked_stays() {
    let host = host();
    let file = ManagedFile::root(PATH, "ours");
    let steps = |seen| {
        [
            FileStep::Write { file: file.clone(), before: None, seen },
            FileStep::Remove { path: PATH.to_owned(), before: None, seen },
        ]
    };
    host.files().write(PATH, b"edited", 0o644, host.test_owner()).unwrap();
    for step in steps(None).into_iter().chain(steps(Some(Digest::of("older")))) {
        let error = host.files().take(&step).unwrap_err();
        assert!(matches!(error, HostError::ChangedMeanwhile { .. }), "{error}");
    }
    assert_eq!(host.files().read_text(PATH).unwrap().as_deref(), Some("edited"));
}
