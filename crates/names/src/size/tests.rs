use proptest::prelude::*;

use super::*;
use crate::proof::{accepted, holds, refused, texts};

#[test]
fn amounts_have_one_form() {
    accepted(
        ByteSize::parse,
        &[
            ("0", "0"),
            ("1", "1"),
            ("1024", "1K"),
            ("1536", "1536"),
            ("64M", "64M"),
            ("1g", "1G"),
            ("1048576k", "1G"),
            ("2T", "2T"),
            ("9223372036854775807", "9223372036854775807"),
            ("0M", "0"),
        ],
    );
    assert_eq!(ByteSize::parse("64M").unwrap().bytes(), 64 * 1024 * 1024);
    assert_eq!(ByteSize::mebibytes(64), ByteSize::parse("64m").unwrap());
}

#[test]
fn other_texts_are_refused() {
    for text in [
        "",
        "M",
        "-1",
        "+1",
        "1.5M",
        "64MB",
        "64 M",
        " 64M",
        "64M\n",
        "64M;",
        "01",
        "1e6",
        "0x10",
        "٦٤M",
        "64MM",
        "unlimited",
    ] {
        refused(ByteSize::parse, &[(text, "size")]);
    }
    for text in ["9223372036854775808", "8388608T", "99999999999999999999", "18014398509481984K"] {
        refused(ByteSize::parse, &[(text, "size_too_large")]);
    }
    assert_eq!(ByteSize::new(u64::MAX).unwrap_err().code, "size_too_large");
}

#[test]
fn a_body_size_is_bounded_and_never_unlimited() {
    accepted(BodySize::parse, &[("1K", "1K"), ("1024", "1K"), ("10G", "10G"), ("64m", "64M")]);
    for text in ["0", "1023", "10737418241", "9999999999g", "1T"] {
        let code = if text.starts_with('9') { "size_too_large" } else { "body_size_range" };
        refused(BodySize::parse, &[(text, code)]);
    }
    refused(BodySize::parse, &[("-1", "size"), ("128M\nuser = www-data", "size")]);
    assert!(BodySize::default() >= BodySize::MIN && BodySize::default() <= BodySize::MAX);
}

proptest! {
    #[test]
    fn what_is_accepted_reads_back(text in texts("[0-9]{1,21}[kKmMgGtT]?")) {
        holds(ByteSize::parse, &text)?;
        holds(BodySize::parse, &text)?;
    }

    #[test]
    fn every_number_has_a_form(bytes in 0..=i64::MAX as u64) {
        let size = ByteSize::new(bytes).unwrap();
        prop_assert_eq!(ByteSize::parse(&size.to_string()).unwrap().bytes(), bytes);
    }
}
