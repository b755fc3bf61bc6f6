//! Uids of accounts.

use std::fmt;

use serde::de::Error;

use crate::NameError;

/// The uid (and gid) of an account: never a system user's, never one that the kernel or systemd gives a meaning.
///
/// 1000 to 59999: below are system users, above are systemd's dynamic users, `nobody`, and the two values that mean "none".
/// Which part of that is for accounts is said by a [`UidRange`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uid(u32);

impl Uid {
    /// The lowest that an account could have.
    pub const MIN: Self = Self(1000);
    /// The highest that an account could have.
    pub const MAX: Self = Self(59_999);

    /// Refuses with `uid_range`.
    pub fn new(number: u32) -> Result<Self, NameError> {
        if !(Self::MIN.0..=Self::MAX.0).contains(&number) {
            let reason = "the uid is below 1000 or above 59999";
            return Err(NameError::new("uid_range", reason, "use a uid of the accounts' range"));
        }
        Ok(Self(number))
    }

    /// Reads digits; refuses with `uid_range`.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let plain = text.len() <= 5 && text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0');
        Self::new(if plain { text.parse().unwrap_or(0) } else { 0 })
    }

    /// The number.
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::str::FromStr for Uid {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::parse(text)
    }
}

impl TryFrom<u32> for Uid {
    type Error = NameError;
    fn try_from(number: u32) -> Result<Self, NameError> {
        Self::new(number)
    }
}

impl TryFrom<i64> for Uid {
    type Error = NameError;
    fn try_from(number: i64) -> Result<Self, NameError> {
        Self::new(u32::try_from(number).unwrap_or(0))
    }
}

impl From<Uid> for u32 {
    fn from(uid: Uid) -> Self {
        uid.0
    }
}

impl serde::Serialize for Uid {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(self.0)
    }
}

impl<'de> serde::Deserialize<'de> for Uid {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(u32::deserialize(deserializer)?).map_err(|e| D::Error::custom(e.tagged()))
    }
}

/// The uids set apart for accounts on a server, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
pub struct UidRange {
    first: Uid,
    last: Uid,
}

impl UidRange {
    /// Refuses a range that ends before it begins with `uid_range_order`.
    pub fn new(first: Uid, last: Uid) -> Result<Self, NameError> {
        if last < first {
            let reason = "the last uid is below the first";
            return Err(NameError::new("uid_range_order", reason, "exchange the two"));
        }
        Ok(Self { first, last })
    }

    /// The lowest.
    pub const fn first(self) -> Uid {
        self.first
    }

    /// The highest.
    pub const fn last(self) -> Uid {
        self.last
    }

    /// Whether the uid is within.
    pub fn contains(self, uid: Uid) -> bool {
        self.first <= uid && uid <= self.last
    }

    /// Refuses a uid outside with `uid_outside`.
    pub fn check(self, uid: Uid) -> Result<Uid, NameError> {
        if self.contains(uid) {
            return Ok(uid);
        }
        let reason = format!("the uid is outside of {} to {}", self.first, self.last);
        Err(NameError::new("uid_outside", reason, "use a uid of the accounts' range"))
    }
}

/// 20000 to 59999
impl Default for UidRange {
    fn default() -> Self {
        Self { first: Uid(20_000), last: Uid::MAX }
    }
}

impl<'de> serde::Deserialize<'de> for UidRange {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Raw {
            first: Uid,
            last: Uid,
        }
        let raw = Raw::deserialize(deserializer)?;
        Self::new(raw.first, raw.last).map_err(|e| D::Error::custom(e.tagged()))
    }
}

#[cfg(test)]
mod tests;
