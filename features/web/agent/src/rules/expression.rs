//! Paths with wildcards as expressions for nginx (PCRE).
//!
//! Every character but letters, digits and a few is written as its number, and each expression is anchored. A wildcard of one segment cannot
//! cross a slash, and there is one of many segments at most: what is tried is proportional to the path's length.

use std::fmt::Write as _;

use names::{FileEnding, PathPattern, PatternPart};

/// What stands for itself.
pub(super) fn literal(bytes: impl AsRef<[u8]>) -> String {
    let mut text = String::new();
    for byte in bytes.as_ref() {
        match byte {
            b'.' => text.push_str("\\."),
            b if b.is_ascii_alphanumeric() || b"/_-".contains(b) => text.push(char::from(*b)),
            b => drop(write!(text, "\\x{b:02x}")),
        }
    }
    text
}

/// The paths that a pattern stands for, with captures; without the anchor in front. What is captured gets into headers: no control
/// character does.
pub(super) fn exact(pattern: &PathPattern) -> String {
    let mut text = String::new();
    for part in pattern.parts() {
        match part {
            PatternPart::Literal(bytes) => text.push_str(&literal(bytes)),
            PatternPart::Some => text.push_str("([^/\\x00-\\x1f\\x7f]*)"),
            PatternPart::Many => text.push_str("(?:/([^\\x00-\\x1f\\x7f]*))?"),
        }
    }
    text.push_str(if text.is_empty() { "/\\z" } else { "/?\\z" });
    text
}

/// The paths that a pattern stands for, and all below them; without the anchor in front. None: all there are. What a program is
/// handed behind its own name lies below it.
pub(super) fn below(pattern: &PathPattern) -> Option<String> {
    if pattern.is_everything() {
        return None;
    }
    let mut parts = pattern.parts();
    if parts.last() == Some(&PatternPart::Many) {
        parts.pop();
    }
    let mut text = String::new();
    for part in parts {
        match part {
            PatternPart::Literal(bytes) => text.push_str(&literal(bytes)),
            PatternPart::Some => text.push_str("[^/]*"),
            PatternPart::Many => text.push_str("(?:/(?s:.*))?"),
        }
    }
    text.push_str("(?:/|\\z)");
    Some(text)
}

/// The paths below one, of files with these endings; without the anchor in front. None: all there are.
pub(super) fn condition(path: Option<&PathPattern>, endings: &[FileEnding]) -> Option<String> {
    let path = path.and_then(below);
    if endings.is_empty() {
        return path;
    }
    let endings: Vec<String> = endings.iter().map(|ending| literal(ending.as_str())).collect();
    let path = path.map(|path| format!("(?={path})")).unwrap_or_default();
    Some(format!("{path}(?s:.*)\\.(?i:{})\\z", endings.join("|")))
}

/// Choices, in as many expressions as fit into words of nginx.
pub(super) fn choices(all: impl IntoIterator<Item = String>) -> Vec<String> {
    const ROOM: usize = 1500;
    let mut chunks: Vec<String> = Vec::new();
    for one in all {
        match chunks.last_mut().filter(|chunk| chunk.len() + one.len() < ROOM) {
            Some(chunk) => {
                chunk.push('|');
                chunk.push_str(&one);
            }
            None => chunks.push(one),
        }
    }
    chunks.into_iter().map(|chunk| format!("(?:{chunk})")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> PathPattern {
        PathPattern::parse(text).unwrap()
    }

    #[test]
    fn a_pattern_is_an_anchored_expression_without_choice_or_repetition_of_its_own() {
        assert_eq!(exact(&pattern("/")), "/\\z");
        assert_eq!(exact(&pattern("/a.b%20+")), "/a\\.b\\x20\\x2b/?\\z");
        assert_eq!(exact(&pattern("/a/*.php")), "/a/([^/\\x00-\\x1f\\x7f]*)\\.php/?\\z");
        assert_eq!(exact(&pattern("/a/**")), "/a(?:/([^\\x00-\\x1f\\x7f]*))?/?\\z");
        assert_eq!(below(&pattern("/")), None);
        assert_eq!(below(&pattern("/a/**")), Some("/a(?:/|\\z)".to_owned()));
        assert_eq!(below(&pattern("/a/**/*.php")), Some("/a(?:/(?s:.*))?/[^/]*\\.php(?:/|\\z)".to_owned()));
        let endings = [FileEnding::parse("jpg").unwrap(), FileEnding::parse("tar.gz").unwrap()];
        assert_eq!(condition(None, &endings), Some("(?s:.*)\\.(?i:jpg|tar\\.gz)\\z".to_owned()));
        assert_eq!(
            condition(Some(&pattern("/a")), &endings[..1]),
            Some("(?=/a(?:/|\\z))(?s:.*)\\.(?i:jpg)\\z".to_owned())
        );
    }

    #[test]
    fn many_choices_are_several_expressions() {
        let chunks = choices((0..200).map(|n| format!("name{n:04}")));
        assert!(chunks.len() > 1 && chunks.iter().all(|chunk| chunk.len() < 1600));
        assert_eq!(chunks.iter().map(|chunk| chunk.matches("name").count()).sum::<usize>(), 200);
    }
}
