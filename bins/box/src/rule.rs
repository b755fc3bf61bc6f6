//! What can be done with the box.

use std::convert::Infallible;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use testhost::{Distro, Server};

use crate::record::{NAME, Record, TOP, root};
use crate::{ports, wrapper};

/// How long removing a package may take.
const REMOVE_LIMIT: Duration = Duration::from_mins(5);

/// Makes or starts the box, installs the package in it, and sets it up.
pub(crate) fn create(deb: &Path, distro: Option<Distro>, setup: &[OsString]) -> Result<()> {
    ensure!(deb.is_file(), "{} is not a file", deb.display());
    let begun = Instant::now();
    let top = Path::new(TOP);
    if let (Some(record), Some(distro)) = (Record::read(top)?, distro) {
        ensure!(
            record.distro == distro.name(),
            "the box of this machine is a {} server and stays one: call this without --distro",
            record.distro
        );
    }
    let server = if let Some(server) = Server::attach(NAME)? {
        server
    } else {
        let record = if let Some(record) = Record::read(top)? {
            record
        } else {
            let distro = distro.unwrap_or(Distro::Debian13);
            say(&format!("making a {distro} server in {TOP} (the first time this takes a minute or two)"))?;
            let record = Record::new(distro);
            record.write(top)?;
            record
        };
        let server = boot(top, &record)?;
        say(&format!("the box runs ({:.1} s)", begun.elapsed().as_secs_f64()))?;
        server
    };
    server.install_package(deb).with_context(|| format!("install {} in the box", deb.display()))?;
    say(&format!("{} is installed in it ({:.1} s)", deb.display(), begun.elapsed().as_secs_f64()))?;
    let program = std::env::current_exe().context("find this program")?;
    wrapper::write(Path::new(wrapper::PATH), &program)?;
    let record = Record::read(top)?.context("the box has no record")?;
    let mut words = ["holdfast", "setup"].map(OsString::from).to_vec();
    words.extend(setup.iter().cloned());
    let named = root(top).join("etc/holdfast/panel.toml").exists();
    if record.host_network
        && !named
        && !setup.iter().any(|word| word.to_string_lossy().starts_with("--hostname"))
        && let Some(name) = machine_name()
    {
        // people reach the box by this machine's name, unless another was chosen in it
        words.extend([OsString::from("--hostname"), name.into()]);
    }
    let status = server.interactive(words).status().context("call `holdfast setup` in the box")?;
    ensure!(status.success(), "`holdfast setup` in the box ended with {status}");
    tell(&server, &record)
}

/// This machine's name, if it can be a host name in a certificate.
fn machine_name() -> Option<String> {
    let name = rustix::system::uname().nodename().to_str().ok()?.to_ascii_lowercase();
    let fits = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.');
    let label = name.bytes().any(|b| b.is_ascii_alphabetic());
    (fits && label).then_some(name)
}

/// Starts the box.
pub(crate) fn start() -> Result<()> {
    let top = Path::new(TOP);
    let record = existing(top)?;
    let server = match Server::attach(NAME)? {
        Some(server) => server,
        None => boot(top, &record)?,
    };
    tell(&server, &record)
}

fn boot(top: &Path, record: &Record) -> Result<Server> {
    if record.host_network
        && let Some(port) = ports::PORTS.into_iter().find(|port| !ports::is_free(*port))
    {
        bail!(
            "the box has this machine's network, and something else listens on port {port} now: stop it first"
        );
    }
    Ok(Server::boot(record.options(top)?)?)
}

/// Shuts the box down.
pub(crate) fn stop() -> Result<()> {
    existing(Path::new(TOP))?;
    match Server::attach(NAME)? {
        Some(server) => {
            server.stop()?;
            say("the box is stopped; its data stays")
        }
        None => say("the box does not run"),
    }
}

/// Removes the box.
pub(crate) fn remove(yes: bool) -> Result<()> {
    let top = Path::new(TOP);
    existing(top)?;
    let homes = homes(&root(top))?;
    if !yes && !homes.is_empty() {
        bail!(
            "the homes of {} would be lost with it: copy what is needed from {}/home, then call this with --yes",
            homes.join(", "),
            root(top).display()
        );
    }
    if let Some(server) = Server::attach(NAME)? {
        server.stop()?;
    }
    wrapper::remove(Path::new(wrapper::PATH))?;
    remove_tree(top)?;
    say("the box is removed")
}

/// Removes the box's tree. Stopped half-way it leaves no tree that could be started, and a record by which it is called again.
fn remove_tree(top: &Path) -> Result<()> {
    let (whole, rest) = (root(top), root(top).with_extension("removed"));
    let gone = |result: io::Result<()>| match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    };
    gone(fs::remove_dir_all(&rest)).with_context(|| format!("remove {}", rest.display()))?;
    gone(fs::rename(&whole, &rest)).with_context(|| format!("rename {}", whole.display()))?;
    gone(fs::remove_dir_all(&rest)).with_context(|| format!("remove {}", rest.display()))?;
    fs::remove_dir_all(top).with_context(|| format!("remove {}", top.display()))
}

/// The homes in the box's tree.
fn homes(root: &Path) -> Result<Vec<String>> {
    let dir = root.join("home");
    let entries = match fs::read_dir(&dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).with_context(|| format!("list {}", dir.display())),
    };
    let mut names = Vec::new();
    for entry in entries {
        let name = entry.with_context(|| format!("list {}", dir.display()))?.file_name();
        names.push(name.to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

/// Removes the package from the box and stops it.
pub(crate) fn uninstall() -> Result<()> {
    let top = Path::new(TOP);
    let record = existing(top)?;
    let server = match Server::attach(NAME)? {
        Some(server) => server,
        None => boot(top, &record)?,
    };
    let words = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y", "remove", "holdfast"];
    server.command(words).deadline(REMOVE_LIMIT).check().context("remove the package from the box")?;
    server.stop()?;
    wrapper::remove(Path::new(wrapper::PATH))?;
    say(&format!("the package is removed and the box is stopped; accounts and their data stay in {TOP}"))?;
    say("./install.sh brings it back; ./install.sh --box remove removes the data too")
}

/// Says whether the box runs.
pub(crate) fn status() -> Result<()> {
    let record = existing(Path::new(TOP))?;
    match Server::attach(NAME)? {
        Some(server) => tell(&server, &record),
        None => say("the box does not run; ./install.sh --box start starts it"),
    }
}

/// Becomes a program in the box.
pub(crate) fn enter(command: &[OsString]) -> Result<Infallible> {
    existing(Path::new(TOP))?;
    let server =
        Server::attach(NAME)?.context("the box does not run: start it with ./install.sh --box start")?;
    let program = command.first().map_or(OsStr::new("holdfast"), OsString::as_os_str);
    let heeded = std::env::vars_os().filter(|(name, _)| is_heeded(name));
    let error = server.interactive(command).envs(heeded).exec();
    Err(error).with_context(|| format!("run {} in the box", program.to_string_lossy()))
}

/// Does the command `holdfast` heed this variable of the environment?
fn is_heeded(name: &OsStr) -> bool {
    name == "NO_COLOR" || name.to_string_lossy().starts_with("HOLDFAST_")
}

fn existing(top: &Path) -> Result<Record> {
    Record::read(top)?.context("there is no box on this machine: ./install.sh makes one")
}

fn tell(server: &Server, record: &Record) -> Result<()> {
    if record.host_network {
        say("the box has this machine's network: its sites are on ports 80 and 443 here, the panel on 8443")?;
    } else {
        say(&format!(
            "ports of this machine are in use, so the box has addresses of its own: {} and {}",
            server.ipv4(),
            server.ipv6()
        ))?;
        let address = server.ipv4();
        say(&format!("  panel https://{address}:8443/   sites http://{address}/ and https://{address}/"))?;
    }
    if record.ssh_port != ports::SSH {
        say(&format!("  SFTP is on port {} (port {} is this machine's own)", record.ssh_port, ports::SSH))?;
    }
    Ok(())
}

fn say(text: &str) -> Result<()> {
    writeln!(io::stdout(), "box: {text}").context("write to standard output")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_command_heeds_comes_along_and_nothing_else() {
        for name in ["NO_COLOR", "HOLDFAST_URL", "HOLDFAST_TOKEN_FILE"] {
            assert!(is_heeded(OsStr::new(name)), "{name}");
        }
        for name in ["PATH", "HOME", "NO_COLORS", "LD_PRELOAD"] {
            assert!(!is_heeded(OsStr::new(name)), "{name}");
        }
    }

    #[test]
    fn a_removal_that_was_stopped_leaves_no_tree_and_is_completed_by_the_next() {
        let parent = tempfile::tempdir().unwrap();
        let top = parent.path().join("box");
        let record = Record { distro: "debian13".to_owned(), host_network: true, ssh_port: 22 };
        record.write(&top).unwrap();
        fs::create_dir_all(root(&top).join("etc")).unwrap();
        // what cannot be removed stops it, as a kill would
        fs::write(top.join("root.removed"), "").unwrap();
        assert!(remove_tree(&top).is_err());
        assert_eq!(Record::read(&top).unwrap(), Some(record));
        fs::remove_file(top.join("root.removed")).unwrap();
        fs::create_dir_all(top.join("root.removed/etc")).unwrap();
        remove_tree(&top).unwrap();
        assert!(!top.exists());
    }
}
