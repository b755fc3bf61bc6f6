use serde_json::{Value, json};

use crate::testing::{Answer, FakePanel};

fn name() -> Value {
    json!({
        "name": "www.example.test", "is_primary": true, "state": "trouble",
        "ownership": { "state": "proven", "proof": "dns", "proven_at": "2026-03-01T12:00:00.000000Z", "accepted": [],
                       "record": null, "record_seen": null },
        "check": {
            "checked_at": "2026-03-01T12:00:00.000000Z", "next_at": "2026-03-01T12:10:00.000000Z", "leads": "elsewhere",
            "answers": "no", "not_looked": null, "alias": null, "name_servers": ["ns1.example.net"],
            "places": [{ "address": "203.0.113.9", "of_server": false, "answers": "no" }],
            "caa": ["0 issue \"letsencrypt.org\""], "ttl": 300,
            "troubles": [{ "code": "a_elsewhere", "detail": "It leads to 203.0.113.9.", "remedy": "Set an A record.",
                           "records": [{ "name": "www.example.test", "kind": "A", "value": "198.51.100.7" }] }],
        },
    })
}

fn pending() -> Value {
    let record = json!({ "name": "_holdfast-challenge.shop.example.test", "kind": "TXT", "value": "holdfast-verify=abc" });
    json!({
        "name": "shop.example.test", "is_primary": false, "state": "unseen", "check": null,
        "ownership": { "state": "pending", "proof": null, "proven_at": null, "accepted": ["dns"], "record": record,
                       "record_seen": null },
    })
}

#[tokio::test]
async fn names_are_told_with_what_was_seen_and_the_records_to_set() {
    let list = json!({ "items": [name(), pending()], "next": null });
    let panel = FakePanel::start([("GET /sites/www.example.test/names", Answer::json(200, &list))]);
    let ran = panel.run(&["site", "names", "www.example.test"]).await;
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    for part in [
        "www.example.test  something is to be done",
        "proven by a record in the DNS",
        "203.0.113.9 (another, answers otherwise)",
        "It leads to 203.0.113.9.\nSet an A record.\n    www.example.test A 198.51.100.7\n",
        "shop.example.test  nobody has looked yet",
        "pending: proven by dns, or approved by an administrator",
        "_holdfast-challenge.shop.example.test TXT holdfast-verify=abc",
    ] {
        assert!(ran.out.contains(part), "{part}: {}", ran.out);
    }
}

#[tokio::test]
async fn a_name_is_checked_at_its_own_site_or_at_the_one_that_is_named() {
    for (more, path) in [
        (vec![], "POST /sites/www.example.test/names/www.example.test/check"),
        (vec!["--site", "example.test"], "POST /sites/example.test/names/www.example.test/check"),
    ] {
        let panel = FakePanel::start([(path, Answer::json(200, &name()))]);
        let args: Vec<&str> = ["site", "check", "www.example.test"].into_iter().chain(more).collect();
        let ran = panel.run(&args).await;
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{path}");
        assert!(ran.out.contains("something is to be done"), "{}", ran.out);
    }
}

#[tokio::test]
async fn what_a_stranger_chose_does_not_act_on_the_terminal() {
    let mut odd = name();
    odd["check"]["alias"] = json!("\u{1b}]0;x\u{7}evil.example");
    let panel = FakePanel::start([(
        "POST /sites/www.example.test/names/www.example.test/check",
        Answer::json(200, &odd),
    )]);
    let ran = panel.run(&["site", "check", "www.example.test"]).await;
    assert!(!ran.out.contains('\u{1b}') && ran.out.contains("evil.example"), "{:?}", ran.out);
}
