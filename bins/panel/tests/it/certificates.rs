//! Certificates over the API: brought, asked for, shown by sites, replaced, deleted; and where their keys are not.

use std::time::Duration;

use api_kit::testing::{Answer, Client};
use serde_json::{Value, json};

use crate::bench::Bench;
use crate::issuer::{Authority, Leaf};

const CERTIFICATES: &str = "/api/v1/certificates";

async fn bench() -> Bench {
    let bench = Bench::new().await;
    let listen = json!({ "listen_tls": ["0.0.0.0:443"] });
    bench.waiting().header("if-match", "*").patch("/api/v1/node", listen).await.is(200);
    bench.account("alice").await;
    bench.site("alice", "a.example.test").await;
    bench
}

fn body(leaf: &Leaf) -> Value {
    json!({ "account": "alice", "chain": leaf.chain(), "key": leaf.key })
}

async fn bring(bench: &Bench, leaf: &Leaf) -> Answer {
    let made = bench.waiting().post(CERTIFICATES, body(leaf)).await;
    assert_eq!(made.status, 201, "{}", made.text);
    made
}

fn id(answer: &Answer) -> &str {
    answer.json["id"].as_str().unwrap()
}

fn path(answer: &Answer) -> String {
    format!("{CERTIFICATES}/{}", id(answer))
}

/// What the server holds of a certificate.
fn held(bench: &Bench, certificate: &str) -> Option<Value> {
    bench.agent.host.object("certificate", certificate)
}

fn code(answer: &Answer) -> (u16, &str) {
    (answer.status.as_u16(), answer.json["code"].as_str().unwrap_or_default())
}

fn field(answer: &Answer) -> (u16, &str, &str) {
    let error = &answer.json["errors"][0];
    let text = |name: &str| error[name].as_str().unwrap_or_default();
    (answer.status.as_u16(), text("pointer"), text("code"))
}

/// The site shows this certificate from now on; null: its own.
async fn show(bench: &Bench, site: &str, certificate: Value) -> Answer {
    let body = json!({ "https": { "certificate": certificate } });
    let shown = bench.waiting().header("if-match", "*").patch(&format!("/api/v1/sites/{site}"), body).await;
    assert_eq!(shown.status, 200, "{}", shown.text);
    shown
}

async fn ids(client: &Client, query: &str) -> Vec<String> {
    let list = client.get(&format!("{CERTIFICATES}?{query}")).await;
    assert_eq!(list.status, 200, "{}", list.text);
    list.json["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["id"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_brought_lies_on_the_server_in_order_and_without_the_root() {
    let bench = bench().await;
    let leaf = Authority::new().leaf(&["a.example.test", "*.a.example.test"]);
    let chain = format!("{}\n{}{}", leaf.root, leaf.own, leaf.between);
    let made = bench
        .waiting()
        .post(CERTIFICATES, json!({ "account": "alice", "chain": chain, "key": leaf.key }))
        .await;
    assert_eq!(
        (made.status.as_u16(), made.json["condition"].as_str()),
        (201, Some("ready")),
        "{}",
        made.text
    );
    assert_eq!(made.header("location"), path(&made));
    assert_eq!(made.json["names"], json!(["a.example.test", "*.a.example.test"]));
    assert_eq!(made.json["names"], made.json["covers"]);
    assert_eq!(
        (&made.json["source"], &made.json["key_kind"], &made.json["self_signed"], &made.json["site"]),
        (&json!("brought"), &json!("ecdsa"), &json!(false), &Value::Null)
    );
    assert_eq!(made.json["issuer"], "Test Intermediate");
    let spec = held(&bench, id(&made)).unwrap();
    assert_eq!((&spec["account"], spec["issued"]["chain"].as_array().unwrap().len()), (&json!("alice"), 2));
    let wanted: Vec<String> = [&leaf.own, &leaf.between]
        .map(|pem| pem.lines().filter(|line| !line.starts_with('-')).collect())
        .to_vec();
    assert_eq!(spec["issued"]["chain"], json!(wanted));
    assert_eq!(spec["issued"]["key"], leaf.digest.to_string());
    assert_eq!(bench.agent.keys.of(id(&made)), [leaf.digest]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_in_no_file_of_the_panel_whatever_came_of_its_request() {
    let bench = bench().await;
    let authority = Authority::new();
    let (leaf, other) = (authority.leaf(&["a.example.test"]), authority.leaf(&["b.example.test"]));
    let secrets: Vec<&str> = [&leaf, &other].map(|leaf| leaf.key.lines().nth(1).unwrap()).to_vec();
    let once = |key: &str| bench.waiting().header("idempotency-key", key);
    once("k1").post(CERTIFICATES, body(&leaf)).await.is(201);
    let again = once("k1").post(CERTIFICATES, body(&leaf)).await;
    assert_eq!(again.header("idempotency-replayed"), "true");
    let wrong = json!({ "account": "alice", "chain": leaf.chain(), "key": other.key });
    let refused = once("k2").post(CERTIFICATES, wrong).await;
    assert_eq!(field(&refused), (422, "/key", "key_of_another"), "{}", refused.text);
    let pasted =
        json!({ "account": "alice", "chain": format!("{}{}", other.key, leaf.chain()), "key": leaf.key });
    let refused = once("k3").post(CERTIFICATES, pasted).await;
    assert_eq!(field(&refused), (422, "/chain", "key_in_chain"), "{}", refused.text);
    let dry = bench.root().post(&format!("{CERTIFICATES}?dry_run=true"), body(&other)).await;
    let texts = [&again.text, &refused.text, &dry.text];
    let events = bench.root().get("/api/v1/events?limit=200").await.text;
    let audit = bench.root().get("/api/v1/audit?limit=200").await.text;
    assert!(audit.contains("certificate.create"), "{audit}");
    bench.parts.panel.store().close().await;
    for secret in secrets {
        assert!(
            texts.iter().all(|text| !text.contains(secret))
                && !events.contains(secret)
                && !audit.contains(secret)
        );
        for suffix in ["", "-wal"] {
            let file = std::fs::read(format!("{}{suffix}", bench.database().display())).unwrap_or_default();
            let found = file.windows(secret.len()).any(|at| at == secret.as_bytes());
            assert!(!found, "a key lies in the database's file {suffix}");
        }
        assert!(!bench.agent.host.dump().contains(secret));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_plans_what_is_done_afterwards_and_leaves_no_key() {
    let bench = bench().await;
    let leaf = Authority::new().leaf(&["a.example.test"]);
    let rows = bench.rows().await;
    let dry = bench.root().post(&format!("{CERTIFICATES}?dry_run=true"), body(&leaf)).await;
    assert_eq!(
        (dry.status.as_u16(), dry.json["plan"]["objects"][0]["kind"].as_str()),
        (200, Some("certificate"))
    );
    assert_eq!((bench.rows().await, bench.agent.keys.calls(), bench.agent.keys.count()), (rows, 1, 0));
    let expect = dry.json["plan"]["hash"].as_str().unwrap();
    let made = bench.waiting().post(&format!("{CERTIFICATES}?expect_plan={expect}"), body(&leaf)).await;
    assert_eq!(made.status, 201, "{}", made.text);
    assert_eq!(dry.json["plan"]["objects"][0]["id"], made.json["id"]);
    assert_eq!(bench.agent.keys.of(id(&made)), [leaf.digest]);
    // a plan that is no longer the one: nothing is changed, and the key that came with it is thrown away
    let stale =
        bench.root().post(&format!("{CERTIFICATES}?expect_plan={}", "0".repeat(64)), body(&leaf)).await;
    assert_eq!((code(&stale), bench.agent.keys.count()), ((409, "plan_changed"), 1), "{}", stale.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_shown_is_refused_with_its_field_before_anything_is_written() {
    let bench = bench().await;
    let authority = Authority::new();
    let (leaf, other) = (authority.leaf(&["a.example.test"]), Authority::new().leaf(&["b.example.test"]));
    let old = authority.of_years(&["a.example.test"], (2020, 2021));
    let young = authority.of_years(&["a.example.test"], (2998, 2999));
    let odd = authority.leaf(&["192.0.2.1"]);
    let encrypted =
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n".to_owned();
    let unread = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n".to_owned();
    let rows = bench.rows().await;
    for (chain, key, pointer, wanted) in [
        (String::new(), &leaf.key, "/chain", "chain_empty"),
        ("-----BEGIN CERTIFICATE-----\nAA".to_owned(), &leaf.key, "/chain", "chain_not_pem"),
        (
            leaf.chain().replace("CERTIFICATE", "CERTIFICATE REQUEST"),
            &leaf.key,
            "/chain",
            "chain_not_certificates",
        ),
        (leaf.own.repeat(11), &leaf.key, "/chain", "chain_too_long"),
        (format!("{}{}", leaf.own, other.between), &leaf.key, "/chain", "chain_broken"),
        (format!("{}{}", leaf.chain(), other.own), &leaf.key, "/chain", "chain_broken"),
        (odd.chain(), &odd.key, "/chain", "chain_no_names"),
        (old.chain(), &old.key, "/chain", "chain_expired"),
        (young.chain(), &young.key, "/chain", "chain_not_yet_valid"),
        (leaf.chain(), &leaf.own, "/key", "key_unreadable"),
        (leaf.chain(), &encrypted, "/key", "key_encrypted"),
        (leaf.chain(), &unread, "/key", "key_unreadable"),
        (leaf.chain(), &other.key, "/key", "key_of_another"),
    ] {
        let body = json!({ "account": "alice", "chain": chain, "key": key });
        for path in [CERTIFICATES.to_owned(), format!("{CERTIFICATES}?dry_run=true")] {
            let refused = bench.root().post(&path, body.clone()).await;
            assert_eq!(field(&refused), (422, pointer, wanted), "{}", refused.text);
            let remedy = refused.json["errors"][0]["remedy"].as_str().unwrap();
            assert!(remedy.ends_with('.') && remedy.len() > 10, "{remedy}");
        }
    }
    let long = json!({ "account": "alice", "chain": leaf.chain(), "key": "x".repeat(20_000) });
    assert_eq!(field(&bench.root().post(CERTIFICATES, long).await), (422, "/key", "key_too_long"));
    assert_eq!((bench.rows().await, bench.agent.keys.count()), (rows, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_is_one_of_the_two_and_says_which() {
    let bench = bench().await;
    let leaf = Authority::new().leaf(&["a.example.test"]);
    for (more, pointer, wanted) in [
        (json!({}), "/names", "missing_field"),
        (json!({ "chain": leaf.chain() }), "/key", "missing_field"),
        (json!({ "key": leaf.key }), "/chain", "missing_field"),
        (
            json!({ "chain": leaf.chain(), "key": leaf.key, "names": ["a.example.test"] }),
            "/names",
            "names_and_chain",
        ),
        (json!({ "names": [] }), "/names", "names_none"),
        (json!({ "names": ["a.example.test", "*.a.example.test"] }), "/names/1", "name_wildcard"),
    ] {
        let mut body = json!({ "account": "alice" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let refused = bench.root().post(CERTIFICATES, body).await;
        assert_eq!(field(&refused), (422, pointer, wanted), "{}", refused.text);
    }
    assert_eq!(bench.agent.keys.calls(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_agent_nothing_is_written_and_a_plain_answer_given() {
    let bench = bench().await;
    let leaf = Authority::new().leaf(&["a.example.test"]);
    bench.agent.stop().await;
    let rows = bench.rows().await;
    let refused = bench.root().post(CERTIFICATES, body(&leaf)).await;
    assert_eq!(code(&refused), (503, "agent_unreachable"), "{}", refused.text);
    assert_eq!(bench.rows().await, rows);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_asks_for_its_own_names_alone() {
    let bench = bench().await;
    bench.account("bob").await;
    bench.site("bob", "b.example.test").await;
    let alice = bench.person("alice").await;
    let pending = json!({ "account": "alice", "name": "pending.example.org", "php": null });
    alice.post("/api/v1/sites", pending).await.is(202);
    let ask = |names: Value| json!({ "account": "alice", "names": names });
    for foreign in ["b.example.test", "x.b.example.test", "nobody.example.net", "pending.example.org"] {
        let refused = alice.post(CERTIFICATES, ask(json!(["a.example.test", foreign]))).await;
        assert_eq!(field(&refused), (422, "/names/1", "name_not_of_account"), "{foreign}: {}", refused.text);
    }
    let names = json!(["www.a.example.test", "a.example.test", "a.example.test"]);
    let made = alice.clone().header("prefer", "wait=20").post(CERTIFICATES, ask(names)).await;
    assert_eq!(made.status, 201, "{}", made.text);
    assert_eq!(made.json["names"], json!(["a.example.test", "www.a.example.test"]));
    assert_eq!(
        (&made.json["source"], &made.json["self_signed"], &made.json["issuer"], &made.json["covers"]),
        (&json!("authority"), &json!(true), &Value::Null, &json!([]))
    );
    let spec = held(&bench, id(&made)).unwrap();
    assert_eq!((&spec["names"], spec.get("issued")), (&made.json["names"], None));
    let orders = "SELECT COUNT(*) AS value FROM certificate_order o JOIN certificate c ON c.id = o.certificate_id WHERE c.site_id IS NULL";
    assert_eq!(bench.count(orders).await, 1);
    // who may approve names may ask for one that nobody has, and not for another account's
    let root = bench.root();
    root.post(CERTIFICATES, ask(json!(["nobody.example.net"]))).await.is(202);
    let refused = root.post(CERTIFICATES, ask(json!(["b.example.test"]))).await;
    assert_eq!(field(&refused), (422, "/names/0", "name_not_of_account"), "{}", refused.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_chain_takes_the_place_of_the_first_and_only_of_one_that_was_brought() {
    let bench = bench().await;
    let authority = Authority::new();
    let (first, second) =
        (authority.leaf(&["a.example.test"]), authority.leaf(&["a.example.test", "b.example.test"]));
    let made = bring(&bench, &first).await;
    let chain = format!("{}/chain", path(&made));
    let replace = json!({ "chain": second.chain(), "key": second.key });
    let calls = bench.agent.keys.calls();
    let stale = bench.root().header("if-match", "\"g7\"").put(&chain, replace.clone()).await;
    assert_eq!((stale.status.as_u16(), bench.agent.keys.calls()), (412, calls), "{}", stale.text);
    let dry = bench.root().put(&format!("{chain}?dry_run=true"), replace.clone()).await;
    assert_eq!(
        (dry.status.as_u16(), bench.agent.keys.of(id(&made))),
        (200, vec![first.digest]),
        "{}",
        dry.text
    );
    let done = bench.waiting().header("if-match", "\"g1\"").put(&chain, replace.clone()).await;
    assert_eq!((done.status.as_u16(), done.json["generation"].as_u64()), (200, Some(2)), "{}", done.text);
    assert_eq!(done.json["covers"], json!(["a.example.test", "b.example.test"]));
    assert_eq!(held(&bench, id(&made)).unwrap()["issued"]["key"], second.digest.to_string());
    let own = bench.root().get(&format!("{CERTIFICATES}?q=a.example.test&sort=created")).await;
    let own = own.json["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|item| item["source"] == "authority")
        .unwrap()
        .clone();
    let refused =
        bench.root().put(&format!("{CERTIFICATES}/{}/chain", own["id"].as_str().unwrap()), replace).await;
    assert_eq!(code(&refused), (409, "not_brought"), "{}", refused.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_an_earlier_change_still_needs_is_not_thrown_away() {
    let bench = bench().await;
    let authority = Authority::new();
    let (first, second) = (authority.leaf(&["a.example.test"]), authority.leaf(&["a.example.test"]));
    let made = bring(&bench, &first).await;
    bench.agent.host.breaks("certificate", Some("the disk is full"));
    bench.agent.host.takes(Duration::from_secs(2));
    let replace = json!({ "chain": second.chain(), "key": second.key });
    bench.root().put(&format!("{}/chain", path(&made)), replace).await.is(202);
    let third = authority.leaf(&["a.example.test"]);
    let dry = json!({ "chain": third.chain(), "key": third.key });
    bench.root().put(&format!("{}/chain?dry_run=true", path(&made)), dry).await.is(200);
    assert!(bench.agent.keys.of(id(&made)).contains(&second.digest));
    bench.agent.host.breaks("certificate", None);
    bench.agent.host.takes(Duration::ZERO);
    bench.until(&path(&made), |answer| answer.json["condition"] == "ready").await;
    assert_eq!(held(&bench, id(&made)).unwrap()["issued"]["key"], second.digest.to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_site_shows_stays_and_goes_when_none_does() {
    let bench = bench().await;
    let made = bring(&bench, &Authority::new().leaf(&["a.example.test"])).await;
    let own =
        bench.root().get("/api/v1/sites/a.example.test").await.json["https"]["certificate"]["id"].clone();
    let own = format!("{CERTIFICATES}/{}", own.as_str().unwrap());
    let refused = bench.root().delete(&own).await;
    assert_eq!(code(&refused), (409, "of_site"), "{}", refused.text);
    assert!(refused.json["detail"].as_str().unwrap().contains("a.example.test"), "{}", refused.text);
    let shown = show(&bench, "a.example.test", made.json["id"].clone()).await;
    assert_eq!(shown.json["https"]["certificate"], json!({ "id": made.json["id"], "own": false }));
    let seen = bench.root().get(&path(&made)).await;
    assert_eq!(seen.json["sites"], json!([{ "id": shown.json["id"], "name": "a.example.test" }]));
    let refused = bench.root().delete(&path(&made)).await;
    assert_eq!(code(&refused), (409, "in_use"), "{}", refused.text);
    assert!(refused.json["detail"].as_str().unwrap().contains("a.example.test"), "{}", refused.text);
    // its own is no longer wanted, and goes once the host shows the other
    bench.until(&own, |answer| answer.status == 404).await;
    let back = show(&bench, "a.example.test", Value::Null).await;
    assert_eq!(back.json["https"]["certificate"]["own"], true);
    let gone = bench.waiting().delete(&path(&made)).await;
    assert_eq!(gone.status, 204, "{}", gone.text);
    assert_eq!(held(&bench, id(&made)), None);
    assert_eq!(bench.root().delete(&path(&made)).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_s_own_that_another_site_shows_outlives_its_site() {
    let bench = bench().await;
    bench.site("alice", "b.example.test").await;
    let own =
        bench.root().get("/api/v1/sites/a.example.test").await.json["https"]["certificate"]["id"].clone();
    show(&bench, "b.example.test", own.clone()).await;
    let gone = bench.waiting().delete("/api/v1/sites/a.example.test").await;
    assert_eq!(gone.status, 204, "{}", gone.text);
    let left = bench.root().get(&format!("{CERTIFICATES}/{}", own.as_str().unwrap())).await;
    assert_eq!(
        (&left.json["site"], &left.json["condition"]),
        (&Value::Null, &json!("ready")),
        "{}",
        left.text
    );
    assert_eq!(left.json["sites"][0]["name"], "b.example.test");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_shows_no_certificate_of_another_account() {
    let bench = bench().await;
    bench.account("bob").await;
    bench.site("bob", "b.example.test").await;
    let made = bring(&bench, &Authority::new().leaf(&["a.example.test"])).await;
    for foreign in [made.json["id"].clone(), json!("01935b2e-7a4d-7c3e-8f10-0123456789ab")] {
        let body = json!({ "https": { "certificate": foreign } });
        let refused = bench.root().header("if-match", "*").patch("/api/v1/sites/b.example.test", body).await;
        assert_eq!(field(&refused), (422, "/https/certificate", "no_such_certificate"), "{}", refused.text);
    }
    let bob = bench.person("bob").await;
    assert_eq!(bob.get(&path(&made)).await.status, 404);
    assert_eq!(ids(&bob, "q=a.example.test").await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_go_with_their_account() {
    let bench = bench().await;
    let made = bring(&bench, &Authority::new().leaf(&["a.example.test"])).await;
    bench.waiting().delete("/api/v1/sites/a.example.test").await.is(204);
    let gone = bench.waiting().header("if-match", "*").delete("/api/v1/accounts/alice").await;
    assert!(matches!(gone.status.as_u16(), 202 | 204), "{}", gone.text);
    bench.until("/api/v1/accounts/alice", |answer| answer.status == 404).await;
    assert_eq!((held(&bench, id(&made)), bench.agent.host.count("certificate")), (None, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_filtered_and_walked_in_each_order() {
    let bench = bench().await;
    bench.account("bob").await;
    let authority = Authority::new();
    let mut made = Vec::new();
    for names in [&["shop.example.test", "a.example.test"][..], &["zoo.example.test"], &["mail.example.test"]]
    {
        made.push(id(&bring(&bench, &authority.leaf(names)).await).to_owned());
    }
    let root = bench.root();
    assert_eq!(ids(&root, "q=shop").await, made[..1]);
    assert_eq!(ids(&root, "q=SHOP.example").await, made[..1]);
    for nothing in
        ["q=%22,%22", "q=%5B", "q=a.example.test%22", "account=bob", "condition=unwell", "suspended=true"]
    {
        assert_eq!(ids(&root, nothing).await, Vec::<String>::new(), "{nothing}");
    }
    let all =
        root.get(&format!("{CERTIFICATES}?account=alice&total=true&suspended=false&condition=ready")).await;
    assert_eq!((all.json["items"].as_array().unwrap().len(), all.json["total"].as_i64()), (4, Some(4)));
    for order in ["name", "-name", "created", "-created", "expires", "-expires", "account", "-account"] {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = root.get(&format!("{CERTIFICATES}?sort={order}&limit=1{cursor}")).await;
            seen.extend(page.json["items"].as_array().unwrap().iter().map(|item| item["names"][0].clone()));
            match page.json["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(seen.len(), 4, "{order}: {seen:?}");
        let mut texts: Vec<&str> = seen.iter().map(|name| name.as_str().unwrap()).collect();
        if order == "-name" {
            texts.reverse();
        }
        if order.ends_with("name") {
            assert!(texts.is_sorted(), "{order}: {texts:?}");
        }
        if order == "expires" {
            // what signs itself has no end that people need to know of
            assert_eq!(
                bench.root().get(&format!("{CERTIFICATES}?sort=-expires&limit=1")).await.json["items"][0]["self_signed"],
                true
            );
        }
    }
    // a site's own is found by the site
    let found = root.get("/api/v1/search?q=a.example.test").await;
    let kinds: Vec<&str> =
        found.json["items"].as_array().unwrap().iter().map(|item| item["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["site", "certificate"], "{}", found.text);
    assert_eq!(
        (&found.json["items"][1]["name"], &found.json["items"][1]["of"]),
        (&json!("a.example.test"), &json!("alice"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_mended_is_tried_again_at_once() {
    let bench = bench().await;
    bench.agent.host.breaks("certificate", Some("the disk is full"));
    let leaf = Authority::new().leaf(&["a.example.test"]);
    let made = bench.waiting().post(CERTIFICATES, body(&leaf)).await;
    assert_eq!((made.status.as_u16(), &made.json["condition"]), (201, &json!("degraded")), "{}", made.text);
    bench.agent.host.breaks("certificate", None);
    let again = bench.waiting().post(&format!("{}/retry", path(&made)), Value::Null).await;
    assert_eq!((again.status.as_u16(), &again.json["condition"]), (200, &json!("ready")), "{}", again.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_an_older_database_does_not_know_is_taken_as_brought() {
    let bench = bench().await;
    bench.agent.remembers.store(true, std::sync::atomic::Ordering::SeqCst);
    let older = bench.database().with_file_name("older.db");
    store::Store::copy_file(&bench.database(), &older).await.unwrap();
    let leaf = Authority::new().leaf(&["a.example.test"]);
    let made = bring(&bench, &leaf).await;
    let bench = bench.put_back(&older).await;
    assert_eq!(bench.root().get(&path(&made)).await.status, 404);
    let adopt = json!({ "kind": "certificate", "id": made.json["id"], "decision": "take_over" });
    let adopted = bench.waiting().post("/api/v1/adoption/decisions", adopt).await;
    assert_eq!(adopted.status, 200, "{}", adopted.text);
    let known = bench.root().get(&path(&made)).await;
    assert_eq!(
        (&known.json["source"], &known.json["covers"]),
        (&json!("brought"), &made.json["covers"]),
        "{}",
        known.text
    );
    assert_eq!(held(&bench, id(&made)).unwrap()["issued"]["key"], leaf.digest.to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_whose_names_all_wait_for_approval_holds_no_removal_up() {
    let bench = bench().await;
    let pending = json!({ "account": "alice", "name": "pending.example.org", "php": null });
    bench.person("alice").await.post("/api/v1/sites", pending).await.is(202);
    let made = bring(&bench, &Authority::new().leaf(&["a.example.test"])).await;
    let gone = bench.waiting().delete(&path(&made)).await;
    assert_eq!(gone.status, 204, "{}", gone.text);
}
