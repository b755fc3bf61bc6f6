//! What requests and replies have in common.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

/// The `parameters` of an error frame. Foreign services may leave both out.
#[derive(Serialize, Deserialize)]
pub(crate) struct RefusalBody {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) message: Option<String>,
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub(crate) detail: Value,
}

/// JSON has no NUL of its own (strings escape it), so one byte ends a frame.
pub(crate) fn ended(value: &impl Serialize) -> serde_json::Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec(value)?;
    bytes.push(0);
    Ok(bytes)
}

pub(crate) fn empty_object() -> Result<Box<RawValue>, String> {
    RawValue::from_string("{}".to_owned()).map_err(|error| error.to_string())
}
