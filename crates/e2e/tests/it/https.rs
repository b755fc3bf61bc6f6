//! Sites by HTTPS on a real server: at once, with what certificate, to whom, and to whom not.

use e2e::{Api, Checks, Distro, Family, Node, Reply, Request};
use serde_json::{Value, json};

use crate::handshake::{Handshake, shown};
use crate::support::{self, LIMIT};
use crate::{brought, keys};

pub(crate) const SITE: &str = "www.example.test";
const ALIAS: &str = "example.test";
/// A site with a server block of its own.
pub(crate) const OWN: &str = "own.example.test";
pub(crate) const HIS: &str = "bob.example.test";
const NOBODY: &str = "nobody.example.test";
/// What shows that a visitor saw a site itself.
const PAGE: &str = "This site is ready";
/// The name of the certificate that is shown where there is none to show.
const DEFAULT: &str = "holdfast.invalid";
const YEAR: u64 = 31_536_000;

pub(crate) fn on(distro: Distro) {
    let node = Node::ready(distro, "https").unwrap();
    let mut api = node.api().unwrap();
    support::account(&mut api, "alice");
    support::account(&mut api, "bob");
    let mut checks = Checks::new(distro.name());
    let mut made = false;
    checks.check(
        "new sites answer by HTTPS at once, with certificates that sign themselves and are said to",
        || {
            they_answer_at_once(&node, &mut api);
            made = true;
        },
    );
    if !made {
        checks.finish();
        return;
    }
    checks.check("a certificate that signs itself follows the names of its site", || {
        it_follows(&node, &mut api);
    });
    checks.check("visitors are sent on to HTTPS, and browsers told to stay there", || {
        visitors_are_sent_on(&node, &mut api);
    });
    checks.check("browsers are told nothing that cannot be held", || no_hsts_without_https(&node, &mut api));
    checks.check("another site than the handshake's is misdirected", || misdirected(&node));
    checks.check("an unknown name is shown nobody's certificate, and served nothing", || unknown(&node));
    brought::checks(&node, &mut api, &mut checks);
    keys::checks(&node, &mut api, &mut checks);
    checks.check("the modern profile speaks TLS 1.3 alone", || modern(&node));
    checks.check("HTTPS is switched off, and on again", || off_and_on(&node, &mut api));
    checks.check(
        "where nothing listens for HTTPS, sites are made without; not where visitors are forced",
        || {
            nothing_listens(&node, &mut api);
        },
    );
    checks.check("nothing is left to do, and the doctor is content", || {
        support::nothing_to_do(&node);
        assert_eq!(support::complaints(&mut api), Vec::<Value>::new());
    });
    checks.check("what goes leaves no file", || all_goes(&node, &mut api));
    checks.finish();
}

/// A visit over both families, which must be answered alike.
#[track_caller]
pub(crate) fn visit(node: &Node, url: &str) -> Reply {
    visit_as(node, url, None)
}

/// The same with another `Host` than the handshake's.
#[track_caller]
fn visit_as(node: &Node, url: &str, host: Option<&str>) -> Reply {
    let of = |family| {
        let request = Request::get(url).over(family);
        let request = match host {
            Some(host) => request.header(format!("Host: {host}")),
            None => request,
        };
        node.request(&request).unwrap()
    };
    let (four, six) = (of(Family::V4), of(Family::V6));
    assert_eq!((four.status, &four.body), (six.status, &six.body), "{url}");
    assert_eq!(four.header("location"), six.header("location"), "{url}");
    four
}

#[track_caller]
pub(crate) fn sees(node: &Node, url: &str) {
    let reply = visit(node, url);
    assert!(reply.status == 200 && reply.text().contains(PAGE), "{url}: {} {}", reply.status, reply.text());
}

/// Nobody's page, whatever the status.
#[track_caller]
fn sees_nothing(node: &Node, url: &str, host: Option<&str>, statuses: &[u16]) {
    let reply = visit_as(node, url, host);
    assert!(statuses.contains(&reply.status), "{url} as {host:?}: {} {}", reply.status, reply.text());
    assert!(!reply.text().contains(PAGE), "{url} as {host:?}: {}", reply.text());
}

/// What a site says of its HTTPS.
pub(crate) fn https(api: &mut Api, site: &str) -> Value {
    api.get(&format!("/sites/{site}")).unwrap()["https"].clone()
}

/// The certificate that a site shows.
pub(crate) fn certificate(api: &mut Api, site: &str) -> Value {
    let id = https(api, site)["certificate"]["id"].as_str().map(str::to_owned);
    let id = id.unwrap_or_else(|| panic!("{site} shows no certificate"));
    api.get(&format!("/certificates/{id}")).unwrap()
}

/// A change of a site's HTTPS; what was answered.
pub(crate) fn edit(api: &mut Api, site: &str, https: &Value) -> e2e::ApiAnswer {
    let body = json!({ "https": https });
    api.call_with("PATCH", &format!("/sites/{site}"), &[("if-match", "*")], Some(&body)).unwrap()
}

fn they_answer_at_once(node: &Node, api: &mut Api) {
    let listen = api.get("/node").unwrap()["listen_tls"].to_string();
    assert!(listen.contains("0.0.0.0:443") && listen.contains("[::]:443"), "nobody asked for it: {listen}");
    for body in [
        json!({ "account": "alice", "name": SITE, "aliases": [ALIAS] }),
        json!({ "account": "alice", "name": OWN, "body_size": "8M" }),
        json!({ "account": "bob", "name": HIS }),
    ] {
        api.post("/sites", &body).unwrap();
    }
    for (site, names) in [(SITE, &[ALIAS, SITE][..]), (OWN, &[OWN][..]), (HIS, &[HIS][..])] {
        let view = api.wait_ready(&format!("/sites/{site}"), LIMIT).unwrap();
        for name in names {
            sees(node, &format!("http://{name}/"));
            sees(node, &format!("https://{name}/"));
            let shown = shown(node, name);
            assert!(shown.signs_itself(), "{name}: {shown:?}");
            assert_eq!(shown.names(), names, "{name}");
        }
        let https = &view["https"];
        assert_eq!(
            (&https["certificate"]["own"], &https["force"], &https["hsts"]),
            (&json!(true), &json!(false), &Value::Null),
            "{view}"
        );
        let certificate = certificate(api, site);
        assert!(e2e::is_ready(&certificate), "{certificate}");
        assert_eq!(
            (&certificate["self_signed"], &certificate["source"], &certificate["key_kind"]),
            (&json!(true), &json!("authority"), &json!("ecdsa")),
            "{certificate}"
        );
        assert_eq!(
            (&certificate["names"], &certificate["site"]),
            (&json!(names), &view["id"]),
            "{certificate}"
        );
        assert_eq!(certificate["sites"], json!([{ "id": view["id"], "name": site }]), "{certificate}");
        for field in ["issuer", "serial", "not_after"] {
            assert_eq!(certificate[field], Value::Null, "{field} of nobody's chain: {certificate}");
        }
        assert!(certificate["covers"].as_array().is_none_or(Vec::is_empty), "{certificate}");
        let id = certificate["id"].as_str().unwrap();
        let told = node.ok(&["certificate", "show", id]).unwrap().text();
        assert!(told.contains("self-signed"), "it is not marked: {told}");
    }
    let told = node.ok(&["certificate", "list"]).unwrap().text();
    assert!(told.contains(SITE) && told.contains("self-signed"), "{told}");
}

fn it_follows(node: &Node, api: &mut Api) {
    let third = "third.example.test";
    let before = certificate(api, SITE);
    node.ok(&["site", "edit", SITE, "--alias", third]).unwrap();
    assert_eq!(shown(node, third).names(), [ALIAS, third, SITE]);
    sees(node, &format!("https://{third}/"));
    node.ok(&["site", "edit", SITE, "--drop-alias", third]).unwrap();
    assert_eq!(shown(node, SITE).names(), [ALIAS, SITE]);
    assert_eq!(shown(node, third).names(), [DEFAULT], "a name that the site no longer has");
    let after = certificate(api, SITE);
    assert_eq!(after["id"], before["id"], "it is the same certificate of the site");
}

fn visitors_are_sent_on(node: &Node, api: &mut Api) {
    for site in [SITE, OWN] {
        let args = ["site", "https", site, "--force", "--hsts", "31536000", "--include-subdomains"];
        node.ok(&args).unwrap();
        let hsts = json!({ "max_age": YEAR, "include_subdomains": true, "preload": false });
        let view = https(api, site);
        assert_eq!((&view["force"], &view["hsts"]), (&json!(true), &hsts), "{view}");
        // exactly as it was asked for: nothing is decoded, so nothing can become a line of its own
        let reply = visit(node, &format!("http://{site}/a%0d%0aset-cookie:x?b=%20c"));
        assert!(matches!(reply.status, 301 | 308), "{site}: {}", reply.status);
        let there = format!("https://{site}/a%0d%0aset-cookie:x?b=%20c");
        assert_eq!(reply.header("location"), Some(there.as_str()));
        assert_eq!(reply.header("set-cookie"), None);
        // RFC 6797, section 7.2: never by HTTP
        assert_eq!(reply.header("strict-transport-security"), None);
        let reply = visit(node, &format!("https://{site}/"));
        assert!(reply.status == 200 && reply.text().contains(PAGE), "{}", reply.text());
        let said = reply.header("strict-transport-security");
        assert_eq!(said, Some("max-age=31536000; includeSubDomains"), "{site}");
    }
    let reply = visit(node, &format!("http://{ALIAS}/x"));
    assert_eq!(
        reply.header("location"),
        Some(format!("https://{ALIAS}/x").as_str()),
        "at the name of before"
    );
    // another's visitors are not touched
    sees(node, &format!("http://{HIS}/"));
    assert_eq!(visit(node, &format!("https://{HIS}/")).header("strict-transport-security"), None);
    node.ok(&["site", "https", SITE, "--hsts", "none"]).unwrap();
    assert_eq!(visit(node, &format!("https://{SITE}/")).header("strict-transport-security"), None);
    assert_eq!(https(api, SITE)["force"], true, "they are still sent on");
    for site in [SITE, OWN] {
        node.ok(&["site", "https", site, "--no-force"]).unwrap();
        sees(node, &format!("http://{site}/"));
        assert_eq!(visit(node, &format!("https://{site}/")).header("strict-transport-security"), None);
    }
}

fn no_hsts_without_https(node: &Node, api: &mut Api) {
    let year = json!({ "max_age": YEAR, "include_subdomains": true, "preload": false });
    let refused = edit(api, SITE, &json!({ "force": false, "hsts": year }));
    assert_eq!(refused.status, 422, "{}", refused.body);
    assert_eq!(refused.body["errors"][0]["code"], "hsts_without_force", "{}", refused.body);
    for (max_age, include_subdomains) in [(300, true), (YEAR, false)] {
        let hsts = json!({ "max_age": max_age, "include_subdomains": include_subdomains, "preload": true });
        let refused = edit(api, SITE, &json!({ "force": true, "hsts": hsts }));
        assert_eq!(refused.status, 422, "{hsts}: {}", refused.body);
        let error = &refused.body["errors"][0];
        let pointer = error["pointer"].as_str().unwrap_or_default();
        assert!(pointer.starts_with("/https/hsts"), "{error}");
        assert_ne!(error["remedy"], "", "{error}");
    }
    let refused = node.cli(&["site", "https", SITE, "--hsts", "31536000"]).unwrap();
    let said = refused.error_text();
    assert!(refused.code() == 1 && said.contains("remedy: "), "{said}");
    sees(node, &format!("http://{SITE}/"));
}

fn misdirected(node: &Node) {
    // two names of one site are one site
    let reply = visit_as(node, &format!("https://{SITE}/"), Some(ALIAS));
    assert!(reply.status == 200 && reply.text().contains(PAGE), "{} {}", reply.status, reply.text());
    for (name, host) in [(SITE, HIS), (HIS, SITE), (SITE, OWN), (OWN, SITE), (OWN, HIS), (HIS, OWN)] {
        sees_nothing(node, &format!("https://{name}/"), Some(host), &[421]);
    }
    for host in [SITE, OWN, HIS] {
        sees_nothing(node, &format!("https://{NOBODY}/"), Some(host), &[421]);
        // an address is no name, so that none is asked for
        let url = format!("https://{}/", node.ipv4());
        let reply = node.request(&Request::get(&url).header(format!("Host: {host}"))).unwrap();
        assert_eq!(reply.status, 421, "{host}: {}", reply.text());
    }
}

fn unknown(node: &Node) {
    for family in [Family::V4, Family::V6] {
        for handshake in [Handshake::over(node, family), Handshake::over(node, family).name(NOBODY)] {
            let shown = handshake.shown().unwrap();
            assert!(shown.signs_itself() && shown.names() == [DEFAULT], "{:?}", shown.names());
        }
    }
    for path in ["/", "/index.php", "/.well-known/holdfast"] {
        sees_nothing(node, &format!("https://{NOBODY}{path}"), None, &[404, 421]);
    }
    sees_nothing(node, &format!("https://{SITE}/"), Some(NOBODY), &[404, 421]);
}

fn modern(node: &Node) {
    let old = |name: &str| Handshake::over(node, Family::V6).name(name).tls12().shown();
    let new = |name: &str| Handshake::over(node, Family::V4).name(name).tls13().shown();
    for name in [SITE, OWN, NOBODY] {
        assert_eq!(old(name).unwrap().protocol, "TLSv1_2", "{name}");
    }
    node.ok(&["node", "edit", "--tls-profile", "modern"]).unwrap();
    for name in [SITE, OWN, NOBODY] {
        let refused = old(name).unwrap_err();
        assert!(refused.contains("ProtocolVersion"), "{name}: {refused}");
        assert_eq!(new(name).unwrap().protocol, "TLSv1_3", "{name}");
    }
    sees(node, &format!("https://{SITE}/"));
    node.ok(&["node", "edit", "--tls-profile", "intermediate"]).unwrap();
    assert_eq!(old(SITE).unwrap().protocol, "TLSv1_2");
    assert_eq!(new(SITE).unwrap().protocol, "TLSv1_3");
}

fn off_and_on(node: &Node, api: &mut Api) {
    let id = certificate(api, SITE)["id"].as_str().unwrap().to_owned();
    node.ok(&["site", "https", SITE, "--off"]).unwrap();
    assert_eq!(https(api, SITE), Value::Null);
    sees(node, &format!("http://{SITE}/"));
    sees_nothing(node, &format!("https://{SITE}/"), None, &[404, 421]);
    assert_eq!(shown(node, SITE).names(), [DEFAULT]);
    // its own is no longer wanted
    api.wait_gone(&format!("/certificates/{id}"), LIMIT).unwrap();
    assert!(!keys::is_there(node, &id), "the file of a certificate that is gone");
    sees(node, &format!("https://{OWN}/"));
    node.ok(&["site", "https", SITE, "--on"]).unwrap();
    let view = https(api, SITE);
    assert_eq!((&view["certificate"]["own"], &view["force"]), (&json!(true), &json!(false)), "{view}");
    sees(node, &format!("https://{SITE}/"));
    assert_eq!(shown(node, SITE).names(), [ALIAS, SITE]);
}

fn nothing_listens(node: &Node, api: &mut Api) {
    let listen = api.get("/node").unwrap()["listen_tls"].clone();
    let mut set = |addresses: &Value| {
        let body = json!({ "listen_tls": addresses });
        api.call_with("PATCH", "/node", &[("if-match", "*")], Some(&body)).unwrap()
    };
    node.ok(&["site", "https", HIS, "--force"]).unwrap();
    let refused = set(&json!([]));
    assert!(matches!(refused.status, 409 | 422), "{} {}", refused.status, refused.body);
    assert!(refused.body.to_string().contains(HIS), "the site is not named: {}", refused.body);
    sees(node, &format!("https://{HIS}/"));
    node.ok(&["site", "https", HIS, "--no-force"]).unwrap();
    set(&json!([])).checked().unwrap();
    api.wait_until("/node", LIMIT, |view| e2e::is_ready(&view["webserver"])).unwrap();
    e2e::wait_for("nobody to listen for HTTPS", LIMIT, || {
        let asked = Handshake::over(node, Family::V4).name(SITE).shown();
        Ok(asked.is_err_and(|error| error.contains("refused")).then_some(()))
    })
    .unwrap();
    sees(node, &format!("http://{SITE}/"));
    let plain = support::site(api, "bob", "plain.example.test");
    assert_eq!(plain["https"], Value::Null, "{plain}");
    let body = json!({ "listen_tls": listen });
    api.call_with("PATCH", "/node", &[("if-match", "*")], Some(&body)).unwrap().checked().unwrap();
    api.wait_until("/node", LIMIT, |view| e2e::is_ready(&view["webserver"])).unwrap();
    for site in [SITE, OWN, HIS] {
        api.wait_ready(&format!("/sites/{site}"), LIMIT).unwrap();
        sees(node, &format!("https://{site}/"));
    }
    sees_nothing(node, "https://plain.example.test/", None, &[404, 421]);
}

fn all_goes(node: &Node, api: &mut Api) {
    // one that no site shows goes with its account
    let left = brought::bring(node, "bob", &brought::authority(), &[HIS]);
    for site in [SITE, OWN, HIS, "plain.example.test"] {
        api.call("DELETE", &format!("/sites/{site}"), None).unwrap().checked().unwrap();
        api.wait_gone(&format!("/sites/{site}"), LIMIT).unwrap();
        assert_eq!(shown(node, site).names(), [DEFAULT], "{site}");
    }
    for certificate in api.list("/certificates").unwrap() {
        let id = certificate["id"].as_str().unwrap();
        if certificate["site"].is_null() && certificate["account"] != left["account"] {
            node.ok(&["certificate", "delete", id]).unwrap();
        }
    }
    for account in ["alice", "bob"] {
        api.call("DELETE", &format!("/accounts/{account}"), None).unwrap().checked().unwrap();
        api.wait_gone(&format!("/accounts/{account}"), LIMIT).unwrap();
    }
    e2e::wait_for("the end of all certificates", LIMIT, || {
        Ok(api.list("/certificates").unwrap().is_empty().then_some(()))
    })
    .unwrap();
    assert_eq!(keys::files(node), [keys::DEFAULT_FILE]);
    assert_eq!(keys::kept(node), Vec::<String>::new());
    support::nothing_to_do(node);
    assert_eq!(support::complaints(api), Vec::<Value>::new());
}
