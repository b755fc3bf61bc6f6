//! The container process: how `systemd-nspawn` is called, and how its PID 1 is found and entered.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::cgroup::Cgroup;
use crate::command::{Cmd, read_if_there, tail};
use crate::error::Doing;
use crate::state::ProcessId;
use crate::wait::wait_for;
use crate::{Error, Network};

/// Calls that a real server allows its services and that the container's own filter would refuse: Landlock, keyrings, and
/// BPF, by which systemd enforces `IPAddressDeny=` and `DevicePolicy=`.
const SYSTEM_CALLS: &str =
    "@sandbox @keyring bpf landlock_create_ruleset landlock_add_rule landlock_restrict_self";
const CAPABILITIES: &str = "CAP_BPF,CAP_PERFMON,CAP_IPC_LOCK";
const LEADER_LIMIT: Duration = Duration::from_secs(20);
const NSENTER: &str = "/usr/bin/nsenter";

/// What is started.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    pub(crate) root: &'a Path,
    pub(crate) machine: &'a str,
    pub(crate) hostname: &'a str,
    pub(crate) network: Network,
    pub(crate) bind_ro: &'a [(PathBuf, String)],
    pub(crate) console: &'a Path,
    pub(crate) cgroup: &'a Cgroup,
}

/// A container that runs, as far as this process knows it.
#[derive(Debug)]
pub(crate) struct Container {
    /// Absent when another process started it.
    child: Option<Child>,
    supervisor: ProcessId,
    leader: u32,
}

impl Container {
    /// Boots it and waits until its systemd runs as process 1 of its own namespaces.
    pub(crate) fn start(plan: &Plan<'_>) -> Result<Self, Error> {
        plan.cgroup.create()?;
        let mut command = in_cgroup(plan.cgroup, base_args(plan.root, plan.machine));
        command.arg("--boot").arg(format!("--hostname={}", plan.hostname));
        match plan.network {
            Network::Private => command.args(["--network-veth", "--resolv-conf=off"]),
            Network::Host => command.arg("--resolv-conf=copy-host"),
        };
        for (here, there) in plan.bind_ro {
            let mut argument = OsString::from("--bind-ro=");
            argument.push(escape(here)?);
            argument.push(":");
            argument.push(escape(Path::new(there))?);
            command.arg(argument);
        }
        let console = File::create(plan.console).doing(|| format!("make {}", plan.console.display()))?;
        let errors = console.try_clone().doing(|| format!("open {}", plan.console.display()))?;
        command.stdin(Stdio::null()).stdout(console).stderr(errors);
        let mut child = command.spawn().doing(|| "start systemd-nspawn".to_owned())?;
        let supervisor = ProcessId::of(child.id())?;
        let leader = wait_for("the first process of the server", LEADER_LIMIT, || {
            if child.try_wait().doing(|| "wait for systemd-nspawn".to_owned())?.is_some() {
                return Ok(Some(None));
            }
            Ok(leader_of(supervisor.pid)?.map(Some))
        })?;
        match leader {
            Some(leader) => Ok(Self { child: Some(child), supervisor, leader }),
            None => Err(Error::DiedAtBoot {
                name: plan.hostname.to_owned(),
                console: tail(&fs::read(plan.console).unwrap_or_default(), 4000),
            }),
        }
    }

    /// A container that another process started.
    pub(crate) fn attach(supervisor: ProcessId, leader: u32) -> Self {
        Self { child: None, supervisor, leader }
    }

    pub(crate) fn supervisor(&self) -> ProcessId {
        self.supervisor
    }

    pub(crate) fn leader(&self) -> u32 {
        self.leader
    }

    pub(crate) fn is_alive(&mut self) -> Result<bool, Error> {
        if let Some(child) = &mut self.child {
            let ended = child.try_wait().doing(|| "wait for systemd-nspawn".to_owned())?;
            return Ok(ended.is_none());
        }
        self.supervisor.is_alive()
    }

    /// Takes the exit status of a supervisor that was killed, so that no zombie stays.
    pub(crate) fn reap(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.wait();
        }
    }

    /// A command inside, as root, with a server's environment.
    pub(crate) fn enter<A: AsRef<std::ffi::OsStr>>(&self, argv: impl IntoIterator<Item = A>) -> Cmd {
        let target = self.leader.to_string();
        // The whole path: the environment is the server's, and so is its PATH.
        let entry = [NSENTER, "--target", &target, "--all", "--"].map(OsString::from);
        Cmd::behind(entry, argv)
            .env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
            .env("HOME", "/root")
            .env("LANG", "C.UTF-8")
            .env("TERM", "xterm-256color")
    }
}

/// Runs one command on a tree without booting it and without a network: for the making of images.
pub(crate) fn run_once(root: &Path, name: &str, argv: &[&str], limit: Duration) -> Result<(), Error> {
    let cgroup = Cgroup::named(&format!("holdfast-testhost-{name}"))?;
    cgroup.kill()?;
    cgroup.create()?;
    let mut command: Vec<OsString> = wrapper(&cgroup);
    command.extend(base_args(root, name));
    command
        .extend(["--pipe", "--private-network", "--resolv-conf=off", "--as-pid2", "--"].map(OsString::from));
    command.extend(argv.iter().map(OsString::from));
    let result = Cmd::new(command)
        .env("SYSTEMD_NSPAWN_UNIFIED_HIERARCHY", "1")
        .env("LANG", "C.UTF-8")
        .deadline(limit)
        .check();
    cgroup.kill()?;
    cgroup.remove()?;
    result.map(|_| ())
}

fn base_args(root: &Path, machine: &str) -> Vec<OsString> {
    let mut directory = OsString::from("--directory=");
    directory.push(root);
    let mut args = vec![directory, format!("--machine={machine}").into()];
    args.extend(
        ["--quiet", "--register=no", "--keep-unit", "--timezone=off", "--link-journal=no"]
            .map(OsString::from),
    );
    args.push(format!("--system-call-filter={SYSTEM_CALLS}").into());
    args.push(format!("--capability={CAPABILITIES}").into());
    args
}

/// A process can only be put into a cgroup before it runs by itself: the shell moves, then becomes the program. It leads a
/// session of its own, so that no terminal's Ctrl-C ends a server before its handle does.
fn wrapper(cgroup: &Cgroup) -> Vec<OsString> {
    let script = r#"echo $$ > "$0" && exec setsid systemd-nspawn "$@""#;
    vec!["sh".into(), "-c".into(), script.into(), cgroup.procs().into_os_string()]
}

fn in_cgroup(cgroup: &Cgroup, args: Vec<OsString>) -> Command {
    let mut words = wrapper(cgroup).into_iter();
    let mut command = Command::new(words.next().unwrap_or_default());
    command.args(words).args(args).env("SYSTEMD_NSPAWN_UNIFIED_HIERARCHY", "1");
    command
}

/// The server's process 1: the child of the supervisor that has become systemd in a namespace of its own.
///
/// Before that moment entering its namespaces would mean entering this machine's.
fn leader_of(supervisor: u32) -> Result<Option<u32>, Error> {
    let path = PathBuf::from(format!("/proc/{supervisor}/task/{supervisor}/children"));
    let Some(children) = read_if_there(&path)? else { return Ok(None) };
    for pid in children.split_whitespace().filter_map(|pid| pid.parse::<u32>().ok()) {
        let Some(status) = read_if_there(&PathBuf::from(format!("/proc/{pid}/status")))? else { continue };
        let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        let own_numbers = field("NSpid:").map(|ids| ids.split_whitespace().collect::<Vec<_>>());
        let is_first = own_numbers.is_some_and(|ids| ids.len() > 1 && ids.last() == Some(&"1"));
        if is_first && field("Name:") == Some("systemd") {
            return Ok(Some(pid));
        }
    }
    Ok(None)
}

/// `--bind-ro` separates its parts by colons, and a backslash keeps one from doing so.
fn escape(path: &Path) -> Result<String, Error> {
    let text = path.to_str().ok_or_else(|| Error::Path { path: path.to_owned(), why: "not UTF-8" })?;
    Ok(text.replace('\\', "\\\\").replace(':', "\\:"))
}
