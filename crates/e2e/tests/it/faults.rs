//! What is missing, full, stopped or asked by the wrong: it waits with its reason, the last good state serves, and it heals.

use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use e2e::{Api, Checks, Distro, Load, Node};
use serde_json::json;

use crate::support::{self, LIMIT};
use crate::upgrade;

const STEADY: &str = "steady.example.test";

pub(crate) fn on(distro: Distro) {
    let node = Node::ready(distro, "faults").unwrap();
    let mut api = node.api().unwrap();
    let mut checks = Checks::new(distro.name());
    support::account(&mut api, "alice");
    support::site(&mut api, "alice", STEADY);
    checks.check("a missing PHP version is refused with what is there", || missing_php(&node, &mut api));
    checks.check("bad values are refused by field, reason and remedy", || bad_values(&node, &mut api));
    checks.check("a stopped agent loses nothing", || a_stopped_agent(&node, &mut api));
    checks.check("a wrong uid at the agent's socket is cut off unheard", || wrong_uids(&node));
    checks.check("a full disk keeps the last good state", || a_full_disk(&node, &mut api));
    checks.check("a full disk below nginx's tree keeps the last good state", || a_full_tree(&node, &mut api));
    checks.check("a package upgrade fails not one request", || upgrade::fails_no_request(&node, &mut api));
    checks.check("the doctor is content at the end", || {
        support::nothing_to_do(&node);
        assert_eq!(support::complaints(&mut api), Vec::<serde_json::Value>::new());
    });
    checks.check("the doctor finds what is broken", || the_doctor_complains(&node, &mut api));
    checks.finish();
}

fn missing_php(node: &Node, api: &mut Api) {
    let answer = api
        .call(
            "POST",
            "/sites",
            Some(&json!({ "account": "alice", "name": "old.example.test", "php": "7.4" })),
        )
        .unwrap();
    assert_eq!(answer.status, 422, "{}", answer.body);
    let said = answer.body.to_string();
    assert!(said.contains("php_version_missing") && said.contains("/php"), "{said}");
    assert!(said.contains(node.distro().php()), "the remedy does not name what is there: {said}");
    assert_eq!(api.call("GET", "/sites/old.example.test", None).unwrap().status, 404, "nothing was written");
    let cli = node.cli(&["site", "create", "alice", "old.example.test", "--php", "7.4"]).unwrap();
    let said = format!("{}{}", cli.text(), cli.error_text());
    assert!(!cli.ok() && said.contains(node.distro().php()), "{said}");
}

fn bad_values(node: &Node, api: &mut Api) {
    for (body, field) in [
        (json!({ "account": "alice", "name": "a b.example.test" }), "/name"),
        (json!({ "account": "alice", "name": "x.example.test;" }), "/name"),
        (json!({ "account": "alice", "name": "x.example.test", "docroot": "../bob" }), "/docroot"),
        (json!({ "account": "alice", "name": "x.example.test", "nonsense": 1 }), "/nonsense"),
        (json!({ "account": "alice", "name": "x.example.test", "body_size": -1 }), "/body_size"),
    ] {
        let answer = api.call("POST", "/sites", Some(&body)).unwrap();
        assert_eq!(answer.status, 422, "{body}: {}", answer.body);
        let said = answer.body.to_string();
        assert!(said.contains(field), "{body}: the field {field} is not named: {said}");
        assert!(said.contains("remedy"), "{body}: no remedy: {said}");
    }
    let taken = api.call("POST", "/sites", Some(&json!({ "account": "alice", "name": STEADY }))).unwrap();
    assert!(matches!(taken.status, 409 | 422), "{} {}", taken.status, taken.body);
    support::serves(node, STEADY, "alice");
}

fn a_stopped_agent(node: &Node, api: &mut Api) {
    node.check(["systemctl", "stop", "holdfast-agent.service", "holdfast-agent.socket"]).unwrap();
    api.post("/sites", &json!({ "account": "alice", "name": "later.example.test" })).unwrap();
    let site = api
        .wait_until("/sites/later.example.test", LIMIT, |site| site["reason"] == "agent_unreachable")
        .unwrap();
    assert_eq!(site["condition"], "pending", "{site}");
    support::serves(node, STEADY, "alice");
    assert_eq!(api.call("GET", "/sites", None).unwrap().status, 200, "reading goes on");
    node.check(["systemctl", "restart", "holdfast-panel.service"]).unwrap();
    let again = api.wait_until("/sites/later.example.test", LIMIT, |site| site["generation"] == 1).unwrap();
    assert_ne!(again["condition"], "ready", "{again}");
    node.check(["systemctl", "start", "holdfast-agent.socket", "holdfast-agent.service"]).unwrap();
    api.wait_ready("/sites/later.example.test", LIMIT).unwrap();
    support::serves(node, "later.example.test", "alice");
}

/// Connects, calls, and tells how many bytes came back.
const CALLER: &str = r#"
use strict; use warnings; use Socket;
socket(my $s, PF_UNIX, SOCK_STREAM, 0) or die "socket: $!";
connect($s, pack_sockaddr_un("/run/holdfast/agent.sock")) or die "connect: $!";
$SIG{PIPE} = 'IGNORE'; $SIG{ALRM} = sub { print "silent\n"; exit 3 }; alarm 10;
my $call = $ARGV[0] eq "half" ? "{\"method\":\"org.varlink.serv" : "{\"method\":\"org.varlink.service.GetInfo\"}\0";
syswrite($s, $call);
my $n = sysread($s, my $answer, 65536);
print defined $n ? "bytes $n\n" : "cut off\n";
"#;

fn wrong_uids(node: &Node) {
    node.push("/usr/local/bin/e2e-caller", CALLER, 0o644).unwrap();
    let socket = "/run/holdfast/agent.sock";
    let mode = node.check(["stat", "-c", "%a", socket]).unwrap().text();
    assert_eq!(mode, "660");
    for user in ["nobody", "alice", "www-data"] {
        let refused = node.run_as(user, ["perl", "/usr/local/bin/e2e-caller", "whole"]).unwrap();
        assert!(
            !refused.ok() && refused.error_text().contains("Permission denied"),
            "{user}: {}",
            refused.text()
        );
    }
    // and where the socket's mode did not stand in the way
    node.check(["chmod", "666", socket]).unwrap();
    let as_root = node.check(["perl", "/usr/local/bin/e2e-caller", "whole"]).unwrap().text();
    assert!(as_root.starts_with("bytes ") && as_root != "bytes 0", "root is answered: {as_root}");
    for user in ["nobody", "alice", "www-data"] {
        for call in ["whole", "half"] {
            let said = node.run_as(user, ["perl", "/usr/local/bin/e2e-caller", call]).unwrap().text();
            assert!(said == "bytes 0" || said == "cut off", "{user}, {call}: {said}");
        }
    }
    node.check(["chmod", &mode, socket]).unwrap();
}

fn load(node: &Node) -> Load {
    Load::start(IpAddr::V4(node.ipv4()), &[STEADY], "/", "alice")
}

fn unharmed(load: Load) {
    let report = load.stop().unwrap();
    eprintln!("    {} requests meanwhile, {} failed, slowest {:?}", report.good, report.bad, report.slowest);
    assert!(report.bad == 0 && report.good > 20, "{report:?}");
}

/// Puts a file system of this size under `path`, with what is there now, while the agent does not look.
fn small_file_system(node: &Node, path: &str, mib: u32) {
    node.sh(&format!(
        "systemctl stop holdfast-agent.service
         cp -a {path} /root/aside
         mount -t tmpfs -o size={mib}m,mode=$(stat -c %a {path}) tmpfs {path}
         cp -a /root/aside/. {path}/
         systemctl start holdfast-agent.service"
    ))
    .unwrap();
}

/// Takes it away again, keeping what is there now.
fn large_again(node: &Node, path: &str) {
    node.sh(&format!(
        "systemctl stop holdfast-agent.service
         rm -rf /root/aside && cp -a {path} /root/aside
         umount {path}
         find {path} -mindepth 1 -delete
         cp -a /root/aside/. {path}/ && rm -rf /root/aside
         systemctl start holdfast-agent.service"
    ))
    .unwrap();
}

/// Takes every byte that is left.
fn fill(node: &Node, path: &str) {
    node.sh(&format!("dd if=/dev/zero of={path}/e2e-filler bs=64k 2>/dev/null || true; sync; test $(stat -f -c %a {path}) -eq 0")).unwrap();
}

fn full(node: &Node, api: &mut Api, path: &str, site: &str) {
    small_file_system(node, path, 16);
    let outcome = catch_unwind(AssertUnwindSafe(|| full_now(node, api, path, site)));
    large_again(node, path);
    if let Err(panic) = outcome {
        resume_unwind(panic);
    }
    api.wait_until("/node", LIMIT, |view| e2e::is_ready(&view["webserver"])).unwrap();
    api.wait_ready(&format!("/sites/{site}"), LIMIT).unwrap();
    support::nothing_to_do(node);
}

fn full_now(node: &Node, api: &mut Api, path: &str, site: &str) {
    let load = load(node);
    api.wait_ready(&format!("/sites/{STEADY}"), LIMIT).unwrap();
    fill(node, path);
    api.post("/sites", &json!({ "account": "alice", "name": site })).unwrap();
    let waiting =
        api.wait_until(&format!("/sites/{site}"), LIMIT, |site| site["reason"] == "disk_full").unwrap();
    assert_ne!(waiting["condition"], "ready", "{waiting}");
    // not even a restart of everything loses what serves
    node.check(["systemctl", "restart", "holdfast-agent.service", "holdfast-panel.service"]).unwrap();
    node.check(["nginx", "-t", "-q"]).unwrap();
    node.check(["systemctl", "reload", "nginx.service"]).unwrap();
    support::serves(node, STEADY, "alice");
    node.check(["rm", &format!("{path}/e2e-filler")]).unwrap();
    api.wait_ready(&format!("/sites/{site}"), LIMIT).unwrap();
    support::serves(node, site, "alice");
    unharmed(load);
}

fn a_full_disk(node: &Node, api: &mut Api) {
    full(node, api, "/var/lib/holdfast-agent", "full.example.test");
}

fn a_full_tree(node: &Node, api: &mut Api) {
    full(node, api, "/etc/nginx/holdfast", "tree.example.test");
}

fn the_doctor_complains(node: &Node, api: &mut Api) {
    node.check(["chmod", "644", "/etc/holdfast/credentials/seal.key"]).unwrap();
    let found = support::complaints(api);
    assert!(found.iter().any(|f| f["subject"].as_str().is_some_and(|s| s.contains("seal.key"))), "{found:?}");
    let doctor = node.cli(&["doctor"]).unwrap();
    assert!(
        !doctor.ok() && doctor.text().contains("seal.key"),
        "status {}: {}",
        doctor.code(),
        doctor.text()
    );
    node.check(["chmod", "600", "/etc/holdfast/credentials/seal.key"]).unwrap();
    assert_eq!(node.cli(&["doctor"]).unwrap().code(), 0);
}
