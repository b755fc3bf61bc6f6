//! The sandboxes of our units as they run: their scores, and a live probe from inside each of them.

use std::collections::BTreeSet;

use e2e::{Checks, Node};

/// Unit, and the highest score of `systemd-analyze security`, in tenths.
const SCORES: &[(&str, u32)] = &[
    ("holdfast-panel.service", 5),
    ("holdfast-probe.service", 13),
    ("holdfast-egress.service", 13),
    ("holdfast-worker@alice.service", 15),
    ("holdfast-agent.service", 25),
    ("holdfast-php-alice-{php}.service", 17),
    ("holdfast-nginx-check.service", 43),
    ("holdfast-quota@20000.service", 20),
    ("holdfast-quota-list.service", 20),
];

/// Unit, and all that succeeds inside of it. Whatever else does is a hole.
const ALLOWED: &[(&str, &[&str])] = &[
    (
        "holdfast-panel.service",
        &[
            "connect /run/holdfast/agent.sock",
            "connect /run/holdfast-egress/egress.sock",
            "connect /run/holdfast-probe/probe.sock",
            "connect /run/holdfast-panel/panel.sock",
            "read /var/lib/holdfast/holdfast.db",
        ],
    ),
    ("holdfast-probe.service", &["inet socket", "connect own nginx"]),
    // the kernel lets it reach others, and nothing of this server or of private networks
    ("holdfast-egress.service", &["inet socket", "connect another host"]),
    // a mode of its own files: see packaging/units/README.md
    ("holdfast-worker@alice.service", &["set-uid file"]),
    (
        "holdfast-agent.service",
        &[
            "write /etc",
            "write /etc/nginx",
            "write /etc/holdfast/credentials",
            "read /etc/shadow",
            "read /etc/holdfast/credentials/seal.key",
            "read /home/bob/private.txt",
            "read /proc/1/environ",
            "see processes of others",
            "connect /run/holdfast/agent.sock",
            "connect /run/holdfast-panel/panel.sock",
            "connect /run/holdfast-probe/probe.sock",
            "connect /run/holdfast-worker/alice.sock",
            "connect /run/dbus/system_bus_socket",
            "connect /run/systemd/private",
            "run /usr/sbin/nft",
            // see packaging/units/README.md
            "set-uid file",
        ],
    ),
    // root's own, with one capability, and nothing to use it for
    ("holdfast-quota@20000.service", &["set-uid file"]),
    ("holdfast-quota-list.service", &["set-uid file"]),
    (
        "holdfast-php-alice-{php}.service",
        &[
            "run /bin/sh",
            "run /usr/bin/perl",
            "run /usr/bin/curl",
            "run /usr/sbin/nft",
            "drop-and-run /tmp",
            "drop-and-run /var/tmp",
            "drop-and-run /home/alice",
            "inet socket",
            "connect own nginx",
            "connect another host",
            "send to a private network",
            "send to a link-local address",
        ],
    ),
];

const PROBE: &str = "/usr/libexec/holdfast/e2e-probe";

pub(crate) fn checks(node: &Node, checks: &mut Checks) {
    for (unit, highest) in SCORES {
        let unit = unit.replace("{php}", node.distro().php());
        checks.check(&format!("score of {unit}"), || {
            let threshold = format!("--threshold={highest}");
            let output = node.run(["systemd-analyze", "security", "--no-pager", &threshold, &unit]).unwrap();
            let said = output.text();
            eprintln!("    {}", said.lines().last().unwrap_or_default());
            assert!(output.ok(), "{said}");
        });
    }
    checks.check("what runs is confined", || running_processes_are_confined(node));
    node.push_file(&std::env::current_exe().unwrap(), PROBE, 0o755).unwrap();
    for (unit, allowed) in ALLOWED {
        let unit = unit.replace("{php}", node.distro().php());
        checks.check(&format!("live probe inside {unit}"), || live_probe(node, &unit, allowed));
    }
}

fn running_processes_are_confined(node: &Node) {
    node.page("a.example.test", "/probe.php?do=id").unwrap();
    let pool = format!("holdfast-php-alice-{}.service", node.distro().php());
    for (unit, capabilities) in [
        ("holdfast-panel.service", "0000000000000000"),
        ("holdfast-probe.service", "0000000000000000"),
        ("holdfast-egress.service", "0000000000000000"),
        // CHOWN, DAC_OVERRIDE, DAC_READ_SEARCH, FOWNER, FSETID, KILL, SETGID, SETUID, AUDIT_WRITE
        ("holdfast-agent.service", "00000000200000ff"),
        (pool.as_str(), "0000000000000000"),
    ] {
        node.check(["systemctl", "start", unit]).unwrap();
        let pid = node.property(unit, "MainPID").unwrap();
        let status = node.check(["cat", &format!("/proc/{pid}/status")]).unwrap().text();
        let field = |name: &str| {
            let line = status
                .lines()
                .find_map(|line| line.strip_prefix(name))
                .unwrap_or_else(|| panic!("{unit}: {name}: {status}"));
            line.trim().to_owned()
        };
        assert_eq!(field("Seccomp:"), "2", "{unit} has a filter of system calls");
        assert_eq!(field("NoNewPrivs:"), "1", "{unit}");
        let effective = u64::from_str_radix(&field("CapEff:"), 16).unwrap();
        let most = u64::from_str_radix(capabilities, 16).unwrap();
        assert_eq!(effective & !most, 0, "{unit} has capabilities {effective:x}, may have {most:x}");
        let bounding = u64::from_str_radix(&field("CapBnd:"), 16).unwrap();
        assert_eq!(bounding & !most, 0, "{unit} could get capabilities {bounding:x}, may have {most:x}");
        let own_mounts =
            node.sh(&format!("test \"$(readlink /proc/{pid}/ns/mnt)\" != \"$(readlink /proc/1/ns/mnt)\""));
        assert!(own_mounts.is_ok(), "{unit} shares the server's mounts");
        if matches!(unit, "holdfast-panel.service" | "holdfast-agent.service") {
            let own_network = node
                .sh(&format!("test \"$(readlink /proc/{pid}/ns/net)\" != \"$(readlink /proc/1/ns/net)\""));
            assert!(own_network.is_ok(), "{unit} shares the server's network");
        }
    }
    let web = node.check(["ps", "-U", "www-data", "-o", "comm="]).unwrap().text();
    assert!(web.lines().all(|name| name.trim() == "nginx"), "others than nginx run as www-data: {web}");
}

/// Runs [`crate::inside::attempts`] in place of the unit's program, with all else of the unit as it is.
fn live_probe(node: &Node, unit: &str, allowed: &[&str]) {
    let drop_in = format!("/run/systemd/system/{unit}.d/e2e.conf");
    let text = format!(
        "[Service]\nType=oneshot\nRestart=no\nExecStartPre=\nExecStart=\nExecStart={PROBE} --exact inside::attempts --ignored --nocapture\n"
    );
    node.push(&drop_in, text, 0o644).unwrap();
    node.sh("systemctl daemon-reload").unwrap();
    node.check(["systemctl", "stop", unit]).unwrap();
    let since = node.sh("date +%s.%N").unwrap().text();
    let ran = node.run(["systemctl", "start", unit]).unwrap();
    node.sh("journalctl --sync").unwrap();
    let said = node
        .check(["journalctl", "-o", "cat", "--no-pager", "-u", unit, "--since", &format!("@{since}")])
        .unwrap()
        .text();
    // A call that came meanwhile may have started the probe once more by the socket: that one ends here, before
    // the unit's own program is waited for.
    let socket = unit.replace(".service", ".socket");
    // a oneshot has none
    let socket = if node.run(["systemctl", "cat", &socket]).unwrap().ok() { socket } else { unit.to_owned() };
    node.sh(&format!(
        "rm {drop_in}; systemctl daemon-reload; systemctl stop '{socket}' '{unit}'; \
         systemctl reset-failed '{socket}' '{unit}' || true; \
         systemctl start '{socket}'; systemctl start '{unit}'"
    ))
    .unwrap();
    assert!(ran.ok(), "{unit}: {}\n{said}", ran.error_text());

    let attempts: Vec<&str> =
        said.lines().filter_map(|line| line.split_once("attempt ").map(|(_, rest)| rest)).collect();
    assert!(attempts.len() > 40, "{unit}: the probe did not run to its end: {said}");
    let succeeded: BTreeSet<&str> =
        attempts.iter().filter_map(|line| line.strip_suffix(" allowed")).collect();
    let expected: BTreeSet<&str> = allowed.iter().copied().collect();
    let holes: Vec<_> = succeeded.difference(&expected).collect();
    eprintln!(
        "    {unit}: {} attempts, {} allowed, {} unexpected",
        attempts.len(),
        succeeded.len(),
        holes.len()
    );
    assert!(holes.is_empty(), "{unit} is allowed what it must not be: {holes:?}\n{said}");
    assert!(said.contains("status Seccomp: 2") && said.contains("status NoNewPrivs: 1"), "{unit}: {said}");
}
