use proptest::prelude::*;

use super::*;

#[test]
fn good_names_are_kept_as_they_are() {
    for name in ["alice", "ab", "a1", "bob2", "abcdefghijklmnopqrstuvwxyz01234"] {
        assert_eq!(AccountName::parse(name).unwrap().as_str(), name);
    }
}

#[test]
fn bad_names_are_refused_with_their_code() {
    for (name, code) in [
        ("", "account_name_empty"),
        ("a", "account_name_too_short"),
        ("abcdefghijklmnopqrstuvwxyz012345", "account_name_too_long"),
        ("0", "account_name_first"),
        ("123", "account_name_first"),
        ("..", "account_name_first"),
        ("-x", "account_name_first"),
        ("Alice", "account_name_first"),
        ("ü", "account_name_first"),
        ("аdmin", "account_name_first"),
        ("a$", "account_name_character"),
        ("al-ice", "account_name_character"),
        ("alicE", "account_name_character"),
        ("alice\n", "account_name_character"),
        ("alice\0", "account_name_character"),
        ("аlice", "account_name_first"),
        ("alíce", "account_name_character"),
        ("root", "account_name_reserved"),
        ("nobody", "account_name_reserved"),
        ("sudo", "account_name_reserved"),
        ("holdfast", "account_name_reserved"),
        ("panel", "account_name_reserved"),
        ("www-data", "account_name_character"),
        ("systemd-network", "account_name_character"),
    ] {
        assert_eq!(AccountName::parse(name).unwrap_err().code, code, "{name:?}");
    }
}

proptest! {
    #[test]
    fn what_is_accepted_reads_back_and_is_plain(text in "[a-z0-9\\n\\x00-]{0,40}") {
        if let Ok(name) = AccountName::parse(&text) {
            prop_assert_eq!(AccountName::parse(name.as_str()).unwrap(), name.clone());
            prop_assert!(name.as_str().bytes().all(|b| b.is_ascii_alphanumeric()));
        }
    }
}
