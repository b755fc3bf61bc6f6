//! What a site does with its visitors, by its owner's word; and what it tells its owner about them.

use std::time::Duration;

use e2e::{Checks, Distro, Family, Node, Reply, Request};
use serde_json::Value;

use crate::support;

const SITE: &str = "www.example.test";
const ALIAS: &str = "example.test";
/// What shows that a visitor saw the site itself.
const PAGE: &str = "This site is ready";
/// Lines come to a site's log within five seconds, and a busy machine takes longer.
const LIMIT: Duration = Duration::from_secs(30);

pub(crate) fn on(distro: Distro) {
    let node = Node::ready(distro, "serving").unwrap();
    let mut api = node.api().unwrap();
    support::account(&mut api, "alice");
    support::site(&mut api, "alice", SITE);
    let mut checks = Checks::new(distro.name());
    checks.check("one of its names sends visitors on to the first", || a_name_sends_on(&node));
    checks.check("all its visitors are sent elsewhere, and back", || all_are_sent_on(&node));
    checks.check("it is worked on, and those who work on it see it", || it_is_worked_on(&node));
    checks.check("it is switched off, and on again", || it_is_switched_off(&node));
    checks.check("a loop of redirections is refused", || a_loop_is_refused(&node));
    checks.check("its log tells what its visitors asked for, and a visitor's tricks are text", || {
        its_log(&node);
    });
    checks.check("its log is kept as a file, and another's is nobody's", || its_files(&node));
    checks.check("its traffic is noted", || its_traffic(&node));
    checks.check("nothing is left to do, and the doctor is content", || {
        support::nothing_to_do(&node);
        assert_eq!(support::complaints(&mut api), Vec::<Value>::new());
    });
    checks.finish();
}

/// A visit to a name of the site over both families, which must be answered alike.
fn visit(node: &Node, host: &str, path: &str) -> Reply {
    let of = |family| node.request(&Request::get(format!("http://{host}{path}")).over(family)).unwrap();
    let (four, six) = (of(Family::V4), of(Family::V6));
    assert_eq!((four.status, &four.body), (six.status, &six.body), "{host}{path}");
    assert_eq!(four.header("location"), six.header("location"), "{host}{path}");
    four
}

fn sees_the_site(node: &Node, host: &str) {
    let reply = visit(node, host, "/");
    assert!(reply.status == 200 && reply.text().contains(PAGE), "{host}: {} {}", reply.status, reply.text());
}

fn a_name_sends_on(node: &Node) {
    node.ok(&["site", "edit", SITE, "--redirect-alias", ALIAS]).unwrap();
    // exactly as it was asked for: nothing is decoded, so nothing can become a line of its own
    let reply = visit(node, ALIAS, "/a%0d%0aset-cookie:x?b=%20c");
    assert_eq!(reply.status, 301);
    assert_eq!(reply.header("location"), Some("http://www.example.test/a%0d%0aset-cookie:x?b=%20c"));
    assert_eq!(reply.header("set-cookie"), None);
    sees_the_site(node, SITE);
    // the other way round
    node.ok(&["site", "edit", SITE, "--name", ALIAS, "--redirect-alias", SITE]).unwrap();
    assert_eq!(visit(node, SITE, "/").header("location"), Some("http://example.test/"));
    sees_the_site(node, ALIAS);
    node.ok(&["site", "edit", ALIAS, "--name", SITE, "--alias", ALIAS]).unwrap();
    sees_the_site(node, ALIAS);
    sees_the_site(node, SITE);
}

fn all_are_sent_on(node: &Node) {
    let there = "https://shop.example.org/new";
    node.ok(&["site", "edit", SITE, "--redirect", there, "--redirect-code", "308", "--keep-path"]).unwrap();
    let reply = visit(node, SITE, "/cart?id=7");
    assert_eq!(
        (reply.status, reply.header("location")),
        (308, Some("https://shop.example.org/new/cart?id=7"))
    );
    node.ok(&["site", "edit", SITE, "--redirect", "none"]).unwrap();
    sees_the_site(node, SITE);
}

fn it_is_worked_on(node: &Node) {
    let (v4, v6) = node.outside();
    node.ok(&["site", "maintenance", "on", SITE]).unwrap();
    let reply = visit(node, SITE, "/");
    assert_eq!(reply.status, 503);
    assert!(reply.header("retry-after").is_some() && reply.text().contains("worked on"), "{}", reply.text());
    // who one is, is the connection's word and not the visitor's
    let claims = Request::get(format!("http://{SITE}/")).header("X-Forwarded-For: 127.0.0.1");
    assert_eq!(node.request(&claims).unwrap().status, 503);
    let (four, six) = (format!("{v4}/32"), format!("{v6}/128"));
    node.ok(&["site", "maintenance", "on", SITE, "--allow", &four, "--allow", &six]).unwrap();
    sees_the_site(node, SITE);
    node.ok(&["site", "maintenance", "off", SITE]).unwrap();
    sees_the_site(node, SITE);
}

fn it_is_switched_off(node: &Node) {
    node.ok(&["site", "disable", SITE]).unwrap();
    let (off, unknown) = (visit(node, SITE, "/"), visit(node, "nobody.example.test", "/"));
    assert_eq!(
        (off.status, &off.body),
        (unknown.status, &unknown.body),
        "it answers as a name that nobody knows"
    );
    node.ok(&["site", "enable", SITE]).unwrap();
    sees_the_site(node, SITE);
}

fn a_loop_is_refused(node: &Node) {
    for there in ["http://www.example.test/x", "http://example.test/", "javascript:alert(1)"] {
        let refused = node.cli(&["site", "edit", SITE, "--redirect", there]).unwrap();
        assert!(!refused.ok(), "{there}: {}", refused.text());
    }
    sees_the_site(node, SITE);
}

/// The lines of the site's log with this text in them, as the command shows them to people.
fn logged(node: &Node, text: &str, more: &[&str]) -> String {
    let args = [&["site", "log", SITE, "--search", text], more].concat();
    node.ok(&args).unwrap().text()
}

fn its_log(node: &Node) {
    let tricks = Request::get(format!("http://{SITE}/.once?mark=4711"))
        .header("User-Agent: \u{1b}[31m<script>alert(1)</script>");
    assert_eq!(node.request(&tricks).unwrap().status, 404);
    e2e::wait_for("the request in the log", LIMIT, || {
        Ok(logged(node, "mark=4711", &[]).contains("404").then_some(()))
    })
    .unwrap();
    let told = logged(node, "mark=4711", &["--status", "4xx"]);
    assert!(told.contains("/.once?mark=4711") && !told.contains('\u{1b}'), "{told}");
    assert_eq!(logged(node, "mark=4711", &["--status", "200"]).matches("mark=4711").count(), 0);
    let lines = node.ok(&["--json", "site", "log", SITE, "--search", "mark=4711"]).unwrap().text();
    let line: Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert_eq!((&line["method"], &line["status"]), (&"GET".into(), &404.into()), "{line}");
    assert_eq!(line["client"], node.outside().0.to_string(), "{line}");
}

fn its_files(node: &Node) {
    node.ok(&["site", "log", SITE, "--download", "/root/access.log"]).unwrap();
    let kept = String::from_utf8(node.pull("/root/access.log").unwrap()).unwrap();
    assert!(kept.contains("mark=4711"), "{kept}");
    let again = node.cli(&["site", "log", SITE, "--download", "/root/access.log"]).unwrap();
    assert!(!again.ok(), "it overwrote a file");
    let other = node.cli(&["site", "log", "nobody.example.test"]).unwrap();
    assert_eq!(other.code(), 3, "{}", other.text());
}

fn its_traffic(node: &Node) {
    let shown = node.json(&["site", "traffic", SITE]).unwrap();
    assert!(shown["requests"].is_u64() && shown["account_month"]["bytes"].is_u64(), "{shown}");
}
