//! nginx's configuration as a tree of words: how it is written, and read back.
//!
//! A word is written so that nginx reads exactly it: plain where all its characters mean nothing, otherwise in quotation marks with every
//! backslash doubled. What was written is read back by nginx's own rules and compared, so that no word can become two, or end a block. A
//! dollar sign, which quotation marks do not take the meaning from, is written in front of our variables and of captures alone.

use std::fmt::Write as _;

/// The longest written word, in bytes; nginx takes 4096.
const LONGEST: usize = 4050;

/// Variables of nginx itself that are written.
const KNOWN: [&str; 13] = [
    "uri",
    "args",
    "is_args",
    "status",
    "request_method",
    "http_origin",
    "http_referer",
    "http_access_control_request_method",
    "binary_remote_addr",
    "upstream_http_",
    "hf_",
    "document_root",
    "scheme",
];

/// A directive, with what is in its braces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Directive {
    pub(crate) words: Vec<String>,
    pub(crate) block: Option<Vec<Directive>>,
}

/// A word or a text that cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ConfError {
    /// It has a character that is none of a configuration's, or a variable that is not known.
    #[error("a value is none that nginx could be given")]
    Word,
    /// It is too long for nginx.
    #[error("a value is too long for nginx")]
    TooLong,
    /// What was written is not read as it was meant.
    #[error("what was written would be read as something else")]
    ReadBack,
}

/// A directive without braces.
pub(crate) fn line<const N: usize>(words: [&str; N]) -> Directive {
    Directive { words: words.map(str::to_owned).to_vec(), block: None }
}

/// A directive with braces.
pub(crate) fn block<const N: usize>(words: [&str; N], inner: Vec<Directive>) -> Directive {
    Directive { block: Some(inner), ..line(words) }
}

/// `set $name value;`
pub(crate) fn set(name: &str, value: &str) -> Directive {
    line(["set", name, value])
}

/// Where a variable fits an expression.
pub(crate) fn matching(variable: &str, expression: &str, inner: Vec<Directive>) -> Directive {
    block(["if", &format!("({variable}"), "~", expression, ")"], inner)
}

/// Where a variable is this word.
pub(crate) fn equal(variable: &str, word: &str, inner: Vec<Directive>) -> Directive {
    block(["if", &format!("({variable}"), "=", &format!("{word})")], inner)
}

/// The text, read back and found the same.
pub(crate) fn write(directives: &[Directive], indent: usize) -> Result<String, ConfError> {
    let mut text = String::new();
    put(directives, indent, &mut text)?;
    if read(&text).as_deref() != Some(directives) {
        return Err(ConfError::ReadBack);
    }
    Ok(text)
}

fn put(directives: &[Directive], indent: usize, text: &mut String) -> Result<(), ConfError> {
    for directive in directives {
        let _ = write!(text, "{:indent$}", "");
        let condition = directive.words.first().is_some_and(|word| word == "if");
        for (at, word) in directive.words.iter().enumerate() {
            let ends = condition && word == ")" && text.ends_with('"');
            if at > 0 && !ends {
                text.push(' ');
            }
            text.push_str(&written(word)?);
        }
        match &directive.block {
            None => text.push_str(";\n"),
            Some(inner) => {
                text.push_str(" {\n");
                put(inner, indent + 4, text)?;
                let _ = writeln!(text, "{:indent$}}}", "");
            }
        }
    }
    Ok(())
}

fn written(word: &str) -> Result<String, ConfError> {
    let visible = word.bytes().all(|b| (b' '..=b'~').contains(&b));
    if !visible || !word.split('$').skip(1).all(is_known) {
        return Err(ConfError::Word);
    }
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"._-/:$=~()@,&?+".contains(&b);
    let text = if !word.is_empty() && word.bytes().all(plain) {
        word.to_owned()
    } else {
        format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\""))
    };
    if text.len() > LONGEST { Err(ConfError::TooLong) } else { Ok(text) }
}

/// Whether what follows a dollar sign is a capture, or begins with a variable that is known.
fn is_known(behind: &str) -> bool {
    let name = behind.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default();
    let capture = behind.starts_with(|c: char| ('1'..='9').contains(&c));
    capture || KNOWN.iter().any(|known| name == *known || (known.ends_with('_') && name.starts_with(known)))
}

#[derive(Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    End,
    Open,
    Close,
}

/// Reads a text as nginx does; none where it is not well-formed, or has what is never written here.
pub(crate) fn read(text: &str) -> Option<Vec<Directive>> {
    let tokens = tokens(text)?;
    let mut rest = tokens.into_iter();
    let directives = directives(&mut rest, false)?;
    rest.next().is_none().then_some(directives)
}

fn directives(rest: &mut std::vec::IntoIter<Token>, nested: bool) -> Option<Vec<Directive>> {
    let mut found = Vec::new();
    let mut words = Vec::new();
    loop {
        match rest.next() {
            None => return (!nested && words.is_empty()).then_some(found),
            Some(Token::Word(word)) => words.push(word),
            Some(Token::Close) => return (nested && words.is_empty()).then_some(found),
            Some(_) if words.is_empty() => return None,
            Some(Token::End) => found.push(Directive { words: std::mem::take(&mut words), block: None }),
            Some(Token::Open) => {
                let words = std::mem::take(&mut words);
                found.push(Directive { words, block: Some(directives(rest, true)?) });
            }
        }
    }
}

fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            ' ' | '\n' => {}
            '#' => while rest.next_if(|c| *c != '\n').is_some() {},
            ';' => tokens.push(Token::End),
            '{' => tokens.push(Token::Open),
            '}' => tokens.push(Token::Close),
            '"' => {
                tokens.push(Token::Word(quoted(&mut rest)?));
                if !rest.peek().is_none_or(|c| " \n;{)".contains(*c)) {
                    return None;
                }
            }
            c if c.is_ascii_graphic() && !"\\'".contains(c) => {
                let mut word = String::from(c);
                while let Some(c) = rest.next_if(|c| !" \n;{".contains(*c)) {
                    if !c.is_ascii_graphic() || "\\\"'}".contains(c) {
                        return None;
                    }
                    word.push(c);
                }
                // braces around a variable's name would go on the word
                if word.ends_with('$') {
                    return None;
                }
                tokens.push(Token::Word(word));
            }
            _ => return None,
        }
    }
    Some(tokens)
}

/// The rest of a word in quotation marks.
fn quoted(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<String> {
    let mut word = String::new();
    loop {
        match rest.next()? {
            '"' => return Some(word),
            '\\' => match rest.next()? {
                c @ ('"' | '\'' | '\\') => word.push(c),
                't' => word.push('\t'),
                'r' => word.push('\r'),
                'n' => word.push('\n'),
                c => word.extend(['\\', c]),
            },
            c => word.push(c),
        }
    }
}

#[cfg(test)]
mod tests;
