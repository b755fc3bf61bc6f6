//! A server that was set up for nothing yet gets its role by the panel: a job, which outlives the panel and what kills it.

use std::time::Duration;

use e2e::{Api, Checks, Distro, Node, Options};
use serde_json::{Value, json};

use crate::support;

const LIMIT: Duration = Duration::from_mins(6);

pub(crate) fn on(distro: Distro) {
    let node = Node::installed(Options::fresh(distro).name("jobs")).unwrap();
    let mut checks = Checks::new(distro.name());
    checks.check("a server is set up without a role, and is calm", || without_a_role(&node));
    checks.check("what the installation would do is shown, and held to", || it_is_shown_first(&node));
    checks.check("a source that cannot be read fails the job with apt's words", || a_broken_source(&node));
    checks.check("apt is killed, and the next try ends well through a restart of the panel", || {
        killed_and_restarted(&node);
    });
    checks.check("an account and a site that was asked for before are served", || {
        let mut api = node.api().unwrap();
        api.wait_until("/sites/early.example.test", LIMIT, |site| site["condition"] == "ready").unwrap();
        support::serves(&node, "early.example.test", "This site is ready");
        support::account(&mut api, "alice");
        support::site(&mut api, "alice", "www.example.test");
        support::serves(&node, "www.example.test", "alice");
        support::nothing_to_do(&node);
        assert_eq!(support::complaints(&mut api), Vec::<Value>::new());
    });
    checks.check("installed once more, nothing is changed", || {
        let mut api = node.api().unwrap();
        let plan = api.post("/node/roles/web/install?dry_run=true", &json!(null)).unwrap();
        assert_eq!(plan["plan"]["objects"], json!([]), "{plan}");
        let job = install(&mut api);
        assert_eq!(ended(&mut api, &job)["state"], "done");
    });
    checks.finish();
}

fn role(api: &mut Api) -> Value {
    let list = api.get("/node/roles").unwrap();
    list["items"][0].clone()
}

fn install(api: &mut Api) -> String {
    let job = api.post("/node/roles/web/install", &json!(null)).unwrap();
    job["id"].as_str().unwrap_or_else(|| panic!("no job: {job}")).to_owned()
}

fn job(api: &mut Api, id: &str) -> Value {
    api.get(&format!("/jobs/{id}")).unwrap()
}

fn ended(api: &mut Api, id: &str) -> Value {
    let is_ended = |job: &Value| matches!(job["state"].as_str(), Some("done" | "failed" | "cancelled"));
    api.wait_until(&format!("/jobs/{id}"), LIMIT, is_ended).unwrap();
    job(api, id)
}

/// All lines, with their numbers.
fn log(api: &mut Api, id: &str) -> Vec<(i64, String)> {
    let mut all: Vec<(i64, String)> = Vec::new();
    loop {
        let after = all.last().map_or(0, |(seq, _)| *seq);
        let page = api.get(&format!("/jobs/{id}/log?after={after}&limit=1000")).unwrap();
        let items = page["items"].as_array().unwrap();
        all.extend(items.iter().map(|line| {
            (line["seq"].as_i64().unwrap(), line["text"].as_str().unwrap_or_default().to_owned())
        }));
        if items.len() < 1000 {
            return all;
        }
    }
}

fn without_a_role(node: &Node) {
    let output = node.command(["holdfast", "setup", "--with", "none"]).deadline(LIMIT).run().unwrap();
    assert!(
        output.ok() && output.text().contains("node install web"),
        "{}{}",
        output.text(),
        output.error_text()
    );
    assert!(!node.is_active("nginx.service").unwrap());
    let mut api = node.api().unwrap();
    assert_eq!(role(&mut api)["state"], "missing");
    api.wait_until("/node", LIMIT, |node| node["webserver"]["reason"] == "waits_for").unwrap();
    // what is asked for meanwhile waits and says for what
    let body = json!({ "name": "erin", "email": "erin@example.test" });
    api.post("/accounts", &body).unwrap();
    api.post("/sites", &json!({ "account": "erin", "name": "early.example.test", "php": null })).unwrap();
    let waits = |site: &Value| site["reason"] == "waits_for";
    api.wait_until("/sites/early.example.test", LIMIT, waits).unwrap();
    // one finding, and no storm of them
    let complaints = support::complaints(&mut api);
    let codes: Vec<&str> = complaints.iter().filter_map(|finding| finding["code"].as_str()).collect();
    assert_eq!(codes, ["server.role.web"], "{complaints:?}");
    let events = api.get("/events?limit=200").unwrap();
    // how full the disk is, is a matter of the machine that tests
    let is_loud = |event: &&Value| event["severity"] == "error" && event["code"] != "node.disk_high";
    let loud: Vec<&Value> = events["items"].as_array().unwrap().iter().filter(is_loud).collect();
    assert!(loud.is_empty(), "{loud:?}");
}

fn it_is_shown_first(node: &Node) {
    let mut api = node.api().unwrap();
    let dry = api.post("/node/roles/web/install?dry_run=true", &json!(null)).unwrap();
    let steps = dry["plan"]["objects"][0]["steps"].as_array().unwrap().clone();
    let codes: Vec<&str> = steps.iter().filter_map(|step| step["code"].as_str()).collect();
    assert!(codes.contains(&"unit.mask") && codes.contains(&"packages.install"), "{dry}");
    let wrong = format!("/node/roles/web/install?expect_plan={}", "0".repeat(64));
    let refused = api.call("POST", &wrong, Some(&json!(null))).unwrap();
    assert_eq!((refused.status, &refused.body["code"]), (409, &json!("plan_changed")));
    assert_eq!(api.get("/jobs").unwrap()["items"], json!([]), "nothing was begun");
}

fn a_broken_source(node: &Node) {
    // what the package manager has at hand is away, and there is no network
    node.sh("mv /var/cache/apt/archives /var/cache/apt/away && mkdir -p /var/cache/apt/archives/partial")
        .unwrap();
    let mut api = node.api().unwrap();
    let id = install(&mut api);
    let failed = ended(&mut api, &id);
    assert_eq!(failed["state"], "failed", "{failed}");
    assert_eq!(failed["problem"]["code"], "packages_failed", "{failed}");
    let detail = failed["problem"]["detail"].as_str().unwrap();
    assert!(detail.contains("E: "), "apt's own words are told: {detail}");
    assert!(failed["problem"]["remedy"].as_str().is_some_and(|words| words.contains("sources")), "{failed}");
    let steps = failed["steps"].as_array().unwrap();
    let at: Vec<(&str, &str)> = steps
        .iter()
        .map(|step| (step["name"].as_str().unwrap_or_default(), step["state"].as_str().unwrap_or_default()))
        .collect();
    let wanted = [
        ("check", "done"),
        ("masks", "done"),
        ("packages", "failed"),
        ("web_server", "pending"),
        ("verify", "pending"),
    ];
    assert_eq!(at, wanted);
    node.sh("rm -rf /var/cache/apt/archives && mv /var/cache/apt/away /var/cache/apt/archives").unwrap();
    // masked before the packages come, and still so
    let masked = node.run(["systemctl", "is-enabled", "apache2.service"]).unwrap().text();
    assert_eq!(masked.trim(), "masked");
    assert!(node.cli(&["job", "show", &id]).unwrap().text().contains("packages"), "the command shows it");
}

fn killed_and_restarted(node: &Node) {
    let mut api = node.api().unwrap();
    let id = role(&mut api)["job"]["id"].as_str().unwrap().to_owned();
    api.post(&format!("/jobs/{id}/retry"), &json!(null)).unwrap();
    unpacks(&mut api, &id);
    node.check(["pkill", "-KILL", "-x", "apt-get"]).unwrap();
    let failed = ended(&mut api, &id);
    assert_eq!((&failed["state"], &failed["attempts"]), (&json!("failed"), &json!(2)), "{failed}");
    assert!(failed["problem"]["detail"].as_str().unwrap().contains("signal: 9"), "{failed}");

    let before = log(&mut api, &id).len();
    api.post(&format!("/jobs/{id}/retry"), &json!(null)).unwrap();
    let follower = node.holdfast(&["--json", "job", "log", &id, "--follow"]).deadline(LIMIT).spawn().unwrap();
    e2e::wait_for("the next try to say something", LIMIT, || {
        Ok((log(&mut api, &id).len() > before + 3).then_some(()))
    })
    .unwrap();
    // once in order, and once without a warning
    node.check(["systemctl", "restart", "holdfast-panel.service"]).unwrap();
    let mut api = node.api().unwrap();
    api.wait_until("/health", LIMIT, |health| health["status"] == "ok").unwrap();
    node.check(["systemctl", "kill", "--signal=KILL", "holdfast-panel.service"]).unwrap();
    e2e::wait_for("the panel", LIMIT, || Ok(node.api().and_then(|mut api| api.get("/health")).ok())).unwrap();
    let mut api = node.api().unwrap();
    let done = ended(&mut api, &id);
    assert_eq!((&done["state"], &done["attempts"]), (&json!("done"), &json!(3)), "{done}");
    assert!(done["steps"].as_array().unwrap().iter().all(|step| step["state"] == "done"), "{done}");
    assert_eq!(done["percent"], 100);

    let lines = log(&mut api, &id);
    let numbers: Vec<i64> = lines.iter().map(|(seq, _)| *seq).collect();
    assert_eq!(numbers, (1..=done["log_lines"].as_i64().unwrap()).collect::<Vec<_>>(), "a gap, or one twice");
    let output = follower.wait().unwrap();
    let told: Vec<(i64, String)> = output
        .text()
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|line| line["seq"].is_i64())
        .map(|line| (line["seq"].as_i64().unwrap(), line["text"].as_str().unwrap_or_default().to_owned()))
        .collect();
    assert_eq!(told, lines, "what was followed is what there is");
    assert!(output.ok(), "a job that is done ends well: {}", output.error_text());
    // the log of the last run, in full
    let of_run: Vec<String> = node
        .check(["cat", "/var/log/holdfast/packages-web.log"])
        .unwrap()
        .text()
        .lines()
        .map(str::to_owned)
        .collect();
    let words = of_run.iter().filter(|line| !line.starts_with('#') && line.starts_with("Setting up "));
    for line in words {
        assert_eq!(lines.iter().filter(|(_, text)| text == line).count(), 1, "{line}");
    }
    assert_eq!(role(&mut api)["state"], "installed");
    for unit in ["nginx.service", "ssh.service"] {
        assert!(node.is_active(unit).unwrap(), "{unit}");
    }
    let state = node.run(["systemctl", "is-enabled", "apache2.service"]).unwrap().text();
    assert_eq!(state.trim(), "masked");
}

/// Until packages are being unpacked in this attempt.
fn unpacks(api: &mut Api, id: &str) {
    e2e::wait_for("packages to be unpacked", LIMIT, || {
        let job = job(api, id);
        let at = job["steps"][2]["state"] == "running";
        let says = job["last_line"].as_str().unwrap_or_default();
        Ok((at
            && (says.starts_with("Unpacking")
                || says.starts_with("Preparing")
                || says.starts_with("Selecting")))
        .then_some(()))
    })
    .unwrap();
}
