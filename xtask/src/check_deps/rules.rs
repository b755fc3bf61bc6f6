//! The rules: what each kind of crate must not link.

use std::fmt;

use super::graph::{Graph, Node, Place};

/// An arrow, or a path of arrows, that a rule forbids.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    /// From the crate that the rule is about to the one that it must not link.
    pub(crate) path: String,
    /// Why not.
    pub(crate) rule: &'static str,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n    {}", self.path, self.rule)
    }
}

/// HTTP, TLS, and whatever else speaks to a network.
const NETWORK: &[&str] = &[
    "actix-web",
    "aws-lc-rs",
    "axum",
    "axum-core",
    "curl",
    "h2",
    "h3",
    "hickory-resolver",
    "hyper",
    "hyper-util",
    "instant-acme",
    "isahc",
    "lettre",
    "native-tls",
    "openssl",
    "quinn",
    "reqwest",
    "rustls",
    "tokio-rustls",
    "tonic",
    "tower-http",
    "tungstenite",
    "ureq",
];
/// Clients of databases.
const DATABASE: &[&str] =
    &["diesel", "mysql_async", "postgres", "rusqlite", "sqlx", "sqlx-core", "tokio-postgres"];
/// The panel's own, in `crates/`.
const PANEL_ONLY: &[&str] =
    &["api-kit", "audit", "auth", "auth-oidc", "auth-webauthn", "desired", "jobs", "limits", "seal", "store"];
/// The host's side, in `crates/`.
const HOST_ONLY: &[&str] = &["hostd", "hostfs"];
/// What a spec may name itself, besides specs.
const SPEC_MAY: &[&str] =
    &["base64", "converge", "jiff", "names", "serde", "serde_json", "thiserror", "utoipa", "uuid", "wire"];
/// Crates that only tests and developers' commands link.
const TEST_ONLY: &[&str] = &["e2e", "testkit", "testhost"];

/// All violations in the workspace, ordered by crate.
pub(crate) fn check(graph: &Graph) -> Vec<Violation> {
    let mut found = Vec::new();
    for number in graph.ours() {
        let node = graph.node(number);
        direct(graph, node, &mut found);
        for path in graph.paths(number, |_| true) {
            let target = graph.node(path[path.len() - 1]);
            let database = path.iter().any(|&on_it| is_database_agent(graph.node(on_it)));
            if let Some(rule) = forbidden(node, target, database) {
                found.push(Violation { path: graph.words(&path), rule });
            }
        }
    }
    found
}

/// Rules about what a crate names itself.
fn direct(graph: &Graph, node: &Node, found: &mut Vec<Violation>) {
    for link in &node.links {
        let target = graph.node(link.to);
        let mut forbid =
            |rule| found.push(Violation { path: format!("{} -> {}", node.name, target.name), rule });
        if let Place::Feature { feature, part } = &node.place {
            match &target.place {
                Place::Feature { feature: other, part: its } if feature != other && its != "spec" => {
                    forbid("a feature may use another feature's spec at most");
                }
                Place::Feature { part: its, .. } if part == "spec" && its != "spec" => {
                    forbid("a spec may use other specs at most");
                }
                Place::Crate | Place::Foreign
                    if part == "spec" && !SPEC_MAY.contains(&target.name.as_str()) =>
                {
                    forbid("a spec is pure: names, wire's vocabulary, converge's vocabulary, serde");
                }
                _ => {}
            }
            let io = |name: &String| name == "client" || name == "server";
            if part == "spec" && target.name == "wire" && link.features.iter().any(io) {
                forbid("a spec uses wire's vocabulary, not its client or server");
            }
        }
        if node.name == "names" && node.place == Place::Crate && target.place != Place::Foreign {
            forbid("names stands below everything of ours");
        }
    }
}

/// Rules about what a crate links, however long the path. The reason, if it must not. `database` says that the path leads
/// through the one agent crate that may hold a database client.
fn forbidden(node: &Node, target: &Node, database: bool) -> Option<&'static str> {
    let is = |names: &[&str]| names.contains(&target.name.as_str());
    let is_ours = |names: &[&str]| target.place == Place::Crate && is(names);
    let is_part = |wanted: &str| matches!(&target.place, Place::Feature { part, .. } if part == wanted);
    if matches!(target.place, Place::Bin(_) | Place::Xtask) {
        return Some("nothing links a binary's crate");
    }
    // the box is a server as the tests boot them
    let is_box = matches!(&node.place, Place::Bin(name) if name == "box") && target.name == "testhost";
    let may = is_box || node.place == Place::Xtask || (node.place == Place::Crate && is_test_only(node));
    if is_ours(TEST_ONLY) && !may {
        return Some("what ships links nothing that is made for tests");
    }
    match &node.place {
        Place::Crate if matches!(target.place, Place::Feature { .. }) => {
            Some("the crates that all features share know no feature")
        }
        Place::Crate if HOST_ONLY.contains(&node.name.as_str()) => {
            privileged(target, is_ours, is_part, false)
        }
        Place::Feature { part, .. } if part == "agent" => privileged(target, is_ours, is_part, database),
        Place::Bin(name) if name == "agent" => privileged(target, is_ours, is_part, database),
        Place::Bin(name) if name == "setup" => {
            let inside = is_ours(PANEL_ONLY) || is(DATABASE) || is_part("panel");
            inside.then_some("set-up asks the panel by its API and knows nothing behind it")
        }
        Place::Feature { part, .. } if part == "worker" => worker(target, is_ours, is_part),
        Place::Bin(name) if name == "worker" => worker(target, is_ours, is_part),
        Place::Feature { part, .. } if part == "panel" => panel(is_ours, is_part),
        Place::Bin(name) if name == "panel" => panel(is_ours, is_part),
        Place::Feature { part, .. } if part == "spec" => {
            let io = is(NETWORK) || is(DATABASE) || is_ours(HOST_ONLY) || is_ours(PANEL_ONLY);
            io.then_some("a spec does no I/O of any kind")
        }
        Place::Bin(name) if name == "cli" => {
            let inside = is_ours(PANEL_ONLY) || is(DATABASE) || is_part("panel") || is_part("agent");
            inside.then_some("the CLI speaks the API and knows nothing behind it")
        }
        Place::Bin(name) if name == "probe" || name == "egress" => {
            let inside = is_ours(PANEL_ONLY) || is_ours(HOST_ONLY) || is(DATABASE);
            (inside || is_part("panel") || is_part("agent"))
                .then_some("what speaks to strangers reaches neither the host nor the panel's data")
        }
        _ => None,
    }
}

fn is_database_agent(node: &Node) -> bool {
    matches!(&node.place, Place::Feature { feature, part } if feature == "database" && part == "agent")
}

fn is_test_only(node: &Node) -> bool {
    TEST_ONLY.contains(&node.name.as_str())
}

fn privileged(
    target: &Node,
    is_ours: impl Fn(&[&str]) -> bool,
    is_part: impl Fn(&str) -> bool,
    database: bool,
) -> Option<&'static str> {
    let name = &target.name.as_str();
    if NETWORK.contains(name) {
        Some("root speaks to no network: no HTTP, no TLS, no client")
    } else if DATABASE.contains(name) && !database {
        Some("a database client is for database/agent alone, over unix sockets")
    } else if is_ours(PANEL_ONLY) || is_part("panel") {
        Some("the agent's side links nothing of the panel's")
    } else {
        None
    }
}

fn worker(
    target: &Node,
    is_ours: impl Fn(&[&str]) -> bool,
    is_part: impl Fn(&str) -> bool,
) -> Option<&'static str> {
    let name = &target.name.as_str();
    let network = NETWORK.contains(name) || DATABASE.contains(name);
    let inside = is_ours(PANEL_ONLY) || is_part("panel") || is_part("agent") || is_ours(&["hostd"]);
    (network || inside)
        .then_some("the worker is the tenant: its tree, and nothing else of ours or of a network")
}

fn panel(is_ours: impl Fn(&[&str]) -> bool, is_part: impl Fn(&str) -> bool) -> Option<&'static str> {
    (is_ours(HOST_ONLY) || is_part("agent") || is_part("worker"))
        .then_some("the panel's side never touches the host: it asks the agent")
}
