//! Does a name lead here, and whose is it? The whole panel in a world of names.

use std::time::Duration;

use api_kit::testing::{Answer, Client};
use egress_spec::{Caa, Foreign, RecordData, Seen};
use serde_json::{Value, json};

use crate::bench::Bench;

const SITE: &str = "www.example.org";
/// The server's own addresses, by the agent's word.
const HERE: [&str; 2] = ["192.0.2.10", "2001:db8::10"];
const AWAY: &str = "203.0.113.9";

async fn bench() -> Bench {
    let bench = Bench::new().await;
    bench.account("alice").await;
    bench.account("bob").await;
    // the address is known once somebody looked at the server
    bench.root().get("/api/v1/node").await.is(200);
    HERE.iter().for_each(|address| bench.world.answers(address, Seen::Proof));
    bench
}

fn path(site: &str, name: &str) -> String {
    format!("/api/v1/sites/{site}/names/{name}/check")
}

async fn check(client: &Client, site: &str, name: &str) -> Answer {
    let answer = client.post(&path(site, name), json!({})).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer
}

async fn listed(client: &Client, site: &str) -> Vec<Value> {
    let list = client.get(&format!("/api/v1/sites/{site}/names")).await;
    assert_eq!(list.status, 200, "{}", list.text);
    list.json["items"].as_array().unwrap().clone()
}

/// A site that an owner asks for; its name waits.
async fn claimed(client: &Client, account: &str, name: &str) -> Value {
    let body = json!({ "account": account, "name": name, "php": null });
    let made = client.post("/api/v1/sites", body).await;
    assert_eq!((made.status.as_u16(), &made.json["pending_names"]), (202, &json!([name])), "{}", made.text);
    listed(client, name).await.remove(0)
}

/// What the server was told of the site's names.
fn served(bench: &Bench, site: &Value) -> Option<Value> {
    bench.agent.host.object("site", site["id"].as_str().unwrap()).map(|spec| spec["names"].clone())
}

async fn site(client: &Client, name: &str) -> Value {
    client.get(&format!("/api/v1/sites/{name}")).await.json
}

async fn until(what: &str, mut look: impl AsyncFnMut() -> bool) {
    let end = tokio::time::Instant::now() + Duration::from_secs(30);
    while !look().await {
        assert!(tokio::time::Instant::now() < end, "{what}: too late");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn codes(name: &Value) -> Vec<&str> {
    let troubles = name["check"]["troubles"].as_array().unwrap();
    troubles.iter().map(|trouble| trouble["code"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_good_once_it_was_seen_to_lead_here_and_not_before() {
    let bench = bench().await;
    bench.site("alice", SITE).await;
    let alice = bench.person("alice").await;
    let seen = check(&alice, SITE, SITE).await.json;
    assert_eq!((&seen["state"], codes(&seen)), (&json!("trouble"), vec!["no_such_name"]), "{seen}");
    let trouble = &seen["check"]["troubles"][0];
    assert_eq!(
        trouble["records"],
        json!([{ "name": SITE, "kind": "A", "value": HERE[0] }, { "name": SITE, "kind": "AAAA", "value": HERE[1] }])
    );
    assert!(trouble["remedy"].as_str().unwrap().contains("an A record for www.example.org to 192.0.2.10"));

    bench.world.leads(SITE, &HERE);
    // the key that answers is the web server's once it was made
    until("the web server answers", async || check(&alice, SITE, SITE).await.json["state"] == "good").await;
    let seen = check(&alice, SITE, SITE).await.json;
    assert_eq!(
        (&seen["check"]["leads"], &seen["check"]["answers"]),
        (&json!("here"), &json!("yes")),
        "{seen}"
    );
    assert!(seen["check"]["checked_at"].is_string() && codes(&seen).is_empty());
    assert_eq!(listed(&alice, SITE).await, [seen]);

    bench.world.leads(SITE, &[HERE[0], AWAY]);
    bench.world.answers(AWAY, Seen::Other);
    let seen = check(&alice, SITE, SITE).await.json;
    assert_eq!(
        (&seen["state"], &seen["check"]["leads"], codes(&seen)),
        (&json!("trouble"), &json!("partly"), vec!["a_elsewhere"])
    );

    // another address that answers with this server's proof is a proxy in front
    bench.world.leads(SITE, &[AWAY]);
    bench.world.answers(AWAY, Seen::Proof);
    let seen = check(&alice, SITE, SITE).await.json;
    assert_eq!((&seen["state"], &seen["check"]["leads"]), (&json!("good"), &json!("forwarded")), "{seen}");

    // what could not be asked is no answer
    bench.world.away(true);
    let seen = check(&alice, SITE, SITE).await.json;
    assert_eq!((&seen["state"], codes(&seen)), (&json!("unknown"), vec!["not_asked"]), "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_stranger_s_name_server_says_is_shown_and_nothing_else() {
    let bench = bench().await;
    bench.site("alice", SITE).await;
    let odd = |bytes: &[u8]| Foreign::of(bytes.iter().copied());
    bench.world.has(
        SITE,
        vec![
            RecordData::Cname(odd(b"\x1b]0;x\x07<script>.example.net")),
            RecordData::Caa(Caa { critical: true, tag: odd(b"issue\n"), value: odd(b"\"; \xff</script>") }),
            RecordData::A(AWAY.parse().unwrap()),
        ],
    );
    bench.world.has("example.org", vec![RecordData::Ns(odd(b"ns1.example.net\r\nx"))]);
    let seen = check(&bench.root(), SITE, SITE).await;
    assert!(
        !seen.text.contains(['\u{1b}', '\u{7}', '\u{ff}']) && !seen.text.contains("\\r\\n"),
        "{}",
        seen.text
    );
    assert_eq!(seen.json["check"]["name_servers"], json!(["ns1.example.net\\013\\010x"]));
    assert_eq!(seen.json["check"]["caa"], json!(["128 issue\\010 \"\"; \\255</script>\""]));
    for (site, name, status) in
        [(SITE, "other.example.org", 404), (SITE, "a_b.example.org", 404), (SITE, "x%0ay", 404)]
    {
        let refused = bench.root().post(&path(site, name), json!({})).await;
        assert!([status, 400, 422].contains(&refused.status.as_u16()), "{name}: {}", refused.text);
    }
    // another account's site is not there
    let bob = bench.person("bob").await;
    assert_eq!(bob.post(&path(SITE, SITE), json!({})).await.status, 404);
    assert_eq!(bob.get(&format!("/api/v1/sites/{SITE}/names")).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_in_the_dns_makes_a_name_its_account_s() {
    let bench = bench().await;
    let alice = bench.person("alice").await;
    let waits = claimed(&alice, "alice", SITE).await;
    let record = &waits["ownership"]["record"];
    assert_eq!(
        (&record["name"], &record["kind"]),
        (&json!("_holdfast-challenge.www.example.org"), &json!("TXT"))
    );
    let value = record["value"].as_str().unwrap().to_owned();
    assert!(value.starts_with("holdfast-verify=") && value.len() == 16 + 43, "{value}");
    assert_eq!(waits["ownership"]["accepted"], json!(["dns"]));
    bench.world.leads(SITE, &HERE);
    bench.world.take_asked();
    let seen = check(&alice, SITE, SITE).await.json;
    assert_eq!(
        (&seen["ownership"]["state"], &seen["ownership"]["record_seen"], &seen["state"]),
        (&json!("pending"), &json!("missing"), &json!("not_served")),
        "{seen}"
    );
    assert!(
        bench.world.take_asked().iter().all(|asked| !asked.starts_with("visit")),
        "nothing is answered for it"
    );
    let at = "_holdfast-challenge.www.example.org";
    for wrong in [&value[..value.len() - 1], "holdfast-verify=", "v=spf1 -all", &format!("\"{value}\"")] {
        bench.world.says(at, wrong.as_bytes());
        let seen = check(&alice, SITE, SITE).await.json;
        assert_eq!(
            (&seen["ownership"]["state"], &seen["ownership"]["record_seen"]),
            (&json!("pending"), &json!("another")),
            "{wrong}"
        );
    }
    let shown = site(&alice, SITE).await;
    assert_eq!((served(&bench, &shown), &shown["pending_names"]), (None, &json!([SITE])));

    bench.world.says(at, value.as_bytes());
    let dry = alice.post(&format!("{}?dry_run=true", path(SITE, SITE)), json!({})).await;
    assert_eq!(dry.status, 200, "{}", dry.text);
    assert_eq!(dry.json["plan"]["objects"][0]["kind"], json!("site"), "{}", dry.text);
    assert_eq!(
        listed(&alice, SITE).await[0]["ownership"]["state"],
        json!("pending"),
        "a dry run changes nothing"
    );
    let other = alice.post(&format!("{}?expect_plan={}", path(SITE, SITE), "0".repeat(64)), json!({})).await;
    assert_eq!((other.status.as_u16(), &other.json["code"]), (409, &json!("plan_changed")), "{}", other.text);
    let seen = check(&alice, SITE, SITE).await.json;
    let ownership = &seen["ownership"];
    assert_eq!(
        (&ownership["state"], &ownership["proof"], &ownership["record"]),
        (&json!("proven"), &json!("dns"), &Value::Null)
    );
    assert!(ownership["proven_at"].is_string());
    until("it is served", async || served(&bench, &shown) == Some(json!([SITE]))).await;
    let audit = bench.root().get("/api/v1/audit?limit=200").await;
    assert!(audit.text.contains("site.name.prove"), "{}", audit.text);
    // what lies below it is the account's, too
    let body = json!({ "account": "alice", "name": "shop.www.example.org", "php": null });
    assert_eq!(alice.post("/api/v1/sites", body).await.json["pending_names"], json!([]));
    // proven is proven, though the record goes
    bench.world.says(at, b"");
    assert_eq!(check(&alice, SITE, SITE).await.json["ownership"]["state"], json!("proven"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_is_for_one_account_and_one_name() {
    let bench = bench().await;
    let (alice, bob) = (bench.person("alice").await, bench.person("bob").await);
    let first =
        claimed(&alice, "alice", SITE).await["ownership"]["record"]["value"].as_str().unwrap().to_owned();
    let second = claimed(&alice, "alice", "shop.example.org").await["ownership"]["record"]["value"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_ne!(first, second);
    bench.world.says("_holdfast-challenge.shop.example.org", first.as_bytes());
    assert_eq!(
        check(&alice, "shop.example.org", "shop.example.org").await.json["ownership"]["state"],
        json!("pending")
    );
    // the name becomes another account's claim, and the text of the first proves nothing for it
    assert_eq!(
        alice.clone().header("prefer", "wait=20").delete(&format!("/api/v1/sites/{SITE}")).await.status,
        204
    );
    let third = claimed(&bob, "bob", SITE).await["ownership"]["record"]["value"].as_str().unwrap().to_owned();
    assert_ne!(first, third);
    bench.world.says("_holdfast-challenge.www.example.org", first.as_bytes());
    let seen = check(&bob, SITE, SITE).await.json;
    assert_eq!(
        (&seen["ownership"]["state"], &seen["ownership"]["record_seen"]),
        (&json!("pending"), &json!("another"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn pointing_proves_a_name_where_an_administrator_says_so() {
    let bench = bench().await;
    let alice = bench.person("alice").await;
    claimed(&alice, "alice", SITE).await;
    bench.world.leads(SITE, &HERE);
    assert_eq!(
        check(&alice, SITE, SITE).await.json["ownership"]["state"],
        json!("pending"),
        "it is not accepted"
    );
    for bad in [json!(["mail"]), json!("dns"), json!([1]), json!(null)] {
        let refused = bench.root().put("/api/v1/settings/names.proofs", json!({ "value": bad })).await;
        assert_eq!(refused.status, 422, "{}", refused.text);
    }
    bench.root().put("/api/v1/settings/names.proofs", json!({ "value": ["pointing"] })).await.is(200);
    let waits = &listed(&alice, SITE).await[0]["ownership"];
    assert_eq!((&waits["accepted"], &waits["record"]), (&json!(["pointing"]), &Value::Null));
    // another address that hands on to this server is anybody's
    bench.world.leads(SITE, &[AWAY]);
    bench.world.answers(AWAY, Seen::Proof);
    assert_eq!(check(&alice, SITE, SITE).await.json["ownership"]["state"], json!("pending"));
    bench.world.leads(SITE, &[HERE[0], AWAY]);
    assert_eq!(check(&alice, SITE, SITE).await.json["ownership"]["state"], json!("pending"));
    bench.world.leads(SITE, &HERE);
    let ownership = check(&alice, SITE, SITE).await.json["ownership"].clone();
    assert_eq!((&ownership["state"], &ownership["proof"]), (&json!("proven"), &json!("pointing")));
    // and none at all
    bench.root().put("/api/v1/settings/names.proofs", json!({ "value": [] })).await.is(200);
    let waits = claimed(&alice, "alice", "www.example.net").await;
    assert_eq!((&waits["ownership"]["accepted"], &waits["ownership"]["record"]), (&json!([]), &Value::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_does_not_take_what_lies_near_from_another_account() {
    let bench = bench().await;
    let alice = bench.person("alice").await;
    let waits = claimed(&alice, "alice", "example.net").await;
    // an administrator gives a name below it to another account meanwhile
    bench.site("bob", "shop.example.net").await;
    let value = waits["ownership"]["record"]["value"].as_str().unwrap().to_owned();
    bench.world.says("_holdfast-challenge.example.net", value.as_bytes());
    let seen = check(&alice, "example.net", "example.net").await.json;
    assert_eq!(
        (&seen["ownership"]["state"], &seen["ownership"]["record_seen"]),
        (&json!("pending"), &json!("found")),
        "{seen}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn names_are_looked_at_by_themselves_and_what_is_proven_is_served_without_being_asked() {
    let bench = bench().await;
    let alice = bench.person("alice").await;
    let waits = claimed(&alice, "alice", SITE).await;
    let value = waits["ownership"]["record"]["value"].as_str().unwrap().to_owned();
    until("somebody looks", async || listed(&alice, SITE).await[0]["check"].is_object()).await;
    bench.world.says("_holdfast-challenge.www.example.org", value.as_bytes());
    bench.execute("UPDATE name_check SET next_at = 1").await;
    until("it is proven", async || {
        web_panel::pointing::round(&bench.parts.pointing).await.unwrap();
        listed(&alice, SITE).await[0]["ownership"]["state"] == "proven"
    })
    .await;
    let shown = site(&alice, SITE).await;
    until("it is served", async || served(&bench, &shown) == Some(json!([SITE]))).await;
}
