//! Times as people read them: UTC, to the second.

use serde_json::Value;

/// The moment of what was never made.
const NEVER: &str = "1970-01-01T00:00:00";

/// `2026-03-01 12:00:00Z` of RFC 3339 text or of microseconds since 1970; empty for null, and other text as it is.
pub(crate) fn show(value: &Value) -> String {
    match value {
        // what was there from the first moment, such as the organisation at the top
        Value::String(text) if text.starts_with(NEVER) => String::new(),
        Value::String(text) => short(text),
        Value::Number(number) => {
            let micros = number.as_i64().and_then(|micros| names::Micros::new(micros).ok());
            micros.map_or_else(|| number.to_string(), |micros| short(&micros.to_string()))
        }
        _ => String::new(),
    }
}

fn short(text: &str) -> String {
    let is_date = text.len() >= 20 && text.is_ascii() && text.as_bytes()[10] == b'T' && text.ends_with('Z');
    if is_date { format!("{} {}Z", &text[..10], &text[11..19]) } else { text.to_owned() }
}

#[cfg(test)]
mod tests;
