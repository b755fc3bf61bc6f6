//! How long refusals take: whoever guesses must not learn from it who there is. A measurement, run by hand:
//! `cargo nextest run -p panel --run-ignored only -E 'test(timing)' --no-capture`, alone on the machine.

use std::time::{Duration, Instant};

use api_kit::testing::Client;
use auth_webauthn::testing::Device;
use serde_json::{Value, json};
use store::Statement;

use crate::bench::Bench;

/// Of one kind.
const ROUNDS: usize = 60;

/// Forgets failures, so that no lock is measured.
const FORGET: Statement = Statement::new("DELETE FROM login_failure");

struct Kind {
    name: &'static str,
    client: Client,
    path: String,
    body: Value,
}

/// The lower quartiles of several kinds of the same request, which take turns in every order: what a machine does besides is in the upper
/// ones. Each is answered with this status.
async fn quartiles(bench: &Bench, status: u16, kinds: &[Kind]) -> Vec<Duration> {
    let mut all = vec![Vec::new(); kinds.len()];
    for round in 0..ROUNDS + 5 {
        for turn in 0..kinds.len() {
            let at = (turn + round) % kinds.len();
            let kind = &kinds[at];
            let forget = async |tx: &mut store::WriteTx| tx.execute(FORGET).await;
            bench.parts.panel.store().write::<_, store::StoreError, _>(forget).await.unwrap();
            let begun = Instant::now();
            let answer = kind.client.post(&kind.path, kind.body.clone()).await;
            let took = begun.elapsed();
            assert_eq!(answer.status, status, "{}: {}", kind.name, answer.text);
            if round >= 5 {
                all[at].push(took);
            }
        }
    }
    all.iter_mut()
        .map(|times| {
            times.sort_unstable();
            times[times.len() / 4]
        })
        .collect()
}

/// Prints them; none is further from the first than these per cent of it, or than what no network shows.
fn within(what: &str, per_cent: u32, kinds: &[Kind], quartiles: &[Duration]) {
    const UNSEEN: Duration = Duration::from_micros(300);
    println!("{what}:");
    for (kind, took) in kinds.iter().zip(quartiles) {
        println!("  {:<44} {:>9.3} ms", kind.name, took.as_secs_f64() * 1000.0);
    }
    let first = quartiles[0];
    for (kind, took) in kinds.iter().zip(quartiles) {
        let apart = first.abs_diff(*took);
        let allowed = (first * per_cent / 100).max(UNSEEN);
        assert!(apart <= allowed, "{what}: {} is {apart:?} apart, {allowed:?} are allowed", kind.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement, for a machine with nothing else to do"]
async fn a_refusal_takes_as_long_whoever_there_is() {
    const PASSWORD: &str = "correct horse battery";
    let bench = Bench::new().await;
    let anyone = bench.anonymous();
    let root = bench.root();
    for (login, password) in
        [("alice", Some(PASSWORD)), ("totp", Some(PASSWORD)), ("off", Some(PASSWORD)), ("bare", None)]
    {
        root.post("/api/v1/persons", json!({ "login": login, "password": password })).await.is(201);
    }
    root.post("/api/v1/persons/off/suspend", json!({})).await.is(200);
    bench.passkey("totp", "00000000-0000-7000-8000-0000000000aa").await;

    let session = |name, login: &str, password: &str| Kind {
        name,
        client: anyone.clone(),
        path: "/api/v1/session".to_owned(),
        body: json!({ "login": login, "password": password }),
    };
    let kinds = [
        session("nobody has the login", "nobody", "wrong horse battery"),
        session("somebody has it", "alice", "wrong horse battery"),
        session("with a second factor", "totp", "wrong horse battery"),
        session("suspended, the password is right", "off", PASSWORD),
        session("without a password", "bare", "wrong horse battery"),
        session("no login at all", "\u{1F511} /../", "wrong horse battery"),
    ];
    within("POST /session", 5, &kinds, &quartiles(&bench, 401, &kinds).await);

    let pending = anyone.post("/api/v1/session", json!({ "login": "totp", "password": PASSWORD })).await;
    let pending = pending.is(202).json["token"].clone();
    let nowhere = json!("AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA");
    let code = |name, token: &Value| Kind {
        name,
        client: anyone.clone(),
        path: "/api/v1/session/code".to_owned(),
        body: json!({ "token": token, "code": "123456" }),
    };
    let kinds =
        [code("nobody waits with the token", &nowhere), code("somebody waits, the code is wrong", &pending)];
    println!("(whoever has a token that waits knows the password: the two may differ)");
    within("POST /session/code", 400, &kinds, &quartiles(&bench, 401, &kinds).await);

    let link = |name, token: &Value| Kind {
        name,
        client: anyone.clone(),
        path: "/api/v1/session/link".to_owned(),
        body: json!({ "token": token }),
    };
    let used = root.post("/api/v1/persons", json!({ "login": "linked" })).await.is(201).json["link"]["token"]
        .clone();
    anyone.post("/api/v1/session/link", json!({ "token": used })).await.is(201);
    let kinds = [link("a link that there never was", &nowhere), link("a link that was used", &used)];
    within("POST /session/link", 5, &kinds, &quartiles(&bench, 401, &kinds).await);

    // nobody is named when a passkey is asked for; what is shown and is nobody's
    let asked = anyone.post("/api/v1/session/passkey/ask", json!({})).await;
    let client = bench.person("alice").await;
    let own = client.post("/api/v1/passkeys/ask", json!(null)).await;
    let (mut device, credential) =
        Device::create("https://panel.example.test:8443", &own.is(201).json["options"]);
    let body = json!({ "question": own.json["question"], "name": "x", "credential": credential });
    client.post("/api/v1/passkeys", body).await.is(201);
    println!("POST /session/passkey/ask names nobody: {} bytes whoever there is", asked.is(201).text.len());
    let _ = device.get(&asked.json["options"]);

    bench.account("shop").await;
    let shop = bench.person("shop").await;
    let invite = |name, login: &str| Kind {
        name,
        client: shop.clone(),
        path: "/api/v1/accounts/shop/members?dry_run=true".to_owned(),
        body: json!({ "login": login, "role": "developer" }),
    };
    let kinds = [invite("nobody has the login", "nobody"), invite("somebody has it", "alice")];
    within("POST /accounts/{account}/members (a dry run)", 5, &kinds, &quartiles(&bench, 200, &kinds).await);

    // an offer to somebody else, and one that there is not, are one to whoever accepts
    shop.post("/api/v1/accounts/shop/members", json!({ "login": "alice", "role": "developer" }))
        .await
        .is(201);
    let alice = bench.person("alice").await;
    let offers = alice.get("/api/v1/invitations").await;
    let offer = offers.is(200).json["items"][0]["id"].as_str().unwrap().to_owned();
    let stranger = bench.person("bare").await;
    let accept = |name, id: &str| Kind {
        name,
        client: stranger.clone(),
        path: format!("/api/v1/invitations/{id}/accept"),
        body: json!(null),
    };
    let kinds = [
        accept("an offer that there is not", "00000000-0000-7000-8000-0000000000ff"),
        accept("an offer to somebody else", &offer),
    ];
    within("POST /invitations/{invitation}/accept", 5, &kinds, &quartiles(&bench, 404, &kinds).await);
}
