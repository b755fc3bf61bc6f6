use std::fs;
use std::os::unix::fs::symlink;

use super::*;
use crate::temp::TEMP_PREFIX;

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

#[test]
fn a_directory_appears_with_its_mode_and_only_once() {
    let (_temp, dir) = temp();
    dir.create_dir("sub", 0o2750, None).unwrap();
    assert_eq!(dir.stat("sub").unwrap().mode, 0o2750);
    dir.write_atomic("sub/file", b"x", 0o600, None).unwrap();
    assert_eq!(kind_of(dir.create_dir("sub", 0o700, None)), Kind::Exists);
    assert_eq!(kind_of(dir.create_dir("none/sub", 0o700, None)), Kind::NotFound);
    assert_eq!(kind_of(dir.create_dir("other", 0o4755, None)), Kind::Invalid);
    assert_eq!(dir.list("").unwrap().len(), 1, "nothing temporary is left");
    assert_eq!(dir.read("sub/file", 10).unwrap(), b"x");
}

#[test]
fn ensure_dir_repairs_and_then_changes_nothing() {
    let (temp, dir) = temp();
    assert!(dir.ensure_dir("sub", 0o750, None).unwrap());
    assert!(!dir.ensure_dir("sub", 0o750, None).unwrap());
    dir.set_meta("sub", Some(0o700), None).unwrap();
    assert!(dir.ensure_dir("sub", 0o750, None).unwrap());
    assert_eq!(dir.stat("sub").unwrap().mode, 0o750);
    fs::write(temp.path().join("file"), "").unwrap();
    symlink("sub", temp.path().join("link")).unwrap();
    assert_eq!(kind_of(dir.ensure_dir("file", 0o750, None)), Kind::NotADirectory);
    assert_eq!(kind_of(dir.ensure_dir("link", 0o750, None)), Kind::NotADirectory);
}

#[test]
fn create_dirs_makes_the_missing_ones_alone() {
    let (temp, dir) = temp();
    dir.create_dir("a", 0o700, None).unwrap();
    dir.create_dirs("a/b/c", 0o755, None).unwrap();
    dir.create_dirs("a/b/c", 0o711, None).unwrap();
    let modes: Vec<_> = ["a", "a/b", "a/b/c"].iter().map(|rel| dir.stat(rel).unwrap().mode).collect();
    assert_eq!(modes, [0o700, 0o755, 0o755]);
    symlink("/tmp", temp.path().join("link")).unwrap();
    assert_eq!(kind_of(dir.create_dirs("link/x", 0o755, None)), Kind::Escapes);
}

#[test]
fn owner_and_mode_are_set_on_files_and_directories_alone() {
    let (temp, dir) = temp();
    dir.write_atomic("file", b"x", 0o600, None).unwrap();
    dir.set_meta("file", Some(0o644), None).unwrap();
    assert_eq!(dir.stat("file").unwrap().mode, 0o644);
    for mode in [0o4755, 0o2755, 0o7777, 0o1644] {
        assert_eq!(kind_of(dir.set_meta("file", Some(mode), None)), Kind::Invalid, "{mode:o}");
    }
    symlink("file", temp.path().join("link")).unwrap();
    rustix::fs::mknodat(&dir, "fifo", rustix::fs::FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
    assert_eq!(kind_of(dir.set_meta("link", Some(0o600), None)), Kind::Escapes);
    assert_eq!(kind_of(dir.set_meta("fifo", Some(0o666), None)), Kind::NotARegularFile);
}

#[test]
fn a_file_with_a_second_name_is_not_given_away() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("not root: cannot give files away");
        return;
    }
    let (temp, dir) = temp();
    dir.write_atomic("file", b"x", 0o600, None).unwrap();
    fs::hard_link(temp.path().join("file"), temp.path().join("second")).unwrap();
    assert_eq!(kind_of(dir.set_meta("second", None, Some((20_000, 20_000)))), Kind::Untrusted);
    assert_eq!(dir.stat("file").unwrap().uid, 0);
    dir.remove_file("second").unwrap();
    dir.set_meta("file", None, Some((20_000, 20_001))).unwrap();
    let meta = dir.stat("file").unwrap();
    assert_eq!((meta.uid, meta.gid), (20_000, 20_001));
}

#[test]
fn renaming_replaces_or_refuses_as_asked() {
    let (_temp, dir) = temp();
    dir.create_dir("sub", 0o700, None).unwrap();
    dir.write_atomic("a", b"a", 0o600, None).unwrap();
    dir.write_atomic("sub/b", b"b", 0o600, None).unwrap();
    assert_eq!(kind_of(dir.rename_new("a", "sub/b")), Kind::Exists);
    assert_eq!(dir.read("sub/b", 10).unwrap(), b"b");
    dir.rename("a", "sub/b").unwrap();
    assert_eq!(dir.read("sub/b", 10).unwrap(), b"a");
    assert_eq!(kind_of(dir.rename("a", "c")), Kind::NotFound);
}

#[test]
fn a_link_is_made_once_and_replaced_in_one_step() {
    let (_temp, dir) = temp();
    dir.symlink("gen-1", "live").unwrap();
    assert_eq!(kind_of(dir.symlink("gen-2", "live")), Kind::Exists);
    dir.replace_symlink("gen-2", "live").unwrap();
    assert_eq!(dir.read_link("live").unwrap(), Path::new("gen-2"));
    dir.replace_symlink("gen-1", "new").unwrap();
    assert_eq!(dir.list("").unwrap().len(), 2);
}

#[test]
fn removing_twice_is_harmless() {
    let (_temp, dir) = temp();
    dir.write_atomic("file", b"", 0o600, None).unwrap();
    dir.create_dir("sub", 0o700, None).unwrap();
    dir.write_atomic("sub/file", b"", 0o600, None).unwrap();
    assert_eq!(kind_of(dir.remove_dir("sub")), Kind::NotEmpty);
    assert_eq!(kind_of(dir.remove_file("sub")), Kind::NotARegularFile);
    for there in [true, false] {
        assert_eq!(dir.remove_file("file").unwrap(), there);
        assert_eq!(dir.remove_tree("sub").unwrap(), there);
        assert!(!dir.remove_dir("sub/deep").unwrap());
    }
}

#[test]
fn removing_a_tree_follows_no_link() {
    let (temp, dir) = temp();
    dir.create_dirs("outside", 0o700, None).unwrap();
    dir.write_atomic("outside/file", b"x", 0o600, None).unwrap();
    dir.create_dirs("tree/a/b", 0o700, None).unwrap();
    for link in ["tree/link", "tree/a/link", "tree/a/b/link"] {
        symlink(temp.path().join("outside"), temp.path().join(link)).unwrap();
    }
    rustix::fs::mknodat(&dir, "tree/fifo", rustix::fs::FileType::Fifo, Mode::from_raw_mode(0o600), 0)
        .unwrap();
    for number in 0..300 {
        dir.create_new(format!("tree/a/file-{number}"), 0o400, None).unwrap();
    }
    assert!(dir.remove_tree("tree").unwrap());
    assert_eq!(dir.read("outside/file", 10).unwrap(), b"x");
    symlink("outside", temp.path().join("link")).unwrap();
    assert!(dir.remove_tree("link").unwrap());
    assert_eq!(dir.list("").unwrap().len(), 1);
}

#[test]
fn a_tree_may_be_deeper_than_descriptors_or_paths_reach() {
    let (_temp, dir) = temp();
    dir.create_dir("tree", 0o700, None).unwrap();
    let mut deepest = dir.open_dir("tree").unwrap();
    for _ in 0..3000 {
        rustix::fs::mkdirat(&deepest, "d", Mode::from_raw_mode(0o700)).unwrap();
        rustix::fs::symlinkat("/etc", &deepest, "l").unwrap();
        let next = deepest.open_dir("d").unwrap();
        deepest = Dir::from_fd(next.try_clone().unwrap().into_fd(), "deep").unwrap();
    }
    assert_eq!(kind_of(dir.usage("tree")), Kind::TooLarge);
    drop(deepest);
    assert!(dir.remove_tree("tree").unwrap());
    assert!(dir.list("").unwrap().is_empty());
}

#[test]
fn a_mounted_file_system_stops_the_removal() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("not root: cannot mount");
        return;
    }
    let (temp, dir) = temp();
    dir.create_dirs("tree/mounted", 0o700, None).unwrap();
    let place = temp.path().join("tree/mounted");
    if rustix::mount::mount("none", &place, "tmpfs", rustix::mount::MountFlags::empty(), None).is_err() {
        eprintln!("may not mount here");
        return;
    }
    fs::write(place.join("file"), "x").unwrap();
    let removed = dir.remove_tree("tree");
    let usage = dir.usage("tree");
    let kept = fs::read(place.join("file"));
    rustix::mount::unmount(&place, rustix::mount::UnmountFlags::DETACH).unwrap();
    assert!(removed.is_err());
    assert_eq!(kept.unwrap(), b"x");
    assert_eq!(usage.unwrap().files, 0);
}

#[test]
fn usage_counts_what_is_there_once() {
    let (temp, dir) = temp();
    dir.create_dirs("tree/a/b", 0o700, None).unwrap();
    dir.write_atomic("tree/a/file", &vec![b'x'; 100_000], 0o600, None).unwrap();
    let one = dir.usage("tree").unwrap();
    assert_eq!((one.files, one.dirs), (1, 2));
    assert!(one.disk_bytes >= 100_000, "{one:?}");
    fs::hard_link(temp.path().join("tree/a/file"), temp.path().join("tree/a/b/again")).unwrap();
    symlink("/", temp.path().join("tree/link")).unwrap();
    let two = dir.usage("tree").unwrap();
    assert_eq!((two.files, two.dirs), (3, 2));
    assert!(two.disk_bytes < one.disk_bytes + 50_000, "{one:?} {two:?}");
}

#[test]
fn temporary_names_differ() {
    let names: BTreeSet<_> = (0..1000).map(|_| temp_name("test", Path::new("x")).unwrap()).collect();
    assert_eq!(names.len(), 1000);
    assert!(names.iter().all(|name| name.to_str().is_some_and(|name| name.starts_with(TEMP_PREFIX))));
}

#[test]
fn a_directory_that_is_there_is_enough_where_its_parent_cannot_be_written() {
    let (_tree, dir) = temp();
    dir.create_dir("parent", 0o755, None).unwrap();
    dir.create_dir("parent/there", 0o755, None).unwrap();
    let target = dir.path().join("parent");
    let read_only = rustix::mount::MountFlags::RDONLY | rustix::mount::MountFlags::BIND;
    if rustix::mount::mount_bind(&target, &target).is_err() {
        assert!(!rustix::process::geteuid().is_root(), "root can make a mount");
        return;
    }
    rustix::mount::mount_remount(&target, read_only, "").unwrap();
    let parent = Dir::open(&target).unwrap();
    let there = parent.ensure_dir("there", 0o755, None);
    let missing = parent.ensure_dir("missing", 0o755, None);
    drop(parent);
    rustix::mount::unmount(&target, rustix::mount::UnmountFlags::DETACH).unwrap();
    assert!(!there.unwrap());
    assert_eq!(kind_of(missing), Kind::NoSpace);
}
