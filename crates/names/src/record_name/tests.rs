use proptest::prelude::*;

use super::*;
use crate::proof::{accepted, holds, refused, texts};

#[test]
fn what_holds_records_is_a_name() {
    accepted(
        RecordName::parse,
        &[
            ("www.example.org", "www.example.org"),
            ("_Holdfast-Challenge.Example.ORG.", "_holdfast-challenge.example.org"),
            ("_443._tcp.example.org", "_443._tcp.example.org"),
            ("org", "org"),
            ("co.uk", "co.uk"),
            ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ],
    );
    let longest = format!("{}.{}.{}.{}", "a".repeat(63), "b".repeat(63), "c".repeat(63), "d".repeat(61));
    assert_eq!(RecordName::parse(&longest).unwrap().as_str().len(), 253);
    assert!(RecordName::parse(&format!("{longest}e")).is_err());
}

#[test]
fn what_a_name_server_could_misread_is_refused() {
    refused(
        RecordName::parse,
        &[
            ("", "record_name_length"),
            (".", "record_name_length"),
            ("*.example.org", "record_name_character"),
            ("a b.example.org", "record_name_character"),
            ("www.example.org\n", "record_name_character"),
            ("a\\.example.org", "record_name_character"),
            ("\u{fc}.example.org", "record_name_character"),
            ("$origin", "record_name_character"),
            ("@", "record_name_character"),
            ("a..example.org", "record_name_label"),
            (".example.org", "record_name_label"),
            ("-a.example.org", "record_name_label"),
            ("a-.example.org", "record_name_label"),
        ],
    );
    assert!(RecordName::parse(&format!("{}.example.org", "a".repeat(64))).is_err());
}

#[test]
fn the_way_up_ends_at_one_label() {
    let mut at = RecordName::parse("_x.www.example.org").ok();
    let mut way = Vec::new();
    while let Some(name) = at {
        way.push(name.to_string());
        at = name.parent();
    }
    assert_eq!(way, ["_x.www.example.org", "www.example.org", "example.org", "org"]);
}

proptest! {
    #[test]
    fn a_name_reads_back_as_itself(text in texts("[a-z0-9_-]{1,12}(\\.[a-z0-9_-]{1,12}){0,4}\\.?")) {
        holds(RecordName::parse, &text)?;
    }
}
