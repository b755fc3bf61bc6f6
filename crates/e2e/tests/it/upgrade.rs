//! The package is installed again while visitors come and the panel is asked.

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use e2e::{Api, Load, Node, package};

use crate::support::{self, LIMIT};

/// How long panel and agent may be away.
const AWAY: Duration = Duration::from_secs(3);

pub(crate) fn fails_no_request(node: &Node, api: &mut Api) {
    support::site(api, "alice", "second.example.test");
    let before = [pid(node, "holdfast-panel.service"), pid(node, "holdfast-agent.service")];
    let load =
        Load::start(IpAddr::V4(node.ipv4()), &["steady.example.test", "second.example.test"], "/", "alice");
    let done = AtomicBool::new(false);
    let (panel, agent) = thread::scope(|scope| {
        let panel = scope.spawn(|| longest_wait(node, "/health", &done));
        let agent = scope.spawn(|| longest_wait(node, "/node", &done));
        node.install_package(&package().unwrap()).unwrap();
        node.api().unwrap().wait_until("/node", LIMIT, |view| view["host"].is_object()).unwrap();
        done.store(true, Ordering::Relaxed);
        (panel.join().unwrap(), agent.join().unwrap())
    });
    let report = load.stop().unwrap();
    eprintln!(
        "    panel away {panel:?} at most, agent {agent:?}; {} requests meanwhile, {} failed, slowest {:?}",
        report.good, report.bad, report.slowest
    );
    let after = [pid(node, "holdfast-panel.service"), pid(node, "holdfast-agent.service")];
    assert!(before.iter().zip(&after).all(|(old, new)| old != new), "not restarted: {before:?} {after:?}");
    assert!(report.bad == 0 && report.good > 50, "{report:?}");
    assert!(panel < AWAY && agent < AWAY, "away too long: panel {panel:?}, agent {agent:?}");
    let version = node.cli(&["--version"]).unwrap();
    assert!(version.ok(), "{}", version.error_text());
}

fn pid(node: &Node, unit: &str) -> String {
    let pid = node.property(unit, "MainPID").unwrap();
    assert_ne!(pid, "0", "{unit} does not run");
    pid
}

/// The longest time between two good answers; for the node, an answer is good when the agent's figures are in it.
fn longest_wait(node: &Node, path: &str, done: &AtomicBool) -> Duration {
    let mut api = node.api().unwrap();
    let (mut longest, mut last) = (Duration::ZERO, Instant::now());
    while !done.load(Ordering::Relaxed) {
        let answer = api.call("GET", path, None);
        let good = answer.is_ok_and(|a| a.status == 200 && (path == "/health" || a.body["host"].is_object()));
        if good {
            longest = longest.max(last.elapsed());
            last = Instant::now();
        }
        #[expect(clippy::disallowed_methods, reason = "the pace of the questions")]
        thread::sleep(Duration::from_millis(10));
    }
    longest.max(last.elapsed())
}
