//! The one place where the wall clock is read.

use std::time::{SystemTime, UNIX_EPOCH};

use names::Micros;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Now. A clock that stands outside 1970 to 9999 tells the nearer end.
    fn now(&self) -> Micros;
}

/// The host's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct WallClock;

impl Clock for WallClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    fn now(&self) -> Micros {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(Micros::EPOCH, |since| Micros::EPOCH.plus(since))
    }
}

/// A clock that a test sets.
#[cfg(feature = "fake")]
#[derive(Debug)]
pub struct FakeClock(std::sync::Mutex<Micros>);

#[cfg(feature = "fake")]
impl FakeClock {
    /// A clock that stands at this time.
    pub fn at(now: Micros) -> Self {
        Self(now.into())
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: std::time::Duration) {
        let mut now = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *now = now.plus(by);
    }
}

#[cfg(feature = "fake")]
impl Clock for FakeClock {
    fn now(&self) -> Micros {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
