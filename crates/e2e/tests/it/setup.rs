//! Set-up on a server as a hoster delivers it: in the way of others, killed again and again, and run twice.

use std::thread;
use std::time::Duration;

use e2e::{Checks, Distro, Node, Options, Random};
use serde_json::Value;

use crate::support;

const KILLS: usize = 8;
const LIMIT: Duration = Duration::from_mins(5);
const FOREIGN: &str = "/etc/nginx/conf.d/shop.conf";

pub(crate) fn on(distro: Distro) {
    let node = Node::installed(Options::fresh(distro).name("setup")).unwrap();
    let mut checks = Checks::new(distro.name());
    checks.check("a dry run changes nothing", || a_dry_run_changes_nothing(&node));
    checks.check("a port in use is reported before anything is changed", || a_taken_port_is_reported(&node));
    checks.check("killed at any moment, set-up is completed by the next run", || killed_and_completed(&node));
    checks.check("a second run has nothing to do", || {
        let plan = planned(&node);
        assert_eq!(plan, Vec::<String>::new());
        let output = node.set_up().unwrap();
        assert!(output.text().contains("nothing had to be done"), "{}", output.text());
    });
    checks.check("the server hosts", || {
        let mut api = node.api().unwrap();
        support::account(&mut api, "alice");
        support::site(&mut api, "alice", "www.example.test");
        support::serves(&node, "www.example.test", "alice");
        support::nothing_to_do(&node);
        assert_eq!(support::complaints(&mut api), Vec::<Value>::new());
    });
    drop(node);
    let node = Node::installed(Options::ready(distro).name("taken")).unwrap();
    checks.check("a foreign nginx is reported, and nothing of it destroyed", || {
        a_foreign_nginx_is_reported(&node);
    });
    checks.finish();
}

/// Everything that set-up could change, with times.
fn state(node: &Node) -> String {
    node.sh("find /etc /usr/lib/systemd/system /var/lib/holdfast /var/lib/holdfast-agent /srv -printf '%p %y %m %u %g %s %T@ %l\\n' | grep -v -e '/etc/mtab' -e ' /etc d' | sort; dpkg-query -f '${Package} ${Version}\\n' -W; systemctl list-unit-files --no-legend --no-pager").unwrap().text()
}

fn planned(node: &Node) -> Vec<String> {
    let output = node.check(["holdfast", "setup", "--json", "--dry-run"]).unwrap();
    let plan: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {}", output.text()));
    let steps = plan["steps"].as_array().unwrap_or_else(|| panic!("{plan}"));
    steps.iter().map(|step| step["summary"].as_str().unwrap_or_default().to_owned()).collect()
}

fn a_dry_run_changes_nothing(node: &Node) {
    let before = state(node);
    let output = node.check(["holdfast", "setup", "--dry-run"]).unwrap();
    assert!(output.text().contains("would "), "{}", output.text());
    assert!(!planned(node).is_empty());
    assert_eq!(state(node), before);
}

fn a_taken_port_is_reported(node: &Node) {
    let script = "use IO::Socket::INET; my $s = IO::Socket::INET->new(Listen => 5, LocalPort => 80, ReuseAddr => 1) or die; print \"up\\n\"; sleep 600;";
    let taken = node.command(["perl", "-e", script]).deadline(LIMIT).spawn().unwrap();
    e2e::wait_for("a foreign listener on port 80", LIMIT, || {
        let listed = node.run(["ss", "-Hltn", "sport = :80"])?;
        Ok((!listed.text().is_empty()).then_some(()))
    })
    .unwrap();
    let before = state(node);
    let output = node.cli(&["setup"]).unwrap();
    let said = format!("{}{}", output.text(), output.error_text());
    assert!(!output.ok(), "{said}");
    assert!(said.contains("port 80") && said.contains("perl"), "{said}");
    assert_eq!(state(node), before, "it changed something all the same");
    drop(taken);
    // killed on this machine's side; inside it may outlive its shell
    node.sh("pkill -x perl || true").unwrap();
}

fn killed_and_completed(node: &Node) {
    let mut random = Random::seeded(11);
    let mut killed = 0;
    for _ in 0..KILLS {
        let mut run = node.command(["holdfast", "setup"]).deadline(LIMIT).spawn().unwrap();
        let pause = random.between(Duration::from_millis(20), Duration::from_millis(3500));
        #[expect(clippy::disallowed_methods, reason = "a kill at a random moment")]
        thread::sleep(pause);
        let was_running = run.ended().unwrap().is_none();
        // what set-up asked systemd to do goes on, as after a real kill; sometimes that is killed as well
        let _ = node.run(["pkill", "-KILL", "-x", "holdfast-setup"]).unwrap();
        if random.below(3) == 0 {
            let _ =
                node.run(["systemctl", "kill", "--signal=KILL", "holdfast-packages@web.service"]).unwrap();
        }
        killed += usize::from(was_running);
        drop(run);
    }
    eprintln!("    killed {killed} runs of set-up");
    assert!(killed >= KILLS / 2, "only {killed} were still running when they were killed");
    let output = node.set_up().unwrap();
    eprintln!("    completed in {:.1} s", output.elapsed.as_secs_f64());
    assert!(output.text().contains("https://"), "{}", output.text());
}

fn a_foreign_nginx_is_reported(node: &Node) {
    let vhost = "server {\n    listen 80 default_server;\n    listen [::]:80 default_server;\n    server_name shop.example.test;\n    return 200 'the old shop';\n}\n";
    node.sh("rm -f /etc/nginx/sites-enabled/default").unwrap();
    node.push(FOREIGN, vhost, 0o644).unwrap();
    node.sh("nginx -t -q && systemctl restart nginx").unwrap();
    support::serves(node, "shop.example.test", "the old shop");
    let before = state(node);
    let output = node.cli(&["setup"]).unwrap();
    let said = format!("{}{}", output.text(), output.error_text());
    assert!(said.contains(FOREIGN) && said.contains("default_server"), "{said}");
    assert!(!output.ok(), "two default servers cannot be: {said}");
    assert_eq!(state(node), before, "something was changed");
    support::serves(node, "shop.example.test", "the old shop");

    // the administrator takes the default away, and the shop stays
    let vhost = vhost.replace(" default_server", "");
    node.push(FOREIGN, vhost.clone(), 0o644).unwrap();
    node.check(["systemctl", "reload", "nginx"]).unwrap();
    let output = node.set_up().unwrap();
    assert!(output.text().contains("shop.example.test"), "a foreign name is not told: {}", output.text());
    assert_eq!(String::from_utf8(node.pull(FOREIGN).unwrap()).unwrap(), vhost);
    support::serves(node, "shop.example.test", "the old shop");
    let mut api = node.api().unwrap();
    support::account(&mut api, "alice");
    support::site(&mut api, "alice", "www.example.test");
    support::serves(node, "www.example.test", "alice");
    support::serves(node, "shop.example.test", "the old shop");
    // the shop's name is not ours to serve, whatever is asked: green would be a lie
    api.post("/sites", &serde_json::json!({ "account": "alice", "name": "shop.example.test" })).unwrap();
    let site = api
        .wait_until("/sites/shop.example.test", support::LIMIT, |site| {
            !matches!(site["condition"].as_str(), Some("pending" | "converging"))
                || site["reason"].is_string()
        })
        .unwrap();
    eprintln!(
        "    a site with a foreign site's name: {} {} {}",
        site["condition"], site["reason"], site["message"]
    );
    support::serves(node, "shop.example.test", "the old shop");
    assert!(!e2e::is_ready(&site), "{site}");
    support::serves(node, "www.example.test", "alice");
}
