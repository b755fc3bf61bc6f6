//! The first reading of a body: JSON by the letter, with no key twice and no more levels than the limit.

use std::cell::RefCell;
use std::fmt;

use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::{DEPTH_LIMIT, step};
use crate::error::{ApiError, FieldError};

/// Where the reading stopped for a reason of ours, and which.
type Stop = RefCell<Option<FieldError>>;

pub(super) fn parse(body: &[u8]) -> Result<Value, ApiError> {
    let stop = RefCell::new(None);
    let mut reader = serde_json::Deserializer::from_slice(body);
    let read = Level { pointer: String::new(), depth: 0, stop: &stop }.deserialize(&mut reader);
    if let Some(error) = stop.take() {
        return Err(ApiError::invalid(error));
    }
    let value = read.and_then(|value| reader.end().map(|()| value)).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        ApiError::malformed("malformed_json", format!("The body is not JSON: line {line}, column {column}."))
    })?;
    Ok(value)
}

struct Level<'a> {
    pointer: String,
    depth: usize,
    stop: &'a Stop,
}

impl Level<'_> {
    fn below(&self, key: &str) -> Self {
        let mut pointer = self.pointer.clone();
        step(&mut pointer, key);
        Self { pointer, depth: self.depth + 1, stop: self.stop }
    }

    fn halt<E: serde::de::Error>(&self, error: FieldError) -> E {
        *self.stop.borrow_mut() = Some(error);
        E::custom("stopped")
    }

    fn enter<E: serde::de::Error>(&self) -> Result<(), E> {
        if self.depth < DEPTH_LIMIT {
            return Ok(());
        }
        let reason = format!("There are more than {DEPTH_LIMIT} levels within each other.");
        Err(self.halt(FieldError::new(self.pointer.clone(), "too_deep", reason, "")))
    }
}

impl<'de> DeserializeSeed<'de> for Level<'_> {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Level<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("not a number"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        self.enter()?;
        let mut list = Vec::new();
        while let Some(value) = items.next_element_seed(self.below(&list.len().to_string()))? {
            list.push(value);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        self.enter()?;
        let mut map = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            let below = self.below(&key);
            if map.contains_key(&key) {
                let error = FieldError::new(
                    below.pointer,
                    "duplicate_field",
                    "This field comes twice.",
                    "Send it once.",
                );
                return Err(self.halt(error));
            }
            let value = entries.next_value_seed(below)?;
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
}
