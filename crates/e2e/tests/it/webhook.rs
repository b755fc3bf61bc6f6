//! Webhooks on a real server, to a real receiver on the other end of its cable.

use std::io::{ErrorKind, Read, Write};
use std::net::IpAddr;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use e2e::{Api, Checks, Distro, Node};
use ring::hmac;
use serde_json::{Value, json};

use crate::outside::{Answer, Arrived, Outside};
use crate::support::{self, LIMIT};

const HOOK: &str = "hooks.example.test";

pub(crate) fn on(distro: Distro) {
    let node = Node::ready(distro, "webhook").unwrap();
    let outside = Outside::of(&node, &[HOOK, "rebound.example.test", "inside.example.test"]);
    let mut api = node.api().unwrap();
    let mut checks = Checks::new(distro.name());
    checks.check("without a file nothing but the public internet is called", || {
        the_public_internet_alone(&mut api);
    });
    checks.check("what egress.toml opens is let through", || opened(&node, &outside));
    let mut secret = String::new();
    checks.check("a webhook is made, and its secret shown once", || secret = made(&node, &mut api));
    checks.check("events arrive over both families, signed", || {
        events_arrive(&node, &mut api, &outside, &secret);
    });
    checks.check("after a rotation both secrets sign", || rotated(&node, &mut api, &outside, &secret));
    checks.check("what a receiver did not take arrives when it is back", || back_again(&mut api, &outside));
    checks.check("what it refuses becomes a dead letter, and is sent once more", || {
        dead_letters(&node, &mut api, &outside);
    });
    checks.check("killed in the middle, the panel loses nothing", || killed(&node, &mut api, &outside));
    checks.check("an address that may not be called is refused, and says why", || refused(&node, &mut api));
    checks.check("a name that leads to one is refused, and a rebound one too", || {
        rebound(&node, &mut api, &outside);
    });
    checks.check("a redirection is not followed", || redirected(&mut api, &outside));
    checks.check("a certificate that nobody signed is refused", || untrusted(&node, &mut api, &outside));
    checks.check("nobody but the panel is heard by egress", || the_panel_alone(&node));
    checks.check("the audit knows every act and no secret", || audited(&mut api, &secret));
    checks.check("the doctor is content", || {
        assert_eq!(support::complaints(&mut api), Vec::<Value>::new());
    });
    checks.finish();
}

fn create(api: &mut Api, name: &str, url: &str) -> e2e::ApiAnswer {
    api.call("POST", "/webhooks", Some(&json!({ "name": name, "url": url }))).unwrap()
}

fn the_public_internet_alone(api: &mut Api) {
    let refused = create(api, "early", "https://203.0.113.1/");
    assert_eq!(refused.status, 422, "{}", refused.body);
    assert_eq!(refused.body["errors"][0]["code"], "url_address", "{}", refused.body);
}

/// The test's network and authority, in egress's bounds; set-up, then both read them anew.
fn opened(node: &Node, outside: &Outside) {
    node.push("/etc/holdfast/test-roots.pem", outside.authority.clone(), 0o644).unwrap();
    let bounds = format!(
        "allow = [\"203.0.113.0/24\", \"2001:db8::/32\"]\nroots = \"/etc/holdfast/test-roots.pem\"\nnameservers = [\"{}:53\"]\n",
        outside.v4
    );
    node.push("/etc/holdfast/egress.toml", bounds, 0o644).unwrap();
    node.set_up().unwrap();
    let drop_in = node.pull("/etc/systemd/system/holdfast-egress.service.d/addresses.conf").unwrap();
    let drop_in = String::from_utf8(drop_in).unwrap();
    assert!(drop_in.contains("203.0.113.0/24") && drop_in.contains(&outside.v4.to_string()), "{drop_in}");
    node.check(["systemctl", "stop", "holdfast-egress.service"]).unwrap();
    node.check(["systemctl", "restart", "holdfast-panel.service"]).unwrap();
    outside.name(HOOK, &[&[outside.v4, outside.v6]]);
}

/// Why a test message was not taken, which is a failure to the shell.
fn not_taken(node: &Node, webhook: &str) -> String {
    let tested = node.cli(&["webhook", "test", webhook]).unwrap();
    assert_eq!(tested.code(), 1, "{}", tested.text());
    assert!(tested.text().contains("not taken: "), "{}", tested.text());
    tested.text()
}

fn made(node: &Node, api: &mut Api) -> String {
    let output = node.ok(&["webhook", "create", "hook", &format!("https://{HOOK}/hook?key=1")]).unwrap();
    let secret = output.text().trim().to_owned();
    assert!(secret.starts_with("whsec_"), "{secret}");
    let shown = api.get("/webhooks/hook").unwrap().to_string();
    assert!(!shown.contains(&secret[6..]), "{shown}");
    let tested = node.ok(&["webhook", "test", "hook"]).unwrap();
    assert!(tested.text().contains("taken: the receiver answered 204"), "{}", tested.text());
    secret
}

/// As the receiver of "Standard Webhooks" checks it, by another implementation of HMAC.
fn is_signed(arrived: &Arrived, secret: &str) -> bool {
    let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
    let header =
        |name: &str| arrived.headers.get(name).unwrap_or_else(|| panic!("no {name}: {arrived:?}")).clone();
    let text = format!("{}.{}.{}", header("webhook-id"), header("webhook-timestamp"), arrived.body);
    header("webhook-signature").split(' ').any(|signature| {
        let tag = STANDARD.decode(signature.strip_prefix("v1,").unwrap()).unwrap();
        hmac::verify(&key, text.as_bytes(), &tag).is_ok()
    })
}

fn body(arrived: &Arrived) -> Value {
    serde_json::from_str(&arrived.body).unwrap()
}

/// A message about an object of this name.
fn about(code: &'static str, name: &str) -> impl Fn(&Arrived) -> bool {
    let name = name.to_owned();
    move |arrived| {
        let body = body(arrived);
        body["type"] == code && body["data"]["params"]["name"] == name
    }
}

/// A site of alice's alone, without a certificate that there would be messages about as well.
fn site(api: &mut Api, name: &str) {
    api.post("/sites", &json!({ "account": "alice", "name": name, "https": null })).unwrap();
    api.wait_ready(&format!("/sites/{name}"), LIMIT).unwrap();
}

fn events_arrive(node: &Node, api: &mut Api, outside: &Outside, secret: &str) {
    let tested = outside.wait_for("the test message", |a| body(a)["type"] == "webhook.test");
    assert_eq!(tested.line, "POST /hook?key=1 HTTP/1.1");
    assert_eq!(tested.headers["host"], HOOK);
    assert!(is_signed(&tested, secret) && !is_signed(&tested, &secret.replace("whsec_", "whsec_AAAA")));
    // over the address alone, so that both families are seen
    let six = format!("https://[{}]/six", outside.v6);
    let four = format!("https://{}/four", outside.v4);
    for (name, url) in [("six", &six), ("four", &four)] {
        node.ok(&["webhook", "create", name, url, "--kind", "object.ready"]).unwrap();
    }
    support::account(api, "alice");
    site(api, "a.example.test");
    for code in ["object.created", "object.ready"] {
        let arrived =
            outside.wait_for(code, |a| a.line.contains("/hook") && about(code, "a.example.test")(a));
        assert!(is_signed(&arrived, secret), "{arrived:?}");
        assert_eq!(body(&arrived)["data"]["kind"], "site");
    }
    for (path, address) in [("/six", outside.v6), ("/four", outside.v4)] {
        let arrived =
            outside.wait_for(path, |a| a.line.contains(path) && about("object.ready", "a.example.test")(a));
        assert_eq!(arrived.at, address);
    }
    let other = |a: &Arrived| !a.line.contains("/hook") && body(a)["type"] != "object.ready";
    assert!(!outside.arrived().iter().any(other), "only what was asked for");
    for name in ["six", "four"] {
        node.ok(&["webhook", "delete", name, "--yes"]).unwrap();
    }
}

fn rotated(node: &Node, api: &mut Api, outside: &Outside, secret: &str) {
    let new = node.ok(&["webhook", "rotate-secret", "hook"]).unwrap().text().trim().to_owned();
    assert_ne!(new, secret);
    site(api, "rotated.example.test");
    let arrived = outside.wait_for("the message", about("object.ready", "rotated.example.test"));
    assert!(is_signed(&arrived, secret) && is_signed(&arrived, &new), "{arrived:?}");
}

/// Waits until no message to the webhook is on its way.
fn settled(api: &mut Api) {
    api.wait_until("/webhooks/hook/deliveries?state=pending", LIMIT, |page| {
        page["items"].as_array().is_some_and(Vec::is_empty)
    })
    .unwrap();
}

fn back_again(api: &mut Api, outside: &Outside) {
    settled(api);
    outside.answers(&[Answer::HangUp, Answer::Status(503)]);
    site(api, "late.example.test");
    let first = outside.wait_for("the first try", about("object.created", "late.example.test"));
    let id = first.headers["webhook-id"].clone();
    settled(api);
    let tries = outside.arrived().iter().filter(|a| a.headers["webhook-id"] == id).count();
    assert!(tries >= 2, "{tries} tries of {id}");
    let shown = api.get("/webhooks/hook").unwrap();
    assert_eq!((&shown["failures"], &shown["failing_since"]), (&json!(0), &Value::Null), "{shown}");
}

fn dead_letters(node: &Node, api: &mut Api, outside: &Outside) {
    node.ok(&["setting", "set", "webhook.tries", "1"]).unwrap();
    settled(api);
    node.ok(&["webhook", "edit", "hook", "--kind", "object.ready"]).unwrap();
    for (name, status) in [("no.example.test", 500), ("gone.example.test", 410)] {
        settled(api);
        outside.answers(&[Answer::Status(status)]);
        site(api, name);
        let path = "/webhooks/hook/deliveries?state=dead";
        let dead = api.wait_until(path, LIMIT, |page| page["items"][0]["last_status"] == status).unwrap();
        assert_eq!(dead["items"][0]["body"]["data"]["params"]["name"], name, "{dead}");
    }
    let listed = node.ok(&["webhook", "deliveries", "hook", "--state", "dead"]).unwrap().text();
    assert!(listed.contains("it answered 500") && listed.contains("410"), "{listed}");
    let before = outside.arrived().len();
    let again = node.ok(&["webhook", "redeliver", "hook"]).unwrap().text();
    assert!(again.contains("2 to be sent once more"), "{again}");
    settled(api);
    let names: Vec<Value> =
        outside.arrived()[before..].iter().map(|a| body(a)["data"]["params"]["name"].clone()).collect();
    assert_eq!(names, ["no.example.test", "gone.example.test"]);
    assert!(api.get("/webhooks/hook/deliveries?state=dead").unwrap()["items"].as_array().unwrap().is_empty());
    node.ok(&["setting", "set", "webhook.tries", "8"]).unwrap();
}

fn killed(node: &Node, api: &mut Api, outside: &Outside) {
    settled(api);
    // nobody hears the messages, so that they wait while the panel dies
    node.check(["systemctl", "stop", "holdfast-egress.socket", "holdfast-egress.service"]).unwrap();
    for n in 0..5 {
        site(api, &format!("k{n}.example.test"));
    }
    node.kill9("holdfast-panel.service").unwrap();
    node.check(["systemctl", "start", "holdfast-egress.socket"]).unwrap();
    *api = node.api().unwrap();
    for n in 0..5 {
        outside.wait_for("a message of before", about("object.ready", &format!("k{n}.example.test")));
    }
}

fn refused(node: &Node, api: &mut Api) {
    let own = node.ipv4();
    for (url, why) in [
        ("https://127.0.0.1/", "an address of the server itself"),
        ("https://[::1]/", "an address of the server itself"),
        ("https://169.254.169.254/latest/meta-data/", "a link-local address"),
        ("https://10.0.0.1/", "an address of a private network"),
        ("https://[::ffff:127.0.0.1]/", "an IPv6 address with an IPv4 address inside"),
        ("https://[fd00:ec2::254]/", "an address of a private network"),
        ("https://2130706433/", "ends in a number"),
        ("https://localhost/", "reserved"),
        ("unix:/run/holdfast/agent.sock", "https://"),
        ("file:///etc/passwd", "https://"),
        ("http://203.0.113.1/", "use https://"),
        ("https://hooks.example.test:22/", "port 22"),
        ("https://a@hooks.example.test/", "names a user"),
    ] {
        let answer = create(api, "bad", url);
        assert_eq!(answer.status, 422, "{url}: {}", answer.body);
        assert_eq!(answer.body["errors"][0]["pointer"], "/url", "{url}: {}", answer.body);
        assert!(answer.body.to_string().contains(why), "{url}: {}", answer.body);
        let cli = node.cli(&["webhook", "create", "bad", url]).unwrap();
        assert!(!cli.ok() && cli.error_text().contains(why), "{url}: {}", cli.error_text());
    }
    assert_eq!(api.call("GET", "/webhooks/bad", None).unwrap().status, 404);
    // only egress knows which addresses are the server's own
    api.post("/webhooks", &json!({ "name": "own", "url": format!("https://{own}/") })).unwrap();
    let said = not_taken(node, "own");
    assert!(said.contains(&format!("{own} is an address of this server")), "{said}");
    node.ok(&["webhook", "delete", "own", "--yes"]).unwrap();
}

fn rebound(node: &Node, api: &mut Api, outside: &Outside) {
    let loopback: IpAddr = "127.0.0.1".parse().unwrap();
    outside.name("rebound.example.test", &[&[outside.v4], &[loopback]]);
    outside.name("inside.example.test", &[&["169.254.169.254".parse().unwrap()]]);
    for name in ["rebound", "inside"] {
        let body = json!({ "name": name, "url": format!("https://{name}.example.test/{name}"), "kinds": ["node.swept"] });
        api.post("/webhooks", &body).unwrap();
    }
    let first = node.ok(&["webhook", "test", "rebound"]).unwrap().text();
    assert!(first.contains("taken"), "the first answer of its name server is good: {first}");
    let second = not_taken(node, "rebound");
    assert!(
        second.contains("rebound.example.test leads to an address that may not be reached: 127.0.0.1"),
        "{second}"
    );
    let inside = not_taken(node, "inside");
    assert!(inside.contains("169.254.169.254 is a link-local address"), "{inside}");
    let nowhere =
        json!({ "name": "nowhere", "url": "https://nowhere.example.test/", "kinds": ["node.swept"] });
    api.post("/webhooks", &nowhere).unwrap();
    let nowhere = not_taken(node, "nowhere");
    assert!(nowhere.contains("there is no such name"), "{nowhere}");
    for name in ["rebound", "inside", "nowhere"] {
        node.ok(&["webhook", "delete", name, "--yes"]).unwrap();
    }
}

fn redirected(api: &mut Api, outside: &Outside) {
    settled(api);
    outside.answers(&[Answer::Elsewhere("https://127.0.0.1/")]);
    let before = outside.arrived().len();
    let tested = api.post("/webhooks/hook/test", &json!(null)).unwrap();
    assert_eq!((&tested["delivered"], &tested["status"]), (&json!(false), &json!(302)), "{tested}");
    assert_eq!(outside.arrived().len(), before + 1);
}

fn untrusted(node: &Node, api: &mut Api, outside: &Outside) {
    // a name that its certificate does not have
    outside.name("other.example.test", &[&[outside.v4]]);
    let body = json!({ "name": "other", "url": "https://other.example.test/", "kinds": ["node.swept"] });
    api.post("/webhooks", &body).unwrap();
    let said = not_taken(node, "other");
    assert!(said.contains("TLS with") && said.contains("failed"), "{said}");
    node.ok(&["webhook", "delete", "other", "--yes"]).unwrap();
}

/// Root is not heard, and nobody else gets as far.
fn the_panel_alone(node: &Node) {
    let socket = format!("/proc/{}/root/run/holdfast-egress/egress.sock", node.leader());
    let mut root = UnixStream::connect(socket).unwrap();
    root.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    // the answer is the end, whether or not the question still gets through
    let _ = root.write_all(b"{\"method\":\"org.varlink.service.GetInfo\",\"parameters\":{}}\0");
    let mut said = Vec::new();
    let end = root.read_to_end(&mut said);
    assert!(said.is_empty(), "root is answered: {}", String::from_utf8_lossy(&said));
    assert!(end.is_ok() || end.is_err_and(|e| e.kind() == ErrorKind::ConnectionReset), "not cut off");
    let stat = node.check(["stat", "-c", "%a %U", "/run/holdfast-egress/egress.sock"]).unwrap().text();
    assert_eq!(stat, "600 holdfast");
}

fn audited(api: &mut Api, secret: &str) {
    let entries = api.list("/audit").unwrap();
    let text = json!(entries).to_string();
    for action in [
        "webhook.create",
        "webhook.test",
        "webhook.rotate_secret",
        "webhook.edit",
        "webhook.redeliver",
        "webhook.delete",
    ] {
        assert!(text.contains(action), "no {action}");
    }
    assert!(!text.contains(&secret[6..]) && !text.contains("whsec_"), "a secret is in the audit");
}
