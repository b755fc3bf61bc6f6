use serde_json::{Value, json};

use crate::testing::{Answer, FakePanel, site};

/// The body of the change that a command makes of this site.
async fn patched(before: &Value, args: &[&str]) -> Value {
    let panel = FakePanel::start([
        ("GET /sites/www.example.test", Answer::json(200, before).with("etag", "\"g1\"")),
        ("PATCH /sites/www.example.test", Answer::json(200, &site("ready", 2, 2))),
    ]);
    let ran = panel.run(args).await;
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{args:?}");
    panel.seen()[1].body.clone()
}

fn sent_on() -> Value {
    let mut site = site("ready", 1, 1);
    site["aliases"] = json!(["example.test", "shop.example.test"]);
    site["redirected"] = json!(["example.test"]);
    site
}

#[tokio::test]
async fn names_are_sent_on_and_no_longer() {
    let edit = ["site", "edit", "www.example.test"];
    let with = |more: &[&'static str]| edit.iter().copied().chain(more.iter().copied()).collect::<Vec<_>>();
    let cases = [
        (
            with(&["--redirect-alias", "shop.example.test"]),
            json!({ "aliases": ["example.test", "shop.example.test"], "redirected": ["example.test", "shop.example.test"] }),
        ),
        (
            with(&["--redirect-alias", "new.example.test"]),
            json!({ "aliases": ["example.test", "shop.example.test", "new.example.test"], "redirected": ["example.test", "new.example.test"] }),
        ),
        (
            with(&["--no-redirect-alias", "example.test"]),
            json!({ "aliases": ["example.test", "shop.example.test"], "redirected": [] }),
        ),
        (
            with(&["--drop-alias", "example.test"]),
            json!({ "aliases": ["shop.example.test"], "redirected": [] }),
        ),
        (with(&["--drop-alias", "shop.example.test"]), json!({ "aliases": ["example.test"] })),
        (
            with(&["--name", "example.test", "--redirect-alias", "www.example.test"]),
            json!({ "name": "example.test", "aliases": ["shop.example.test", "www.example.test"], "redirected": ["www.example.test"] }),
        ),
    ];
    for (args, wanted) in cases {
        assert_eq!(patched(&sent_on(), &args).await, wanted, "{args:?}");
    }
}

#[tokio::test]
async fn a_name_that_is_not_sent_on_cannot_stop() {
    let panel = FakePanel::start([(
        "GET /sites/www.example.test",
        Answer::json(200, &sent_on()).with("etag", "\"g1\""),
    )]);
    let ran =
        panel.run(&["site", "edit", "www.example.test", "--no-redirect-alias", "shop.example.test"]).await;
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("visitors of shop.example.test are not sent on"), "{}", ran.err);
}

#[tokio::test]
async fn a_whole_site_is_sent_on_and_comes_back() {
    let edit = ["site", "edit", "www.example.test", "--redirect"];
    let to = "https://www.example.org/shop";
    let with = |more: &[&'static str]| edit.iter().copied().chain(more.iter().copied()).collect::<Vec<_>>();
    for (args, wanted) in [
        (with(&[to]), json!({ "to": to, "code": 301, "keep_path": false })),
        (
            with(&[to, "--redirect-code", "307", "--keep-path"]),
            json!({ "to": to, "code": 307, "keep_path": true }),
        ),
        (with(&["none"]), Value::Null),
    ] {
        assert_eq!(patched(&site("ready", 1, 1), &args).await, json!({ "redirect": wanted }), "{args:?}");
    }
    let panel = FakePanel::start([("POST /sites", Answer::json(201, &site("ready", 1, 1)))]);
    let args =
        ["site", "create", "alice", "www.example.test", "--redirect", to, "--redirect-alias", "example.test"];
    assert_eq!(panel.run(&args).await.code, 0);
    let wanted = json!({ "account": "alice", "name": "www.example.test", "aliases": ["example.test"], "redirected": ["example.test"],
                         "redirect": { "to": to, "code": 301, "keep_path": false } });
    assert_eq!(panel.only().body, wanted);
}

#[tokio::test]
async fn a_site_is_worked_on_and_switched_off() {
    let on = [
        "site",
        "maintenance",
        "on",
        "www.example.test",
        "--allow",
        "203.0.113.0/24",
        "--allow",
        "2001:db8::/32",
    ];
    let allow = json!({ "maintenance": { "allow": ["203.0.113.0/24", "2001:db8::/32"] } });
    assert_eq!(patched(&site("ready", 1, 1), &on).await, allow);
    let off = ["site", "maintenance", "off", "www.example.test"];
    assert_eq!(patched(&site("ready", 1, 1), &off).await, json!({ "maintenance": null }));
    for act in ["disable", "enable"] {
        let line = format!("POST /sites/www.example.test/{act}");
        let panel = FakePanel::start([(line.as_str(), Answer::json(200, &site("ready", 2, 2)))]);
        assert_eq!(panel.run(&["site", act, "www.example.test"]).await.code, 0);
        assert_eq!(panel.only().body, json!({}));
    }
}

#[tokio::test]
async fn what_visitors_get_is_shown() {
    let mut shown = sent_on();
    shown["redirect"] = json!({ "to": "https://www.example.org/", "code": 302, "keep_path": true });
    shown["maintenance"] = json!({ "allow": ["203.0.113.0/24"] });
    shown["disabled"] = true.into();
    let panel = FakePanel::start([("GET /sites/www.example.test", Answer::json(200, &shown))]);
    let ran = panel.run(&["site", "show", "www.example.test"]).await;
    let wanted = [
        ("sent on", "example.test"),
        ("redirect", "https://www.example.org/ (302, path and query kept)"),
        ("disabled", "yes"),
        ("maintenance", "yes, but not for 203.0.113.0/24"),
    ];
    for (title, value) in wanted {
        let shown =
            ran.out.lines().any(|line| line.trim().strip_prefix(title).is_some_and(|v| v.trim() == value));
        assert!(shown, "{title}: {}", ran.out);
    }
}
