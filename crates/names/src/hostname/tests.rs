use proptest::prelude::*;

use super::*;
use crate::proof::{accepted, holds, refused, texts};

#[test]
fn a_server_may_be_called_by_one_label() {
    accepted(
        Hostname::parse,
        &[
            ("debian", "debian"),
            ("Server1.Example.COM.", "server1.example.com"),
            ("localhost", "localhost"),
            ("a", "a"),
        ],
    );
    assert_eq!(Hostname::parse("server1.example.com").unwrap().short(), "server1");
}

#[test]
fn bad_names_are_refused_with_their_code() {
    refused(
        Hostname::parse,
        &[
            ("", "hostname_empty"),
            (".", "hostname_empty"),
            ("a b", "hostname_character"),
            ("a_b", "hostname_character"),
            ("host\n", "hostname_character"),
            ("bücher.de", "hostname_character"),
            ("a..b", "hostname_label"),
            ("-a", "hostname_label"),
            ("a-.b", "hostname_label"),
            ("127.0.0.1", "hostname_numeric"),
            ("0x7f", "hostname_numeric"),
            ("42", "hostname_numeric"),
        ],
    );
    assert_eq!(Hostname::parse(&"a".repeat(64)).unwrap_err().code, "hostname_label");
    assert_eq!(Hostname::parse(&"a.".repeat(200)).unwrap_err().code, "hostname_too_long");
}

proptest! {
    #[test]
    fn what_is_accepted_reads_back(text in texts("([a-zA-Z0-9-]{1,12}\\.){0,3}[a-z0-9]{1,8}\\.?")) {
        holds(Hostname::parse, &text)?;
    }
}
