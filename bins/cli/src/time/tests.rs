use serde_json::json;

use super::show;

#[test]
fn times_are_utc_to_the_second() {
    assert_eq!(show(&json!("2026-03-01T12:00:00.123456Z")), "2026-03-01 12:00:00Z");
    assert_eq!(show(&json!("2026-03-01T12:00:00Z")), "2026-03-01 12:00:00Z");
    assert_eq!(show(&json!(1_772_366_400_000_000_i64)), "2026-03-01 12:00:00Z");
}

#[test]
fn what_is_no_time_stays_as_it_is() {
    for text in ["", "soon", "2026-03-01T", "äöüäöüäöüäöüTäöüäöüZ"] {
        assert_eq!(show(&json!(text)), text);
    }
    assert_eq!(show(&json!(null)), "");
}
