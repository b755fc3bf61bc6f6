use proptest::prelude::*;

use super::*;
use crate::proof::{accepted, holds, refused, texts};

#[test]
fn moments_have_one_form() {
    accepted(
        Micros::parse,
        &[
            ("2026-03-01T12:00:00Z", "2026-03-01T12:00:00.000000Z"),
            ("2026-03-01T12:00:00.5Z", "2026-03-01T12:00:00.500000Z"),
            ("1970-01-01T00:00:00.000001Z", "1970-01-01T00:00:00.000001Z"),
            ("2024-02-29T23:59:59.999999Z", "2024-02-29T23:59:59.999999Z"),
        ],
    );
    assert_eq!(Micros::MAX.to_string(), "9999-12-30T21:59:59.999999Z");
    assert_eq!(Micros::parse("2001-09-09T01:46:40Z").unwrap().as_micros(), 1_000_000_000_000_000);
}

#[test]
fn other_texts_are_refused() {
    for text in [
        "",
        "now",
        "2026-03-01",
        "2026-03-01T12:00:00",
        "2026-03-01T12:00:00+00:00",
        "2026-03-01T12:00:00z",
        "2026-03-01t12:00:00Z",
        "2026-03-01 12:00:00Z",
        "2026-03-01T12:00:00.Z",
        "2026-03-01T12:00:00.0000001Z",
        "2026-03-01T12:00:00Z\n",
        "2026-03-01T12:00:00Z[UTC]",
        "2026-02-30T12:00:00Z",
        "2026-03-01T25:00:00Z",
        "+02026-03-01T12:00:00Z",
        "ä26-03-01T12:00:00Z",
    ] {
        refused(Micros::parse, &[(text, "time")]);
    }
    refused(Micros::parse, &[("1969-12-31T23:59:59Z", "time_range")]);
    assert_eq!(Micros::new(-1).unwrap_err().code, "time_range");
    assert_eq!(Micros::new(i64::MAX).unwrap_err().code, "time_range");
}

#[test]
fn sums_stay_in_range() {
    let at = Micros::parse("2026-03-01T12:00:00Z").unwrap();
    let later = at.plus(Duration::from_millis(1500));
    assert_eq!(later.since(at), Duration::from_millis(1500));
    assert_eq!(at.since(later), Duration::ZERO);
    assert_eq!(later.minus(Duration::from_millis(1500)), at);
    assert_eq!(at.plus(Duration::MAX), Micros::MAX);
    assert_eq!(at.minus(Duration::MAX), Micros::EPOCH);
    assert_eq!(later.as_secs(), at.as_secs() + 1);
}

proptest! {
    #[test]
    fn what_is_accepted_reads_back(text in texts("[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9](\\.[0-9]{1,7})?Z")) {
        holds(Micros::parse, &text)?;
    }

    #[test]
    fn texts_sort_as_moments_do(a in 0..=Micros::MAX.0, b in 0..=Micros::MAX.0) {
        let (a, b) = (Micros::new(a).unwrap(), Micros::new(b).unwrap());
        prop_assert_eq!(a.to_string().cmp(&b.to_string()), a.cmp(&b));
        prop_assert_eq!(Micros::parse(&a.to_string()).unwrap(), a);
    }
}
