//! The one error of this crate: what is wrong with a value and what to do about it.

/// Why a value was refused.
///
/// `reason` and `remedy` are written by us alone: they hold at most a single quoted character or a number from the input, so
/// they may be shown, logged and stored whatever the input was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}; {remedy}")]
pub struct NameError {
    /// Stable, machine-readable, `snake_case`, beginning with the kind of value: `domain_label_too_long`.
    pub code: &'static str,
    /// What is wrong, as a clause without a full stop.
    pub reason: String,
    /// What to do, as a clause without a full stop.
    pub remedy: String,
}

impl NameError {
    /// An error of a rule outside this crate that speaks of a single value in the same three parts.
    pub fn new(code: &'static str, reason: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { code, reason: reason.into(), remedy: remedy.into() }
    }

    /// The text that serde errors carry: the message with the code behind it in brackets (see [`code_in`]).
    pub(crate) fn tagged(&self) -> String {
        format!("{self} [{}]", self.code)
    }
}

/// The code and the plain message in a serde error's text, if it was one of our values that refused.
///
/// Formats such as JSON know errors only as text; there the message ends with the code in brackets.
pub fn code_in(message: &str) -> Option<(&str, &str)> {
    let open = message.rfind(" [")?;
    let (text, rest) = (&message[..open], &message[open + 2..]);
    let code = &rest[..rest.find(']')?];
    let fits =
        code.contains('_') && code.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    fits.then_some((code, text))
}

/// A character for an error message: itself in quotes if it is printable ASCII, its number otherwise.
pub(crate) fn quoted(c: char) -> String {
    if c == ' ' {
        return "a space".to_owned();
    }
    if c.is_ascii_graphic() { format!("\"{c}\"") } else { format!("U+{:04X}", u32::from(c)) }
}

#[cfg(test)]
mod tests;
