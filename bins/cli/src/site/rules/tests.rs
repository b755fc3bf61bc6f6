use serde_json::{Value, json};

use super::fields::{self, Holds};
use crate::testing::{Answer, FakePanel, site};

fn there() -> Value {
    let mut rules = site("ready", 1, 1);
    rules["rules"] = json!([
        { "deny": { "path": "/a" } },
        { "password": { "path": "/m", "realm": "M", "users": [{ "name": "alice" }] } },
        { "cache": { "endings": ["css", "js"], "seconds": 60 } },
    ]);
    rules
}

fn presets() -> Value {
    json!({ "presets": [{ "name": "wordpress", "rules": [{ "deny": { "path": "/xmlrpc.php" } }] }] })
}

/// The rules that a command puts in the place of those that are there.
async fn put(args: &[&str]) -> Value {
    let asks = args[0] == "preset";
    let presets = asks.then(|| ("GET /sites/rule-presets", Answer::json(200, &presets())));
    let panel = FakePanel::start(presets.into_iter().chain([
        ("GET /sites/www.example.test/rules", Answer::json(200, &there()).with("etag", "\"g1\"")),
        ("PUT /sites/www.example.test/rules", Answer::json(200, &there())),
    ]));
    let all: Vec<&str> = ["site", "rules"].into_iter().chain(args.iter().copied()).collect();
    let ran = panel.run(&all).await;
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{args:?}");
    panel.seen().last().unwrap().body["rules"].clone()
}

#[tokio::test]
async fn rules_are_added_moved_and_removed_among_those_that_are_there() {
    let all = there()["rules"].clone();
    let [a, m, c] = [&all[0], &all[1], &all[2]];
    let redirect =
        json!({ "redirect": { "from": "/old/**", "to": "/new/$1?a=b", "code": 302, "keep_query": true } });
    let added = put(&[
        "add",
        "www.example.test",
        "redirect",
        "from=/old/**",
        "to=/new/$1?a=b",
        "code=302",
        "keep_query",
    ])
    .await;
    assert_eq!(added, json!([a, m, c, redirect]));
    let first = put(&[
        "add",
        "www.example.test",
        "addresses",
        "networks=10.0.0.0/8,::1/128",
        "others=deny",
        "--at",
        "1",
    ])
    .await;
    assert_eq!(
        first,
        json!([{ "addresses": { "networks": ["10.0.0.0/8", "::1/128"], "others": "deny" } }, a, m, c])
    );
    assert_eq!(put(&["move", "www.example.test", "3", "1"]).await, json!([c, a, m]));
    assert_eq!(put(&["move", "www.example.test", "1", "200"]).await, json!([m, c, a]));
    assert_eq!(put(&["remove", "www.example.test", "2"]).await, json!([a, c]));
    let preset = json!({ "deny": { "path": "/xmlrpc.php" } });
    assert_eq!(put(&["preset", "www.example.test", "wordpress"]).await, json!([a, m, c, preset]));
    assert_eq!(put(&["preset", "www.example.test", "wordpress", "--replace"]).await, json!([preset]));
}

#[tokio::test]
async fn a_file_takes_the_place_of_all() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("rules.json");
    for document in
        [json!([{ "deny": { "path": "/x" } }]), json!({ "rules": [{ "deny": { "path": "/x" } }] })]
    {
        std::fs::write(&file, document.to_string()).unwrap();
        let rules = put(&["set", "www.example.test", file.to_str().unwrap()]).await;
        assert_eq!(rules, json!([{ "deny": { "path": "/x" } }]));
    }
}

#[tokio::test]
async fn the_list_is_numbered_and_shows_names_alone() {
    let panel = FakePanel::start([("GET /sites/www.example.test/rules", Answer::json(200, &there()))]);
    let ran = panel.run(&["site", "rules", "list", "www.example.test"]).await;
    let lines: Vec<&str> = ran.out.lines().collect();
    assert_eq!(lines.len(), 4, "{}", ran.out);
    assert!(lines[1].contains("deny") && lines[1].contains("path=/a"), "{}", ran.out);
    assert!(
        lines[2].contains("users=alice") && lines[3].contains("endings=css,js seconds=60"),
        "{}",
        ran.out
    );
}

#[tokio::test]
async fn a_number_that_is_none_of_the_list_and_a_field_that_is_none_of_the_kind_are_refused() {
    for args in [
        &["site", "rules", "remove", "www.example.test", "4"][..],
        &["site", "rules", "add", "www.example.test", "deny", "from=/a"],
        &["site", "rules", "add", "www.example.test", "cache", "seconds=soon"],
        &["site", "rules", "add", "www.example.test", "hotlink", "strict=maybe"],
    ] {
        let panel = FakePanel::start([(
            "GET /sites/www.example.test/rules",
            Answer::json(200, &there()).with("etag", "\"g1\""),
        )]);
        let ran = panel.run(args).await;
        assert_ne!((ran.code, ran.err.as_str()), (0, ""), "{args:?}");
    }
}

#[test]
fn kinds_and_fields_are_those_of_the_api() {
    let api = include_str!("../../../../../docs/reference/openapi.json");
    let api: Value = serde_json::from_str(api).unwrap();
    let described = &api["components"]["schemas"]["SiteRule"]["oneOf"];
    let described =
        described.as_array().expect("the API's description is not of this version: cargo xtask openapi");
    assert_eq!(described.len(), fields::KINDS.len());
    for (kind, known) in fields::KINDS {
        let of_kind = described.iter().find_map(|one| one["properties"].get(kind)).expect(kind);
        let properties = of_kind["properties"].as_object().unwrap();
        assert_eq!(properties.len(), known.len(), "{kind}");
        for (name, holds) in known {
            let wanted = match properties[*name]["type"].as_str().unwrap() {
                "string" => Holds::Text,
                "integer" => Holds::Number,
                "boolean" => Holds::Switch,
                "array" => Holds::List,
                other => panic!("{kind} {name}: {other}"),
            };
            assert_eq!(*holds, wanted, "{kind} {name}");
        }
    }
}
