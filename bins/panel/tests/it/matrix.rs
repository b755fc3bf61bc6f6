//! Every route, as everyone, on one's own, on another's, and on what is not there.
//!
//! The routes are those of the committed description, which is made of the router's own table; what each declares in `x-access` is what
//! is expected of it. A route that this test has no example for fails it.

use std::collections::{BTreeMap, BTreeSet};

use api_kit::testing::{Answer, Client};
use http::Method;
use panel::start;
use serde_json::{Value, json};

use crate::bench::Bench;
use crate::schema::{Description, Operation};

/// What an owner may do on their own account: what a token with all of it is given.
const OWNER: [&str; 10] = [
    "account.view",
    "account.edit",
    "site.view",
    "site.edit",
    "event.view",
    "job.view",
    "job.manage",
    "audit.view",
    "member.view",
    "member.manage",
];

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Role {
    Anonymous,
    /// Owns the account alice, of the organisation acme.
    Alice,
    /// Owns the account bob, of the organisation other.
    Bob,
    /// Rita, who is reseller of acme.
    Reseller,
    /// Dave, who is developer of alice's account.
    Developer,
    /// Rose, who may look at acme and all below it.
    ReadOnly,
    /// Sam, who owns an account of acme that is suspended.
    Suspended,
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
    const ALL: [Self; 16] = [
        Self::Anonymous,
        Self::Alice,
        Self::Bob,
        Self::Reseller,
        Self::Developer,
        Self::ReadOnly,
        Self::Suspended,
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

    fn login(self) -> Option<&'static str> {
        match self {
            Self::Alice => Some("alice"),
            Self::Bob => Some("bob"),
            Self::Reseller => Some("rita"),
            Self::Developer => Some("dave"),
            Self::ReadOnly => Some("rose"),
            Self::Suspended => Some("sam"),
            Self::Administrator => Some("admin"),
            _ => None,
        }
    }

    fn is_nobody(self) -> bool {
        matches!(self, Self::Anonymous | Self::TokenExpired | Self::TokenRevoked | Self::TokenSuspended)
    }

    fn is_token(self) -> bool {
        matches!(self, Self::TokenFull | Self::TokenReadOnly | Self::TokenElsewhere)
    }

    /// Whether it is Alice, by herself or by another way.
    fn is_alice(self) -> bool {
        self.is_token() || matches!(self, Self::Alice | Self::Acting)
    }

    fn is_mighty(self) -> bool {
        matches!(self, Self::Administrator | Self::Root)
    }

    /// The built-in role, and on which of the targets it is held: on the account, and on its organisation too.
    fn held(self) -> Option<(&'static str, Target, bool)> {
        match self {
            Self::Alice | Self::TokenFull | Self::TokenReadOnly | Self::Acting => {
                Some(("owner", Target::Alices, false))
            }
            Self::Bob => Some(("owner", Target::Bobs, false)),
            Self::Reseller => Some(("reseller", Target::Alices, true)),
            Self::Developer => Some(("developer", Target::Alices, false)),
            Self::ReadOnly => Some(("read-only", Target::Alices, true)),
            _ => None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    Alices,
    Bobs,
    Missing,
}

impl Target {
    const ALL: [Self; 3] = [Self::Alices, Self::Bobs, Self::Missing];

    fn pick<'a>(self, alices: &'a str, bobs: &'a str, missing: &'a str) -> &'a str {
        match self {
            Self::Alices => alices,
            Self::Bobs => bobs,
            Self::Missing => missing,
        }
    }
}

/// What the built-in roles hold, by the API's own word.
type Roles = BTreeMap<String, BTreeSet<String>>;

async fn roles(bench: &Bench) -> Roles {
    let list = bench.root().get("/api/v1/roles").await.json;
    let set = |role: &Value| {
        role["permissions"].as_array().unwrap().iter().map(|p| p.as_str().unwrap().to_owned()).collect()
    };
    let items = list["items"].as_array().unwrap();
    items.iter().map(|role| (role["name"].as_str().unwrap().to_owned(), set(role))).collect()
}

/// The tree, and who is in it.
pub(crate) async fn populate(bench: &Bench) {
    let root = bench.root();
    let made = async |path: &str, body: Value| {
        let answer = root.post(path, body).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
    };
    for (organisation, role) in [("acme", "editor"), ("other", "writer")] {
        made("/api/v1/organisations", json!({ "name": organisation, "kind": "reseller" })).await;
        let role = json!({ "name": role, "organisation": organisation, "permissions": ["site.view", "account.view"] });
        made("/api/v1/roles", role).await;
        let hook = json!({ "name": format!("hook-{organisation}"), "organisation": organisation, "url": "https://hooks.example.test/" });
        made("/api/v1/webhooks", hook).await;
    }
    bench.provider("corp").await;
    for (organisation, package) in [("acme", "basic"), ("other", "plain")] {
        made("/api/v1/packages", json!({ "name": package, "organisation": organisation })).await;
    }
    for (organisation, account, site) in [
        ("acme", "alice", "a.example.test"),
        ("other", "bob", "b.example.test"),
        ("acme", "sam", "s.example.test"),
        ("acme", "alice2", "c.alice.example.test"),
        ("other", "erin", "e.example.test"),
    ] {
        bench.account_in(organisation, account).await;
        bench.site(account, site).await;
    }
    for (login, role, place) in [
        ("rita", "reseller", "organisations/acme"),
        ("rose", "read-only", "organisations/acme"),
        ("otto", "reseller", "organisations/other"),
        ("dave", "developer", "accounts/alice"),
    ] {
        let body = json!({ "login": login, "role": role, "new": true });
        made(&format!("/api/v1/{place}/members"), body).await;
    }
    for (inviter, organisation, login) in [("otto", "other", "alice"), ("rita", "acme", "bob")] {
        let path = format!("/api/v1/organisations/{organisation}/members");
        let body = json!({ "login": login, "role": "read-only" });
        let answer = bench.person(inviter).await.post(&path, body).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json["state"]),
            (201, &json!("invited")),
            "{}",
            answer.text
        );
    }
    bench
        .execute(
            "INSERT INTO person_role (id, person_id, role_id, account_id, created_at)
             SELECT a.id, p.id, '00000000-0000-7000-8000-000000000012', a.id, 0 FROM person p, account a
             WHERE p.login = 'alice' AND a.name = 'alice2'",
        )
        .await;
    let suspended = bench.waiting().post("/api/v1/accounts/sam/suspend", json!({})).await;
    assert_eq!(suspended.status, 200, "{}", suspended.text);
}

/// The body that a route takes.
pub(crate) fn body(operation: &str, target: Target) -> Value {
    let account = target.pick("alice", "bob", "carol");
    let organisation = target.pick("acme", "other", "nowhere");
    match operation {
        "account_create" => {
            json!({ "name": "dora", "email": "dora@example.test", "organisation": organisation })
        }
        "organisation_create" => json!({ "name": "newcomer", "parent": organisation }),
        "organisation_edit" => json!({ "act_as_consent": true }),
        "role_create" => {
            json!({ "name": "looker", "organisation": organisation, "permissions": ["site.view"] })
        }
        "role_edit" => json!({ "permissions": ["site.view"] }),
        "person_create" => json!({ "login": "newcomer", "organisation": organisation }),
        "account_member_add" | "organisation_member_add" => {
            json!({ "login": "newcomer", "role": "developer", "new": true })
        }
        "login_link_create" | "act_as_create" => json!({ "login": account }),
        "token_create" => json!({ "name": format!("t{}", names::TokenId::new()), "read_only": true }),
        // the address and the password are the person's own: a test of acting has them
        "account_edit" => json!({ "ssh_keys": [] }),
        "person_edit" => json!({ "email": "new@example.test" }),
        "account_limits_edit" => json!({ "limits": { "sites": 10 } }),
        "package_create" => json!({ "name": "pro", "organisation": organisation, "limits": { "sites": 10 } }),
        "package_edit" => json!({ "limits": { "sites": 20 } }),
        "organisation_limits_edit" => json!({ "limits": { "sites": 1000 } }),
        "site_create" => json!({ "account": account, "name": "new.example.test", "php": null }),
        "site_edit" => json!({ "body_size": "8M" }),
        "certificate_create" => {
            json!({ "account": account, "names": [target.pick("a.example.test", "b.example.test", "c.example.test")] })
        }
        // what is no chain; one that is good needs somebody who signs, and is a test of its own
        "certificate_replace" => json!({ "chain": "", "key": "" }),
        "authority_create" => {
            json!({ "name": "staging", "directory": "https://acme.example.test/directory", "terms_agreed": true })
        }
        "authority_edit" => json!({ "contact": "new@example.test" }),
        "node_edit" => json!({ "listen": ["0.0.0.0:80"] }),
        "setting_set" => json!({ "value": 30 }),
        "notice_read" => json!({ "until": "1" }),
        "drift_decide" => {
            json!({ "kind": "site", "id": "01935b2e-7a4d-7c3e-8f10-0123456789ab", "action": "revert" })
        }
        "adoption_decide" => {
            json!({ "kind": "site", "id": "01935b2e-7a4d-7c3e-8f10-0123456789ab", "decision": "keep" })
        }
        "webhook_create" => {
            json!({ "name": "new", "organisation": organisation, "url": "https://hooks.example.test/" })
        }
        "webhook_edit" | "identity_provider_edit" => json!({ "enabled": true }),
        "identity_provider_create" => {
            json!({ "name": "staff", "issuer": "https://login.example.test", "client_id": "panel" })
        }
        // what is asked of a provider that is there needs somebody outside; that is a test of its own
        "session_create_by_provider" | "identity_link" => json!({ "provider": "nowhere" }),
        "account_suspend"
        | "organisation_suspend"
        | "webhook_redeliver"
        | "webhook_drop"
        | "act_as_consent_give"
        | "session_ask_for_passkey" => json!({}),
        "password_set" => json!({ "current": "correct horse battery", "new": "correct horse battery" }),
        "session_create" => json!({ "login": "nobody", "password": "wrong" }),
        "passkey_create" => {
            json!({ "question": "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA", "name": "laptop", "credential": {} })
        }
        "passkey_edit" => json!({ "name": "laptop" }),
        "session_create_by_passkey" => {
            json!({ "question": "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA", "credential": {} })
        }
        "session_create_by_code" => {
            json!({ "token": "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA", "code": "123456" })
        }
        "networks_set" | "person_networks_set" => json!({ "networks": ["0.0.0.0/0", "::/0"] }),
        "session_step_up" => json!({ "password": "wrong" }),
        "totp_confirm" => json!({ "code": "123456" }),
        "session_create_by_link" => json!({ "token": "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA" }),
        other => panic!("no example body for {other}: add one"),
    }
}

/// The passkeys of Alice and Bob.
const PASSKEYS: [&str; 2] = ["01935b2e-7a4d-7c3e-8f10-0000000000a1", "01935b2e-7a4d-7c3e-8f10-0000000000b0"];

/// Certificates of the accounts of Alice and Bob.
const CERTIFICATES: [&str; 2] =
    ["01935b2e-7a4d-7c3e-8f10-0000000000a4", "01935b2e-7a4d-7c3e-8f10-0000000000b4"];

/// Jobs about the accounts of Alice and Bob, which failed.
const JOBS: [&str; 2] = ["01935b2e-7a4d-7c3e-8f10-0000000000a3", "01935b2e-7a4d-7c3e-8f10-0000000000b3"];

/// Who Alice and Bob are elsewhere.
const IDENTITIES: [&str; 2] =
    ["01935b2e-7a4d-7c3e-8f10-0000000000a2", "01935b2e-7a4d-7c3e-8f10-0000000000b2"];

/// Ids that are known only once things were made: sessions, invitations and tokens, of those who have one.
#[derive(Default)]
pub(crate) struct Ids {
    sessions: BTreeMap<Role, String>,
    invitations: BTreeMap<Role, String>,
    tokens: BTreeMap<Role, String>,
}

impl Ids {
    /// The same id wherever one is asked for.
    pub(crate) fn all(id: &str) -> Self {
        let ids = BTreeMap::from([(Role::Alice, id.to_owned()), (Role::Bob, id.to_owned())]);
        Self { sessions: ids.clone(), invitations: ids.clone(), tokens: ids }
    }

    async fn of(bench: &Bench, operation: &Operation) -> Self {
        let mut ids = Self::default();
        if operation.path.contains("{passkey}") {
            bench.passkey("alice", PASSKEYS[0]).await;
            bench.passkey("bob", PASSKEYS[1]).await;
        }
        if operation.path.contains("{identity}") {
            bench.identity("alice", "corp", IDENTITIES[0]).await;
            bench.identity("bob", "corp", IDENTITIES[1]).await;
        }
        if operation.path.contains("{job}") {
            bench.job("alice", JOBS[0]).await;
            bench.job("bob", JOBS[1]).await;
        }
        if operation.path.contains("{authority}") {
            bench.authority("production").await;
        }
        if operation.path.contains("{certificate}") {
            bench.certificate("alice", "a.example.test", CERTIFICATES[0]).await;
            bench.certificate("bob", "b.example.test", CERTIFICATES[1]).await;
        }
        for of in [Role::Alice, Role::Bob] {
            if operation.path.contains("{session}") {
                let id = client(bench, of).await.get("/api/v1/me").await.json["session"].clone();
                ids.sessions.insert(of, id.as_str().expect("a session").to_owned());
            }
            if operation.path.contains("{invitation}") {
                let list = client(bench, of).await.get("/api/v1/invitations").await.json;
                let id = list["items"][0]["id"].as_str().expect("an invitation").to_owned();
                ids.invitations.insert(of, id);
            }
            if operation.path.contains("{token}") {
                let client = client(bench, of).await;
                client.delete("/api/v1/tokens").await.is(200);
                let made = client.post("/api/v1/tokens", json!({ "name": "own", "read_only": true })).await;
                let id = made.is(201).json["made"]["id"].as_str().unwrap().to_owned();
                ids.tokens.insert(of, id);
            }
        }
        ids
    }
}

/// The path with a target's names; none where it has no place for one.
pub(crate) fn path(operation: &Operation, target: Target, ids: &Ids) -> String {
    let missing_id = "01935b2e-7a4d-7c3e-8f10-0123456789ab";
    let id = |of: &BTreeMap<Role, String>, role: Role| of.get(&role).cloned().unwrap_or_default();
    let pick_id = |of: &BTreeMap<Role, String>| {
        target.pick(&id(of, Role::Alice), &id(of, Role::Bob), missing_id).to_owned()
    };
    let mut path = operation.path.clone();
    let member = if path.contains("{account}") {
        target.pick("dave", "bob", "carol")
    } else {
        target.pick("rose", "otto", "carol")
    };
    path = path.replace("{login}", member);
    path = path.replace("{account}", target.pick("alice", "bob", "carol"));
    path = path.replace("{person}", target.pick("alice", "bob", "carol"));
    path = path.replace("{organisation}", target.pick("acme", "other", "nowhere"));
    let roles =
        if path.starts_with("/api/v1/node/roles") { ["web"; 3] } else { ["editor", "writer", "nothing"] };
    path = path.replace("{role}", target.pick(roles[0], roles[1], roles[2]));
    path = path.replace("{job}", target.pick(JOBS[0], JOBS[1], missing_id));
    path = path.replace("{site}", target.pick("a.example.test", "b.example.test", "c.example.test"));
    path = path.replace("{certificate}", target.pick(CERTIFICATES[0], CERTIFICATES[1], missing_id));
    path = path.replace("{pool}", target.pick("alice-8.4", "bob-8.4", "carol-8.4"));
    path = path.replace("{package}", target.pick("basic", "plain", "nothing"));
    path = path.replace("{key}", "event.keep_days");
    path = path.replace("{file}", "access.log");
    path = path.replace("{change}", "1");
    path = path.replace("{webhook}", target.pick("hook-acme", "hook-other", "hook-nowhere"));
    path = path.replace("{session}", &pick_id(&ids.sessions));
    path = path.replace("{invitation}", &pick_id(&ids.invitations));
    path = path.replace("{identity_provider}", "corp");
    path = path.replace("{authority}", "production");
    path = path.replace("{identity}", target.pick(IDENTITIES[0], IDENTITIES[1], missing_id));
    path = path.replace("{passkey}", target.pick(PASSKEYS[0], PASSKEYS[1], missing_id));
    path = path.replace("{token}", &pick_id(&ids.tokens));
    assert!(!path.contains('{'), "no example for a parameter of {path}: add one");
    if operation.id == "search" {
        return format!("{path}?q={}", target.pick("alice", "bob", "nobody"));
    }
    if operation.takes("dry_run") { format!("{path}?dry_run=true") } else { path }
}

async fn client(bench: &Bench, role: Role) -> Client {
    let made = async |login: &str, more: Value| {
        let mut body = json!({ "name": format!("t{}", names::TokenId::new()) });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        bench.execute("DELETE FROM token WHERE name <> 'own'").await;
        bench.token(login, body).await
    };
    match role {
        Role::Root => bench.root(),
        Role::TokenFull => bench.with_token(&made("alice", json!({ "permissions": OWNER })).await),
        Role::TokenReadOnly => bench.with_token(&made("alice", json!({ "read_only": true })).await),
        Role::TokenElsewhere => {
            bench.with_token(&made("alice", json!({ "permissions": OWNER, "accounts": ["alice2"] })).await)
        }
        Role::TokenExpired => {
            let token = made("alice", json!({ "permissions": OWNER, "days": 1 })).await;
            bench.execute("UPDATE token SET expires_at = 1 WHERE name <> 'own'").await;
            bench.with_token(&token)
        }
        Role::TokenRevoked => {
            let token = made("alice", json!({ "permissions": OWNER })).await;
            let name = bench.with_token(&token).get("/api/v1/me").await.json["token"].clone();
            let path = format!("/api/v1/tokens/{}", name.as_str().unwrap());
            bench.person("alice").await.delete(&path).await.is(204);
            bench.with_token(&token)
        }
        Role::TokenSuspended => {
            bench.execute("UPDATE person SET suspended_at = NULL WHERE login = 'erin'").await;
            let token = made("erin", json!({ "read_only": true })).await;
            bench.execute("UPDATE person SET suspended_at = 1 WHERE login = 'erin'").await;
            bench.with_token(&token)
        }
        Role::Acting => bench.acting("admin", "alice").await,
        _ => match role.login() {
            Some(login) => bench.person(login).await,
            None => bench.anonymous(),
        },
    }
}

/// What is expected of a cell: the status, or `None` for "let through".
fn expected(operation: &Operation, role: Role, target: Target, roles: &Roles) -> Option<u16> {
    let own = (role.is_alice() && target == Target::Alices) || (role == Role::Bob && target == Target::Bobs);
    let by = operation.access("by");
    let about_oneself = ["{session}", "{invitation}", "{passkey}", "{identity}"]
        .iter()
        .any(|word| operation.path.contains(word))
        || operation.path.starts_with("/api/v1/tokens/{token}");
    let (who, permission) = (operation.access("who"), operation.access("permission"));
    // What is held on the target, and whether on its organisation too.
    let here = role.held().filter(|(_, at, _)| *at == target);
    let holds = |permission: &str| {
        here.is_some_and(|(name, ..)| roles[name].contains(permission))
            && (role != Role::TokenReadOnly || is_view(permission))
    };
    match who {
        "anyone" => None,
        _ if role.is_nobody() => Some(401),
        _ if by == "session" && role.is_token() => Some(403),
        _ if matches!(by, "session" | "not_acting") && role == Role::Acting => Some(403),
        // Nobody acts as somebody by showing that person's password.
        _ if operation.described["x-access"]["step_up"] == true && role == Role::Acting => Some(403),
        "signed_in" if operation.path.contains("{invitation}") && role == Role::Root => Some(403),
        "signed_in" if about_oneself => (!own).then_some(404),
        "signed_in" | "listed" => None,
        "everywhere" => (!role.is_mighty()).then_some(403),
        "object" | "organisation" if role.is_mighty() => (target == Target::Missing).then_some(404),
        "object" if here.is_none() => Some(404),
        "object" => (!holds(permission)).then_some(403),
        // An organisation's own role is seen by whoever sees members anywhere below it.
        "organisation" if operation.id == "role_show" => {
            let below = role == Role::TokenElsewhere && target == Target::Alices;
            (!holds("member.view") && !below).then_some(404)
        }
        "organisation" if here.is_none_or(|(_, _, on_organisation)| !on_organisation) => Some(404),
        // A webhook is looked up among those that one manages.
        "organisation" if operation.path.contains("{webhook}") && !holds(permission) => Some(404),
        "organisation" if !holds(permission) => Some(403),
        // These are for those above it.
        "organisation" => [
            "organisation_suspend",
            "organisation_unsuspend",
            "organisation_delete",
            "organisation_limits_edit",
        ]
        .contains(&operation.id.as_str())
        .then_some(403),
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
    populate(&bench).await;
    let roles = roles(&bench).await;
    let (mut cells, mut wrong, mut ways) = (0_usize, Vec::new(), BTreeMap::<u16, u32>::new());
    for operation in description.operations() {
        let mut hidden = BTreeMap::<Role, Vec<Value>>::new();
        for role in Role::ALL {
            for target in Target::ALL {
                let path = path(&operation, target, &Ids::of(&bench, &operation).await);
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
                let fits = match expected(&operation, role, target, &roles) {
                    Some(wanted) => status == wanted,
                    // A wrong password and a used link are 401 by themselves.
                    None => {
                        through
                            || operation.id.starts_with("session_create")
                            || operation.id == "drift_decide"
                            || operation.id == "adoption_decide"
                            || operation.id == "identity_link"
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
    // what is said elsewhere of this matrix is said by this file
    let said: Value =
        serde_json::from_str(include_str!("../../../../docs/reference/rights-matrix.json")).unwrap();
    let names =
        |what: &str| said[what].as_array().unwrap().iter().map(|n| n.as_str().unwrap().to_owned()).collect();
    let (roles, targets): (Vec<String>, Vec<String>) = (names("roles"), names("targets"));
    assert_eq!(roles, Role::ALL.map(|role| format!("{role:?}")));
    assert_eq!(targets, Target::ALL.map(|target| format!("{target:?}")));
    assert_eq!(
        cells,
        description.operations().len() * roles.len() * targets.len(),
        "each cell was played once"
    );
    assert!(cells >= 4000, "{cells} cells");
}

/// A parameter that is passed over could have been a `dry_run` that was misspelt.
#[tokio::test(flavor = "multi_thread")]
async fn every_route_that_changes_something_refuses_a_parameter_that_it_does_not_know() {
    let bench = Bench::new().await;
    bench.account("alice").await;
    bench.site("alice", "a.example.test").await;
    let ids = Ids::all("01935b2e-7a4d-7c3e-8f10-0123456789ab");
    let (mut asked, mut wrong) = (0, Vec::new());
    for operation in Description::committed().operations().iter().filter(|o| o.method != "GET") {
        let path = path(operation, Target::Alices, &ids);
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

/// A session of yesterday evening, in a browser that was left open, does nothing that is declared dangerous; root needs no second look.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_declared_dangerous_asks_for_the_password_once_more() {
    let bench = Bench::new().await;
    bench.account("alice").await;
    bench.passkey("admin", PASSKEYS[0]).await;
    let admin = bench.person("admin").await.header("if-match", "*");
    bench.age_sessions().await;
    let (mut dangerous, mut wrong) = (Vec::new(), Vec::new());
    for operation in Description::committed().operations() {
        let path = path(&operation, Target::Alices, &Ids::default());
        let body = operation.has_body().then(|| body(&operation.id, Target::Alices).to_string().into_bytes());
        let is_dangerous = operation.described["x-access"]["step_up"] == true;
        if !is_dangerous {
            continue;
        }
        let method: Method = operation.method.parse().unwrap();
        let asked = admin.send(method.clone(), &path, body.clone()).await;
        let by_root = bench.root().header("if-match", "*").send(method, &path, body).await;
        let asks = |answer: &Answer| answer.json["code"] == "step_up_required";
        if asked.status != 403 || !asks(&asked) || asks(&by_root) {
            wrong.push(format!("{}: {} {}, root: {}", operation.id, asked.status, asked.text, by_root.text));
        }
        dangerous.push(operation.id);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for expected in [
        "account_delete",
        "login_link_create",
        "totp_delete",
        "recovery_codes_create",
        "passkey_delete",
        "identity_link",
        "identity_provider_create",
    ] {
        assert!(
            dangerous.iter().any(|id| id == expected),
            "{expected} is not declared dangerous: {dangerous:?}"
        );
    }
}

/// Nothing of another's is in an owner's answer.
fn leaks(operation: &Operation, role: Role, answer: &Answer, wrong: &mut Vec<String>) {
    let foreign = match role {
        _ if role.is_alice() => ["b.example.test", "bob@example.test", "\"bob"],
        Role::Bob => ["a.example.test", "alice@example.test", "\"alice"],
        // rita's own list of members shows bob's login, whom she invited
        Role::Reseller | Role::Developer | Role::ReadOnly => {
            ["b.example.test", "bob@example.test", "\"writer"]
        }
        Role::Suspended => ["a.example.test", "b.example.test", "\"alice"],
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
