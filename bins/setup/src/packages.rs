//! `holdfast-setup packages ROLE`: what `holdfast-packages@ROLE.service` runs. The course is [`role`]'s; here are the packages of it.
//!
//! apt installs the packages of a role by the distribution's profile, without a question: configuration files that were
//! changed here stay. Another package manager at work is waited for, with a bound. A run that was killed is continued by
//! the next: what dpkg left half-way is configured first.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use converge::methods::Mark;
use hostd::{Dpkg, Host, Role, SystemBus};
use rustix::fs::FlockOperation;

use crate::hostname;
use crate::panel::{PANEL, SocketPanel};
use crate::programs::HostPrograms;
use crate::role::{self, Log as _};
use crate::world::{Options, World};

/// How long another package manager may hold its locks.
const LOCK_LIMIT: Duration = Duration::from_mins(15);
/// How often they are tried.
const LOCK_PAUSE: Duration = Duration::from_secs(1);
/// How often it is said that they are waited for.
const LOCK_WORD: Duration = Duration::from_secs(10);
/// The locks of dpkg's front ends, of dpkg, and of apt's lists.
const LOCKS: [&str; 3] = ["/var/lib/dpkg/lock-frontend", "/var/lib/dpkg/lock", "/var/lib/apt/lists/lock"];

/// Where the last run's output lies.
pub(crate) fn log_path(role: Role) -> String {
    format!("/var/log/holdfast/packages-{role}.log")
}

/// Installs a role. The log says which run it is of, so that whoever follows it never takes one for another.
pub(crate) fn install(role: Role) -> Result<()> {
    let mut log = Log::create(role)?;
    let run = std::env::var("INVOCATION_ID").unwrap_or_else(|_| by_hand());
    log.line(&Mark::Run(&run).to_string())?;
    let host = Host::open().context("look at this server")?;
    let systemd = SystemBus::new().context("reach systemd")?;
    let panel = SocketPanel::new(host.on_disk(PANEL)).context("start the panel's client")?;
    let options = Options {
        roles: vec![role],
        hostname: hostname::known(&host)?,
        rename: false,
        login: None,
        stop_php: false,
    };
    let world =
        World { host: &host, systemd: &systemd, programs: &HostPrograms, panel: &panel, options: &options };
    role::install(world, &mut log, |log| install_packages(&host, role, log))
}

/// A run that no unit made.
fn by_hand() -> String {
    format!("by-hand-{}-{}", std::process::id(), names::Micros::now().as_micros())
}

fn install_packages(host: &Host, role: Role, log: &mut Log) -> Result<()> {
    let packages = &host.profile().role(role).packages;
    let missing = Dpkg::read(host.files())?.missing(packages);
    if missing.is_empty() {
        return log.line("all packages are installed");
    }
    wait_for_locks(|text| log.line(text))?;
    // what a killed dpkg left half-way, also in its journal (`updates`), is configured first; else apt refuses to begin
    run(log, "/usr/bin/dpkg", &["--force-confdef", "--force-confold", "--configure", "-a"])?;
    if let Err(error) = run(log, "/usr/bin/apt-get", &["-q", "-y", "update"]) {
        // the lists that are here may do; if not, the next command says what it misses
        log.line(&format!("apt's lists could not be renewed: {error:#}"))?;
    }
    let lock = format!("DPkg::Lock::Timeout={}", LOCK_LIMIT.as_secs());
    let mut args = vec!["-q", "-y", "--no-install-recommends", "--fix-broken"];
    for option in
        [&lock, "Dpkg::Options::=--force-confdef", "Dpkg::Options::=--force-confold", "Dpkg::Use-Pty=0"]
    {
        args.extend(["-o", option]);
    }
    args.extend(["install", "--"]);
    args.extend(missing.iter().map(String::as_str));
    run(log, "/usr/bin/apt-get", &args)?;
    let missing = Dpkg::read(host.files())?.missing(packages);
    ensure!(
        missing.is_empty(),
        "apt ended well, and these packages are not installed: {}",
        missing.join(" ")
    );
    log.line("all packages are installed")
}

/// The journal, by standard output, and a file for set-up to read from.
struct Log {
    file: Option<File>,
}

impl Log {
    fn create(role: Role) -> Result<Self> {
        match File::create(log_path(role)) {
            Ok(file) => Ok(Self { file: Some(file) }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self { file: None }),
            Err(error) => Err(error).with_context(|| format!("write {}", log_path(role))),
        }
    }
}

impl role::Log for Log {
    fn line(&mut self, text: &str) -> Result<()> {
        writeln!(io::stdout(), "{text}")?;
        if let Some(file) = &mut self.file {
            writeln!(file, "{text}")?;
        }
        Ok(())
    }
}

fn run(log: &mut Log, program: &str, args: &[&str]) -> Result<()> {
    log.line(&format!("{program} {}", args.join(" ")))?;
    let (reader, writer) = io::pipe()?;
    #[expect(clippy::disallowed_methods, reason = "the one unit that runs the package manager")]
    let mut command = Command::new(program);
    command
        .args(args)
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .env("LC_ALL", "C.UTF-8")
        .env("HOME", "/root")
        .env("DEBIAN_FRONTEND", "noninteractive")
        .env("APT_LISTCHANGES_FRONTEND", "none")
        .env("NEEDRESTART_SUSPEND", "1")
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(writer.try_clone()?)
        .stderr(writer);
    let mut child = command.spawn().with_context(|| format!("start {program}"))?;
    // holds the writing end, and the reader would wait for it for ever
    drop(command);
    for line in BufReader::new(reader).split(b'\n') {
        log.line(String::from_utf8_lossy(&line?).trim_end())?;
    }
    let status = child.wait()?;
    ensure!(status.success(), "{program} ended with {status}");
    Ok(())
}

/// Waits until no other package manager is at work; `say` is told which lock is waited for.
pub(crate) fn wait_for_locks(mut say: impl FnMut(&str) -> Result<()>) -> Result<()> {
    let begun = Instant::now();
    let mut said = None;
    while let Some(path) = taken_lock()? {
        if begun.elapsed() >= LOCK_LIMIT {
            bail!(
                "another package manager has held {path} for {} minutes: see what it does (ps -ef | grep -e apt -e dpkg), \
                 then call this again",
                LOCK_LIMIT.as_secs() / 60
            );
        }
        if said.is_none_or(|at: Instant| at.elapsed() >= LOCK_WORD) {
            say(&format!("waits for another package manager, which holds {path}"))?;
            said = Some(Instant::now());
        }
        #[expect(clippy::disallowed_methods, reason = "nobody tells when a lock is let go")]
        sleep(LOCK_PAUSE);
    }
    Ok(())
}

/// A lock that somebody else holds now.
pub(crate) fn taken_lock() -> Result<Option<&'static str>> {
    for path in LOCKS {
        let file = match File::options().read(true).write(true).open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error).with_context(|| format!("open {path}")),
        };
        match rustix::fs::fcntl_lock(&file, FlockOperation::NonBlockingLockExclusive) {
            // let go again when the file is closed
            Ok(()) => {}
            Err(rustix::io::Errno::AGAIN | rustix::io::Errno::ACCESS) => return Ok(Some(path)),
            Err(error) => return Err(error).with_context(|| format!("lock {path}")),
        }
    }
    Ok(None)
}
