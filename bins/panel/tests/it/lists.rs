//! Lists in every order, filtered and counted; and the search over all kinds.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use store::Statement;

use crate::bench::Bench;
use crate::matrix;

/// An account's row in an organisation, as bare as it may be.
const ACCOUNT: Statement = Statement::new(
    "INSERT INTO account (id, name, organisation_id, node_id, uid, email, condition, observed_generation, created_at, updated_at, since)
     SELECT $1, $2, o.id, (SELECT id FROM node LIMIT 1), $4, 'someone@example.test', $5, 1, $6, 0, 0 FROM organisation o WHERE o.name = $3",
);
const UID: Statement =
    Statement::new("INSERT INTO used_uid (uid, account_id, account_name, claimed_at) VALUES ($1, $2, $3, 0)");
const SITE: Statement = Statement::new(
    "INSERT INTO site (id, account_id, node_id, docroot, condition, observed_generation, created_at, updated_at, since)
     SELECT $1, a.id, a.node_id, 'sites/x/public', $3, 1, $4, 0, 0 FROM account a WHERE a.name = $2",
);
const NAME: Statement = Statement::new(
    "INSERT INTO site_name (name, site_id, is_primary, ownership, created_at) VALUES ($1, $2, $3, 'approved', 0)",
);

const CONDITIONS: [&str; 3] = ["ready", "degraded", "failed"];

impl Bench {
    /// Accounts by number, some of them made in the same moment, with a site each whose name goes the other way round.
    async fn rows_of(&self, numbers: impl Iterator<Item = usize>) {
        let numbers: Vec<usize> = numbers.collect();
        let write = async |tx: &mut store::WriteTx| -> Result<(), store::StoreError> {
            for number in numbers {
                let (account, site) = (names::AccountId::new(), names::SiteId::new());
                let (name, uid) = (format!("a{number:04}"), 30_000 + i64::try_from(number).unwrap());
                let organisation = ["acme", "other", "below"][number % 3];
                let made = i64::try_from(number / 4).unwrap();
                let condition = CONDITIONS[number % 5 % 3];
                tx.execute(UID.bind(uid).bind(account).bind(&name)).await?;
                let row = ACCOUNT.bind(account).bind(&name).bind(organisation).bind(uid);
                tx.execute(row.bind(condition).bind(made)).await?;
                tx.execute(SITE.bind(site).bind(&name).bind(condition).bind(made)).await?;
                let domain = format!("s{:04}.example.test", 9999 - number);
                tx.execute(NAME.bind(&domain).bind(site).bind(true)).await?;
                tx.execute(NAME.bind(format!("alias-{name}.example.test")).bind(site).bind(false)).await?;
            }
            Ok(())
        };
        self.parts.panel.store().write(write).await.unwrap();
    }

    /// A tree with accounts in it, rita who is reseller of one branch, and ada who owns one account.
    async fn forest(&self) {
        let root = self.root();
        for (name, parent) in [("acme", "root"), ("other", "root"), ("below", "acme")] {
            let body = json!({ "name": name, "parent": parent, "kind": "reseller" });
            root.post("/api/v1/organisations", body).await.is(201);
        }
        let rita = json!({ "login": "rita", "role": "reseller", "new": true });
        root.post("/api/v1/organisations/acme/members", rita).await.is(201);
    }
}

/// What an item is sorted by in an order, so that it compares as the list has it.
fn place(order: &str, item: &Value) -> (String, String) {
    let text = |name: &str| item[name].as_str().unwrap().to_owned();
    match order.trim_start_matches('-') {
        "name" => (text("name"), String::new()),
        "created" => (text("created_at"), text("id")),
        "organisation" => (text("organisation"), text("name")),
        "account" => (text("account"), text("name")),
        other => panic!("{other}"),
    }
}

/// In every order, and for all whose lists go by other statements, a walk over all pages shows each row that was there once, and in order,
/// while others come in between.
#[tokio::test(flavor = "multi_thread")]
async fn a_walk_shows_each_row_once_and_in_order_while_rows_come() {
    let bench = Bench::without_agent().await;
    bench.forest().await;
    bench.rows_of((0..90).map(|number| number * 3)).await;
    let mut next = 0;
    let callers = [("root", bench.root()), ("rita", bench.person("rita").await)];
    for (path, orders, key) in [
        ("accounts", ["name", "-name", "created", "-created", "organisation", "-organisation"], ""),
        ("sites", ["name", "-name", "created", "-created", "account", "-account"], ""),
        (
            "accounts",
            ["name", "-name", "created", "-created", "organisation", "-organisation"],
            "&condition=unwell",
        ),
        (
            "accounts",
            ["name", "-name", "created", "-created", "organisation", "-organisation"],
            "&organisation=acme",
        ),
        (
            "sites",
            ["name", "-name", "created", "-created", "account", "-account"],
            "&organisation=acme&condition=failed",
        ),
    ] {
        for order in orders {
            for (who, client) in &callers {
                let of = |cursor: &str| format!("/api/v1/{path}?limit=7&sort={order}{key}{cursor}");
                let all = client.get(&format!("{}&total=true", of(""))).await;
                let before = all.is(200).json["total"].as_u64().unwrap();
                let (mut shown, mut cursor, mut pages) = (Vec::new(), String::new(), 0);
                loop {
                    let page = client.get(&of(&cursor)).await;
                    page.is(200);
                    shown.extend(page.json["items"].as_array().unwrap().clone());
                    let Some(more) = page.json["next_cursor"].as_str() else { break };
                    cursor = format!("&cursor={more}");
                    pages += 1;
                    if pages % 3 == 0 {
                        next += 1;
                        // before, amid and behind what was shown
                        bench.rows_of([next * 3 + 1].into_iter()).await;
                    }
                }
                let case = format!("{path} {order} {key} {who}");
                let places: Vec<_> = shown.iter().map(|item| place(order, item)).collect();
                let in_order = |pair: &[(String, String)]| {
                    if order.starts_with('-') { pair[0] > pair[1] } else { pair[0] < pair[1] }
                };
                assert!(places.windows(2).all(in_order), "{case}: {places:?}");
                let ids: BTreeSet<_> = shown.iter().map(|item| item["id"].to_string()).collect();
                assert_eq!(ids.len(), shown.len(), "{case}: a row came twice");
                let after =
                    client.get(&format!("{}&total=true", of(""))).await.json["total"].as_u64().unwrap();
                let count = shown.len() as u64;
                assert!(before <= count && count <= after, "{case}: {before} <= {count} <= {after}");
            }
        }
    }
    assert!(next > 30, "{next} rows came meanwhile");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_shows_what_its_filters_say_and_counts_it() {
    let bench = Bench::new().await;
    bench.forest().await;
    bench.package("basic", json!({})).await;
    for (organisation, account, site) in [
        ("acme", "alice", "www.alice.test"),
        ("below", "bea", "www.bea.test"),
        ("other", "carl", "www.carl.test"),
    ] {
        bench.account_in(organisation, account).await;
        bench.site(account, site).await;
    }
    bench.waiting().post("/api/v1/accounts/bea/suspend", json!({})).await.is(200);
    let edit = json!({ "aliases": ["shop.carl.test"] });
    bench.waiting().header("if-match", "*").patch("/api/v1/sites/www.carl.test", edit).await.is(200);
    let sold = json!({ "package": "basic" });
    bench.waiting().header("if-match", "*").patch("/api/v1/accounts/alice/limits", sold).await.is(200);
    let names = async |path: &str| -> Vec<String> {
        let answer = bench.root().get(&format!("/api/v1/{path}&total=true")).await;
        let items = answer.is(200).json["items"].as_array().unwrap();
        assert_eq!(answer.json["total"], items.len(), "{path}");
        items.iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names("accounts?sort=name").await, ["alice", "bea", "carl"]);
    assert_eq!(names("accounts?organisation=acme").await, ["alice", "bea"], "and what is below");
    assert_eq!(names("accounts?suspended=true").await, ["bea"]);
    assert_eq!(names("accounts?suspended=false").await, ["alice", "carl"]);
    assert_eq!(names("accounts?package=basic").await, ["alice"]);
    assert_eq!(names("accounts?package=pro").await, [""; 0]);
    assert_eq!(names("accounts?condition=ready&q=a").await, ["alice", "bea", "carl"]);
    assert_eq!(names("accounts?condition=unwell").await, [""; 0]);
    assert_eq!(names("sites?suspended=true").await, ["www.bea.test"], "its account's state counts");
    assert_eq!(names("sites?organisation=below").await, ["www.bea.test"]);
    assert_eq!(names("sites?q=shop").await, ["www.carl.test"], "by a further name");
    assert_eq!(names("sites?account=carl&sort=-created").await, ["www.carl.test"]);
    bench.execute("UPDATE site SET condition = 'failed' WHERE account_id = (SELECT id FROM account WHERE name = 'carl')").await;
    bench.execute("UPDATE site SET condition = 'degraded' WHERE account_id = (SELECT id FROM account WHERE name = 'alice')").await;
    assert_eq!(names("sites?condition=unwell").await, ["www.alice.test", "www.carl.test"]);
    assert_eq!(names("sites?condition=failed").await, ["www.carl.test"]);
    // Without the count there is none; and nobody counts what they do not see.
    assert!(bench.root().get("/api/v1/accounts").await.json.get("total").is_none());
    let rita = bench.person("rita").await;
    assert_eq!(rita.get("/api/v1/accounts?total=true").await.json["total"], 2);
    assert_eq!(rita.get("/api/v1/sites?total=true&q=carl").await.json["total"], 0);
    let other = rita.get("/api/v1/accounts?organisation=other").await;
    let missing = rita.get("/api/v1/accounts?organisation=nowhere").await;
    assert_eq!((other.status.as_u16(), missing.status.as_u16()), (404, 404));
    assert_eq!(other.json["detail"], missing.json["detail"], "another's and missing are one answer");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_of_another_order_is_refused_and_so_is_what_is_no_order() {
    let bench = Bench::without_agent().await;
    bench.forest().await;
    bench.rows_of(0..5).await;
    let cursor = bench.root().get("/api/v1/accounts?limit=2&sort=-created").await.json["next_cursor"].clone();
    let cursor = cursor.as_str().unwrap();
    bench.root().get(&format!("/api/v1/accounts?limit=2&sort=-created&cursor={cursor}")).await.is(200);
    let refused = async |query: &str| {
        let answer = bench.root().get(&format!("/api/v1/accounts?{query}")).await;
        (answer.is(422).json["errors"][0]["pointer"].clone(), answer.json["errors"][0]["code"].clone())
    };
    let other = (json!("?cursor"), json!("cursor_of_other_sort"));
    assert_eq!(refused(&format!("cursor={cursor}")).await, other);
    assert_eq!(refused(&format!("cursor={cursor}&sort=created")).await, other);
    for broken in ["LWNyZWF0ZWQgeCB5", "LWNyZWF0ZWQ", "YWxpY2U"] {
        let found = refused(&format!("sort=-created&cursor={broken}")).await;
        assert_eq!(found, (json!("?cursor"), json!("invalid_cursor")), "{broken}");
    }
    assert_eq!(refused("sort=email").await, (json!("?sort"), json!("unknown_sort")));
    assert_eq!(refused("condition=ill").await, (json!("?condition"), json!("unknown_condition")));
    assert_eq!(refused("suspended=yes").await.0, json!("?suspended"));
    assert_eq!(refused("total=1").await.0, json!("?total"));
    assert_eq!(refused("organisation=a%20b").await.0, json!("?organisation"));
    assert_eq!(refused(&format!("q={}", "a".repeat(254))).await.1, json!("search_too_long"));
}

/// Kinds, names and owners that were found.
fn found(answer: &api_kit::testing::Answer) -> Vec<(String, String, String)> {
    let text = |item: &Value, name: &str| item[name].as_str().unwrap_or_default().to_owned();
    let items = answer.is(200).json["items"].as_array().unwrap();
    items.iter().map(|item| (text(item, "kind"), text(item, "name"), text(item, "of"))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_finds_all_kinds_the_best_first_and_only_what_one_sees() {
    let bench = Bench::new().await;
    matrix::populate(&bench).await;
    let root = bench.root();
    let edit = json!({ "aliases": ["old.acme.test"] });
    bench.waiting().header("if-match", "*").patch("/api/v1/sites/a.example.test", edit).await.is(200);
    let all = root.get("/api/v1/search?q=acme&limit=50").await;
    let of = |kind: &str, name: &str, of: &str| (kind.to_owned(), name.to_owned(), of.to_owned());
    assert_eq!(
        found(&all),
        [
            of("organisation", "acme", "root"),
            of("site", "old.acme.test", "alice"),
            of("webhook", "hook-acme", "acme"),
        ]
    );
    let alice = found(&root.get("/api/v1/search?q=ALICE").await);
    assert_eq!(alice[0], of("account", "alice", "acme"), "the whole name first");
    assert_eq!(alice[1], of("person", "alice", "acme"));
    assert_eq!(alice[2], of("account", "alice2", "acme"), "then what begins so");
    assert!(alice.contains(&of("site", "c.alice.example.test", "alice2")), "{alice:?}");
    for (words, kind) in
        [("basic", "package"), ("editor", "role"), ("corp", "identity_provider"), ("rita", "person")]
    {
        let all = found(&root.get(&format!("/api/v1/search?q={words}")).await);
        assert!(all.iter().any(|(found, name, _)| found == kind && name == words), "{words}: {all:?}");
    }
    assert_eq!(found(&root.get("/api/v1/search?q=e&limit=3").await).len(), 3);
    // Nobody finds what their lists do not show, and what these show is found.
    for login in ["alice", "bob", "rita", "dave", "rose", "sam", "admin"] {
        let client = bench.person(login).await;
        let hits = found(&client.get("/api/v1/search?q=a&limit=50").await);
        for (kind, path, name) in [
            ("account", "accounts", "name"),
            ("site", "sites", "name"),
            ("organisation", "organisations", "name"),
            ("person", "persons", "login"),
            ("package", "packages", "name"),
            ("role", "roles", "name"),
            ("webhook", "webhooks", "name"),
        ] {
            let list = client.get(&format!("/api/v1/{path}?limit=200")).await;
            let listed: BTreeSet<String> = list.is(200).json["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|item| item[name].as_str().unwrap().to_owned())
                .filter(|name| name.contains('a'))
                .collect();
            let hit: BTreeSet<String> = hits
                .iter()
                .filter(|(found, ..)| found == kind)
                .map(
                    |(_, name, _)| {
                        if name == "old.acme.test" { "a.example.test".to_owned() } else { name.clone() }
                    },
                )
                .collect();
            assert_eq!(hit, listed, "{login}: {kind}");
        }
        let providers = hits.iter().filter(|(kind, ..)| kind == "identity_provider").count();
        assert_eq!(providers, 0, "corp has no such letter");
        let corp = found(&client.get("/api/v1/search?q=corp").await);
        assert_eq!(corp.len(), usize::from(login == "admin"), "{login}: {corp:?}");
    }
    assert_eq!(bench.anonymous().get("/api/v1/search?q=a").await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_character_of_a_search_means_itself() {
    let bench = Bench::new().await;
    bench.account("alice").await;
    for login in ["ann_b", "annxb", "per.cent"] {
        bench.root().post("/api/v1/persons", json!({ "login": login })).await.is(201);
    }
    let logins = async |query: &str| -> Vec<String> {
        let answer = bench.root().get(&format!("/api/v1/persons?q={query}")).await;
        let items = answer.is(200).json["items"].as_array().unwrap();
        items.iter().map(|item| item["login"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(logins("ann_").await, ["ann_b"]);
    assert_eq!(logins("ANN").await, ["ann_b", "annxb"]);
    for nothing in [
        "%25",
        "%5C",
        "%27",
        "%22",
        "%25%25",
        "a%25b",
        "%F0%9F%94%91",
        "%C3%BC",
        "%E2%80%AE",
        "a%27%20OR%201=1--",
    ] {
        assert_eq!(logins(nothing).await, [""; 0], "{nothing}");
        assert_eq!(found(&bench.root().get(&format!("/api/v1/search?q={nothing}")).await), [], "{nothing}");
    }
    for empty in ["", "?q=", "?q=%20"] {
        assert_eq!(found(&bench.root().get(&format!("/api/v1/search{empty}")).await), [], "{empty}");
    }
    let long = bench.root().get(&format!("/api/v1/search?q={}", "a".repeat(254))).await;
    assert_eq!(long.is(422).json["errors"][0]["code"], "search_too_long");
    for limit in ["0", "51", "x"] {
        let refused = bench.root().get(&format!("/api/v1/search?q=a&limit={limit}")).await;
        assert_eq!(refused.is(422).json["errors"][0]["pointer"], "?limit");
    }
}
