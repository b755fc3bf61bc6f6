use super::*;

#[test]
fn the_tries_of_a_message_take_most_of_a_day() {
    let now = Micros::now();
    let (mut at, mut failures) = (now, 0);
    while failures < i64::try_from(TRIES).unwrap() - 1 {
        failures += 1;
        let next = message(at, failures);
        assert!(next > at);
        at = next;
    }
    let whole = at.since(now);
    assert!(whole > Duration::from_hours(18) && whole < Duration::from_hours(26), "{whole:?}");
}

#[test]
fn a_receiver_that_is_down_is_asked_every_five_minutes_at_last() {
    let now = Micros::now();
    assert_eq!(webhook(now, 1).since(now), Duration::from_secs(2));
    for failures in [6, 7, 1000, i64::MAX] {
        assert_eq!(webhook(now, failures).since(now), Duration::from_mins(5));
    }
}
