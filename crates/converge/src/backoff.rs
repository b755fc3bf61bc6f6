//! When an object that did not converge is tried again.

use std::time::Duration;

/// How to go on after an attempt that did not end in `ready`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// The cause may pass by itself: back off from one second to ten minutes.
    Later,
    /// A person mends the cause outside, and expects it to go on soon after: back off from one second to half a minute.
    Soon,
    /// Only a person can mend it: no retry until the generation moves.
    WaitForUser,
    /// Should be impossible: retry slowly, and say so.
    Bug,
}

const FIRST: Duration = Duration::from_secs(1);
const CAP: Duration = Duration::from_mins(10);
const SOON: Duration = Duration::from_secs(30);

/// The pause before attempt number `attempts + 1`; none where a person must act.
///
/// `jitter` is a number in `0.0..1.0`; the pause varies by a fifth in either direction.
pub fn delay(retry: Retry, attempts: u32, jitter: f64) -> Option<Duration> {
    let base = match retry {
        Retry::WaitForUser => return None,
        Retry::Bug => CAP,
        Retry::Later => doubled(attempts).min(CAP),
        Retry::Soon => doubled(attempts).min(SOON),
    };
    Some(base.mul_f64(0.8 + 0.4 * jitter.clamp(0.0, 1.0)))
}

fn doubled(attempts: u32) -> Duration {
    FIRST.saturating_mul(1u32.checked_shl(attempts.min(10)).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_from_one_second_to_ten_minutes() {
        let pauses: Vec<u64> = (0..12).map(|n| delay(Retry::Later, n, 0.5).unwrap().as_secs()).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600]);
    }

    #[test]
    fn what_a_person_mends_outside_goes_on_within_half_a_minute() {
        let pauses: Vec<u64> = (0..7).map(|n| delay(Retry::Soon, n, 0.5).unwrap().as_secs()).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 30, 30]);
    }

    #[test]
    fn varies_by_a_fifth_and_no_more() {
        assert_eq!(delay(Retry::Later, 0, 0.0), Some(Duration::from_millis(800)));
        assert_eq!(delay(Retry::Later, 0, 7.0), Some(Duration::from_millis(1200)));
    }

    #[test]
    fn waits_for_a_person_without_retrying() {
        assert_eq!(delay(Retry::WaitForUser, 3, 0.5), None);
    }
}
