//! Signing in by a real OpenID Connect provider (npm's `oidc-provider`), which runs on this machine's side of the server's cable: by its own pages, in
//! a browser that is a jar of cookies.

use std::path::{Path, PathBuf};
use std::time::Duration;

use e2e::{Checks, Cmd, Distro, Node};
use serde_json::{Value, json};

use crate::outside::Outside;
use crate::support::{self, LIMIT, PASSWORD};

const PANEL: &str = "https://panel.example.test:8443";
const PROVIDER: &str = "login.example.test";
const ISSUER: &str = "https://login.example.test";
const SECRET: &str = "a-secret-of-the-client-that-nobody-guesses";

pub(crate) fn on(distro: Distro) {
    let node = Node::ready(distro, "identity").unwrap();
    let (outside, certificate) = Outside::without_receiver(&node, &[PROVIDER]);
    let mut checks = Checks::new(distro.name());
    let mut provider = Provider::new(&node, &certificate);
    provider.groups(&json!({ "ann": ["staff"] }));
    provider.start();
    checks.check("a provider is added, and says where to send people back to", || added(&node, &outside));
    let mut ann = Browser::new(&node, "ann");
    let mut back = String::new();
    checks.check("who has a mapped group is made, and has its role", || back = first(&mut ann));
    checks.check("the same answer once more signs nobody in", || replayed(&mut ann, &back));
    checks.check("a group that is taken away takes the role, and the session", || taken(&provider, &mut ann));
    checks.check("an answer counts in the browser that began", || elsewhere(&provider, &node, &mut ann));
    checks.check("who declines is told so", || declined(&node));
    checks.check("a restart in the middle loses nobody", || restarted(&node, &mut ann));
    checks.check("a person of the panel's own links it, and signs in by it", || linked(&node));
    checks.check("a provider that is away is told, and the panel goes on", || away(&node, &mut provider));
    checks.check("the secret is in no answer, no log and no file of the panel", || hidden(&node));
    checks.check("the doctor is content", || {
        assert_eq!(support::complaints(&mut node.api().unwrap()), Vec::<Value>::new());
    });
    checks.finish();
}

/// The provider's process, with the files that it reads.
struct Provider {
    folder: PathBuf,
    address: String,
    child: Option<std::process::Child>,
}

/// The packages of the committed lock file, once for all tests of this machine.
fn packages() -> PathBuf {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("oidc-provider");
    let to = Path::new(env!("CARGO_TARGET_TMPDIR")).join("oidc-provider");
    std::fs::create_dir_all(&to).unwrap();
    let lock = std::fs::File::create(to.join(".lock")).unwrap();
    lock.lock().unwrap();
    for name in ["package.json", "package-lock.json", "provider.mjs"] {
        std::fs::copy(from.join(name), to.join(name)).unwrap();
    }
    let wanted = std::fs::read(from.join("package-lock.json")).unwrap();
    let done = to.join(".installed");
    if std::fs::read(&done).ok().as_ref() != Some(&wanted) {
        let folder = to.to_str().unwrap();
        let npm = ["npm", "--prefix", folder, "ci", "--ignore-scripts", "--no-audit", "--no-fund"];
        Cmd::new(npm).deadline(Duration::from_mins(3)).check().unwrap();
        std::fs::write(&done, &wanted).unwrap();
    }
    to
}

impl Provider {
    fn new(node: &Node, certificate: &(String, String)) -> Self {
        let address = node.outside().0.to_string();
        let folder = packages().join(&address);
        std::fs::create_dir_all(&folder).unwrap();
        let (pem, key) = certificate;
        for (name, text) in [("tls.pem", pem.as_str()), ("tls.key", key), ("secret", SECRET)] {
            std::fs::write(folder.join(name), text).unwrap();
        }
        Self { folder, address, child: None }
    }

    fn groups(&self, groups: &Value) {
        std::fs::write(self.folder.join("groups.json"), groups.to_string()).unwrap();
    }

    #[expect(clippy::disallowed_methods, reason = "it outlives the call, as no tool of a server's does")]
    fn start(&mut self) {
        let script = packages().join("provider.mjs");
        let redirect = format!("{PANEL}/login/oidc/corp/callback");
        let log = std::fs::File::create(self.folder.join("log")).unwrap();
        let child = std::process::Command::new("node")
            .arg(script)
            .args([ISSUER, &self.address, "443", &redirect])
            .arg(&self.folder)
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn();
        self.child = Some(child.unwrap());
        e2e::wait_for("the provider", LIMIT, || {
            let said = std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
            Ok(said.contains("listening").then_some(()))
        })
        .unwrap();
    }

    fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A browser: curl with a jar of cookies, which goes where it is sent.
struct Browser {
    jar: PathBuf,
    resolve: [String; 2],
    login: &'static str,
}

/// One page.
struct Shown {
    status: u16,
    text: String,
    /// Where it sends the browser; empty: nowhere.
    to: String,
}

impl Shown {
    #[track_caller]
    fn refused(&self, code: &str) {
        assert!(self.status >= 400, "{} {}", self.status, self.text);
        assert!(self.text.contains(&format!("<code>{code}</code>")), "{code}: {}", self.text);
    }
}

impl Browser {
    fn new(node: &Node, login: &'static str) -> Self {
        let address = node.outside().0;
        let jar = packages().join(address.to_string()).join(format!("jar-{login}"));
        let _ = std::fs::remove_file(&jar);
        let resolve =
            [format!("panel.example.test:8443:{}", node.ipv4()), format!("{PROVIDER}:443:{address}")];
        Self { jar, resolve, login }
    }

    fn curl(&self, more: &[&str], url: &str) -> Shown {
        let jar = self.jar.to_str().unwrap();
        let mut argv =
            vec!["curl", "--silent", "--show-error", "--insecure", "--noproxy", "*", "--max-time", "60"];
        argv.extend(["--cookie", jar, "--cookie-jar", jar, "--write-out", "\n%{http_code} %{redirect_url}"]);
        for resolve in &self.resolve {
            argv.extend(["--resolve", resolve]);
        }
        argv.extend(more);
        argv.extend(["--", url]);
        let output = Cmd::new(argv).deadline(Duration::from_secs(70)).check().unwrap();
        let all = String::from_utf8_lossy(&output.stdout).into_owned();
        let (text, end) = all.rsplit_once('\n').unwrap();
        let (status, to) = end.split_once(' ').unwrap();
        Shown { status: status.parse().unwrap(), text: text.to_owned(), to: to.to_owned() }
    }

    fn get(&self, url: &str) -> Shown {
        self.curl(&[], url)
    }

    /// A form as its person fills it in.
    fn post(&self, url: &str, form: &str) -> Shown {
        self.curl(&["--data", form], url)
    }

    /// What the panel's own page asks the API.
    fn api(&self, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        let body = body.map(ToString::to_string);
        let origin = format!("origin: {PANEL}");
        let mut more =
            vec!["--request", method, "--header", "content-type: application/json", "--header", &origin];
        if let Some(body) = &body {
            more.extend(["--data-binary", body]);
        }
        let shown = self.curl(&more, &format!("{PANEL}/api/v1{path}"));
        (shown.status, serde_json::from_str(&shown.text).unwrap_or(Value::Null))
    }

    /// The button of the sign-in page is pressed: where it leads.
    fn press(&self) -> String {
        let (status, sent) = self.api("POST", "/session/provider", Some(&json!({ "provider": "corp" })));
        assert_eq!(status, 201, "{sent}");
        sent["url"].as_str().unwrap().to_owned()
    }

    /// Through the provider's pages, until it sends the browser back: that address.
    fn through(&self, url: &str) -> String {
        let back = format!("{PANEL}/login/oidc/corp/callback?");
        let mut shown = self.get(url);
        for _ in 0..12 {
            if shown.to.starts_with(&back) {
                return shown.to;
            }
            if !shown.to.is_empty() {
                shown = self.get(&shown.to.clone());
                continue;
            }
            let form = |mark: &str| shown.text.contains(&format!("name=\"prompt\" value=\"{mark}\""));
            let action = shown.text.split_once("action=\"").expect(&shown.text).1;
            let action = action.split('"').next().unwrap().to_owned();
            let filled = if form("login") {
                format!("prompt=login&login={}&password=any", self.login)
            } else {
                assert!(form("consent"), "{}", shown.text);
                "prompt=consent".to_owned()
            };
            shown = self.post(&action, &filled);
        }
        panic!("the provider never sent the browser back: {}", shown.text);
    }

    fn signed_in(&self, answer: &Shown) -> Value {
        assert_eq!(
            (answer.status, answer.to.as_str()),
            (303, format!("{PANEL}/").as_str()),
            "{}",
            answer.text
        );
        let (status, session) = self.api("GET", "/me", None);
        assert_eq!(status, 200, "{session}");
        session
    }
}

fn added(node: &Node, outside: &Outside) {
    node.push("/etc/holdfast/test-roots.pem", outside.authority.clone(), 0o644).unwrap();
    let bounds = format!(
        "allow = [\"203.0.113.0/24\"]\nroots = \"/etc/holdfast/test-roots.pem\"\nnameservers = [\"{}:53\"]\n",
        outside.v4
    );
    node.push("/etc/holdfast/egress.toml", bounds, 0o644).unwrap();
    node.set_up().unwrap();
    node.check(["systemctl", "stop", "holdfast-egress.service"]).unwrap();
    node.check(["systemctl", "restart", "holdfast-panel.service"]).unwrap();
    outside.name(PROVIDER, &[&[outside.v4]]);
    node.ok(&["setting", "set", "panel.hostname", "panel.example.test"]).unwrap();
    node.ok(&["organisation", "create", "acme", "--kind", "reseller"]).unwrap();
    let args = [
        "identity-provider",
        "create",
        "corp",
        ISSUER,
        "--client-id",
        "holdfast",
        "--client-secret-stdin",
        "--label",
        "Corp",
        "--scope",
        "profile",
        "--scope",
        "email",
        "--scope",
        "groups",
        "--groups-claim",
        "groups",
        "--makes-people",
        "--map",
        "staff=developer@acme",
        "--map",
        "ops=read-only@acme",
    ];
    let made = node.holdfast(&args).stdin(SECRET).check().unwrap();
    assert_eq!(made.text().trim(), format!("{PANEL}/login/oidc/corp/callback"));
    let shown = node.ok(&["identity-provider", "show", "corp"]).unwrap().text();
    assert!(shown.contains("staff=developer@acme") && !shown.contains("gives nothing"), "{shown}");
}

fn first(ann: &mut Browser) -> String {
    let page = ann.get(&format!("{PANEL}/login"));
    assert!(page.status == 200 && page.text.contains("id=\"providers\""), "{}", page.text);
    let (_, buttons) = ann.api("GET", "/session/providers", None);
    assert_eq!(buttons["items"], json!([{ "name": "corp", "label": "Corp" }]));
    let back = ann.through(&ann.press());
    let session = ann.signed_in(&ann.get(&back));
    assert_eq!(
        (&session["login"], &session["factors"]),
        (&json!("ann@corp"), &json!("provider:corp")),
        "{session}"
    );
    assert_eq!(session["roles"], json!([{ "role": "developer", "organisation": "acme", "account": null }]));
    back
}

fn replayed(ann: &mut Browser, back: &str) {
    ann.get(back).refused("state_unknown");
    // with a question of this moment, the provider's old code is of no use either
    let url = ann.press();
    let state = url.split("state=").nth(1).unwrap().split('&').next().unwrap();
    let old = back
        .split('&')
        .map(|pair| if pair.starts_with("state=") { format!("state={state}") } else { pair.to_owned() });
    ann.get(&old.collect::<Vec<_>>().join("&")).refused("provider_code");
}

fn taken(provider: &Provider, ann: &mut Browser) {
    provider.groups(&json!({ "ann": ["ops"] }));
    let session = ann.signed_in(&ann.get(&ann.through(&ann.press())));
    assert_eq!(
        session["roles"],
        json!([{ "role": "read-only", "organisation": "acme", "account": null }]),
        "{session}"
    );
    provider.groups(&json!({}));
    ann.get(&ann.through(&ann.press())).refused("no_group");
    assert_eq!(ann.api("GET", "/me", None).0, 401, "the session of before is over");
    provider.groups(&json!({ "ann": ["staff"], "alice": [] }));
}

fn elsewhere(provider: &Provider, node: &Node, ann: &mut Browser) {
    provider.groups(&json!({ "ann": ["staff"], "eve": ["staff"] }));
    let eve = Browser::new(node, "eve");
    let back = eve.through(&eve.press());
    ann.get(&back).refused("state_unknown");
    eve.signed_in(&eve.get(&back));
}

fn declined(node: &Node) {
    let bob = Browser::new(node, "bob");
    let page = bob.get(&bob.press());
    let page = bob.get(&page.to);
    let abort = page.text.split('"').find(|part| part.ends_with("/abort")).expect(&page.text).to_owned();
    let mut shown = bob.get(&abort);
    while !shown.to.starts_with(PANEL) {
        shown = bob.get(&shown.to);
    }
    assert!(shown.to.contains("error=access_denied"), "{}", shown.to);
    bob.get(&shown.to).refused("access_denied");
}

fn restarted(node: &Node, ann: &mut Browser) {
    let back = ann.through(&ann.press());
    node.check(["systemctl", "restart", "holdfast-panel.service"]).unwrap();
    ann.signed_in(&ann.get(&back));
}

fn linked(node: &Node) {
    node.create_account("alice", PASSWORD).unwrap();
    let alice = Browser::new(node, "alice");
    let stranger = alice.get(&alice.through(&alice.press()));
    stranger.refused("no_group");
    let (status, _) = alice.api("POST", "/session", Some(&json!({ "login": "alice", "password": PASSWORD })));
    assert_eq!(status, 201);
    let (status, sent) = alice.api("POST", "/identities", Some(&json!({ "provider": "corp" })));
    assert_eq!(status, 201, "{sent}");
    let answer = alice.get(&alice.through(sent["url"].as_str().unwrap()));
    assert_eq!(alice.signed_in(&answer)["login"], "alice");
    assert_eq!(alice.api("DELETE", "/session", None).0, 204);
    let session = alice.signed_in(&alice.get(&alice.through(&alice.press())));
    assert_eq!(
        (&session["login"], &session["factors"]),
        (&json!("alice"), &json!("provider:corp")),
        "{session}"
    );
    let (_, own) = alice.api("GET", "/identities", None);
    let id = own["items"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(alice.api("DELETE", &format!("/identities/{id}"), None).0, 204);
    alice.get(&alice.through(&alice.press())).refused("no_group");
}

fn away(node: &Node, provider: &mut Provider) {
    provider.stop();
    node.check(["systemctl", "restart", "holdfast-panel.service"]).unwrap();
    let ann = Browser::new(node, "ann");
    let (status, problem) = ann.api("POST", "/session/provider", Some(&json!({ "provider": "corp" })));
    assert_eq!((status, &problem["code"]), (503, &json!("provider_unreachable")), "{problem}");
    let (status, _) = ann.api("POST", "/session", Some(&json!({ "login": "alice", "password": PASSWORD })));
    assert_eq!(status, 201, "one still signs in otherwise");
    provider.start();
    ann.signed_in(&ann.get(&ann.through(&ann.press())));
}

fn hidden(node: &Node) {
    let mut api = node.api().unwrap();
    let audit = json!(api.list("/audit").unwrap()).to_string();
    for words in [
        "identity_provider.create",
        "person.create",
        "member.add",
        "member.remove",
        "identity.link",
        "state_unknown",
        "no_group",
    ] {
        assert!(audit.contains(words), "no {words}");
    }
    let journal = node.sh("journalctl --no-pager -u 'holdfast-*'").unwrap().text();
    let shown = api.get("/identity-providers/corp").unwrap().to_string();
    for (what, text) in [("the audit", &audit), ("the journal", &journal), ("the API", &shown)] {
        assert!(!text.contains(SECRET), "the secret is in {what}");
    }
    node.check(["systemctl", "stop", "holdfast-panel.socket", "holdfast-panel.service"]).unwrap();
    let database = node.pull("/var/lib/holdfast/holdfast.db").unwrap();
    let holds = |needle: &str| database.windows(needle.len()).any(|window| window == needle.as_bytes());
    assert!(holds("ann@corp") && !holds(SECRET));
    node.check(["systemctl", "start", "holdfast-panel.socket"]).unwrap();
}
