//! A running server: boot, commands, files, restarts, its end.

use std::ffi::OsStr;
use std::fs;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::command::{Cmd, Output, on_path, tail};
use crate::network::{self, Addresses};
use crate::nspawn::{Container, Plan};
use crate::slot::{self, Slot};
use crate::state::State;
use crate::wait::wait_for;
use crate::{Distro, Error, Network, Options, tree};

const STOP_LIMIT: Duration = Duration::from_mins(1);
const INSTALL_LIMIT: Duration = Duration::from_mins(5);
/// Programs of this machine that a server needs, and the packages that bring them.
const TOOLS: [(&str, &str); 4] = [
    ("systemd-nspawn", "systemd-container"),
    ("nsenter", "util-linux"),
    ("ip", "iproute2"),
    ("curl", "curl"),
];

/// A Debian server that runs. Dropping it ends it and leaves nothing, unless it is persistent.
#[derive(Debug)]
pub struct Server {
    options: Options,
    /// Absent in a handle of a persistent server.
    slot: Option<Slot>,
    index: u8,
    root: PathBuf,
    addresses: Addresses,
    container: Container,
    boot_time: Duration,
    image_time: Option<Duration>,
}

impl Server {
    /// Boots a server and waits until its systemd has started everything and its addresses answer.
    ///
    /// # Errors
    /// [`Error::NotRoot`], a missing tool, no image, or a server that does not come up; what it left is removed.
    pub fn boot(options: Options) -> Result<Self, Error> {
        if !rustix::process::geteuid().is_root() {
            return Err(Error::NotRoot);
        }
        for (tool, package) in TOOLS {
            if !on_path(tool) {
                return Err(Error::MissingTool { tool, package });
            }
        }
        if options.persistent && slot::persistent()?.iter().any(|(_, state)| state.name == options.name) {
            return Err(Error::Name { name: options.name, what: "runs already" });
        }
        let slot = Slot::acquire()?;
        let booted = Self::boot_in(&slot, &options);
        let (root, addresses, container, boot_time, image_time) = match booted {
            Ok(parts) => parts,
            Err(error) => {
                // The first failure is the one to be told.
                let _ = slot.clear();
                return Err(error);
            }
        };
        let index = slot.index();
        let slot = if options.persistent {
            let state = State {
                name: options.name.clone(),
                distro: options.distro.name().to_owned(),
                supervisor: container.supervisor(),
                leader: container.leader(),
                root: root.clone(),
                ipv4: addresses.server4,
                ipv6: addresses.server6,
            };
            if let Err(error) = state.write(&slot.dir()) {
                let _ = slot.clear();
                return Err(error);
            }
            None
        } else {
            Some(slot)
        };
        Ok(Self { options, slot, index, root, addresses, container, boot_time, image_time })
    }

    fn boot_in(
        slot: &Slot,
        options: &Options,
    ) -> Result<(PathBuf, Addresses, Container, Duration, Option<Duration>), Error> {
        let (root, image_time) = tree::make(slot, options)?;
        let begun = Instant::now();
        let addresses = match options.network {
            Network::Private => slot.addresses(),
            Network::Host => Addresses::loopback(),
        };
        tree::prepare(&root, options, &addresses)?;
        let container = start(slot, &root, options, &addresses)?;
        Ok((root, addresses, container, begun.elapsed(), image_time))
    }

    /// The persistent server of this name, if it runs.
    pub fn attach(name: &str) -> Result<Option<Self>, Error> {
        for (index, state) in slot::persistent()? {
            if state.name != name {
                continue;
            }
            let distro: Distro = state.distro.parse()?;
            let mut addresses = Addresses::of_slot(index);
            (addresses.server4, addresses.server6) = (state.ipv4, state.ipv6);
            let network = if state.ipv4 == Ipv4Addr::LOCALHOST { Network::Host } else { Network::Private };
            let options = Options { persistent: true, network, ..Options::fresh(distro).name(name) };
            return Ok(Some(Self {
                options,
                slot: None,
                index,
                root: state.root,
                addresses,
                container: Container::attach(state.supervisor, state.leader),
                boot_time: Duration::ZERO,
                image_time: None,
            }));
        }
        Ok(None)
    }

    /// Its host name.
    pub fn name(&self) -> &str {
        &self.options.name
    }

    /// Its distribution.
    pub fn distro(&self) -> Distro {
        self.options.distro
    }

    /// Its IPv4 address, as this machine reaches it.
    pub fn ipv4(&self) -> Ipv4Addr {
        self.addresses.server4
    }

    /// Its IPv6 address, as this machine reaches it.
    pub fn ipv6(&self) -> Ipv6Addr {
        self.addresses.server6
    }

    /// This machine's addresses, as the server sees them: what its visitors come from.
    pub fn outside(&self) -> (Ipv4Addr, Ipv6Addr) {
        (self.addresses.outside4, self.addresses.outside6)
    }

    /// Its tree, as this machine sees it. What the server mounts inside is not there.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The process on this machine that is its PID 1.
    pub fn leader(&self) -> u32 {
        self.container.leader()
    }

    /// How long booting took.
    pub fn boot_time(&self) -> Duration {
        self.boot_time
    }

    /// How long the making of its image took, where it was not in the cache.
    pub fn image_time(&self) -> Option<Duration> {
        self.image_time
    }

    /// The words that enter it from a shell of this machine; a command may follow.
    pub fn how_to_enter(&self) -> String {
        format!("nsenter -t {} -a", self.leader())
    }

    /// A program in the server, as root; see [`Cmd`] for input, deadline and background.
    pub fn command<A: AsRef<OsStr>>(&self, argv: impl IntoIterator<Item = A>) -> Cmd {
        self.container.enter(argv)
    }

    /// Runs a program in the server, as root, to its end, whatever its status.
    pub fn run<A: AsRef<OsStr>>(&self, argv: impl IntoIterator<Item = A>) -> Result<Output, Error> {
        self.command(argv).run()
    }

    /// The same; a status other than 0 is an error.
    pub fn check<A: AsRef<OsStr>>(&self, argv: impl IntoIterator<Item = A>) -> Result<Output, Error> {
        self.command(argv).check()
    }

    /// Runs a script of the server's shell; a status other than 0 is an error.
    pub fn sh(&self, script: &str) -> Result<Output, Error> {
        self.check(["sh", "-ec", script])
    }

    /// Runs a program as another user of the server, with that user's groups.
    pub fn run_as<A: AsRef<OsStr>>(
        &self,
        user: &str,
        argv: impl IntoIterator<Item = A>,
    ) -> Result<Output, Error> {
        let words = ["runuser", "-u", user, "--"].map(OsStr::new).map(OsStr::to_owned);
        let argv = argv.into_iter().map(|arg| arg.as_ref().to_owned());
        self.run(words.into_iter().chain(argv))
    }

    /// A program in the server that gets the caller's terminal.
    pub fn interactive<A: AsRef<OsStr>>(&self, argv: impl IntoIterator<Item = A>) -> Command {
        self.command(argv).command()
    }

    /// Writes a file in the server; missing directories are made. `mode` is as chmod(1) takes it: `0o644`.
    pub fn push(&self, path: &str, content: impl Into<Vec<u8>>, mode: u32) -> Result<(), Error> {
        self.install_command(path, mode).stdin(content).check().map(|_| ())
    }

    /// Copies a file of this machine into the server.
    pub fn push_file(&self, here: &Path, there: &str, mode: u32) -> Result<(), Error> {
        self.install_command(there, mode).stdin_file(here).check().map(|_| ())
    }

    fn install_command(&self, path: &str, mode: u32) -> Cmd {
        self.command(["install", "-D", "-m", &format!("{mode:04o}"), "--", "/dev/stdin", path])
    }

    /// Reads a file of the server.
    pub fn pull(&self, path: &str) -> Result<Vec<u8>, Error> {
        Ok(self.check(["cat", "--", path])?.stdout)
    }

    /// Installs a package file, with what it depends on from the image's cache.
    pub fn install_package(&self, deb: &Path) -> Result<Output, Error> {
        let name = deb.file_name().unwrap_or_default().to_string_lossy();
        let there = format!("/var/cache/holdfast-testhost/{name}");
        self.push_file(deb, &there, 0o644)?;
        let options = [
            "-q",
            "-y",
            "-oDpkg::Options::=--force-confold",
            "--no-install-recommends",
            "--allow-downgrades",
            "--reinstall",
        ];
        let words = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"].into_iter().chain(options);
        self.command(words.chain(["install", &there])).deadline(INSTALL_LIMIT).check()
    }

    /// A property of a unit, as `systemctl show` gives it: empty if there is none.
    pub fn property(&self, unit: &str, name: &str) -> Result<String, Error> {
        Ok(self.check(["systemctl", "show", "--value", "--property", name, "--", unit])?.text())
    }

    /// Whether a unit is active now.
    pub fn is_active(&self, unit: &str) -> Result<bool, Error> {
        Ok(self.property(unit, "ActiveState")? == "active")
    }

    /// Kills every process of a unit, without any warning to them.
    pub fn kill9(&self, unit: &str) -> Result<(), Error> {
        self.check(["systemctl", "kill", "--signal=KILL", "--", unit]).map(|_| ())
    }

    /// The journal of a unit since boot, as text.
    pub fn journal(&self, unit: &str) -> Result<String, Error> {
        Ok(self
            .check(["journalctl", "--boot", "--no-pager", "--output=short-precise", "--unit", unit])?
            .text())
    }

    /// Reboots it in good order on the same tree, and waits until it is up. Takes no less than its services need to stop.
    pub fn restart(&mut self) -> Result<(), Error> {
        // The command is ended by what it asks for, so its status says nothing.
        self.run(["systemctl", "reboot"])?;
        self.wait_for_end()?;
        self.start_again()
    }

    /// Cuts the power and boots it again on the same tree: every process is killed at once.
    pub fn power_cycle(&mut self) -> Result<(), Error> {
        Slot::cgroup_of(self.index)?.kill()?;
        self.container.reap();
        self.start_again()
    }

    fn start_again(&mut self) -> Result<(), Error> {
        let begun = Instant::now();
        let taken;
        let slot = if let Some(slot) = &self.slot {
            slot
        } else {
            taken = Slot::of_persistent(self.index)?;
            &taken
        };
        // A new cgroup too: some kernels kill what systemd forks into one whose subtree was killed before.
        let cgroup = slot.cgroup()?;
        cgroup.kill()?;
        cgroup.remove()?;
        self.container.reap();
        network::remove_interface(&network::interface_of(&slot.machine()))?;
        self.container = start(slot, &self.root, &self.options, &self.addresses)?;
        self.boot_time = begun.elapsed();
        if let Some(state) = State::read(&slot.dir())? {
            let (supervisor, leader) = (self.container.supervisor(), self.container.leader());
            State { supervisor, leader, ..state }.write(&slot.dir())?;
        }
        Ok(())
    }

    fn wait_for_end(&mut self) -> Result<(), Error> {
        wait_for("the server's end", STOP_LIMIT, || Ok((!self.container.is_alive()?).then_some(())))
    }

    /// Shuts it down in good order, then removes what was made for it (never a persistent directory).
    pub fn stop(mut self) -> Result<(), Error> {
        self.run(["systemctl", "poweroff"])?;
        let ended = self.wait_for_end();
        let slot = match self.slot.take() {
            Some(slot) => slot,
            None => Slot::of_persistent(self.index)?,
        };
        slot.clear()?;
        self.container.reap();
        ended
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let Some(slot) = self.slot.take() else { return };
        let cleared = slot.clear();
        self.container.reap();
        if let Err(error) = cleared {
            // Told, and left to the next boot, which clears it: a panic here would hide a test's own failure.
            eprintln!("testhost: {} was not removed: {error}", self.options.name);
        }
    }
}

/// Starts the container on its tree and waits until it is up.
fn start(slot: &Slot, root: &Path, options: &Options, addresses: &Addresses) -> Result<Container, Error> {
    let cgroup = slot.cgroup()?;
    let console = slot.dir().join("console.log");
    let mut container = Container::start(&Plan {
        root,
        machine: &slot.machine(),
        hostname: &options.name,
        network: options.network,
        bind_ro: &options.bind_ro,
        console: &console,
        cgroup: &cgroup,
    })?;
    if options.network == Network::Private {
        addresses.configure_outside(&network::interface_of(&slot.machine()))?;
    }
    let what = format!("{} to finish its boot", options.name);
    let up = wait_for(&what, options.boot_limit, || {
        if !container.is_alive()? {
            return Ok(Some(None));
        }
        let question = container.enter(["systemctl", "is-system-running", "--wait"]);
        let state = question.deadline(options.boot_limit).run()?.text();
        Ok(matches!(state.as_str(), "running" | "degraded").then_some(Some(())))
    });
    let end_of_console = || tail(&fs::read(&console).unwrap_or_default(), 4000);
    match up {
        Ok(Some(())) => {}
        Ok(None) => return Err(Error::DiedAtBoot { name: options.name.clone(), console: end_of_console() }),
        Err(Error::TooLate { doing, limit, detail }) => {
            let detail = format!("{detail}\n{}", end_of_console());
            return Err(Error::TooLate { doing, limit, detail });
        }
        Err(error) => return Err(error),
    }
    if options.network == Network::Private {
        addresses.wait_until_configured(container.leader())?;
    }
    Ok(container)
}
