//! Sites that answer by HTTPS: whose certificate they show, what goes with it, and where the server listens for it.

use api_kit::testing::Answer;
use serde_json::{Value, json};

use crate::bench::Bench;

const SITES: &str = "/api/v1/sites";
const SITE: &str = "/api/v1/sites/www.example.test";

/// A server that listens for HTTPS, with an account.
async fn bench() -> Bench {
    let bench = Bench::new().await;
    listen(&bench, json!({ "listen_tls": ["0.0.0.0:443", "[::]:443"] })).await.is(200);
    bench.account("alice").await;
    bench
}

async fn listen(bench: &Bench, body: Value) -> Answer {
    bench.waiting().header("if-match", "*").patch("/api/v1/node", body).await
}

async fn make(bench: &Bench, body: Value) -> Answer {
    let made = bench.waiting().post(SITES, body).await;
    assert_eq!(made.status, 201, "{}", made.text);
    made
}

async fn edit(bench: &Bench, body: Value) -> Answer {
    bench.waiting().header("if-match", "*").patch(SITE, body).await
}

fn held(bench: &Bench, kind: &str, id: &Value) -> Option<Value> {
    bench.agent.host.object(kind, id.as_str().unwrap())
}

/// What the server holds of the certificate that a site shows.
fn certificate(bench: &Bench, site: &Answer) -> Option<Value> {
    held(bench, "certificate", &site.json["https"]["certificate"]["id"])
}

fn refused(answer: &Answer, code: &str, pointer: &str) {
    assert_eq!(answer.status, 422, "{}", answer.text);
    let errors = answer.json["errors"].as_array().unwrap();
    assert!(errors.iter().any(|e| e["code"] == code && e["pointer"] == pointer), "{}", answer.text);
}

/// A certificate of an account that is for no site, which lies ready.
async fn another(bench: &Bench, id: &'static str, account: &'static str) {
    const ADD: store::Statement = store::Statement::new(
        "INSERT INTO certificate (id, account_id, node_id, source, key_kind, names, created_at, updated_at, since, observed_generation, condition)
         SELECT $1, id, node_id, 'authority', 'ecdsa', '[\"*.example.test\"]', 0, 0, 0, 1, 'ready' FROM account WHERE name = $2",
    );
    let add = async |tx: &mut store::WriteTx| tx.execute(ADD.bind(id).bind(account)).await;
    bench.parts.panel.store().write(add).await.unwrap();
}

const CHOSEN: &str = "01935b2e-7a4d-7c3e-8f10-0000000000c1";
const OF_BOB: &str = "01935b2e-7a4d-7c3e-8f10-0000000000c2";

#[tokio::test(flavor = "multi_thread")]
async fn a_new_site_shows_a_certificate_of_its_own_that_follows_its_names() {
    let bench = bench().await;
    let site =
        make(&bench, json!({ "account": "alice", "name": "www.example.test", "aliases": ["example.test"] }))
            .await;
    let https = &site.json["https"];
    assert_eq!(
        (&https["certificate"]["own"], &https["force"], &https["hsts"]),
        (&json!(true), &json!(false), &Value::Null)
    );
    let own = https["certificate"]["id"].clone();
    assert_eq!(
        held(&bench, "site", &site.json["id"]).unwrap()["tls"],
        json!({ "certificate": own, "force_https": false })
    );
    let lies = certificate(&bench, &site).unwrap();
    assert_eq!(
        (&lies["account"], &lies["names"]),
        (&json!("alice"), &json!(["example.test", "www.example.test"]))
    );
    // what is no change of names leaves the certificate alone
    let generation = "SELECT SUM(generation) AS value FROM certificate";
    let turned = edit(&bench, json!({ "body_size": "8M", "redirected": ["example.test"] })).await;
    assert_eq!((turned.status.as_u16(), bench.count(generation).await), (200, 1), "{}", turned.text);
    edit(&bench, json!({ "aliases": ["shop.example.test", "example.test"] })).await.is(200);
    let names = json!(["example.test", "shop.example.test", "www.example.test"]);
    bench.until(SITE, |answer| certificate(&bench, answer).is_some_and(|lies| lies["names"] == names)).await;
    let shown = bench.root().get(SITE).await;
    assert_eq!(shown.json["https"]["certificate"], json!({ "id": own, "own": true }));
}

/// What a new site does to the server is told before its certificate is there.
#[tokio::test(flavor = "multi_thread")]
async fn https_goes_off_and_its_certificate_with_it_and_comes_back() {
    let bench = bench().await;
    let site = make(&bench, json!({ "account": "alice", "name": "www.example.test" })).await;
    let off = edit(&bench, json!({ "https": null })).await;
    assert_eq!((off.status.as_u16(), &off.json["https"]), (200, &Value::Null), "{}", off.text);
    assert_eq!(held(&bench, "site", &site.json["id"]).unwrap().get("tls"), None);
    bench.until(SITE, |_| bench.agent.host.count("certificate") == 0).await;
    let on = edit(&bench, json!({ "https": { "force": true } })).await;
    assert_eq!((on.status.as_u16(), &on.json["https"]["force"]), (200, &json!(true)), "{}", on.text);
    assert_eq!(held(&bench, "site", &site.json["id"]).unwrap()["tls"]["force_https"], true);
    // a site that goes takes its own along
    bench.waiting().delete(SITE).await.is(204);
    bench.until("/api/v1/certificates", |answer| answer.json["items"] == json!([])).await;
    assert_eq!(bench.agent.host.count("certificate"), 0);
    bench.root().delete("/api/v1/accounts/alice").await;
    bench.until("/api/v1/accounts/alice", |answer| answer.status == 404).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_certificate_of_the_account_is_shown_in_place_of_its_own() {
    let bench = bench().await;
    bench.account("bob").await;
    another(&bench, CHOSEN, "alice").await;
    another(&bench, OF_BOB, "bob").await;
    let site = make(&bench, json!({ "account": "alice", "name": "www.example.test" })).await;
    let own = site.json["https"]["certificate"]["id"].clone();
    // its own by its id is its own
    let same = edit(&bench, json!({ "https": { "certificate": own } })).await;
    assert_eq!(same.json["https"]["certificate"], json!({ "id": own, "own": true }), "{}", same.text);
    for foreign in [json!(OF_BOB), json!("01935b2e-7a4d-7c3e-8f10-0000000000ff")] {
        let answer = edit(&bench, json!({ "https": { "certificate": foreign } })).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json["errors"][0]["pointer"]),
            (422, &json!("/https/certificate")),
            "{}",
            answer.text
        );
    }
    for bad in [json!("own"), json!(""), json!("../default"), json!(1), json!(["a"])] {
        let answer = edit(&bench, json!({ "https": { "certificate": bad } })).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json["errors"][0]["pointer"]),
            (422, &json!("/https/certificate")),
            "{}",
            answer.text
        );
    }
    let chosen = edit(&bench, json!({ "https": { "certificate": CHOSEN } })).await;
    assert_eq!(chosen.json["https"]["certificate"], json!({ "id": CHOSEN, "own": false }), "{}", chosen.text);
    assert_eq!(held(&bench, "site", &site.json["id"]).unwrap()["tls"]["certificate"], CHOSEN);
    bench.until(SITE, |_| held(&bench, "certificate", &own).is_none()).await;
    // what is left out stays, names that change are not its business
    let forced = edit(&bench, json!({ "https": { "force": true }, "aliases": ["example.test"] })).await;
    assert_eq!(
        forced.json["https"],
        json!({ "certificate": { "id": CHOSEN, "own": false }, "force": true, "hsts": null })
    );
    let back = edit(&bench, json!({ "https": { "certificate": null } })).await;
    assert_eq!(
        (&back.json["https"]["certificate"]["own"], &back.json["https"]["force"]),
        (&json!(true), &json!(true)),
        "{}",
        back.text
    );
    assert_eq!(certificate(&bench, &back).unwrap()["names"], json!(["example.test", "www.example.test"]));
    // a new site may show it from the beginning
    let body = json!({ "account": "alice", "name": "m.example.test", "https": { "certificate": CHOSEN } });
    assert_eq!(make(&bench, body).await.json["https"]["certificate"]["id"], CHOSEN);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_browsers_are_told_needs_visitors_that_are_sent_on() {
    let bench = bench().await;
    let site = make(&bench, json!({ "account": "alice", "name": "www.example.test" })).await;
    let told = |hsts: Value| json!({ "https": { "force": true, "hsts": hsts } });
    let year = json!({ "max_age": 31_536_000, "include_subdomains": true, "preload": true });
    refused(&edit(&bench, json!({ "https": { "hsts": year } })).await, "hsts_without_force", "/https/hsts");
    let short = json!({ "max_age": 31_535_999, "include_subdomains": true, "preload": true });
    let alone = json!({ "max_age": 31_536_000, "preload": true });
    for hsts in [short, alone] {
        refused(&edit(&bench, told(hsts)).await, "hsts_preload", "/https/hsts/preload");
    }
    let edited = edit(&bench, told(year.clone())).await;
    assert_eq!((edited.status.as_u16(), &edited.json["https"]["hsts"]), (200, &year), "{}", edited.text);
    assert_eq!(held(&bench, "site", &site.json["id"]).unwrap()["tls"]["hsts"], year);
    refused(&edit(&bench, json!({ "https": { "force": false } })).await, "hsts_without_force", "/https/hsts");
    let off = edit(&bench, json!({ "https": { "force": false, "hsts": null } })).await;
    assert_eq!((&off.json["https"]["force"], &off.json["https"]["hsts"]), (&json!(false), &Value::Null));
    assert_eq!(held(&bench, "site", &site.json["id"]).unwrap()["tls"].get("hsts"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_signed_for_a_name_before_it_is_approved() {
    let bench = bench().await;
    make(&bench, json!({ "account": "alice", "name": "own.example.test" })).await;
    let alice = bench.person("alice").await;
    let body = json!({ "account": "alice", "name": "www.example.test", "aliases": ["other.example.org"],
                       "https": { "force": true } });
    let site = alice.post(SITES, body).await;
    assert_eq!(site.status, 202, "{}", site.text);
    assert_eq!(site.json["https"], json!({ "certificate": null, "force": true, "hsts": null }));
    let text = bench.agent.host.dump();
    assert!(!text.contains("www.example.test"), "{text}");
    assert_eq!(bench.count("SELECT COUNT(*) AS value FROM certificate").await, 1, "that of the other site");
    let approved = bench.waiting().header("if-match", "*").post(&format!("{SITE}/approve"), json!({})).await;
    assert_eq!(approved.status, 200, "{}", approved.text);
    assert_eq!(
        certificate(&bench, &approved).unwrap()["names"],
        json!(["other.example.org", "www.example.test"])
    );
    // one more name waits: the certificate is for the others meanwhile
    let more = json!({ "aliases": ["other.example.org", "new.example.net"] });
    let asked = alice.clone().header("if-match", "*").header("prefer", "wait=20").patch(SITE, more).await;
    assert_eq!(asked.json["pending_names"], json!(["new.example.net"]), "{}", asked.text);
    assert_eq!(
        certificate(&bench, &asked).unwrap()["names"],
        json!(["other.example.org", "www.example.test"])
    );
    bench.waiting().header("if-match", "*").post(&format!("{SITE}/approve"), json!({})).await.is(200);
    let all = json!(["new.example.net", "other.example.org", "www.example.test"]);
    bench.until(SITE, |answer| certificate(&bench, answer).is_some_and(|lies| lies["names"] == all)).await;
    // no approved name is left: its own goes, and what was wished stays
    let gone = json!({ "name": "last.example.com", "aliases": [] });
    alice.header("if-match", "*").patch(SITE, gone).await.is(202);
    let last = bench.root().get("/api/v1/sites/last.example.com").await;
    assert_eq!(
        last.json["https"],
        json!({ "certificate": null, "force": true, "hsts": null }),
        "{}",
        last.text
    );
    let staying = "SELECT COUNT(*) AS value FROM certificate WHERE deleted_at IS NULL";
    assert_eq!(bench.count(staying).await, 1, "that of the other site");
}

#[tokio::test(flavor = "multi_thread")]
async fn sites_that_are_sent_on_or_shut_keep_their_certificate() {
    let bench = bench().await;
    let to = json!({ "to": "https://www.example.org/" });
    let site = make(&bench, json!({ "account": "alice", "name": "www.example.test", "redirect": to })).await;
    let tls = held(&bench, "site", &site.json["id"]).unwrap()["tls"].clone();
    assert_eq!(tls["certificate"], site.json["https"]["certificate"]["id"]);
    for act in ["suspend", "disable"] {
        let shut = bench.waiting().post(&format!("{SITE}/{act}"), json!({})).await;
        assert_eq!((shut.status.as_u16(), &shut.json["https"]), (200, &site.json["https"]), "{}", shut.text);
        assert_eq!(held(&bench, "site", &site.json["id"]).unwrap()["tls"], tls);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_does_not_listen_for_https_sends_nobody_there() {
    let bench = Bench::new().await;
    bench.account("alice").await;
    let site = make(&bench, json!({ "account": "alice", "name": "www.example.test" })).await;
    assert_eq!(site.json["https"], Value::Null);
    assert_eq!(bench.count("SELECT COUNT(*) AS value FROM certificate").await, 0);
    refused(&edit(&bench, json!({ "https": { "force": true } })).await, "https_not_listened", "/https/force");
    // made ready beforehand
    edit(&bench, json!({ "https": {} })).await.is(200);
    let node = listen(&bench, json!({ "listen_tls": ["192.0.2.1:443"], "tls_profile": "modern" })).await;
    assert_eq!(node.json["listen_tls"], json!(["192.0.2.1:443"]), "{}", node.text);
    let server = held(&bench, "webserver", &node.json["id"]).unwrap();
    assert_eq!(
        (&server["listen_tls"], &server["tls_profile"]),
        (&json!(["192.0.2.1:443"]), &json!("modern"))
    );
    edit(&bench, json!({ "https": { "force": true } })).await.is(200);
    let taken = listen(&bench, json!({ "listen_tls": [] })).await;
    refused(&taken, "https_forced", "/listen_tls");
    assert!(taken.text.contains("www.example.test"), "{}", taken.text);
    edit(&bench, json!({ "https": { "force": false } })).await.is(200);
    let taken = listen(&bench, json!({ "listen_tls": [] })).await;
    assert_eq!((taken.status.as_u16(), &taken.json["listen_tls"]), (200, &json!([])), "{}", taken.text);
    let server = held(&bench, "webserver", &node.json["id"]).unwrap();
    assert_eq!((server.get("listen_tls"), &server["tls_profile"]), (None, &json!("modern")));
    // what the site wishes is not lost
    assert_eq!(bench.root().get(SITE).await.json["https"]["certificate"]["own"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_for_http_or_for_https() {
    let bench = bench().await;
    for (body, code, pointer) in [
        (json!({ "listen_tls": ["192.0.2.1:443", "192.0.2.1:443"] }), "listen_twice", "/listen_tls/1"),
        (json!({ "listen_tls": ["192.0.2.1:443", "[::]:80"] }), "listen_for_both", "/listen_tls/1"),
        (json!({ "listen": ["[::]:443"] }), "listen_for_both", "/listen/0"),
        (json!({ "listen": ["[::]:8080"], "listen_tls": ["[::]:8080"] }), "listen_for_both", "/listen_tls/0"),
    ] {
        refused(&listen(&bench, body).await, code, pointer);
    }
    for (body, pointer) in [
        (json!({ "tls_profile": "old" }), "/tls_profile"),
        (json!({ "listen_tls": ["443"] }), "/listen_tls/0"),
        (json!({ "listen_tls": ["0.0.0.0:443; } server {"] }), "/listen_tls/0"),
    ] {
        let answer = listen(&bench, body).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json["errors"][0]["pointer"]),
            (422, &json!(pointer)),
            "{}",
            answer.text
        );
    }
    // what is left out stays
    let node = listen(&bench, json!({ "tls_profile": "modern" })).await;
    assert_eq!(node.json["listen_tls"], json!(["0.0.0.0:443", "[::]:443"]), "{}", node.text);
    assert_eq!(node.json["listen"], json!(["0.0.0.0:80", "[::]:80"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_web_server_answers_challenges_with_the_key_that_there_is() {
    const THUMBPRINT: store::Statement = store::Statement::new("SELECT thumbprint AS value FROM acme_key");
    let bench = Bench::new().await;
    let id = bench.root().get("/api/v1/node").await.json["id"].clone();
    let acme = || held(&bench, "webserver", &id).and_then(|server| server.get("acme").cloned());
    bench.until("/api/v1/node", |_| acme().is_some()).await;
    let read = async |tx: &mut store::Tx| tx.one::<String>(THUMBPRINT).await;
    let thumbprint = bench.parts.panel.store().read(read).await.unwrap();
    assert_eq!(acme().unwrap(), thumbprint.as_str());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_tells_https_of_each_site() {
    let bench = bench().await;
    another(&bench, CHOSEN, "alice").await;
    let bodies = [
        json!({ "account": "alice", "name": "a.example.test" }),
        json!({ "account": "alice", "name": "b.example.test", "https": null }),
        json!({ "account": "alice", "name": "c.example.test", "https": { "certificate": CHOSEN, "force": true } }),
    ];
    let mut made = Vec::new();
    for body in bodies {
        made.push(make(&bench, body).await.json["https"].clone());
    }
    for query in ["", "?account=alice", "?sort=-created&q=example", "?sort=account"] {
        let list = bench.root().get(&format!("{SITES}{query}")).await;
        let mut items = list.json["items"].as_array().unwrap().clone();
        items.sort_by_key(|item| item["name"].as_str().unwrap().to_owned());
        let told: Vec<_> = items.iter().map(|item| item["https"].clone()).collect();
        assert_eq!(told, made, "{}", list.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn https_is_planned_before_it_happens() {
    let bench = bench().await;
    let body = json!({ "account": "alice", "name": "www.example.test", "php": null });
    let plan = bench.root().post(&format!("{SITES}?dry_run=true"), body.clone()).await;
    let objects = plan.json["plan"]["objects"].as_array().unwrap();
    let kinds: Vec<_> = objects.iter().map(|object| object["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["certificate", "site"], "{}", plan.text);
    let steps = objects.iter().flat_map(|object| object["steps"].as_array().unwrap());
    assert!(steps.count() >= 2, "{}", plan.text);
    assert!(
        !plan.text.contains("\"unknown\""),
        "the site's is known before its certificate is there: {}",
        plan.text
    );
    assert_eq!(bench.count("SELECT COUNT(*) AS value FROM certificate").await, 0);
    let hash = plan.json["plan"]["hash"].as_str().unwrap();
    bench.waiting().post(&format!("{SITES}?expect_plan={hash}"), body).await.is(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_holds_of_https_is_taken_over() {
    let bench = bench().await;
    bench.agent.remembers.store(true, std::sync::atomic::Ordering::SeqCst);
    let site = make(&bench, json!({ "account": "alice", "name": "www.example.test" })).await;
    let older = bench.database().with_file_name("older.db");
    store::Store::copy_file(&bench.database(), &older).await.unwrap();
    let hsts = json!({ "max_age": 60, "include_subdomains": false, "preload": false });
    edit(&bench, json!({ "https": { "force": true, "hsts": hsts } })).await.is(200);
    listen(&bench, json!({ "listen_tls": ["192.0.2.1:443"], "tls_profile": "modern" })).await.is(200);
    let before = bench.agent.host.dump();
    let bench = bench.put_back(&older).await;
    let node = bench.root().get("/api/v1/node").await.json["id"].clone();
    for (kind, id) in [("webserver", &node), ("site", &site.json["id"])] {
        let body = json!({ "kind": kind, "id": id, "decision": "host" });
        let decided = bench.waiting().post("/api/v1/adoption/decisions", body).await;
        assert_eq!(decided.status, 200, "{}", decided.text);
    }
    let shown = bench.root().get(SITE).await;
    assert_eq!(
        shown.json["https"],
        json!({ "certificate": site.json["https"]["certificate"], "force": true, "hsts": hsts })
    );
    let node = bench.root().get("/api/v1/node").await;
    assert_eq!(
        (&node.json["listen_tls"], &node.json["tls_profile"]),
        (&json!(["192.0.2.1:443"]), &json!("modern"))
    );
    assert_eq!(bench.agent.host.dump(), before, "taking over changes nothing on the server");
}
