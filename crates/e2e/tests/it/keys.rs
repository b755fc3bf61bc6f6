//! Private keys on the server: whose they are, who cannot have them, and that what hands do to their files does not stay.

use e2e::{Api, Checks, Node};

use crate::handshake::shown;
use crate::https::{self, OWN, SITE};
use crate::support::{self, LIMIT, PASSWORD, docroot, put};
use crate::tenants;

/// What nginx reads.
const SHOWN: &str = "/etc/nginx/holdfast-tls";
/// The agent's own.
pub(crate) const KEPT: &str = "/var/lib/holdfast-agent/keys";
/// The file of the certificate that is for nobody.
pub(crate) const DEFAULT_FILE: &str = "default.pem";

pub(crate) fn checks(node: &Node, api: &mut Api, checks: &mut Checks) {
    checks.check("keys are root's, and nginx's to read", || modes(node, api));
    checks.check("no tenant reads a key: not by PHP, SFTP, a link, or as its user", || {
        nobody_reads(node, api);
    });
    checks.check("what is changed or removed by hand is put back", || put_back(node, api));
}

/// Where the certificate of this id lies, with its key.
pub(crate) fn path(id: &str) -> String {
    format!("{SHOWN}/{id}.pem")
}

/// Whether it lies there.
pub(crate) fn is_there(node: &Node, id: &str) -> bool {
    node.run(["test", "-e", &path(id)]).unwrap().ok()
}

/// What nginx can read, sorted.
pub(crate) fn files(node: &Node) -> Vec<String> {
    lines(node, &format!("ls -A {SHOWN}"))
}

/// Keys of the agent's own, sorted.
pub(crate) fn kept(node: &Node) -> Vec<String> {
    lines(node, &format!("find {KEPT} -type f 2>/dev/null || true"))
}

fn lines(node: &Node, script: &str) -> Vec<String> {
    let mut lines: Vec<String> = node.sh(script).unwrap().text().lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

fn id(api: &mut Api, site: &str) -> String {
    https::certificate(api, site)["id"].as_str().unwrap().to_owned()
}

fn stat(node: &Node, path: &str) -> String {
    node.check(["stat", "-c", "%a %U:%G", path]).unwrap().text()
}

fn modes(node: &Node, api: &mut Api) {
    assert_eq!(stat(node, SHOWN), "750 root:www-data");
    let files = files(node);
    for site in [SITE, OWN] {
        let file = format!("{}.pem", id(api, site));
        assert!(files.contains(&file), "{file} is none of {files:?}");
    }
    for file in &files {
        assert_eq!(stat(node, &format!("{SHOWN}/{file}")), "640 root:www-data", "{file}");
    }
    let group = node.check(["getent", "group", "www-data"]).unwrap().text();
    assert!(group.ends_with(':'), "somebody else reads them: {group}");
    let open = lines(node, &format!("find {KEPT} ! -user root -o -perm /077"));
    assert_eq!(open, Vec::<String>::new());
}

fn nobody_reads(node: &Node, api: &mut Api) {
    let id = id(api, SITE);
    let mine = docroot("alice", SITE);
    let paths = [path(&id), format!("{SHOWN}/{DEFAULT_FILE}"), format!("{KEPT}/{id}/used.pem")];
    put(node, "alice", &format!("{mine}/probe.php"), tenants::PROBE);
    let ask = |question: String| tenants::ask(node, SITE, &question);
    assert_ne!(ask(format!("do=read&path={mine}/probe.php")), false, "the probe can read at all");
    for path in &paths {
        assert_eq!(ask(format!("do=read&path={path}")), false, "{path}");
        let cat = ask(format!("do=run&command=cat%20{path}"));
        assert_ne!(cat["code"], 0, "{cat}");
        for user in ["alice", "bob", "holdfast", "nobody"] {
            let read = node.run_as(user, ["cat", path]).unwrap();
            assert!(!read.ok() && read.text().is_empty(), "{user} reads {path}");
        }
        let sftp = node.sftp("alice", PASSWORD);
        let linked = format!("-rm key\nln -s {path} key\nget key /dev/null\n");
        for commands in [format!("get {path} /dev/null\n"), linked] {
            let got = sftp.batch(&commands).run().unwrap();
            assert!(!got.ok(), "{commands}: {}", got.text());
        }
    }
    for dir in [SHOWN, KEPT] {
        assert_eq!(ask(format!("do=list&path={dir}")), false, "{dir}");
    }

    // nginx itself could read what a link of hers leads to
    for (name, target) in [("key.txt", path(&id)), ("keys", SHOWN.to_owned())] {
        assert_eq!(ask(format!("do=link&target={target}&name={mine}/{name}")), true, "{name}");
    }
    unread(node, &["/key.txt", "/keys/default.pem", &format!("/keys/{id}.pem"), "/keys/"]);
    let aside = "/home/alice/aside";
    node.run_as("alice", ["mv", &mine, aside]).unwrap().checked().unwrap();
    node.run_as("alice", ["ln", "-s", SHOWN, &mine]).unwrap().checked().unwrap();
    unread(node, &["/default.pem", &format!("/{id}.pem"), "/"]);
    node.run_as("alice", ["rm", &mine]).unwrap().checked().unwrap();
    node.run_as("alice", ["mv", aside, &mine]).unwrap().checked().unwrap();
    node.run_as("alice", ["rm", &format!("{mine}/key.txt"), &format!("{mine}/keys")])
        .unwrap()
        .checked()
        .unwrap();
    https::sees(node, &format!("https://{SITE}/"));
}

#[track_caller]
fn unread(node: &Node, paths: &[&str]) {
    for scheme in ["http", "https"] {
        for path in paths {
            let reply = https::visit(node, &format!("{scheme}://{SITE}{path}"));
            let text = reply.text();
            assert!(!text.contains("PRIVATE KEY") && !text.contains("BEGIN CERTIFICATE"), "{scheme} {path}");
            // what is no page of hers goes to her own front controller, as any name does that is not there
            let front = reply.status == 200 && text.contains("<code>alice</code>");
            assert!(front || matches!(reply.status, 403 | 404), "{scheme} {path}: {} {text}", reply.status);
        }
    }
}

/// Looks at everything, and waits until all is as it should be; what is held as somebody's edit goes back by a decision.
fn heals(node: &Node, api: &mut Api, what: &str, path: &str, holds: impl Fn() -> bool) {
    support::the_start_is_over(api);
    e2e::wait_for(what, LIMIT, || {
        let drift = node.cli(&["drift", "list", "--known"]).unwrap().text();
        if drift.contains(path) {
            node.cli(&["drift", "revert", path]).unwrap();
        }
        Ok(holds().then_some(()))
    })
    .unwrap();
}

fn put_back(node: &Node, api: &mut Api) {
    let id = id(api, SITE);
    let default = format!("{SHOWN}/{DEFAULT_FILE}");
    let names = shown(node, SITE).names();
    let foreign = node.pull("/etc/hostname").unwrap();
    let right = |path: &str| {
        let there = node.run(["stat", "-c", "%a %U:%G", path]).unwrap().text() == "640 root:www-data";
        there && !node.run(["grep", "-q", "by hand", path]).unwrap().ok()
    };
    for path in [path(&id), default.clone()] {
        for harm in [
            format!("chmod 644 {path}; chown alice: {path}"),
            format!("echo '# by hand' >> {path}"),
            format!("rm {path}"),
            format!("rm {path}; ln -s /etc/hostname {path}"),
        ] {
            node.sh(&harm).unwrap();
            heals(node, api, &harm, &path, || right(&path));
            assert_eq!(node.check(["stat", "-c", "%F", &path]).unwrap().text(), "regular file", "{harm}");
            assert_eq!(shown(node, SITE).names(), names, "{harm}");
            https::sees(node, &format!("https://{SITE}/"));
        }
    }
    assert_eq!(node.pull("/etc/hostname").unwrap(), foreign, "a link was written through");

    // the whole of it
    let all = files(node);
    node.check(["rm", "-r", SHOWN]).unwrap();
    heals(node, api, "all to be there again", SHOWN, || {
        let listed = node.run(["ls", "-A", SHOWN]).unwrap().text();
        listed.lines().count() == all.len() && all.iter().all(|file| right(&format!("{SHOWN}/{file}")))
    });
    assert_eq!(stat(node, SHOWN), "750 root:www-data");
    for site in [SITE, OWN] {
        let certificate = format!("/certificates/{}", self::id(api, site));
        api.wait_ready(&certificate, LIMIT).unwrap();
        https::sees(node, &format!("https://{site}/"));
    }
    support::nothing_to_do(node);
}
