//! The number of a wish.

use std::fmt;

use serde::de::Error;

use crate::NameError;

/// How often what is wanted of an object has changed; begins at 1 and only grows. An integer in JSON and in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Generation(u64);

impl Generation {
    /// The first.
    pub const FIRST: Self = Self(1);
    /// The last that a signed 64-bit column holds.
    pub const MAX: Self = Self(i64::MAX as u64);

    /// Refuses 0 and what is above [`Generation::MAX`] with `generation`.
    pub fn new(number: u64) -> Result<Self, NameError> {
        if !(1..=Self::MAX.0).contains(&number) {
            let reason = "a generation is a number from 1 to 9223372036854775807";
            return Err(NameError::new("generation", reason, "use the generation as the panel printed it"));
        }
        Ok(Self(number))
    }

    /// Reads digits without sign or leading zero; refuses with `generation`.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let plain = text.len() <= 19 && text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0');
        Self::new(if plain { text.parse().unwrap_or(0) } else { 0 })
    }

    /// The number.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The number for a signed column.
    pub const fn as_i64(self) -> i64 {
        self.0.cast_signed()
    }

    /// The one after this. Stays at [`Generation::MAX`], which no object reaches in a billion changes a second for 290 years.
    #[must_use]
    pub const fn next(self) -> Self {
        if self.0 >= Self::MAX.0 { Self::MAX } else { Self(self.0 + 1) }
    }
}

/// [`Generation::FIRST`]
impl Default for Generation {
    fn default() -> Self {
        Self::FIRST
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::str::FromStr for Generation {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::parse(text)
    }
}

impl TryFrom<u64> for Generation {
    type Error = NameError;
    fn try_from(number: u64) -> Result<Self, NameError> {
        Self::new(number)
    }
}

impl TryFrom<i64> for Generation {
    type Error = NameError;
    fn try_from(number: i64) -> Result<Self, NameError> {
        Self::new(u64::try_from(number).unwrap_or(0))
    }
}

impl From<Generation> for u64 {
    fn from(generation: Generation) -> Self {
        generation.0
    }
}

impl serde::Serialize for Generation {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(self.0)
    }
}

impl<'de> serde::Deserialize<'de> for Generation {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(u64::deserialize(deserializer)?).map_err(|e| D::Error::custom(e.tagged()))
    }
}

#[cfg(test)]
mod tests;
