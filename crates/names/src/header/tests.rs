use proptest::prelude::*;

use super::*;
use crate::proof::{accepted, holds, refused, texts};

#[test]
fn header_names_are_read() {
    accepted(HeaderName::parse, &[("X-Frame-Options", "X-Frame-Options"), ("a", "a"), ("X-1", "X-1")]);
    let long = "a".repeat(41);
    refused(
        HeaderName::parse,
        &[
            ("", "header_name_empty"),
            (&long, "header_name_too_long"),
            ("X_A", "header_name_character"),
            ("X A", "header_name_character"),
            ("X:", "header_name_character"),
            ("X\r\nA", "header_name_character"),
            ("Ä", "header_name_character"),
            ("-X", "header_name_first"),
            ("1X", "header_name_first"),
        ],
    );
    let name = |text| HeaderName::parse(text).unwrap();
    assert_eq!(name("x-frame-options"), name("X-Frame-Options"));
    for own in ["Set-Cookie", "content-LENGTH", "X-Accel-Redirect", "Strict-Transport-Security"] {
        assert!(!name(own).is_free(), "{own}");
    }
    assert!(name("Content-Security-Policy").is_free());
}

#[test]
fn header_values_are_read() {
    let policy = "default-src 'self'; img-src *; report-to {\"a\": 1}";
    accepted(HeaderValue::parse, &[(policy, policy), ("x", "x")]);
    let long = "a".repeat(2001);
    refused(
        HeaderValue::parse,
        &[
            ("", "header_value_empty"),
            (&long, "header_value_too_long"),
            ("a$host", "header_value_character"),
            ("a\\", "header_value_character"),
            ("a\nb", "header_value_character"),
            ("a\tb", "header_value_character"),
            ("a\u{7f}", "header_value_character"),
            ("ä", "header_value_character"),
            (" a", "header_value_space"),
            ("a ", "header_value_space"),
        ],
    );
}

proptest! {
    #[test]
    fn a_name_is_what_was_written(text in texts("[A-Za-z][A-Za-z0-9-]{0,45}")) {
        holds(HeaderName::parse, &text)?;
    }

    #[test]
    fn a_value_is_one_line_without_a_variable(text in texts("[ -~]{0,60}")) {
        if let Ok(value) = HeaderValue::parse(&text) {
            prop_assert_eq!(value.as_str(), text.as_str());
            prop_assert!(text.bytes().all(|b| (b' '..=b'~').contains(&b) && b != b'$' && b != b'\\'));
        }
    }
}
