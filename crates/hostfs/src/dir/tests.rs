use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;

use rustix::fs::{CWD, FileType, mknodat};

use super::*;
use crate::OrAbsent;

fn temp() -> (tempfile::TempDir, Dir) {
    let temp = tempfile::tempdir().unwrap();
    let dir = Dir::from_fd(fs::File::open(temp.path()).unwrap().into(), temp.path()).unwrap();
    (temp, dir)
}

fn kind_of<T>(result: Result<T, HostFsError>) -> Kind {
    match result {
        Ok(_) => panic!("it was not refused"),
        Err(error) => error.kind,
    }
}

fn fifo(path: &Path) {
    mknodat(CWD, path, FileType::Fifo, Mode::from_raw_mode(0o666), 0).unwrap();
}

#[test]
fn names_that_lead_out_are_refused_by_every_operation() {
    let (temp, dir) = temp();
    fs::write(temp.path().join("file"), "x").unwrap();
    fs::create_dir(temp.path().join("sub")).unwrap();
    for rel in ["..", "../x", "/etc/passwd", "sub/../file", "sub/../../etc/passwd", "sub/..", "//etc//passwd"]
    {
        assert_eq!(kind_of(dir.read(rel, 10)), Kind::Escapes, "read {rel}");
        assert_eq!(kind_of(dir.stat(rel)), Kind::Escapes, "stat {rel}");
        assert_eq!(kind_of(dir.open_dir(rel)), Kind::Escapes, "open_dir {rel}");
        assert_eq!(kind_of(dir.write_atomic(rel, b"", 0o600, None)), Kind::Escapes, "write {rel}");
        assert_eq!(kind_of(dir.append(rel, b"", 0o600, None)), Kind::Escapes, "append {rel}");
        assert_eq!(kind_of(dir.create_dir(rel, 0o700, None)), Kind::Escapes, "create_dir {rel}");
        assert_eq!(kind_of(dir.remove_file(rel)), Kind::Escapes, "remove_file {rel}");
        assert_eq!(kind_of(dir.remove_tree(rel)), Kind::Escapes, "remove_tree {rel}");
        assert_eq!(kind_of(dir.rename("file", rel)), Kind::Escapes, "rename to {rel}");
        assert_eq!(kind_of(dir.symlink("x", rel)), Kind::Escapes, "symlink {rel}");
        assert_eq!(kind_of(dir.set_meta(rel, Some(0o777), None)), Kind::Escapes, "set_meta {rel}");
    }
    for rel in ["", ".", "./."] {
        assert_eq!(kind_of(dir.write_atomic(rel, b"", 0o600, None)), Kind::Invalid, "write {rel:?}");
        assert_eq!(kind_of(dir.remove_tree(rel)), Kind::Invalid, "remove {rel:?}");
    }
    let nul = OsStr::from_bytes(b"a\0b");
    assert_eq!(kind_of(dir.read(nul, 10)), Kind::Invalid);
}

#[test]
fn a_link_at_any_component_is_refused() {
    let (temp, dir) = temp();
    fs::create_dir_all(temp.path().join("real/deep")).unwrap();
    fs::write(temp.path().join("real/deep/file"), "x").unwrap();
    for (link, target) in [
        ("to-dir", "real"),
        ("real/to-deep", "deep"),
        ("real/deep/to-file", "file"),
        ("to-root", "/"),
        ("to-proc", "/proc/self/root"),
        ("loop", "loop"),
        ("dangling", "nothing"),
    ] {
        symlink(target, temp.path().join(link)).unwrap();
    }
    for rel in [
        "to-dir/deep/file",
        "real/to-deep/file",
        "real/deep/to-file",
        "to-root/etc/passwd",
        "to-proc/etc/passwd",
        "loop",
        "dangling",
        "loop/x",
    ] {
        assert_eq!(kind_of(dir.read(rel, 100)), Kind::Escapes, "read {rel}");
        assert_eq!(kind_of(dir.open_file(rel)), Kind::Escapes, "open {rel}");
        assert_eq!(kind_of(dir.append(rel, b"x", 0o600, None)), Kind::Escapes, "append {rel}");
        assert_eq!(kind_of(dir.set_meta(rel, Some(0o666), None)), Kind::Escapes, "set_meta {rel}");
    }
    assert_eq!(kind_of(dir.open_dir("to-dir")), Kind::Escapes);
    assert_eq!(dir.stat("to-dir").unwrap().kind, FileKind::Symlink);
    assert_eq!(dir.read_link("to-proc").unwrap(), Path::new("/proc/self/root"));
    assert_eq!(dir.read("real//deep/./file", 100).unwrap(), b"x");
}

#[test]
fn links_of_proc_are_refused_too() {
    let proc = Dir::from_fd(fs::File::open("/proc").unwrap().into(), "/proc").unwrap();
    let me = std::process::id().to_string();
    assert_eq!(kind_of(proc.read(format!("{me}/root/etc/passwd"), 100)), Kind::Escapes);
    assert_eq!(kind_of(proc.read(format!("{me}/exe"), 100)), Kind::Escapes);
    assert!(proc.read(format!("{me}/comm"), 100).is_ok());
}

#[test]
fn what_is_no_regular_file_is_refused_at_once() {
    let (temp, dir) = temp();
    fifo(&temp.path().join("fifo"));
    let _socket = UnixListener::bind(temp.path().join("socket")).unwrap();
    fs::create_dir(temp.path().join("sub")).unwrap();
    for name in ["fifo", "socket", "sub"] {
        assert_eq!(kind_of(dir.open_file(name)), Kind::NotARegularFile, "open {name}");
        assert_eq!(kind_of(dir.read(name, 10)), Kind::NotARegularFile, "read {name}");
        assert_eq!(kind_of(dir.append(name, b"x", 0o600, None)), Kind::NotARegularFile, "append {name}");
    }
    let devices = Dir::from_fd(fs::File::open("/dev").unwrap().into(), "/dev").unwrap();
    assert_eq!(kind_of(devices.read("zero", 10)), Kind::NotARegularFile);
}

#[test]
fn a_read_is_bounded_and_does_not_trust_the_size() {
    let (temp, dir) = temp();
    fs::write(temp.path().join("file"), "12345").unwrap();
    assert_eq!(dir.read("file", 5).unwrap(), b"12345");
    assert_eq!(kind_of(dir.read("file", 4)), Kind::TooLarge);
    // Files of /proc claim a size of 0.
    let proc = Dir::from_fd(fs::File::open("/proc").unwrap().into(), "/proc").unwrap();
    assert!(proc.read("version", 1000).unwrap().len() > 10);
    assert_eq!(kind_of(proc.read("version", 10)), Kind::TooLarge);
}

#[test]
fn any_name_is_listed_and_found_again() {
    let (_temp, dir) = temp();
    let long = "n".repeat(255);
    let names: Vec<&[u8]> = vec![
        b" ",
        b"\n",
        b"--checkpoint-action=exec=sh x",
        b"-rf",
        b"CON",
        b"\xff\xfe",
        "e\u{301}".as_bytes(),
        "\u{e9}".as_bytes(),
        long.as_bytes(),
    ];
    for name in &names {
        dir.write_atomic(OsStr::from_bytes(name), name, 0o600, None).unwrap();
    }
    let listed = dir.list("").unwrap();
    assert_eq!(listed.len(), names.len());
    assert!(listed.is_sorted_by_key(|entry| &entry.name));
    for entry in listed {
        assert_eq!(entry.kind, FileKind::File);
        assert_eq!(dir.read(&entry.name, 300).unwrap(), entry.name.as_bytes());
        assert!(dir.remove_file(&entry.name).unwrap());
    }
    assert!(dir.list("").unwrap().is_empty());
    assert_eq!(kind_of(dir.write_atomic("n".repeat(256), b"", 0o600, None)), Kind::Invalid);
}

#[test]
fn metadata_is_of_the_thing_itself() {
    let (temp, dir) = temp();
    let path = temp.path().join("file");
    fs::write(&path, "12345").unwrap();
    fs::set_permissions(&path, PermissionsExt::from_mode(0o640)).unwrap();
    fs::hard_link(&path, temp.path().join("second")).unwrap();
    let meta = dir.stat("file").unwrap();
    assert_eq!((meta.kind, meta.mode, meta.size, meta.links), (FileKind::File, 0o640, 5, 2));
    assert_eq!(meta.uid, rustix::process::geteuid().as_raw());
    assert_eq!(meta.identity, dir.stat("second").unwrap().identity);
    let time = rustix::fs::Timespec { tv_sec: 1_700_000_000, tv_nsec: 123_456_789 };
    let times = rustix::fs::Timestamps { last_access: time, last_modification: time };
    rustix::fs::utimensat(&dir, "file", &times, AtFlags::empty()).unwrap();
    assert_eq!(dir.stat("file").unwrap().mtime_micros, 1_700_000_000_123_456);
    assert_eq!(dir.meta().unwrap().kind, FileKind::Dir);
}

#[test]
fn an_absent_name_can_be_an_answer() {
    let (_temp, dir) = temp();
    assert!(dir.read("none", 1).or_absent().unwrap().is_none());
    assert!(dir.stat("none/below").or_absent().unwrap().is_none());
    assert!(dir.open_dir("..").or_absent().is_err());
    let error = dir.read("none", 1).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("cannot read {}: it does not exist", dir.path().join("none").display())
    );
}

#[test]
fn a_directory_stays_the_same_one_when_its_name_moves() {
    let (temp, dir) = temp();
    dir.create_dir("sub", 0o700, None).unwrap();
    let sub = dir.open_dir("sub").unwrap();
    fs::rename(temp.path().join("sub"), temp.path().join("moved")).unwrap();
    fs::create_dir(temp.path().join("sub")).unwrap();
    sub.write_atomic("file", b"x", 0o600, None).unwrap();
    assert!(temp.path().join("moved/file").exists());
    assert!(!temp.path().join("sub/file").exists());
}

#[test]
fn open_takes_real_absolute_directories() {
    let (temp, _) = temp();
    let base = temp.path().canonicalize().unwrap();
    fs::create_dir(base.join("sub")).unwrap();
    symlink("sub", base.join("link")).unwrap();
    fs::write(base.join("file"), "").unwrap();
    assert_eq!(Dir::open(base.join("sub")).unwrap().path(), base.join("sub"));
    assert_eq!(kind_of(Dir::open(base.join("link"))), Kind::Escapes);
    assert_eq!(kind_of(Dir::open(base.join("file"))), Kind::NotADirectory);
    assert_eq!(kind_of(Dir::open(base.join("none"))), Kind::NotFound);
    assert_eq!(kind_of(Dir::open("relative")), Kind::Invalid);
    assert!(Dir::open("/").is_ok());
}

#[test]
fn root_does_not_open_what_others_can_change() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("not root: nothing to refuse");
        return;
    }
    let (temp, dir) = temp();
    let base = temp.path().canonicalize().unwrap();
    dir.create_dir("tenant", 0o710, Some((20_000, 20_000))).unwrap();
    dir.create_dir("shared", 0o777, None).unwrap();
    dir.create_dir("group", 0o775, Some((0, 20_000))).unwrap();
    for name in ["tenant", "shared", "group"] {
        fs::create_dir(base.join(name).join("below")).unwrap();
        assert_eq!(kind_of(Dir::open(base.join(name))), Kind::Untrusted, "{name}");
        assert_eq!(kind_of(Dir::open(base.join(name).join("below"))), Kind::Untrusted, "below {name}");
    }
    dir.create_dir("ours", 0o755, None).unwrap();
    assert!(Dir::open(base.join("ours")).is_ok());
}
