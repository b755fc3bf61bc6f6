use proptest::prelude::*;

use super::*;
use crate::proof::{accepted, holds, refused, texts};
use crate::{Id, kind};

#[test]
fn good_labels_are_kept_as_they_are() {
    for label in ["ab", "acme", "acme-hosting", "a1", "m--n", &"a".repeat(63)] {
        accepted(Label::parse, &[(label, label)]);
    }
}

#[test]
fn bad_labels_are_refused_with_their_code() {
    refused(
        Label::parse,
        &[
            ("", "label_length"),
            ("a", "label_length"),
            (&"a".repeat(64), "label_length"),
            ("1a", "label_first"),
            ("-ab", "label_first"),
            ("--dry-run", "label_first"),
            ("ab-", "label_last"),
            ("Acme", "label_character"),
            ("acme hosting", "label_character"),
            ("acme\n", "label_character"),
            ("acme\0", "label_character"),
            ("../etc", "label_character"),
            ("äcme", "label_character"),
            ("асme", "label_character"),
        ],
    );
}

#[test]
fn no_id_is_a_label() {
    let id = Id::<kind::Package>::from_parts(crate::Micros::EPOCH, [0xff; 10]).to_string();
    assert!(Label::parse(&id).is_err(), "{id}");
}

proptest! {
    #[test]
    fn what_is_accepted_is_safe_and_comes_back(text in texts("[a-z][a-z0-9-]{0,70}")) {
        holds(Label::parse, &text)?;
        if let Ok(label) = Label::parse(&text) {
            prop_assert!(label.as_str().bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'));
        }
    }
}
