use serde_json::{Value, json};

use super::*;

/// A line as the panel writes it, with the hash that it must have.
fn entry(seq: i64, previous: &str, via: Option<&str>) -> (String, String) {
    let mut line = json!({
        "seq": seq, "id": format!("id{seq}"), "at": "1970-01-01T00:00:00.000007Z", "actor_kind": "root", "actor_id": null,
        "actor_name": "root", "origin": "socket", "request_id": "r", "action": "site.create", "object_kind": "site", "object_id": "s",
        "account_id": "a", "before": null, "after": "{\"b\":1,\"a\":2}", "plan_hash": null, "outcome": "done", "organisation_id": null,
        "via": via, "via_id": null, "prev_hash": previous,
    });
    let mut parts = format!(
        "{previous} {seq} id{seq} 7 +root - +root +socket +r +site.create +site +s +a - +{{\"b\":1,\"a\":2}} - +done"
    );
    if let Some(via) = via {
        parts = format!("{parts} - +{via} -");
    }
    let hash = Digest::of_parts(parts.split(' ')).to_string();
    line["hash"] = hash.as_str().into();
    (line.to_string(), hash)
}

fn file() -> Vec<String> {
    let first = json!({ "format": "holdfast-audit-1", "scope": "whole" }).to_string();
    let mut lines = vec![first];
    let mut previous = "0".repeat(64);
    for seq in 1..=4 {
        let (line, hash) = entry(seq, &previous, (seq > 2).then_some("token"));
        lines.push(line);
        previous = hash;
    }
    lines.push(json!({ "end": true, "entries": 4, "head": previous }).to_string());
    lines
}

fn read(lines: &[String]) -> Result<Whole, Fault> {
    verify(format!("{}\n", lines.join("\n")).as_bytes())
}

fn broken(lines: &[String]) -> i64 {
    match read(lines) {
        Err(Fault::Broken { seq, .. }) => seq,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_file_that_is_whole_is_intact() {
    let whole = read(&file()).unwrap();
    let last: Value = serde_json::from_str(file().last().unwrap()).unwrap();
    assert_eq!((whole.entries, whole.head.as_str()), (4, last["head"].as_str().unwrap()));
}

#[test]
fn a_change_of_any_member_a_removed_line_and_an_early_end_show() {
    let lines = file();
    let second: Value = serde_json::from_str(&lines[2]).unwrap();
    for name in second.as_object().unwrap().keys() {
        let mut edited = lines.clone();
        let mut line = second.clone();
        line[name] = match name.as_str() {
            "seq" => json!(7),
            "at" => json!("1970-01-01T00:00:00.000008Z"),
            _ => json!("x"),
        };
        edited[2] = line.to_string();
        assert_eq!(broken(&edited), 2, "{name}");
    }
    for at in 1..=4 {
        let mut removed = lines.clone();
        removed.remove(at);
        assert_eq!(broken(&removed), i64::try_from(at).unwrap(), "without entry {at}");
    }
    assert_eq!(broken(&lines[..4]), 4, "the end is missing");
    let mut longer = lines.clone();
    longer.push(lines[1].clone());
    assert_eq!(broken(&longer), 5, "something behind the end");
    let mut swapped = lines.clone();
    swapped.swap(2, 3);
    assert_eq!(broken(&swapped), 2);
}

#[test]
fn a_part_and_what_is_no_audit_are_told_apart_from_a_broken_one() {
    let part = json!({ "format": "holdfast-audit-1", "scope": "part" }).to_string();
    assert!(matches!(read(&[part]), Err(Fault::NotWhole(_))));
    assert!(matches!(read(&["{}".to_owned()]), Err(Fault::NotWhole(_))));
    assert!(matches!(verify(&b""[..]), Err(Fault::NotWhole(_))));
    assert!(matches!(read(&["seq,at".to_owned()]), Err(Fault::Unreadable(_))));
    let whole = file().join("\n");
    assert!(
        matches!(verify(&whole.as_bytes()[..whole.len() - 1]), Err(Fault::Unreadable(_))),
        "cut within the last line"
    );
    let first = json!({ "format": "holdfast-audit-1", "scope": "whole" }).to_string();
    let none = read(&[first, json!({ "end": true, "entries": 0, "head": null }).to_string()]);
    assert_eq!(none.unwrap().entries, 0);
}
