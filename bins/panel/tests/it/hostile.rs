//! Hostile strings in every field of every route that changes something, in every parameter of a path, and in the query.
//!
//! What is to be refused is refused before anything is written, names the field, repeats nothing of what was sent, and is in the audit by
//! field and code alone. What may be kept, or is merely written unusually, is sent as a dry run.

use std::collections::BTreeMap;

use api_kit::testing::{Answer, Client};
use http::Method;
use serde_json::{Value, json};
use testkit::hostile::{Case, Expect, FieldKind, Payload, Value as Hostile, cases, for_field};

use crate::bench::Bench;
use crate::issuer::Authority;
use crate::schema::{Description, Operation};

const SSH_KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl alice@laptop";

/// A certificate of alice's.
const CERTIFICATE: &str = "01935b2e-7a4d-7c3e-8f10-0000000000a4";

/// What the string at a pointer is.
type KindOf = fn(&str) -> FieldKind;

/// What a new site and an edit have in common, with more.
fn site_body(more: Value) -> Value {
    let mut body = json!({ "name": "new.example.test", "aliases": ["other.example.test"], "php": "8.4", "docroot": "www/public",
                           "body_size": "64M", "index": ["index.php"], "redirected": ["other.example.test"],
                           "redirect": { "to": "https://www.example.org/", "code": 302, "keep_path": true } });
    if let (Some(body), Value::Object(more)) = (body.as_object_mut(), more) {
        body.extend(more);
    }
    body
}

/// A valid body with every string that the route knows, and what each of them is.
fn example(operation: &str) -> Option<(Value, KindOf)> {
    let site = |pointer: &str| match pointer {
        "/account" => FieldKind::AccountName,
        "/php" => FieldKind::PhpVersion,
        "/docroot" => FieldKind::RelPath,
        "/body_size" => FieldKind::BodySize,
        // visitors go there and not this server: an address of any network will do, also by HTTP
        "/redirect/to" => FieldKind::Any,
        pointer if pointer.starts_with("/index") => FieldKind::IndexFile,
        pointer if pointer.starts_with("/maintenance/allow") => FieldKind::Network,
        _ => FieldKind::Domain,
    };
    let account = |pointer: &str| match pointer {
        "/name" => FieldKind::AccountName,
        "/email" => FieldKind::Email,
        "/password" => FieldKind::Password,
        "/package" => FieldKind::Label,
        "/reason" => FieldKind::Text,
        "/current_password" => FieldKind::Any,
        _ => FieldKind::SshKey,
    };
    let sold = |pointer: &str| match pointer {
        "/name" | "/organisation" | "/package" => FieldKind::Label,
        _ => FieldKind::Any,
    };
    let webhook = |pointer: &str| match pointer {
        "/name" | "/organisation" => FieldKind::Label,
        "/url" => FieldKind::WebUrl,
        "/delivery" => FieldKind::Id,
        _ => FieldKind::Any,
    };
    Some(match operation {
        "account_create" => {
            let body = json!({ "name": "dora", "email": "dora@example.test", "package": "basic", "password": "correct horse battery", "ssh_keys": [SSH_KEY] });
            (body, account)
        }
        "account_edit" => {
            let body = json!({ "email": "new@example.test", "password": "correct horse battery",
                               "current_password": "wrong", "ssh_keys": [SSH_KEY] });
            (body, account)
        }
        "account_limits_edit" => {
            let body = json!({ "package": "basic", "limits": { "databases": "unlimited" } });
            (body, sold)
        }
        "package_create" => {
            let body =
                json!({ "name": "pro", "organisation": "root", "limits": { "databases": "unlimited" } });
            (body, sold)
        }
        "package_edit" => (json!({ "name": "pro", "limits": { "databases": "unlimited" } }), sold),
        "organisation_limits_edit" => (json!({ "limits": { "databases": "unlimited" } }), sold),
        "account_suspend" => (json!({ "reason": "An ordinary note" }), account),
        "site_create" => (site_body(json!({ "account": "alice" })), site),
        "site_edit" => (site_body(json!({ "maintenance": { "allow": ["203.0.113.0/24"] } })), site),
        "node_edit" => {
            let body = json!({ "listen": ["192.0.2.1:80"], "listen_tls": ["192.0.2.1:443"], "tls_profile": "modern" });
            (body, |pointer| if pointer == "/tls_profile" { FieldKind::Any } else { FieldKind::Listen })
        }
        "notice_read" => (json!({ "until": "1" }), |_| FieldKind::Any),
        "setting_set" => (json!({ "value": "panel2.example.test" }), |_| FieldKind::Hostname),
        "drift_decide" => {
            let body = json!({ "kind": "site", "id": "01935b2e-7a4d-7c3e-8f10-0123456789ab", "action": "pause", "path": "/etc/x",
                               "foreign": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
                               "until": "2026-12-01T12:00:00.000000Z", "reason": "An ordinary note" });
            (body, |pointer| match pointer {
                "/foreign" => FieldKind::Digest,
                "/until" => FieldKind::Moment,
                "/reason" => FieldKind::Text,
                _ => FieldKind::Any,
            })
        }
        "adoption_decide" => {
            let body = json!({ "kind": "site", "id": "01935b2e-7a4d-7c3e-8f10-0123456789ab", "decision": "keep",
                               "email": "alice@example.test" });
            (body, |pointer| match pointer {
                "/email" => FieldKind::Email,
                _ => FieldKind::Any,
            })
        }
        "webhook_create" => {
            let body = json!({ "name": "on-call", "url": FieldKind::WebUrl.sample(), "kinds": ["object.failed"],
                               "organisation": "acme" });
            (body, webhook)
        }
        "webhook_edit" => (
            json!({ "name": "on-call", "url": FieldKind::WebUrl.sample(), "kinds": ["object.failed"] }),
            webhook,
        ),
        "webhook_redeliver" | "webhook_drop" => (json!({ "delivery": FieldKind::Id.sample() }), webhook),
        "login_link_create" => (json!({ "login": "alice" }), |_| FieldKind::Any),
        "password_set" => {
            let body = json!({ "current": "correct horse battery", "new": "correct horse battery" });
            (body, |pointer| if pointer == "/new" { FieldKind::Password } else { FieldKind::Any })
        }
        "session_create" => (json!({ "login": "alice", "password": "wrong" }), |_| FieldKind::Any),
        "session_create_by_link" => (json!({ "token": FieldKind::Token.sample() }), |_| FieldKind::Token),
        other => return of_people(other).or_else(|| of_sign_in(other)).or_else(|| of_certificates(other)),
    })
}

/// The same for certificates and authorities.
fn of_certificates(operation: &str) -> Option<(Value, KindOf)> {
    Some(match operation {
        "certificate_create" => {
            let body = json!({ "account": "alice", "names": ["new.a.example.test"] });
            (body, |pointer| match pointer {
                "/account" => FieldKind::AccountName,
                _ => FieldKind::Domain,
            })
        }
        "certificate_replace" => {
            let leaf = Authority::new().leaf(&["a.example.test"]);
            (json!({ "chain": leaf.chain(), "key": leaf.key }), |_| FieldKind::Any)
        }
        "authority_create" => {
            let body = json!({ "name": "staging", "directory": FieldKind::WebUrl.sample(), "terms_agreed": true,
                               "contact": "admin@example.test", "default": false,
                               "eab": { "key_id": "kid-1", "key": "AAECAwQFBgcICQoLDA0ODw" } });
            (body, authority)
        }
        "authority_edit" => {
            (json!({ "name": "staging", "contact": "admin@example.test", "default": false }), authority)
        }
        _ => return None,
    })
}

/// The same for organisations, roles, people and members.
fn of_people(operation: &str) -> Option<(Value, KindOf)> {
    Some(match operation {
        "organisation_create" => {
            (json!({ "name": "newcomer", "parent": "root", "kind": "client" }), |pointer| match pointer {
                "/kind" => FieldKind::Any,
                _ => FieldKind::Label,
            })
        }
        "organisation_edit" => (json!({ "name": "renamed" }), |_| FieldKind::Label),
        "organisation_suspend" => (json!({ "reason": "An ordinary note" }), |_| FieldKind::Text),
        "role_create" => {
            (json!({ "name": "looker", "organisation": "acme", "permissions": ["site.view"] }), |pointer| {
                match pointer {
                    "/name" | "/organisation" => FieldKind::Label,
                    _ => FieldKind::Any,
                }
            })
        }
        "role_edit" => (json!({ "name": "looker", "permissions": ["site.view"] }), |pointer| match pointer {
            "/name" => FieldKind::Label,
            _ => FieldKind::Any,
        }),
        "person_create" => {
            let body = json!({ "login": "newcomer", "email": "new@example.test", "organisation": "acme",
                               "password": "correct horse battery" });
            (body, |pointer| match pointer {
                "/email" => FieldKind::Email,
                "/organisation" => FieldKind::Label,
                "/password" => FieldKind::Password,
                _ => FieldKind::Any,
            })
        }
        "person_edit" => {
            (json!({ "email": "new@example.test", "password": "correct horse battery" }), |pointer| {
                match pointer {
                    "/email" => FieldKind::Email,
                    _ => FieldKind::Password,
                }
            })
        }
        "account_member_add" | "organisation_member_add" => {
            let body =
                json!({ "login": "newcomer", "role": "developer", "new": true, "email": "new@example.test" });
            (body, |pointer| match pointer {
                "/role" => FieldKind::Label,
                "/email" => FieldKind::Email,
                _ => FieldKind::Any,
            })
        }
        "token_create" => {
            let body = json!({ "name": "ci", "permissions": ["site.view"], "accounts": ["alice"], "organisations": ["root"] });
            (body, |pointer| match pointer {
                "/name" => FieldKind::Label,
                "/accounts/0" => FieldKind::AccountName,
                _ => FieldKind::Any,
            })
        }
        "act_as_create" => (json!({ "login": "alice", "reason": "A ticket" }), |pointer| {
            if pointer == "/reason" { FieldKind::Text } else { FieldKind::Any }
        }),
        "act_as_consent_give" => (json!({}), |_| FieldKind::Any),
        _ => return None,
    })
}

/// The same for second factors, passkeys, and from where one may sign in.
fn of_sign_in(operation: &str) -> Option<(Value, KindOf)> {
    let passkey = |pointer: &str| match pointer {
        "/question" | "/token" => FieldKind::Token,
        "/name" => FieldKind::Text,
        _ => FieldKind::Any,
    };
    let provider = |pointer: &str| match pointer {
        "/name" | "/mappings/0/role" | "/mappings/0/organisation" => FieldKind::Label,
        "/label" | "/mappings/0/group" => FieldKind::Text,
        "/issuer" => FieldKind::WebUrl,
        _ => FieldKind::Any,
    };
    let token = FieldKind::Token.sample();
    Some(match operation {
        "passkey_create" => {
            let credential = json!({ "id": "x", "rawId": "x" });
            (json!({ "question": token, "name": "laptop", "credential": credential }), passkey)
        }
        "passkey_edit" => (json!({ "name": "laptop" }), passkey),
        "session_ask_for_passkey" => (json!({ "token": token }), |_| FieldKind::Token),
        "session_create_by_passkey" => {
            let credential = json!({ "id": "x", "rawId": "x" });
            (json!({ "question": token, "token": token, "credential": credential }), passkey)
        }
        "session_create_by_code" => (json!({ "token": token, "code": "123456" }), passkey),
        "networks_set" | "person_networks_set" => {
            (json!({ "networks": ["203.0.113.0/24"] }), |_| FieldKind::Network)
        }
        "session_create_by_provider" | "identity_link" => {
            (json!({ "provider": "corp" }), |_| FieldKind::Label)
        }
        "identity_provider_create" => {
            let body = json!({ "name": "corp", "label": "The corporation", "issuer": FieldKind::WebUrl.sample(), "client_id": "panel",
                               "client_secret": "secret", "scopes": ["profile"], "groups_claim": "groups",
                               "mappings": [{ "group": "staff", "role": "read-only", "organisation": "root" }] });
            (body, provider)
        }
        "identity_provider_edit" => {
            let body = json!({ "label": "The corporation", "client_id": "panel", "client_secret": "secret", "scopes": ["profile"],
                               "groups_claim": "groups", "mappings": [{ "group": "staff", "role": "read-only", "organisation": "root" }] });
            (body, provider)
        }
        "session_step_up" => (json!({ "password": "wrong" }), |_| FieldKind::Any),
        "totp_confirm" => (json!({ "code": "123456" }), |_| FieldKind::Any),
        _ => return None,
    })
}

fn authority(pointer: &str) -> FieldKind {
    match pointer {
        "/name" => FieldKind::Label,
        "/directory" => FieldKind::WebUrl,
        "/contact" => FieldKind::Email,
        _ => FieldKind::Any,
    }
}

fn path(operation: &Operation) -> String {
    operation
        .path
        .replace("{account}", "alice")
        .replace("{site}", "a.example.test")
        .replace("{package}", "basic")
        .replace("{key}", "panel.hostname")
        .replace("{webhook}", "on-call")
        .replace("{identity_provider}", "corp")
        .replace("{organisation}", "acme")
        .replace("{role}", "editor")
        .replace("{person}", "alice")
        .replace("{passkey}", "01935b2e-7a4d-7c3e-8f10-0000000000a1")
        .replace("{certificate}", CERTIFICATE)
        .replace("{authority}", "production")
}

#[derive(Default)]
struct Tally {
    cases: BTreeMap<String, u32>,
    statuses: BTreeMap<u16, u32>,
    wrong: Vec<String>,
}

impl Tally {
    fn note(&mut self, field: &str, payload: &Payload, answer: &Answer, fault: Option<&str>) {
        *self.cases.entry(field.to_owned()).or_default() += 1;
        *self.statuses.entry(answer.status.as_u16()).or_default() += 1;
        if let Some(fault) = fault {
            let text: String = answer.text.chars().take(300).collect();
            self.wrong.push(format!(
                "{field} {} {:?}: {fault}: {} {text}",
                payload.id, payload.expect, answer.status
            ));
        }
    }

    fn finish(self, least: u32) {
        let all: u32 = self.cases.values().sum();
        println!("{all} hostile values in {} fields, by status: {:?}", self.cases.len(), self.statuses);
        for (field, count) in &self.cases {
            println!("  {count:5} {field}");
        }
        let shown: Vec<_> = self.wrong.iter().take(40).cloned().collect();
        assert!(self.wrong.is_empty(), "{} of {all} are wrong:\n{}", self.wrong.len(), shown.join("\n"));
        assert!(all >= least, "only {all} values");
    }
}

/// What is wrong with an answer.
fn fault(case: &Case, answer: &Answer) -> Option<&'static str> {
    let status = answer.status.as_u16();
    if status >= 500 {
        return Some("a fault of ours");
    }
    if case.payload.leaked(answer.text.as_bytes()) && status >= 400 {
        return Some("the problem repeats what was sent");
    }
    match &case.payload.expect {
        Expect::Refused if (200..300).contains(&status) => Some("taken"),
        Expect::Refused if status == 422 && matches!(case.payload.value, Hostile::Text(_)) => {
            let errors = answer.json["errors"].as_array().cloned().unwrap_or_default();
            let named = errors.iter().any(|error| {
                error["pointer"].as_str().is_some_and(|at| case.pointer.starts_with(at) && !at.is_empty())
                    && error["code"].as_str().is_some_and(|code| !code.is_empty())
                    && error["reason"].as_str().is_some_and(|reason| !reason.is_empty())
            });
            (!named).then_some("the field is not named")
        }
        Expect::Canonical(_) if !(200..300).contains(&status) => {
            // Another rule may have a say: the name is taken, the version is not there.
            let codes = [
                "name_taken",
                "name_twice",
                "php_version_missing",
                "not_found",
                "name_reserved",
                "name_not_an_alias",
                "role_unknown",
                // an issuer is compared letter by letter, so that there is one way to write it
                "url_spelling",
            ];
            let code = answer.json["errors"][0]["code"]
                .as_str()
                .or(answer.json["code"].as_str())
                .unwrap_or_default();
            (!codes.contains(&code)).then_some("not taken, though it is only written unusually")
        }
        _ => None,
    }
}

/// The number and the words of the newest entry.
async fn last_audit(bench: &Bench) -> (i64, String) {
    let statement = store::Statement::new(
        "SELECT seq || ' ' || action || COALESCE(after_json, '') || outcome AS value FROM audit ORDER BY seq DESC LIMIT 1",
    );
    let read = async |tx: &mut store::Tx| tx.one::<String>(statement).await;
    let text = bench.parts.panel.store().read(read).await.unwrap();
    let (seq, words) = text.split_once(' ').unwrap();
    (seq.parse().unwrap(), words.to_owned())
}

/// With a session on the socket, where wrong passwords are not counted.
async fn administrator(bench: &Bench) -> Client {
    bench.person("admin").await.from(auth::Origin::Socket).header("if-match", "*")
}

/// Two tests, so that they run beside each other: hashing takes its time.
fn is_about_passwords(operation: &Operation) -> bool {
    let path = &operation.path;
    path.contains("/session") || path.contains("/password") || path.contains("/persons")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_field_of_one_half_of_the_routes_that_change_something() {
    fields(|operation| !is_about_passwords(operation) && is_of_the_one_half(operation)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_field_of_the_other_half_of_the_routes_that_change_something() {
    fields(|operation| !is_about_passwords(operation) && !is_of_the_one_half(operation)).await;
}

/// All of them in one walk would take longer than a test may.
fn is_of_the_one_half(operation: &Operation) -> bool {
    operation.id.len().is_multiple_of(2)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_field_of_the_routes_that_take_passwords() {
    fields(is_about_passwords).await;
}

async fn fields(which: fn(&Operation) -> bool) {
    let bench = Bench::new().await;
    let acme = json!({ "name": "acme", "kind": "reseller" });
    assert_eq!(bench.root().post("/api/v1/organisations", acme).await.status, 201);
    let editor = json!({ "name": "editor", "organisation": "acme", "permissions": [] });
    assert_eq!(bench.root().post("/api/v1/roles", editor).await.status, 201);
    bench.account("alice").await;
    bench.site("alice", "a.example.test").await;
    bench.package("basic", json!({})).await;
    bench.certificate("alice", "a.example.test", CERTIFICATE).await;
    bench.authority("production").await;
    let mut tally = Tally::default();
    for operation in Description::committed()
        .operations()
        .iter()
        .filter(|operation| operation.has_body() && which(operation))
    {
        let (body, kind_of) =
            example(&operation.id).unwrap_or_else(|| panic!("no example for {}: add one", operation.id));
        let method: Method = operation.method.parse().unwrap();
        let signs_in = operation.access("who") == "anyone";
        let mut asking = administrator(&bench).await;
        let (mut rows, mut seq) = (bench.rows().await, last_audit(&bench).await.0);
        for case in cases(&body, kind_of) {
            let dry = operation.takes("dry_run") && case.payload.expect != Expect::Refused;
            let mut path = path(operation);
            if dry {
                path.push_str("?dry_run=true");
            }
            // Signing in is asked for on the socket: over the network, failures are counted and soon locked.
            let client = if signs_in { bench.root() } else { asking.clone() };
            let answer = client.send(method.clone(), &path, Some(case.body.clone())).await;
            let field = format!("{} {}", operation.id, case.pointer);
            let mut found = fault(&case, &answer);
            let taken = answer.status.is_success();
            let now = bench.rows().await;
            if now != rows && (!taken || dry) {
                found = Some("something was written");
            }
            rows = now;
            let (newest, words) = last_audit(&bench).await;
            if !taken && !signs_in && (newest != seq + 1 || !words.ends_with("refused")) {
                found = Some("the refusal is not in the audit");
            }
            if newest > seq && case.payload.leaked(words.as_bytes()) && !taken {
                found = Some("the audit repeats what was sent");
            }
            seq = newest;
            tally.note(&field, &case.payload, &answer, found);
            if taken && !dry {
                asking = administrator(&bench).await; // a password that was set ends the sessions
                (rows, seq) = (bench.rows().await, last_audit(&bench).await.0);
            }
        }
    }
    tally.finish(1000);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_parameter_of_a_path_and_of_the_query() {
    let bench = Bench::new().await;
    let root = bench.root().header("if-match", "*");
    let mut tally = Tally::default();
    let mut send = async |field: String, method: &str, path: &str, payload: &Payload, refused: bool| {
        // What the client's own library will not send as an address cannot arrive.
        let Ok(uri) = path.parse::<http::Uri>() else { return };
        if uri.path().len() > 60_000 {
            return;
        }
        let body = (method != "GET" && method != "DELETE").then(|| b"{}".to_vec());
        let answer = root.send(method.parse().unwrap(), path, body).await;
        let status = answer.status.as_u16();
        let fault = match status {
            500.. => Some("a fault of ours"),
            200..300 if refused => Some("taken"),
            400.. if payload.leaked(answer.text.as_bytes()) => Some("the problem repeats what was sent"),
            _ => None,
        };
        tally.note(&field, payload, &answer, fault);
    };
    for operation in Description::committed().operations() {
        let Some(open) = operation.path.find('{') else { continue };
        let close = operation.path.find('}').unwrap();
        for payload in for_field(FieldKind::Any) {
            let Some(segment) = payload.percent_encoded().filter(|segment| !segment.is_empty()) else {
                continue;
            };
            let rest = operation.path[close + 1..].replace("{login}", "alice").replace("{token}", "ci");
            let rest = rest.replace("{file}", "access.log");
            let path = format!("{}{segment}{rest}", &operation.path[..open]);
            // Nothing has such a name, so nothing is found; a name that is merely odd is not there either. But for what every installation
            // has, by names that nobody may give to an account.
            let is_there = [("{person}", "admin"), ("{organisation}", "root"), ("{role}", "administrator")]
                .iter()
                .any(|(place, name)| operation.path.contains(place) && payload.as_text() == Some(name));
            send(format!("{} path", operation.id), &operation.method, &path, &payload, !is_there).await;
        }
    }
    let queries = [
        ("/api/v1/accounts", "cursor", FieldKind::Any),
        ("/api/v1/accounts", "q", FieldKind::Any),
        ("/api/v1/accounts", "limit", FieldKind::Any),
        ("/api/v1/sites", "account", FieldKind::AccountName),
        ("/api/v1/sites", "dry_run", FieldKind::Any),
        ("/api/v1/jobs", "cursor", FieldKind::Any),
        ("/api/v1/jobs", "kind", FieldKind::Any),
        ("/api/v1/jobs", "state", FieldKind::Any),
        ("/api/v1/accounts", "sort", FieldKind::Any),
        ("/api/v1/accounts", "condition", FieldKind::Any),
        ("/api/v1/accounts", "suspended", FieldKind::Any),
        ("/api/v1/accounts", "organisation", FieldKind::Any),
        ("/api/v1/accounts", "package", FieldKind::Any),
        ("/api/v1/accounts", "total", FieldKind::Any),
        ("/api/v1/sites", "cursor", FieldKind::Any),
        ("/api/v1/sites", "q", FieldKind::Any),
        ("/api/v1/sites", "sort", FieldKind::Any),
        ("/api/v1/certificates", "account", FieldKind::AccountName),
        ("/api/v1/certificates", "cursor", FieldKind::Any),
        ("/api/v1/certificates", "q", FieldKind::Any),
        ("/api/v1/certificates", "sort", FieldKind::Any),
        ("/api/v1/persons", "q", FieldKind::Any),
        ("/api/v1/search", "q", FieldKind::Any),
        ("/api/v1/search", "limit", FieldKind::Any),
        ("/api/v1/events", "cursor", FieldKind::Any),
        ("/api/v1/node/metrics", "from", FieldKind::Any),
        ("/api/v1/node/metrics", "points", FieldKind::Any),
        ("/api/v1/node/processes", "sort", FieldKind::Any),
        ("/api/v1/node/processes", "limit", FieldKind::Any),
        ("/api/v1/audit", "cursor", FieldKind::Any),
        ("/api/v1/audit", "actor", FieldKind::Any),
        ("/api/v1/audit", "organisation", FieldKind::Any),
        ("/api/v1/audit", "outcome", FieldKind::Any),
        ("/api/v1/audit/export", "action", FieldKind::Any),
        ("/api/v1/audit/export", "format", FieldKind::Any),
        ("/api/v1/sites/nowhere.example.test/logs", "kind", FieldKind::Any),
        ("/api/v1/sites/nowhere.example.test/logs", "search", FieldKind::Any),
        ("/api/v1/sites/nowhere.example.test/logs", "status", FieldKind::Any),
        ("/api/v1/sites/nowhere.example.test/logs", "before", FieldKind::Any),
        ("/api/v1/sites/nowhere.example.test/logs", "limit", FieldKind::Any),
        ("/api/v1/sites/nowhere.example.test/logs/follow", "after", FieldKind::Any),
        ("/api/v1/sites/nowhere.example.test/traffic", "days", FieldKind::Any),
    ];
    for (path, name, kind) in queries {
        for payload in for_field(kind) {
            let Some(value) = payload.percent_encoded() else { continue };
            send(
                format!("{path}?{name}"),
                "GET",
                &format!("{path}?{name}={value}"),
                &payload,
                name == "dry_run",
            )
            .await;
        }
    }
    tally.finish(4000);
}
