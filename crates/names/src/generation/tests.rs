use proptest::prelude::*;

use super::*;
use crate::proof::{accepted, refused, texts};

#[test]
fn generations_begin_at_one_and_fit_a_column() {
    accepted(Generation::parse, &[("1", "1"), ("42", "42"), ("9223372036854775807", "9223372036854775807")]);
    for text in ["", "0", "01", "-1", "+1", "1.0", "9223372036854775808", "99999999999999999999", "1\n", "1 "]
    {
        refused(Generation::parse, &[(text, "generation")]);
    }
    assert_eq!(Generation::try_from(-1_i64).unwrap_err().code, "generation");
    assert_eq!(Generation::FIRST.next().get(), 2);
    assert_eq!(Generation::MAX.next(), Generation::MAX);
    assert_eq!(Generation::MAX.as_i64(), i64::MAX);
}

#[test]
fn json_has_an_integer() {
    assert_eq!(serde_json::to_string(&Generation::FIRST).unwrap(), "1");
    assert_eq!(serde_json::from_str::<Generation>("7").unwrap().get(), 7);
    for json in ["0", "-1", "1.5", "\"1\"", "null", "9223372036854775808", "true", "[1]"] {
        assert!(serde_json::from_str::<Generation>(json).is_err(), "{json}");
    }
}

proptest! {
    #[test]
    fn what_is_accepted_reads_back(text in texts("[0-9]{1,20}")) {
        if let Ok(generation) = Generation::parse(&text) {
            prop_assert_eq!(generation.to_string(), text);
        }
    }
}
