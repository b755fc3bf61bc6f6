//! Paths name an object by its id or by its name.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use serde::de::{Deserializer, Error};

/// An id or a name. No name of ours is written as a UUID, so the two cannot be confused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key<I, N> {
    /// By id.
    Id(I),
    /// By name.
    Name(N),
}

impl<I: FromStr, N: FromStr> FromStr for Key<I, N> {
    type Err = N::Err;

    fn from_str(text: &str) -> Result<Self, N::Err> {
        match text.parse() {
            Ok(id) => Ok(Self::Id(id)),
            Err(_) => text.parse().map(Self::Name),
        }
    }
}

impl<I: fmt::Display, N: fmt::Display> fmt::Display for Key<I, N> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(formatter),
            Self::Name(name) => name.fmt(formatter),
        }
    }
}

impl<'de, I: FromStr, N: FromStr<Err: fmt::Display>> Deserialize<'de> for Key<I, N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}
