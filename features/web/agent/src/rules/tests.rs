use serde_json::json;

use super::*;
use crate::conf::write;
use crate::testing::{rules, site, spec};

fn of(json: serde_json::Value) -> RuleConf {
    conf(site(1), &SiteSpec { rules: rules(json), ..spec(&["www.example.test"]) }, "/home")
}

#[test]
fn a_site_without_rules_gets_nothing() {
    assert_eq!(of(json!([])), RuleConf::default());
}

#[test]
fn of_rules_that_set_something_the_first_that_fits_is_the_last_that_sets() {
    let conf = of(json!([
        { "cache": { "path": "/a", "seconds": 1 } },
        { "cache": { "seconds": 2 } },
    ]));
    let text = write(&conf.behind, 0).unwrap();
    assert!(text.find("2s").unwrap() < text.find("1s").unwrap(), "{text}");
}

#[test]
fn of_rules_that_answer_each_stands_at_its_place() {
    let conf = of(json!([
        { "redirect": { "from": "/a", "to": "/b" } },
        { "deny": { "path": "/c" } },
        { "redirect": { "from": "/d", "to": "/e" } },
    ]));
    let text = write(&conf.behind, 0).unwrap();
    let behind = text.split("set $hf_again 1;").nth(1).unwrap();
    let places = ["^/a/?", "^/c(?:", "^/d/?"].map(|part| behind.find(part).unwrap());
    assert!(places.is_sorted(), "{text}");
}

#[test]
fn a_limits_zone_and_its_key_have_the_same_number_wherever_the_rule_stands() {
    let rate = |path: &str| json!({ "rate_limit": { "path": path, "requests": 1, "per": "second" } });
    let one = of(json!([rate("/a"), rate("/b")]));
    let other = of(json!([{ "deny": { "path": "/x" } }, rate("/b"), rate("/a")]));
    assert_eq!(one.http, other.http);
    let text = write(&one.http, 0).unwrap();
    assert!(text.contains("$hf_rate_0 zone=hf_rate_") && text.contains("_1:1m"), "{text}");
}

#[test]
fn settings_that_are_rules_go_before_the_sites_own() {
    let conf = of(json!([{ "body_size": { "size": "1M" } }, { "index": { "files": ["a.html"] } }]));
    assert_eq!(conf.body_size.map(|size| size.to_string()), Some("1M".to_owned()));
    assert_eq!(conf.index.map(|index| index.to_string()), Some("a.html".to_owned()));
}
