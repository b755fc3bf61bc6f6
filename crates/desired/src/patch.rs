//! Fields of a change that may be left out, null, or a value.

use serde::{Deserialize, Deserializer};

/// `#[serde(default, deserialize_with = "desired::nullable")]` on an `Option<Option<T>>`: left out is `None`, null is `Some(None)`.
pub fn nullable<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Some)
}
