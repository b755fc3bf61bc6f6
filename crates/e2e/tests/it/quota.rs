//! Limits of the disk on btrfs: a loop image in the server's own tree, mounted as its `/home` before set-up. Two tenants, one of which
//! writes until it may not.
//!
//! Debian 12's `btrfs` knows full qgroups, Debian 13's simple quotas, so that both are held here.

use std::time::Duration;

use e2e::{Api, Checks, Distro, Node};
use serde_json::{Value, json};
use testhost::Options;

use crate::support::{self, LIMIT, PASSWORD, docroot, put};

const HERS: &str = "a.example.test";
const HIS: &str = "b.example.test";
const MIB: u64 = 1 << 20;
/// What upkeep notes and judges, it does once a minute.
const UPKEEP: Duration = Duration::from_mins(4);

/// Writes a MiB at a time until nothing more fits, or a hundred are written; answers how many. Nothing of it can be compressed.
const FILL: &str = "<?php
$file = fopen('/home/' . get_current_user() . '/fill-' . $_GET['name'], 'w');
for ($written = 0; $written < 100; $written++) {
    if (@fwrite($file, random_bytes(1 << 20)) !== 1 << 20) break;
    if (!@fsync($file)) break;
}
echo $written;
";

/// The image, and the device nodes that a server without a kernel of its own has not.
const BTRFS: &str = "
truncate -s 2G /var/lib/homes.img
mkfs.btrfs -q /var/lib/homes.img 2>/dev/null
test -e /dev/loop-control || mknod /dev/loop-control c 10 237
for n in $(seq 0 63); do test -e /dev/loop$n || mknod /dev/loop$n b 7 $n; done
mount -o loop /var/lib/homes.img /home
mount -o remount,rw,bind /sys
mkdir -p /sys/fs/btrfs /run/whole-sys
mount -t sysfs sysfs /run/whole-sys
mount --bind /run/whole-sys/fs/btrfs /sys/fs/btrfs
";

pub(crate) fn on(distro: Distro) {
    let node = Node::installed(Options::ready(distro).name("quota")).unwrap();
    node.sh(BTRFS).unwrap();
    node.set_up().unwrap();
    let mut api = node.api().unwrap();
    let mut checks = Checks::new(distro.name());
    let mut uid = 0;
    checks.check("two accounts, one with a limit", || uid = two_accounts(&node, &mut api));
    checks.check("a tenant writes until its limit, and no further", || a_limit_is_held(&node, &mut api));
    checks.check("another account is not concerned", || others_go_on(&node));
    checks.check("usage is the file system's own count", || usage_is_counted(&node, &mut api));
    checks.check("a limit that somebody took away is put back", || drift_is_put_back(&node, uid));
    if distro == Distro::Debian13 {
        checks.check("what a tenant makes in its home counts too", || subvolumes_count_too(&node));
    }
    checks.check("the doctor says how it is", || the_doctor_knows(&mut api, distro));
    checks.check("full is told of once, and what was taken and sent is noted", || {
        fullness_is_told(&mut api);
    });
    checks.check("the policy suspends, and lets go on after the limit was raised", || {
        the_policy_acts(&node, &mut api);
    });
    checks.check("with a higher limit the tenant goes on", || a_higher_limit_lets_on(&node));
    checks.check("a removed account leaves no qgroup, and its trash can be emptied", || {
        removal_leaves_nothing(&node, &mut api, uid);
    });
    checks.finish();
}

fn two_accounts(node: &Node, api: &mut Api) -> u64 {
    let (email, limits) = ("alice@example.test", json!({ "disk_bytes": 64 * MIB }));
    let body = json!({ "name": "alice", "email": email, "password": PASSWORD, "limits": limits });
    api.post("/accounts", &body).unwrap();
    let alice = api.wait_ready("/accounts/alice", LIMIT).unwrap();
    support::account(api, "bob");
    for (account, site) in [("alice", HERS), ("bob", HIS)] {
        support::site(api, account, site);
        put(node, account, &format!("{}/fill.php", docroot(account, site)), FILL);
        let inode = node.check(["stat", "-c", "%i %U %a", &format!("/home/{account}")]).unwrap().text();
        assert_eq!(inode, format!("256 {account} 710"), "the home is a subvolume of its own");
    }
    support::nothing_to_do(node);
    alice["uid"].as_u64().unwrap()
}

fn fill(node: &Node, site: &str, name: &str) -> u64 {
    let reply = node.page(site, &format!("/fill.php?name={name}")).unwrap();
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.text().trim().parse().unwrap_or_else(|e| panic!("{e}: {}", reply.text()))
}

fn taken(node: &Node, account: &str) -> u64 {
    node.sh("sync").unwrap();
    let said = node.check(["du", "-s", "--block-size=1", &format!("/home/{account}")]).unwrap().text();
    said.split_whitespace().next().unwrap().parse().unwrap()
}

fn a_limit_is_held(node: &Node, api: &mut Api) {
    let written = fill(node, HERS, "php");
    let taken = taken(node, "alice");
    eprintln!("    {written} MiB by PHP; {taken} bytes on the disk");
    // the last one may have been taken in part
    assert!((50..=64).contains(&written), "{written} MiB");
    assert!(taken <= 64 * MIB, "{taken}");
    let put = node.sftp("alice", PASSWORD).put(&vec![0x5a; 20 << 20], "by-sftp");
    assert!(put.is_err(), "SFTP is held too");
    let now = self::taken(node, "alice");
    assert!(now <= 64 * MIB, "{now}");
    let account = api.get("/accounts/alice").unwrap();
    assert_eq!(account["condition"], "ready", "{account}");
    support::serves(node, HIS, "bob");
}

fn others_go_on(node: &Node) {
    assert_eq!(fill(node, HIS, "php"), 100);
    node.sftp("bob", PASSWORD).put(b"bob goes on", "by-sftp").unwrap();
    support::serves(node, HIS, "bob");
}

fn usage_is_counted(node: &Node, api: &mut Api) {
    node.sh("sync").unwrap();
    for (account, least, most) in [("alice", 50, 65), ("bob", 100, 110)] {
        let path = format!("/accounts/{account}/usage");
        let counted = |usage: &Value| {
            let bytes = usage["bytes"].as_u64().unwrap_or_default();
            (least * MIB..most * MIB).contains(&bytes) && usage["measured_by"] == "quota"
        };
        let usage = api.wait_until(&path, LIMIT, counted).unwrap();
        assert_eq!((&usage["entries"], &usage["disk_held"]), (&Value::Null, &json!(true)), "{usage}");
        assert!(usage["note"].as_str().unwrap().contains("btrfs does not count"), "{usage}");
    }
    let said = node.ok(&["account", "usage", "alice"]).unwrap().text();
    assert!(said.contains("by the file system"), "{said}");
}

fn limit_of(node: &Node, uid: u64) -> String {
    let groups = node.check(["btrfs", "qgroup", "show", "--raw", "-pcre", "/home"]).unwrap().text();
    let group = format!("1/{uid}");
    let line = groups.lines().find(|line| line.split_whitespace().next() == Some(&group));
    line.and_then(|line| line.split_whitespace().nth(3)).unwrap_or("no qgroup").to_owned()
}

fn drift_is_put_back(node: &Node, uid: u64) {
    let wanted = (64 * MIB).to_string();
    assert_eq!(limit_of(node, uid), wanted);
    node.check(["btrfs", "qgroup", "limit", "none", &format!("1/{uid}"), "/home"]).unwrap();
    testhost::wait_for("the step to be planned", LIMIT, || {
        let steps = node.planned_steps().unwrap();
        Ok(steps.iter().any(|step| step == "limit what alice keeps on the disk: at most 64M").then_some(()))
    })
    .unwrap();
    node.ok(&["sweep"]).unwrap();
    assert_eq!(limit_of(node, uid), wanted);
    support::nothing_to_do(node);
}

fn subvolumes_count_too(node: &Node) {
    node.sh("rm /home/alice/fill-php; sync").unwrap();
    let made = node.run_as("alice", ["btrfs", "subvolume", "create", "/home/alice/more"]).unwrap();
    assert!(made.ok(), "{}", made.error_text());
    let filled =
        node.run_as("alice", ["dd", "if=/dev/urandom", "of=/home/alice/more/x", "bs=1M", "count=100"]);
    assert!(!filled.unwrap().ok(), "a subvolume of the tenant's own is no way out");
    assert!(taken(node, "alice") <= 64 * MIB);
    support::nothing_to_do(node);
}

fn the_doctor_knows(api: &mut Api, distro: Distro) {
    let report = api.get("/doctor").unwrap();
    let findings = report["findings"].as_array().unwrap();
    let finding = findings.iter().find(|finding| finding["code"] == "homes.quota").unwrap();
    let (severity, words) = match distro {
        Distro::Debian12 => ("warning", "full qgroups"),
        Distro::Debian13 => ("ok", "simple quotas"),
    };
    assert_eq!(finding["severity"], severity, "{finding}");
    assert!(finding["message"].as_str().unwrap().contains(words), "{finding}");
}

fn set(api: &mut Api, key: &str, value: &Value) {
    api.call("PUT", &format!("/settings/{key}"), Some(&json!({ "value": value })))
        .unwrap()
        .checked()
        .unwrap();
}

fn full_events(api: &mut Api) -> Vec<Value> {
    // one page: events end nowhere, they can be followed for ever
    let events = api.get("/events?limit=200").unwrap();
    let items = events["items"].as_array().unwrap();
    items.iter().filter(|event| event["code"] == "usage.full").cloned().collect()
}

fn fullness_is_told(api: &mut Api) {
    set(api, "usage.every_minutes", &json!(1));
    let noted = |day: &Value| day["bytes"].as_u64() > Some(50 * MIB) && day["requests"].as_u64() > Some(0);
    let history = api
        .wait_until("/accounts/alice/usage/history", UPKEEP, |list| {
            list["items"].as_array().unwrap().iter().any(noted)
        })
        .unwrap();
    eprintln!("    {}", history["items"]);
    testhost::wait_for("the event", UPKEEP, || Ok((!full_events(api).is_empty()).then_some(()))).unwrap();
    let events = full_events(api);
    assert_eq!(events.len(), 1, "{events:?}");
    assert_eq!((&events[0]["params"]["what"], &events[0]["count"]), (&json!("disk_space"), &json!(1)));
    assert_eq!(api.get("/accounts/alice").unwrap()["suspended"], false, "the policy was to warn");
}

fn the_policy_acts(node: &Node, api: &mut Api) {
    set(api, "usage.over_quota", &json!("suspend"));
    let suspended = |account: &Value| account["suspended"] == true;
    let alice = api.wait_until("/accounts/alice", UPKEEP, suspended).unwrap();
    assert_eq!(alice["suspended_reason"], "over_quota");
    api.wait_ready(&format!("/sites/{HERS}"), LIMIT).unwrap();
    assert_eq!(node.page(HERS, "/").unwrap().status, 503);
    support::serves(node, HIS, "bob");
    node.ok(&["account", "edit", "alice", "--disk", "300M"]).unwrap();
    let alice = api.wait_until("/accounts/alice", UPKEEP, |account| account["suspended"] == false).unwrap();
    assert_eq!(alice["suspended_reason"], Value::Null);
    api.wait_ready(&format!("/sites/{HERS}"), LIMIT).unwrap();
    support::serves(node, HERS, "alice");
    assert_eq!(full_events(api).len(), 1, "told of once");
}

fn a_higher_limit_lets_on(node: &Node) {
    assert_eq!(fill(node, HERS, "more"), 100);
    assert!(taken(node, "alice") > 100 * MIB);
    support::nothing_to_do(node);
}

fn removal_leaves_nothing(node: &Node, api: &mut Api, uid: u64) {
    let gone = |api: &mut Api, path: &str| {
        api.call_with("DELETE", path, &[("if-match", "*")], None).unwrap().checked().unwrap();
        api.wait_gone(path, LIMIT).unwrap();
    };
    gone(api, &format!("/sites/{HERS}"));
    gone(api, "/accounts/alice");
    assert_eq!(limit_of(node, uid), "no qgroup");
    let trash = node.sh("ls -d /home/.holdfast-trash/alice-*").unwrap().text();
    assert_eq!(node.check(["stat", "-c", "%i", &trash]).unwrap().text(), "256", "still the subvolume");
    node.check(["rm", "-rf", "--", &trash]).unwrap();
    let left = node.sh("btrfs subvolume list /home | grep alice || true").unwrap().text();
    assert_eq!(left, "");
    support::nothing_to_do(node);
}
