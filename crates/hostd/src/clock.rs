//! The one place where the wall clock is read.

use std::sync::LazyLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use names::Micros;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Now. A clock that stands outside 1970 to 9999 tells the nearer end.
    fn now(&self) -> Micros;
    /// The time since some moment of the past, for measuring how old something is. Never goes back, whoever sets the clock.
    fn elapsed(&self) -> Duration;
}

static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// The host's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct WallClock;

impl Clock for WallClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    fn now(&self) -> Micros {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(Micros::EPOCH, |since| Micros::EPOCH.plus(since))
    }

    fn elapsed(&self) -> Duration {
        START.elapsed()
    }
}

/// A clock that a test sets.
#[cfg(feature = "fake")]
#[derive(Debug)]
pub struct FakeClock(std::sync::Mutex<(Micros, Duration)>);

#[cfg(feature = "fake")]
impl FakeClock {
    /// A clock that stands at this time.
    pub fn at(now: Micros) -> Self {
        Self((now, Duration::ZERO).into())
    }

    /// Moves the clock forward, because time went by.
    pub fn advance(&self, by: Duration) {
        let mut held = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *held = (held.0.plus(by), held.1 + by);
    }

    /// Sets the clock back, as somebody who mends a wrong one does; no time goes by.
    pub fn set_back(&self, by: Duration) {
        let mut held = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        held.0 = held.0.minus(by);
    }
}

#[cfg(feature = "fake")]
impl Clock for FakeClock {
    fn now(&self) -> Micros {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).0
    }

    fn elapsed(&self) -> Duration {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).1
    }
}
