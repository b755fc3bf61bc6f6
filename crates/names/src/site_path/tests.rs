use proptest::prelude::*;

use super::*;
use crate::proof::{accepted, refused, texts};

#[test]
fn paths_within_a_site_are_read() {
    let table = [
        ("/", "/"),
        ("/a", "/a"),
        ("/a/", "/a"),
        ("/errors/404.html", "/errors/404.html"),
        ("/.well-known/x", "/.well-known/x"),
        ("/a~b+c@d,e=f_g-h", "/a~b+c@d,e=f_g-h"),
    ];
    accepted(SitePath::parse, &table);
    let long = format!("/{}", "a".repeat(255));
    refused(
        SitePath::parse,
        &[
            ("", "site_path_relative"),
            ("a", "site_path_relative"),
            (&long, "site_path_too_long"),
            ("/a b", "site_path_character"),
            ("/$host", "site_path_character"),
            ("/a;", "site_path_character"),
            ("/a{", "site_path_character"),
            ("/a\"", "site_path_character"),
            ("/a\\", "site_path_character"),
            ("/a\n", "site_path_character"),
            ("/a%2e", "site_path_character"),
            ("/a?b", "site_path_character"),
            ("//", "site_path_segment"),
            ("//a", "site_path_segment"),
            ("/a//b", "site_path_segment"),
            ("/a/../b", "site_path_segment"),
            ("/./a", "site_path_segment"),
            ("/.git", "site_path_hidden"),
            ("/a/.env", "site_path_hidden"),
            ("/.well-known/acme-challenge", "site_path_own"),
            ("/.well-known/acme-challenge/x", "site_path_own"),
            ("/.well-known/holdfast", "site_path_own"),
        ],
    );
    assert!(SitePath::parse("/").unwrap().is_root());
}

#[test]
fn endings_are_read() {
    accepted(FileEnding::parse, &[("jpg", "jpg"), ("tar.gz", "tar.gz"), ("7z", "7z")]);
    let bad = ["", ".jpg", "JPG", "a.b.c", "a b", "jpg;", "abcdefghi", "a..b", "*", "jpg\n"];
    refused(FileEnding::parse, &bad.map(|text| (text, "file_ending")));
}

proptest! {
    #[test]
    fn a_path_is_one_plain_word_and_the_same_when_it_is_read_again(text in texts("/[a-z0-9./_~-]{0,30}")) {
        if let Ok(path) = SitePath::parse(&text) {
            prop_assert_eq!(SitePath::parse(path.as_str()).unwrap(), path.clone());
            prop_assert!(path.as_str().chars().all(|c| c == '/' || is_plain(c)));
            prop_assert!(!path.as_str().contains("//") && !path.as_str().contains("/.."));
        }
    }
}
