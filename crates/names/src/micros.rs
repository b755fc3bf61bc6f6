//! Moments in time.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;

use crate::NameError;
use crate::text::text_value;

/// A moment in UTC, in microseconds since 1970, up to the end of the year 9999.
///
/// As text and in JSON it is RFC 3339 with six decimals and `Z`: `2026-03-01T12:00:00.000000Z`, so that texts sort as moments do.
/// In the database it is the number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Micros(i64);

text_value!(Micros, "a moment such as 2026-03-01T12:00:00Z");

impl Micros {
    /// 1970-01-01T00:00:00Z
    pub const EPOCH: Self = Self(0);
    /// 9999-12-30T21:59:59.999999Z, the last that time libraries agree on.
    pub const MAX: Self = Self(253_402_207_199_999_999);

    /// This moment by the system's clock. Code that is tested with a clock of its own asks that clock instead.
    #[cfg(feature = "generate")]
    pub fn now() -> Self {
        Self(Timestamp::now().as_microsecond().clamp(0, Self::MAX.0))
    }

    /// Refuses what is before 1970 or after 9999 with `time_range`.
    pub fn new(micros: i64) -> Result<Self, NameError> {
        if (0..=Self::MAX.0).contains(&micros) {
            return Ok(Self(micros));
        }
        Err(NameError::new("time_range", "the time is before 1970 or after 9999", "use a time in between"))
    }

    /// Reads RFC 3339 in UTC with up to six decimals; refuses with `time` or `time_range`.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let refuse = || {
            let reason = "this is not a time in UTC with at most microseconds";
            NameError::new("time", reason, "write it as 2026-03-01T12:00:00Z")
        };
        if !well_formed(text.as_bytes()) {
            return Err(refuse());
        }
        let stamp: Timestamp = text.parse().map_err(|_| refuse())?;
        Self::new(stamp.as_microsecond())
    }

    /// The number.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// The whole seconds since 1970.
    pub const fn as_secs(self) -> i64 {
        self.0 / 1_000_000
    }

    /// So much later, at most [`Micros::MAX`].
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Self(self.0.saturating_add(micros).min(Self::MAX.0))
    }

    /// So much earlier, at least [`Micros::EPOCH`].
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Self(self.0.saturating_sub(micros).max(0))
    }

    /// How long after `earlier` this is; nothing if it is not after it.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0 - earlier.0).unwrap_or(0))
    }
}

/// `YYYY-MM-DDTHH:MM:SS[.1-6 digits]Z` and nothing else; the calendar is checked after this.
fn well_formed(text: &[u8]) -> bool {
    let Some((seconds, rest)) = text.split_at_checked(19) else { return false };
    let shape = seconds.iter().zip(b"0000-00-00T00:00:00").all(|(have, want)| match want {
        b'0' => have.is_ascii_digit(),
        sign => have == sign,
    });
    let fraction = match rest {
        [b'.', digits @ .., b'Z'] => (1..=6).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit),
        other => other == b"Z",
    };
    shape && fraction
}

impl fmt::Display for Micros {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Timestamp::from_microsecond(self.0) {
            Ok(stamp) => write!(f, "{stamp:.6}"),
            Err(_) => Err(fmt::Error),
        }
    }
}

impl fmt::Debug for Micros {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests;
