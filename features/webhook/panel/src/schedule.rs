//! When a message is tried again, and when it and its webhook are given up.
//!
//! Two clocks run. Each message has its own: eight tries within a day, then it is a dead letter. And each webhook has one: after a failure nothing is sent
//! to it for a while, so that a receiver that is down is asked now and then, and not by every message that waits. When a receiver that was away takes
//! a message again, all that waits goes at once.

use std::time::Duration;

use names::Micros;

/// Tries of a message where the installation's setting says nothing else.
pub const TRIES: u64 = 8;
/// The setting that says otherwise.
pub const TRIES_SETTING: &str = "webhook.tries";
/// A webhook that took nothing for so long is disabled.
pub(crate) const GIVEN_UP: Duration = Duration::from_hours(72);
/// So many failures in a row mean that the receiver is away, and not that it refuses one message.
pub(crate) const AWAY: i64 = 3;
/// A repetition of an event is told after so long, with all that came meanwhile.
pub(crate) const GATHER: Duration = Duration::from_mins(1);
/// For how long the key before a rotation signs as well.
pub(crate) const OLD_KEY: Duration = Duration::from_hours(24);

/// After the first failure, the second, and so on; the last for all further ones.
const MESSAGE: [Duration; 7] = [
    Duration::from_secs(5),
    Duration::from_mins(1),
    Duration::from_mins(5),
    Duration::from_mins(30),
    Duration::from_hours(2),
    Duration::from_hours(6),
    Duration::from_hours(12),
];
// Each is shorter than what the message itself waits, so that one which is refused does not stand before all others.
const WEBHOOK: [Duration; 6] = [
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(15),
    Duration::from_mins(1),
    Duration::from_mins(2),
    Duration::from_mins(5),
];

fn after(steps: &[Duration], failures: i64) -> Duration {
    let at = usize::try_from(failures.saturating_sub(1)).unwrap_or(0).min(steps.len() - 1);
    steps[at]
}

/// When a message that failed so often is tried again.
pub(crate) fn message(now: Micros, failures: i64) -> Micros {
    now.plus(after(&MESSAGE, failures))
}

/// Until when nothing is sent to a webhook that failed so often in a row.
pub(crate) fn webhook(now: Micros, failures: i64) -> Micros {
    now.plus(after(&WEBHOOK, failures))
}

#[cfg(test)]
mod tests;
