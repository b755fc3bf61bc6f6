//! Requests read and replies written: the service's side of the JSON.

use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize as DeriveDeserialize, Serialize};
use serde_json::value::RawValue;

use crate::envelope::{RefusalBody, ended};
use crate::error::Refusal;

/// What a caller sends.
#[derive(Debug, DeriveDeserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Request {
    pub(crate) method: String,
    #[serde(default)]
    pub(crate) parameters: Option<Box<RawValue>>,
    /// The caller takes progress messages before the reply.
    #[serde(default)]
    pub(crate) more: bool,
    /// The caller wants no reply. Understood, so that it can be refused by name.
    #[serde(default)]
    pub(crate) oneway: bool,
}

#[derive(Serialize)]
struct ReplyOut<'a, T: ?Sized> {
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
    parameters: &'a T,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    continues: bool,
}

/// Reads a request. The text says what is wrong with it.
pub(crate) fn parse_request(frame: &[u8]) -> Result<Request, String> {
    let Strict = serde_json::from_slice(frame).map_err(|error| error.to_string())?;
    let request: Request = serde_json::from_slice(frame).map_err(|error| error.to_string())?;
    if request.oneway {
        return Err("a call without reply is not supported".to_owned());
    }
    Ok(request)
}

/// A reply's frame, with its NUL.
pub(crate) fn reply(parameters: &RawValue, continues: bool) -> serde_json::Result<Vec<u8>> {
    ended(&ReplyOut { error: None, parameters, continues })
}

/// An error's frame, with its NUL.
pub(crate) fn refusal(refusal: &Refusal) -> serde_json::Result<Vec<u8>> {
    let body = RefusalBody { message: Some(refusal.message.clone()), detail: refusal.detail.clone() };
    ended(&ReplyOut { error: Some(&refusal.name), parameters: &body, continues: false })
}

/// Any JSON in which no object has a key twice. `serde_json` would take the last one, another reader the first.
/// Depth is bounded by `serde_json` (128).
struct Strict;

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Strict;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON without duplicate keys")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Strict, E> {
        Ok(Strict)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Strict, E> {
        Ok(Strict)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Strict, E> {
        Ok(Strict)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Strict, E> {
        Ok(Strict)
    }

    fn visit_str<E>(self, _: &str) -> Result<Strict, E> {
        Ok(Strict)
    }

    fn visit_unit<E>(self) -> Result<Strict, E> {
        Ok(Strict)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Strict, A::Error> {
        while seq.next_element::<Strict>()?.is_some() {}
        Ok(Strict)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Strict, A::Error> {
        let mut seen = HashSet::new();
        while let Some(key) = map.next_key::<String>()? {
            if seen.contains(&key) {
                // Read on, so that the message carries a position, then refuse.
                map.next_value::<IgnoredAny>()?;
                return Err(A::Error::custom(format_args!("duplicate key `{key}`")));
            }
            map.next_value::<Strict>()?;
            seen.insert(key);
        }
        Ok(Strict)
    }
}

#[cfg(test)]
mod tests;
