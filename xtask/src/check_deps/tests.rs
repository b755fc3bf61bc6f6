use super::graph::{Graph, Place};
use super::rules::{Violation, check};

/// A workspace with one crate of each kind and the arrows that are wanted.
struct Workspace {
    graph: Graph,
    names: Vec<(String, usize)>,
}

impl Workspace {
    fn new() -> Self {
        let mut workspace = Self { graph: Graph::default(), names: Vec::new() };
        for name in ["names", "wire", "converge", "store", "hostfs", "hostd", "api-kit", "testhost"] {
            workspace.add(name, Place::Crate);
        }
        for feature in ["web", "php", "database"] {
            for part in ["spec", "agent", "panel", "worker"] {
                let place = Place::Feature { feature: feature.to_owned(), part: part.to_owned() };
                workspace.add(&format!("{feature}-{part}"), place);
            }
        }
        for name in ["agent", "panel", "worker", "cli", "probe", "setup"] {
            workspace.add(name, Place::Bin(name.to_owned()));
        }
        workspace.add("xtask", Place::Xtask);
        for name in ["serde", "tokio", "hyper", "rustls", "sqlx", "axum", "middle"] {
            workspace.add(name, Place::Foreign);
        }
        for arrow in [
            "web-spec names",
            "web-spec wire",
            "web-spec php-spec",
            "web-spec serde",
            "web-agent web-spec",
            "web-agent hostd",
            "hostd hostfs",
            "agent web-agent",
            "web-panel web-spec",
            "web-panel php-spec",
            "web-panel store",
            "store sqlx",
            "web-panel axum",
            "axum hyper",
            "panel web-panel",
            "panel rustls",
            "web-worker web-spec",
            "web-worker hostfs",
            "worker web-worker",
            "cli hyper",
            "probe hyper",
            "wire tokio",
            "xtask testhost",
            "database-agent sqlx",
            "agent database-agent",
        ] {
            workspace.arrow(arrow, &[]);
        }
        workspace
    }

    fn add(&mut self, name: &str, place: Place) {
        let number = self.graph.add(name, place);
        self.names.push((name.to_owned(), number));
    }

    fn number(&self, name: &str) -> usize {
        self.names.iter().find(|(have, _)| have == name).expect("a crate of the test").1
    }

    fn arrow(&mut self, arrow: &str, features: &[&str]) {
        let (from, to) = arrow.split_once(' ').expect("two names");
        let (from, to) = (self.number(from), self.number(to));
        self.graph.link(from, to, features);
    }

    fn with(arrows: &[&str]) -> Vec<String> {
        let mut workspace = Self::new();
        for arrow in arrows {
            workspace.arrow(arrow, &[]);
        }
        check(&workspace.graph).into_iter().map(|violation| violation.path).collect()
    }
}

#[test]
fn the_wanted_arrows_are_allowed() {
    assert_eq!(check(&Workspace::new().graph), Vec::<Violation>::new());
}

/// Every forbidden arrow, and the paths that must be shown for it.
#[test]
fn every_forbidden_arrow_is_shown_with_its_path() {
    let cases: &[(&[&str], &[&str])] = &[
        (&["web-agent hyper"], &["web-agent -> hyper", "agent -> web-agent -> hyper"]),
        (&["web-agent middle", "middle rustls"], &["web-agent -> middle -> rustls"]),
        (&["web-agent store"], &["web-agent -> store", "web-agent -> store -> sqlx"]),
        (&["web-agent web-panel"], &["web-agent -> web-panel"]),
        (&["web-agent php-agent"], &["web-agent -> php-agent"]),
        (&["php-agent sqlx"], &["php-agent -> sqlx"]),
        (&["hostd hyper"], &["hostd -> hyper", "web-agent -> hostd -> hyper"]),
        (&["agent rustls"], &["agent -> rustls"]),
        (&["setup store"], &["setup -> store"]),
        (&["web-agent database-agent"], &["web-agent -> database-agent"]),
        (&["web-panel hostd"], &["web-panel -> hostd", "panel -> web-panel -> hostd"]),
        (&["web-panel web-agent"], &["web-panel -> web-agent"]),
        (&["web-panel php-panel"], &["web-panel -> php-panel"]),
        (&["panel hostfs"], &["panel -> hostfs"]),
        (&["web-spec tokio"], &["web-spec -> tokio"]),
        (&["web-spec store"], &["web-spec -> store"]),
        (&["web-spec web-agent"], &["web-spec -> web-agent"]),
        (&["names wire"], &["names -> wire"]),
        (&["converge web-spec"], &["converge -> web-spec"]),
        (&["web-worker hyper"], &["worker -> web-worker -> hyper"]),
        (&["worker hostd"], &["worker -> hostd"]),
        (&["cli store"], &["cli -> store"]),
        (&["cli web-panel"], &["cli -> web-panel"]),
        (&["probe hostfs"], &["probe -> hostfs"]),
        (&["panel testhost"], &["panel -> testhost"]),
        (&["cli panel"], &["cli -> panel"]),
    ];
    for (arrows, paths) in cases {
        let found = Workspace::with(arrows);
        for path in *paths {
            assert!(found.iter().any(|have| have == path), "{arrows:?} must show {path}: {found:#?}");
        }
    }
}

#[test]
fn a_spec_may_not_ask_for_wires_client() {
    let mut workspace = Workspace::new();
    workspace.arrow("php-spec wire", &["client"]);
    let found = check(&workspace.graph);
    assert!(found.iter().any(|violation| violation.path == "php-spec -> wire"), "{found:#?}");
    let mut workspace = Workspace::new();
    workspace.arrow("php-spec wire", &["golden"]);
    assert_eq!(check(&workspace.graph), Vec::<Violation>::new());
}
