use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

use super::*;
use crate::temp::TEMP_PREFIX;

fn temp() -> (tempfile::TempDir, Dir) {
    let temp = tempfile::tempdir().unwrap();
    let dir = Dir::from_fd(fs::File::open(temp.path()).unwrap().into(), temp.path()).unwrap();
    (temp, dir)
}

fn names(dir: &Dir) -> Vec<String> {
    dir.list("").unwrap().into_iter().map(|entry| entry.name.into_string().unwrap()).collect()
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[test]
fn a_file_is_made_and_replaced_with_its_mode_whatever_the_umask() {
    let (temp, dir) = temp();
    for (text, mode) in [("first", 0o666), ("second", 0o640), ("", 0o400)] {
        dir.write_atomic("file", text.as_bytes(), mode, None).unwrap();
        assert_eq!(fs::read(temp.path().join("file")).unwrap(), text.as_bytes());
        assert_eq!(dir.stat("file").unwrap().mode, mode);
    }
    assert_eq!(names(&dir), ["file"], "nothing temporary is left");
}

#[test]
fn a_file_gets_its_owner() {
    if !is_root() {
        eprintln!("not root: cannot give files away");
        return;
    }
    let (temp, dir) = temp();
    dir.write_atomic("file", b"x", 0o640, Some((20_001, 20_002))).unwrap();
    let meta = fs::metadata(temp.path().join("file")).unwrap();
    assert_eq!((meta.uid(), meta.gid(), meta.mode() & 0o7777), (20_001, 20_002, 0o640));
    let error = dir.write_atomic("other", b"x", 0o640, Some((u32::MAX, 0))).unwrap_err();
    assert_eq!(error.kind, Kind::Invalid);
    assert_eq!(names(&dir), ["file"]);
}

#[test]
fn a_reader_of_the_old_file_keeps_the_old_content() {
    let (_temp, dir) = temp();
    dir.write_atomic("file", b"old", 0o600, None).unwrap();
    let mut old = dir.open_file("file").unwrap();
    dir.write_atomic("file", b"new", 0o600, None).unwrap();
    let mut text = String::new();
    std::io::Read::read_to_string(&mut old, &mut text).unwrap();
    assert_eq!(text, "old");
    assert_eq!(dir.read("file", 10).unwrap(), b"new");
}

#[test]
fn a_link_is_replaced_and_its_target_left_alone() {
    let (temp, dir) = temp();
    fs::write(temp.path().join("target"), "target").unwrap();
    symlink("target", temp.path().join("link")).unwrap();
    dir.write_atomic("link", b"new", 0o600, None).unwrap();
    assert_eq!(fs::read(temp.path().join("target")).unwrap(), b"target");
    assert_eq!(dir.read("link", 10).unwrap(), b"new");
}

#[test]
fn a_failed_write_leaves_the_old_file_and_nothing_else() {
    let (_temp, dir) = temp();
    dir.write_atomic("file", b"old", 0o600, None).unwrap();
    assert_eq!(dir.write_atomic("file", b"new", 0o4755, None).unwrap_err().kind, Kind::Invalid);
    dir.create_dir("sub", 0o700, None).unwrap();
    assert_eq!(dir.write_atomic("sub", b"new", 0o600, None).unwrap_err().kind, Kind::NotARegularFile);
    assert_eq!(dir.write_atomic("none/file", b"new", 0o600, None).unwrap_err().kind, Kind::NotFound);
    assert_eq!(names(&dir), ["file", "sub"]);
    assert_eq!(dir.read("file", 10).unwrap(), b"old");
}

#[test]
fn a_full_disk_leaves_the_old_file() {
    if !is_root() {
        eprintln!("not root: cannot mount a small file system");
        return;
    }
    let (temp, _) = temp();
    let place = temp.path().join("small");
    fs::create_dir(&place).unwrap();
    let options = c"size=64k";
    if rustix::mount::mount("none", &place, "tmpfs", rustix::mount::MountFlags::empty(), options).is_err() {
        eprintln!("may not mount here");
        return;
    }
    let dir = Dir::from_fd(fs::File::open(&place).unwrap().into(), &place).unwrap();
    dir.write_atomic("file", b"old", 0o600, None).unwrap();
    let large = vec![b'x'; 128 * 1024];
    let alone = dir.write_atomic("file", &large, 0o600, None);
    let small = FileWrite { rel: Path::new("file"), bytes: b"new", mode: 0o600, owner: None };
    let batch = dir.write_atomic_many(&[small, FileWrite { rel: Path::new("big"), bytes: &large, ..small }]);
    let (left, content) = (names(&dir), dir.read("file", 10));
    drop(dir);
    rustix::mount::unmount(&place, rustix::mount::UnmountFlags::DETACH).unwrap();
    assert_eq!(alone.unwrap_err().kind, Kind::NoSpace);
    assert_eq!(batch.unwrap_err().kind, Kind::NoSpace);
    assert_eq!(left, ["file"], "nothing temporary is left");
    assert_eq!(content.unwrap(), b"old");
}

#[test]
fn a_batch_writes_all_or_none_when_it_fails_early() {
    let (_temp, dir) = temp();
    dir.create_dirs("a/b", 0o700, None).unwrap();
    let file = |rel: &'static str, bytes: &'static [u8]| FileWrite {
        rel: Path::new(rel),
        bytes,
        mode: 0o644,
        owner: None,
    };
    dir.write_atomic_many(&[
        file("one", b"1"),
        file("a/two", b"2"),
        file("a/b/three", b"3"),
        file("one", b"last"),
    ])
    .unwrap();
    assert_eq!(dir.read("one", 10).unwrap(), b"last");
    assert_eq!(dir.read("a/two", 10).unwrap(), b"2");
    assert_eq!(dir.read("a/b/three", 10).unwrap(), b"3");

    let bad = [file("one", b"new"), FileWrite { mode: 0o2755, ..file("a/two", b"new") }];
    assert_eq!(dir.write_atomic_many(&bad).unwrap_err().kind, Kind::Invalid);
    let bad = [file("one", b"new"), file("../outside", b"new")];
    assert_eq!(dir.write_atomic_many(&bad).unwrap_err().kind, Kind::Escapes);
    assert_eq!(dir.read("one", 10).unwrap(), b"last");
    assert_eq!(names(&dir), ["a", "one"]);
    assert_eq!(names(&dir.open_dir("a").unwrap()), ["b", "two"]);
    dir.write_atomic_many(&[]).unwrap();
}

#[test]
fn appending_makes_the_file_and_keeps_its_mode_later() {
    let (temp, dir) = temp();
    dir.append("log", b"one\n", 0o640, None).unwrap();
    fs::set_permissions(temp.path().join("log"), PermissionsExt::from_mode(0o600)).unwrap();
    dir.append("log", b"two\n", 0o644, None).unwrap();
    assert_eq!(dir.read("log", 100).unwrap(), b"one\ntwo\n");
    assert_eq!(dir.stat("log").unwrap().mode, 0o600);
    let mut open = dir.open_append("log", 0o600, None).unwrap();
    open.write_all(b"three\n").unwrap();
    assert_eq!(dir.read("log", 100).unwrap(), b"one\ntwo\nthree\n");
}

#[test]
fn create_new_takes_no_existing_name() {
    let (temp, dir) = temp();
    dir.create_new("file", 0o600, None).unwrap().write_all(b"x").unwrap();
    symlink("nothing", temp.path().join("link")).unwrap();
    for name in ["file", "link"] {
        let kind = dir.create_new(name, 0o600, None).unwrap_err().kind;
        assert!(matches!(kind, Kind::Exists | Kind::Escapes), "{name}: {kind:?}");
    }
    assert!(!temp.path().join("nothing").exists());
}

#[test]
fn what_a_crash_left_is_swept_and_nothing_else() {
    let (temp, dir) = temp();
    // A crash before the rename leaves the temporary file; before that of a directory, the directory.
    dir.write_temp(b"half", 0o600, None).unwrap();
    fs::create_dir(temp.path().join(format!("{TEMP_PREFIX}0123456789abcdef"))).unwrap();
    symlink("/etc/passwd", temp.path().join(format!("{TEMP_PREFIX}link"))).unwrap();
    fs::write(temp.path().join(".holdfast"), "").unwrap();
    dir.write_atomic("file", b"x", 0o600, None).unwrap();
    assert_eq!(dir.sweep_temps("").unwrap(), 3);
    assert_eq!(names(&dir), [".holdfast", "file"]);
    assert_eq!(dir.sweep_temps("").unwrap(), 0);
    assert!(Path::new("/etc/passwd").exists());
}

#[test]
fn a_new_file_takes_no_name_that_is_taken() {
    let tree = tempfile::tempdir().unwrap();
    let dir = Dir::open(tree.path()).unwrap();
    dir.write_new("note", b"first", 0o600, None).unwrap();
    assert_eq!(dir.write_new("note", b"second", 0o600, None).unwrap_err().kind, Kind::Exists);
    assert_eq!(dir.read("note", 100).unwrap(), b"first");
    assert_eq!(dir.list("").unwrap().len(), 1, "nothing is left behind");
}
