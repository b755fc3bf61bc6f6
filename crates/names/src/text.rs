//! What all values that are written as text have in common: conversions and serde, each through `parse` and `Display`.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserializer, Error, Visitor};

use crate::NameError;

/// A value that is read from text; the door that serde uses.
pub(crate) trait Text: Sized {
    /// For serde's "expected ..." message.
    const WHAT: &'static str;
    fn read(text: &str) -> Result<Self, NameError>;
}

struct TextVisitor<T>(PhantomData<T>);

impl<T: Text> Visitor<'_> for TextVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::WHAT)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        T::read(text).map_err(|e| E::custom(e.tagged()))
    }
}

pub(crate) fn deserialize<'de, T: Text, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    deserializer.deserialize_str(TextVisitor(PhantomData))
}

/// Conversions of a type that has `parse(&str)` and `Display`: `FromStr`, `TryFrom`, `String`, serde.
///
/// A macro of our own and not a derive: twenty types must not differ here by accident.
macro_rules! text_value {
    ($name:ident, $what:literal) => {
        impl crate::text::Text for $name {
            const WHAT: &'static str = $what;
            fn read(text: &str) -> Result<Self, crate::NameError> {
                Self::parse(text)
            }
        }

        impl std::str::FromStr for $name {
            type Err = crate::NameError;
            fn from_str(text: &str) -> Result<Self, crate::NameError> {
                Self::parse(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = crate::NameError;
            fn try_from(text: String) -> Result<Self, crate::NameError> {
                Self::parse(&text)
            }
        }

        impl TryFrom<&str> for $name {
            type Error = crate::NameError;
            fn try_from(text: &str) -> Result<Self, crate::NameError> {
                Self::parse(text)
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.to_string()
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                crate::text::deserialize(deserializer)
            }
        }
    };
}
pub(crate) use text_value;

/// `as_str`, `Display` and `AsRef<str>` of a type whose content is its text.
macro_rules! text_inner {
    ($name:ident) => {
        impl $name {
            /// The canonical text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                self.0 == other
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, other: &&str) -> bool {
                self.0 == *other
            }
        }
    };
}
pub(crate) use text_inner;
