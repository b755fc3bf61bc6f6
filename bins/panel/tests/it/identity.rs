//! Signing in by identity providers: a provider made of software behind an egress made of software, and the whole panel between it and a browser.

use api_kit::testing::{Answer, Client};
use auth::Origin;
use auth_oidc::HttpError;
use auth_oidc::testing::{Signed, TestProvider, Ways};
use egress_spec::{Body, Fetch, FetchReply, Header, Verb, errors};
use http::StatusCode;
use names::Micros;
use serde_json::{Map, Value, json};
use wire::{CancellationToken, Peer};

use crate::bench::{Bench, unlimited};

const ISSUER: &str = "https://login.example.test";

/// A panel whose egress reaches one provider.
struct Outside {
    bench: Bench,
    provider: TestProvider,
    router: axum::Router,
    _egress: tempfile::TempDir,
}

/// A browser that went to the provider and is about to come back.
#[derive(Clone)]
struct Away {
    url: String,
    cookie: String,
}

fn map(value: Value) -> Map<String, Value> {
    let Value::Object(map) = value else { panic!("no object: {value}") };
    map
}

fn claims(value: Value) -> Ways {
    Ways { claims: map(value), ..Ways::default() }
}

impl Outside {
    async fn new() -> Self {
        Self::over(Bench::without_agent().await)
    }

    fn over(bench: Bench) -> Self {
        let provider = TestProvider::new(ISSUER, "panel", "secret", Micros::now());
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("egress.sock");
        egress(&socket, provider.clone());
        let mut parts = bench.parts.clone();
        parts.egress = Peer::new(&socket);
        parts.issuers = identity_panel::Issuers::default();
        let router = panel::app::app(parts, unlimited());
        Self { bench, provider, router, _egress: folder }
    }

    /// With `acme` and a provider `corp` that gives its group `staff` the role `read-only` there, and makes people.
    async fn with_staff() -> Self {
        let outside = Self::new().await;
        outside.organisation("acme").await;
        outside.corp(json!({ "makes_people": true, "groups_claim": "groups",
                             "mappings": [{ "group": "staff", "role": "read-only", "organisation": "acme" }] }))
            .await;
        outside
    }

    fn root(&self) -> Client {
        Client::new(self.router.clone()).signed_in(auth::Actor::root()).header("if-match", "*")
    }

    fn browser(&self) -> Client {
        Client::new(self.router.clone()).from(Origin::Network("198.51.100.7".parse().unwrap()))
    }

    async fn organisation(&self, name: &str) {
        self.root().post("/api/v1/organisations", json!({ "name": name, "kind": "reseller" })).await.is(201);
    }

    async fn corp(&self, more: Value) -> Answer {
        let mut body = json!({ "name": "corp", "label": "The <Corp>", "issuer": ISSUER, "client_id": "panel", "client_secret": "secret" });
        body.as_object_mut().unwrap().extend(map(more));
        let made = self.root().post("/api/v1/identity-providers", body).await;
        made.is(201);
        made
    }

    async fn edit(&self, body: Value) -> Answer {
        self.root().patch("/api/v1/identity-providers/corp", body).await
    }

    /// The button is pressed.
    async fn leave(&self) -> Away {
        let sent = self.browser().post("/api/v1/session/provider", json!({ "provider": "corp" })).await;
        away(&sent)
    }

    async fn back(&self, away: &Away, query: &str) -> Answer {
        let browser = self.browser().header("cookie", away.cookie.clone());
        browser.get(&format!("/login/oidc/corp/callback?{query}")).await
    }

    /// The whole way.
    async fn sign_in(&self) -> Answer {
        let away = self.leave().await;
        let query = self.provider.agree(&away.url);
        self.back(&away, &query).await
    }

    /// As whoever a sign-in's answer has signed in.
    fn session(&self, signed_in: &Answer) -> Client {
        signed_in.is(303);
        assert_eq!(signed_in.header("location"), "/");
        let cookie =
            cookies(signed_in).into_iter().find(|cookie| cookie.starts_with("__Host-holdfast=")).unwrap();
        assert!(cookie.ends_with("Path=/; Max-Age=43200; Secure; HttpOnly; SameSite=Strict"), "{cookie}");
        let token = cookie.split(['=', ';']).nth(1).unwrap().to_owned();
        self.browser().header("authorization", format!("Bearer {token}"))
    }

    /// As a person of the panel's own.
    async fn person(&self, login: &str) -> Client {
        let token = self.bench.session(login).await;
        self.browser().header("authorization", format!("Bearer {}", token.expose().expose()))
    }

    async fn new_person(&self, login: &str) {
        let body = json!({ "login": login, "email": format!("{login}@example.test") });
        self.root().post("/api/v1/persons", body).await.is(201);
    }

    async fn audit(&self) -> String {
        self.root().get("/api/v1/audit?limit=200").await.text
    }
}

fn cookies(answer: &Answer) -> Vec<String> {
    let all = answer.headers.get_all("set-cookie").iter();
    all.map(|value| value.to_str().unwrap().to_owned()).collect()
}

fn away(sent: &Answer) -> Away {
    sent.is(201);
    let cookie = sent.header("set-cookie");
    assert!(cookie.starts_with("__Host-holdfast-provider=") && cookie.ends_with("SameSite=Lax"), "{cookie}");
    let cookie = cookie.split(';').next().unwrap().to_owned();
    Away { url: sent.json["url"].as_str().unwrap().to_owned(), cookie }
}

/// A plain page that says why, and nobody is signed in.
#[track_caller]
fn refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.status, StatusCode::from_u16(status).unwrap(), "{}", answer.text);
    assert!(answer.text.contains(&format!("<code>{code}</code>")), "{code}: {}", answer.text);
    assert!(answer.text.contains("You are not signed in") && answer.text.contains("href=\"/login\""));
    assert!(
        answer.header("content-security-policy").starts_with("default-src 'none'"),
        "{:?}",
        answer.headers
    );
    assert!(cookies(answer).is_empty(), "{:?}", answer.headers);
}

/// An egress that reaches one provider and nobody else.
fn egress(socket: &std::path::Path, provider: TestProvider) {
    let listener = std::os::unix::net::UnixListener::bind(socket).unwrap();
    let router = wire::Router::new("egress").method(move |_, fetch: Fetch| {
        let answer = reach(&provider, fetch);
        async move { answer }
    });
    let own = wire::AllowedPeers::of([wire::Call::local().caller().uid]);
    let limits = wire::Limits { connections: 100, kept_for_root: 0, ..wire::Limits::default() };
    tokio::spawn(async move {
        let _ = wire::serve(listener, router, own, limits, CancellationToken::new()).await;
    });
}

fn reach(provider: &TestProvider, fetch: Fetch) -> Result<FetchReply, wire::Refusal> {
    let method = if fetch.verb == Verb::Post { "POST" } else { "GET" };
    let mut request = http::Request::builder().method(method).uri(fetch.url.to_string());
    for header in &fetch.headers {
        request = request.header(&header.name, &header.value);
    }
    let answer = provider.answer(&request.body(fetch.body.0).unwrap()).map_err(|error| match error {
        HttpError::Forbidden(words) => wire::Refusal::new(errors::FORBIDDEN, words),
        other => wire::Refusal::new(errors::NO_ANSWER, other.to_string()),
    })?;
    let header = |(name, value): (&http::HeaderName, &http::HeaderValue)| Header {
        name: name.to_string(),
        value: value.to_str().unwrap().to_owned(),
    };
    let most = usize::try_from(fetch.max_answer).unwrap();
    let body = answer.body();
    Ok(FetchReply {
        status: answer.status().as_u16(),
        headers: answer.headers().iter().map(header).collect(),
        cut: body.len() > most,
        body: Body(body.iter().copied().take(most).collect()),
        address: "203.0.113.9".parse().unwrap(),
        micros: 1,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_makes_a_person_gives_a_role_and_takes_it() {
    let outside = Outside::with_staff().await;
    let buttons = outside.browser().get("/api/v1/session/providers").await;
    assert_eq!(buttons.json["items"], json!([{ "name": "corp", "label": "The <Corp>" }]));
    let first = outside.session(&outside.sign_in().await);
    let shown = first.get("/api/v1/me").await;
    assert_eq!(shown.is(200).json["login"], "ann@corp", "{}", shown.text);
    assert_eq!(shown.json["factors"], "provider:corp");
    assert_eq!(
        shown.json["roles"],
        json!([{ "role": "read-only", "organisation": "acme", "account": null }])
    );
    // the same subject is the same person, whatever it is called
    outside.provider.goes(claims(json!({ "preferred_username": "bea" })));
    let second = outside.session(&outside.sign_in().await);
    assert_eq!(second.get("/api/v1/me").await.json["login"], "ann@corp");
    // another subject that is called the same is another person
    outside.provider.goes(claims(json!({ "sub": "another" })));
    let other = outside.session(&outside.sign_in().await);
    assert_eq!(other.get("/api/v1/me").await.json["login"], "ann-2@corp");
    // what was given by hand stays, what the provider gave goes
    let member = json!({ "login": "ann@corp", "role": "billing" });
    outside.root().post("/api/v1/organisations/acme/members", member).await.is(201);
    outside.provider.goes(claims(json!({ "groups": [] })));
    let third = outside.session(&outside.sign_in().await);
    let roles = third.get("/api/v1/me").await.json["roles"].clone();
    assert_eq!(roles, json!([{ "role": "billing", "organisation": "acme", "account": null }]));
    // and with nothing left, nobody is signed in, and the sessions of before are over
    outside.root().delete("/api/v1/organisations/acme/members/ann@corp").await.is(204);
    refused(&outside.sign_in().await, 403, "no_group");
    assert_eq!(third.get("/api/v1/me").await.status, 401);
    let audit = outside.audit().await;
    for words in ["person.create", "member.add", "member.remove", "provider:corp", "no_group"] {
        assert!(audit.contains(words), "{words}: {audit}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_counts_once_and_in_its_own_browser() {
    let outside = Outside::with_staff().await;
    let away = outside.leave().await;
    let query = outside.provider.agree(&away.url);
    refused(
        &outside.back(&Away { cookie: String::new(), ..away.clone() }, &query).await,
        400,
        "state_unknown",
    );
    let other = outside.leave().await;
    refused(
        &outside.back(&Away { cookie: other.cookie, ..away.clone() }, &query).await,
        400,
        "state_unknown",
    );
    let twice = format!("{}; {}", away.cookie, away.cookie);
    refused(&outside.back(&Away { cookie: twice, ..away.clone() }, &query).await, 400, "state_unknown");
    refused(&outside.back(&away, "code=x&state=nonsense").await, 400, "state_unknown");
    refused(&outside.back(&away, &format!("{query}&state=x")).await, 400, "state_unknown");
    // two of one browser go on beside each other
    let beside = outside.browser().header("cookie", away.cookie.clone());
    let beside = self::away(&beside.post("/api/v1/session/provider", json!({ "provider": "corp" })).await);
    outside.session(&outside.back(&away, &query).await);
    refused(&outside.back(&away, &query).await, 400, "state_unknown");
    outside.session(&outside.back(&beside, &outside.provider.agree(&beside.url)).await);
    // ten minutes
    let late = outside.leave().await;
    let query = outside.provider.agree(&late.url);
    outside.bench.execute("UPDATE identity_attempt SET expires_at = expires_at - 600000000").await;
    refused(&outside.back(&late, &query).await, 400, "state_unknown");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_of_another_provider_is_none() {
    let outside = Outside::with_staff().await;
    let other = json!({ "name": "other", "issuer": "https://other.example.test", "client_id": "panel" });
    outside.root().post("/api/v1/identity-providers", other).await.is(201);
    for change in ["iss=https%3A%2F%2Fother.example.test", ""] {
        let away = outside.leave().await;
        let query = outside.provider.agree(&away.url);
        let (before, _) = query.split_once("iss=").unwrap();
        refused(&outside.back(&away, &format!("{before}{change}")).await, 403, "mix_up");
    }
    let away = outside.leave().await;
    let query = outside.provider.agree(&away.url);
    let browser = outside.browser().header("cookie", away.cookie.clone());
    refused(&browser.get(&format!("/login/oidc/other/callback?{query}")).await, 403, "mix_up");
    // and it is used up
    refused(&outside.back(&away, &query).await, 400, "state_unknown");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_error_of_a_provider_ends_in_a_page_and_in_the_audit() {
    let outside = Outside::with_staff().await;
    let state = |away: &Away| {
        let query = outside.provider.agree(&away.url);
        query.split_once('&').unwrap().1.to_owned()
    };
    let away = outside.leave().await;
    let denied = outside.back(&away, &format!("error=access_denied&{}", state(&away))).await;
    refused(&denied, 403, "access_denied");
    assert!(denied.text.contains("The &lt;Corp&gt; says"), "{}", denied.text);
    let away = outside.leave().await;
    let error = "error=%3Cscript%3E&error_description=%3Cb%3E";
    let odd = outside.back(&away, &format!("{error}&{}", state(&away))).await;
    refused(&odd, 403, "provider_error");
    assert!(!odd.text.contains("<script") && !odd.text.contains("<b>"), "{}", odd.text);
    let away = outside.leave().await;
    refused(&outside.back(&away, &state(&away)).await, 403, "code_missing");
    let signed = |signed| Ways { signed, ..Ways::default() };
    let seconds = Micros::now().as_micros() / 1_000_000;
    for (ways, code) in [
        (signed(Signed::Not), "token_signature"),
        (signed(Signed::WithThePublicKey), "token_signature"),
        (claims(json!({ "exp": seconds - 3600 })), "token_time"),
        (claims(json!({ "nonce": "x" })), "token_nonce"),
        (claims(json!({ "aud": "x" })), "token_audience"),
        (
            Ways { instead: Some((200, "application/json", vec![b' '; 300_000])), ..Ways::default() },
            "provider_too_much",
        ),
        (Ways { instead: Some((302, "text/html", Vec::new())), ..Ways::default() }, "provider_answer"),
    ] {
        outside.provider.goes(Ways::default());
        let away = outside.leave().await;
        let query = outside.provider.agree(&away.url);
        outside.provider.goes(ways);
        refused(&outside.back(&away, &query).await, 502, code);
        let entry = outside.root().get("/api/v1/audit?limit=1").await.json["items"][0].clone();
        assert_eq!(
            (&entry["outcome"], &entry["action"]),
            (&json!("refused"), &json!("session.create")),
            "{entry}"
        );
        assert!(entry.to_string().contains(code) && entry["object_kind"] == "identity_provider", "{entry}");
        outside.bench.execute("DELETE FROM login_failure").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_leads_elsewhere_is_not_followed() {
    let outside = Outside::with_staff().await;
    for (document, code) in [
        (json!({ "jwks_uri": "https://127.0.0.1/jwks" }), "provider_address"),
        (json!({ "jwks_uri": "https://169.254.169.254/latest" }), "provider_address"),
        (json!({ "jwks_uri": "http://login.example.test/jwks" }), "provider_address"),
        (json!({ "jwks_uri": "https://login.example.test:22/jwks" }), "provider_address"),
        (json!({ "issuer": "https://other.example.test" }), "provider_document"),
        (json!({ "authorization_endpoint": "http://login.example.test/auth" }), "provider_document"),
    ] {
        outside.provider.goes(Ways { document: map(document.clone()), ..Ways::default() });
        let sent = outside.browser().post("/api/v1/session/provider", json!({ "provider": "corp" })).await;
        assert_eq!(
            (sent.status.as_u16(), &sent.json["code"]),
            (503, &json!(code)),
            "{document}: {}",
            sent.text
        );
    }
    let huge = Ways { instead: Some((200, "application/json", vec![b' '; 300_000])), ..Ways::default() };
    outside.provider.goes(huge);
    let sent = outside.browser().post("/api/v1/session/provider", json!({ "provider": "corp" })).await;
    assert_eq!(
        (sent.status.as_u16(), &sent.json["code"]),
        (503, &json!("provider_too_much")),
        "{}",
        sent.text
    );
    outside.provider.goes(Ways {
        document: map(json!({ "token_endpoint": "https://10.0.0.1/token" })),
        ..Ways::default()
    });
    refused(&outside.sign_in().await, 502, "provider_address");
    for (name, body) in [
        ("private", "https://10.0.0.1"),
        ("here", "https://[::1]"),
        ("port", "https://login.example.test:8443"),
    ] {
        let body = json!({ "name": name, "issuer": body, "client_id": "panel" });
        let made = outside.root().post("/api/v1/identity-providers", body).await;
        assert_eq!(
            (made.status.as_u16(), &made.json["errors"][0]["pointer"]),
            (422, &json!("/issuer")),
            "{}",
            made.text
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_links_a_provider_and_is_known_by_nothing_else() {
    let outside = Outside::new().await;
    outside.organisation("acme").await;
    outside.corp(json!({})).await;
    for login in ["carl", "dora"] {
        outside.new_person(login).await;
        let member = json!({ "login": login, "role": "read-only" });
        outside.root().post("/api/v1/organisations/acme/members", member).await.is(201);
    }
    // neither the address nor the name makes anybody somebody
    let lure = json!({ "preferred_username": "carl", "email": "carl@example.test", "email_verified": true });
    outside.provider.goes(claims(lure));
    refused(&outside.sign_in().await, 403, "person_unknown");
    let link = async |login: &str| {
        let person = outside.person(login).await;
        let away = away(&person.post("/api/v1/identities", json!({ "provider": "corp" })).await);
        let query = outside.provider.agree(&away.url);
        (person, outside.back(&away, &query).await)
    };
    let (carl, linked) = link("carl").await;
    assert_eq!((linked.is(303).header("location"), cookies(&linked).len()), ("/", 1), "no session is begun");
    let own = carl.get("/api/v1/identities").await.json["items"].clone();
    assert_eq!((&own[0]["provider"], &own[0]["subject"]), (&json!("corp"), &json!("somebody")), "{own}");
    let by_provider = outside.session(&outside.sign_in().await);
    assert_eq!(by_provider.get("/api/v1/me").await.json["login"], "carl");
    let (_, taken) = link("dora").await;
    refused(&taken, 403, "identity_taken");
    outside.provider.goes(claims(json!({ "sub": "another" })));
    let (_, twice) = link("carl").await;
    refused(&twice, 403, "identity_already");
    // a session that ended links nothing
    let dora = outside.person("dora").await;
    let gone = away(&dora.post("/api/v1/identities", json!({ "provider": "corp" })).await);
    let query = outside.provider.agree(&gone.url);
    dora.delete("/api/v1/session").await.is(204);
    refused(&outside.back(&gone, &query).await, 403, "session_over");
    // the last way in stays
    let path = format!("/api/v1/identities/{}", own[0]["id"].as_str().unwrap());
    carl.delete(&path).await.refused(409, "last_way_in");
    dora_cannot(&outside, &path).await;
    let password = json!({ "password": "three mild badgers" });
    outside.root().patch("/api/v1/persons/carl", password).await.is(200);
    let carl = outside.person("carl").await;
    carl.delete(&path).await.is(204);
    outside.provider.goes(Ways::default());
    refused(&outside.sign_in().await, 403, "person_unknown");
    let audit = outside.audit().await;
    assert!(audit.contains("identity.link") && audit.contains("identity.unlink"), "{audit}");
}

async fn dora_cannot(outside: &Outside, path: &str) {
    outside.person("dora").await.delete(path).await.refused(404, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn suspension_networks_and_locks_hold_as_with_passwords() {
    let outside = Outside::with_staff().await;
    outside.session(&outside.sign_in().await);
    outside.root().post("/api/v1/persons/ann@corp/suspend", json!({})).await;
    outside.bench.execute("UPDATE person SET suspended_at = 1 WHERE login = 'ann@corp'").await;
    refused(&outside.sign_in().await, 403, "not_admitted");
    outside.bench.execute("UPDATE person SET suspended_at = NULL WHERE login = 'ann@corp'").await;
    outside.session(&outside.sign_in().await);
    let networks =
        "INSERT INTO setting (name, value, updated_at) VALUES ('sign_in.networks', '[\"192.0.2.0/24\"]', 1)";
    outside.bench.execute(networks).await;
    refused(&outside.sign_in().await, 403, "not_admitted");
    // nobody is made there either
    outside.provider.goes(claims(json!({ "sub": "new", "preferred_username": "newcomer" })));
    refused(&outside.sign_in().await, 403, "not_admitted");
    assert_eq!(
        outside.bench.count("SELECT COUNT(*) AS value FROM person WHERE login = 'newcomer@corp'").await,
        0
    );
    outside.bench.execute("DELETE FROM setting WHERE name = 'sign_in.networks'").await;
    outside.bench.execute("DELETE FROM login_failure").await;
    outside.provider.goes(claims(json!({ "nonce": "x" })));
    for _ in 0..10 {
        refused(&outside.sign_in().await, 502, "token_nonce");
    }
    outside.provider.goes(Ways::default());
    refused(&outside.sign_in().await, 429, "sign_in_locked");
    // a stranger who knows no state locks nobody out
    outside.bench.execute("DELETE FROM login_failure").await;
    for _ in 0..40 {
        let away = Away { url: String::new(), cookie: String::new() };
        refused(
            &outside.back(&away, "code=x&state=AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA").await,
            400,
            "state_unknown",
        );
    }
    outside.session(&outside.sign_in().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_factor_is_asked_for_unless_the_providers_counts() {
    let outside = Outside::with_staff().await;
    outside.session(&outside.sign_in().await);
    outside.bench.passkey("ann@corp", "01935b2e-7a4d-7c3e-8f10-0000000000a9").await;
    let asked = async || {
        let answer = outside.sign_in().await;
        let to = answer.is(303).header("location").to_owned();
        assert!(cookies(&answer).iter().all(|cookie| !cookie.starts_with("__Host-holdfast=")), "{to}");
        let owed = to.strip_prefix("/login#second-factor.").unwrap_or_default();
        let (token, methods) = owed.split_once('.').unwrap_or_default();
        assert_eq!(methods, "passkey", "{to}");
        assert_eq!(token.len(), 43, "{to}");
        outside
            .bench
            .count("SELECT COUNT(*) AS value FROM pending_sign_in WHERE means = 'provider:corp'")
            .await
    };
    assert_eq!(asked().await, 1);
    outside.edit(json!({ "second_factor_counts": true })).await.is(200);
    outside.session(&outside.sign_in().await);
    outside.provider.goes(claims(json!({ "amr": ["pwd", "otp"] })));
    outside.session(&outside.sign_in().await);
    outside.provider.goes(claims(json!({ "amr": ["pwd"] })));
    assert_eq!(asked().await, 2, "the provider says itself that there was none");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_maps_what_they_may_not_give_and_a_mapping_falls_with_its_maker() {
    let outside = Outside::new().await;
    outside.organisation("acme").await;
    // Sven may change settings and no more
    let role = json!({ "name": "setter", "organisation": "root",
                       "permissions": ["setting.view", "setting.edit", "member.manage", "person.manage", "account.view"] });
    outside.root().post("/api/v1/roles", role).await.is(201);
    let sven = json!({ "login": "sven", "role": "setter", "new": true });
    outside.root().post("/api/v1/organisations/root/members", sven).await.is(201);
    let sven = outside.person("sven").await;
    let body = |role: &str| {
        json!({ "name": "corp", "issuer": ISSUER, "client_id": "panel", "client_secret": "secret", "groups_claim": "groups", "makes_people": true,
                "mappings": [{ "group": "staff", "role": role, "organisation": "root" }] })
    };
    for role in ["administrator", "reseller", "owner"] {
        let made = sven.post("/api/v1/identity-providers", body(role)).await;
        assert_eq!(made.status, 403, "{role}: {}", made.text);
    }
    sven.post("/api/v1/identity-providers", body("setter")).await.is(201);
    let signed_in = outside.session(&outside.sign_in().await);
    assert_eq!(signed_in.get("/api/v1/me").await.json["roles"][0]["role"], "setter");
    // what Sven does not hold any more is not Sven's to give
    outside
        .bench
        .execute("DELETE FROM person_role WHERE person_id = (SELECT id FROM person WHERE login = 'sven')")
        .await;
    let shown = outside.root().get("/api/v1/identity-providers/corp").await;
    assert_eq!(shown.json["mappings"][0]["in_force"], false, "{}", shown.text);
    refused(&outside.sign_in().await, 403, "no_group");
    // whoever may, says it anew
    let mappings = json!([{ "group": "staff", "role": "setter", "organisation": "root" }]);
    outside.edit(json!({ "mappings": mappings })).await.is(200);
    outside.session(&outside.sign_in().await);
    for (mapping, code) in [
        (json!({ "group": "a", "role": "nothing", "organisation": "root" }), "role_unknown"),
        (json!({ "group": "staff", "role": "setter", "organisation": "root" }), "mapping_twice"),
    ] {
        let mut all = mappings.clone();
        all.as_array_mut().unwrap().push(mapping);
        let edited = outside.edit(json!({ "mappings": all })).await;
        assert_eq!(edited.is(422).json["errors"][0]["code"], code, "{}", edited.text);
        assert!(edited.json["errors"][0]["pointer"].as_str().unwrap().starts_with("/mappings/1"));
    }
    // what no mapping gives any more is taken at once
    outside.edit(json!({ "mappings": [] })).await.is(200);
    assert_eq!(outside.bench.count("SELECT COUNT(*) AS value FROM identity_role").await, 0);
    let held = "SELECT COUNT(*) AS value FROM person_role pr JOIN person p ON p.id = pr.person_id WHERE p.login = 'ann@corp'";
    assert_eq!(outside.bench.count(held).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_administrator_keeps_the_role_whatever_the_provider_says() {
    let outside = Outside::new().await;
    outside.corp(json!({ "makes_people": true, "groups_claim": "groups",
                         "mappings": [{ "group": "staff", "role": "administrator", "organisation": "root" }] }))
        .await;
    outside.session(&outside.sign_in().await);
    outside.bench.execute("UPDATE person SET suspended_at = 1 WHERE login = 'admin'").await;
    outside.provider.goes(claims(json!({ "groups": [] })));
    let last = outside.session(&outside.sign_in().await);
    assert_eq!(last.get("/api/v1/me").await.json["roles"][0]["role"], "administrator");
    outside.edit(json!({ "mappings": [] })).await.refused(409, "last_administrator");
    let root = outside.root();
    root.delete("/api/v1/identity-providers/corp").await.refused(409, "last_administrator");
    outside.bench.execute("UPDATE person SET suspended_at = NULL WHERE login = 'admin'").await;
    root.delete("/api/v1/identity-providers/corp?dry_run=true").await.is(200);
    root.delete("/api/v1/identity-providers/corp").await.is(204);
    assert_eq!(last.get("/api/v1/me").await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_loses_nobody_and_a_secret_is_shown_nowhere() {
    let mut outside = Outside::with_staff().await;
    let away = outside.leave().await;
    let query = outside.provider.agree(&away.url);
    let provider = outside.provider.clone();
    outside = Outside::over(outside.bench.killed_and_started().await);
    // the provider itself did not restart
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("egress.sock");
    egress(&socket, provider.clone());
    let mut parts = outside.bench.parts.clone();
    parts.egress = Peer::new(&socket);
    outside.router = panel::app::app(parts, unlimited());
    outside.provider = provider;
    outside.session(&outside.back(&away, &query).await);
    outside.edit(json!({ "client_secret": "rather-secret" })).await.is(200);
    let all = [
        outside.root().get("/api/v1/identity-providers").await.text,
        outside.root().get("/api/v1/identity-providers/corp").await.text,
        outside.audit().await,
        outside.root().get("/api/v1/events?limit=100").await.text,
    ];
    assert!(all.iter().all(|text| text.contains("corp") && !text.contains("rather-secret")), "{all:?}");
    let shown: Value = serde_json::from_str(&all[1]).unwrap();
    assert_eq!((&shown["has_secret"], &shown["people"]), (&json!(true), &json!(1)));
    assert_eq!(shown["redirect_uri"], "https://panel.example.test:8443/login/oidc/corp/callback");
    let plain = outside
        .bench
        .count("SELECT COUNT(*) AS value FROM identity_provider WHERE client_secret LIKE 'x1.%'")
        .await;
    assert_eq!(plain, 1);
    outside.edit(json!({ "client_secret": null, "enabled": false })).await.is(200);
    let sent = outside.browser().post("/api/v1/session/provider", json!({ "provider": "corp" })).await;
    sent.refused(404, "not_found");
    assert_eq!(outside.browser().get("/api/v1/session/providers").await.json["items"], json!([]));
}
