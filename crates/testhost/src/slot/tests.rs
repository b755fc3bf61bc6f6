use std::os::unix::fs::{PermissionsExt, chown, symlink};

use super::*;

#[test]
fn only_a_directory_of_root_alone_is_trusted() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let top = tempfile::tempdir().unwrap();
    let dir = top.path().join("slots");
    require_roots_own(&dir).unwrap();
    fs::create_dir(&dir).unwrap();
    let allow = |mode| fs::set_permissions(&dir, fs::Permissions::from_mode(mode)).unwrap();
    allow(0o700);
    require_roots_own(&dir).unwrap();
    for mode in [0o770, 0o702, 0o1777] {
        allow(mode);
        assert!(require_roots_own(&dir).is_err(), "{mode:o}");
    }
    allow(0o700);
    for owner in [(Some(1), None), (Some(0), Some(1))] {
        chown(&dir, owner.0, owner.1).unwrap();
        assert!(require_roots_own(&dir).is_err(), "{owner:?}");
    }
    chown(&dir, Some(0), Some(0)).unwrap();
    let link = top.path().join("link");
    symlink(&dir, &link).unwrap();
    assert!(require_roots_own(&link).is_err(), "a link leads where its maker wants");
}
