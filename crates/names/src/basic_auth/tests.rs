use proptest::prelude::*;

use super::*;
use crate::proof::{accepted, holds, refused, texts};

#[test]
fn realms_are_read() {
    accepted(Realm::parse, &[("Members only", "Members only"), ("a; {b}", "a; {b}")]);
    let long = "a".repeat(65);
    refused(
        Realm::parse,
        &[
            ("", "realm_length"),
            (&long, "realm_length"),
            ("a\"b", "realm_character"),
            ("a\\b", "realm_character"),
            ("a$b", "realm_character"),
            ("a\nb", "realm_character"),
            ("ä", "realm_character"),
            (" a", "realm_space"),
            ("off", "realm_off"),
        ],
    );
}

#[test]
fn names_of_people_are_read() {
    accepted(BasicUser::parse, &[("alice", "alice"), ("a.b@c.example", "a.b@c.example")]);
    let long = "a".repeat(65);
    refused(
        BasicUser::parse,
        &[
            ("", "basic_user_length"),
            (&long, "basic_user_length"),
            ("a:b", "basic_user_character"),
            ("a b", "basic_user_character"),
            ("user:x\nadmin:y", "basic_user_character"),
            ("#a", "basic_user_character"),
            ("-a", "basic_user_first"),
        ],
    );
}

proptest! {
    #[test]
    fn a_name_is_one_plain_word(text in texts("[a-zA-Z0-9._@+-]{1,70}")) {
        holds(BasicUser::parse, &text)?;
    }
}
