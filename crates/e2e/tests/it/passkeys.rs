//! Passkeys in a real browser, with the virtual authenticator that browsers have for tests: made on the panel's own page, and shown alone,
//! after the password, and before what is dangerous.

use e2e::{Distro, Node};
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::support::{LIMIT, PASSWORD};

const NAME: &str = "panel.example.test";

pub(crate) fn on(distro: Distro) {
    let node = Node::ready(distro, "passkeys").unwrap();
    node.create_account("alice", PASSWORD).unwrap();
    let mut browser = opened(&node);
    node.ok(&["setting", "set", "panel.hostname", "null"]).unwrap();
    without_a_name_there_is_none(&mut browser);
    node.ok(&["setting", "set", "panel.hostname", NAME]).unwrap();
    let authenticator = authenticator(&mut browser, true);
    one_is_made(&mut browser);
    it_signs_in_alone(&mut browser);
    it_is_the_second_factor(&mut browser);
    it_is_shown_before_what_is_dangerous(&mut browser);
    an_authenticator_that_nobody_unlocks_signs_nobody_in(&mut browser, &authenticator);
    another_device_has_none(&mut browser, &authenticator);
    root_sees_how_people_signed_in(&node);
}

/// A browser on the panel's page, which trusts this server's certificate.
fn opened(node: &Node) -> Browser {
    let key = "openssl x509 -pubkey -noout -in /etc/holdfast/credentials/tls.pem | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64";
    let key = node.sh(key).unwrap().text().trim().to_owned();
    let mut browser = Browser::start(NAME, &node.ipv4().to_string(), &key);
    browser.open(&format!("https://{NAME}:8443/login"));
    said(&mut browser, "Nobody is signed in.");
    assert_eq!(browser.evaluate("window.isSecureContext"), true);
    browser
}

fn authenticator(browser: &mut Browser, unlocked: bool) -> String {
    browser.call("WebAuthn.enable", &json!({}));
    let options = json!({
        "protocol": "ctap2", "ctap2Version": "ctap2_1", "transport": "internal", "hasResidentKey": true,
        "hasUserVerification": true, "isUserVerified": unlocked, "automaticPresenceSimulation": true,
    });
    let added = browser.call("WebAuthn.addVirtualAuthenticator", &json!({ "options": options }));
    added["authenticatorId"].as_str().unwrap().to_owned()
}

fn said(browser: &mut Browser, text: &str) {
    browser.until(&format!("document.getElementById('who').textContent.includes({})", json!(text)));
}

/// On the page for signing in, as nobody.
fn at_the_door(browser: &mut Browser) {
    browser.evaluate("fetch('/api/v1/session', { method: 'DELETE' })");
    browser.open(&format!("https://{NAME}:8443/login"));
    said(browser, "Nobody is signed in.");
}

fn by_password(browser: &mut Browser) {
    browser.until("document.forms['sign-in'].checkVisibility()");
    browser.submit("sign-in", &[("login", "alice"), ("password", PASSWORD)]);
}

/// Waits until alice is signed in, wherever the page went; by what.
fn signed_in(browser: &mut Browser) -> String {
    let session = "fetch('/api/v1/me').then((answer) => answer.json())";
    let mut seen = Value::Null;
    testhost::wait_for("a session", LIMIT, || {
        // a page on its way to another one answers nothing
        seen = browser.try_evaluate(session).unwrap_or_default();
        Ok((seen["login"] == "alice").then_some(()))
    })
    .unwrap();
    seen["factors"].as_str().unwrap_or_default().to_owned()
}

/// What a page does with a passkey: asks the panel, then the browser, and sends what that said.
const PASSKEYS: &str = "
    const post = (path, body) => fetch('/api/v1' + path, {
        method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body ?? null),
    });
    const make = async (name) => {
        const asked = await (await post('/passkeys/ask')).json();
        const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(asked.options.publicKey);
        const credential = await navigator.credentials.create({ publicKey });
        const made = await post('/passkeys', { question: asked.question, name, credential: credential.toJSON() });
        return { status: made.status, ...(await made.json()) };
    };
    const show = async (ask, to, wrap) => {
        const asked = await (await post(ask)).json();
        const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(asked.options.publicKey);
        const credential = await navigator.credentials.get({ publicKey });
        return (await post(to, wrap({ question: asked.question, credential: credential.toJSON() }))).status;
    };
";

fn with_passkeys(browser: &mut Browser, expression: &str) -> Value {
    browser.evaluate(&format!("(async () => {{ {PASSKEYS} return await {expression}; }})()"))
}

fn without_a_name_there_is_none(browser: &mut Browser) {
    browser.press("by-passkey");
    said(browser, "The panel has no name yet");
}

fn one_is_made(browser: &mut Browser) {
    by_password(browser);
    assert_eq!(signed_in(browser), "password");
    let made = with_passkeys(browser, "make('the laptop of the test')");
    assert_eq!(made["status"], 201, "{made}");
    assert_eq!(made["passkey"]["panel"], NAME, "{made}");
    assert_eq!(made["recovery_codes"].as_array().unwrap().len(), 10, "{made}");
    // the same device is not asked for a second one
    let again =
        browser.try_evaluate(&format!("(async () => {{ {PASSKEYS} return await make('again'); }})()"));
    assert!(again.is_none_or(|again| again["status"] != 201), "a device makes one passkey for a person");
}

fn it_signs_in_alone(browser: &mut Browser) {
    at_the_door(browser);
    browser.press("by-passkey");
    assert_eq!(signed_in(browser), "passkey");
}

fn it_is_the_second_factor(browser: &mut Browser) {
    at_the_door(browser);
    by_password(browser);
    browser.press("second-by-passkey");
    assert_eq!(signed_in(browser), "password+passkey");
}

fn it_is_shown_before_what_is_dangerous(browser: &mut Browser) {
    let step_up = "show('/session/step-up/ask', '/session/step-up', (passkey) => ({ passkey }))";
    assert_eq!(with_passkeys(browser, step_up), 200);
}

fn an_authenticator_that_nobody_unlocks_signs_nobody_in(browser: &mut Browser, authenticator: &str) {
    at_the_door(browser);
    let locked = json!({ "authenticatorId": authenticator, "isUserVerified": false });
    browser.call("WebAuthn.setUserVerified", &locked);
    browser.press("by-passkey");
    said(browser, "No passkey was shown.");
    assert_eq!(browser.evaluate("fetch('/api/v1/me').then((answer) => answer.status)"), 401);
}

fn another_device_has_none(browser: &mut Browser, first: &str) {
    browser.call("WebAuthn.removeVirtualAuthenticator", &json!({ "authenticatorId": first }));
    authenticator(browser, true);
    browser.evaluate("document.getElementById('who').textContent = ''");
    browser.press("by-passkey");
    said(browser, "No passkey was shown.");
}

fn root_sees_how_people_signed_in(node: &Node) {
    let mut api = node.api().unwrap();
    let entries = api.get("/audit?action=session.create&limit=50").unwrap();
    let factors: Vec<_> =
        entries["items"].as_array().unwrap().iter().map(|one| one["after"]["factors"].clone()).collect();
    for wanted in ["password", "passkey", "password+passkey"] {
        assert!(factors.contains(&json!(wanted)), "{wanted}: {factors:?}");
    }
}
