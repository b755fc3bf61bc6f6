//! What was sold is what the server holds: a package, a change of it, and what is above it.

use e2e::{Api, Checks, Distro, Node};
use serde_json::json;

use crate::support::{PASSWORD, complaints, docroot, nothing_to_do, put, serves};

const SLICE: &str = "holdfast-alice.slice";
const NAME: &str = "www.example.test";

/// `pm.max_children` of the account's only pool.
fn workers(node: &Node) -> String {
    let files = "grep -h ^pm.max_children /etc/holdfast/php/alice-*.conf";
    node.command(["sh", "-c", files]).check().unwrap().text().trim().replace(' ', "")
}

pub(crate) fn on(distro: Distro) {
    let node = Node::ready(distro, "packages").unwrap();
    let mut api = node.api().unwrap();
    let mut checks = Checks::new(distro.name());
    checks.check("an account is held to its package", || sold(&node));
    checks.check("a change of a package is shown, and then is so on the server", || changed(&node));
    checks.check("one site more than was sold is refused, by the command and by the API", || {
        over(&node, &mut api);
    });
    checks.check("PHP in use is not taken away, and SFTP that is off is closed", || features(&node));
    checks.check("what an organisation has at most is held at once, and let go again", || ceiling(&node));
    checks.check("nothing is left to do, and the doctor is content", || {
        nothing_to_do(&node);
        assert_eq!(complaints(&mut api), Vec::<serde_json::Value>::new());
    });
    checks.finish();
}

fn sold(node: &Node) {
    let limits =
        ["--limit", "memory=256M", "--limit", "tasks=64", "--limit", "php-workers=3", "--limit", "sites=1"];
    node.ok(&[&["package", "create", "basic"], limits.as_slice()].concat()).unwrap();
    node.ok(&["setting", "set", "package.default", "basic"]).unwrap();
    node.create_account("alice", PASSWORD).unwrap();
    node.ok(&["site", "create", "alice", NAME]).unwrap();
    put(node, "alice", &format!("{}/index.php", docroot("alice", NAME)), "<?php echo 'php runs';");
    serves(node, NAME, "php runs");
    assert_eq!(node.number(SLICE, "MemoryMax").unwrap(), 256 << 20);
    assert_eq!(node.number(SLICE, "TasksMax").unwrap(), 64);
    assert_eq!(workers(node), "pm.max_children=3");
}

fn changed(node: &Node) {
    let edit = ["package", "edit", "basic", "--limit", "memory=512M", "--limit", "php-workers=5"];
    let plan = node.ok(&[edit.as_slice(), &["--dry-run"]].concat()).unwrap().text();
    for words in
        ["account alice", "pool alice-", "memory_bytes: 256.0 MiB -> 512.0 MiB", "php_workers: 3 -> 5"]
    {
        assert!(plan.contains(words), "{words} is not in the plan:\n{plan}");
    }
    assert_eq!(node.number(SLICE, "MemoryMax").unwrap(), 256 << 20, "only shown");
    let done = node.ok(&edit).unwrap().text();
    assert_eq!(done.trim(), "package basic: done");
    assert_eq!(node.number(SLICE, "MemoryMax").unwrap(), 512 << 20);
    assert_eq!(workers(node), "pm.max_children=5");
    serves(node, NAME, "php runs");
}

fn over(node: &Node, api: &mut Api) {
    let refused = node.cli(&["site", "create", "alice", "two.example.test"]).unwrap();
    assert!(!refused.ok(), "{}", refused.text());
    assert!(
        refused.error_text().contains("The account alice has 1 of its 1 sites"),
        "{}",
        refused.error_text()
    );
    let body = json!({ "account": "alice", "name": "two.example.test" });
    let refused = api.call("POST", "/sites", Some(&body)).unwrap();
    assert_eq!((refused.status, &refused.body["code"]), (409, &json!("limit_reached")), "{}", refused.body);
    let limits = node.ok(&["account", "limits", "alice"]).unwrap().text();
    let sites = limits.lines().find(|line| line.starts_with("sites ")).unwrap();
    assert_eq!(sites.split_whitespace().collect::<Vec<_>>(), ["sites", "1", "1", "package"], "{limits}");
}

fn features(node: &Node) {
    let refused = node.cli(&["package", "edit", "basic", "--feature", "php=off"]).unwrap();
    assert!(
        !refused.ok() && refused.error_text().contains("www.example.test of account alice"),
        "{}",
        refused.error_text()
    );
    serves(node, NAME, "php runs");
    node.sftp("alice", PASSWORD).batch("pwd\n").check().unwrap();
    node.ok(&["account", "sell", "alice", "--feature", "sftp=off"]).unwrap();
    assert!(!node.sftp("alice", PASSWORD).batch("pwd\n").run().unwrap().ok(), "SFTP is off");
    node.ok(&["account", "sell", "alice", "--feature", "sftp=usual"]).unwrap();
    node.sftp("alice", PASSWORD).batch("pwd\n").check().unwrap();
}

fn ceiling(node: &Node) {
    node.ok(&["organisation", "limits", "root", "--limit", "memory=128M"]).unwrap();
    assert_eq!(node.number(SLICE, "MemoryMax").unwrap(), 128 << 20);
    node.ok(&["organisation", "limits", "root", "--limit", "memory=unlimited"]).unwrap();
    assert_eq!(node.number(SLICE, "MemoryMax").unwrap(), 512 << 20, "what the package says");
}
