use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::*;

/// One of each kind, with every field.
fn every_rule() -> Value {
    json!([
        { "set_header": { "path": "/a", "name": "X-A", "value": "a" } },
        { "remove_header": { "path": "/a", "name": "X-A" } },
        { "rewrite": { "from": "/a", "to": "/b" } },
        { "redirect": { "from": "/a", "to": "/b", "code": 302, "keep_query": true } },
        { "deny": { "path": "/a" } },
        { "addresses": { "path": "/a", "networks": ["203.0.113.0/24"], "others": "deny" } },
        { "password": { "path": "/a", "realm": "a", "users": [{ "name": "alice" }] } },
        { "cache": { "path": "/a", "endings": ["css"], "seconds": 1 } },
        { "cors": { "path": "/a", "origins": ["*"], "methods": ["GET"], "headers": ["X-A"], "credentials": false, "preflight": 1 } },
        { "hotlink": { "endings": ["jpg"], "referers": ["example.org"], "strict": true } },
        { "body_size": { "size": "1M" } },
        { "rate_limit": { "path": "/a", "requests": 1, "per": "second", "burst": 1 } },
        { "connection_limit": { "path": "/a", "connections": 1 } },
        { "error_page": { "status": 404, "page": "/a" } },
        { "index": { "files": ["a.html"] } },
        { "listing": { "path": "/a" } },
        { "front_controller": { "path": "/a", "to": "/b" } },
    ])
}

fn keys(object: &Value) -> BTreeSet<String> {
    object.as_object().unwrap().keys().cloned().collect()
}

#[test]
fn the_description_of_a_rule_has_the_kinds_and_fields_that_there_are() {
    let schema = serde_json::to_value(SiteRule::schema()).unwrap();
    let mut described = BTreeMap::new();
    for kind in schema["oneOf"].as_array().expect("kinds") {
        let name = kind["required"][0].as_str().unwrap();
        described.insert(name.to_owned(), kind["properties"][name].clone());
    }
    let rules = every_rule();
    let read: Vec<SiteRule> = serde_json::from_value(rules.clone()).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), rules);
    let kinds: BTreeSet<&str> = read.iter().map(|rule| rule.0.kind()).collect();
    assert_eq!(kinds, described.keys().map(String::as_str).collect());
    for rule in rules.as_array().unwrap() {
        let (kind, fields) = rule.as_object().unwrap().iter().next().unwrap();
        assert_eq!(keys(&described[kind]["properties"]), keys(fields), "{kind}");
        for left_out in keys(fields) {
            let mut fewer = rule.clone();
            fewer[kind].as_object_mut().unwrap().remove(&left_out);
            let needed = serde_json::from_value::<SiteRule>(fewer).is_err();
            let required = described[kind]["required"].as_array().unwrap();
            assert_eq!(required.iter().any(|name| *name == *left_out), needed, "{kind} {left_out}");
        }
    }
}

#[test]
fn hashes_are_not_shown() {
    let hash = format!("$6$rounds=5000$saltsalt${}", "a".repeat(86));
    let rule = json!({ "password": { "realm": "a", "users": [{ "name": "alice", "hash": hash }] } });
    let shown = SiteRule::of(serde_json::from_value(rule).unwrap());
    let text = serde_json::to_string(&shown).unwrap();
    assert_eq!(text, r#"{"password":{"realm":"a","users":[{"name":"alice"}]}}"#);
}

#[test]
fn every_preset_is_shown_as_it_may_be_sent() {
    let presets = RulePresets::all().unwrap();
    assert_eq!(presets.presets.len(), 5);
    for preset in presets.presets {
        let body = json!({ "rules": preset.rules });
        let put: PutRules = api_kit::json::parse(body.to_string().as_bytes()).unwrap();
        assert_eq!(put.rules.len(), preset.rules.len());
    }
}

#[test]
fn what_cannot_be_read_is_refused_at_its_place() {
    for (rule, pointer) in [
        (json!({ "redirect": { "from": "/a;", "to": "/b" } }), "/rules/0/redirect/from"),
        (json!({ "redirect": { "from": "/a", "to": "https://x/;\n}" } }), "/rules/0/redirect/to"),
        (json!({ "deny": { "path": "/a", "extra": 1 } }), "/rules/0/deny/extra"),
        (
            json!({ "set_header": { "name": "X-A", "value": "a\r\nSet-Cookie: b" } }),
            "/rules/0/set_header/value",
        ),
        (
            json!({ "password": { "realm": "a", "users": [{ "name": "a:b" }] } }),
            "/rules/0/password/users/0/name",
        ),
        (
            json!({ "password": { "realm": "a", "users": [{ "name": "a", "password": "short" }] } }),
            "/rules/0/password/users/0/password",
        ),
    ] {
        let body = json!({ "rules": [rule] });
        let error = api_kit::json::parse::<PutRules>(body.to_string().as_bytes()).unwrap_err();
        let text = format!("{error:?}");
        assert!(text.contains(&format!("\"{pointer}\"")), "{pointer}: {text}");
        assert!(!text.contains("short") && !text.contains("Set-Cookie"), "{text}");
    }
}
