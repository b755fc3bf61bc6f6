//! When something is tried again.

use std::time::Duration;

use names::Micros;

/// After a first failure, and the longest pause.
const FIRST: Duration = Duration::from_mins(10);
const LONGEST: Duration = Duration::from_hours(24);
/// A name that was refused is asked for again after so long, then after twice that, and so on.
const NAME: Duration = Duration::from_hours(1);
/// A certificate that lacks this much of its life is renewed without names that are refused: what is left would go with them.
const LAST: Duration = Duration::from_hours(72);

/// The pause doubled so often, at most [`LONGEST`], and up to a fifth more or less by chance (from 0 to 1).
fn doubled(first: Duration, times: i64, chance: f64) -> Duration {
    let times = u32::try_from(times.clamp(0, 16)).unwrap_or(0);
    first.saturating_mul(1 << times).min(LONGEST).mul_f64(0.8 + 0.4 * chance.clamp(0.0, 1.0))
}

/// When an order that failed so often in a row is made again. A certificate that is about to end is not waited for longer than a fraction
/// of what it has left.
pub(crate) fn after_failure(now: Micros, failures: i64, not_after: Option<Micros>, chance: f64) -> Micros {
    let pause = doubled(FIRST, failures.saturating_sub(1), chance);
    let left = not_after.filter(|end| *end > now).map(|end| end.since(now) / 4);
    now.plus(left.map_or(pause, |left| pause.min(left.max(FIRST))))
}

/// When a name that was refused so often is asked for again.
pub(crate) fn name(now: Micros, refusals: i64, asked_for: Option<Duration>, chance: f64) -> Micros {
    let pause = doubled(NAME, refusals.saturating_sub(1), chance);
    now.plus(pause.max(asked_for.unwrap_or_default()))
}

/// From when on fewer names are better than none.
pub(crate) fn last_days(not_before: Micros, not_after: Micros) -> Micros {
    not_after.minus((not_after.since(not_before) / 10).min(LAST))
}

/// A number from 0 to 1 by chance, so that what failed together is not tried together.
pub(crate) fn chance() -> f64 {
    let mut bytes = [0; 2];
    match getrandom::fill(&mut bytes) {
        Ok(()) => f64::from(u16::from_be_bytes(bytes)) / 65_536.0,
        Err(_) => 0.5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Micros = Micros::EPOCH;

    #[test]
    fn orders_wait_longer_with_each_failure_up_to_a_day() {
        let pauses: Vec<u64> =
            (1..11).map(|n| after_failure(NOW, n, None, 0.5).since(NOW).as_secs() / 60).collect();
        assert_eq!(pauses, [10, 20, 40, 80, 160, 320, 640, 1280, 1440, 1440]);
        let varied = after_failure(NOW, 1, None, 0.0).since(NOW);
        assert_eq!(varied, Duration::from_mins(8));
    }

    #[test]
    fn what_is_about_to_end_is_tried_more_often() {
        let soon = |hours| Some(NOW.plus(Duration::from_hours(hours)));
        assert_eq!(after_failure(NOW, 9, soon(8), 0.5).since(NOW), Duration::from_hours(2));
        assert_eq!(after_failure(NOW, 9, soon(24 * 30), 0.5).since(NOW), Duration::from_hours(24));
        // and not without end
        assert_eq!(after_failure(NOW, 9, Some(NOW.plus(Duration::from_mins(1))), 0.5).since(NOW), FIRST);
    }

    #[test]
    fn names_wait_an_hour_then_twice_that_up_to_a_day_or_as_the_authority_says() {
        let hours: Vec<u64> = (1..8).map(|n| name(NOW, n, None, 0.5).since(NOW).as_secs() / 3600).collect();
        assert_eq!(hours, [1, 2, 4, 8, 16, 24, 24]);
        assert_eq!(name(NOW, 1, Some(Duration::from_hours(50)), 0.5).since(NOW), Duration::from_hours(50));
    }

    #[test]
    fn the_last_days_are_three_or_a_tenth_of_a_short_life() {
        let at = |hours| NOW.plus(Duration::from_hours(hours));
        assert_eq!(last_days(at(0), at(90 * 24)), at(87 * 24));
        assert_eq!(last_days(at(0), at(100)), at(90));
    }
}
