//! Our units on real systemd: their files are understood, their scores hold, and each sandbox comes up and hides what it
//! should. The programs are stubs: what they do is tested with them.

use std::collections::BTreeMap;
use std::path::Path;

use testhost::{Distro, Options, Server};

use super::install;

/// Unit, instance, and the highest score that `systemd-analyze security` may give, in tenths.
const SCORES: &[(&str, u32)] = &[
    ("holdfast-agent.service", 25),
    ("holdfast-panel.service", 5),
    ("holdfast-probe.service", 13),
    ("holdfast-egress.service", 13),
    ("holdfast-worker@alice.service", 15),
    ("holdfast-quota@20000.service", 20),
    ("holdfast-quota-list.service", 20),
    ("holdfast-nginx-check.service", 30),
    ("holdfast-php-check@8.4.service", 10),
];

/// Unit and its program, each of which is a stub here.
const PROGRAMS: [(&str, &str); 7] = [
    ("holdfast-agent.service", "holdfast-agent"),
    ("holdfast-panel.service", "holdfast-panel"),
    ("holdfast-probe.service", "holdfast-probe"),
    ("holdfast-egress.service", "holdfast-egress"),
    ("holdfast-worker@alice.service", "holdfast-worker"),
    ("holdfast-quota@20000.service", "holdfast-quota"),
    ("holdfast-quota-list.service", "holdfast-quota"),
];

/// A copy of `sleep` in place of each of our programs, in the unit's own sandbox.
fn stub(server: &Server, unit: &str, program: &str) {
    let path = format!("/usr/libexec/holdfast/{program}");
    server.check(["install", "-D", "-m", "0755", "/usr/bin/sleep", &path]).unwrap();
    let name = unit.replace("@alice", "@").replace("@20000", "@");
    let text = format!("[Service]\nType=exec\nExecStart=\nExecStart={path} infinity\n");
    server.push(&format!("/run/systemd/system/{name}.d/stub.conf"), text, 0o644).unwrap();
}

fn sandboxes_hold(distro: Distro) {
    let server = Server::boot(Options::ready(distro).name("units")).unwrap();
    install(&server);
    server.check(["useradd", "--uid", "20000", "-m", "-K", "HOME_MODE=0710", "alice"]).unwrap();
    server.check(["useradd", "--uid", "20001", "-m", "-K", "HOME_MODE=0710", "bobby"]).unwrap();
    for name in ["tls.pem", "seal.key"] {
        server.push(&format!("/etc/holdfast/credentials/{name}"), "secret", 0o600).unwrap();
    }
    for (unit, program) in PROGRAMS {
        stub(&server, unit, program);
    }
    server
        .check(["install", "-m", "0755", "/usr/bin/sleep", "/usr/libexec/holdfast/holdfast-setup"])
        .unwrap();
    server.check(["systemctl", "daemon-reload"]).unwrap();

    let files = server.sh("cd /usr/lib/systemd/system && systemd-analyze verify --man=no holdfast-*[!@].service holdfast-*.socket holdfast-worker@alice.service holdfast-worker@alice.socket holdfast-quota@20000.service holdfast-packages@web.service holdfast.slice 2>&1 | grep holdfast || true").unwrap();
    assert_eq!(files.text(), "", "{distro}");
    for (unit, highest) in SCORES {
        let threshold = format!("--threshold={highest}");
        let output = server.run(["systemd-analyze", "security", "--no-pager", &threshold, unit]).unwrap();
        let said = output.text();
        eprintln!("{distro}: {}", said.lines().last().unwrap_or_default());
        assert!(output.ok(), "{distro}: {said}");
    }

    for (unit, _) in PROGRAMS {
        let start = server.run(["systemctl", "start", unit]).unwrap();
        assert!(start.ok(), "{distro}: {unit}: {}", server.journal(unit).unwrap());
        assert!(server.is_active(unit).unwrap(), "{distro}: {unit}: {}", server.journal(unit).unwrap());
    }
    let sees = |unit: &str, path: &str| {
        let pid = server.property(unit, "MainPID").unwrap();
        server.sh(&format!("ls -A /proc/{pid}/root{path} 2>&1")).unwrap().text()
    };
    let worker = "holdfast-worker@alice.service";
    assert_eq!(sees(worker, "/home"), "alice");
    assert_eq!(sees(worker, "/var"), "tmp");
    for (unit, _) in PROGRAMS {
        for shared in ["/tmp", "/var/tmp", "/dev/shm"] {
            server.push(&format!("{shared}/of-others"), "", 0o644).unwrap();
            let there = sees(unit, shared);
            assert!(!there.contains("of-others"), "{distro}: {unit} sees {shared}: {there}");
        }
        // below one of these alone a program may be run, and none of them can be written
        let pid = server.property(unit, "MainPID").unwrap();
        let mounts = server.sh(&format!("cat /proc/{pid}/mountinfo")).unwrap().text();
        // the last mount on a place is the one that is seen
        let mut on_top = BTreeMap::new();
        for mount in mounts.lines() {
            let fields: Vec<&str> = mount.split(' ').collect();
            // what nspawn itself leaves there is hidden below another mount
            if !fields[4].starts_with("/run/host/") {
                on_top.insert(fields[4], fields[5]);
            }
        }
        let has = |place: &str, option: &str| on_top[place].split(',').any(|o| o == option);
        for place in on_top.keys() {
            // systemd 252 leaves the empty tmpfs of ProtectHome= writable; it is root's, and the worker is not
            let roots = unit == worker && ["/home", "/root", "/run/user"].contains(place);
            let writes_and_runs = has(place, "rw") && !has(place, "noexec") && !roots;
            assert!(!writes_and_runs, "{distro}: {unit} may write and run below {place}");
        }
        let covers = |path: &str| {
            let covering = on_top.keys().filter(|place| Path::new(path).starts_with(place));
            *covering.max_by_key(|place| place.len()).unwrap()
        };
        assert!(has(covers("/usr/bin/sh"), "noexec"), "{distro}: {unit} may run a shell");
        for path in
            ["/usr/lib/systemd", "/usr/libexec/holdfast", "/usr/sbin/useradd", "/usr/bin/sh", "/run/x"]
        {
            assert!(has(covers(path), "ro"), "{distro}: {unit} may write {path}");
        }
    }
    server.push("/var/lib/holdfast/holdfast.db", "", 0o600).unwrap();
    assert!(sees("holdfast-panel.service", "/var/lib/holdfast").contains("holdfast.db"));
    assert_eq!(
        sees("holdfast-agent.service", "/var/lib/holdfast"),
        "",
        "the panel's data are not the agent's"
    );
    assert_eq!(sees("holdfast-panel.service", "/home"), "");
    assert!(sees("holdfast-agent.service", "/home").contains("bobby"));
    for hidden in ["/run/holdfast", "/run/dbus"] {
        assert_eq!(sees(worker, hidden), "", "{distro}: {hidden}");
    }
    assert!(sees(worker, "/etc").contains("passwd") && !sees(worker, "/etc").contains("shadow"));
    let slice = server.property(worker, "Slice").unwrap();
    assert_eq!(slice, "holdfast-alice.slice");
    for unit in
        ["holdfast-panel.socket", "holdfast-agent.socket", "holdfast-probe.socket", "holdfast-egress.socket"]
    {
        assert!(server.is_active(unit).unwrap(), "{distro}: {unit}");
    }
    let sockets = "stat -c '%a %U %G' /run/holdfast/agent.sock /run/holdfast-panel/panel.sock \
                   /run/holdfast-probe/probe.sock /run/holdfast-egress/egress.sock /run/holdfast-worker/alice.sock";
    assert_eq!(
        server.sh(sockets).unwrap().text(),
        "660 root holdfast-agent\n666 root root\n600 holdfast holdfast\n600 holdfast holdfast\n600 root root"
    );
}

#[test]
fn our_units_come_up_in_their_sandboxes_on_debian_12() {
    sandboxes_hold(Distro::Debian12);
}

#[test]
fn our_units_come_up_in_their_sandboxes_on_debian_13() {
    sandboxes_hold(Distro::Debian13);
}
