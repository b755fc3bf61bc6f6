//! Webhooks over the API: who may see and change whose.

use api_kit::testing::{Answer, Client};
use serde_json::json;
use store::{Statement, StoreError, WriteTx};

use crate::bench::Bench;

const BRANCH: &str = "00000000-0000-7000-8000-0000000000b1";
const RITA: &str = "00000000-0000-7000-8000-0000000000c1";

/// Rita, who sells hosting in a branch of the tree.
async fn reseller(bench: &Bench) -> Client {
    let root = store::fixed::ROOT_ORGANISATION;
    let rows = [
        Statement::new("INSERT INTO organisation (id, parent_id, name, kind, created_at) VALUES ($1, $2, 'branch', 'reseller', 1)").bind(BRANCH).bind(root),
        Statement::new("INSERT INTO organisation_above (organisation_id, above_id, depth) VALUES ($1, $1, 0), ($1, $2, 1)").bind(BRANCH).bind(root),
        Statement::new("INSERT INTO person (id, login, organisation_id, created_at, updated_at) VALUES ($1, 'rita', $2, 1, 1)").bind(RITA).bind(BRANCH),
        Statement::new("INSERT INTO person_role (id, person_id, role_id, organisation_id, created_at) VALUES ('00000000-0000-7000-8000-0000000000d1', $1, $2, $3, 1)")
            .bind(RITA)
            .bind(store::fixed::RESELLER_ROLE)
            .bind(BRANCH),
    ];
    run(bench, rows).await;
    bench.person("rita").await
}

async fn run<const N: usize>(bench: &Bench, statements: [store::Bound; N]) {
    for statement in statements {
        let write = async |tx: &mut WriteTx| tx.execute(statement.clone()).await;
        bench.parts.panel.store().write::<_, StoreError, _>(write).await.unwrap();
    }
}

fn hook(name: &str) -> serde_json::Value {
    json!({ "name": name, "url": "https://hooks.example.test/" })
}

fn names(answer: &Answer) -> Vec<&str> {
    answer.json["items"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reseller_has_the_webhooks_of_its_branch_and_no_other() {
    let bench = Bench::without_agent().await;
    let rita = reseller(&bench).await;
    let root = bench.root();
    assert_eq!(root.post("/api/v1/webhooks", hook("everything")).await.status, 201);
    let made = rita.post("/api/v1/webhooks", hook("hers")).await;
    assert_eq!(
        (made.status.as_u16(), &made.json["webhook"]["organisation"]),
        (201, &json!(BRANCH)),
        "{}",
        made.text
    );
    assert_eq!(names(&rita.get("/api/v1/webhooks").await), ["hers"]);
    assert_eq!(names(&root.get("/api/v1/webhooks").await), ["everything", "hers"]);
    for (method, path) in [
        ("GET", ""),
        ("PATCH", ""),
        ("DELETE", ""),
        ("POST", "/secret"),
        ("POST", "/test"),
        ("GET", "/deliveries"),
        ("POST", "/redeliver"),
        ("POST", "/drop"),
    ] {
        let body = (method == "PATCH" || path == "/redeliver" || path == "/drop").then(|| b"{}".to_vec());
        let ask = |name: &str| format!("/api/v1/webhooks/{name}{path}");
        let theirs = rita.send(method.parse().unwrap(), &ask("everything"), body.clone()).await;
        let missing = rita.send(method.parse().unwrap(), &ask("nowhere"), body.clone()).await;
        assert_eq!(
            (theirs.status.as_u16(), missing.status.as_u16()),
            (404, 404),
            "{method} {path}: {}",
            theirs.text
        );
        let own = rita.send(method.parse().unwrap(), &ask("hers"), body).await;
        assert!(own.status.is_success(), "{method} {path}: {}", own.text);
        if method == "DELETE" {
            assert_eq!(rita.post("/api/v1/webhooks", hook("hers")).await.status, 201);
        }
    }
    // her names are hers, and who has both says which is meant
    let twice = root.post("/api/v1/webhooks", hook("hers")).await;
    assert_eq!(twice.status, 201, "{}", twice.text);
    assert_eq!(root.get("/api/v1/webhooks/hers").await.json["code"], "name_ambiguous");
    assert_eq!(rita.get("/api/v1/webhooks/hers").await.json["organisation"], BRANCH);
    let first = root.get("/api/v1/webhooks?limit=2").await;
    assert_eq!(names(&first), ["everything", "hers"]);
    let next = first.json["next_cursor"].as_str().unwrap();
    assert_eq!(names(&root.get(&format!("/api/v1/webhooks?limit=2&cursor={next}")).await), ["hers"]);
    let path = format!("/api/v1/webhooks/{}", twice.json["webhook"]["id"].as_str().unwrap());
    assert_eq!(rita.get(&path).await.status, 404);
    assert_eq!(root.delete(&path).await.status, 204);
    let above = json!({ "name": "above", "url": "https://hooks.example.test/", "organisation": store::fixed::ROOT_ORGANISATION });
    assert_eq!(rita.post("/api/v1/webhooks", above).await.status, 404, "she does not know who is above her");
    let suspend = Statement::new("UPDATE organisation SET suspended = 1 WHERE id = $1").bind(BRANCH);
    run(&bench, [suspend]).await;
    assert_eq!(rita.get("/api/v1/webhooks/hers").await.status, 404);
    assert_eq!(names(&root.get("/api/v1/webhooks").await), ["everything", "hers"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_shown_once_and_is_nowhere_else() {
    let bench = Bench::without_agent().await;
    let root = bench.root();
    let made = root.post("/api/v1/webhooks", hook("hook")).await;
    let first = made.json["secret"].as_str().unwrap().to_owned();
    let rotated = root.post("/api/v1/webhooks/hook/secret", json!(null)).await;
    let second = rotated.json["secret"].as_str().unwrap().to_owned();
    assert_ne!(first, second);
    assert!(rotated.json["webhook"]["old_secret_until"].is_string(), "{}", rotated.text);
    for path in ["/webhooks", "/webhooks/hook", "/webhooks/hook/deliveries", "/audit", "/events"] {
        let text = root.get(&format!("/api/v1{path}")).await.text;
        assert!(!text.contains("whsec_") && !text.contains(&first[6..]), "{path}: {text}");
    }
    let taken = root.post("/api/v1/webhooks", hook("hook")).await;
    assert_eq!((taken.status.as_u16(), &taken.json["errors"][0]["code"]), (422, &json!("name_taken")));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_lies_in_the_database_in_clear_and_those_of_before_are_sealed_at_the_start() {
    let mut bench = Bench::without_agent().await;
    let root = bench.root();
    let secret = |answer: &Answer| answer.json["secret"].as_str().unwrap().to_owned();
    let mut secrets = Vec::new();
    for name in ["now", "before"] {
        secrets.push(secret(&root.post("/api/v1/webhooks", hook(name)).await));
        secrets.push(secret(&root.post(&format!("/api/v1/webhooks/{name}/secret"), json!(null)).await));
    }
    let kept = |bench: &Bench| kept(bench.parts.panel.store().clone());
    for (name, secret, old) in kept(&bench).await {
        assert!(secret.starts_with("x1.") && old.starts_with("x1."), "{name}: {secret} {old}");
    }
    // as the release of before left it
    let clear = Statement::new("UPDATE webhook SET secret = $1, old_secret = $2 WHERE name = 'before'")
        .bind(&secrets[3])
        .bind(&secrets[2]);
    run(&bench, [clear]).await;
    assert!(found(&bench.config.database, &secrets[3]), "the look finds what is there");
    bench = bench.killed_and_started().await;
    for (name, secret, old) in kept(&bench).await {
        assert!(secret.starts_with("x1.") && old.starts_with("x1."), "{name}: {secret} {old}");
    }
    for secret in &secrets {
        assert!(!found(&bench.config.database, secret), "a secret lies in the files of the database");
    }
    assert!(!found(&bench.config.database, "whsec_"));
    let tested = bench.root().post("/api/v1/webhooks/before/test", json!(null)).await;
    assert_eq!(tested.json["error"], "nobody answers", "it was signed and sent: {}", tested.text);
}

/// Names, keys and keys of before, as they lie there.
async fn kept(store: store::Store) -> Vec<(String, String, String)> {
    struct Kept(String, String, String);
    impl store::FromRow for Kept {
        fn from_row(row: &store::Row) -> Result<Self, store::RowError> {
            Ok(Self(row.text("name")?, row.text("secret")?, row.text("old_secret")?))
        }
    }
    const ALL: Statement = Statement::new("SELECT name, secret, old_secret FROM webhook");
    let rows = store.read::<Vec<Kept>, StoreError, _>(async |tx: &mut store::Tx| tx.all(ALL).await).await;
    rows.unwrap().into_iter().map(|Kept(name, secret, old)| (name, secret, old)).collect()
}

/// Whether the database's file or its log holds this text anywhere.
fn found(database: &std::path::Path, text: &str) -> bool {
    let files = ["", "-wal"].map(|suffix| std::fs::read(format!("{}{suffix}", database.display())));
    files.into_iter().flatten().any(|bytes| bytes.windows(text.len()).any(|at| at == text.as_bytes()))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_bounds_open_can_be_named_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("egress.toml");
    let config = |text: &str| {
        std::fs::write(&file, text).unwrap();
        panel::config::Config { egress_bounds: file.clone(), ..panel::config::Config::default() }.bounds()
    };
    let url = "https://203.0.113.9/".parse().unwrap();
    assert!(config("allow = [\"203.0.113.0/24\"]").judge(&url).is_ok());
    // what cannot be used opens nothing
    for text in ["", "allow = [\"203.0.113.0/24\", \"127.0.0.0/8\"]", "nonsense = 1"] {
        assert!(config(text).judge(&url).is_err(), "{text}");
    }
}
