use proptest::prelude::*;

use super::*;

#[test]
fn what_a_terminal_would_obey_is_gone() {
    for (text, shown) in [
        ("Setting up nginx (1.26.3-3) ...", "Setting up nginx (1.26.3-3) ..."),
        ("\u{1b}[31mred\u{1b}[0m", "red"),
        ("\u{1b}]0;title\u{7}x", "0;title\u{fffd}x"),
        ("10%\r50%\r100%", "100%"),
        ("a\tb\r\n", "a b"),
        ("a\u{8}b\u{0}", "a\u{fffd}b\u{fffd}"),
        ("safe\u{202e}exe", "safe\u{fffd}exe"),
        ("", ""),
    ] {
        assert_eq!(harmless(text), shown, "{text:?}");
    }
}

#[test]
fn a_long_line_is_cut_and_says_so() {
    let line = harmless(&"ä".repeat(5000));
    assert!(line.len() <= LONGEST && line.ends_with('…'), "{}", line.len());
}

proptest! {
    #[test]
    fn any_text_becomes_one_harmless_line(text in any::<String>()) {
        let line = harmless(&text);
        prop_assert!(line.len() <= LONGEST);
        prop_assert!(!line.chars().any(|c| c.is_control() || is_invisible(c)));
        prop_assert_eq!(harmless(&line), line.clone(), "again is the same");
    }
}
