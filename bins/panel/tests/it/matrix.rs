//! Every route, as everyone, on one's own, on another's, and on what is not there.
//!
//! The routes are those of the committed description, which is made of the router's own table; what each declares in `x-access` is what
//! is expected of it. A route that this test has no example for fails it.

use std::collections::BTreeMap;

use api_kit::testing::{Answer, Client};
use http::Method;
use serde_json::{Value, json};

use crate::bench::Bench;
use crate::schema::{Description, Operation};

/// What an owner may do on their own account.
const OWNER: [&str; 6] =
    ["account.view", "account.edit", "site.view", "site.edit", "event.view", "audit.view"];

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Role {
    Anonymous,
    Alice,
    Bob,
    Administrator,
    Root,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    Alices,
    Bobs,
    Missing,
}

/// The body that a route takes.
fn body(operation: &str, target: Target) -> Value {
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
        "adoption_decide" => {
            json!({ "kind": "site", "id": "01935b2e-7a4d-7c3e-8f10-0123456789ab", "decision": "keep" })
        }
        "account_suspend" | "login_link_create" => json!({}),
        "password_set" => json!({ "current": "correct horse battery", "new": "correct horse battery" }),
        "session_create" => json!({ "login": "nobody", "password": "wrong" }),
        "session_create_by_link" => json!({ "token": "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA" }),
        other => panic!("no example body for {other}: add one"),
    }
}

/// The path with a target's names; none where it has no place for one.
fn path(operation: &Operation, target: Target, sessions: &BTreeMap<Role, String>) -> String {
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
    path = path.replace("{session}", &pick(&sessions[&Role::Alice], &sessions[&Role::Bob], missing_id));
    assert!(!path.contains('{'), "no example for a parameter of {path}: add one");
    if operation.takes("dry_run") { format!("{path}?dry_run=true") } else { path }
}

async fn client(bench: &Bench, role: Role) -> Client {
    match role {
        Role::Anonymous => bench.anonymous(),
        Role::Alice => bench.person("alice").await,
        Role::Bob => bench.person("bob").await,
        Role::Administrator => bench.person("admin").await,
        Role::Root => bench.root(),
    }
}

/// What is expected of a cell: the status, or `None` for "let through".
fn expected(operation: &Operation, role: Role, target: Target) -> Option<u16> {
    let own = matches!((role, target), (Role::Alice, Target::Alices) | (Role::Bob, Target::Bobs));
    let mighty = matches!(role, Role::Administrator | Role::Root);
    match operation.access("who") {
        "anyone" => None,
        _ if role == Role::Anonymous => Some(401),
        "signed_in" if operation.path.contains("{session}") && !own => Some(404),
        "signed_in" | "listed" => None,
        "everywhere" if mighty => None,
        "object" if mighty => (target == Target::Missing).then_some(404),
        "object" if !own => Some(404),
        "object" if OWNER.contains(&operation.access("permission")) => None,
        "everywhere" | "object" => Some(403),
        other => panic!("{}: x-access says {other:?}", operation.id),
    }
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
    let (mut cells, mut wrong, mut ways) = (0_u32, Vec::new(), BTreeMap::<u16, u32>::new());
    for operation in description.operations() {
        let mut hidden = BTreeMap::<Role, Vec<Value>>::new();
        for role in [Role::Anonymous, Role::Alice, Role::Bob, Role::Administrator, Role::Root] {
            for target in [Target::Alices, Target::Bobs, Target::Missing] {
                let mut sessions = BTreeMap::new();
                for of in [Role::Alice, Role::Bob] {
                    let id = client(&bench, of).await.get("/api/v1/session").await.json["session"].clone();
                    sessions.insert(of, id.as_str().expect("a session").to_owned());
                }
                let path = path(&operation, target, &sessions);
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
                            || operation.id == "adoption_decide"
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
    assert!(cells >= 600, "{cells} cells");
}

/// A parameter that is passed over could have been a `dry_run` that was misspelt.
#[tokio::test(flavor = "multi_thread")]
async fn every_route_that_changes_something_refuses_a_parameter_that_it_does_not_know() {
    let bench = Bench::new().await;
    bench.account("alice").await;
    bench.site("alice", "a.example.test").await;
    let session = bench.person("alice").await.get("/api/v1/session").await.json["session"].clone();
    let session = session.as_str().unwrap().to_owned();
    let sessions = BTreeMap::from([(Role::Alice, session.clone()), (Role::Bob, session)]);
    let (mut asked, mut wrong) = (0, Vec::new());
    for operation in Description::committed().operations().iter().filter(|o| o.method != "GET") {
        let path = path(operation, Target::Alices, &sessions);
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
        Role::Alice => ["b.example.test", "bob@example.test", "\"bob"],
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
