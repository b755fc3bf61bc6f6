//! What may be asked of an authority.

use std::sync::Arc;

use ::store::Statement;
use ::store::testing::TestStore;
use desired::{Agents, BoxFuture, Draft, Panel, Registry};
use seal::SealKey;
use serde_json::json;
use wire::{CancellationToken, Peer};

use super::*;
use crate::order::{Ways, WebServer};

struct Nobody;

impl WebServer for Nobody {
    fn acme_changed<'a>(
        &'a self,
        _tx: &'a mut WriteTx,
        _draft: &'a mut Draft,
    ) -> BoxFuture<'a, Result<(), ApiError>> {
        Box::pin(async { Ok(()) })
    }
}

struct Bench {
    store: TestStore,
    state: Issuing,
    actor: Actor,
}

impl Bench {
    async fn new() -> Self {
        let store = TestStore::new().await;
        let nobody = Peer::new("/nowhere");
        let agents = Agents { driver: nobody.clone(), people: nobody.clone() };
        let panel = Panel::new(store.store.clone(), agents, Registry::default(), CancellationToken::new());
        let state = Issuing {
            panel,
            seal: SealKey::throw_away().unwrap(),
            egress: nobody,
            bounds: Arc::new(Bounds::default()),
            web_server: Arc::new(Nobody),
            ways: Ways::default(),
        };
        Self { store, state, actor: Actor::root() }
    }

    fn act(&self) -> Act<'_> {
        Act { state: &self.state, actor: &self.actor, now: Micros::now() }
    }

    async fn create(&self, body: serde_json::Value) -> Result<Authority, String> {
        let body: CreateAuthority = serde_json::from_value(body).map_err(|error| error.to_string())?;
        let made = self.store.write(async |tx: &mut WriteTx| self.act().create(tx, &body).await).await;
        made.map_err(|error| code(&error))
    }

    async fn edit(&self, name: &str, body: serde_json::Value) -> Result<Authority, String> {
        let body: EditAuthority = serde_json::from_value(body).map_err(|error| error.to_string())?;
        let key = AuthorityKey::Name(name.parse().unwrap());
        let made = self.store.write(async |tx: &mut WriteTx| self.act().edit(tx, &key, &body).await).await;
        made.map_err(|error| code(&error))
    }

    async fn default(&self) -> Option<String> {
        let found = self.store.read(async |tx: &mut Tx| store::default(tx).await).await.unwrap();
        found.map(|row| row.name.to_string())
    }
}

/// The code of the one field that is refused.
fn code(error: &ApiError) -> String {
    let problem = error.problem();
    problem.errors.first().map_or(problem.code.to_string(), |first| first.code.to_string())
}

fn body(name: &str) -> serde_json::Value {
    json!({ "name": name, "directory": format!("https://{name}.example.com/dir"), "terms_agreed": true })
}

#[tokio::test]
async fn an_authority_is_made_by_who_agrees_to_its_terms() {
    let bench = Bench::new().await;
    let mut refused = body("one");
    refused["terms_agreed"] = false.into();
    assert_eq!(bench.create(refused.clone()).await.unwrap_err(), "terms_not_agreed");
    refused.as_object_mut().unwrap().remove("terms_agreed");
    assert!(bench.create(refused).await.unwrap_err().contains("terms_agreed"));
    assert!(bench.create(body("one")).await.unwrap().default);
}

#[tokio::test]
async fn the_first_is_the_default_until_another_is_named() {
    let bench = Bench::new().await;
    bench.create(body("one")).await.unwrap();
    assert!(!bench.create(body("two")).await.unwrap().default);
    let mut third = body("three");
    third["default"] = true.into();
    assert!(bench.create(third).await.unwrap().default);
    assert_eq!(bench.default().await.as_deref(), Some("three"));
    assert!(bench.edit("one", json!({ "default": true })).await.unwrap().default);
    assert_eq!(bench.default().await.as_deref(), Some("one"));
    // what is no default stays none
    bench.edit("two", json!({ "default": false })).await.unwrap();
    assert_eq!(bench.default().await.as_deref(), Some("one"));
    bench.edit("one", json!({ "default": false })).await.unwrap();
    assert_eq!(bench.default().await, None);
}

#[tokio::test]
async fn names_and_directories_are_taken_once_and_addresses_are_judged() {
    let bench = Bench::new().await;
    bench.create(body("one")).await.unwrap();
    let with = |name: &str, directory: &str| {
        let mut body = body(name);
        body["directory"] = directory.into();
        body
    };
    assert_eq!(
        bench.create(with("two", "https://one.example.com/dir")).await.unwrap_err(),
        "directory_taken"
    );
    assert_eq!(bench.create(with("one", "https://two.example.com/dir")).await.unwrap_err(), "name_taken");
    assert_eq!(bench.create(with("two", "http://two.example.com/dir")).await.unwrap_err(), "url_plain");
    assert_eq!(bench.create(with("two", "https://10.0.0.1/dir")).await.unwrap_err(), "url_address");
    bench.create(body("two")).await.unwrap();
    assert_eq!(bench.edit("two", json!({ "name": "one" })).await.unwrap_err(), "name_taken");
    assert_eq!(bench.edit("two", json!({ "name": "three" })).await.unwrap().name.as_str(), "three");
}

#[tokio::test]
async fn a_key_of_an_external_account_is_shown_to_nobody() {
    let bench = Bench::new().await;
    let mut with = body("one");
    with["eab"] = json!({ "key_id": "kid-1", "key": "Y2FuYXJ5LWNhbmFyeS1jYW5hcnk" });
    let made = bench.create(with).await.unwrap();
    let text = serde_json::to_string(&made).unwrap();
    assert!(text.contains("kid-1") && !text.contains("Y2FuYXJ5") && !text.contains("canary"));
    let entries = Statement::new("SELECT after_json AS value FROM audit WHERE action = 'authority.create'");
    let entry: String = bench.store.read(async |tx: &mut Tx| tx.one(entries).await).await.unwrap();
    assert!(entry.contains("kid-1") && !entry.contains("Y2FuYXJ5") && !entry.contains("canary"));
    assert_eq!(bench.edit("one", json!({ "eab": null })).await.unwrap().eab_key_id, None);
}
