use proptest::prelude::*;

use super::*;
use crate::proof;

#[test]
fn short_names_are_taken_as_they_are_and_nothing_else_is() {
    proof::accepted(Slug::parse, &[("a", "a"), ("billing", "billing"), ("on-call-2", "on-call-2")]);
    proof::refused(
        Slug::parse,
        &[
            ("", "name_length"),
            ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "name_length"),
            ("A", "name_character"),
            ("2a", "name_character"),
            ("-a", "name_character"),
            ("a-", "name_character"),
            ("a--b", "name_character"),
            ("a_b", "name_character"),
            ("a b", "name_character"),
            ("\u{e9}t\u{e9}", "name_character"),
        ],
    );
}

proptest! {
    #[test]
    fn what_is_taken_is_safe_everywhere(text in proof::texts("[a-z][a-z0-9-]{0,33}")) {
        proof::holds(Slug::parse, &text)?;
    }
}
