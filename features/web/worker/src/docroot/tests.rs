use std::fs;
use std::os::unix::fs::symlink;

use super::*;

fn home() -> (tempfile::TempDir, Dir) {
    let tree = tempfile::tempdir().unwrap();
    let home = Dir::open(tree.path()).unwrap();
    (tree, home)
}

fn ask(docroot: &str, php: bool) -> MakeDocroot {
    MakeDocroot { docroot: docroot.parse().unwrap(), site: "www.example.test".parse().unwrap(), php }
}

#[test]
fn a_new_docroot_gets_the_starter_page_and_a_second_call_changes_nothing() {
    let (tree, home) = home();
    let made = make_docroot(&home, &ask("sites/www/public", true)).unwrap();
    assert_eq!(made, DocrootMade { created: true, starter: true });
    let page = fs::read_to_string(tree.path().join("sites/www/public/index.php")).unwrap();
    assert!(page.contains("www.example.test") && page.contains("<?= PHP_VERSION"));
    let again = make_docroot(&home, &ask("sites/www/public", true)).unwrap();
    assert_eq!(again, DocrootMade { created: false, starter: false });
}

#[test]
fn a_static_site_gets_a_page_without_php() {
    let (tree, home) = home();
    make_docroot(&home, &ask("public", false)).unwrap();
    let page = fs::read_to_string(tree.path().join("public/index.html")).unwrap();
    assert!(page.contains("www.example.test") && !page.contains("<?= PHP_VERSION"));
}

#[test]
fn what_the_tenant_has_there_stays() {
    let (tree, home) = home();
    fs::create_dir(tree.path().join("public")).unwrap();
    fs::write(tree.path().join("public/shop.php"), "mine").unwrap();
    assert_eq!(
        make_docroot(&home, &ask("public", true)).unwrap(),
        DocrootMade { created: false, starter: false }
    );
    assert_eq!(fs::read_to_string(tree.path().join("public/shop.php")).unwrap(), "mine");
    assert!(!tree.path().join("public/index.php").exists());
}

#[test]
fn links_and_files_on_the_way_are_refused_and_nothing_outside_is_touched() {
    let (tree, home) = home();
    let outside = tempfile::tempdir().unwrap();
    symlink(outside.path(), tree.path().join("a")).unwrap();
    symlink("/nonexistent", tree.path().join("b")).unwrap();
    fs::write(tree.path().join("c"), "file").unwrap();
    for docroot in ["a", "a/public", "b", "b/x", "c", "c/x"] {
        assert!(make_docroot(&home, &ask(docroot, true)).is_err(), "{docroot}");
    }
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
}

#[test]
fn what_a_killed_worker_left_behind_does_not_count_and_goes() {
    let (tree, home) = home();
    let docroot = tree.path().join("public");
    fs::create_dir(&docroot).unwrap();
    fs::write(docroot.join(format!("{TEMP_PREFIX}0123456789abcdef")), "half a pa").unwrap();
    assert!(make_docroot(&home, &ask("public", false)).unwrap().starter);
    let names: Vec<_> = fs::read_dir(&docroot).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names, ["index.html"]);
}
