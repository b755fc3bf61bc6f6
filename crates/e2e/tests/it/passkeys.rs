//! Passkeys in a real browser, with the virtual authenticator that browsers have for tests: made on the panel's own page, and shown alone,
//! after the password, and before what is dangerous.

use e2e::{Distro, Node};
use serde_json::json;

use crate::browser::Browser;
use crate::support::PASSWORD;

const NAME: &str = "panel.example.test";

pub(crate) fn on(distro: Distro) {
    let node = Node::ready(distro, "passkeys").unwrap();
    node.create_account("alice", PASSWORD).unwrap();
    let mut browser = opened(&node);
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
    browser.call("WebAuthn.enable", json!({}));
    let options = json!({
        "protocol": "ctap2", "ctap2Version": "ctap2_1", "transport": "internal", "hasResidentKey": true,
        "hasUserVerification": true, "isUserVerified": unlocked, "automaticPresenceSimulation": true,
    });
    let added = browser.call("WebAuthn.addVirtualAuthenticator", json!({ "options": options }));
    added["authenticatorId"].as_str().unwrap().to_owned()
}

fn said(browser: &mut Browser, text: &str) {
    browser.until(&format!("document.getElementById('who').textContent.includes({})", json!(text)));
}

fn by_password(browser: &mut Browser) {
    browser.until("document.forms['sign-in'].checkVisibility()");
    browser.submit("sign-in", &[("login", "alice"), ("password", PASSWORD)]);
}

fn signed_out(browser: &mut Browser) {
    browser.press("sign-out");
    said(browser, "Nobody is signed in.");
}

fn factors(browser: &mut Browser) -> String {
    let factors =
        browser.evaluate("fetch('/api/v1/session').then((answer) => answer.json()).then((it) => it.factors)");
    factors.as_str().unwrap_or_default().to_owned()
}

fn without_a_name_there_is_none(browser: &mut Browser) {
    browser.press("by-passkey");
    said(browser, "it has none yet");
}

fn one_is_made(browser: &mut Browser) {
    by_password(browser);
    said(browser, "Signed in as alice.");
    browser.until("document.forms['new-passkey'].checkVisibility()");
    browser.submit("new-passkey", &[("name", "the test's laptop")]);
    said(browser, "The passkey is kept");
    browser.until("document.getElementById('passkeys').innerText.includes(\"the test's laptop\")");
    let codes = browser.evaluate("document.getElementById('codes').textContent.split('\\n').length");
    assert_eq!(codes, 10);
    signed_out(browser);
}

fn it_signs_in_alone(browser: &mut Browser) {
    browser.press("by-passkey");
    said(browser, "Signed in as alice.");
    assert_eq!(factors(browser), "passkey");
    signed_out(browser);
}

fn it_is_the_second_factor(browser: &mut Browser) {
    by_password(browser);
    said(browser, "One more step.");
    browser.press("second-by-passkey");
    said(browser, "Signed in as alice.");
    assert_eq!(factors(browser), "password+passkey");
}

fn it_is_shown_before_what_is_dangerous(browser: &mut Browser) {
    // the page's own words, as its button says them
    let stepped_up = browser.evaluate(
        "shown('/session/step-up/ask').then((got) => ask('POST', '/session/step-up', { passkey: got.answer })).then((it) => it.status)",
    );
    assert_eq!(stepped_up, 200);
    signed_out(browser);
}

fn an_authenticator_that_nobody_unlocks_signs_nobody_in(browser: &mut Browser, authenticator: &str) {
    let locked = json!({ "authenticatorId": authenticator, "isUserVerified": false });
    browser.call("WebAuthn.setUserVerified", locked);
    browser.press("by-passkey");
    said(browser, "No passkey was shown.");
    assert_eq!(browser.evaluate("fetch('/api/v1/session').then((answer) => answer.status)"), 401);
}

fn another_device_has_none(browser: &mut Browser, first: &str) {
    browser.call("WebAuthn.removeVirtualAuthenticator", json!({ "authenticatorId": first }));
    authenticator(browser, true);
    browser.press("by-passkey");
    browser.evaluate("document.getElementById('who').textContent = ''");
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
