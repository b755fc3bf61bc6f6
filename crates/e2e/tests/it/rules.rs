//! Typed rules of a site, from the command line to what visitors get.

use e2e::{Api, Checks, Distro, Family, Node, Reply, Request};
use serde_json::{Value, json};

use crate::support::{self, LIMIT};

const SITE: &str = "www.example.test";
/// What shows that a visitor saw the site itself.
const PAGE: &str = "This site is ready";
const PASSWORD: &str = "open sesame, please";

pub(crate) fn on(distro: Distro) {
    let node = Node::ready(distro, "rules").unwrap();
    let mut api = node.api().unwrap();
    support::account(&mut api, "alice");
    support::site(&mut api, "alice", SITE);
    let root = support::docroot("alice", SITE);
    for (path, text) in [("members/a.txt", "SECRET"), ("errors/404.html", "NOT HERE"), ("style.css", "a {}")]
    {
        support::put(&node, "alice", &format!("{root}/{path}"), text);
    }
    let mut checks = Checks::new(distro.name());
    checks.check("rules are added in an order that counts, and moved", || order_counts(&node, &mut api));
    checks.check("a directory asks for a password, which nobody can read", || a_password(&node, &mut api));
    checks.check("headers, caches and pages of its own", || what_visitors_are_told(&node, &mut api));
    checks.check("a preset is put in, and its plan is shown before", || a_preset(&node, &mut api));
    checks.check("a rule that is none is refused at its place, and nothing changes", || refused(&mut api));
    checks.check("a listing is refused by the server until it is allowed", || a_listing(&node, &mut api));
    checks.check("a site that is shut is shut whatever its rules say", || shut(&node));
    checks
        .check("without rules the site has no block and no file of users any more", || none(&node, &mut api));
    checks.check("nothing is left to do, and the doctor is content", || {
        support::nothing_to_do(&node);
        assert_eq!(support::complaints(&mut api), Vec::<Value>::new());
    });
    checks.finish();
}

/// A visit over both families, which must be answered alike.
#[track_caller]
fn visit(node: &Node, path: &str) -> Reply {
    let of = |family| node.request(&Request::get(format!("http://{SITE}{path}")).over(family)).unwrap();
    let (four, six) = (of(Family::V4), of(Family::V6));
    assert_eq!((four.status, &four.body), (six.status, &six.body), "{path}");
    four
}

/// Puts rules in the place of all, and waits until the server is as asked.
fn put(api: &mut Api, rules: &Value) {
    let path = format!("/sites/{SITE}/rules");
    let body = json!({ "rules": rules });
    api.call_with("PUT", &path, &[("if-match", "*")], Some(&body)).unwrap().checked().unwrap();
    api.wait_ready(&format!("/sites/{SITE}"), LIMIT).unwrap();
}

fn kinds(api: &mut Api) -> Vec<String> {
    let rules = api.get(&format!("/sites/{SITE}/rules")).unwrap()["rules"].clone();
    let kind = |rule: &Value| rule.as_object().unwrap().keys().next().unwrap().clone();
    rules.as_array().unwrap().iter().map(kind).collect()
}

fn order_counts(node: &Node, api: &mut Api) {
    node.ok(&["site", "rules", "add", SITE, "redirect", "from=/old/**", "to=/new/$1", "code=302"]).unwrap();
    let reply = visit(node, "/old/a/b%0d%0aSet-Cookie:x");
    assert_eq!(reply.header("set-cookie"), None);
    assert_eq!(visit(node, "/old/a/b").header("location"), Some("http://www.example.test/new/a/b"));
    node.ok(&["site", "rules", "add", SITE, "deny", "path=/old"]).unwrap();
    assert_eq!(visit(node, "/old/a").status, 302);
    node.ok(&["site", "rules", "move", SITE, "2", "1"]).unwrap();
    assert_eq!(visit(node, "/old/a").status, 403);
    assert_eq!(kinds(api), ["deny", "redirect"]);
    node.ok(&["site", "rules", "remove", SITE, "1"]).unwrap();
    assert_eq!(kinds(api), ["redirect"]);
}

fn a_password(node: &Node, api: &mut Api) {
    let add =
        ["site", "rules", "add", SITE, "password", "path=/members", "realm=Members only", "users=alice"];
    node.holdfast(&add).stdin(PASSWORD).check().unwrap();
    assert_eq!(visit(node, "/members/a.txt").status, 401);
    let with = |authorization: &str| {
        let request = Request::get(format!("http://{SITE}/members/a.txt"));
        node.request(&request.header(format!("Authorization: Basic {authorization}"))).unwrap()
    };
    // alice:open sesame, please
    let right = with("YWxpY2U6b3BlbiBzZXNhbWUsIHBsZWFzZQ==");
    assert_eq!((right.status, right.text().contains("SECRET")), (200, true));
    assert_eq!(with("YWxpY2U6d3Jvbmc=").status, 401);
    let files =
        node.command(["sh", "-c", "stat -c '%a %U %G' /etc/nginx/holdfast-users/*.users"]).check().unwrap();
    assert_eq!(files.text().trim(), "640 root www-data");
    // the tenant cannot read it, and the panel shows it to nobody
    let read =
        node.command(["runuser", "-u", "alice", "--", "sh", "-c", "cat /etc/nginx/holdfast-users/*.users"]);
    assert!(read.check().is_err());
    let shown = api.get(&format!("/sites/{SITE}/rules")).unwrap().to_string();
    assert!(!shown.contains("$6$") && !shown.contains(PASSWORD), "{shown}");
    // what is read and sent again keeps it
    let rules = api.get(&format!("/sites/{SITE}/rules")).unwrap()["rules"].clone();
    put(api, &rules);
    assert_eq!(with("YWxpY2U6b3BlbiBzZXNhbWUsIHBsZWFzZQ==").status, 200);
    let log =
        node.command(["sh", "-c", "journalctl -o cat; cat /var/log/holdfast/nginx/*.log"]).check().unwrap();
    assert!(!log.text().contains(PASSWORD));
}

fn what_visitors_are_told(node: &Node, api: &mut Api) {
    put(
        api,
        &json!([
            { "set_header": { "name": "X-Frame-Options", "value": "DENY" } },
            { "cache": { "endings": ["css"], "seconds": 3600 } },
            { "error_page": { "status": 404, "page": "/errors/404.html" } },
            { "deny": { "path": "/private" } },
        ]),
    );
    assert_eq!(visit(node, "/").header("x-frame-options"), Some("DENY"));
    assert_eq!(visit(node, "/style.css").header("cache-control"), Some("max-age=3600"));
    let missing = visit(node, "/.git/config");
    assert_eq!((missing.status, missing.text().contains("NOT HERE")), (404, true));
    assert_eq!(visit(node, "/private/x").status, 403);
}

fn a_preset(node: &Node, api: &mut Api) {
    let before = kinds(api);
    let plan = node.ok(&["site", "rules", "preset", SITE, "wordpress", "--replace", "--dry-run"]).unwrap();
    assert!(plan.text().contains("xmlrpc"), "{}", plan.text());
    assert_eq!(kinds(api), before, "a dry run changes nothing");
    node.ok(&["site", "rules", "preset", SITE, "wordpress", "--replace"]).unwrap();
    assert_eq!(visit(node, "/xmlrpc.php").status, 403);
    assert_eq!(visit(node, "/wp-content/uploads/2026/11/x.php").status, 403);
    let permalink = visit(node, "/2026/11/hello-world/");
    assert_eq!((permalink.status, permalink.text().contains(PAGE)), (200, true));
}

fn refused(api: &mut Api) {
    let before = kinds(api);
    for (rule, pointer) in [
        (
            json!({ "redirect": { "from": "/a", "to": "https://x/;\n} location /etc/ { alias /etc/;" } }),
            "/rules/0/redirect/to",
        ),
        (json!({ "set_header": { "name": "X-A", "value": "$request_body" } }), "/rules/0/set_header/value"),
        (json!({ "deny": { "path": "/(a+)+" } }), "/rules/0/deny/path"),
        (
            json!({ "password": { "realm": "a", "users": [{ "name": "new" }] } }),
            "/rules/0/password/users/0/password",
        ),
    ] {
        let body = json!({ "rules": [rule] });
        let path = format!("/sites/{SITE}/rules");
        let answer = api.call_with("PUT", &path, &[("if-match", "*")], Some(&body)).unwrap();
        assert_eq!(answer.status, 422, "{pointer}");
        assert_eq!(answer.body["errors"][0]["pointer"], pointer, "{}", answer.body);
    }
    assert_eq!(kinds(api), before);
}

fn a_listing(node: &Node, api: &mut Api) {
    let before = api.get(&format!("/sites/{SITE}/rules")).unwrap()["rules"].clone();
    let refused = node.cli(&["site", "rules", "add", SITE, "listing", "path=/members"]).unwrap();
    assert!(!refused.status.success());
    let site = api.get(&format!("/sites/{SITE}")).unwrap().to_string();
    assert!(site.contains("directory_listings"), "{site}");
    assert_eq!(visit(node, "/xmlrpc.php").status, 403, "it goes on as before");
    put(api, &before);
}

fn shut(node: &Node) {
    node.ok(&["site", "suspend", SITE]).unwrap();
    let reply = visit(node, "/xmlrpc.php");
    assert_eq!((reply.status, reply.text().contains("suspended")), (503, true));
    node.ok(&["site", "unsuspend", SITE]).unwrap();
    node.ok(&["site", "disable", SITE]).unwrap();
    let reply = visit(node, "/xmlrpc.php");
    assert_eq!((reply.status, reply.header("x-frame-options")), (404, None));
    node.ok(&["site", "enable", SITE]).unwrap();
    assert_eq!(visit(node, "/xmlrpc.php").status, 403);
}

fn none(node: &Node, api: &mut Api) {
    put(api, &json!([]));
    let left =
        node.command(["sh", "-c", "ls /etc/nginx/holdfast/sites /etc/nginx/holdfast-users"]).check().unwrap();
    assert!(!left.text().contains(".conf") && !left.text().contains(".users"), "{}", left.text());
    support::serves(node, SITE, PAGE);
}
