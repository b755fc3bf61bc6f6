//! Random numbers from a seed, so that a failing run can be played again.

use std::time::Duration;

/// A small generator (splitmix64). Equal seeds give equal runs.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// From `HOLDFAST_SEED`, or this seed where that is not set. The seed is told on standard error.
    pub fn seeded(default: u64) -> Self {
        let named = std::env::var("HOLDFAST_SEED").ok().and_then(|text| text.parse().ok());
        let seed = named.unwrap_or(default);
        eprintln!("seed {seed} (HOLDFAST_SEED={seed} plays this run again)");
        Self(seed)
    }

    /// The next number.
    pub fn next_number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`, which is not 0.
    pub fn below(&mut self, end: u64) -> u64 {
        self.next_number() % end.max(1)
    }

    /// A time from `least` up to `most`.
    pub fn between(&mut self, least: Duration, most: Duration) -> Duration {
        let span = u64::try_from(most.saturating_sub(least).as_micros()).unwrap_or(u64::MAX);
        least + Duration::from_micros(self.below(span.saturating_add(1).max(1)))
    }
}
