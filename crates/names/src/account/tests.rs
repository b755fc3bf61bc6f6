use proptest::prelude::*;

use super::*;
use crate::proof::{accepted, holds, refused, texts};

#[test]
fn good_names_are_kept_as_they_are() {
    for name in ["alice", "ab", "a1", "bob2", "abcdefghijklmnopqrstuvwxyz01234"] {
        accepted(AccountName::parse, &[(name, name)]);
    }
}

#[test]
fn bad_names_are_refused_with_their_code() {
    refused(
        AccountName::parse,
        &[
            ("", "account_name_empty"),
            ("a", "account_name_too_short"),
            ("abcdefghijklmnopqrstuvwxyz012345", "account_name_too_long"),
            ("0", "account_name_first"),
            ("123", "account_name_first"),
            (".", "account_name_first"),
            ("..", "account_name_first"),
            ("-x", "account_name_first"),
            (" alice", "account_name_first"),
            ("Alice", "account_name_first"),
            ("ü", "account_name_first"),
            ("аdmin", "account_name_first"),
            ("a$", "account_name_character"),
            ("al-ice", "account_name_character"),
            ("alicE", "account_name_character"),
            ("alíce", "account_name_character"),
            ("alice ", "account_name_character"),
            ("alice\n", "account_name_character"),
            ("alice\0", "account_name_character"),
            ("al/ice", "account_name_character"),
            ("www-data", "account_name_character"),
            ("systemd-network", "account_name_character"),
            ("root", "account_name_reserved"),
            ("nobody", "account_name_reserved"),
            ("sudo", "account_name_reserved"),
            ("holdfast", "account_name_reserved"),
            ("panel", "account_name_reserved"),
            ("admin", "account_name_reserved"),
            ("mysql", "account_name_reserved"),
        ],
    );
}

#[test]
fn the_reserved_names_are_names_that_could_be_asked_for() {
    for name in reserved::RESERVED {
        assert_eq!(AccountName::parse(name).unwrap_err().code, "account_name_reserved", "{name}");
    }
    assert!(reserved::RESERVED.is_sorted(), "keep the list in alphabetical order");
}

proptest! {
    #[test]
    fn what_is_accepted_reads_back(text in texts("[a-z][a-z0-9]{0,33}")) {
        holds(AccountName::parse, &text)?;
    }
}
