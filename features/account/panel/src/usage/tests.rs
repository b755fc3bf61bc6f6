use super::*;

#[test]
fn a_limit_that_the_file_system_holds_counts_as_full_a_little_before_its_end() {
    let limit = 20 << 20;
    assert_eq!(level(20_955_136, limit), 100, "what btrfs let through of 20 MiB");
    assert_eq!(level(limit, limit), 100);
    assert_eq!(level(limit * 3, limit), 100);
    assert_eq!(level(limit / 100 * 96, limit), 95);
    assert_eq!(level(limit / 100 * 81, limit), 80);
    assert_eq!(level(limit / 100 * 79, limit), 0);
    assert_eq!(level(u64::MAX, u64::MAX), 100);
}

#[test]
fn what_was_told_is_told_again_only_after_the_account_was_well_below() {
    let part = |used: u64| Part::of(Some(used), Some(1000));
    assert_eq!(part(810).told(0), 80);
    assert_eq!(part(790).told(80), 80, "just below it");
    assert_eq!(part(740).told(80), 0);
    assert_eq!(part(960).told(80), 95);
    assert_eq!(part(960).told(100), 100, "full a moment ago");
    assert_eq!(part(900).told(100), 95);
    assert_eq!(Part::of(Some(5), None).told(95), 0, "without a limit there is nothing to tell");
    assert_eq!(Part::of(None, Some(5)).told(0), 0, "what is not counted is near nothing");
}

#[test]
fn months_begin_where_the_calendar_says() {
    let day = |text: &str| day_of(Micros::parse(&format!("{text}T00:00:00Z")).unwrap());
    for (within, first) in [
        ("1970-01-01", "1970-01-01"),
        ("2024-02-29", "2024-02-01"),
        ("2024-03-01", "2024-03-01"),
        ("2026-11-25", "2026-11-01"),
        ("2026-12-31", "2026-12-01"),
        ("2027-01-01", "2027-01-01"),
        ("2100-02-28", "2100-02-01"),
        ("2100-03-01", "2100-03-01"),
    ] {
        assert_eq!(first_of_month(day(within)), day(first), "{within}");
    }
    // each day is the first of its month or one after the day before
    let mut before = first_of_month(0);
    for day in 1..60_000 {
        let first = first_of_month(day);
        assert!(first == before || first == day && (28..=31).contains(&(day - before)), "day {day}");
        before = first;
    }
}
