//! The server itself: whether it is fit to be a web host, in words that somebody understands who has just rented it.

use converge::methods::{Finding, Severity};
use hostd::{Active, Dpkg, Host, Role, Unit, listeners};

use super::{bad, ok};
use crate::metrics;

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;
/// Below this a web server with PHP and a database swaps.
const LITTLE_MEMORY: u64 = 900 * MIB;
/// Below this part of the memory, what comes next may be killed.
const SCARCE_MEMORY: u64 = 10;
/// Below this, logs and mail fill the disk any day.
const LITTLE_DISK: u64 = 5 * GIB;
/// Below this, updates and databases fail.
const NO_DISK: u64 = GIB;

/// Files by which those that keep the clock say that it is right, or that they run.
const TIMESYNCD: &str = "/run/systemd/timesync/synchronized";
const OTHERS: [(&str, &str); 3] =
    [("/run/chrony/chronyd.pid", "chrony"), ("/run/ntpd.pid", "ntpd"), ("/run/openntpd.pid", "openntpd")];
/// Where a container's manager says that it is one.
const CONTAINER: [&str; 2] = ["/run/systemd/container", "/run/host/container-manager"];

/// Everything about the server itself, in a stable order.
pub(super) fn examine(host: &Host) -> Vec<Finding> {
    let mut findings = Vec::new();
    match metrics::read(host) {
        Ok(figures) => {
            findings.push(memory(figures.memory_total, figures.memory_available));
            findings.push(disk(&host.bounds().homes, figures.disk_total, figures.disk_available));
        }
        Err(error) => {
            let remedy = "look at the file system";
            findings.push(bad("server.memory", "memory", error.chain(), remedy));
        }
    }
    findings.push(clock(host));
    findings.push(hostname(host));
    findings.push(ports(host));
    findings.push(panels(host));
    findings.extend(Role::ALL.map(|role| self::role(host, role)));
    findings
}

/// Whether what belongs to the role is expected to be there: not before it is installed, and not while it is being installed.
pub(super) fn serves(host: &Host, role: Role) -> bool {
    let packages = &host.profile().role(role).packages;
    let missing = Dpkg::read(host.files()).map(|dpkg| dpkg.missing(packages)).unwrap_or_default();
    missing.is_empty() || (is_begun(packages, &missing) && !is_being_installed(host, role))
}

/// Whether the role's main package is there: the first of its list. Others, such as the SSH server, come with the server.
fn is_begun(packages: &[String], missing: &[String]) -> bool {
    packages.first().is_some_and(|main| !missing.contains(main))
}

fn is_being_installed(host: &Host, role: Role) -> bool {
    host.systemd().state(&Unit::Packages(role)).is_ok_and(|state| state.active == Active::Activating)
}

fn warn(code: &str, subject: &str, message: String, remedy: &str) -> Finding {
    Finding { severity: Severity::Warning, ..bad(code, subject, message, remedy) }
}

/// `1.9 GiB`
fn size(bytes: u64) -> String {
    if bytes < GIB {
        return format!("{} MiB", bytes / MIB);
    }
    let tenths = bytes / (GIB / 10);
    format!("{}.{} GiB", tenths / 10, tenths % 10)
}

fn memory(total: u64, available: u64) -> Finding {
    let (code, subject) = ("server.memory", "memory");
    let words = format!("{} in all, {} of it free for programs", size(total), size(available));
    if total == 0 {
        return warn(code, subject, "not known".to_owned(), "look at /proc/meminfo");
    }
    if total < LITTLE_MEMORY {
        let remedy = "give the server 1 GiB at least; 2 GiB where databases and mail are to come";
        return warn(code, subject, format!("{words}: that is little"), remedy);
    }
    if available < total / 100 * SCARCE_MEMORY {
        let remedy = "see what takes it (ps aux --sort=-rss | head), or give the server more";
        return warn(code, subject, format!("{words}: nearly all is taken"), remedy);
    }
    ok(code, subject, words)
}

fn disk(homes: &str, total: u64, available: u64) -> Finding {
    let code = "server.disk";
    let words = format!("{} in all, {} of it free", size(total), size(available));
    let remedy =
        "see what takes it (du -xh --max-depth=2 / | sort -h | tail), or give the server a larger disk";
    match available {
        _ if total == 0 => warn(code, homes, "not known".to_owned(), "look at `df`"),
        available if available < NO_DISK => {
            bad(code, homes, format!("{words}: that is nearly nothing"), remedy)
        }
        available if available < LITTLE_DISK => warn(code, homes, format!("{words}: that is little"), remedy),
        _ => ok(code, homes, words),
    }
}

fn is_there(host: &Host, path: &str) -> bool {
    matches!(host.files().stat(path), Ok(Some(_)))
}

/// Certificates, sign-ins and logs stand on it.
fn clock(host: &Host) -> Finding {
    let (code, subject) = ("server.clock", "the clock");
    if is_there(host, TIMESYNCD) {
        return ok(code, subject, "kept right by systemd-timesyncd".to_owned());
    }
    if let Some((_, name)) = OTHERS.iter().find(|(path, _)| is_there(host, path)) {
        return ok(code, subject, format!("{name} keeps it; whether it is right now is not known from here"));
    }
    if CONTAINER.iter().any(|path| is_there(host, path)) {
        return ok(code, subject, "this server is a container, whose clock is kept outside".to_owned());
    }
    let remedy = "apt-get install systemd-timesyncd, then: timedatectl set-ntp true";
    warn(code, subject, "nothing is known to keep it right".to_owned(), remedy)
}

/// Endings that no other server can look up.
const LOCAL: [&str; 5] = [".local", ".localdomain", ".lan", ".internal", ".home.arpa"];

fn hostname(host: &Host) -> Finding {
    let code = "server.hostname";
    let name = match hostd::own_hostname(host.files()) {
        Ok(name) => name,
        Err(error) => return bad(code, "host name", error.chain(), "look at /etc/hostname"),
    };
    let remedy =
        "hostnamectl set-hostname SERVER.EXAMPLE.COM, and let that name lead to this server in the DNS";
    if !name.contains('.') {
        return warn(
            code,
            &name,
            "is not a full name, by which others could reach this server".to_owned(),
            remedy,
        );
    }
    if LOCAL.iter().any(|ending| name.ends_with(ending)) {
        return warn(code, &name, "is a name that only this network knows".to_owned(), remedy);
    }
    ok(code, &name, "is a full name".to_owned())
}

/// Sites need these, and nobody else may have them.
fn ports(host: &Host) -> Finding {
    let (code, subject) = ("server.ports", "ports 80 and 443");
    let taken = match listeners(host.files(), &[80, 443]) {
        Ok(taken) => taken,
        Err(error) => return bad(code, subject, error.chain(), "look at /proc/1/net/tcp"),
    };
    let nginx = host.systemd().state(&Unit::Nginx).is_ok_and(|state| state.active.is_up());
    let strangers: Vec<String> = taken
        .iter()
        // whose socket it is cannot always be seen from here; while nginx runs, no other can have them
        .filter(|listener| !nginx && !listener.is_of("nginx.service"))
        .map(|listener| format!("{} by {}", listener.port, listener.holder_text()))
        .collect();
    if strangers.is_empty() {
        let words = if taken.is_empty() { "are free" } else { "are nginx's" };
        return ok(code, subject, words.to_owned());
    }
    let remedy = "see who listens there (ss -ltnp), and stop it: the sites of this server need these ports";
    bad(code, subject, format!("are taken: {}", strangers.join(", ")), remedy)
}

fn panels(host: &Host) -> Finding {
    let (code, subject) = ("server.panels", "other hosting panels");
    let found = hostd::other_panels(host.files());
    if found.is_empty() {
        return ok(code, subject, "none is here".to_owned());
    }
    let remedy =
        "two panels write the same files: move its sites and accounts to a server of their own, or remove it";
    warn(code, subject, format!("{} is here", found.join(", ")), remedy)
}

fn role(host: &Host, role: Role) -> Finding {
    let code = format!("server.role.{role}");
    let subject = format!("role {role}");
    let packages = &host.profile().role(role).packages;
    if is_being_installed(host, role) {
        return ok(&code, &subject, "is being installed".to_owned());
    }
    match Dpkg::read(host.files()).map(|dpkg| dpkg.missing(packages)) {
        Ok(missing) if missing.is_empty() => ok(&code, &subject, "is installed".to_owned()),
        Ok(missing) => {
            let what = if is_begun(packages, &missing) {
                format!("is not whole, missing are: {}", missing.join(" "))
            } else {
                "is not installed: this server serves no sites yet".to_owned()
            };
            let remedy = format!("holdfast node install {role}, or install it in the browser panel");
            warn(&code, &subject, what, &remedy)
        }
        Err(error) => bad(&code, &subject, error.chain(), "look at /var/lib/dpkg/status"),
    }
}

#[cfg(test)]
mod tests;
