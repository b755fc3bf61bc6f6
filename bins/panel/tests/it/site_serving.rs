//! What visitors of a site get: names that are sent on, sites that are sent on, disabled, worked on.

use api_kit::testing::Answer;
use serde_json::{Value, json};

use crate::bench::Bench;

async fn bench() -> Bench {
    let bench = Bench::new().await;
    bench.account("alice").await;
    bench
}

async fn make(bench: &Bench, body: Value) -> Answer {
    let made = bench.waiting().post("/api/v1/sites", body).await;
    assert_eq!(made.status, 201, "{}", made.text);
    made
}

async fn edit(bench: &Bench, site: &str, body: Value) -> Answer {
    bench.waiting().header("if-match", "*").patch(&format!("/api/v1/sites/{site}"), body).await
}

fn held(bench: &Bench, site: &Answer) -> Value {
    bench.agent.host.object("site", site.json["id"].as_str().unwrap()).unwrap()
}

fn refused(answer: &Answer, code: &str, pointer: &str) {
    assert_eq!(answer.status, 422, "{}", answer.text);
    let errors = answer.json["errors"].as_array().unwrap();
    assert!(errors.iter().any(|e| e["code"] == code && e["pointer"] == pointer), "{}", answer.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn further_names_send_visitors_on_to_the_primary_one() {
    let bench = bench().await;
    let body = json!({ "account": "alice", "name": "www.example.test", "aliases": ["example.test", "shop.example.test"],
                       "redirected": ["example.test"] });
    let site = make(&bench, body).await;
    assert_eq!(site.json["redirected"], json!(["example.test"]));
    assert_eq!(held(&bench, &site)["redirected"], json!(["example.test"]));
    // from www to bare: the one becomes the primary name, the other one is sent on
    let body = json!({ "name": "example.test", "aliases": ["www.example.test", "shop.example.test"], "redirected": ["www.example.test"] });
    let turned = edit(&bench, "www.example.test", body).await;
    assert_eq!(turned.status, 200, "{}", turned.text);
    let spec = held(&bench, &site);
    assert_eq!(spec["names"][0], "example.test");
    assert_eq!(spec["redirected"], json!(["www.example.test"]));
    // an edit that does not speak of it changes nothing of it; a name that becomes the primary one is sent nowhere
    edit(&bench, "example.test", json!({ "body_size": "8M" })).await;
    assert_eq!(held(&bench, &site)["redirected"], json!(["www.example.test"]));
    let back = json!({ "name": "www.example.test", "aliases": ["example.test"] });
    assert_eq!(edit(&bench, "example.test", back).await.json["redirected"], json!([]));
    assert_eq!(held(&bench, &site).get("redirected"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_cannot_be_sent_on_is_refused_with_its_place() {
    let bench = bench().await;
    let body = |redirected: Value| json!({ "account": "alice", "name": "www.example.test", "aliases": ["example.test"], "redirected": redirected });
    for (redirected, code, pointer) in [
        (json!(["www.example.test"]), "name_primary", "/redirected/0"),
        (json!(["example.test", "other.example.test"]), "name_not_an_alias", "/redirected/1"),
        (json!(["example.test", "example.test"]), "name_twice", "/redirected/1"),
    ] {
        let answer = bench.root().post("/api/v1/sites", body(redirected)).await;
        refused(&answer, code, pointer);
    }
    assert_eq!(bench.count("SELECT COUNT(*) AS value FROM site").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_not_sent_on_to_one_that_is_not_served() {
    let bench = bench().await;
    make(&bench, json!({ "account": "alice", "name": "approved.example.test", "aliases": ["a.approved.example.test"] })).await;
    let alice = bench.person("alice").await;
    let body = json!({ "name": "pending.example.org", "aliases": ["a.approved.example.test", "approved.example.test"],
                       "redirected": ["a.approved.example.test", "approved.example.test"] });
    let asked = alice
        .header("if-match", "*")
        .header("prefer", "wait=20")
        .patch("/api/v1/sites/approved.example.test", body)
        .await;
    assert_eq!(asked.status, 200, "{}", asked.text);
    assert_eq!(asked.json["pending_names"], json!(["pending.example.org"]));
    let spec = held(&bench, &asked);
    assert_eq!((spec["names"].as_array().unwrap().len(), spec.get("redirected")), (2, None), "{spec}");
    let approved = bench
        .waiting()
        .header("if-match", "*")
        .post("/api/v1/sites/pending.example.org/approve", json!({}))
        .await;
    assert_eq!(approved.status, 200, "{}", approved.text);
    assert_eq!(held(&bench, &asked)["redirected"].as_array().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_is_sent_on_and_back_and_keeps_its_files() {
    let bench = bench().await;
    let to = json!({ "to": "https://www.example.org/shop", "code": 308, "keep_path": true });
    let site = make(
        &bench,
        json!({ "account": "alice", "name": "www.example.test", "docroot": "www/here", "redirect": to }),
    )
    .await;
    assert_eq!(site.json["redirect"], to);
    assert_eq!(held(&bench, &site)["serves"], json!({ "redirect": to }));
    let back = edit(&bench, "www.example.test", json!({ "redirect": null })).await;
    assert_eq!(
        (back.status.as_u16(), &back.json["redirect"], &back.json["docroot"]),
        (200, &Value::Null, &json!("www/here"))
    );
    let spec = held(&bench, &site);
    assert_eq!((spec.get("serves"), &spec["docroot"]), (None, &json!("www/here")));
    // what is left out is as usual
    let plain =
        edit(&bench, "www.example.test", json!({ "redirect": { "to": "http://www.example.org" } })).await;
    assert_eq!(
        plain.json["redirect"],
        json!({ "to": "http://www.example.org/", "code": 301, "keep_path": false })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_leads_nowhere_or_round_is_refused() {
    let bench = bench().await;
    bench.account("bob").await;
    let to = |to: &str| json!({ "redirect": { "to": to } });
    let made = |name: &str, to: &str| json!({ "account": "bob", "name": name, "redirect": { "to": to } });
    make(&bench, json!({ "account": "alice", "name": "a.example.test", "aliases": ["www.a.example.test"] }))
        .await;
    make(&bench, made("b.example.test", "https://www.a.example.test/x")).await;
    make(&bench, made("c.example.test", "http://b.example.test/")).await;
    for (address, code) in [
        ("https://a.example.test/", "redirect_loop"),
        ("http://www.a.example.test/there", "redirect_loop"),
        ("http://b.example.test/", "redirect_loop"),
        ("https://c.example.test/", "redirect_loop"),
    ] {
        refused(&edit(&bench, "a.example.test", to(address)).await, code, "/redirect/to");
    }
    let own =
        json!({ "account": "bob", "name": "d.example.test", "redirect": { "to": "http://d.example.test" } });
    refused(&bench.root().post("/api/v1/sites", own).await, "redirect_loop", "/redirect/to");
    // a name that the address leads to becomes the site's own
    refused(
        &edit(
            &bench,
            "b.example.test",
            json!({ "aliases": ["e.example.test"], "redirect": { "to": "http://e.example.test" } }),
        )
        .await,
        "redirect_loop",
        "/redirect/to",
    );
    let query = json!({ "redirect": { "to": "https://www.example.org/?a=b", "keep_path": true } });
    refused(&edit(&bench, "a.example.test", query).await, "redirect_query", "/redirect/to");
    for address in [
        "javascript:alert(1)",
        "ftp://www.example.org/",
        "//www.example.org/",
        "/there",
        "https://www.example.org/\r\nSet-Cookie: a=b",
        "https://www.example.org/;\n} location /etc/ { alias /etc/;",
        "https://u@www.example.org/",
        "https://www.example.org/$host",
    ] {
        let answer = edit(&bench, "a.example.test", to(address)).await;
        assert_eq!(answer.status, 422, "{address}: {}", answer.text);
        assert_eq!(answer.json["errors"][0]["pointer"], "/redirect/to", "{}", answer.text);
    }
    for code in [json!(200), json!(303), json!("301"), json!(-1)] {
        let answer = edit(
            &bench,
            "a.example.test",
            json!({ "redirect": { "to": "https://www.example.org/", "code": code } }),
        )
        .await;
        assert_eq!(answer.status, 422, "{code}: {}", answer.text);
    }
    // the other way round is no loop: a shows its files
    assert_eq!(edit(&bench, "c.example.test", to("https://a.example.test/")).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_switches_a_site_off_and_on_and_keeps_its_names() {
    let bench = bench().await;
    bench.account("bob").await;
    let site = make(&bench, json!({ "account": "alice", "name": "www.example.test" })).await;
    let alice = bench.person("alice").await;
    let path = "/api/v1/sites/www.example.test";
    let act = async |act: &str| {
        let answer =
            alice.clone().header("prefer", "wait=20").post(&format!("{path}/{act}"), json!({})).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer
    };
    assert_eq!(act("disable").await.json["disabled"], true);
    assert_eq!(held(&bench, &site)["disabled"], true);
    let taken =
        bench.root().post("/api/v1/sites", json!({ "account": "bob", "name": "www.example.test" })).await;
    refused(&taken, "name_taken", "/name");
    let again = act("disable").await;
    assert_eq!(again.json["disabled"], true);
    assert_eq!(act("enable").await.json["disabled"], false);
    assert_eq!(held(&bench, &site).get("disabled"), None);
    let entries = bench.root().get("/api/v1/audit?limit=200").await;
    for action in ["site.disable", "site.enable"] {
        assert!(entries.text.contains(action), "{action}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_is_worked_on_and_some_networks_see_it() {
    let bench = bench().await;
    let site = make(&bench, json!({ "account": "alice", "name": "www.example.test" })).await;
    let allow = json!({ "maintenance": { "allow": ["2001:db8::/32", "203.0.113.0/24", "203.0.113.0/24"] } });
    let on = edit(&bench, "www.example.test", allow).await;
    assert_eq!(on.status, 200, "{}", on.text);
    assert_eq!(on.json["maintenance"], json!({ "allow": ["203.0.113.0/24", "2001:db8::/32"] }));
    assert_eq!(held(&bench, &site)["maintenance"]["allow"].as_array().unwrap().len(), 2);
    assert_eq!(
        edit(&bench, "www.example.test", json!({ "maintenance": {} })).await.json["maintenance"],
        json!({ "allow": [] })
    );
    let many: Vec<String> = (0..51).map(|n| format!("203.0.113.{n}/32")).collect();
    let refusal = edit(&bench, "www.example.test", json!({ "maintenance": { "allow": many } })).await;
    refused(&refusal, "networks_too_many", "/maintenance/allow");
    for bad in ["203.0.113.1/24", "203.0.113.0", "::/0 ; }", "all", "203.0.113.0/33"] {
        let answer = edit(&bench, "www.example.test", json!({ "maintenance": { "allow": [bad] } })).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json["errors"][0]["pointer"]),
            (422, &json!("/maintenance/allow/0")),
            "{}",
            answer.text
        );
    }
    assert_eq!(
        edit(&bench, "www.example.test", json!({ "maintenance": null })).await.json["maintenance"],
        Value::Null
    );
    assert_eq!(held(&bench, &site).get("maintenance"), None);
}
