//! A tenant exchanges a directory for a link to somewhere else, over and over, while files below it are worked on.
//!
//! The naive control does the same with `std::fs`, with the check that a careful author would write, and must lose:
//! otherwise the race is too slow to prove anything.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;

use hostfs::{Dir, HostFsError, Kind};
use rustix::fs::{CWD, RenameFlags, renameat_with};

/// Operations without one escape.
const CAREFUL: u64 = 1_000_000;

/// Operations within which the naive control must have escaped.
const NAIVE: u64 = 100_000;

/// `home/sub` is the tenant's, `outside` somebody else's, `home/link` points there.
struct Stage {
    dir: tempfile::TempDir,
}

/// Exchanges `home/sub` and `home/link` until dropped.
struct Swapper {
    stop: Arc<AtomicBool>,
    swaps: Arc<AtomicU64>,
    thread: Option<JoinHandle<()>>,
}

impl Stage {
    fn new() -> Self {
        // In memory where possible: the race is in the kernel's name lookup, not on the disk.
        let memory = Path::new("/dev/shm");
        let dir = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap();
        let stage = Self { dir };
        fs::create_dir_all(stage.at("home/sub")).unwrap();
        fs::create_dir(stage.at("outside")).unwrap();
        for (file, text) in [
            ("home/sub/file", "inside"),
            ("outside/file", "outside"),
            ("outside/only-outside", "outside"),
            ("outside/victim", "outside"),
        ] {
            fs::write(stage.at(file), text).unwrap();
            fs::set_permissions(stage.at(file), PermissionsExt::from_mode(0o644)).unwrap();
        }
        symlink(stage.at("outside"), stage.at("home/link")).unwrap();
        stage
    }

    fn at(&self, rel: &str) -> PathBuf {
        self.dir.path().join(rel)
    }

    fn swap(&self) -> Swapper {
        let (sub, link) = (self.at("home/sub"), self.at("home/link"));
        let (stop, swaps) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let thread = std::thread::spawn({
            let (stop, swaps) = (Arc::clone(&stop), Arc::clone(&swaps));
            move || {
                while !stop.load(Ordering::Relaxed) {
                    renameat_with(CWD, &sub, CWD, &link, RenameFlags::EXCHANGE).unwrap();
                    swaps.fetch_add(1, Ordering::Relaxed);
                }
            }
        });
        Swapper { stop, swaps, thread: Some(thread) }
    }

    /// What is outside, to the last bit.
    fn assert_outside_untouched(&self) {
        let mut names: Vec<_> =
            fs::read_dir(self.at("outside")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["file", "only-outside", "victim"], "something was made or removed outside");
        for file in ["outside/file", "outside/victim"] {
            assert_eq!(fs::read(self.at(file)).unwrap(), b"outside", "{file} was written");
            assert_eq!(fs::metadata(self.at(file)).unwrap().permissions().mode() & 0o7777, 0o644, "{file}");
        }
    }
}

impl Drop for Swapper {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

#[derive(Default, Debug)]
struct Tally {
    done: u64,
    refused: u64,
}

impl Tally {
    /// An operation either happened inside or was refused as an escape; nothing else may come out.
    fn count<T>(&mut self, result: Result<T, HostFsError>) -> Option<T> {
        match result {
            Ok(value) => {
                self.done += 1;
                Some(value)
            }
            // Gone: the victim was removed by the round before.
            Err(error) if matches!(error.kind, Kind::Escapes | Kind::NotFound) => {
                self.refused += 1;
                None
            }
            Err(error) => panic!("{error}: {:?}", error.source),
        }
    }
}

fn careful(home: &Dir, round: u64, tally: &mut Tally) {
    match round % 16 {
        0..6 => {
            let content = tally.count(home.read("sub/file", 100));
            assert!(content.is_none_or(|bytes| bytes != b"outside"), "read the file outside");
        }
        6 | 7 => {
            let meta = tally.count(home.stat("sub/file"));
            assert!(
                meta.is_none_or(|meta| meta.size == b"inside".len() as u64),
                "looked at the file outside"
            );
        }
        8 => {
            let entries = tally.count(home.list("sub")).unwrap_or_default();
            assert!(entries.iter().all(|entry| entry.name != "only-outside"), "listed the directory outside");
        }
        9 => drop(tally.count(home.open_file("sub/file"))),
        10 => drop(tally.count(home.write_atomic("sub/written", b"inside", 0o600, None))),
        11 => drop(tally.count(home.set_meta("sub/file", Some(0o600), None))),
        12 => drop(tally.count(home.append("sub/appended", b"", 0o600, None))),
        13 => drop(tally.count(home.create_dir("sub/made", 0o700, None).or_else(|error| match error.kind {
            Kind::Exists => Ok(()),
            _ => Err(error),
        }))),
        14 => drop(tally.count(home.rename("sub/written", "sub/victim"))),
        _ => drop(tally.count(home.remove_tree("sub/victim"))),
    }
}

#[test]
fn a_million_operations_during_the_swap_touch_nothing_outside() {
    let stage = Stage::new();
    let home = Dir::from_fd(fs::File::open(stage.at("home")).unwrap().into(), "home").unwrap();
    let swapper = stage.swap();
    let mut tally = Tally::default();
    for round in 0..CAREFUL {
        careful(&home, round, &mut tally);
    }
    let swaps = swapper.swaps.load(Ordering::Relaxed);
    drop(swapper);
    stage.assert_outside_untouched();
    println!("{CAREFUL} operations, {swaps} swaps, {tally:?}");
    // Both sides of the race were met, or it was none.
    assert!(
        tally.done > CAREFUL / 100 && tally.refused > CAREFUL / 100 && swaps > CAREFUL / 100,
        "{swaps} swaps, {tally:?}"
    );
}

/// Looks first, then acts: what `std::fs` allows.
fn naive_read_escapes(stage: &Stage) -> bool {
    let sub = stage.at("home/sub");
    match fs::symlink_metadata(&sub) {
        Ok(meta) if meta.is_dir() => fs::read(sub.join("file")).is_ok_and(|bytes| bytes == b"outside"),
        _ => false,
    }
}

fn naive_write_escapes(stage: &Stage) -> bool {
    let sub = stage.at("home/sub");
    if fs::symlink_metadata(&sub).is_ok_and(|meta| meta.is_dir()) {
        let _ = fs::write(sub.join("escaped"), "");
    }
    stage.at("outside/escaped").exists()
}

#[test]
fn the_naive_way_loses_the_same_race() {
    for (what, escapes) in
        [("read", naive_read_escapes as fn(&Stage) -> bool), ("write", naive_write_escapes)]
    {
        let stage = Stage::new();
        let swapper = stage.swap();
        let lost_after = (1..=NAIVE).find(|_| escapes(&stage));
        drop(swapper);
        let lost_after = lost_after.unwrap_or_else(|| panic!("{NAIVE} naive {what}s without an escape"));
        println!("naive {what}: escaped after {lost_after} operations");
    }
}
