//! How much, or as much as one likes.

use std::cmp::Ordering;
use std::fmt;

use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};

const UNLIMITED: &str = "unlimited";

/// A limit's value: in JSON a number, or the word `unlimited`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amount {
    /// At most so many.
    Of(i64),
    /// As many as one likes.
    Unlimited,
}

impl Amount {
    /// As it is stored: NULL is unlimited.
    pub const fn stored(self) -> Option<i64> {
        match self {
            Self::Of(most) => Some(most),
            Self::Unlimited => None,
        }
    }

    /// Reads what is stored.
    pub const fn of_stored(most: Option<i64>) -> Self {
        match most {
            Some(most) => Self::Of(most),
            None => Self::Unlimited,
        }
    }

    /// Whether so much is more than this.
    pub const fn is_exceeded_by(self, used: i64) -> bool {
        matches!(self, Self::Of(most) if used > most)
    }
}

impl PartialOrd for Amount {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Amount {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Of(one), Self::Of(other)) => one.cmp(other),
            (Self::Of(_), Self::Unlimited) => Ordering::Less,
            (Self::Unlimited, Self::Of(_)) => Ordering::Greater,
            (Self::Unlimited, Self::Unlimited) => Ordering::Equal,
        }
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Of(most) => most.fmt(f),
            Self::Unlimited => f.write_str(UNLIMITED),
        }
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Of(most) => serializer.serialize_i64(*most),
            Self::Unlimited => serializer.serialize_str(UNLIMITED),
        }
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl Visitor<'_> for Reader {
            type Value = Amount;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number from 0 on, or the word unlimited")
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Amount, E> {
                if number < 0 {
                    return Err(E::invalid_value(de::Unexpected::Other("a number below 0"), &self));
                }
                Ok(Amount::Of(number))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Amount, E> {
                let fits = i64::try_from(number);
                fits.map(Amount::Of)
                    .map_err(|_| E::invalid_value(de::Unexpected::Other("too large a number"), &self))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Amount, E> {
                if text == UNLIMITED {
                    return Ok(Amount::Unlimited);
                }
                Err(E::invalid_value(de::Unexpected::Other("another word"), &self))
            }
        }
        deserializer.deserialize_any(Reader)
    }
}
