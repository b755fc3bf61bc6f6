//! serde's words as refusals with a place, a code and a remedy, and without the value.
//!
//! serde knows errors as text. Its own messages have a fixed beginning, and may quote the value ("invalid type: integer `7`"), so only
//! what it expected is kept of them. Messages of our types carry their code ([`names::code_in`]) and never quote.

use crate::error::{FieldError, sentence};
use crate::json::step;

/// A field that no type asked for.
pub(super) fn unknown_field(path: &serde_ignored::Path<'_>) -> FieldError {
    let mut pointer = String::new();
    walk(path, &mut pointer);
    no_such_field(pointer)
}

fn no_such_field(pointer: String) -> FieldError {
    FieldError::new(
        pointer,
        "unknown_field",
        "There is no such field.",
        "Leave it out, or look for its right name.",
    )
}

fn walk(path: &serde_ignored::Path<'_>, pointer: &mut String) {
    use serde_ignored::Path;
    match path {
        Path::Root => {}
        Path::Seq { parent, index } => {
            walk(parent, pointer);
            step(pointer, &index.to_string());
        }
        Path::Map { parent, key } => {
            walk(parent, pointer);
            step(pointer, &cut(key));
        }
        Path::Some { parent } | Path::NewtypeStruct { parent } | Path::NewtypeVariant { parent } => {
            walk(parent, pointer);
        }
    }
}

/// A stranger's key, cut short.
fn cut(key: &str) -> String {
    key.chars().take(64).collect()
}

/// What serde refused, at `path`.
pub(super) fn refusal(path: &serde_path_to_error::Path, message: &str) -> FieldError {
    use serde_path_to_error::Segment;
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => step(&mut pointer, &index.to_string()),
            Segment::Map { key } => step(&mut pointer, &cut(key)),
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    if let Some((code, text)) = names::code_in(message) {
        let (reason, remedy) = text.split_once("; ").unwrap_or((text, ""));
        return FieldError::new(pointer, code.to_owned(), sentence(reason), sentence(remedy));
    }
    if let Some(field) = quoted_after(message, "missing field ") {
        step(&mut pointer, field);
        return FieldError::new(pointer, "missing_field", "This field is missing.", "Send it.");
    }
    if let Some(field) = quoted_after(message, "unknown field ") {
        let field = cut(field);
        // The path names the field already where serde came as far.
        if !pointer.ends_with(&format!("/{field}")) {
            step(&mut pointer, &field);
        }
        return no_such_field(pointer);
    }
    // The last one: the value, quoted before it, may hold the same words.
    let expected = message.rsplit_once(", expected ").map(|(_, expected)| expected);
    let expected =
        expected.map_or(String::new(), |expected| format!("Send {}.", expected.trim_end_matches('.')));
    let (code, reason) = if message.starts_with("invalid type") {
        ("wrong_type", "This is of the wrong type.")
    } else if message.starts_with("unknown variant") {
        ("unknown_value", "This is not one of the values that are allowed here.")
    } else if message.starts_with("invalid length") {
        ("wrong_length", "This has the wrong number of items.")
    } else if message.starts_with("invalid value") {
        ("out_of_range", "This value is not allowed here.")
    } else {
        ("invalid", "This value is refused.")
    };
    FieldError::new(pointer, code, reason, expected)
}

fn quoted_after<'a>(message: &'a str, beginning: &str) -> Option<&'a str> {
    message.strip_prefix(beginning)?.strip_prefix('`')?.split('`').next()
}
