//! The panel is backed up, put back as it was before, and upgraded; the sites never notice.

use std::net::IpAddr;
use std::time::Duration;

use e2e::life::{self, BACKUP};
use e2e::{Checks, Distro, Load, Node, package};

use crate::support;

/// A deliberately broken release is made of the package under test, on the server.
const BREAK: &str = "/root/break.sh";
const BREAK_TEXT: &str = r#"
set -e
name=$1; what=$2
rm -rf /root/broken && dpkg-deb --raw-extract /root/good.deb /root/broken
cd /root/broken
sed -i "s/^Version: .*/Version: 9.0.0+$name/" DEBIAN/control
panel=usr/libexec/holdfast/holdfast-panel
case $what in
    good) ;;
    # it can do everything but serve
    dies) mv $panel $panel.real
        printf '#!/bin/sh\n[ "$1" = database ] && exec "$0.real" "$@"\nexit 1\n' > $panel; chmod 755 $panel ;;
    # its migration fails
    migration) printf '#!/bin/sh\necho "no such table" >&2\nexit 1\n' > $panel; chmod 755 $panel ;;
    # it dies, and leaves a database that nobody can read
    spoils) mv $panel $panel.real
        printf '#!/bin/sh\n[ "$1" = database ] && exec "$0.real" "$@"\nexit 1\n' > $panel; chmod 755 $panel
        printf '\necho spoilt > /var/lib/holdfast/holdfast.db\n' >> DEBIAN/postinst ;;
    # dpkg itself fails half-way
    refused) printf '\nexit 1\n' >> DEBIAN/postinst ;;
esac
dpkg-deb --root-owner-group -Zgzip -z1 --build /root/broken /root/$name.deb > /dev/null
"#;

pub(crate) fn on(distro: Distro) {
    let node = Node::ready(distro, "life").unwrap();
    let mut checks = Checks::new(distro.name());
    life::before(&node).unwrap();
    checks.check("a panel from days ago is put back, and nothing on the server is lost", || put_back(&node));
    checks.check("both sides are shown, and the server's can be taken", || adopt(&node));
    checks.check("the audit says that it was restored, and goes on", || audit(&node));
    checks.check("a restore that is killed is completed by the next", || killed_restores(&node));
    checks.check("a backup is put back on a fresh server", || on_a_fresh_server(&node, distro));
    checks.check("an upgrade by itself fails not one request", || upgrade(&node));
    checks.check("a release that is not well goes, and the old one is back", || broken_upgrades(&node));
    checks.check("an upgrade that is killed is completed by the next", || killed_upgrade(&node));
    checks.check("the doctor is content at the end", || {
        support::nothing_to_do(&node);
        assert_eq!(support::complaints(&mut node.api().unwrap()), Vec::<serde_json::Value>::new());
    });
    checks.finish();
}

fn load(node: &Node) -> Load {
    Load::start(IpAddr::V4(node.ipv4()), &["kept.example.test"], "/", "ann")
}

fn unharmed(load: Load) {
    let report = load.stop().unwrap();
    eprintln!("    {} requests meanwhile, {} failed, slowest {:?}", report.good, report.bad, report.slowest);
    assert!(report.bad == 0 && report.good > 20, "{report:?}");
}

fn put_back(node: &Node) {
    life::back_up(node).unwrap();
    let mode = node.check(["stat", "-c", "%a %U", BACKUP]).unwrap().text();
    assert_eq!(mode, "600 root");
    life::days_go_by(node).unwrap();
    let load = load(node);
    let plan = node.ok(&["restore-panel", "--dry-run", BACKUP]).unwrap().text();
    assert!(plan.contains("would keep the agent's ledger"), "{plan}");
    assert_eq!(life::undecided(node).unwrap(), Vec::<String>::new(), "a dry run changes nothing");
    let told = life::put_back(node).unwrap();
    assert!(told.contains("holdfast adopt"), "{told}");
    life::all_are_served(node).unwrap();
    // not even a pass over everything, or a restart of all, takes anything away
    node.ok(&["sweep"]).unwrap();
    node.check(["systemctl", "restart", "holdfast-agent.service", "holdfast-panel.service"]).unwrap();
    node.api().unwrap().wait_until("/node", support::LIMIT, |view| view["host"].is_object()).unwrap();
    life::all_are_served(node).unwrap();
    assert!(node.check(["id", "ben"]).unwrap().ok());
    unharmed(load);
}

fn adopt(node: &Node) {
    let waiting = life::undecided(node).unwrap();
    let php = node.distro().php();
    let mut wanted: Vec<String> = [
        "behind certificate gone.example.test",
        "behind site gone.example.test",
        "behind site kept.example.test",
        "unknown account ben",
        "unknown certificate ben.example.test",
        "unknown certificate new.example.test",
        "unknown site ben.example.test",
        "unknown site new.example.test",
    ]
    .map(str::to_owned)
    .to_vec();
    wanted.push(format!("unknown pool ben-{php}"));
    wanted.sort();
    assert_eq!(waiting, wanted);
    let shown = node.ok(&["adopt"]).unwrap().text();
    assert!(
        shown.contains("body_size") && shown.contains("holdfast adopt host site kept.example.test"),
        "{shown}"
    );
    let shown = node.ok(&["site", "show", "kept.example.test"]).unwrap().text();
    assert!(shown.contains("behind") && shown.contains("holdfast adopt"), "{shown}");
    let load = load(node);
    life::the_server_rules(node).unwrap();
    unharmed(load);
    life::all_are_served(node).unwrap();
    support::nothing_to_do(node);
    let gone = node.page("gone.example.test", "/").unwrap();
    assert!(!gone.text().contains("ann"), "what was deleted stays deleted: {}", gone.text());
    // a user id of the server is never given again
    let mut api = node.api().unwrap();
    support::account(&mut api, "cleo");
    let uid = |api: &mut e2e::Api, name: &str| api.get(&format!("/accounts/{name}")).unwrap()["uid"].as_u64();
    assert!(uid(&mut api, "cleo") > uid(&mut api, "ben"));
}

fn audit(node: &Node) {
    let verdict = node.ok(&["audit", "verify"]).unwrap().text();
    assert!(verdict.contains("intact") && verdict.contains("restored"), "{verdict}");
    let listed = node.ok(&["audit", "list"]).unwrap().text();
    assert!(listed.contains("panel.restore") && listed.contains("adoption.host"), "{listed}");
}

fn killed_restores(node: &Node) {
    life::back_up(node).unwrap();
    let mut random = e2e::Random::seeded(7);
    let mut killed = 0;
    for _ in 0..6 {
        let mut run = node.holdfast(&["restore-panel", BACKUP]).deadline(support::LIMIT).spawn().unwrap();
        let pause = random.between(Duration::from_millis(50), Duration::from_secs(1));
        #[expect(clippy::disallowed_methods, reason = "a kill at a random moment")]
        std::thread::sleep(pause);
        let was_running = run.ended().unwrap().is_none();
        let _ = node.run(["pkill", "-KILL", "-x", "holdfast-setup"]).unwrap();
        killed += usize::from(was_running);
        drop(run);
        life::all_are_served(node).unwrap();
    }
    eprintln!("    killed {killed} restores");
    assert!(killed > 1, "only {killed} were still running when they were killed");
    life::put_back(node).unwrap();
    assert_eq!(life::undecided(node).unwrap(), Vec::<String>::new());
    life::all_are_served(node).unwrap();
    support::nothing_to_do(node);
}

fn on_a_fresh_server(node: &Node, distro: Distro) {
    life::back_up(node).unwrap();
    let fresh = Node::ready(distro, "fresh").unwrap();
    fresh.push(BACKUP, node.pull(BACKUP).unwrap(), 0o600).unwrap();
    // the homes come from the accounts' own backup, first
    let homes =
        node.check(["tar", "-C", "/home", "--numeric-owner", "-czf", "-", "ann", "ben", "cleo"]).unwrap();
    fresh.push("/root/homes.tgz", homes.stdout, 0o600).unwrap();
    fresh.check(["tar", "-C", "/home", "--numeric-owner", "-xzf", "/root/homes.tgz"]).unwrap();
    let told = life::put_back(&fresh).unwrap();
    assert!(told.contains("agent's ledger"), "{told}");
    let mut api = fresh.api().unwrap();
    for (site, _) in life::SERVED {
        api.wait_ready(&format!("/sites/{site}"), support::LIMIT).unwrap();
    }
    support::the_start_is_over(&mut api);
    life::all_are_served(&fresh).unwrap();
    assert_eq!(life::undecided(&fresh).unwrap(), Vec::<String>::new());
    let uid = |node: &Node| node.check(["id", "-u", "ben"]).unwrap().text();
    assert_eq!(uid(&fresh), uid(node));
}

fn release(node: &Node, name: &str, what: &str) -> String {
    node.push_file(&package().unwrap(), "/root/good.deb", 0o600).unwrap();
    node.push(BREAK, BREAK_TEXT, 0o700).unwrap();
    node.check(["sh", BREAK, name, what]).unwrap();
    format!("/root/{name}.deb")
}

fn version(node: &Node) -> String {
    node.check(["dpkg-query", "--show", "--showformat=${db:Status-Status} ${Version}", "holdfast"])
        .unwrap()
        .text()
}

fn run_upgrade(node: &Node, deb: &str) -> e2e::Output {
    node.holdfast(&["upgrade", "--deb", deb]).deadline(Duration::from_mins(5)).run().unwrap()
}

fn upgrade(node: &Node) {
    let deb = release(node, "fine", "good");
    let before = version(node);
    let looked = node.ok(&["upgrade", "--deb", &deb, "--dry-run"]).unwrap().text();
    assert!(looked.contains("9.0.0+fine"), "{looked}");
    assert_eq!(version(node), before);
    let load = load(node);
    let output = run_upgrade(node, &deb);
    assert!(output.ok(), "{}\n{}", output.text(), output.error_text());
    eprintln!("{}", output.text());
    unharmed(load);
    assert_eq!(version(node), "installed 9.0.0+fine");
    life::all_are_served(node).unwrap();
    support::nothing_to_do(node);
}

fn broken_upgrades(node: &Node) {
    let before = version(node);
    for (what, says) in [
        ("migration", "cannot take over the database"),
        ("dies", "runs again"),
        ("spoils", "runs again"),
        ("refused", "runs again"),
    ] {
        let deb = release(node, what, what);
        let load = load(node);
        let output = run_upgrade(node, &deb);
        let said = format!("{}\n{}", output.text(), output.error_text());
        assert!(!output.ok() && said.contains(says), "{what}: {said}");
        unharmed(load);
        assert_eq!(version(node), before, "{what}: {said}");
        let mut api = node.api().unwrap();
        api.wait_ready("/sites/kept.example.test", support::LIMIT).unwrap();
        support::site(&mut api, "ann", &format!("after-{what}.example.test"));
        life::all_are_served(node).unwrap();
        assert!(
            node.run(["ls", "/var/lib/holdfast-setup/upgrade"]).unwrap().code() != 0,
            "{what}: something was left"
        );
    }
    support::nothing_to_do(node);
}

fn killed_upgrade(node: &Node) {
    let deb = release(node, "again", "good");
    let mut random = e2e::Random::seeded(5);
    let load = load(node);
    let mut killed = 0;
    for _ in 0..4 {
        let mut run = node.holdfast(&["upgrade", "--deb", &deb]).deadline(support::LIMIT).spawn().unwrap();
        let pause = random.between(Duration::from_millis(1500), Duration::from_secs(9));
        #[expect(clippy::disallowed_methods, reason = "a kill at a random moment")]
        std::thread::sleep(pause);
        let was_running = run.ended().unwrap().is_none();
        let _ = node.run(["pkill", "-KILL", "-x", "holdfast-setup"]).unwrap();
        killed += usize::from(was_running);
        drop(run);
    }
    let output = run_upgrade(node, &deb);
    assert!(output.ok(), "{}\n{}", output.text(), output.error_text());
    eprintln!("    killed {killed} upgrades");
    unharmed(load);
    assert_eq!(version(node), "installed 9.0.0+again");
    life::all_are_served(node).unwrap();
    support::nothing_to_do(node);
}
