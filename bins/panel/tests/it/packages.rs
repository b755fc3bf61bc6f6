//! Packages and limits: what is sold is held, by the database and by the host, and shown before it is changed.

use std::time::Instant;

use api_kit::testing::{Answer, Client};
use serde_json::{Value, json};
use store::{Bound, Statement, StoreError, WriteTx};

use crate::bench::Bench;

const ACME: &str = "00000000-0000-7000-8000-0000000000a1";
const PERSON: &str = "00000000-0000-7000-8000-0000000000a2";

async fn run(bench: &Bench, statement: Bound) {
    let write = async |tx: &mut WriteTx| tx.execute(statement).await;
    bench.parts.panel.store().write::<_, StoreError, _>(write).await.unwrap();
}

/// A reseller's organisation below the root, and a person named `rita` who is its reseller.
async fn reseller(bench: &Bench) -> Client {
    const ORGANISATION: Statement = Statement::new(
        "INSERT INTO organisation (id, parent_id, name, kind, created_at) VALUES ($1, $2, 'acme', 'reseller', 0)",
    );
    const ABOVE: Statement = Statement::new(
        "INSERT INTO organisation_above (organisation_id, above_id, depth) VALUES ($1, $1, 0), ($1, $2, 1)",
    );
    const RITA: Statement = Statement::new(
        "INSERT INTO person (id, login, organisation_id, created_at, updated_at) VALUES ($1, 'rita', $2, 0, 0)",
    );
    const ROLE: Statement = Statement::new(
        "INSERT INTO person_role (id, person_id, role_id, organisation_id, created_at) VALUES ($1, $1, $2, $3, 0)",
    );
    run(bench, ORGANISATION.bind(ACME).bind(store::fixed::ROOT_ORGANISATION)).await;
    run(bench, ABOVE.bind(ACME).bind(store::fixed::ROOT_ORGANISATION)).await;
    run(bench, RITA.bind(PERSON).bind(ACME)).await;
    run(bench, ROLE.bind(PERSON).bind(store::fixed::RESELLER_ROLE).bind(ACME)).await;
    bench.person("rita").await
}

fn any(client: Client) -> Client {
    client.header("if-match", "*").header("prefer", "wait=20")
}

async fn sell(bench: &Bench, account: &str, body: Value) -> Answer {
    any(bench.root()).patch(&format!("/api/v1/accounts/{account}/limits"), body).await
}

async fn limit(client: &Client, path: &str, name: &str) -> (Value, Value, String) {
    let shown = client.get(path).await;
    assert_eq!(shown.status, 200, "{}", shown.text);
    let limits = shown.json["limits"].as_array().unwrap();
    let one = limits.iter().find(|limit| limit["name"] == name).unwrap();
    (one["most"].clone(), one["used"].clone(), one["from"].as_str().unwrap().to_owned())
}

async fn counters_are_what_they_count(bench: &Bench) {
    let counted = bench.root().post("/api/v1/limits/recount?dry_run=true", json!(null)).await;
    assert_eq!(
        (counted.status.as_u16(), &counted.json["differences"]),
        (200, &json!([])),
        "{}",
        counted.text
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_who_ask_at_once_for_the_last_site_get_one() {
    let bench = Bench::new().await;
    bench.account("alice").await;
    for number in 0..4 {
        bench.site("alice", &format!("site{number}.example.test")).await;
    }
    assert_eq!(sell(&bench, "alice", json!({ "limits": { "sites": 5 } })).await.status, 200);
    let mut asking = Vec::new();
    for number in 0..200 {
        let root = bench.root();
        asking.push(tokio::spawn(async move {
            let body =
                json!({ "account": "alice", "name": format!("new{number}.example.test"), "php": null });
            root.post("/api/v1/sites", body).await
        }));
    }
    let (mut made, mut refused) = (0, 0);
    for answer in asking {
        let answer = answer.await.unwrap();
        match answer.status.as_u16() {
            202 => made += 1,
            409 if answer.json["code"] == "limit_reached" => refused += 1,
            _ => panic!("{}", answer.text),
        }
    }
    assert_eq!((made, refused), (1, 199));
    assert_eq!(bench.count("SELECT COUNT(*) AS value FROM site").await, 5);
    let path = "/api/v1/accounts/alice/limits";
    assert_eq!(limit(&bench.root(), path, "sites").await, (json!(5), json!(5), "own".to_owned()));
    assert_eq!(limit(&bench.root(), path, "names").await.1, 5);
    counters_are_what_they_count(&bench).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn counters_follow_every_way_in_which_rows_come_and_go() {
    let bench = Bench::new().await;
    bench.account("alice").await;
    bench.account("bob").await;
    bench.site("alice", "one.example.test").await;
    bench.site("alice", "two.example.test").await;
    let root = any(bench.root());
    let site = "/api/v1/sites/one.example.test";
    let aliases = json!({ "aliases": ["a.example.test", "b.example.test", "c.example.test"] });
    assert_eq!(root.patch(site, aliases).await.status, 200);
    let path = "/api/v1/accounts/alice/limits";
    assert_eq!(limit(&root, path, "names").await.1, 5);
    let renamed = json!({ "name": "a.example.test", "aliases": ["d.example.test"] });
    assert_eq!(root.patch(site, renamed).await.status, 200);
    assert_eq!(limit(&root, path, "names").await.1, 3);
    counters_are_what_they_count(&bench).await;
    // What is refused leaves nothing behind, wherever it is refused.
    let taken = json!({ "account": "bob", "name": "b.bob.example.test", "aliases": ["a.example.test"] });
    assert_eq!(root.post("/api/v1/sites", taken).await.status, 422);
    assert_eq!(
        root.post("/api/v1/accounts", json!({ "name": "bob", "email": "b@example.test" })).await.status,
        422
    );
    counters_are_what_they_count(&bench).await;
    // Given back where deletion is asked, and not a second time while the agent is away.
    bench.agent.stop().await;
    let asking = bench.root().header("if-match", "*");
    assert_eq!(asking.delete("/api/v1/sites/a.example.test").await.status, 202);
    assert_eq!(asking.delete("/api/v1/sites/a.example.test").await.status, 202);
    assert_eq!(limit(&root, path, "sites").await.1, 1);
    assert_eq!(limit(&root, path, "names").await.1, 1);
    counters_are_what_they_count(&bench).await;
    bench.agent.start();
    assert_eq!(asking.delete("/api/v1/accounts/bob").await.status, 202);
    assert_eq!(limit(&root, "/api/v1/organisations/root/limits", "accounts").await.1, 1);
    counters_are_what_they_count(&bench).await;
    bench.until("/api/v1/accounts?limit=10", |list| list.json["items"].as_array().unwrap().len() == 1).await;
    counters_are_what_they_count(&bench).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_counter_is_found_by_the_doctor_and_mended() {
    const SPOIL: Statement = Statement::new("UPDATE account_limit SET used = 7 WHERE name = 'sites'");
    let bench = Bench::new().await;
    bench.account("alice").await;
    bench.site("alice", "one.example.test").await;
    run(&bench, SPOIL.into()).await;
    let doctor = bench.root().get("/api/v1/doctor").await;
    let finding = |doctor: &Answer| {
        let all = doctor.json["findings"].as_array().unwrap().clone();
        all.into_iter().find(|finding| finding["code"] == "panel.counters").unwrap()
    };
    assert_eq!(finding(&doctor)["severity"], "error", "{}", doctor.text);
    let mended = bench.root().post("/api/v1/limits/recount", json!(null)).await;
    let wanted = json!([{ "of": "account", "id": mended.json["differences"][0]["id"], "limit": "sites", "kept": 7, "counted": 1 }]);
    assert_eq!(mended.json["differences"], wanted);
    assert_eq!(finding(&bench.root().get("/api/v1/doctor").await)["severity"], "ok");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_that_is_written_otherwise_than_it_is_said_is_found_by_the_doctor_and_mended() {
    const SITES: Statement = Statement::new("UPDATE account_limit SET most = 9 WHERE name = 'sites'");
    const MEMORY: Statement =
        Statement::new("UPDATE package_limit SET most = 1073741824 WHERE name = 'memory_bytes'");
    const SFTP: Statement = Statement::new(
        "INSERT INTO account_feature_off (account_id, feature) SELECT id, 'sftp' FROM account",
    );
    let bench = Bench::new().await;
    bench.package("basic", json!({ "memory_bytes": 512 << 20, "sites": 2 })).await;
    let body = json!({ "name": "alice", "email": "a@example.test", "package": "basic" });
    let id =
        bench.waiting().post("/api/v1/accounts", body).await.is(201).json["id"].as_str().unwrap().to_owned();
    let held = || bench.agent.host.object("account", &id).unwrap()["limits"]["memory_bytes"].clone();
    assert_eq!(held(), 512 << 20);
    let finding = async || {
        let doctor = bench.root().get("/api/v1/doctor").await.json;
        let all = doctor["findings"].as_array().unwrap().clone();
        all.into_iter().find(|finding| finding["code"] == "panel.counters").unwrap()
    };
    assert_eq!(finding().await["severity"], "ok");
    for spoil in [SITES, MEMORY, SFTP] {
        run(&bench, spoil.into()).await;
    }
    assert_eq!(finding().await["severity"], "error");
    let wrong = |answer: &Answer| {
        let all = answer.json["misstated"].as_array().unwrap().clone();
        let line =
            |one: &Value| format!("{} {} {} {}", one["name"], one["what"], one["written"], one["said"]);
        all.iter().map(line).collect::<Vec<_>>()
    };
    let path = "/api/v1/limits/recount";
    let would = bench.root().post(&format!("{path}?dry_run=true"), json!(null)).await;
    let mut found = wrong(would.is(200));
    found.sort();
    let wanted = [
        r#""alice" "memory_bytes" 536870912 1073741824"#,
        r#""alice" "sftp" false true"#,
        r#""alice" "sites" 9 2"#,
    ];
    assert_eq!(found, wanted);
    assert_eq!(finding().await["severity"], "error", "a dry run mends nothing");
    let mut mended = wrong(bench.root().post(path, json!(null)).await.is(200));
    mended.sort();
    assert_eq!(mended, wanted);
    assert_eq!(finding().await["severity"], "ok");
    assert_eq!(limit(&bench.root(), "/api/v1/accounts/alice/limits", "sites").await.0, 2);
    bench
        .until("/api/v1/accounts/alice", |alice| alice.json["condition"] == "ready" && held() == 1 << 30)
        .await;
    assert_eq!(wrong(bench.root().post(path, json!(null)).await.is(200)), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_package_is_what_the_host_holds_its_accounts_to() {
    let bench = Bench::new().await;
    bench.package("basic", json!({ "memory_bytes": 512 << 20, "php_workers": 4, "sites": 2 })).await;
    let body = json!({ "name": "alice", "email": "a@example.test", "package": "basic" });
    let made = bench.waiting().post("/api/v1/accounts", body).await;
    assert_eq!((made.status.as_u16(), &made.json["package"]), (201, &json!("basic")), "{}", made.text);
    let id = made.json["id"].as_str().unwrap().to_owned();
    let site = bench.site("alice", "www.example.test").await;
    let pool = bench.root().get("/api/v1/pools/alice-8.4").await;
    let pool_id = pool.json["id"].as_str().unwrap().to_owned();
    let hosted = || {
        let account = bench.agent.host.object("account", &id).unwrap();
        let pool = bench.agent.host.object("pool", &pool_id).unwrap();
        (account["limits"]["memory_bytes"].clone(), pool["max_children"].clone())
    };
    assert_eq!(hosted(), (json!(512 << 20), json!(4)));

    let edit = json!({ "limits": { "memory_bytes": 1 << 30, "php_workers": 16, "sites": 0 } });
    let path = "/api/v1/packages/basic";
    let dry = any(bench.root()).patch(&format!("{path}?dry_run=true"), edit.clone()).await;
    assert_eq!(dry.status, 200, "{}", dry.text);
    let plan = &dry.json["plan"];
    let kinds: Vec<_> = plan["objects"].as_array().unwrap().iter().map(|o| o["kind"].clone()).collect();
    assert_eq!(kinds, ["account", "pool"], "{}", dry.text);
    assert_eq!((&plan["effects"]["total"], &plan["effects"]["over"]), (&json!(1), &json!(1)), "{}", dry.text);
    let changes = plan["effects"]["shown"][0]["changes"].as_array().unwrap();
    let sites = changes.iter().find(|change| change["what"] == "sites").unwrap();
    assert_eq!(*sites, json!({ "what": "sites", "before": 2, "after": 0, "used": 1, "over": true }));
    assert_eq!(hosted(), (json!(512 << 20), json!(4)), "nothing was done");

    let wrong = format!("{path}?expect_plan={}", "0".repeat(64));
    assert_eq!(any(bench.root()).patch(&wrong, edit.clone()).await.json["code"], "plan_changed");
    let right = format!("{path}?expect_plan={}", plan["hash"].as_str().unwrap());
    let done = any(bench.root()).patch(&right, edit).await;
    assert_eq!(done.status, 200, "its accounts and pools were waited for: {}", done.text);
    assert_eq!(hosted(), (json!(1 << 30), json!(16)));
    let more =
        bench.root().post("/api/v1/sites", json!({ "account": "alice", "name": "b.example.test" })).await;
    assert_eq!(more.json["code"], "limit_reached", "{}", more.text);
    assert_eq!(
        bench.root().get("/api/v1/sites/www.example.test").await.json["generation"],
        site.json["generation"]
    );
    // Another one's own values stay where the package says something else.
    assert_eq!(sell(&bench, "alice", json!({ "limits": { "php_workers": 2 } })).await.status, 200);
    let done = any(bench.root()).patch(path, json!({ "limits": { "php_workers": 32 } })).await;
    assert_eq!(done.status, 200, "{}", done.text);
    assert_eq!(hosted(), (json!(1 << 30), json!(2)));
    assert_eq!(sell(&bench, "alice", json!({ "limits": { "php_workers": null } })).await.status, 200);
    assert_eq!(hosted(), (json!(1 << 30), json!(32)));

    let kept = any(bench.root()).delete(path).await;
    assert_eq!(kept.json["code"], "package_in_use", "{}", kept.text);
    assert_eq!(sell(&bench, "alice", json!({ "package": null })).await.status, 200);
    assert_eq!(hosted(), (json!(1 << 30), json!(8)), "as usual again");
    assert_eq!(any(bench.root()).delete(path).await.status, 204);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feature_that_is_used_is_not_taken_away_and_one_that_is_off_is_not_used() {
    let bench = Bench::new().await;
    bench.package("basic", json!({})).await;
    bench.account("alice").await;
    bench.site("alice", "www.example.test").await;
    assert_eq!(sell(&bench, "alice", json!({ "package": "basic" })).await.status, 200);
    let off = json!({ "features": { "php": false } });
    let refused = any(bench.root()).patch("/api/v1/packages/basic", off.clone()).await;
    assert_eq!((refused.status.as_u16(), &refused.json["code"]), (409, &json!("feature_in_use")));
    assert!(refused.text.contains("www.example.test of account alice"), "{}", refused.text);
    let root = any(bench.root());
    assert_eq!(root.patch("/api/v1/sites/www.example.test", json!({ "php": null })).await.status, 200);
    assert_eq!(root.patch("/api/v1/packages/basic", off).await.status, 200);
    let asked = json!({ "account": "alice", "name": "b.example.test", "php": "8.4" });
    let refused = root.post("/api/v1/sites", asked).await;
    assert_eq!(refused.json["errors"][0]["code"], "feature_off", "{}", refused.text);
    let back = root.patch("/api/v1/sites/www.example.test", json!({ "php": "8.4" })).await;
    assert_eq!(back.json["errors"][0]["code"], "feature_off", "{}", back.text);
    let plain = root.post("/api/v1/sites", json!({ "account": "alice", "name": "b.example.test" })).await;
    assert_eq!((plain.status.as_u16(), &plain.json["php"]), (201, &json!(null)), "{}", plain.text);
    // SFTP is off on the host, and the keys are there again when it is on.
    let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl alice@laptop";
    let edited = root.patch("/api/v1/accounts/alice", json!({ "ssh_keys": [key] })).await;
    let id = edited.json["id"].as_str().unwrap().to_owned();
    let keys = || bench.agent.host.object("account", &id).unwrap()["ssh_keys"].as_array().unwrap().len();
    assert_eq!(keys(), 1);
    assert_eq!(sell(&bench, "alice", json!({ "features": { "sftp": false } })).await.status, 200);
    assert_eq!(keys(), 0);
    assert_eq!(sell(&bench, "alice", json!({ "features": { "sftp": null } })).await.status, 200);
    assert_eq!(keys(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reseller_gives_no_more_than_it_has_and_raises_not_its_own_limits() {
    let bench = Bench::new().await;
    let rita = reseller(&bench).await;
    let acme = "/api/v1/organisations/acme/limits";
    let body = json!({ "limits": { "sites": 2, "accounts": 2, "memory_bytes": 512 << 20, "disk_bytes": 100 << 20 }, "features": { "mail": false } });
    let set = any(bench.root()).patch(acme, body).await;
    assert_eq!(set.status, 200, "{}", set.text);
    let own = any(rita.clone()).patch(acme, json!({ "limits": { "sites": 50 } })).await;
    assert_eq!(own.status, 403, "{}", own.text);
    let above = rita.get("/api/v1/organisations/root/limits").await;
    assert_eq!(above.status, 404, "{}", above.text);

    let too_much =
        json!({ "name": "pro", "limits": { "sites": 3, "databases": 9 }, "features": { "mail": true } });
    let refused = rita.post("/api/v1/packages", too_much).await;
    let pointers: Vec<_> =
        refused.json["errors"].as_array().unwrap().iter().map(|error| error["pointer"].clone()).collect();
    assert_eq!(pointers, ["/limits/sites", "/features/mail"], "{}", refused.text);
    let made = rita
        .post("/api/v1/packages", json!({ "name": "pro", "limits": { "sites": 2, "disk_bytes": 60 << 20 } }))
        .await;
    assert_eq!(made.status, 201, "{}", made.text);
    assert!(!made.text.contains("\"mail\""), "{}", made.text);
    bench.package("basic", json!({})).await;
    let listed = rita.get("/api/v1/packages").await;
    assert_eq!(
        listed.json["items"].as_array().unwrap().len(),
        2,
        "one's own, and those of above: {}",
        listed.text
    );
    let foreign = any(rita.clone()).patch("/api/v1/packages/basic", json!({ "name": "mine" })).await;
    assert_eq!(foreign.status, 404, "{}", foreign.text);

    let account = |name: &str| json!({ "name": name, "email": "x@example.test", "package": "pro" });
    let first = rita.clone().header("prefer", "wait=20").post("/api/v1/accounts", account("alice")).await;
    assert_eq!(first.status, 201, "{}", first.text);
    let second = rita.post("/api/v1/accounts", account("bob")).await;
    assert_eq!(second.json["code"], "provider_limit_reached", "60 of 100 bytes are given: {}", second.text);
    assert!(second.text.contains("disk space"), "{}", second.text);
    let oversell = any(bench.root()).patch(acme, json!({ "oversell": true })).await;
    assert_eq!(oversell.status, 200, "{}", oversell.text);
    assert_eq!(rita.post("/api/v1/accounts", account("bob")).await.status, 202);
    let third = rita.post("/api/v1/accounts", account("carol")).await;
    assert!(third.text.contains("acme has 2 of its 2 accounts"), "{}", third.text);

    // The owner of an account learns that the provider has no more, and not how much it has.
    bench.site("alice", "a.example.test").await;
    bench.site("bob", "b.example.test").await;
    let alice = bench.person("alice").await;
    let refused =
        alice.post("/api/v1/sites", json!({ "account": "alice", "name": "c.a.example.test" })).await;
    assert_eq!(refused.json["code"], "provider_limit_reached", "{}", refused.text);
    assert!(refused.text.contains("Your provider has no more sites to give"), "{}", refused.text);
    assert!(!refused.text.contains("acme"), "{}", refused.text);
    counters_are_what_they_count(&bench).await;

    // Lowered, it is held to at once; raised, everything that was given is there again.
    let path = "/api/v1/accounts/alice/limits";
    let held = (json!(512 << 20), Value::Null, "organisation".to_owned());
    assert_eq!(limit(&alice, path, "memory_bytes").await, held);
    let raised = any(bench.root()).patch(acme, json!({ "limits": { "memory_bytes": null } })).await;
    assert_eq!(raised.status, 200, "{}", raised.text);
    assert_eq!(limit(&alice, path, "memory_bytes").await.0, json!(1 << 30));
}

#[tokio::test(flavor = "multi_thread")]
async fn new_accounts_get_the_package_that_the_installation_says() {
    let bench = Bench::new().await;
    let setting = "/api/v1/settings/package.default";
    let missing = bench.root().put(setting, json!({ "value": "basic" })).await;
    assert_eq!(missing.json["errors"][0]["code"], "no_such_package", "{}", missing.text);
    bench.package("basic", json!({ "sites": 1 })).await;
    assert_eq!(bench.root().put(setting, json!({ "value": "basic" })).await.status, 200);
    assert_eq!(bench.account("alice").await.json["package"], "basic");
    let none = json!({ "name": "bob", "email": "b@example.test", "package": null });
    assert_eq!(bench.waiting().post("/api/v1/accounts", none).await.json["package"], json!(null));
    let renamed = any(bench.root()).patch("/api/v1/packages/basic", json!({ "name": "starter" })).await;
    assert_eq!(renamed.status, 200, "{}", renamed.text);
    assert_eq!(bench.account("carol").await.json["package"], "starter", "it is still the same one");
    for account in ["alice", "carol"] {
        assert_eq!(sell(&bench, account, json!({ "package": null })).await.status, 200);
    }
    let kept = any(bench.root()).delete("/api/v1/packages/starter").await;
    assert_eq!(kept.json["code"], "package_is_default", "{}", kept.text);
}

/// What people read is bounded, whatever a package is sold to; what is held to is all of it.
#[tokio::test(flavor = "multi_thread")]
async fn the_plan_of_a_package_of_a_thousand_accounts_is_one_that_can_be_read() {
    const UIDS: Statement = Statement::new(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
         INSERT INTO used_uid (uid, account_id, account_name, claimed_at)
         SELECT 30000 + i, '01935b2e-7a4d-7c3e-8f10-' || substr('000000000000' || i, -12), 'a' || i, 0 FROM n",
    );
    const ACCOUNTS: Statement = Statement::new(
        "INSERT INTO account (id, name, organisation_id, node_id, uid, email, created_at, updated_at, since, package_id)
         SELECT u.account_id, u.account_name, $1, (SELECT id FROM node), u.uid, 'x@example.test', 0, 0, 0, $2
         FROM used_uid u WHERE u.uid > 30000",
    );
    let bench = Bench::new().await;
    let package = bench.package("basic", json!({})).await;
    let package = package.json["id"].as_str().unwrap().to_owned();
    run(&bench, UIDS.into()).await;
    run(&bench, ACCOUNTS.bind(store::fixed::ROOT_ORGANISATION).bind(package)).await;
    let edit = json!({ "limits": { "memory_bytes": 2_i64 << 30, "sites": 10 } });
    let path = "/api/v1/packages/basic";
    let began = Instant::now();
    let dry = any(bench.root()).patch(&format!("{path}?dry_run=true"), edit.clone()).await;
    println!("the plan over 1000 accounts: {:?}, {} bytes", began.elapsed(), dry.text.len());
    let plan = &dry.json["plan"];
    assert_eq!(dry.status, 200, "{}", dry.text.chars().take(500).collect::<String>());
    assert_eq!(plan["objects"].as_array().unwrap().len(), 500);
    assert_eq!(plan["left_out"], 500);
    assert_eq!(plan["effects"]["total"], 1000);
    assert_eq!(plan["effects"]["shown"].as_array().unwrap().len(), 500);
    let asking = bench.root().header("if-match", "*");
    let began = Instant::now();
    let done = asking.patch(path, edit).await;
    println!("the change of 1000 accounts, written down: {:?}", began.elapsed());
    assert_eq!(done.status, 202, "{}", done.text);
    let counted = "SELECT COUNT(*) AS value FROM account_limit WHERE name = 'sites' AND most = 10";
    assert_eq!(bench.count(counted).await, 1000);
}
