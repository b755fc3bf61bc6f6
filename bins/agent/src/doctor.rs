//! Looks at every process, unit, socket and permission that Holdfast relies on, and says what it saw, the good as well.

use converge::Reason;
use converge::methods::{Finding, Severity};
use hostd::{Active, Host, Role, UNIT_DIR, Unit, UnitSet};

use crate::agent::Agent;
use crate::journal::{HEADS, REWOUND};
use crate::metrics;

mod quota;
mod server;
mod sftp;

/// Units of ours that must be up on every server, each with what starts it at boot.
const UNITS: [(&str, &str); 6] = [
    ("holdfast-agent.socket", "sockets.target"),
    ("holdfast-agent.service", "multi-user.target"),
    ("holdfast-panel.socket", "sockets.target"),
    ("holdfast-panel.service", "multi-user.target"),
    ("holdfast-probe.socket", "sockets.target"),
    ("holdfast-egress.socket", "sockets.target"),
];

/// What must be up besides.
const OTHERS: [Unit; 2] = [Unit::Nginx, Unit::Ssh];

/// Where the link lies by which sshd is started by its first caller, where the administrator wants it so.
const SSH_SOCKET: &str = "/etc/systemd/system/sockets.target.wants/ssh.socket";

/// Paths with the mode and owner that they must have; the group may be any where none is named.
/// The panel's own directory is not among them: the agent does not see it, and the panel's database answers for it.
const PATHS: [(&str, u32, &str); 12] = [
    ("/etc/holdfast", 0o755, "root"),
    ("/etc/holdfast/credentials", 0o700, "root"),
    ("/etc/holdfast/credentials/seal.key", 0o600, "root"),
    ("/etc/holdfast/credentials/tls.pem", 0o600, "root"),
    ("/var/lib/holdfast-agent", 0o700, "root"),
    ("/run/holdfast/agent.sock", 0o660, "root"),
    ("/run/holdfast-panel/panel.sock", 0o666, "root"),
    ("/run/holdfast-probe/probe.sock", 0o600, "holdfast"),
    // sshd refuses a chroot that others may change
    ("/srv/holdfast", 0o755, "root"),
    ("/srv/holdfast/sftp", 0o755, "root"),
    ("/srv/holdfast/sftp/home", 0o755, "root"),
    ("/etc/ssh/holdfast-keys", 0o755, "root"),
];

/// Kernel settings against a tenant's links. Hard links to files of others cannot be told from the tenant's own; symbolic
/// links are refused by how we open, and the setting guards what else runs here and uses shared directories such as /tmp.
const SETTINGS: [(&str, &str, Severity); 2] = [
    ("/proc/sys/fs/protected_hardlinks", "1", Severity::Error),
    ("/proc/sys/fs/protected_symlinks", "1", Severity::Warning),
];

/// Everything, in a stable order.
pub(crate) fn examine(agent: &Agent) -> Vec<Finding> {
    let host = &agent.host;
    // before the role is there, what belongs to it is not missing by itself: one finding says it
    let serves = server::serves(host, Role::Web);
    let mut findings = server::examine(host);
    findings.extend(units(host, serves));
    findings.extend(paths(host));
    if serves {
        findings.extend(sftp::examine(host));
    }
    findings.extend(SETTINGS.iter().map(|(path, value, severity)| setting(host, path, value, *severity)));
    findings.push(quota::examine(agent));
    if serves {
        findings.push(web_processes(host));
    }
    findings.push(ledger(agent));
    findings.push(audit(agent));
    if serves {
        findings.push(addresses(agent));
    }
    findings.extend(objects(agent, serves));
    findings
}

fn ok(code: &str, subject: &str, message: String) -> Finding {
    Finding {
        code: code.to_owned(),
        subject: subject.to_owned(),
        severity: Severity::Ok,
        message,
        remedy: None,
    }
}

fn bad(code: &str, subject: &str, message: String, remedy: &str) -> Finding {
    let severity = Severity::Error;
    Finding {
        code: code.to_owned(),
        subject: subject.to_owned(),
        severity,
        message,
        remedy: Some(remedy.to_owned()),
    }
}

fn units(host: &Host, serves: bool) -> Vec<Finding> {
    let listed = match host.systemd().list(UnitSet::Holdfast) {
        Ok(listed) => listed,
        Err(error) => {
            return vec![bad("unit.list", "systemd", error.chain(), "look at `journalctl -u dbus`")];
        }
    };
    let mut findings = Vec::new();
    for (unit, target) in UNITS {
        findings.push(active(unit, listed.get(unit).map_or(Active::Inactive, |u| u.active)));
        let link = format!("{UNIT_DIR}/{target}.wants/{unit}");
        findings.push(at_boot(unit, matches!(host.files().stat(&link), Ok(Some(_)))));
    }
    for unit in OTHERS.into_iter().filter(|_| serves) {
        let state = host.systemd().state(&unit).unwrap_or_default();
        if unit == Unit::Ssh && matches!(host.files().stat(SSH_SOCKET), Ok(Some(_))) {
            findings.push(ok("unit.active", &unit.name(), "is started by its first caller".to_owned()));
            continue;
        }
        findings.push(active(&unit.name(), state.active));
        findings.push(at_boot(&unit.name(), state.enabled));
    }
    let is_told = |name: &str| UNITS.iter().any(|(unit, _)| *unit == name);
    let failed = listed.iter().filter(|(name, unit)| unit.active == Active::Failed && !is_told(name));
    findings.extend(failed.map(|(name, _)| {
        bad("unit.failed", name, "has failed".to_owned(), &format!("look at `journalctl -u {name}`"))
    }));
    findings
}

fn active(unit: &str, active: Active) -> Finding {
    if active.is_up() {
        return ok("unit.active", unit, "runs".to_owned());
    }
    let remedy = format!("look at `journalctl -u {unit}`, then `systemctl start {unit}`");
    bad("unit.active", unit, format!("is {active:?}").to_lowercase(), &remedy)
}

fn at_boot(unit: &str, enabled: bool) -> Finding {
    if enabled {
        return ok("unit.boot", unit, "starts at boot".to_owned());
    }
    let remedy = format!("systemctl enable {unit}");
    bad("unit.boot", unit, "would not start at boot".to_owned(), &remedy)
}

fn paths(host: &Host) -> Vec<Finding> {
    let users = host.users();
    PATHS
        .iter()
        .map(|(path, mode, owner)| {
            let uid = users.as_ref().ok().and_then(|u| u.user(owner).map(|u| u.uid));
            match host.files().stat(path) {
                Ok(Some(meta)) if meta.mode == *mode && Some(meta.uid) == uid => {
                    ok("path.mode", path, format!("mode {mode:04o}, owner {owner}"))
                }
                Ok(Some(meta)) => bad(
                    "path.mode",
                    path,
                    format!(
                        "has mode {:04o} and owner {}; must have {mode:04o} and {owner}",
                        meta.mode, meta.uid
                    ),
                    &format!("chown {owner} {path} && chmod {mode:04o} {path}"),
                ),
                Ok(None) => bad("path.missing", path, "is not there".to_owned(), "run `holdfast setup`"),
                Err(error) => bad("path.unreadable", path, error.chain(), "look at the file system"),
            }
        })
        .collect()
}

fn setting(host: &Host, path: &str, value: &str, severity: Severity) -> Finding {
    match host.files().read_text(path).ok().flatten() {
        Some(text) if text.trim() == value => ok("kernel.setting", path, format!("is {value}")),
        other => {
            let key = path.trim_start_matches("/proc/sys/").replace('/', ".");
            let seen = other.map_or_else(|| "cannot be read".to_owned(), |t| format!("is {}", t.trim()));
            let remedy = format!("sysctl -w {key}={value}");
            Finding { severity, ..bad("kernel.setting", path, format!("{seen}; must be {value}"), &remedy) }
        }
    }
}

/// Nothing but nginx runs as the web server's user: it may read every tenant's public files.
fn web_processes(host: &Host) -> Finding {
    let group = host.profile().web.group.clone();
    let subject = format!("processes of {group}");
    let found = host.users().and_then(|users| match users.user(&group) {
        Some(user) => hostd::processes_of(host, user.uid),
        None => Ok(Vec::new()),
    });
    let pids = match found {
        Ok(pids) => pids,
        Err(error) => return bad("process.web_user", &subject, error.chain(), "look at /proc"),
    };
    let name =
        |pid: &u32| host.files().read_text(&format!("/proc/{pid}/comm")).ok().flatten().unwrap_or_default();
    let strangers: Vec<String> = pids
        .iter()
        .map(|pid| format!("{} ({pid})", name(pid).trim()))
        .filter(|n| !n.starts_with("nginx"))
        .collect();
    if pids.is_empty() && host.systemd().state(&Unit::Nginx).is_ok_and(|state| state.active.is_up()) {
        let message = "none of nginx: its workers run as somebody else, and cannot read the sites".to_owned();
        let remedy = format!(
            "write `user {group};` into {}, then: systemctl restart nginx",
            host.profile().web.main_config
        );
        return bad("process.web_user", &subject, message, &remedy);
    }
    if strangers.is_empty() {
        return ok("process.web_user", &subject, format!("{} processes, all of them nginx", pids.len()));
    }
    let remedy =
        "stop them, or give them a user of their own: this user may read the public files of all tenants";
    bad("process.web_user", &subject, format!("are not only nginx: {}", strangers.join(", ")), remedy)
}

fn ledger(agent: &Agent) -> Finding {
    // listing reads every kind once
    let _ = agent.world.statuses(None);
    let unreadable = agent.ledger.unreadable();
    match unreadable.iter().next() {
        None => ok("ledger.readable", "ledger", "every entry can be read".to_owned()),
        Some((path, reason)) => bad(
            "ledger.readable",
            "ledger",
            format!("{} of its files cannot be read; the first is {path}: {reason}", unreadable.len()),
            "move the file away; the panel sends the object again",
        ),
    }
}

/// The panel's audit only grows: a head that goes back is of one that was shortened or written anew.
fn audit(agent: &Agent) -> Finding {
    const CODE: &str = "audit.heads";
    match agent.journal.rewound() {
        Ok(None) => ok(CODE, HEADS, "every head of the panel's audit followed the one before".to_owned()),
        Ok(Some(head)) => bad(
            CODE,
            HEADS,
            format!("the panel's audit went back behind a head that was noted: {head}"),
            &format!(
                "look at `holdfast audit verify`; if an older database was put back by hand, remove {HEADS} and {REWOUND} \
                 (`holdfast restore-panel` leaves a note of its own)"
            ),
        ),
        Err(error) => bad(CODE, HEADS, error.chain(), "look at the file system"),
    }
}

/// Every own address leads to our tree where nginx listens for it at all of them. A block of somebody else may name one on
/// purpose, so that this stops no change.
fn addresses(agent: &Agent) -> Finding {
    let (code, subject) = ("web.address", "addresses of the web server");
    let taken = agent.committer.taken(&agent.host, &metrics::own_addresses(&agent.host));
    let taken: Vec<String> = match taken {
        Ok(taken) => taken.iter().map(ToString::to_string).collect(),
        Err(error) => return bad(code, subject, error.to_string(), "look at the disk"),
    };
    if taken.is_empty() {
        return ok(code, subject, "nothing else answers at one of them".to_owned());
    }
    let message = format!("no site is reached at {}: another server block names it", taken.join(", "));
    let remedy = "look for `listen` with this address in `nginx -T`; name the addresses of the sites with \
                  `holdfast node edit --listen` if the block is to stay";
    Finding { severity: Severity::Warning, ..bad(code, subject, message, remedy) }
}

/// Objects that are not ready, each with its reason; one line of praise where all are.
fn objects(agent: &Agent, serves: bool) -> Vec<Finding> {
    let statuses = match agent.world.statuses(None) {
        Ok(statuses) => statuses,
        Err(error) => return vec![bad("object.ready", "objects", error.to_string(), "look at the disk")],
    };
    let open: Vec<Finding> = statuses
        .iter()
        .filter(|s| s.observed_generation != Some(s.generation) || s.status.reason.is_some())
        // what waits for the role is told by the role
        .filter(|s| serves || s.status.reason != Some(Reason::WaitsFor))
        .map(|s| Finding {
            code: "object.ready".to_owned(),
            subject: format!("{} {}", s.object.kind, s.object.scope),
            severity: Severity::Warning,
            message: s.status.message.clone().unwrap_or_else(|| s.status.condition.as_str().to_owned()),
            remedy: Some("look at `holdfast plan` and `holdfast drift`".to_owned()),
        })
        .collect();
    if open.is_empty() {
        let gone = statuses.iter().filter(|s| s.absent).count();
        return vec![ok("object.ready", "objects", format!("all {} are as asked", statuses.len() - gone))];
    }
    open
}

#[cfg(test)]
mod tests;
