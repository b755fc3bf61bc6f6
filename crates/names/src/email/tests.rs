use proptest::prelude::*;

use super::*;
use crate::proof::{accepted, holds, refused, texts};

#[test]
fn plain_addresses_are_taken() {
    accepted(
        EmailAddress::parse,
        &[
            ("alice@example.test", "alice@example.test"),
            ("Alice.Smith+web@Example.COM", "Alice.Smith+web@example.com"),
            ("a@bücher.de", "a@xn--bcher-kva.de"),
            ("info@gov.uk", "info@gov.uk"),
            ("x_y-z@example.com.", "x_y-z@example.com"),
        ],
    );
    let address = EmailAddress::parse("Alice@example.com").unwrap();
    assert_eq!((address.local(), address.domain()), ("Alice", "example.com"));
    assert_eq!(address.folded(), "alice@example.com");
}

#[test]
fn bad_addresses_are_refused_with_their_code() {
    refused(
        EmailAddress::parse,
        &[
            ("", "email_empty"),
            ("alice", "email_no_at"),
            ("@example.com", "email_local_form"),
            (".a@example.com", "email_local_form"),
            ("a.@example.com", "email_local_form"),
            ("a..b@example.com", "email_local_form"),
            ("-f@example.com", "email_local_form"),
            ("=cmd@example.com", "email_character"),
            ("a b@example.com", "email_character"),
            ("\"a b\"@example.com", "email_character"),
            ("a\n@example.com", "email_character"),
            ("ü@example.com", "email_character"),
            ("|/bin/sh@example.com", "email_character"),
            ("<a@example.com>", "email_character"),
            ("a@b@example.com", "domain_character"),
            ("a@example.com>", "domain_character"),
            ("a@[127.0.0.1]", "domain_is_ip_address"),
            ("a@127.0.0.1", "domain_is_ip_address"),
            ("root@localhost", "domain_single_label"),
            ("a@", "domain_empty"),
            ("a@example.com\nBcc: b@example.com", "domain_character"),
        ],
    );
    assert_eq!(
        EmailAddress::parse(&format!("{}@example.com", "a".repeat(65))).unwrap_err().code,
        "email_local_too_long"
    );
    let long =
        format!("{}@{}.com", "a".repeat(64), ["b".repeat(60), "b".repeat(60), "b".repeat(63)].join("."));
    assert!(long.len() <= 254 && EmailAddress::parse(&long).is_ok());
    assert_eq!(EmailAddress::parse(&long.replace('@', "@c.")).unwrap_err().code, "email_too_long");
}

proptest! {
    #[test]
    fn what_is_accepted_reads_back(text in texts("[a-zA-Z0-9._+-]{0,12}@[a-zA-Z0-9.-]{1,12}\\.(com|test|uk)")) {
        holds(EmailAddress::parse, &text)?;
    }
}
