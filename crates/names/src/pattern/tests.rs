use proptest::prelude::*;

use super::*;
use crate::proof::{accepted, refused, texts};

#[test]
fn patterns_are_read() {
    let table = [
        ("/", "/"),
        ("/a/", "/a"),
        ("/**", "/**"),
        ("/blog/*/feed", "/blog/*/feed"),
        ("/a/**/*.php", "/a/**/*.php"),
        ("/stra%C3%9Fe/a%20b", "/stra%C3%9Fe/a%20b"),
        ("/100%25", "/100%25"),
        ("/.git/**", "/.git/**"),
    ];
    accepted(PathPattern::parse, &table);
    let long = format!("/{}", "a".repeat(255));
    let many = "/*".repeat(10);
    refused(
        PathPattern::parse,
        &[
            ("", "pattern_relative"),
            ("a", "pattern_relative"),
            (&long, "pattern_too_long"),
            ("//", "pattern_segment"),
            ("/a//b", "pattern_segment"),
            ("/../a", "pattern_segment"),
            ("/***", "pattern_wildcard"),
            ("/a**", "pattern_wildcard"),
            ("/*a*", "pattern_wildcard"),
            ("/**/a/**", "pattern_wildcard"),
            (&many, "pattern_wildcard"),
            ("/a b", "pattern_character"),
            ("/(a+)+", "pattern_character"),
            ("/a|b", "pattern_character"),
            ("/[a-z]", "pattern_character"),
            ("/a?", "pattern_character"),
            ("/^a", "pattern_character"),
            ("/$1", "pattern_character"),
            ("/a{2}", "pattern_character"),
            ("/a;", "pattern_character"),
            ("/a\"", "pattern_character"),
            ("/a\\d", "pattern_character"),
            ("/ä", "pattern_character"),
            ("/a\n", "pattern_character"),
            ("/%0A", "pattern_escape"),
            ("/%2F", "pattern_escape"),
            ("/%41", "pattern_escape"),
            ("/%c3", "pattern_escape"),
            ("/%", "pattern_escape"),
            ("/%2", "pattern_escape"),
            ("/%7F", "pattern_escape"),
        ],
    );
}

#[test]
fn parts_are_what_the_wildcards_leave() {
    use PatternPart::{Literal, Many, Some};
    let parts = |text: &str| PathPattern::parse(text).unwrap().parts();
    assert_eq!(parts("/"), []);
    assert_eq!(parts("/a%20b"), [Literal(b"/a b".to_vec())]);
    assert_eq!(
        parts("/x/**/a*b"),
        [Literal(b"/x".to_vec()), Many, Literal(b"/a".to_vec()), Some, Literal(b"b".to_vec())]
    );
    assert_eq!(PathPattern::parse("/x/**/a*b/*").unwrap().wildcards(), 3);
}

#[test]
fn a_pattern_stands_for_paths() {
    let matches = |pattern: &str, path: &str| PathPattern::parse(pattern).unwrap().matches(path);
    for (pattern, path) in [
        ("/", "/"),
        ("/**", "/"),
        ("/**", "/a/b"),
        ("/a", "/a/"),
        ("/a/**", "/a"),
        ("/a/**/c", "/a/c"),
        ("/a/**/c", "/a/b/b/c"),
        ("/a*c", "/abc"),
        ("/*", "/a"),
    ] {
        assert!(matches(pattern, path), "{pattern} {path}");
    }
    for (pattern, path) in [("/", "/a"), ("/a", "/b"), ("/a*a", "/a"), ("/*", "/a/b"), ("/a/**/c", "/a/b")] {
        assert!(!matches(pattern, path), "{pattern} {path}");
    }
}

proptest! {
    #[test]
    fn a_pattern_is_the_same_when_it_is_read_again(text in texts("/[a-z0-9./*%A-F~-]{0,30}")) {
        if let Ok(pattern) = PathPattern::parse(&text) {
            prop_assert_eq!(PathPattern::parse(pattern.as_str()).unwrap(), pattern.clone());
            prop_assert!(pattern.wildcards() <= PathPattern::WILDCARDS);
            prop_assert!(pattern.as_str().bytes().all(|b| b.is_ascii_graphic()));
        }
    }
}
