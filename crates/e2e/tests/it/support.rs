//! What the checks share.

use std::time::{Duration, Instant};

use e2e::{Api, Node};
use serde_json::{Value, json};

/// How long convergence may take on a busy machine of two cores.
pub(crate) const LIMIT: Duration = Duration::from_secs(90);
/// The password of every account here.
pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// Makes an account and waits until it is ready.
pub(crate) fn account(api: &mut Api, name: &str) {
    let body = json!({ "name": name, "email": format!("{name}@example.test"), "password": PASSWORD });
    api.post("/accounts", &body).unwrap();
    api.wait_ready(&format!("/accounts/{name}"), LIMIT).unwrap();
}

/// Makes a site and waits until it is ready.
pub(crate) fn site(api: &mut Api, account: &str, name: &str) -> Value {
    api.post("/sites", &json!({ "account": account, "name": name })).unwrap();
    api.wait_ready(&format!("/sites/{name}"), LIMIT).unwrap()
}

/// The directory of a site's pages, on the server.
pub(crate) fn docroot(account: &str, site: &str) -> String {
    format!("/home/{account}/sites/{site}/public")
}

/// Writes a file as its account would.
pub(crate) fn put(node: &Node, account: &str, path: &str, text: &str) {
    node.command([
        "runuser",
        "-u",
        account,
        "--",
        "sh",
        "-c",
        "umask 022; mkdir -p \"$(dirname \"$0\")\"; cat > \"$0\"",
        path,
    ])
    .stdin(text)
    .check()
    .unwrap();
}

/// A site that answers 200 with this text, over both families.
pub(crate) fn serves(node: &Node, site: &str, text: &str) {
    for reply in [node.page(site, "/").unwrap(), node.page6(site, "/").unwrap()] {
        assert_eq!(reply.status, 200, "{site}: {}", reply.text());
        assert!(reply.text().contains(text), "{site} does not say {text:?}: {}", reply.text());
    }
}

/// Nothing is left to do, by the panel's own word.
pub(crate) fn nothing_to_do(node: &Node) {
    assert_eq!(node.planned_steps().unwrap(), Vec::<String>::new());
}

/// A setting of the kernel that a server without a kernel of its own cannot have where this machine has it not.
const SYMLINKS: &str = "/proc/sys/fs/protected_symlinks";

/// Every finding of the doctor that is not good.
pub(crate) fn complaints(api: &mut Api) -> Vec<Value> {
    let end = Instant::now() + LIMIT;
    loop {
        let found = complaints_of_now(api);
        // what is on its way is no complaint that stays
        let passes = |finding: &Value| finding["code"] == "object.ready";
        if !found.iter().any(passes) || Instant::now() > end {
            return found;
        }
        #[expect(clippy::disallowed_methods, reason = "the pause between two looks")]
        std::thread::sleep(Duration::from_millis(500));
    }
}

fn complaints_of_now(api: &mut Api) -> Vec<Value> {
    let report = api.get("/doctor").unwrap();
    let findings = report["findings"].as_array().unwrap_or_else(|| panic!("no findings: {report}"));
    assert!(!findings.is_empty(), "a doctor who looked at nothing");
    let of_this_machine = |finding: &Value| {
        // its name, memory, disk and clock, and that nobody signed its certificate
        let code = finding["code"].as_str().unwrap_or_default();
        let of_hardware = code.starts_with("server.") && !code.starts_with("server.role.");
        let of_kernel = finding["subject"] == SYMLINKS
            && std::fs::read_to_string(SYMLINKS).is_ok_and(|value| value.trim() == "0");
        of_hardware || of_kernel || code == "panel.certificate"
    };
    findings
        .iter()
        .filter(|finding| finding["severity"] != "ok" && !of_this_machine(finding))
        .cloned()
        .collect()
}

/// A sweep of our own, which is refused while the one of the agent's start is under way: that one may find nginx answering while
/// systemd still waits for its start to end.
pub(crate) fn the_start_is_over(api: &mut Api) {
    e2e::wait_for("a sweep after that of the start", LIMIT, || {
        let answer = api.call("POST", "/sweep", None).unwrap();
        Ok((answer.status != 503).then(|| answer.checked().unwrap()))
    })
    .unwrap();
}
