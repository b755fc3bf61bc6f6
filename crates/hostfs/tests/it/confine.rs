//! Landlock, on a thread of its own: it binds the thread that asks for it.

use std::fs;
use std::io::ErrorKind;

use hostfs::landlock::{Enforced, confine};

#[test]
fn a_confined_thread_reaches_what_it_was_left_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let (own, shared, other) = (dir.path().join("own"), dir.path().join("shared"), dir.path().join("other"));
    for path in [&own, &shared, &other] {
        fs::create_dir(path).unwrap();
        fs::write(path.join("file"), "text").unwrap();
    }
    let shared_file = dir.path().join("single");
    fs::write(&shared_file, "text").unwrap();

    std::thread::spawn(move || {
        let enforced = confine(&[&own], &[&shared, &shared_file]).unwrap();
        if enforced == Enforced::None {
            eprintln!("this kernel has no Landlock");
            return;
        }
        let denied = |result: std::io::Result<()>| {
            assert_eq!(result.unwrap_err().kind(), ErrorKind::PermissionDenied);
        };
        fs::write(own.join("file"), "new").unwrap();
        fs::create_dir(own.join("made")).unwrap();
        fs::rename(own.join("file"), own.join("made/file")).unwrap();
        assert_eq!(fs::read(shared.join("file")).unwrap(), b"text");
        assert_eq!(fs::read(&shared_file).unwrap(), b"text");
        denied(fs::write(shared.join("file"), "new"));
        denied(fs::write(&shared_file, "new"));
        denied(fs::remove_file(shared.join("file")));
        denied(fs::read(other.join("file")).map(|_| ()));
        denied(fs::read("/etc/hostname").map(|_| ()));
        denied(fs::read_dir("/").map(|_| ()));
        // Taking a file over by another name would give it the other directory's rights.
        assert!(fs::hard_link(shared.join("file"), own.join("taken")).is_err());
    })
    .join()
    .unwrap();
    // The rest of the process is as free as before.
    fs::read_dir("/").unwrap();
}

#[test]
fn a_path_that_is_not_there_is_named() {
    let error = confine(&[std::path::Path::new("/nonexistent/holdfast")], &[]).unwrap_err();
    assert_eq!(error.to_string(), "cannot open /nonexistent/holdfast for confinement");
}
