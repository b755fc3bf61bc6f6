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
