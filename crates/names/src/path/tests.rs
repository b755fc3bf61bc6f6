use proptest::prelude::*;

use super::*;
use crate::proof::{accepted, holds, refused, texts};

#[test]
fn plain_paths_are_kept() {
    for path in ["www", "www/public", "a.b/c_d/E-f", ".well-known", "..a/b..", "1/2/3/4/5/6/7/8"] {
        accepted(RelPath::parse, &[(path, path)]);
    }
    let path = RelPath::parse("www/public").unwrap();
    assert_eq!(path.segments().collect::<Vec<_>>(), ["www", "public"]);
    let within = |p: &str, q: &str| RelPath::parse(p).unwrap().is_within(&RelPath::parse(q).unwrap());
    assert!(
        within("www/public", "www")
            && within("www", "www")
            && !within("www2", "www")
            && !within("www", "www/a")
    );
}

#[test]
fn bad_paths_are_refused_with_their_code() {
    refused(
        RelPath::parse,
        &[
            ("", "path_empty"),
            ("/", "path_absolute"),
            ("/etc", "path_absolute"),
            ("//etc", "path_absolute"),
            ("../..", "path_climbs"),
            ("..", "path_climbs"),
            (".", "path_climbs"),
            ("public/../../..", "path_climbs"),
            ("www/.", "path_climbs"),
            ("www/", "path_segment_empty"),
            ("www//public", "path_segment_empty"),
            ("-rf", "path_segment_dash"),
            ("www/--x", "path_segment_dash"),
            ("$host", "path_character"),
            ("%1", "path_character"),
            ("..%2f", "path_character"),
            ("~root", "path_character"),
            ("a b", "path_character"),
            ("a\"b", "path_character"),
            ("a\nb", "path_character"),
            ("a\0b", "path_character"),
            ("a\\b", "path_character"),
            ("a:b", "path_character"),
            ("bücher", "path_character"),
            ("www;", "path_character"),
            ("1/2/3/4/5/6/7/8/9", "path_too_deep"),
        ],
    );
    assert_eq!(RelPath::parse(&"a".repeat(65)).unwrap_err().code, "path_segment_too_long");
    assert_eq!(RelPath::parse(&"a/".repeat(200)).unwrap_err().code, "path_too_long");
    assert_eq!(RelPath::parse(&"a".repeat(4097)).unwrap_err().code, "path_too_long");
    assert!(RelPath::parse(&[&"a".repeat(64)[..]; 3].join("/")).is_ok());
}

proptest! {
    #[test]
    fn what_is_accepted_reads_back_and_stays_below(text in texts("[a-zA-Z0-9._/-]{1,40}")) {
        holds(RelPath::parse, &text)?;
        if let Ok(path) = RelPath::parse(&text) {
            let std = std::path::Path::new(path.as_str());
            let plain = |c| matches!(c, std::path::Component::Normal(_));
            prop_assert!(std.components().all(plain));
            prop_assert_eq!(std.components().count(), path.segments().count());
        }
    }
}
