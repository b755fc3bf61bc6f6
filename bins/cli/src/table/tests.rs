use unicode_width::UnicodeWidthStr;

use super::{Cell, write};
use crate::screen::Style;
use crate::testing::written;

fn rows() -> Vec<Vec<Cell>> {
    let row = |name: &str, condition: &str, made: &str| {
        vec![Cell::plain(name), Cell::styled(Style::Bad, condition), Cell::plain(""), Cell::plain(made)]
    };
    vec![
        row("www.example.test", "ready", "2026-03-01 12:00:00Z"),
        row(
            "a-very-long-name-of-a-site-that-somebody-really-has.example.test",
            "degraded: edited",
            "2026-03-01",
        ),
        row("日本.example.test\x1b[2J", "failed", "2026-03-01 12:00:00Z"),
    ]
}

fn shown(width: Option<usize>, colours: bool) -> String {
    written(width, colours, |screen| write(screen, &["site", "condition", "php", "made"], &rows()))
}

#[test]
fn piped_a_table_is_whole_and_plain() {
    insta::assert_snapshot!(shown(None, false));
}

#[test]
fn at_100_columns() {
    insta::assert_snapshot!(shown(Some(100), false));
}

#[test]
fn at_60_columns() {
    insta::assert_snapshot!(shown(Some(60), false));
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    for width in 10..120 {
        for line in shown(Some(width), false).lines() {
            assert!(line.width() <= width, "{width}: {line:?} has {}", line.width());
        }
    }
}

#[test]
fn colours_change_no_width() {
    let strip = |text: &str| {
        let codes = ["\x1b[0m", "\x1b[1m", "\x1b[2m", "\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[36m"];
        codes.iter().fold(text.to_owned(), |text, code| text.replace(code, ""))
    };
    assert_eq!(strip(&shown(Some(60), true)), shown(Some(60), false));
}
