use serde_json::{Value, json};

use crate::testing::{Answer, FakePanel, site};

const ID: &str = "01935b2e-7a4d-7c3e-8f10-0000000000c1";

/// The body of the change that `holdfast site https` makes.
async fn patched(more: &[&str]) -> Value {
    let panel = FakePanel::start([
        ("GET /sites/www.example.test", Answer::json(200, &site("ready", 1, 1)).with("etag", "\"g1\"")),
        ("PATCH /sites/www.example.test", Answer::json(200, &site("ready", 2, 2))),
    ]);
    let args: Vec<_> =
        ["site", "https", "www.example.test"].into_iter().chain(more.iter().copied()).collect();
    let ran = panel.run(&args).await;
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{args:?}");
    panel.seen()[1].body["https"].clone()
}

#[tokio::test]
async fn what_is_said_is_asked_for_and_the_rest_stays() {
    let year = json!({ "max_age": 31_536_000, "include_subdomains": true, "preload": true });
    let cases: [(&[&str], Value); 8] = [
        (&["--on"], json!({})),
        (&["--off"], Value::Null),
        (&["--certificate", ID], json!({ "certificate": ID })),
        (&["--certificate", "own"], json!({ "certificate": null })),
        (&["--force"], json!({ "force": true })),
        (&["--no-force"], json!({ "force": false, "hsts": null })),
        (&["--hsts", "none"], json!({ "hsts": null })),
        (
            &["--on", "--force", "--hsts", "31536000", "--include-subdomains", "--preload"],
            json!({ "force": true, "hsts": year }),
        ),
    ];
    for (args, wanted) in cases {
        assert_eq!(patched(args).await, wanted, "{args:?}");
    }
}

#[tokio::test]
async fn a_new_site_says_it_where_it_is_not_as_usual() {
    let cases: [(&[&str], Option<Value>); 3] = [
        (&[], None),
        (&["--no-https"], Some(Value::Null)),
        (&["--certificate", ID], Some(json!({ "certificate": ID }))),
    ];
    for (more, wanted) in cases {
        let panel = FakePanel::start([("POST /sites", Answer::json(201, &site("ready", 1, 1)))]);
        let args: Vec<_> =
            ["site", "create", "alice", "www.example.test"].into_iter().chain(more.iter().copied()).collect();
        assert_eq!(panel.run(&args).await.code, 0);
        assert_eq!(panel.only().body.get("https"), wanted.as_ref(), "{more:?}");
    }
}

#[tokio::test]
async fn how_a_site_answers_is_shown() {
    let cases = [
        (Value::Null, ["no", ""]),
        (
            json!({ "certificate": null, "force": false, "hsts": null }),
            ["yes, with a certificate of its own as soon as a name is approved", ""],
        ),
        (
            json!({ "certificate": { "id": ID, "own": false }, "force": false, "hsts": null }),
            ["yes, with certificate 01935b2e-7a4d-7c3e-8f10-0000000000c1", ""],
        ),
        (
            json!({ "certificate": { "id": ID, "own": true }, "force": true,
                    "hsts": { "max_age": 60, "include_subdomains": true, "preload": false } }),
            [
                "yes, with its own certificate 01935b2e-7a4d-7c3e-8f10-0000000000c1; visitors by HTTP are sent on",
                "60 seconds, for all names below, too",
            ],
        ),
    ];
    for (https, [words, hsts]) in cases {
        let mut shown = site("ready", 1, 1);
        shown["https"] = https;
        let panel = FakePanel::start([("GET /sites/www.example.test", Answer::json(200, &shown))]);
        let ran = panel.run(&["site", "show", "www.example.test"]).await;
        let value = |title: &str| {
            let line = ran.out.lines().find_map(|line| line.trim().strip_prefix(title)).unwrap_or_default();
            line.trim().to_owned()
        };
        assert_eq!((value("https "), value("hsts ")), (words.to_owned(), hsts.to_owned()), "{}", ran.out);
    }
}
