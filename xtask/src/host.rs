//! `cargo xtask host`: a real Debian server for a developer, with the package on it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use testhost::{Distro, Image, ImageKind, Options, Server, Upper};
use tokio::signal::unix::{SignalKind, signal};

const SETUP_LIMIT: Duration = Duration::from_mins(5);

/// What to boot.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Arguments {
    /// debian12 or debian13
    #[arg(default_value = "debian13")]
    distro: Distro,
    /// The package to install; by default the newest target/debian/*.deb, if there is one
    #[arg(long, value_name = "DEB")]
    with: Option<PathBuf>,
    /// Start from a server as a hoster delivers it, instead of one with the packages of the roles installed
    #[arg(long)]
    fresh: bool,
    /// What it is set up for, as `holdfast setup --with` takes it; `none` starts from a server as a hoster delivers it, too
    #[arg(long, value_name = "ROLES")]
    roles: Option<String>,
    /// Keep the server's changes in memory
    #[arg(long)]
    memory: bool,
    /// Run this in the server's shell on this terminal, then end
    #[arg(long, value_name = "CMD")]
    shell: Option<String>,
    /// Run this on this machine, with the panel's address in PANEL and the way into the server in ENTER, then end
    #[arg(long, value_name = "CMD", conflicts_with = "shell")]
    then: Option<String>,
}

/// Boots, installs, shows, waits.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        // Taken before the boot, so that a Ctrl-C in the middle of it still takes the server away in good order.
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let order = arguments.clone();
        let mut work = tokio::task::spawn_blocking(move || prepare(&order));
        let server = tokio::select! {
            server = &mut work => server??,
            _ = interrupt.recv() => {
                end(work.await??);
                return Ok(());
            },
            _ = terminate.recv() => {
                end(work.await??);
                return Ok(());
            },
        };
        if let Some(command) = &arguments.shell {
            let status = shell(&server, command)?;
            end(server);
            if !status.success() {
                bail!("`{command}` ended with {status}");
            }
            return Ok(());
        }
        if let Some(command) = &arguments.then {
            let status = beside(&server, command)?;
            end(server);
            if !status.success() {
                bail!("`{command}` ended with {status}");
            }
            return Ok(());
        }
        show(&server);
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        end(server);
        Ok(())
    })
}

fn prepare(arguments: &Arguments) -> anyhow::Result<Server> {
    let begun = Instant::now();
    let distro = arguments.distro;
    let deb = match &arguments.with {
        Some(deb) if !deb.is_file() => bail!("{} is not a file", deb.display()),
        Some(deb) => Some(deb.clone()),
        None => newest_package(&target_dir().join("debian"))?,
    };
    let roles = arguments.roles.as_deref();
    let image = if arguments.fresh || roles == Some("none") { ImageKind::Fresh } else { ImageKind::Ready };
    match Image::ensure(distro, image)?.built_in {
        Some(time) => said(begun, &format!("{distro} image made in {:.1} s", time.as_secs_f64())),
        None => said(begun, &format!("{distro} image from the cache")),
    }
    let upper = if arguments.memory { Upper::Memory } else { Upper::Disk };
    let server = Server::boot(Options { image, ..Options::fresh(distro).upper(upper) })?;
    said(begun, &format!("booted in {:.1} s", server.boot_time().as_secs_f64()));
    let Some(deb) = deb else {
        said(
            begun,
            "no package: build one (target/debian/*.deb) or give it by --with; the server has none of Holdfast",
        );
        return Ok(server);
    };
    server.install_package(&deb).with_context(|| format!("cannot install {}", deb.display()))?;
    said(begun, &format!("installed {}", deb.display()));
    set_up(&server, roles, begun)?;
    Ok(server)
}

/// A failing set-up leaves the server there to be looked at.
fn set_up(server: &Server, roles: Option<&str>, begun: Instant) -> anyhow::Result<()> {
    if !server.run(["sh", "-c", "command -v holdfast"])?.ok() {
        said(begun, "the package brings no `holdfast` command: nothing is set up");
        return Ok(());
    }
    let mut words = vec!["holdfast", "setup"];
    if let Some(roles) = roles {
        words.extend(["--with", roles]);
    }
    let output = server.command(words).deadline(SETUP_LIMIT).run()?;
    for line in output.text().lines().chain(output.error_text().lines()) {
        eprintln!("         {line}");
    }
    if output.ok() {
        said(begun, &format!("set up in {:.1} s", output.elapsed.as_secs_f64()));
    } else {
        said(begun, &format!("`holdfast setup` ended with status {}: look inside", output.code()));
    }
    Ok(())
}

fn show(server: &Server) {
    eprintln!();
    eprintln!("  {} is at {} and [{}]", server.name(), server.ipv4(), server.ipv6());
    eprintln!("  panel   https://{}:8443/", server.ipv4());
    eprintln!("  site    curl --resolve www.example.test:80:{} http://www.example.test/", server.ipv4());
    eprintln!("  enter   {}", server.how_to_enter());
    eprintln!("  end     Ctrl-C");
}

fn shell(server: &Server, command: &str) -> anyhow::Result<ExitStatus> {
    server.interactive(["sh", "-c", command]).status().context("cannot run the shell of the server")
}

/// Runs a command of this machine beside the server.
fn beside(server: &Server, command: &str) -> anyhow::Result<ExitStatus> {
    let panel = format!("https://{}:8443", server.ipv4());
    let mut shell = Command::new("sh");
    shell.args(["-c", command]).env("PANEL", panel).env("ENTER", server.how_to_enter());
    shell.status().context("cannot run the shell")
}

fn end(server: Server) {
    let begun = Instant::now();
    let name = server.name().to_owned();
    drop(server);
    said(begun, &format!("{name} is gone"));
}

fn said(begun: Instant, what: &str) {
    eprintln!("{:6.1} s {what}", begun.elapsed().as_secs_f64());
}

fn target_dir() -> PathBuf {
    let named = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    named.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../target"))
}

/// The package that was built last.
fn newest_package(dir: &Path) -> anyhow::Result<Option<PathBuf>> {
    if !dir.is_dir() {
        return Ok(None);
    }
    let mut newest = None;
    for entry in fs::read_dir(dir).with_context(|| format!("cannot list {}", dir.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "deb") {
            let modified = fs::metadata(&path)?.modified()?;
            newest = newest.max(Some((modified, path)));
        }
    }
    Ok(newest.map(|(_, path)| path.canonicalize()).transpose()?)
}
