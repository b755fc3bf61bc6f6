//! Signing in, and all that guards it.

use api_kit::testing::{Answer, Client};
use auth_webauthn::testing::Device;
use serde_json::json;

use crate::bench::Bench;

#[tokio::test(flavor = "multi_thread")]
async fn a_weak_password_is_refused_wherever_one_is_set_and_the_reason_says_what_to_do() {
    let bench = Bench::new().await;
    bench.account("alice").await;
    let alice = bench.person("alice").await;
    let admin = bench.root().header("if-match", "*");
    let new = |password: &str| json!({ "name": "dora", "email": "dora@brewery.test", "password": password });
    for (password, code) in [
        ("short one", "password_too_short"),
        ("password123", "password_guessable"),
        ("panel.example.test", "password_guessable"),
        ("alice@example.test", "password_guessable"),
    ] {
        let body = json!({ "new": password });
        let answers = [
            ("new", alice.put("/api/v1/password", body).await),
            ("password", admin.patch("/api/v1/accounts/alice", json!({ "password": password })).await),
        ];
        for (field, answer) in answers {
            let problem = answer.refused(422, "invalid");
            let error = &problem.errors[0];
            assert_eq!((error.pointer.as_str(), &*error.code), (format!("/{field}").as_str(), code));
            assert!(!error.remedy.is_empty(), "{}", answer.text);
            assert!(!answer.text.contains(password), "the problem repeats the password");
        }
    }
    let own = admin.post("/api/v1/accounts", new("dora@brewery.test")).await;
    assert_eq!(own.refused(422, "invalid").errors[0].code, "password_guessable");
    admin.put("/api/v1/settings/password.least_length", json!({ "value": 7 })).await.refused(422, "invalid");
    admin.put("/api/v1/settings/password.least_length", json!({ "value": 24 })).await.is(200);
    let short = admin.post("/api/v1/accounts", new("correct horse battery")).await;
    let problem = short.refused(422, "invalid");
    assert!(problem.errors[0].reason.contains("24"), "{}", short.text);
    admin.post("/api/v1/accounts", new("correct horse battery staple")).await.is(202);
}

const PASSWORD: &str = "correct horse battery";

/// Alice with a password; her session.
async fn alice(bench: &Bench) -> Client {
    bench.account("alice").await;
    let alice = bench.person("alice").await;
    let set = alice.put("/api/v1/password", json!({ "new": PASSWORD })).await;
    set.is(204);
    bench.anonymous().header("authorization", format!("Bearer {}", token(&set)))
}

/// The session's token of an answer that sets the cookie.
fn token(answer: &Answer) -> String {
    let cookie = answer.header("set-cookie").strip_prefix("__Host-holdfast=").expect("a cookie");
    cookie.split(';').next().unwrap().to_owned()
}

fn signed_in(bench: &Bench, answer: &Answer) -> Client {
    bench.anonymous().header("authorization", format!("Bearer {}", token(answer)))
}

/// An authenticator that was set up, and the recovery codes.
struct Authenticator {
    totp: totp_rs::Totp,
    codes: Vec<String>,
    step: u64,
}

impl Authenticator {
    async fn set_up(client: &Client) -> Self {
        let offer = client.post("/api/v1/second-factor/totp", json!(null)).await;
        offer.is(201);
        let secret = offer.json["secret"].as_str().unwrap();
        assert!(offer.json["uri"].as_str().unwrap().contains(secret), "{}", offer.text);
        let secret = totp_rs::Secret::try_from_base32(secret).unwrap();
        let totp = totp_rs::Builder::new().with_secret(secret).build().unwrap();
        // The clock is the real one: codes of the step before, of this one and of the next one are good, each once.
        let mut new = Self { totp, codes: Vec::new(), step: now() / 30 - 1 };
        let code = new.code();
        let confirmed = client.post("/api/v1/second-factor/totp/confirm", json!({ "code": code })).await;
        confirmed.is(200);
        new.codes = serde_json::from_value(confirmed.json["codes"].clone()).unwrap();
        new
    }

    /// The next code that was not given yet.
    fn code(&mut self) -> String {
        let code = self.totp.generate(self.step * 30).to_string();
        self.step += 1;
        code
    }
}

fn now() -> u64 {
    names::Micros::now().as_secs().try_into().unwrap()
}

async fn by_password(bench: &Bench) -> Answer {
    let body = json!({ "login": "alice", "password": PASSWORD });
    bench
        .anonymous()
        .header("user-agent", "Mozilla/5.0 (X11; Linux) Firefox/140.0")
        .post("/api/v1/session", body)
        .await
}

async fn with_code(bench: &Bench, pending: &Answer, code: &str) -> Answer {
    let body = json!({ "token": pending.json["token"], "code": code });
    bench.anonymous().header("user-agent", "curl/8").post("/api/v1/session/code", body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_with_an_authenticator_is_not_signed_in_by_the_password_alone() {
    let bench = Bench::new().await;
    let client = alice(&bench).await;
    let other = signed_in(&bench, by_password(&bench).await.is(201));
    let mut authenticator = Authenticator::set_up(&client).await;
    assert_eq!(authenticator.codes.len(), 10);
    other.get("/api/v1/me").await.refused(401, "unauthenticated");
    let shown = client.get("/api/v1/second-factor").await;
    assert_eq!((&shown.json["asked"], &shown.json["recovery_codes_left"]), (&json!(true), &json!(10)));

    let pending = by_password(&bench).await;
    pending.is(202);
    assert_eq!(pending.json["methods"], json!(["totp", "recovery_code"]));
    assert_eq!(pending.header("set-cookie"), "");
    let half = bench
        .anonymous()
        .header("authorization", format!("Bearer {}", pending.json["token"].as_str().unwrap()));
    for path in ["/api/v1/me", "/api/v1/accounts", "/api/v1/second-factor"] {
        half.get(path).await.refused(401, "unauthenticated");
    }
    let code = authenticator.code();
    let done = with_code(&bench, &pending, &code).await;
    done.is(201);
    assert_eq!(done.json["factors"], "password+totp");
    with_code(&bench, &pending, &code).await.refused(401, "second_factor_wrong");
    let again = by_password(&bench).await;
    with_code(&bench, &again, &code).await.refused(401, "second_factor_wrong");
    let by_recovery = with_code(&bench, &again, &authenticator.codes[3]).await;
    by_recovery.is(201);
    let sessions = signed_in(&bench, &by_recovery).get("/api/v1/sessions").await;
    let told: Vec<_> =
        sessions.json["items"].as_array().unwrap().iter().map(|s| (&s["factors"], &s["agent"])).collect();
    assert_eq!(told[0], (&json!("password+recovery_code"), &json!("curl")), "{}", sessions.text);
    assert_eq!(told[1], (&json!("password+totp"), &json!("curl")), "{}", sessions.text);
    let audit = bench.root().get("/api/v1/audit?limit=200").await;
    assert!(audit.text.contains("second_factor_wrong") && audit.text.contains("password+totp"));
    assert!(!authenticator.codes.iter().any(|code| audit.text.contains(code)));
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_codes_lock_and_a_restart_forgives_nothing() {
    let bench = Bench::new().await;
    let client = alice(&bench).await;
    let mut authenticator = Authenticator::set_up(&client).await;
    let pending = by_password(&bench).await;
    for _ in 0..5 {
        with_code(&bench, &pending, "not-a-code").await.refused(401, "second_factor_wrong");
    }
    let bench = bench.killed_and_started().await;
    let locked = with_code(&bench, &pending, &authenticator.code()).await;
    locked.refused(429, "sign_in_locked");
    assert!(locked.header("retry-after").parse::<u64>().unwrap() > 600);
    let again = by_password(&bench).await;
    with_code(&bench, &again, &authenticator.codes[0]).await.refused(429, "sign_in_locked");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_asks_for_the_second_factor_and_root_s_alone_can_do_without() {
    let bench = Bench::new().await;
    let client = alice(&bench).await;
    let mut authenticator = Authenticator::set_up(&client).await;
    let follow = async |link: &Answer| {
        bench.anonymous().post("/api/v1/session/link", json!({ "token": link.json["token"] })).await
    };
    let usual = follow(&bench.root().post("/api/v1/login-links", json!({ "login": "alice" })).await).await;
    usual.is(202);
    let done = with_code(&bench, &usual, &authenticator.code()).await;
    assert_eq!(done.is(201).json["factors"], "link+totp");
    let body = json!({ "login": "alice", "without_second_factor": true });
    let admin = bench.person("admin").await;
    admin.post("/api/v1/login-links", body.clone()).await.refused(403, "forbidden");
    let lost = follow(&bench.root().post("/api/v1/login-links", body).await).await;
    assert_eq!(lost.is(201).json["factors"], "link");
    let audit = bench.root().get("/api/v1/audit?limit=200").await;
    assert!(audit.text.contains("without_second_factor"), "{}", audit.text);
    // And she can begin anew: a link has just signed her in, so that neither the password nor a code is asked for.
    let alice = signed_in(&bench, &lost);
    alice.delete("/api/v1/second-factor/totp").await.is(204);
    alice.put("/api/v1/password", json!({ "new": "another horse battery" })).await.is(204);
    by_password(&bench).await.refused(401, "unauthenticated");
    let body = json!({ "login": "alice", "password": "another horse battery" });
    bench.anonymous().post("/api/v1/session", body).await.is(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_replaced_by_who_knows_it_or_has_just_followed_a_link() {
    let bench = Bench::new().await;
    alice(&bench).await;
    let client = signed_in(&bench, &by_password(&bench).await);
    let body = json!({ "new": "another horse battery" });
    let refused = client.put("/api/v1/password", body.clone()).await;
    assert_eq!(refused.refused(422, "invalid").errors[0].pointer, "/current");
    let followed = bench.person("alice").await;
    bench.age_sessions().await;
    let late = followed.put("/api/v1/password", body.clone()).await;
    assert_eq!(late.refused(422, "invalid").errors[0].pointer, "/current");
    bench.person("alice").await.put("/api/v1/password", body).await.is(204);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_up_is_by_password_or_code_and_counts_for_ten_minutes() {
    let bench = Bench::new().await;
    let client = alice(&bench).await;
    let step_up = async |body| client.post("/api/v1/session/step-up", body).await;
    let dangerous = async || client.post("/api/v1/second-factor/totp", json!(null)).await;
    bench.age_sessions().await;
    dangerous().await.refused(403, "step_up_required");
    let wrong = step_up(json!({ "password": "a guess" })).await;
    assert_eq!(wrong.refused(422, "invalid").errors[0].code, "password_wrong");
    step_up(json!({})).await.refused(422, "invalid");
    dangerous().await.refused(403, "step_up_required");
    step_up(json!({ "password": PASSWORD })).await.is(200);
    dangerous().await.is(201);
    let mut authenticator = Authenticator::set_up(&client).await;
    bench.age_sessions().await;
    dangerous().await.refused(403, "step_up_required");
    let code = authenticator.code();
    step_up(json!({ "code": code })).await.is(200);
    dangerous().await.is(201);
    let again = step_up(json!({ "code": code })).await;
    assert_eq!(again.refused(422, "invalid").errors[0].code, "code_wrong");
    bench
        .root()
        .post("/api/v1/session/step-up", json!({ "password": PASSWORD }))
        .await
        .refused(409, "no_person");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_s_address_and_an_administrator_s_word_on_a_password_ask_once_more() {
    let bench = Bench::new().await;
    let owner = alice(&bench).await.header("if-match", "*");
    let admin = bench.person("admin").await.header("if-match", "*");
    bench.age_sessions().await;
    let path = "/api/v1/accounts/alice";
    owner.patch(path, json!({ "email": "new@example.test" })).await.refused(403, "step_up_required");
    owner.patch(path, json!({ "ssh_keys": [] })).await.is(202);
    admin.patch(path, json!({ "password": "an administrator's" })).await.refused(403, "step_up_required");
    owner.post("/api/v1/session/step-up", json!({ "password": PASSWORD })).await.is(200);
    owner.patch(path, json!({ "email": "new@example.test" })).await.is(202);
    bench.age_sessions().await;
    let shown = json!({ "password": "another horse battery", "current_password": PASSWORD });
    owner.patch(path, shown).await.is(202);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_manages_a_person_sees_and_ends_their_sessions() {
    let bench = Bench::new().await;
    let client = alice(&bench).await;
    let admin = bench.person("admin").await;
    let second = signed_in(&bench, &by_password(&bench).await);
    let list = admin.get("/api/v1/persons/alice/sessions").await;
    let items = list.is(200).json["items"].as_array().unwrap().clone();
    assert_eq!(items.len(), 2, "{}", list.text);
    assert_eq!((&items[0]["agent"], &items[0]["factors"]), (&json!("Firefox on Linux"), &json!("password")));
    let id = items[0]["id"].as_str().unwrap();
    client.get("/api/v1/persons/admin/sessions").await.refused(404, "not_found");
    client.delete("/api/v1/persons/admin/sessions").await.refused(404, "not_found");
    admin.delete(&format!("/api/v1/persons/admin/sessions/{id}")).await.refused(404, "not_found");
    admin.delete(&format!("/api/v1/persons/alice/sessions/{id}")).await.is(204);
    second.get("/api/v1/me").await.refused(401, "unauthenticated");
    client.get("/api/v1/me").await.is(200);
    admin.delete("/api/v1/persons/alice/sessions").await.is(204);
    client.get("/api/v1/me").await.refused(401, "unauthenticated");
    admin.get("/api/v1/me").await.is(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn networks_keep_others_out_and_nobody_shuts_out_themselves() {
    let bench = Bench::new().await;
    let client = alice(&bench).await;
    let admin = bench.person("admin").await;
    let there = |client: Client| client.from(auth::Origin::Network("203.0.113.9".parse().unwrap()));
    let body = json!({ "login": "alice", "password": PASSWORD });
    let from_there = async || there(bench.anonymous()).post("/api/v1/session", body.clone()).await;
    from_there().await.is(201);
    let set = async |client: &Client, path: &str, networks: serde_json::Value| {
        client.put(path, json!({ "networks": networks })).await
    };
    let shut = set(&client, "/api/v1/session/networks", json!(["203.0.113.0/24"])).await;
    assert_eq!(shut.refused(422, "invalid").errors[0].code, "shuts_you_out");
    set(&client, "/api/v1/session/networks", json!(["203.0.113.5/24"])).await.refused(422, "invalid");
    set(&client, "/api/v1/session/networks", json!(["198.51.100.0/24", "2001:db8::/32"])).await.is(200);
    let elsewhere = from_there().await;
    let unknown =
        there(bench.anonymous()).post("/api/v1/session", json!({ "login": "nobody", "password": "x" })).await;
    let plain = |answer: &Answer| (answer.status, answer.json["code"].clone(), answer.json["detail"].clone());
    assert_eq!(plain(&elsewhere), plain(&unknown), "refused like any other");
    by_password(&bench).await.is(201);
    assert_eq!(
        client.get("/api/v1/session/networks").await.json["networks"],
        json!(["198.51.100.0/24", "2001:db8::/32"])
    );
    set(&admin, "/api/v1/persons/alice/networks", json!([])).await.is(200);
    from_there().await.is(201);
    client.get("/api/v1/persons/admin/networks").await.refused(404, "not_found");

    let setting = "/api/v1/settings/sign_in.networks";
    let all = async |client: &Client, value: serde_json::Value| {
        client.put(setting, json!({ "value": value })).await
    };
    let shut = all(&admin, json!(["203.0.113.0/24"])).await;
    assert_eq!(shut.refused(422, "invalid").errors[0].code, "shuts_you_out");
    let lost = all(&bench.root(), json!(["203.0.113.0/24"])).await;
    assert_eq!(lost.refused(422, "invalid").errors[0].code, "shuts_administrators_out");
    all(&admin, json!(["198.51.100.7/32"])).await.is(200);
    from_there().await.refused(401, "unauthenticated");
    all(&bench.root(), json!("x")).await.refused(422, "invalid");
    all(&bench.root(), json!([])).await.is(200);
    from_there().await.is(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_signs_in_alone_and_as_the_second_factor() {
    const ORIGIN: &str = "https://panel.example.test:8443";
    let bench = Bench::new().await;
    let client = alice(&bench).await;
    let asked = client.post("/api/v1/passkeys/ask", json!(null)).await;
    asked.is(201);
    let (mut device, credential) = Device::create(ORIGIN, &asked.json["options"]);
    let body = json!({ "question": asked.json["question"], "name": "laptop", "credential": credential });
    let made = client.post("/api/v1/passkeys", body.clone()).await;
    assert_eq!(made.is(201).json["recovery_codes"].as_array().unwrap().len(), 10);
    client.post("/api/v1/passkeys", body).await.refused(409, "question_over");

    let ask = async |body| bench.anonymous().post("/api/v1/session/passkey/ask", body).await;
    let answer = async |body| bench.anonymous().post("/api/v1/session/passkey", body).await;
    let alone = ask(json!({})).await;
    let credential = device.get(&alone.is(201).json["options"]);
    let body = json!({ "question": alone.json["question"], "credential": credential });
    let session = answer(body.clone()).await;
    assert_eq!(session.is(201).json["factors"], "passkey");
    assert_eq!(session.json["login"], "alice");
    answer(body).await.refused(409, "question_over");

    let pending = by_password(&bench).await;
    assert_eq!(pending.is(202).json["methods"], json!(["passkey", "recovery_code"]));
    let token = &pending.json["token"];
    let second = ask(json!({ "token": token })).await;
    let credential = device.get(&second.is(201).json["options"]);
    let body = json!({ "question": second.json["question"], "token": token, "credential": credential });
    assert_eq!(answer(body).await.is(201).json["factors"], "password+passkey");
    ask(json!({ "token": token })).await.refused(401, "second_factor_wrong");

    let foreign = ask(json!({})).await;
    device.at("https://panel.example.test.evil.test:8443");
    let credential = device.get(&foreign.json["options"]);
    let body = json!({ "question": foreign.json["question"], "credential": credential });
    assert_eq!(answer(body).await.refused(422, "invalid").errors[0].code, "credential_refused");

    let client = signed_in(&bench, &session);
    let list = client.get("/api/v1/passkeys").await;
    let path = format!("/api/v1/passkeys/{}", list.json["items"][0]["id"].as_str().unwrap());
    client.patch(&path, json!({ "name": "the old laptop" })).await.is(200);
    client.delete(&path).await.is(204);
    by_password(&bench).await.is(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_of_ones_own_is_as_good_as_the_password_before_what_is_dangerous() {
    const ORIGIN: &str = "https://panel.example.test:8443";
    let bench = Bench::new().await;
    let client = alice(&bench).await;
    let path = "/api/v1/session/step-up";
    let ask = async || client.post("/api/v1/session/step-up/ask", json!(null)).await;
    ask().await.refused(409, "no_passkey");
    let make = async |client: &Client| {
        let asked = client.post("/api/v1/passkeys/ask", json!(null)).await;
        let (device, credential) = Device::create(ORIGIN, &asked.is(201).json["options"]);
        let body = json!({ "question": asked.json["question"], "name": "laptop", "credential": credential });
        client.post("/api/v1/passkeys", body).await.is(201);
        device
    };
    let mut device = make(&client).await;
    let mut foreign = make(&bench.person("admin").await).await;
    bench.age_sessions().await;
    let dangerous = async || client.post("/api/v1/passkeys/ask", json!(null)).await;
    dangerous().await.refused(403, "step_up_required");
    // another's, and one that was asked for to sign in, prove nothing here
    let asked = ask().await;
    let shown = |device: &mut Device, asked: &Answer| {
        let credential = device.get(&asked.is(201).json["options"]);
        json!({ "passkey": { "question": asked.json["question"], "credential": credential } })
    };
    client.post(path, shown(&mut foreign, &asked)).await.refused(422, "invalid");
    let anyone = bench.anonymous().post("/api/v1/session/passkey/ask", json!({})).await;
    client.post(path, shown(&mut foreign, &anyone)).await.refused(422, "invalid");
    let both = json!({ "password": "x", "code": "y" });
    client.post(path, both).await.refused(422, "invalid");
    dangerous().await.refused(403, "step_up_required");
    let asked = ask().await;
    let answer = shown(&mut device, &asked);
    client.post(path, answer.clone()).await.is(200);
    dangerous().await.is(201);
    client.post(path, answer).await.refused(409, "question_over");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_name_there_are_no_passkeys() {
    let bench = Bench::new().await;
    let client = alice(&bench).await;
    bench.root().put("/api/v1/settings/panel.hostname", json!({ "value": null })).await.is(200);
    client.post("/api/v1/passkeys/ask", json!(null)).await.refused(409, "panel_has_no_name");
    bench.anonymous().post("/api/v1/session/passkey/ask", json!({})).await.refused(409, "panel_has_no_name");
}
