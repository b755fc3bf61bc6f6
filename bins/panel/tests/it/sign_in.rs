//! Signing in, and all that guards it.

use api_kit::testing::{Answer, Client};
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
    other.get("/api/v1/session").await.refused(401, "unauthenticated");
    let shown = client.get("/api/v1/second-factor").await;
    assert_eq!((&shown.json["asked"], &shown.json["recovery_codes_left"]), (&json!(true), &json!(10)));

    let pending = by_password(&bench).await;
    pending.is(202);
    assert_eq!(pending.json["methods"], json!(["totp", "recovery_code"]));
    assert_eq!(pending.header("set-cookie"), "");
    let half = bench
        .anonymous()
        .header("authorization", format!("Bearer {}", pending.json["token"].as_str().unwrap()));
    for path in ["/api/v1/session", "/api/v1/accounts", "/api/v1/second-factor"] {
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
