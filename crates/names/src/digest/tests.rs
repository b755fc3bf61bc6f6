use std::collections::HashMap;

use proptest::prelude::*;

use super::*;
use crate::proof::{accepted, holds, refused, texts};

/// Of FIPS 180-4's example "abc".
const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

#[test]
fn it_is_sha256() {
    assert_eq!(Digest::of("abc").to_string(), ABC);
    assert_eq!(Digest::of("abc").short(), "ba7816bf8f01");
    assert_eq!(Digest::from_bytes(*Digest::of("abc").as_bytes()), Digest::of("abc"));
}

#[test]
fn one_spelling_is_taken() {
    accepted(Digest::parse, &[(ABC, ABC)]);
    for text in [
        "",
        "abc",
        &ABC.to_uppercase(),
        &ABC[1..],
        &format!("{ABC}0"),
        &format!("{ABC}\n"),
        &ABC.replace('b', "g"),
    ] {
        refused(Digest::parse, &[(text, "digest")]);
    }
}

#[test]
fn json_is_canonical_whatever_the_order_of_keys() {
    #[derive(serde::Serialize)]
    struct Odd {
        z: u8,
        a: Option<&'static str>,
        m: HashMap<String, Vec<bool>>,
    }
    let map = HashMap::from([
        ("b".to_owned(), vec![true]),
        ("a\"\n".to_owned(), vec![]),
        ("Z".to_owned(), vec![false]),
    ]);
    let odd = Odd { z: 1, a: None, m: map };
    let text = canonical_json(&odd).unwrap();
    assert_eq!(text, r#"{"a":null,"m":{"Z":[false],"a\"\n":[],"b":[true]},"z":1}"#);
    assert_eq!(Digest::of_json(&odd).unwrap(), Digest::of(text));
    assert!(Digest::of_json(&HashMap::from([((1, 2), 3)])).is_err());
}

#[test]
fn parts_do_not_run_together() {
    assert_ne!(Digest::of_parts(["ab", "c"]), Digest::of_parts(["a", "bc"]));
    assert_ne!(Digest::of_parts(["abc"]), Digest::of_parts(["abc", ""]));
}

proptest! {
    #[test]
    fn what_is_accepted_reads_back(text in texts("[0-9a-f]{63,65}")) {
        holds(Digest::parse, &text)?;
    }

    #[test]
    fn canonical_json_reads_back(map in proptest::collection::hash_map(any::<String>(), any::<i64>(), 0..5)) {
        let again: HashMap<String, i64> = serde_json::from_str(&canonical_json(&map).unwrap()).unwrap();
        prop_assert_eq!(again, map);
    }
}
