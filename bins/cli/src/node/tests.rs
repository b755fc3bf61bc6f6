use serde_json::{Value, json};

use crate::testing::{Answer, FakePanel};

fn node() -> Value {
    json!({
        "id": "01935b2e-7a4d-7c3e-8f10-0123456789ab", "name": "server1.example.test", "addresses": ["192.0.2.10"],
        "listen": ["0.0.0.0:80", "[::]:80"], "listen_tls": ["0.0.0.0:443"], "tls_profile": "intermediate",
        "php_versions": ["8.4"], "panel_version": "0.1.0", "host": null,
        "webserver": { "generation": 1, "observed_generation": 1, "condition": "ready", "reason": null, "message": null,
                       "since": "2026-03-01T12:00:01.000000Z", "attempts": 0, "next_attempt_at": null },
    })
}

#[tokio::test]
async fn what_the_web_server_listens_on_is_changed_part_by_part() {
    let cases: [(&[&str], Value); 4] = [
        (&["--listen", "0.0.0.0:80,[::]:80"], json!({ "listen": ["0.0.0.0:80", "[::]:80"] })),
        (&["--listen-tls", "0.0.0.0:443,[::]:443"], json!({ "listen_tls": ["0.0.0.0:443", "[::]:443"] })),
        (&["--listen-tls", "none"], json!({ "listen_tls": [] })),
        (&["--tls-profile", "modern"], json!({ "tls_profile": "modern" })),
    ];
    for (more, wanted) in cases {
        let panel = FakePanel::start([
            ("GET /node", Answer::json(200, &node()).with("etag", "\"g1\"")),
            ("PATCH /node", Answer::json(200, &node())),
        ]);
        let args: Vec<_> = ["node", "edit"].into_iter().chain(more.iter().copied()).collect();
        let ran = panel.run(&args).await;
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{args:?}");
        assert_eq!(panel.seen()[1].body, wanted, "{args:?}");
    }
}

#[tokio::test]
async fn what_it_listens_on_for_https_is_shown() {
    for (listen_tls, wanted) in [(json!(["0.0.0.0:443"]), "0.0.0.0:443"), (json!([]), "nothing")] {
        let mut shown = node();
        shown["listen_tls"] = listen_tls;
        let panel = FakePanel::start([("GET /node", Answer::json(200, &shown))]);
        let ran = panel.run(&["node", "show"]).await;
        let line = ran.out.lines().find_map(|line| line.trim().strip_prefix("for https on"));
        assert_eq!(line.map(str::trim), Some(wanted), "{}", ran.out);
    }
}
