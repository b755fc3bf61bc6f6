use unicode_width::UnicodeWidthStr;

use super::{Style, cut, plain, span};
use crate::testing::written;

#[test]
fn colours_are_for_terminals_alone() {
    let spans = [plain("site: "), span(Style::Good, "ready")];
    assert_eq!(written(None, false, |screen| screen.line(&spans)), "site: ready\n");
    assert_eq!(written(None, true, |screen| screen.line(&spans)), "site: \x1b[32mready\x1b[0m\n");
}

#[test]
fn a_text_with_escape_sequences_brings_none_to_the_terminal() {
    let hostile = "\x1b]0;pwned\x07\u{9b}2J";
    let shown = written(None, false, |screen| screen.line(&[span(Style::Bad, hostile)]));
    assert_eq!(shown, "\\x1b]0;pwned\\x07\\x9b2J\n");
    // With colours there are our two sequences and no other.
    let shown = written(None, true, |screen| screen.line(&[span(Style::Bad, hostile)]));
    assert_eq!(shown.matches('\x1b').count(), 2, "{shown:?}");
    assert!(!shown.contains(['\x07', '\u{9b}']), "{shown:?}");
}

#[test]
fn what_is_cut_fits_and_says_so() {
    assert_eq!(cut("www.example.test", 16), "www.example.test");
    assert_eq!(cut("www.example.test", 10), "www.examp…");
    assert_eq!(cut("日本語の名前", 5), "日本…");
    assert_eq!(cut("abc", 1), "…");
    assert_eq!(cut("abc", 0), "");
    for columns in 0..20 {
        assert!(cut("www.日本語.example.\x1btest", columns).width() <= columns);
    }
}

#[test]
fn json_is_written_as_it_came() {
    let document = br#"{"b":1,  "a":[1,2] }"#;
    let shown = written(Some(10), true, |screen| screen.json(document));
    assert_eq!(shown.as_bytes(), [document.as_slice(), b"\n"].concat());
}
