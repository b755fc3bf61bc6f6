//! Signing in over HTTPS as people do: passwords that are refused, an authenticator, codes that work once, locks that a restart does not
//! forgive, and root's way back in.

use e2e::{Distro, Node};
use serde_json::Value;
use testhost::Output;
use totp_rs::{Builder, Secret, Totp};

use crate::support::{LIMIT, PASSWORD};

const DATABASE: &str = "/var/lib/holdfast/holdfast.db";

pub(crate) fn on(distro: Distro) {
    let node = Node::ready(distro, "signing-in").unwrap();
    node.set_up().unwrap();
    let people = People::new(&node);
    weak_passwords_are_refused(&node);
    node.create_account("alice", PASSWORD).unwrap();
    let mut authenticator = an_authenticator_is_set_up(&people);
    the_password_alone_is_not_enough(&people, &mut authenticator);
    the_secret_is_in_no_file_of_the_panel(&node, &authenticator);
    wrong_codes_lock_over_a_restart(&node, &people, &authenticator);
    root_lets_somebody_back_in(&node, &people);
}

/// Whoever speaks to the panel over HTTPS, from the server itself.
struct People<'a> {
    node: &'a Node,
    fingerprint: String,
}

impl<'a> People<'a> {
    fn new(node: &'a Node) -> Self {
        let pem = "openssl x509 -noout -fingerprint -sha256 -in /etc/holdfast/credentials/tls.pem";
        let text = node.sh(pem).unwrap().text();
        let fingerprint = text.trim().split_once('=').expect("a fingerprint").1.to_owned();
        Self { node, fingerprint }
    }

    fn holdfast(&self, args: &[&str], input: &str) -> Output {
        let endpoint = ["--url", "https://localhost:8443", "--fingerprint", &self.fingerprint];
        let args: Vec<&str> = endpoint.into_iter().chain(args.iter().copied()).collect();
        self.node.holdfast(&args).stdin(input.to_owned()).run().unwrap()
    }

    fn sign_in(&self, lines: &str) -> Output {
        self.holdfast(&["session", "create", "--login", "alice", "--save", "/root/alice"], lines)
    }

    /// As alice, with the session that was last kept.
    fn alice(&self, args: &[&str], input: &str) -> Output {
        let args: Vec<&str> = ["--token-file", "/root/alice"].iter().chain(args).copied().collect();
        self.holdfast(&args, input)
    }
}

fn ok(output: Output) -> Output {
    assert!(output.ok(), "{} {}", output.text(), output.error_text());
    output
}

fn refused(output: &Output, word: &str) {
    assert!(!output.ok() && output.error_text().contains(word), "{} {}", output.text(), output.error_text());
}

fn weak_passwords_are_refused(node: &Node) {
    for (password, word) in
        [("password123", "common"), ("short one", "10 characters"), ("alice@example.test", "guess")]
    {
        let args = ["account", "create", "alice", "--email", "alice@example.test", "--password-stdin"];
        let output = node.holdfast(&args).stdin(format!("{password}\n")).run().unwrap();
        refused(&output, word);
        assert!(output.error_text().contains("remedy:"), "{}", output.error_text());
    }
}

struct Authenticator {
    totp: Totp,
    codes: Vec<String>,
    step: u64,
}

impl Authenticator {
    /// A code that was not given yet; waits where the server's clock has not come so far.
    fn code(&mut self, people: &People<'_>) -> String {
        let now = || people.node.sh("date +%s").unwrap().text().trim().parse::<u64>().unwrap() / 30;
        self.step = self.step.max(now().saturating_sub(1));
        let step = self.step;
        testhost::wait_for("the next code", LIMIT, || Ok((now() + 1 >= step).then_some(()))).unwrap();
        self.step += 1;
        self.totp.generate(step * 30).to_string()
    }
}

fn an_authenticator_is_set_up(people: &People<'_>) -> Authenticator {
    ok(people.sign_in(PASSWORD));
    let offer: Value =
        serde_json::from_slice(&ok(people.alice(&["--json", "second-factor", "offer"], "")).stdout).unwrap();
    let secret = Secret::try_from_base32(offer["secret"].as_str().unwrap()).unwrap();
    let totp = Builder::new().with_secret(secret).build().unwrap();
    let mut authenticator = Authenticator { totp, codes: Vec::new(), step: 0 };
    refused(&people.alice(&["second-factor", "confirm"], "abcdef"), "code");
    let code = authenticator.code(people);
    let confirmed = ok(people.alice(&["second-factor", "confirm"], &code));
    authenticator.codes = confirmed.text().lines().map(str::to_owned).collect();
    assert_eq!(authenticator.codes.len(), 10, "{}", confirmed.text());
    authenticator
}

fn the_password_alone_is_not_enough(people: &People<'_>, authenticator: &mut Authenticator) {
    refused(&people.sign_in(PASSWORD), "second factor");
    let code = authenticator.code(people);
    let session = ok(people.sign_in(&format!("{PASSWORD}\n{code}")));
    assert!(session.text().contains("password+totp"), "{}", session.text());
    refused(&people.sign_in(&format!("{PASSWORD}\n{code}")), "code");
    let recovery = authenticator.codes[0].clone();
    ok(people.sign_in(&format!("{PASSWORD}\n{recovery}")));
    refused(&people.sign_in(&format!("{PASSWORD}\n{recovery}")), "code");
    let shown = ok(people.alice(&["second-factor", "show"], ""));
    assert!(shown.text().contains('9'), "nine codes are left: {}", shown.text());
}

fn the_secret_is_in_no_file_of_the_panel(node: &Node, authenticator: &Authenticator) {
    node.check(["systemctl", "stop", "holdfast-panel.socket", "holdfast-panel.service"]).unwrap();
    let database = node.pull(DATABASE).unwrap();
    let secret = authenticator.totp.secret();
    let (bytes, text) = (secret.as_bytes(), secret.to_base32());
    let holds = |needle: &[u8]| database.windows(needle.len()).any(|window| window == needle);
    assert!(holds(b"alice"), "the whole database was read");
    assert!(!holds(bytes) && !holds(text.as_bytes()));
    assert!(!authenticator.codes.iter().any(|code| holds(code.as_bytes())));
    node.check(["systemctl", "start", "holdfast-panel.socket"]).unwrap();
}

fn wrong_codes_lock_over_a_restart(node: &Node, people: &People<'_>, authenticator: &Authenticator) {
    ok(people.sign_in(&format!("{PASSWORD}\n{}", authenticator.codes[1])));
    for _ in 0..5 {
        refused(&people.sign_in(&format!("{PASSWORD}\nnot-a-code")), "code");
    }
    let right = format!("{PASSWORD}\n{}", authenticator.codes[2]);
    refused(&people.sign_in(&right), "too many");
    node.check(["systemctl", "restart", "holdfast-panel.service"]).unwrap();
    refused(&people.sign_in(&right), "too many");
}

fn root_lets_somebody_back_in(node: &Node, people: &People<'_>) {
    let follow =
        |link: &str| people.holdfast(&["session", "create", "--link-stdin", "--save", "/root/alice"], link);
    let usual = node.ok(&["login-link", "alice"]).unwrap().text();
    refused(&follow(&usual), "second factor");
    let lost = node.ok(&["login-link", "alice", "--without-second-factor"]).unwrap().text();
    ok(follow(&lost));
    ok(people.alice(&["second-factor", "delete"], ""));
    ok(people.alice(&["password", "--first"], "three mild badgers"));
    ok(people.sign_in("three mild badgers"));
}
