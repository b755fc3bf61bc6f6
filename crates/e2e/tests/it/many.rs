//! Panel and agent are killed in the middle of creating fifty sites; nothing that was accepted is lost.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use e2e::{Api, Checks, Distro, Node, Random, is_ready};
use serde_json::json;

use crate::support::{self, LIMIT};

const ACCOUNTS: [&str; 5] = ["anna", "bert", "cora", "dora", "emil"];
const SITES: usize = 50;
const KILLS: usize = 12;

pub(crate) fn on(distro: Distro) {
    let mut node = Node::ready(distro, "many").unwrap();
    let mut checks = Checks::new(distro.name());
    checks.check("fifty sites while panel and agent are killed", || fifty_sites(&node));
    checks.check("nothing is left to do, and the doctor is content", || {
        support::nothing_to_do(&node);
        assert_eq!(support::complaints(&mut node.api().unwrap()), Vec::<serde_json::Value>::new());
    });
    checks.check("a second pass over everything changes nothing", || second_pass_changes_nothing(&node));
    checks.check("everything serves again after a reboot", || {
        node.restart().unwrap();
        let mut api = node.api().unwrap();
        api.wait_until("/node", LIMIT, |view| is_ready(&view["webserver"])).unwrap();
        all_serve(&node);
        support::the_start_is_over(&mut api);
        support::nothing_to_do(&node);
        assert_eq!(support::complaints(&mut api), Vec::<serde_json::Value>::new());
    });
    checks.check("everything serves again after the power was cut", || {
        let mut api = node.api().unwrap();
        // accepted and not yet on the host
        api.post("/sites", &json!({ "account": "anna", "name": "last.example.test" })).unwrap();
        node.power_cycle().unwrap();
        let mut api = node.api().unwrap();
        api.wait_ready("/sites/last.example.test", LIMIT).unwrap();
        support::serves(&node, "last.example.test", "anna");
        all_serve(&node);
        support::the_start_is_over(&mut api);
        support::nothing_to_do(&node);
    });
    checks.finish();
}

fn site(number: usize) -> (String, &'static str) {
    (format!("site{number:02}.example.test"), ACCOUNTS[number % ACCOUNTS.len()])
}

/// Sends until it is answered: what a client does whose server was killed under it. The key makes repeating harmless.
fn create(api: &mut Api, path: &str, key: &str, body: &serde_json::Value) {
    let end = Instant::now() + LIMIT;
    let headers = [("idempotency-key", key)];
    loop {
        match api.call_with("POST", path, &headers, Some(body)) {
            Ok(answer) if (200..300).contains(&answer.status) => return,
            // done, and killed before the answer was kept: it is looked at afterwards
            Ok(answer) if answer.body.to_string().contains("answer_not_kept") => return,
            Ok(answer) if answer.status < 500 && answer.status != 409 => {
                panic!("{key}: {} {}", answer.status, answer.body)
            }
            Ok(answer) => assert!(Instant::now() < end, "{key}: {} {}", answer.status, answer.body),
            Err(error) => assert!(Instant::now() < end, "{key}: {error:#}"),
        }
        thread::yield_now();
    }
}

fn fifty_sites(node: &Node) {
    let mut random = Random::seeded(7);
    let done = AtomicBool::new(false);
    let killed = thread::scope(|scope| {
        let killer = scope.spawn(|| {
            let mut killed = [0, 0];
            while killed.iter().sum::<usize>() < KILLS || !done.load(Ordering::Relaxed) {
                let pause = random.between(Duration::from_millis(50), Duration::from_millis(700));
                #[expect(clippy::disallowed_methods, reason = "a kill at a random moment")]
                thread::sleep(pause);
                let which = usize::try_from(random.below(2)).unwrap();
                let unit = ["holdfast-panel.service", "holdfast-agent.service"][which];
                // a unit between death and restart cannot be killed
                if node.kill9(unit).is_ok() {
                    killed[which] += 1;
                }
                if killed.iter().sum::<usize>() > 10 * KILLS {
                    break;
                }
            }
            killed
        });
        let mut api = node.api().unwrap();
        for name in ACCOUNTS {
            let body = json!({ "name": name, "email": format!("{name}@example.test") });
            create(&mut api, "/accounts", &format!("account-{name}"), &body);
        }
        for number in 0..SITES {
            let (name, account) = site(number);
            create(
                &mut api,
                "/sites",
                &format!("site-{number}"),
                &json!({ "account": account, "name": name }),
            );
        }
        done.store(true, Ordering::Relaxed);
        killer.join().unwrap()
    });
    eprintln!("    killed {} panels and {} agents", killed[0], killed[1]);
    assert!(killed[0] > 0 && killed[1] > 0, "one of them was never killed");

    let mut api = node.api().unwrap();
    let begun = Instant::now();
    for number in 0..SITES {
        api.wait_ready(&format!("/sites/{}", site(number).0), LIMIT).unwrap();
    }
    eprintln!("    all ready {:.1} s after the last kill", begun.elapsed().as_secs_f64());
    let names: BTreeSet<String> =
        api.list("/sites").unwrap().iter().map(|site| site["name"].as_str().unwrap().to_owned()).collect();
    assert_eq!(names, (0..SITES).map(|number| site(number).0).collect(), "each once, and no other");
    all_serve(node);
}

fn all_serve(node: &Node) {
    let mut visitor = node.visitor().unwrap();
    for number in 0..SITES {
        let (name, account) = site(number);
        let answer = visitor.get(&name, "/").unwrap();
        assert_eq!(answer.status, 200, "{name}: {}", answer.text());
        assert!(answer.text().contains(&format!("<code>{account}</code>")), "{name}: {}", answer.text());
    }
}

fn second_pass_changes_nothing(node: &Node) {
    let tree = "find /etc/nginx /etc/holdfast /etc/systemd/system /etc/passwd /var/lib/holdfast-agent/ledger -type f -printf '%p %T@ %s\\n' | sort";
    let before = node.sh(tree).unwrap().text();
    let workers = "pgrep -f '^nginx: worker process' | sort";
    let loaded = node.sh(workers).unwrap().text();
    assert!(!loaded.is_empty(), "nginx has no workers");
    node.api().unwrap().call("POST", "/sweep", None).unwrap().checked().unwrap();
    assert_eq!(node.sh(tree).unwrap().text(), before, "an idle sweep wrote files");
    assert_eq!(node.sh(workers).unwrap().text(), loaded, "an idle sweep reloaded nginx");
}
