//! Set Z: what every text field gets, whatever it holds.

use serde_json::json;

use super::{Expect, FieldKind, Payload, Value};

/// Where a fragment is put relative to a good value.
const EVERYWHERE: &[&str] = &["alone", "front", "within", "behind"];
const FRONT: &[&str] = &["alone", "front"];
const ALONE: &[&str] = &["alone"];

/// Family, name, fragment, places.
fn fragments() -> Vec<(&'static str, &'static str, String, &'static [&'static str])> {
    let mut all: Vec<(&str, &str, String, &[&str])> = Vec::new();
    for (id, name, text) in [
        ("Z1", "line feed", "\n"),
        ("Z2", "carriage return", "\r"),
        ("Z3", "both", "\r\n"),
        ("Z4", "NUL", "\0"),
        ("Z5", "line separator", "\u{2028}"),
        ("Z5", "paragraph separator", "\u{2029}"),
        ("Z6", "next line", "\u{85}"),
        ("Z7", "vertical tab and form feed", "\u{b}\u{c}"),
        ("Z7", "tab", "\t"),
        ("Z9", "overlong dot", "%c0%ae"),
        ("Z10", "twice encoded line feed", "%250a"),
        ("Z10", "encoded line feed", "%0a"),
        ("Z12", "substitution", "$(id)"),
        ("Z12", "back quotes", "`id`"),
        ("Z12", "semicolon", ";id"),
        ("Z12", "pipe", "|id"),
        ("Z12", "and", "&&id"),
        ("Z13", "single quote", "'"),
        ("Z13", "double quote", "\""),
        ("Z13", "backslash", "\\"),
        ("Z14", "jndi", "${jndi:x}"),
        ("Z14", "template", "{{7*7}}"),
        ("Z14", "server page", "<%=7*7%>"),
        ("Z15", "markup", "<svg onload=alert(1)>"),
        ("Z19", "right to left", "\u{202e}"),
        ("Z19", "isolate", "\u{2066}"),
        ("Z22", "window title", "\u{1b}]0;owned\u{7}"),
        ("Z22", "clear screen", "\u{1b}[2J"),
        ("Z22", "C1 control sequence", "\u{9b}2J"),
        ("Z22", "delete", "\u{7f}"),
        ("Z22", "backspace", "\u{8}"),
    ] {
        all.push((id, name, text.to_owned(), EVERYWHERE));
    }
    for (id, name, text) in [
        ("Z11", "dash", "-"),
        ("Z11", "two dashes", "--"),
        ("Z11", "option", "--help"),
        ("Z16", "formula", "=cmd|'/c'!A1"),
        ("Z16", "formula with at", "@SUM(1+1)*cmd|'/c'!A1"),
        ("Z20", "space", " "),
        ("Z20", "no-break space", "\u{a0}"),
        ("Z20", "byte order mark", "\u{feff}"),
        ("Z20", "zero width space", "\u{200b}"),
    ] {
        all.push((id, name, text.to_owned(), FRONT));
    }
    all.push(("Z20", "space", " ".to_owned(), &["behind"]));
    all.push(("Z20", "no-break space", "\u{a0}".to_owned(), &["behind"]));
    all.push(("Z20", "empty", String::new(), ALONE));
    all.push(("Z20", "spaces", "   ".to_owned(), ALONE));
    all.push(("Z17", "one mebibyte", "A".repeat(1 << 20), ALONE));
    all.push(("Z17", "one mebibyte", "a".repeat(1 << 20), &["behind"]));
    all.push(("Z18", "combining marks", "a\u{301}".repeat(32 << 10), ALONE));
    all.push(("Z18", "combining marks", "\u{301}".repeat(32 << 10), &["behind"]));
    all
}

/// The fragments alone and around the kind's sample.
pub(super) fn around(kind: FieldKind) -> Vec<Payload> {
    let sample = kind.sample();
    let middle = sample.len() / 2;
    let mut all = Vec::new();
    for (family, name, fragment, places) in fragments() {
        for place in places {
            let text = match *place {
                "front" => format!("{fragment}{sample}"),
                "within" => format!("{}{fragment}{}", &sample[..middle], &sample[middle..]),
                "behind" => format!("{sample}{fragment}"),
                _ => fragment.clone(),
            };
            let mut payload = Payload::text(format!("{family} {name}, {place}"), text);
            if kind.is_free() && !controls(&fragment) && !matches!(family, "Z17" | "Z18") {
                payload.expect = Expect::RefusedOrKept;
            }
            all.push(payload);
        }
    }
    all
}

/// What no field takes: control characters and the line ends of Unicode.
fn controls(text: &str) -> bool {
    text.contains(|c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'))
}

/// Z8 and Z21: no string at all, or a body that JSON libraries disagree on.
pub(super) fn confused() -> Vec<Payload> {
    let refused = |id: &str, value| Payload { id: id.to_owned(), value, expect: Expect::Refused };
    let mut all: Vec<Payload> = [
        ("Z21 number", json!(1)),
        ("Z21 fraction", json!(-1.5)),
        ("Z21 array", json!(["x"])),
        ("Z21 empty array", json!([])),
        ("Z21 object", json!({"$gt": ""})),
        ("Z21 object with length", json!({"length": 1, "toString": "x"})),
        ("Z21 true", json!(true)),
    ]
    .into_iter()
    .map(|(id, value)| refused(id, Value::Json(value)))
    .collect();
    // an optional field may take null for "none"
    let null = Payload { expect: Expect::RefusedOrKept, ..refused("Z21 null", Value::Json(json!(null))) };
    all.push(null);
    for (id, bytes) in [
        ("Z8 invalid UTF-8", &b"\"a\xffb\""[..]),
        ("Z8 overlong UTF-8", b"\"\xc0\xae\""),
        ("Z8 surrogate in UTF-8", b"\"\xed\xa0\x80\""),
        ("Z8 lone surrogate", br#""\ud800""#),
        ("Z8 lone low surrogate", br#""\udc00x""#),
        ("Z21 not a number", b"NaN"),
        ("Z21 huge number", b"1e999"),
        ("Z21 bare word", b"undefined"),
        ("Z21 line end in a string", b"\"a\nb\""),
        ("Z21 comment", br#""x"/* */"#),
    ] {
        all.push(refused(id, Value::Raw(bytes.to_vec())));
    }
    for depth in [1_000, 100_000] {
        let nested = [b"[".repeat(depth), b"]".repeat(depth)].concat();
        all.push(refused(&format!("Z21 {depth} arrays"), Value::Raw(nested)));
    }
    all.push(refused("Z21 the field twice", Value::Member { name: None, value: json!("x") }));
    for name in ["__proto__", "constructor", "unknown_field"] {
        let value = Value::Member { name: Some(name), value: json!({"admin": true}) };
        all.push(refused(&format!("Z21 member {name}"), value));
    }
    all
}
