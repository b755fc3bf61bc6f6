use serde_json::{Value, json};

use super::*;

fn rules(json: Value) -> Vec<Rule> {
    serde_json::from_value(json).unwrap()
}

fn user(name: &str) -> Value {
    json!({ "name": name, "hash": format!("$6$rounds=5000$saltsalt${}", "a".repeat(86)) })
}

#[test]
fn what_contradicts_itself_is_refused_with_its_place() {
    let cors = |origins: Value, credentials: bool| json!({ "cors": { "origins": origins, "methods": ["GET"], "credentials": credentials } });
    let redirect = |from: &str, to: &str| json!({ "redirect": { "from": from, "to": to } });
    let rate = |requests: u16| json!({ "rate_limit": { "requests": requests, "per": "second" } });
    let page = json!({ "error_page": { "status": 404, "page": "/404.html" } });
    let cases = [
        (
            json!([{ "set_header": { "name": "Set-Cookie", "value": "a" } }]),
            "0/set_header/name",
            "header_own",
        ),
        (json!([{ "rewrite": { "from": "/a/*", "to": "/b/$2" } }]), "0/rewrite/to", "capture_unknown"),
        (json!([redirect("/a", "/b/$1")]), "0/redirect/to", "capture_unknown"),
        (json!([redirect("/**", "/b")]), "0/redirect/to", "redirect_loop"),
        (json!([redirect("/a", "/a/")]), "0/redirect/to", "redirect_loop"),
        (json!([redirect("/a/*", "/a/$1")]), "0/redirect/to", "redirect_loop"),
        (json!([redirect("/a/**", "/a/b/$1?x=y")]), "0/redirect/to", "redirect_loop"),
        (
            json!([{ "redirect": { "from": "/a", "to": "/b?c=d", "keep_query": true } }]),
            "0/redirect/to",
            "redirect_query",
        ),
        (
            json!([{ "addresses": { "networks": [], "others": "deny" } }]),
            "0/addresses/networks",
            "list_empty",
        ),
        (
            json!([{ "password": { "realm": "a", "users": [user("a"), user("a")] } }]),
            "0/password/users/1/name",
            "user_twice",
        ),
        (json!([{ "cache": { "seconds": 31_536_001 } }]), "0/cache/seconds", "number_out_of_range"),
        (json!([cors(json!(["*", "https://a.example.org"]), false)]), "0/cors/origins", "origin_any"),
        (json!([cors(json!(["*"]), true)]), "0/cors/credentials", "origin_any"),
        (json!([{ "hotlink": { "endings": [] } }]), "0/hotlink/endings", "list_empty"),
        (json!([rate(0)]), "0/rate_limit/requests", "number_out_of_range"),
        (Value::Array(vec![rate(1); 9]), "8/rate_limit", "limits_too_many"),
        (json!([page.clone(), page]), "1/error_page/status", "rule_twice"),
        (
            json!([{ "body_size": { "size": "1M" } }, { "body_size": { "size": "2M" } }]),
            "1/body_size",
            "rule_twice",
        ),
        (
            json!([{ "listing": { "path": "/a" } }, { "listing": { "path": "/a/" } }]),
            "1/listing/path",
            "rule_twice",
        ),
        (Value::Array(vec![json!({ "deny": { "path": "/a" } }); 201]), "", "rules_too_many"),
    ];
    for (json, place, code) in cases {
        let error = check(&rules(json.clone())).expect_err(&json.to_string());
        assert_eq!((error.place.as_str(), error.code), (place, code), "{json}");
    }
    let headers = (0..33).map(|n| json!({ "remove_header": { "name": format!("X-{n}") } })).collect();
    assert_eq!(check(&rules(Value::Array(headers))).unwrap_err().code, "headers_too_many");
}

#[test]
fn what_goes_together_is_taken() {
    check(&crate::tests::every_rule()).unwrap();
    check::<DirectoryUser>(&[]).unwrap();
    check(&rules(json!([
        { "redirect": { "from": "/a/**", "to": "/b/$1" } },
        { "redirect": { "from": "/**", "to": "https://www.example.org/$1" } },
        { "redirect": { "from": "/old/*", "to": "/new/$1" } },
    ])))
    .unwrap();
}

#[test]
fn an_unknown_kind_and_an_unknown_field_are_refused() {
    for json in [
        json!([{ "raw": { "text": "return 200;" } }]),
        json!([{ "deny": { "path": "/a", "also": 1 } }]),
        json!([{ "deny": { "path": "/a" }, "cache": { "seconds": 1 } }]),
        json!([{ "error_page": { "status": 503, "page": "/a" } }]),
        json!([{ "redirect": { "from": "/a", "to": "/b", "code": 200 } }]),
    ] {
        assert!(serde_json::from_value::<Vec<Rule>>(json.clone()).is_err(), "{json}");
    }
}
