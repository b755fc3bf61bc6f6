//! Certificates that owners bring: shown as they should be, whatever was pasted; and refused with the field, the reason and the remedy.

use e2e::{Api, Checks, Node, OwnAuthority, Signed, Valid};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde_json::{Value, json};

use crate::handshake::{shown, trusted};
use crate::https::{self, HIS, OWN, SITE, edit};
use crate::keys;
use crate::support::{self, LIMIT};

const ALIAS: &str = "example.test";
const CHAIN_FILE: &str = "/root/chain.pem";
const KEY_FILE: &str = "/root/key.pem";

pub(crate) fn checks(node: &Node, api: &mut Api, checks: &mut Checks) {
    let authority = authority();
    let root = authority.root();
    let mut brought = None;
    checks.check("an owner's certificate is shown, with the chain in its order", || {
        brought = Some(shown_in_order(node, api, &authority));
    });
    let Some((id, signed)) = brought else { return };
    checks.check("it is replaced without a reload of the web server", || {
        replaced(node, api, &authority, &id, &root);
    });
    checks.check("what is shown is not taken away, and another account's is not to be had", || {
        kept(node, api, &id);
        assert!(trusted(node, SITE, &root).is_ok());
    });
    checks.check("what does not fit is refused with field, reason and remedy, and leaves nothing", || {
        refused(node, api, &authority);
        assert!(trusted(node, SITE, &root).is_ok());
    });
    checks.check("the key is told nowhere", || told_nowhere(node, api, &id, &signed));
    checks.check(
        "what was removed by hand is put back; a key that is lost is said to be, and brought again",
        || {
            lost(node, api, &authority, &id, &root);
        },
    );
    checks.check("the site goes back to its own, and the brought one goes", || {
        node.ok(&["site", "https", SITE, "--certificate", "own"]).unwrap();
        assert!(shown(node, SITE).signs_itself());
        node.ok(&["certificate", "delete", &id]).unwrap();
        api.wait_gone(&format!("/certificates/{id}"), LIMIT).unwrap();
        assert!(!keys::is_there(node, &id), "the file stayed");
        assert!(!keys::kept(node).iter().any(|key| key.contains(&id)), "a key stayed");
    });
}

/// One that nobody knows.
pub(crate) fn authority() -> OwnAuthority {
    OwnAuthority::new("Test").unwrap()
}

/// Brings one for these names by the command; what it told.
pub(crate) fn bring(node: &Node, account: &str, authority: &OwnAuthority, names: &[&str]) -> Value {
    let signed = authority.sign(names, Valid::Now).unwrap();
    put(node, &authority.jumbled(&signed), &signed.key);
    bring_files(node, account)
}

fn bring_files(node: &Node, account: &str) -> Value {
    node.json(&["certificate", "bring", account, "--chain", CHAIN_FILE, "--key", KEY_FILE]).unwrap()
}

fn put(node: &Node, chain: &str, key: &str) {
    node.push(CHAIN_FILE, chain, 0o644).unwrap();
    node.push(KEY_FILE, key, 0o600).unwrap();
}

fn der(pem: &str) -> Vec<u8> {
    CertificateDer::from_pem_slice(pem.as_bytes()).unwrap().to_vec()
}

fn shown_in_order(node: &Node, api: &mut Api, authority: &OwnAuthority) -> (String, Signed) {
    let signed = authority.sign(&[SITE, ALIAS], Valid::Now).unwrap();
    put(node, &authority.jumbled(&signed), &signed.key);
    let made = bring_files(node, "alice");
    assert!(e2e::is_ready(&made), "{made}");
    assert_eq!(
        (&made["source"], &made["self_signed"], &made["key_kind"]),
        (&json!("brought"), &json!(false), &json!("ecdsa")),
        "{made}"
    );
    assert_eq!((&made["names"], &made["covers"]), (&json!([ALIAS, SITE]), &json!([ALIAS, SITE])), "{made}");
    assert_eq!(
        (&made["issuer"], &made["site"], &made["sites"]),
        (&json!("Test lower"), &Value::Null, &json!([]))
    );
    assert!(made["not_before"].is_string() && made["not_after"].is_string(), "{made}");
    let id = made["id"].as_str().unwrap().to_owned();
    assert!(shown(node, SITE).signs_itself(), "it is shown before it was asked for");

    node.ok(&["site", "https", SITE, "--certificate", &id]).unwrap();
    let chain = [der(&signed.certificate), der(&authority.lower()), der(&authority.upper())];
    for name in [SITE, ALIAS] {
        let shown = trusted(node, name, &authority.root()).unwrap();
        assert_eq!(shown.chain, chain, "{name}: the certificate, its issuer, the issuer's, and no root");
        assert_eq!(made["serial"], shown.serial());
    }
    https::sees(node, &format!("https://{SITE}/"));
    assert!(trusted(node, OWN, &authority.root()).is_err(), "another site shows it");
    let view = https::https(api, SITE);
    assert_eq!(view["certificate"], json!({ "id": id, "own": false }), "{view}");
    let certificate = https::certificate(api, SITE);
    assert_eq!(certificate["sites"][0]["name"], SITE, "{certificate}");
    let file = String::from_utf8(node.pull(&keys::path(&id)).unwrap()).unwrap();
    let begins: Vec<&str> = file.lines().filter(|line| line.starts_with("-----BEGIN ")).collect();
    let certificate = "-----BEGIN CERTIFICATE-----";
    assert_eq!(begins, ["-----BEGIN PRIVATE KEY-----", certificate, certificate, certificate]);
    (id, signed)
}

fn replaced(node: &Node, api: &mut Api, authority: &OwnAuthority, id: &str, root: &str) {
    let before = trusted(node, SITE, root).unwrap();
    let workers = node.nginx_workers().unwrap();
    let signed = authority.sign(&[SITE, ALIAS], Valid::Now).unwrap();
    let replace = ["certificate", "replace", id, "--chain", CHAIN_FILE, "--key", KEY_FILE];
    // the key of the one before
    let other = authority.sign(&[SITE], Valid::Now).unwrap();
    put(node, &authority.jumbled(&signed), &other.key);
    let refused = node.cli(&replace).unwrap();
    assert_eq!(refused.code(), 1, "{}", refused.text());
    assert_eq!(trusted(node, SITE, root).unwrap(), before);

    put(node, &authority.jumbled(&signed), &signed.key);
    node.ok(&replace).unwrap();
    let after = trusted(node, SITE, root).unwrap();
    assert_eq!(after.chain[0], der(&signed.certificate));
    assert_eq!(https::certificate(api, SITE)["serial"], after.serial());
    assert_eq!(node.nginx_workers().unwrap(), workers, "nginx was reloaded");
}

fn kept(node: &Node, api: &mut Api, id: &str) {
    let path = format!("/certificates/{id}");
    let in_use = api.call("DELETE", &path, None).unwrap();
    assert!(in_use.status >= 400, "{}", in_use.body);
    let said = in_use.body.to_string();
    assert!(said.contains("in_use") && said.contains(SITE), "{said}");
    let own = https::certificate(api, OWN)["id"].as_str().unwrap().to_owned();
    let of_site = api.call("DELETE", &format!("/certificates/{own}"), None).unwrap();
    let said = of_site.body.to_string();
    assert!(of_site.status >= 400 && (said.contains("of_site") || said.contains("in_use")), "{said}");
    let signed = authority().sign(&[OWN], Valid::Now).unwrap();
    let body = json!({ "chain": signed.certificate, "key": signed.key });
    let own_chain = format!("/certificates/{own}/chain");
    let refused = api.call_with("PUT", &own_chain, &[("if-match", "*")], Some(&body)).unwrap();
    assert!(refused.status >= 400 && refused.body.to_string().contains("not_brought"), "{}", refused.body);

    // bob neither sees it nor shows it, not even by root's hand
    let refused = edit(api, HIS, &json!({ "certificate": id }));
    assert_eq!(refused.status, 422, "{}", refused.body);
    assert_eq!(refused.body["errors"][0]["pointer"], "/https/certificate", "{}", refused.body);
    let mut bob = e2e::Session::of(node, "bob").unwrap();
    for (method, below, body) in [
        ("GET", "", None),
        ("DELETE", "", None),
        ("PUT", "/chain", Some(&body)),
        ("POST", "/renew", Some(&Value::Null)),
    ] {
        let answer = bob.send(method, &format!("{path}{below}"), body).unwrap();
        assert_eq!(answer.status, 404, "{method} {below}: {}", answer.text());
    }
    let (status, listed) = bob.get("/certificates").unwrap();
    assert!(status == 200 && !listed.to_string().contains(id), "{listed}");
    let taken = bob.send("PATCH", &format!("/sites/{HIS}"), Some(&json!({ "https": { "certificate": id } })));
    let taken = taken.unwrap();
    assert!(matches!(taken.status, 404 | 422), "{} {}", taken.status, taken.text());
    let others =
        bob.send("POST", "/certificates", Some(&json!({ "account": "alice", "chain": "", "key": "" })));
    let others = others.unwrap();
    assert!(matches!(others.status, 403 | 404), "{} {}", others.status, others.text());
    assert_eq!(https::certificate(api, HIS)["self_signed"], true);
}

/// What is sent, which field is refused, and a word of the refusal: its code, or in its reason.
struct Bad {
    what: &'static str,
    chain: String,
    key: String,
    field: &'static str,
    word: &'static str,
}

fn bad(node: &Node, authority: &OwnAuthority) -> Vec<Bad> {
    let signed = authority.sign(&[SITE], Valid::Now).unwrap();
    let other = authority.sign(&[SITE], Valid::Now).unwrap();
    let chain = authority.jumbled(&signed);
    let (before, later) =
        (authority.sign(&[SITE], Valid::Before).unwrap(), authority.sign(&[SITE], Valid::Later).unwrap());
    let nameless = authority.sign(&[], Valid::Now).unwrap();
    let encrypt = ["openssl", "pkcs8", "-topk8", "-v2", "aes-256-cbc", "-passout", "pass:holdfast"];
    let encrypted = node.command(encrypt).stdin(signed.key.clone()).check().unwrap().text();
    let weak = format!(
        "openssl req -x509 -newkey rsa:1024 -nodes -days 30 -subj /CN={SITE} -addext subjectAltName=DNS:{SITE} \
         -keyout /root/weak.key -out /root/weak.pem 2>/dev/null"
    );
    node.sh(&weak).unwrap();
    let pull = |path: &str| String::from_utf8(node.pull(path).unwrap()).unwrap();
    let (weak, weak_key) = (pull("/root/weak.pem"), pull("/root/weak.key"));
    let foreign = OwnAuthority::new("Foreign").unwrap();
    let unlinked = [signed.certificate.clone(), foreign.lower()].join("\n");
    let many = (0..11).map(|_| authority.sign(&[SITE], Valid::Now).unwrap().certificate);
    let many = many.collect::<Vec<_>>().join("\n");
    let cut = signed.certificate[..signed.certificate.len() / 2].to_owned();
    let with_key = format!("{chain}\n{}", signed.key);
    let key = || signed.key.clone();
    let bad =
        |what, chain: &str, key: String, field, word| Bad { what, chain: chain.to_owned(), key, field, word };
    vec![
        bad("a key of another certificate", &chain, other.key.clone(), "/key", "fit"),
        bad("an encrypted key", &chain, encrypted, "/key", "encrypted"),
        bad("what is no key", &chain, "hello".to_owned(), "/key", "key"),
        bad("a certificate for a key", &chain, signed.certificate.clone(), "/key", "key"),
        bad("an expired certificate", &authority.jumbled(&before), before.key.clone(), "/chain", "expired"),
        bad(
            "one that is not valid yet",
            &authority.jumbled(&later),
            later.key.clone(),
            "/chain",
            "not_yet_valid",
        ),
        bad("one for no name", &authority.jumbled(&nameless), nameless.key.clone(), "/chain", "name"),
        bad("a weak key", &weak, weak_key, "", "weak"),
        bad("nothing", "", key(), "/chain", "empty"),
        bad("what is no certificate", "hello", key(), "/chain", "chain_"),
        bad("half a certificate", &cut, key(), "/chain", "chain_"),
        bad("the key among the certificates", &with_key, key(), "/chain", "key_in_chain"),
        bad("certificates of two authorities", &unlinked, key(), "/chain", "broken"),
        bad("too many certificates", &many, key(), "/chain", "long"),
    ]
}

fn refused(node: &Node, api: &mut Api, authority: &OwnAuthority) {
    let of_alice = |api: &mut Api| {
        let listed = api.get("/certificates?account=alice&limit=200").unwrap();
        listed["items"].as_array().unwrap().len()
    };
    let (before, files, kept) = (of_alice(api), keys::files(node), keys::kept(node));
    for Bad { what, chain, key, field, word } in bad(node, authority) {
        let body = json!({ "account": "alice", "chain": chain, "key": key });
        let answer = api.call("POST", "/certificates", Some(&body)).unwrap();
        assert_eq!(answer.status, 422, "{what}: {}", answer.body);
        let error = &answer.body["errors"][0];
        let pointer = error["pointer"].as_str().unwrap_or_default();
        assert!(pointer == field || field.is_empty(), "{what}: {error}");
        let told = format!("{} {}", error["code"], error["reason"]).to_lowercase();
        assert!(told.contains(word), "{what}: {error}");
        assert!(error["remedy"].as_str().is_some_and(|remedy| !remedy.is_empty()), "{what}: {error}");
        // no document repeats what was sent
        let line = key.lines().nth(2);
        assert!(line.is_none_or(|line| !answer.body.to_string().contains(line)), "{what}: {}", answer.body);
    }
    assert_eq!(
        (of_alice(api), keys::files(node), keys::kept(node)),
        (before, files, kept),
        "something stayed"
    );

    let expired = authority.sign(&[SITE], Valid::Before).unwrap();
    put(node, &authority.jumbled(&expired), &expired.key);
    let said =
        node.cli(&["certificate", "bring", "alice", "--chain", CHAIN_FILE, "--key", KEY_FILE]).unwrap();
    assert_eq!(said.code(), 1, "{}", said.text());
    let text = said.error_text();
    assert!(text.contains("error: chain:") && text.contains("remedy: "), "{text}");
    let missing =
        node.cli(&["certificate", "bring", "alice", "--chain", "/root/none.pem", "--key", KEY_FILE]).unwrap();
    assert!(!missing.ok() && missing.error_text().contains("/root/none.pem"), "{}", missing.error_text());
    // what it would do is shown, and not done
    let good = authority.sign(&[SITE], Valid::Now).unwrap();
    let body = json!({ "account": "alice", "chain": authority.jumbled(&good), "key": good.key });
    let plan = api.post("/certificates?dry_run=true", &body).unwrap();
    assert!(plan["plan"].is_object(), "{plan}");
    assert!(!plan.to_string().contains(good.key.lines().nth(2).unwrap()), "the key is in the plan");
    assert_eq!(of_alice(api), before);
}

/// A line of the key in nothing that is written down but for the files that need it.
fn told_nowhere(node: &Node, api: &mut Api, id: &str, signed: &Signed) {
    // the first line of base64 is alike in all keys of a kind
    let line = signed.key.lines().nth(2).unwrap();
    let shown = api.get(&format!("/certificates/{id}")).unwrap().to_string();
    let audit = json!(api.list("/audit").unwrap()).to_string();
    assert!(audit.contains("certificate.create"), "no word of it in the audit");
    let journal = node.sh("journalctl --no-pager").unwrap().text();
    let told = node.ok(&["certificate", "show", id]).unwrap().text();
    for (what, text) in
        [("the API", shown), ("the audit", audit), ("the journal", journal), ("the CLI", told)]
    {
        assert!(!text.contains(line) && !text.contains("PRIVATE KEY"), "the key is in {what}");
    }
    let grep = ["grep", "-rlsF", "--", line, "/var/lib/holdfast", "/var/log", "/run/holdfast-panel", "/tmp"];
    let found = node.run(grep).unwrap().text();
    assert_eq!(found, "", "the key is written down");
}

fn lost(node: &Node, api: &mut Api, authority: &OwnAuthority, id: &str, root: &str) {
    let (path, object) = (keys::path(id), format!("/certificates/{id}"));
    let before = trusted(node, SITE, root).unwrap();
    node.check(["rm", &path]).unwrap();
    support::the_start_is_over(api);
    api.wait_ready(&object, LIMIT).unwrap();
    assert_eq!(trusted(node, SITE, root).unwrap(), before);

    // and every key that is kept for such a case
    node.check(["rm", "-r", &path, &format!("{}/{id}", keys::KEPT)]).unwrap();
    support::the_start_is_over(api);
    let said = api.wait_until(&object, LIMIT, |view| view["condition"] != "ready").unwrap();
    let message = said["message"].as_str().unwrap_or_default();
    assert!(message.contains("the key is not on this server"), "{said}");
    // what nobody trusts is shown in its place, and the site is served
    assert!(shown(node, SITE).signs_itself());
    https::sees(node, &format!("https://{SITE}/"));
    let signed = authority.sign(&[SITE, ALIAS], Valid::Now).unwrap();
    put(node, &authority.jumbled(&signed), &signed.key);
    node.ok(&["certificate", "replace", id, "--chain", CHAIN_FILE, "--key", KEY_FILE]).unwrap();
    api.wait_ready(&object, LIMIT).unwrap();
    assert_eq!(trusted(node, SITE, root).unwrap().chain[0], der(&signed.certificate));
    api.wait_ready(&format!("/sites/{SITE}"), LIMIT).unwrap();
}
