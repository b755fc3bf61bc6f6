//! Certificates of an authority on a real server: Debian's Pebble on the other end of its cable, which makes it hard for its clients.
//!
//! What is ordered, what is left out and why, how it is renewed, and that nobody and nothing takes a certificate away that works.

mod challenges;

use std::net::IpAddr;
use std::time::{Duration, Instant};

use e2e::{Api, Chaos, Checks, Distro, Node, Pebble};
use serde_json::{Value, json};

use crate::handshake::{Shown, shown, trusted};
use crate::https;
use crate::keys;
use crate::support::{self, LIMIT};

const SITE: &str = "www.example.test";
/// The ten names of the site, but for the first.
const ALIASES: [&str; 9] = [
    "a.example.test",
    "b.example.test",
    "c.example.test",
    "d.example.test",
    "e.example.test",
    "example.test",
    "f.example.test",
    "g.example.test",
    LOST,
];
/// The one that leads elsewhere.
const LOST: &str = "lost.example.test";
/// A name that nobody has approved.
const PENDING: &str = "pending-example.test";
/// Half of all nonces are refused, half of the proofs are to be made anew, and none begins at once.
const CHAOS: Chaos = Chaos { refused_nonces: 50, reused_authorisations: 50, validation_pause: 3 };
/// How long an order may take under it, with a second one where a name was refused.
const ORDER: Duration = Duration::from_mins(4);

/// What all checks are about.
struct Stage<'a> {
    node: &'a Node,
    authority: Pebble,
    /// What visitors trust.
    root: String,
    /// The site's certificate.
    id: String,
}

pub(crate) fn on(distro: Distro) {
    let node = Node::ready(distro, "certificates").unwrap();
    let authority = Pebble::of(&node, CHAOS).unwrap();
    let mut api = node.api().unwrap();
    support::account(&mut api, "alice");
    let mut checks = Checks::new(distro.name());
    let mut id = None;
    checks.check("without an authority a site has a certificate that signs itself, and waits", || {
        id = Some(without_an_authority(&node, &authority, &mut api));
    });
    let Some(id) = id else { return checks.finish() };
    let root = authority.root().unwrap();
    let mut stage = Stage { node: &node, authority, root, id };
    let mut issued = false;
    checks.check("an authority is made, and nine of ten names get a certificate by themselves", || {
        stage.ordered(&mut api);
        issued = true;
    });
    if !issued {
        return checks.finish();
    }
    checks.check("the tenth is told with the authority's words", || stage.told(&mut api));
    checks.check("what a tenant does at the challenges' place changes nothing", || {
        stage.tenants_change_nothing(&mut api);
    });
    checks.check("the tenth is mended and joins, without a reload of the web server", || {
        stage.mended(&mut api);
    });
    checks.check("a name that nobody approved is proven by nobody; approved, it joins by itself", || {
        stage.pending(&mut api);
    });
    checks.check("the panel is killed in the middle of an order, and the order comes to its end", || {
        stage.killed(&mut api);
    });
    checks.check("a renewal that fails leaves the certificate that works, and says why", || {
        stage.failed(&mut api);
    });
    checks.check("an authority that has forgotten everything issues again", || stage.forgotten(&mut api));
    checks.check("nothing is left to do, the doctor is content, and no secret is told", || {
        support::nothing_to_do(&node);
        assert_eq!(support::complaints(&mut api), Vec::<Value>::new());
        audited(&node, &mut api);
    });
    checks.check("all goes, and leaves no file", || stage.all_goes(&mut api));
    checks.finish();
}

/// All ten.
fn names() -> Vec<&'static str> {
    let mut names: Vec<&str> = ALIASES.into_iter().chain([SITE]).collect();
    names.sort_unstable();
    names
}

/// All but the one that leads elsewhere.
fn good_names() -> Vec<&'static str> {
    names().into_iter().filter(|name| *name != LOST).collect()
}

fn without_an_authority(node: &Node, authority: &Pebble, api: &mut Api) -> String {
    authority.point_to(node, &good_names()).unwrap();
    // where nobody serves anything
    authority.point(LOST, &[IpAddr::V4(node.outside().0)]).unwrap();
    let mut args = vec!["site", "create", "alice", SITE];
    args.extend(ALIASES.into_iter().flat_map(|alias| ["--alias", alias]));
    node.ok(&args).unwrap();
    let certificate = https::certificate(api, SITE);
    assert_eq!((&certificate["self_signed"], &certificate["names"]), (&json!(true), &json!(names())));
    let order = &certificate["order"];
    assert!(matches!(order["state"].as_str(), Some("none" | "waiting")), "{certificate}");
    assert_eq!((&order["authority"], &order["job"]), (&Value::Null, &Value::Null), "{certificate}");
    for name in names() {
        assert!(shown(node, name).signs_itself(), "{name}");
    }
    certificate["id"].as_str().unwrap().to_owned()
}

impl Stage<'_> {
    fn path(&self) -> String {
        format!("/certificates/{}", self.id)
    }

    fn view(&self, api: &mut Api) -> Value {
        api.get(&self.path()).unwrap()
    }

    /// What visitors of a name are shown who trust the authority.
    #[track_caller]
    fn shown(&self, name: &str) -> Shown {
        trusted(self.node, name, &self.root).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Waits until the certificate is as wanted, ready, and shown. All the while, visitors trust what they are shown where they did.
    #[track_caller]
    fn wait(&self, api: &mut Api, what: &str, steady: bool, wanted: impl Fn(&Value) -> bool) -> Value {
        let end = Instant::now() + ORDER;
        loop {
            if steady {
                self.shown(SITE);
            }
            // a panel that was killed answers again in a moment
            let view = api.call("GET", &self.path(), None).map_or(Value::Null, |answer| answer.body);
            if e2e::is_ready(&view) && wanted(&view) {
                return view;
            }
            assert!(Instant::now() < end, "{what}: {view:#}");
            #[expect(clippy::disallowed_methods, reason = "the pause between two looks")]
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// Renews by the command, and waits for another certificate than the one before.
    #[track_caller]
    fn renew(&self, api: &mut Api) -> Value {
        let before = self.view(api)["serial"].clone();
        self.ask();
        self.wait(api, "another certificate", true, |view| view["serial"] != before && is_issued(view))
    }

    /// Asks for a renewal by the command, which may follow it to its end.
    #[track_caller]
    fn ask(&self) {
        self.node.holdfast(&["certificate", "renew", &self.id]).deadline(ORDER).check().unwrap();
    }

    fn ordered(&self, api: &mut Api) {
        let args = self.authority.made_known("pebble");
        self.node.ok(&args.iter().map(String::as_str).collect::<Vec<_>>()).unwrap();
        let nine = json!(good_names());
        let view = self.wait(api, "a certificate for nine names", false, |view| view["covers"] == nine);
        assert_eq!(
            (&view["self_signed"], &view["source"], &view["names"]),
            (&json!(false), &json!("authority"), &json!(names())),
            "{view:#}"
        );
        for name in good_names() {
            let shown = self.shown(name);
            assert_eq!(shown.names(), good_names(), "{name}");
            assert_eq!(view["serial"], shown.serial(), "{name}");
            https::sees(self.node, &format!("https://{name}/"));
        }
        let order = &view["order"];
        assert_eq!((&order["error"], &order["failures"]), (&Value::Null, &json!(0)), "{order:#}");
        assert!(order["issued_at"].is_string() && order["renew_at"].is_string(), "{order:#}");
        let authority = api.get("/authorities/pebble").unwrap();
        assert_eq!(
            (&authority["registered"], &authority["default"], &authority["error"]),
            (&json!(true), &json!(true), &Value::Null),
            "{authority}"
        );
        // the key that was made for it is root's, as all are
        assert_eq!(
            self.node.check(["stat", "-c", "%a %U:%G", &keys::path(&self.id)]).unwrap().text(),
            "640 root:www-data"
        );
    }

    fn told(&self, api: &mut Api) {
        let view = self.view(api);
        let left_out = view["order"]["left_out"].as_array().unwrap();
        assert_eq!(left_out.len(), 1, "{view:#}");
        let told = &left_out[0];
        assert_eq!(told["name"], LOST, "{told}");
        assert!(told["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{told}");
        // Pebble's own, of what its visit met
        assert!(told["detail"].to_string().contains("connection refused"), "{told}");
        let shown = self.node.ok(&["certificate", "show", &self.id]).unwrap().text();
        assert!(shown.contains(LOST) && shown.contains("connection refused"), "{shown}");
        // its visitors are shown what the others are, and served
        assert!(trusted(self.node, LOST, &self.root).is_err(), "a certificate covers {LOST}");
        https::sees(self.node, &format!("https://{LOST}/"));
        https::sees(self.node, &format!("http://{LOST}/"));
    }

    fn mended(&self, api: &mut Api) {
        self.authority.point_to(self.node, &[LOST]).unwrap();
        let workers = self.node.nginx_workers().unwrap();
        let before = self.shown(SITE);
        let all = json!(names());
        self.ask();
        let view = self.wait(api, "a certificate for ten names", true, |view| view["covers"] == all);
        assert_eq!(view["order"]["left_out"], json!([]), "{view:#}");
        for name in names() {
            let shown = self.shown(name);
            assert_eq!(shown.names(), names(), "{name}");
            assert_ne!(shown.chain[0], before.chain[0], "{name}");
        }
        // once more, for the same names
        let again = self.renew(api);
        assert_eq!((&again["covers"], &again["serial"]), (&all, &json!(self.shown(SITE).serial())));
        assert_eq!(self.node.nginx_workers().unwrap(), workers, "nginx was reloaded");
        support::nothing_to_do(self.node);
    }

    fn killed(&self, api: &mut Api) {
        let before = self.view(api)["serial"].clone();
        let job = api.post(&format!("{}/renew", self.path()), &Value::Null).unwrap();
        let job = job["id"].as_str().unwrap_or_else(|| panic!("no job: {job}")).to_owned();
        api.wait_until(&self.path(), ORDER, |view| view["order"]["state"] == "ordering").unwrap();
        self.node.kill9("holdfast-panel.service").unwrap();
        *api = self.node.api().unwrap();
        let view =
            self.wait(api, "the order's end", true, |view| view["serial"] != before && is_issued(view));
        assert_eq!(view["serial"], self.shown(SITE).serial());
        let ended = |job: &Value| matches!(job["state"].as_str(), Some("done" | "failed" | "cancelled"));
        let job = api.wait_until(&format!("/jobs/{job}"), ORDER, ended).unwrap();
        assert_eq!(job["state"], "done", "{job:#}");
        support::nothing_to_do(self.node);
    }

    fn failed(&mut self, api: &mut Api) {
        let before = self.shown(SITE);
        let (file, path) = (keys::path(&self.id), self.path());
        let content = self.node.pull(&file).unwrap();
        self.authority.stop();
        // a failure to the shell, too, where the command follows it to its end
        self.node.holdfast(&["certificate", "renew", &self.id]).deadline(ORDER).run().unwrap();
        let failed = |view: &Value| view["order"]["state"] == "failed";
        let view = api.wait_until(&path, ORDER, failed).unwrap();
        let order = &view["order"];
        assert!(order["error"].as_str().is_some_and(|error| !error.is_empty()), "{order:#}");
        assert!(order["failures"].as_u64().is_some_and(|failures| failures > 0), "{order:#}");
        // it is tried again by itself
        assert!(order["renew_at"].is_string() && order["renew_because"] == "failed", "{order:#}");
        assert!(e2e::is_ready(&view) && view["self_signed"] == false, "{view:#}");
        for name in names() {
            assert_eq!(self.shown(name).chain, before.chain, "{name}");
            https::sees(self.node, &format!("https://{name}/"));
        }
        assert_eq!(self.node.pull(&file).unwrap(), content);
        let told = self.node.ok(&["certificate", "show", &self.id]).unwrap().text();
        assert!(told.contains("failed"), "{told}");
        let authority = api.get("/authorities/pebble").unwrap();
        assert!(authority["error"].is_string(), "{authority}");
        // a restart of everything takes nothing away either
        let units = ["holdfast-agent.service", "holdfast-panel.service", "nginx.service"];
        self.node.check(["systemctl", "restart"].into_iter().chain(units)).unwrap();
        *api = self.node.api().unwrap();
        e2e::wait_for("the certificate of before", LIMIT, || {
            let shown = trusted(self.node, SITE, &self.root);
            Ok(shown.is_ok_and(|shown| shown.chain == before.chain).then_some(()))
        })
        .unwrap();
        support::the_start_is_over(api);
        assert_eq!(self.shown(SITE).chain, before.chain);
    }

    fn forgotten(&mut self, api: &mut Api) {
        let before = self.view(api)["serial"].clone();
        // new accounts, orders and root
        self.authority.restart(CHAOS).unwrap();
        let root = self.authority.root().unwrap();
        assert_ne!(root, self.root);
        self.ask();
        let renewed = |view: &Value| view["serial"] != before && is_issued(view);
        // what is shown meanwhile is of the old root, to the last moment
        let view = self.wait(api, "a certificate of the new root", false, renewed);
        self.root = root;
        assert_eq!(view["serial"], self.shown(SITE).serial());
        assert_eq!(
            (&view["order"]["error"], &view["order"]["failures"]),
            (&Value::Null, &json!(0)),
            "{view:#}"
        );
        let authority = api.get("/authorities/pebble").unwrap();
        assert_eq!(
            (&authority["registered"], &authority["error"]),
            (&json!(true), &Value::Null),
            "{authority}"
        );
    }

    fn all_goes(&self, api: &mut Api) {
        self.node.ok(&["site", "delete", SITE, "--yes"]).unwrap();
        api.wait_gone(&self.path(), LIMIT).unwrap();
        self.node.ok(&["authority", "delete", "pebble"]).unwrap();
        assert_eq!(api.call("GET", "/authorities/pebble", None).unwrap().status, 404);
        self.node.ok(&["account", "delete", "alice", "--yes"]).unwrap();
        assert_eq!(api.list("/certificates").unwrap(), Vec::<Value>::new());
        assert_eq!(keys::files(self.node), [keys::DEFAULT_FILE]);
        assert_eq!(keys::kept(self.node), Vec::<String>::new());
        support::nothing_to_do(self.node);
        assert_eq!(support::complaints(api), Vec::<Value>::new());
    }
}

fn is_issued(certificate: &Value) -> bool {
    certificate["self_signed"] == false && certificate["order"]["state"] == "issued"
}

fn audited(node: &Node, api: &mut Api) {
    let audit = json!(api.list("/audit").unwrap()).to_string();
    for action in ["authority.create", "certificate.renew"] {
        assert!(audit.contains(action), "no {action}");
    }
    let journal = node.sh("journalctl --no-pager -u 'holdfast-*'").unwrap().text();
    let authorities = api.get("/authorities").unwrap().to_string();
    for (what, text) in [("the audit", audit), ("the journal", journal), ("the API", authorities)] {
        assert!(!text.contains("PRIVATE KEY") && !text.contains("pkcs8"), "a key is in {what}");
    }
}
