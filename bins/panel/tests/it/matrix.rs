//! Every route, as everyone, on one's own, on another's, and on what is not there.
//!
//! The routes are those of the committed description, which is made of the router's own table; what each declares in `x-access` is what
//! is expected of it. A route that this test has no example for fails it.

use std::collections::BTreeMap;

use api_kit::testing::{Answer, Client};
use http::Method;
use panel::start;
use serde_json::{Value, json};

use crate::bench::Bench;
use crate::schema::{Description, Operation};

/// What an owner may do on their own account.
const OWNER: [&str; 8] = [
    "account.view",
    "account.edit",
    "site.view",
    "site.edit",
    "event.view",
    "audit.view",
    "member.view",
    "member.manage",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Role {
    Anonymous,
    Alice,
    Bob,
    Administrator,
    Root,
    /// Alice's token with all that she may.
    TokenFull,
    /// Alice's token that looks alone.
    TokenReadOnly,
    /// Alice's token, bound to another account of hers.
    TokenElsewhere,
    /// Alice's token, expired.
    TokenExpired,
    /// Alice's token, deleted.
    TokenRevoked,
    /// The token of somebody who is suspended.
    TokenSuspended,
    /// The administrator, who acts as Alice.
    Acting,
}

impl Role {
    const ALL: [Self; 12] = [
        Self::Anonymous,
        Self::Alice,
        Self::Bob,
        Self::Administrator,
        Self::Root,
        Self::TokenFull,
        Self::TokenReadOnly,
        Self::TokenElsewhere,
        Self::TokenExpired,
        Self::TokenRevoked,
        Self::TokenSuspended,
        Self::Acting,
    ];

    fn is_nobody(self) -> bool {
        matches!(self, Self::Anonymous | Self::TokenExpired | Self::TokenRevoked | Self::TokenSuspended)
    }

    fn is_token(self) -> bool {
        matches!(self, Self::TokenFull | Self::TokenReadOnly | Self::TokenElsewhere)
    }

    /// Whose rights they are, where they are a tenant's.
    fn is_alices(self) -> bool {
        self.is_token() || matches!(self, Self::Alice | Self::Acting)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    Alices,
    Bobs,
    Missing,
}

/// The body that a route takes.
pub(crate) fn body(operation: &str, target: Target) -> Value {
    let account = match target {
        Target::Alices => "alice",
        Target::Bobs => "bob",
        Target::Missing => "carol",
    };
    match operation {
        "account_create" => json!({ "name": "dora", "email": "dora@example.test" }),
        "account_edit" => json!({ "email": "new@example.test" }),
        "site_create" => json!({ "account": account, "name": "new.example.test", "php": null }),
        "site_edit" => json!({ "body_size": "8M" }),
        "node_edit" => json!({ "listen": ["0.0.0.0:80"] }),
        "setting_set" => json!({ "value": 30 }),
        "drift_decide" => {
            json!({ "kind": "site", "id": "01935b2e-7a4d-7c3e-8f10-0123456789ab", "action": "revert" })
        }
        "account_suspend"
        | "login_link_create"
        | "act_as_consent_give"
        | "webhook_redeliver"
        | "webhook_drop" => json!({}),
        "act_as_create" => json!({ "login": "alice" }),
        "token_create" => json!({ "name": format!("t{}", names::TokenId::new()), "read_only": true }),
        "webhook_create" => json!({ "name": "new", "url": "https://hooks.example.test/" }),
        "webhook_edit" => json!({ "enabled": true }),
        "password_set" => json!({ "current": "correct horse battery", "new": "correct horse battery" }),
        "session_create" => json!({ "login": "nobody", "password": "wrong" }),
        "session_create_by_link" => json!({ "token": "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA" }),
        other => panic!("no example body for {other}: add one"),
    }
}

/// The path with a target's names; none where it has no place for one.
pub(crate) fn path(operation: &Operation, target: Target, known: &Known) -> String {
    let pick = |alices: &str, bobs: &str, missing: &str| {
        match target {
            Target::Alices => alices,
            Target::Bobs => bobs,
            Target::Missing => missing,
        }
        .to_owned()
    };
    let missing_id = "01935b2e-7a4d-7c3e-8f10-0123456789ab";
    let mut path = operation.path.clone();
    path = path.replace("{account}", &pick("alice", "bob", "carol"));
    path = path.replace("{site}", &pick("a.example.test", "b.example.test", "c.example.test"));
    path = path.replace("{pool}", &pick("alice-8.4", "bob-8.4", "carol-8.4"));
    path = path.replace("{key}", "event.keep_days");
    path = path.replace("{session}", &pick(&known.alices.session, &known.bobs.session, missing_id));
    path = path.replace("{token}", &pick(&known.alices.token, &known.bobs.token, missing_id));
    path = path.replace("{person}", &pick("alice", "bob", "carol"));
    path = path.replace("{webhook}", "hook");
    assert!(!path.contains('{'), "no example for a parameter of {path}: add one");
    if operation.takes("dry_run") { format!("{path}?dry_run=true") } else { path }
}

/// A session and a token of one person, by id.
struct Own {
    session: String,
    token: String,
}

/// Where paths get their ids from.
pub(crate) struct Known {
    alices: Own,
    bobs: Own,
}

impl Known {
    /// Those of two persons.
    pub(crate) async fn both(bench: &Bench, alice: &str, bob: &str) -> Self {
        Self { alices: own(bench, alice).await, bobs: own(bench, bob).await }
    }
}

async fn own(bench: &Bench, login: &str) -> Own {
    let client = bench.person(login).await;
    let session = client.get("/api/v1/session").await.json["session"].as_str().expect("a session").to_owned();
    client.delete("/api/v1/tokens").await.is(200);
    let made = client.post("/api/v1/tokens", json!({ "name": "own", "read_only": true })).await;
    Own { session, token: made.is(201).json["made"]["id"].as_str().unwrap().to_owned() }
}

async fn client(bench: &Bench, role: Role) -> Client {
    let made = async |login: &str, more: Value| {
        let mut body = json!({ "name": format!("t{}", names::TokenId::new()) });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        bench.token(login, body).await
    };
    match role {
        Role::Anonymous => bench.anonymous(),
        Role::Alice => bench.person("alice").await,
        Role::Bob => bench.person("bob").await,
        Role::Administrator => bench.person("admin").await,
        Role::Root => bench.root(),
        Role::TokenFull => bench.with_token(&made("alice", json!({ "permissions": OWNER })).await),
        Role::TokenReadOnly => bench.with_token(&made("alice", json!({ "read_only": true })).await),
        Role::TokenElsewhere => {
            bench.with_token(&made("alice", json!({ "permissions": OWNER, "accounts": ["alice2"] })).await)
        }
        Role::TokenExpired => {
            let token = made("alice", json!({ "permissions": OWNER, "days": 1 })).await;
            bench
                .execute("UPDATE token SET expires_at = 1 WHERE last_used_at IS NULL AND name <> 'own'")
                .await;
            bench.with_token(&token)
        }
        Role::TokenRevoked => {
            let token = made("alice", json!({ "permissions": OWNER })).await;
            let name = bench.with_token(&token).get("/api/v1/session").await.json["token"].clone();
            let path = format!("/api/v1/tokens/{}", name.as_str().unwrap());
            bench.person("alice").await.delete(&path).await.is(204);
            bench.with_token(&token)
        }
        Role::TokenSuspended => {
            bench
                .execute("DELETE FROM token WHERE person_id IN (SELECT id FROM person WHERE login = 'erin')")
                .await;
            let token = bench
                .token("erin", json!({ "name": format!("t{}", names::TokenId::new()), "read_only": true }))
                .await;
            bench.execute("UPDATE person SET suspended_at = 1 WHERE login = 'erin'").await;
            bench.with_token(&token)
        }
        Role::Acting => bench.acting("admin", "alice").await,
    }
}

/// What is expected of a cell: the status, or `None` for "let through".
fn expected(operation: &Operation, role: Role, target: Target) -> Option<u16> {
    let own =
        matches!((role.is_alices(), role, target), (true, _, Target::Alices) | (_, Role::Bob, Target::Bobs));
    let mighty = matches!(role, Role::Administrator | Role::Root);
    let by = operation.access("by");
    let about_oneself =
        operation.path.contains("{session}") || operation.path.starts_with("/api/v1/tokens/{token}");
    match operation.access("who") {
        "anyone" => None,
        _ if role.is_nobody() => Some(401),
        _ if by == "session" && role.is_token() => Some(403),
        _ if matches!(by, "session" | "not_acting") && role == Role::Acting => Some(403),
        "signed_in" if about_oneself && !own => Some(404),
        "signed_in" | "listed" => None,
        "everywhere" if mighty => None,
        "organisation" if mighty && operation.path.contains("{person}") => {
            (target == Target::Missing).then_some(404)
        }
        // what they are about belongs to the organisation of both, which neither knows
        "organisation" => (!mighty).then_some(404),
        "object" if mighty => (target == Target::Missing).then_some(404),
        "object" if !own || role == Role::TokenElsewhere => Some(404),
        "object" if role == Role::TokenReadOnly && !is_view(operation.access("permission")) => Some(403),
        "object" if OWNER.contains(&operation.access("permission")) => None,
        "everywhere" | "object" => Some(403),
        other => panic!("{}: x-access says {other:?}", operation.id),
    }
}

fn is_view(permission: &str) -> bool {
    permission.split_once('.').is_some_and(|(_, verb)| verb == "view")
}

fn without_request(answer: &Answer) -> Value {
    let mut problem = answer.json.clone();
    if let Some(problem) = problem.as_object_mut() {
        problem.remove("request_id");
    }
    problem
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_as_everyone_on_everything() {
    let bench = Bench::new().await;
    let description = Description::committed();
    for (account, site) in [("alice", "a.example.test"), ("bob", "b.example.test")] {
        bench.account(account).await;
        bench.site(account, site).await;
    }
    for account in ["alice2", "erin"] {
        bench.account(account).await;
    }
    bench
        .execute(
            "INSERT INTO person_role (id, person_id, role_id, account_id, created_at)
             SELECT a.id, p.id, '00000000-0000-7000-8000-000000000012', a.id, 0 FROM person p, account a
             WHERE p.login = 'alice' AND a.name = 'alice2'",
        )
        .await;
    let hook = json!({ "name": "hook", "url": "https://hooks.example.test/" });
    assert_eq!(bench.root().post("/api/v1/webhooks", hook).await.status, 201);
    let (mut cells, mut wrong, mut ways) = (0_u32, Vec::new(), BTreeMap::<u16, u32>::new());
    for operation in description.operations() {
        let mut hidden = BTreeMap::<Role, Vec<Value>>::new();
        for role in Role::ALL {
            for target in [Target::Alices, Target::Bobs, Target::Missing] {
                bench.execute("UPDATE person SET suspended_at = NULL").await;
                let known = Known::both(&bench, "alice", "bob").await;
                let path = path(&operation, target, &known);
                let body = operation.has_body().then(|| body(&operation.id, target).to_string().into_bytes());
                let method: Method = operation.method.parse().unwrap();
                let asking = client(&bench, role).await.header("if-match", "*");
                let answer = asking.send(method, &path, body).await;
                let status = answer.status.as_u16();
                cells += 1;
                *ways.entry(status).or_default() += 1;
                let text: String = answer.text.chars().take(400).collect();
                let cell = format!("{} {role:?} {target:?}: {status} {text}", operation.id);
                let through = !matches!(status, 401 | 403 | 404 | 405) && status < 500;
                let fits = match expected(&operation, role, target) {
                    Some(wanted) => status == wanted,
                    // A wrong password and a used link are 401 by themselves.
                    None => {
                        through
                            || operation.id.starts_with("session_create")
                            || operation.id == "drift_decide"
                    }
                };
                if !fits {
                    wrong.push(cell.clone());
                }
                let faults = description.faults(&operation, status, &answer.json);
                if !faults.is_empty() {
                    wrong.push(format!("{cell}\n  not as described: {faults:?}"));
                }
                if status == 404 {
                    hidden.entry(role).or_default().push(without_request(&answer));
                }
                leaks(&operation, role, &answer, &mut wrong);
            }
        }
        for (role, answers) in hidden {
            if answers.iter().any(|answer| *answer != answers[0]) {
                wrong.push(format!(
                    "{} {role:?}: another's and missing are told apart: {answers:?}",
                    operation.id
                ));
            }
        }
    }
    println!("{cells} cells, by status: {ways:?}");
    assert!(wrong.is_empty(), "{} of {cells} cells are wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(cells >= 1800, "{cells} cells");
}

/// A parameter that is passed over could have been a `dry_run` that was misspelt.
#[tokio::test(flavor = "multi_thread")]
async fn every_route_that_changes_something_refuses_a_parameter_that_it_does_not_know() {
    let bench = Bench::new().await;
    bench.account("alice").await;
    bench.site("alice", "a.example.test").await;
    let known = Known::both(&bench, "alice", "alice").await;
    let (mut asked, mut wrong) = (0, Vec::new());
    for operation in Description::committed().operations().iter().filter(|o| o.method != "GET") {
        let path = path(operation, Target::Alices, &known);
        let path = format!("{}?nonsense=1", path.split('?').next().unwrap());
        let body = operation.has_body().then(|| body(&operation.id, Target::Alices).to_string().into_bytes());
        let root = bench.root().header("if-match", "*");
        let answer = root.send(operation.method.parse().unwrap(), &path, body).await;
        asked += 1;
        if answer.status != 422 || answer.json["errors"][0]["pointer"] != "?nonsense" {
            wrong.push(format!("{}: {} {}", operation.id, answer.status, answer.text));
        }
    }
    assert!(wrong.is_empty() && asked >= 18, "{asked} asked:\n{}", wrong.join("\n"));
}

/// Nothing of another's is in an owner's answer.
fn leaks(operation: &Operation, role: Role, answer: &Answer, wrong: &mut Vec<String>) {
    let foreign = match role {
        _ if role.is_alices() => ["b.example.test", "bob@example.test", "\"bob"],
        Role::Bob => ["a.example.test", "alice@example.test", "\"alice"],
        _ => return,
    };
    if operation.id == "openapi_show" {
        return; // its examples are named like this test's
    }
    if let Some(word) = foreign.iter().find(|word| answer.text.contains(**word)) {
        let text: String = answer.text.chars().take(300).collect();
        wrong.push(format!("{} {role:?}: {word} is shown: {text}", operation.id));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_committed_description_is_the_router_s() {
    let bench = Bench::without_agent().await;
    let now = panel::app::openapi(bench.parts.clone()).unwrap();
    let committed = include_str!("../../../../docs/reference/openapi.json");
    assert_eq!(now.trim(), committed.trim(), "run `cargo xtask openapi` and commit the result");
}

#[test]
fn the_committed_reference_of_events_is_that_of_the_sources() {
    let committed = include_str!("../../../../docs/reference/events.md");
    assert_eq!(start::events(), committed, "run `cargo xtask events` and commit the result");
}

#[test]
fn an_answer_that_is_not_as_described_is_noticed() {
    let description = Description::committed();
    let show = description.operations().into_iter().find(|operation| operation.id == "health_show").unwrap();
    assert!(description.faults(&show, 200, &json!({ "status": "ok", "version": "0.1.0" })).is_empty());
    assert_eq!(description.faults(&show, 200, &json!({ "status": "ok" })).len(), 1, "missing");
    assert_eq!(
        description.faults(&show, 200, &json!({ "status": 1, "version": "x" })).len(),
        1,
        "of another type"
    );
    assert_eq!(
        description.faults(&show, 200, &json!({ "status": "", "version": "", "more": 1 })).len(),
        1,
        "too much"
    );
    assert_eq!(description.faults(&show, 299, &json!({})).len(), 1, "another status");
}
