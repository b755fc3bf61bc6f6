use serde_json::json;

use super::{bytes, duration, show, text, words};
use crate::testing::written;

#[test]
fn bytes_have_the_unit_that_suits_them() {
    let cases = [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (1536, "1.5 KiB"),
        (1 << 30, "1.0 GiB"),
        (u64::MAX, "15.9 EiB"),
    ];
    for (count, wanted) in cases {
        assert_eq!(bytes(count), wanted);
    }
}

#[test]
fn durations_have_two_units() {
    assert_eq!(
        [duration(5), duration(61), duration(3700), duration(200_000)],
        ["5 s", "1 min", "1 h 1 min", "2 d 7 h"]
    );
}

#[test]
fn values_are_words() {
    let object = json!({ "a": null, "b": true, "c": ["x", 1], "d": { "e": 1 } });
    assert_eq!(
        ["a", "b", "c", "d", "none"].map(|name| text(&object, name)),
        ["", "yes", "x, 1", "{\"e\":1}", ""]
    );
    assert_eq!(words(&json!(1.5)), "1.5");
}

#[test]
fn what_has_no_value_is_not_shown() {
    let rows = [("php", "8.4".to_owned()), ("why", String::new()), ("account", "alice".to_owned())];
    assert_eq!(written(None, false, |screen| show(screen, &rows)), "php      8.4\naccount  alice\n");
}
