use testkit::hostile::{FieldKind, for_field};

use super::{acts, json, line};

fn hostile() -> Vec<String> {
    let mut texts: Vec<String> = FieldKind::ALL
        .iter()
        .flat_map(|kind| for_field(*kind))
        .filter_map(|p| p.as_text().map(str::to_owned))
        .collect();
    let more = [
        "\x1b]0;pwned\x07",
        "\x1b[2J\x1b[H",
        "\u{9b}31m",
        "\x08\x08\x08rm",
        "a\rb",
        "\u{202e}txt.exe",
        "\u{e0041}",
    ];
    texts.extend(more.map(str::to_owned));
    texts.retain(|text| text.len() <= 4096);
    texts.sort_unstable();
    texts.dedup();
    assert!(
        texts.iter().filter(|text| text.contains(acts)).count() > 50,
        "the strings are not hostile enough"
    );
    texts
}

#[test]
fn nothing_in_a_line_acts_on_the_terminal() {
    for text in hostile() {
        let shown = line(&text);
        assert!(!shown.contains(acts), "{text:?} is shown as {shown:?}");
    }
}

#[test]
fn a_line_shows_what_was_there() {
    assert_eq!(line("\x1b[2J"), "\\x1b[2J");
    assert_eq!(line("a\nb\tc\r"), "a\\nb\\tc\\r");
    assert_eq!(line("\u{202e}exe"), "\\u{202e}exe");
    assert_eq!(line("münchen 日本"), "münchen 日本");
}

#[test]
fn json_means_the_same_and_nothing_in_it_acts() {
    for text in hostile() {
        let document = format!("{{\n\t\"name\": {}\r\n}}", serde_json::to_string(&text).unwrap());
        let shown = json(&document);
        assert!(!shown.contains(|c| acts(c) && c != '\n' && c != '\t'), "{text:?} is shown as {shown:?}");
        let value: serde_json::Value = serde_json::from_str(&shown).unwrap();
        assert_eq!(value["name"], text);
    }
}
