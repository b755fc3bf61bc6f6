//! Text of others made harmless for a terminal: what would move the cursor, ring, recolour, or turn the writing direction is shown
//! as an escape such as `\x1b` and never passed on.
//!
//! Everything that the panel, the agent or a file says goes through here, since parts of it were written by tenants.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Whether a character does something else than stand there.
pub(crate) fn acts(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// As one line: line ends and tabs are shown too.
pub(crate) fn line(text: &str) -> Cow<'_, str> {
    if !text.contains(acts) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if !acts(c) => out.push(c),
            // Writing to a string cannot fail.
            c if u32::from(c) < 0x100 => drop(write!(out, "\\x{:02x}", u32::from(c))),
            c => drop(write!(out, "\\u{{{:x}}}", u32::from(c))),
        }
    }
    Cow::Owned(out)
}

/// JSON text of the same meaning in which such characters are escaped. Line ends and tabs between values stay.
///
/// Within a document they can stand in strings alone, where an escape means the same. What is no JSON gets the same treatment.
pub(crate) fn json(text: &str) -> Cow<'_, str> {
    let escaped = |c: char| acts(c) && !matches!(c, '\n' | '\t' | '\r');
    if !text.contains(|c| escaped(c) || c == '\r') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if c == '\r' {
            out.push(' ');
        } else if escaped(c) {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests;
