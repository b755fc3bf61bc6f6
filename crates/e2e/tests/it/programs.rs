//! Programs with tokens, administrators who act as others, and the audit that tells of both.

use e2e::{Checks, Distro, Node};
use serde_json::Value;

use crate::support::{self, LIMIT};

const URL: &str = "https://127.0.0.1:8443";

pub(crate) fn on(distro: Distro) {
    let node = Node::ready(distro, "programs").unwrap();
    let mut api = node.api().unwrap();
    for account in ["alice", "bob"] {
        support::account(&mut api, account);
    }
    support::site(&mut api, "alice", "www.example.test");
    let fingerprint = fingerprint(&node);
    let mut checks = Checks::new(distro.name());
    checks.check("a token of an administrator makes an account over HTTPS", || {
        a_token_works(&node, &fingerprint);
    });
    checks.check("a token is bound to what it was made for", || a_token_is_bound(&node, &fingerprint));
    checks.check("a token that is mistyped, deleted or asks for more is told why", || {
        a_token_is_refused(&node, &fingerprint);
    });
    checks.check("root acts as a person for one command, and everyone can see it", || acting_is_seen(&node));
    checks.check("a link begins a session as somebody over HTTPS, once", || a_link_acts(&node));
    checks.check("a person whose organisation asks for it gives consent", || consent_is_asked_for(&node));
    checks.check("an exported audit is verified by the file alone", || an_audit_leaves(&node));
    checks.finish();
}

/// As a browser shows it.
fn fingerprint(node: &Node) -> String {
    let line = "openssl x509 -noout -fingerprint -sha256 -in /etc/holdfast/credentials/tls.pem";
    node.sh(line).unwrap().text().trim().rsplit('=').next().unwrap().to_owned()
}

/// `holdfast` over HTTPS with a token from a file.
fn by_token(node: &Node, fingerprint: &str, file: &str, args: &[&str]) -> (u8, String) {
    let all = [&["--url", URL, "--fingerprint", fingerprint, "--token-file", file], args].concat();
    let output = node.cli(&all).unwrap();
    (u8::try_from(output.code()).unwrap(), format!("{}{}", output.text(), output.error_text()))
}

/// What the newest entry of an action says of who did it.
fn who(node: &Node, action: &str) -> String {
    let entries = node.json(&["audit", "list", "--action", action, "--limit", "1"]).unwrap();
    entries["items"][0]["actor_name"].as_str().unwrap_or_else(|| panic!("{entries}")).to_owned()
}

fn a_token_works(node: &Node, fingerprint: &str) {
    let args = [
        "token",
        "create",
        "billing",
        "--login",
        "admin",
        "--may",
        "account.view,account.manage",
        "--expires",
        "30d",
    ];
    node.ok(&[&args[..], &["--save", "/root/billing.token"]].concat()).unwrap();
    assert_eq!(node.sh("stat -c %a /root/billing.token").unwrap().text().trim(), "600");
    let token = node.sh("cat /root/billing.token").unwrap().text();
    assert!(token.starts_with("hf_") && token.trim().len() == 52, "{token}");
    let args = ["account", "create", "carol", "--email", "carol@example.test", "--wait=60"];
    let (code, said) = by_token(node, fingerprint, "/root/billing.token", &args);
    assert_eq!(code, 0, "{said}");
    assert_eq!(who(node, "account.create"), "admin by token billing");
    let listed = node.ok(&["token", "list", "--person", "admin"]).unwrap().text();
    assert!(listed.contains("billing") && listed.contains("127.0.0.1"), "the last use is noted: {listed}");
    let database =
        node.sh("cat /var/lib/holdfast/*.db* | grep -c -a -F -f /root/billing.token || true").unwrap();
    assert_eq!(database.text().trim(), "0", "the token lies in the database");
}

fn a_token_is_bound(node: &Node, fingerprint: &str) {
    let args = ["token", "create", "watch", "--login", "alice", "--read-only", "--save", "/root/watch.token"];
    node.ok(&args).unwrap();
    let by = |args: &[&str]| by_token(node, fingerprint, "/root/watch.token", args);
    assert_eq!(by(&["site", "show", "www.example.test"]).0, 0);
    let (code, said) = by(&["site", "edit", "www.example.test", "--body-size", "8M"]);
    assert!(code == 1 && said.contains("does not allow"), "{code} {said}");
    assert_eq!(by(&["account", "show", "bob"]).0, 3, "another's is not there");
    let (code, said) = by(&["me"]);
    assert!(code == 0 && said.contains("token watch"), "{said}");
}

fn a_token_is_refused(node: &Node, fingerprint: &str) {
    let (code, said) =
        by_token(node, fingerprint, "/root/billing.token", &["token", "create", "more", "--read-only"]);
    assert!(code == 1 && said.contains("Sign in"), "{code} {said}");
    node.sh("sed 's/.$/0/; s/00$/01/' /root/billing.token > /root/bad.token").unwrap();
    let (code, said) = by_token(node, fingerprint, "/root/bad.token", &["account", "list"]);
    assert!(code == 2 && said.contains("mistyped"), "{code} {said}");
    let line = format!(
        "curl -sk -H \"Authorization: Bearer $(cut -c1-40 /root/billing.token)\" {URL}/api/v1/accounts"
    );
    assert!(node.sh(&line).unwrap().text().contains("token_mistyped"));
    node.ok(&["token", "delete", "watch", "--person", "alice"]).unwrap();
    let (code, said) = by_token(node, fingerprint, "/root/watch.token", &["site", "list"]);
    assert!(code == 1 && said.contains("token create"), "{code} {said}");
}

fn codes(node: &Node) -> Vec<String> {
    let events = node.json(&["event", "list", "--limit", "200"]).unwrap();
    let of = |event: &Value| event["code"].as_str().unwrap_or_default().to_owned();
    events["items"].as_array().unwrap().iter().map(of).collect()
}

fn acting_is_seen(node: &Node) {
    node.ok(&["--as", "alice", "site", "edit", "www.example.test", "--body-size", "16M", "--wait=60"])
        .unwrap();
    assert_eq!(who(node, "site.edit"), "alice by root");
    let codes = codes(node);
    for code in ["person.acting_began", "person.acting_ended"] {
        assert!(codes.iter().any(|found| found == code), "{code} is not among {codes:?}");
    }
    let output = node.cli(&["--as", "alice", "account", "show", "bob"]).unwrap();
    assert_eq!(output.code(), 3, "with her rights, and not one's own: {}", output.error_text());
    let output = node.cli(&["--as", "alice", "token", "create", "stay", "--read-only"]).unwrap();
    assert!(!output.ok() && output.error_text().contains("the person's own"), "{}", output.error_text());
    let left = node.sh("holdfast act-as alice --minutes 5 --save /root/alice.session").unwrap();
    assert!(left.text().contains("acting"), "{}", left.text());
    let listed = node.ok(&["--token-file", "/root/alice.session", "session", "list"]).unwrap().text();
    assert!(listed.contains("root"), "{listed}");
    node.ok(&["--token-file", "/root/alice.session", "session", "delete"]).unwrap();
    assert!(!node.cli(&["--token-file", "/root/alice.session", "me"]).unwrap().ok());
}

fn a_link_acts(node: &Node) {
    let link = node.ok(&["act-as", "bob", "--minutes", "10", "--reason", "Ticket 17"]).unwrap().text();
    let token = link.trim().split("/login#").nth(1).unwrap().to_owned();
    let post = format!(
        "curl -sk -w '\\n%{{http_code}}' -H 'Content-Type: application/json' -d '{{\"token\":\"{token}\"}}' {URL}/api/v1/session/link"
    );
    let answer = node.sh(&post).unwrap().text();
    assert!(answer.contains("\"acting\":\"root\"") && answer.trim_end().ends_with("201"), "{answer}");
    assert!(node.sh(&post).unwrap().text().trim_end().ends_with("401"), "twice");
}

fn consent_is_asked_for(node: &Node) {
    node.ok(&["login-link", "bob"]).unwrap();
    node.sh("holdfast login-link bob | holdfast session create --link-stdin --save /root/bob.session")
        .unwrap();
    let by_bob =
        |args: &[&str]| node.ok(&[&["--token-file", "/root/bob.session"], args].concat()).unwrap().text();
    assert!(by_bob(&["session", "consent", "--hours", "2"]).contains("may act as you"));
    assert!(by_bob(&["me"]).contains("may act as one until"));
    by_bob(&["session", "withdraw-consent"]);
    assert!(!by_bob(&["me"]).contains("may act as one until"));
}

fn an_audit_leaves(node: &Node) {
    node.sh("holdfast audit export > /root/audit.jsonl").unwrap();
    let said = node.ok(&["audit", "verify", "--file", "/root/audit.jsonl"]).unwrap().text();
    assert!(said.starts_with("intact: "), "{said}");
    let verified = node.json(&["audit", "verify", "--file", "/root/audit.jsonl"]).unwrap();
    // Whoever exports again finds the same entries, and more.
    let end = node.sh("tail -n 1 /root/audit.jsonl").unwrap().text();
    assert!(end.contains(verified["head"].as_str().unwrap()), "{end}");
    node.sh("sed '5s/root/toor/' /root/audit.jsonl > /root/edited.jsonl; head -n -1 /root/audit.jsonl > /root/cut.jsonl").unwrap();
    for file in ["/root/edited.jsonl", "/root/cut.jsonl"] {
        let output = node.cli(&["audit", "verify", "--file", file]).unwrap();
        assert_eq!(output.code(), 1, "{file}: {}", output.text());
    }
    // Without a panel at all: the file is enough.
    node.sh("systemctl stop holdfast-panel.socket holdfast-panel.service").unwrap();
    let alone = node.cli(&["audit", "verify", "--file", "/root/audit.jsonl"]).unwrap();
    node.sh("systemctl start holdfast-panel.socket").unwrap();
    assert!(alone.ok(), "{}", alone.error_text());
    let csv = node.ok(&["audit", "export", "--format", "csv"]).unwrap().text();
    assert!(csv.starts_with("seq,at,who,") && csv.contains("alice by root"), "{csv}");
    let mut api = node.api().unwrap();
    api.wait_until("/audit/verify", LIMIT, |verdict| verdict["intact"] == true).unwrap();
}
