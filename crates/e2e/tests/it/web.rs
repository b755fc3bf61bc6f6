//! Bad sites among good ones, and a foreign file that nginx cannot read.

use std::net::IpAddr;

use e2e::{Api, Checks, Distro, Load, Node, is_ready};
use serde_json::{Value, json};

use crate::support::{self, LIMIT};

const SITES: usize = 200;
/// Refused whatever the others are.
const BAD: [usize; 3] = [17, 101, 180];
/// Refused only beside one another.
const PAIR: [usize; 2] = [60, 140];
const TEMPLATE: &str = "/etc/holdfast/templates/nginx/site.conf.j2";
const BUILT_IN: &str = include_str!("../../../../features/web/agent/src/templates/site.conf.j2");
const FOREIGN: &str = "/etc/nginx/conf.d/hand-made.conf";

pub(crate) fn on(distro: Distro) {
    let node = Node::ready(distro, "web").unwrap();
    let mut api = node.api().unwrap();
    let mut checks = Checks::new(distro.name());
    support::account(&mut api, "alice");
    support::site(&mut api, "alice", "steady.example.test");
    checks.check("a broken foreign file makes changes wait, and stops nothing that runs", || {
        a_foreign_file_makes_changes_wait(&node, &mut api);
    });
    checks.check("200 sites, 3 of them bad and two bad together", || bad_ones_are_isolated(&node, &mut api));
    checks.check("mended, all serve", || mended_all_serve(&node, &mut api));
    checks.check("a foreign site beside ours stays as it is", || foreign_sites_stay(&node, &mut api));
    checks.finish();
}

fn a_foreign_file_makes_changes_wait(node: &Node, api: &mut Api) {
    let load = Load::start(IpAddr::V4(node.ipv4()), &["steady.example.test"], "/", "alice");
    node.push(FOREIGN, "server { listen 80; server_name hand.example.test; oops\n", 0o644).unwrap();
    api.post("/sites", &json!({ "account": "alice", "name": "waiting.example.test" })).unwrap();
    let waiting = api
        .wait_until("/sites/waiting.example.test", LIMIT, |site| site["reason"] == "foreign_config_broken")
        .unwrap();
    assert_ne!(waiting["condition"], "ready", "{waiting}");
    let message = waiting["message"].as_str().unwrap_or_default();
    assert!(message.contains(FOREIGN), "the file is not named: {waiting}");
    assert_eq!(node.page("waiting.example.test", "/").unwrap().status, 404);

    // a change of a running site waits just so, and goes on serving
    api.call_with(
        "PATCH",
        "/sites/steady.example.test",
        &[("if-match", "*")],
        Some(&json!({ "aliases": ["other.example.test"] })),
    )
    .unwrap()
    .checked()
    .unwrap();
    let steady = api
        .wait_until("/sites/steady.example.test", LIMIT, |site| site["reason"] == "foreign_config_broken")
        .unwrap();
    assert_eq!(steady["condition"], "degraded", "it serves as before: {steady}");
    node.check(["test", "-e", FOREIGN]).unwrap();

    node.check(["rm", FOREIGN]).unwrap();
    for name in ["waiting.example.test", "steady.example.test"] {
        api.wait_ready(&format!("/sites/{name}"), LIMIT).unwrap();
        support::serves(node, name, "alice");
    }
    support::serves(node, "other.example.test", "alice");
    let report = load.stop().unwrap();
    eprintln!("    {} requests meanwhile, {} failed, slowest {:?}", report.good, report.bad, report.slowest);
    assert!(report.bad == 0 && report.good > 50, "{report:?}");
    support::nothing_to_do(node);
}

fn name(number: usize) -> String {
    format!("own{number:03}.example.test")
}

/// The built-in template, with a bad block for some.
fn template() -> String {
    let only = |number: usize, line: String| {
        format!("{{% if names[0] == \"{}\" %}}\n{line}\n{{% endif %}}\n", name(number))
    };
    let bad = BAD.map(|number| only(number, format!("no_such_directive_{number} on;")));
    let pair = PAIR.map(|number| only(number, "upstream once_only { server 127.0.0.1:1; }".to_owned()));
    [BUILT_IN.to_owned()].into_iter().chain(bad).chain(pair).collect()
}

fn all_settled(api: &mut Api) -> Vec<Value> {
    let end = std::time::Instant::now() + 2 * LIMIT;
    loop {
        let sites = api.list("/sites").unwrap();
        let open: Vec<&Value> =
            sites.iter().filter(|site| !(is_ready(site) || site["reason"] == "config_refused")).collect();
        if sites.len() >= SITES && open.is_empty() {
            return sites;
        }
        assert!(
            std::time::Instant::now() < end,
            "{} of {} are not settled: {:?}",
            open.len(),
            sites.len(),
            open.first()
        );
        std::thread::yield_now();
    }
}

fn bad_ones_are_isolated(node: &Node, api: &mut Api) {
    node.push(TEMPLATE, template(), 0o644).unwrap();
    let load = Load::start(IpAddr::V4(node.ipv4()), &["steady.example.test"], "/", "alice");
    for number in 0..SITES {
        let body =
            json!({ "account": "alice", "name": name(number), "body_size": format!("{}M", number + 1) });
        api.post("/sites", &body).unwrap();
    }
    let sites = all_settled(api);
    let report = load.stop().unwrap();
    assert!(report.bad == 0 && report.good > 50, "a site beside them: {report:?}");
    let find = |number: usize| sites.iter().find(|site| site["name"] == name(number)).unwrap();
    let mut visitor = node.visitor().unwrap();
    let mut refused = Vec::new();
    for number in 0..SITES {
        let site = find(number);
        if is_ready(site) {
            let answer = visitor.get(&name(number), "/").unwrap();
            assert_eq!(answer.status, 200, "{}: {}", name(number), answer.text());
        } else {
            assert_eq!(site["reason"], "config_refused", "{site}");
            refused.push(number);
        }
    }
    for number in BAD {
        assert!(refused.contains(&number), "{number} is not refused");
        let message = find(number)["message"].as_str().unwrap_or_default();
        assert!(
            message.contains(&format!("no_such_directive_{number}")),
            "nginx's own words: {}",
            find(number)
        );
    }
    let of_pair: Vec<usize> = refused.iter().copied().filter(|number| PAIR.contains(number)).collect();
    assert!((1..=2).contains(&of_pair.len()), "of the pair: {of_pair:?}");
    for number in &of_pair {
        let message = find(*number)["message"].as_str().unwrap_or_default();
        assert!(message.contains("once_only"), "nginx's own words: {}", find(*number));
    }
    assert_eq!(refused.len(), BAD.len() + of_pair.len(), "others are refused too: {refused:?}");
    eprintln!("    refused: {refused:?}; {} requests to another site meanwhile, 0 failed", report.good);
    node.check(["nginx", "-t", "-q"]).unwrap();
}

fn mended_all_serve(node: &Node, api: &mut Api) {
    node.check(["rm", TEMPLATE]).unwrap();
    api.call("POST", "/sweep", None).unwrap().checked().unwrap();
    for number in BAD.into_iter().chain(PAIR) {
        api.wait_ready(&format!("/sites/{}", name(number)), 2 * LIMIT).unwrap();
        support::serves(node, &name(number), "alice");
    }
    support::nothing_to_do(node);
}

fn foreign_sites_stay(node: &Node, api: &mut Api) {
    let text =
        "server { listen 80; listen [::]:80; server_name hand.example.test; return 200 'made by hand'; }\n";
    node.push(FOREIGN, text, 0o644).unwrap();
    node.check(["systemctl", "reload", "nginx"]).unwrap();
    // a reload is over before the new processes answer
    e2e::wait_for("the site made by hand", LIMIT, || {
        Ok(node.http("hand.example.test", "/")?.text().contains("made by hand").then_some(()))
    })
    .unwrap();
    support::site(api, "alice", "beside.example.test");
    api.call("POST", "/sweep", None).unwrap().checked().unwrap();
    support::serves(node, "hand.example.test", "made by hand");
    assert_eq!(String::from_utf8(node.pull(FOREIGN).unwrap()).unwrap(), text);
    api.call("DELETE", "/sites/beside.example.test", None).unwrap().checked().unwrap();
    api.wait_gone("/sites/beside.example.test", LIMIT).unwrap();
    support::serves(node, "hand.example.test", "made by hand");
}
