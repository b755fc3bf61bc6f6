use serde_json::{Value, json};

use crate::testing::{Answer, FakePanel, problem};

const ID: &str = "01935b2e-7a4d-7c3e-8f10-0123456789ab";

/// A certificate as the API shows it.
fn certificate(condition: &str, observed: u64, generation: u64) -> Value {
    json!({
        "id": ID, "account": "alice", "names": ["example.test", "www.example.test"], "source": "brought", "key_kind": "ecdsa",
        "self_signed": false, "issuer": "R11 (Let's Encrypt)", "serial": "04:ab", "not_before": "2026-03-01T12:00:00.000000Z",
        "not_after": "2026-05-30T12:00:00.000000Z", "covers": ["example.test", "www.example.test"], "site": null,
        "sites": [{ "id": ID, "name": "www.example.test" }],
        "created_at": "2026-03-01T12:00:00.000000Z", "updated_at": "2026-03-01T12:00:00.000000Z",
        "generation": generation, "observed_generation": observed, "condition": condition, "reason": null,
        "message": null, "since": "2026-03-01T12:00:01.000000Z", "attempts": 0, "next_attempt_at": null,
    })
}

/// One that no authority has issued yet.
fn waiting() -> Value {
    let mut waiting = certificate("ready", 1, 1);
    let issued = ["issuer", "serial", "not_before", "not_after"];
    for field in issued {
        waiting[field] = Value::Null;
    }
    waiting["covers"] = json!([]);
    waiting["self_signed"] = true.into();
    waiting["source"] = "authority".into();
    waiting
}

#[tokio::test]
async fn a_chain_and_its_key_are_read_from_files_and_followed_by_the_id_that_they_get() {
    let show = format!("GET /certificates/{ID}");
    let panel = FakePanel::start([
        ("POST /certificates", Answer::json(202, &certificate("pending", 0, 1))),
        (show.as_str(), Answer::json(200, &certificate("ready", 1, 1))),
    ]);
    let [chain, key] = ["chain.pem", "key.pem"].map(|name| panel.dir.path().join(name));
    std::fs::write(&chain, "the chain\n").unwrap();
    std::fs::write(&key, "the key\n").unwrap();
    let (chain, key) = (chain.display().to_string(), key.display().to_string());
    let ran = panel.run(&["certificate", "bring", "alice", "--chain", &chain, "--key", &key]).await;
    let told = format!("certificate {ID}: ready, generation 1/1\n");
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (0, told.as_str(), ""));
    let body = &panel.seen()[0].body;
    assert_eq!(*body, json!({ "account": "alice", "chain": "the chain\n", "key": "the key\n" }));
}

#[tokio::test]
async fn a_file_that_is_not_there_asks_the_panel_nothing() {
    let panel = FakePanel::start([]);
    let ran = panel
        .run(&["certificate", "bring", "alice", "--chain", "/nowhere.pem", "--key", "/nowhere.key"])
        .await;
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("--chain /nowhere.pem"), "{}", ran.err);
    assert!(panel.seen().is_empty());
}

#[tokio::test]
async fn names_are_asked_for() {
    let panel = FakePanel::start([("POST /certificates", Answer::json(201, &waiting()))]);
    let args = ["certificate", "create", "alice", "example.test", "www.example.test"];
    assert_eq!(panel.run(&args).await.code, 0);
    let wanted = json!({ "account": "alice", "names": ["example.test", "www.example.test"] });
    assert_eq!(panel.only().body, wanted);
}

#[tokio::test]
async fn what_was_brought_is_replaced_and_goes() {
    let replace = format!("PUT /certificates/{ID}/chain");
    let panel = FakePanel::start([(replace.as_str(), Answer::json(200, &certificate("ready", 2, 2)))]);
    let file = panel.dir.path().join("pair.pem");
    std::fs::write(&file, "pem").unwrap();
    let file = file.display().to_string();
    let args = ["certificate", "replace", ID, "--chain", &file, "--key", &file, "--if-match", "\"g1\""];
    let ran = panel.run(&args).await;
    assert_eq!(ran.code, 0, "{}", ran.err);
    let seen = panel.only();
    assert_eq!(
        (&seen.body, seen.header("if-match")),
        (&json!({ "chain": "pem", "key": "pem" }), Some("\"g1\""))
    );
    let delete = format!("DELETE /certificates/{ID}");
    let panel = FakePanel::start([(delete.as_str(), Answer::gone())]);
    let ran = panel.run(&["certificate", "delete", ID, "--yes"]).await;
    assert_eq!((ran.code, ran.out), (0, format!("certificate {ID}: gone\n")));
    let panel =
        FakePanel::start([(delete.as_str(), problem(409, "in_use", "The site www.example.test shows it."))]);
    let ran = panel.run(&["certificate", "delete", ID, "--yes"]).await;
    assert!(ran.code != 0 && ran.err.contains("www.example.test shows it"), "{}", ran.err);
}

#[tokio::test]
async fn a_certificate_is_shown() {
    for (name, shown) in [("issued", certificate("ready", 1, 1)), ("waiting", waiting())] {
        let show = format!("GET /certificates/{ID}");
        let panel = FakePanel::start([(show.as_str(), Answer::json(200, &shown))]);
        let ran = panel.run(&["certificate", "show", ID]).await;
        insta::assert_snapshot!(name, ran.out);
    }
}

#[tokio::test]
async fn certificates_are_listed_with_what_is_asked_for() {
    let page = json!({ "items": [certificate("ready", 1, 1), waiting()] });
    let line = "GET /certificates?limit=200&account=alice&q=example&sort=expires";
    let panel = FakePanel::start([(line, Answer::json(200, &page))]);
    let args = ["certificate", "list", "--account", "alice", "--query", "example", "--sort", "expires"];
    let ran = panel.run_with(&args, "", |screen| screen.width = Some(160)).await;
    insta::assert_snapshot!(ran.out);
}
