use serde_json::{Value, json};

use crate::testing::{Answer, FakePanel};

fn setting(name: &str, unit: &str, value: Value, from: &str) -> Value {
    let own = if from == "site" { value.clone() } else { Value::Null };
    json!({ "name": name, "directive": name, "what": "It does.", "unit": unit, "value": value, "from": from, "own": own,
            "otherwise": null, "usual": null, "least": null, "most": null, "choices": [], "held": false })
}

fn shown() -> Value {
    json!({
        "account": "alice", "site": "www.example.test", "php": "8.4", "pool": "alice-8.4",
        "settings": [
            setting("memory_limit", "bytes", json!("256M"), "site"),
            setting("max_execution_time", "seconds", json!(30), "usual"),
            setting("display_errors", "flag", json!(true), "account"),
            setting("disable_functions", "functions", json!(["exec"]), "usual"),
        ],
        "warnings": [{ "code": "errors_shown", "setting": "display_errors", "message": "Errors are shown." }],
    })
}

#[tokio::test]
async fn values_are_sent_in_the_types_that_the_panel_names() {
    let panel = FakePanel::start([
        ("GET /sites/www.example.test/php", Answer::json(200, &shown()).with("etag", "\"g3\"")),
        ("PATCH /sites/www.example.test/php", Answer::json(200, &shown())),
    ]);
    let args = [
        "php",
        "set",
        "www.example.test",
        "memory-limit=256M",
        "max_execution_time=60",
        "display_errors=off",
        "disable_functions=exec, system",
    ];
    let ran = panel.run(&args).await;
    assert_eq!((ran.code, ran.out.as_str()), (0, "php www.example.test: done\n"));
    let sent = &panel.seen()[1];
    let wanted = json!({ "memory_limit": "256M", "max_execution_time": 60, "display_errors": false,
                         "disable_functions": ["exec", "system"] });
    assert_eq!(sent.body, wanted);
}

#[tokio::test]
async fn an_account_is_known_by_its_name_and_what_it_chose_is_taken_back() {
    let mut of_account = shown();
    of_account["site"] = Value::Null;
    let panel = FakePanel::start([
        ("GET /accounts/alice/php", Answer::json(200, &of_account).with("etag", "\"g3\"")),
        ("PATCH /accounts/alice/php", Answer::json(202, &of_account)),
    ]);
    let ran = panel.run(&["php", "unset", "alice", "--all"]).await;
    assert_ne!(ran.code, 0, "the server has not followed");
    assert!(ran.err.contains("its pools are still to follow"), "{}", ran.err);
    assert_eq!(panel.seen()[1].body, json!({ "memory_limit": null }));
}

#[tokio::test]
async fn what_holds_is_shown_with_its_cause_and_its_warnings() {
    let panel = FakePanel::start([("GET /sites/www.example.test/php", Answer::json(200, &shown()))]);
    let ran = panel.run(&["php", "show", "www.example.test", "--chosen"]).await;
    assert_eq!(ran.code, 0);
    assert!(ran.out.contains("PHP 8.4, pool alice-8.4"), "{}", ran.out);
    assert!(ran.out.contains("256M") && ran.out.contains("display_errors"), "{}", ran.out);
    assert!(!ran.out.contains("max_execution_time"), "nobody chose it: {}", ran.out);
    assert!(ran.err.contains("Errors are shown."), "{}", ran.err);
}

#[tokio::test]
async fn a_setting_that_there_is_not_is_refused_with_those_that_there_are() {
    let panel = FakePanel::start([(
        "GET /sites/www.example.test/php",
        Answer::json(200, &shown()).with("etag", "\"g3\""),
    )]);
    let ran = panel.run(&["php", "set", "www.example.test", "sendmail_path=/bin/sh"]).await;
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("there are memory_limit, max_execution_time"), "{}", ran.err);
}

#[tokio::test]
async fn a_reset_says_whether_there_was_anything_to_forget() {
    for (ran, words) in [(true, "has forgotten"), (false, "slept")] {
        let script =
            [("POST /sites/www.example.test/php/opcache-reset", Answer::json(200, &json!({ "ran": ran })))];
        let panel = FakePanel::start(script);
        let told = panel.run(&["php", "reset-opcache", "www.example.test"]).await;
        assert_eq!(told.code, 0);
        assert!(told.out.contains(words), "{}", told.out);
    }
}
