//! Lines of foreign programs, made harmless for whoever reads them on a terminal or in a browser.

/// Bytes of one line.
pub const LONGEST: usize = 2048;

/// The line without what a terminal would take as a command, and no longer than [`LONGEST`]. What a carriage return would have written over is
/// left out, as a terminal would show it: progress bars leave their last state.
pub fn harmless(text: &str) -> String {
    let text = text.trim_end_matches(['\r', '\n']);
    let text = text.rsplit('\r').next().unwrap_or_default();
    let mut line = String::with_capacity(text.len().min(LONGEST));
    let mut escape = Escape::No;
    for c in text.chars() {
        escape = match (escape, c) {
            (Escape::No, '\u{1b}') => Escape::Begun,
            // a sequence with parameters ends with a letter; any other is one character more
            (Escape::Begun, '[') => Escape::Parameters,
            (Escape::Begun, _) | (Escape::Parameters, '\u{40}'..='\u{7e}') => Escape::No,
            (Escape::Parameters, _) => Escape::Parameters,
            (Escape::No, c) => {
                let shown = match c {
                    '\t' => ' ',
                    c if c.is_control() || is_invisible(c) => '\u{fffd}',
                    c => c,
                };
                if line.len() + shown.len_utf8() > LONGEST - '…'.len_utf8() {
                    line.push('…');
                    return line;
                }
                line.push(shown);
                Escape::No
            }
        };
    }
    line
}

#[derive(Clone, Copy)]
enum Escape {
    No,
    Begun,
    Parameters,
}

/// What turns the direction of text, or hides in it.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests;
