//! `holdfast-setup`: turns a fresh server into a web host, as root.
//!
//! Every part is looked at before it is touched, and only what is missing is done, so that a second run does nothing and
//! a run that was killed at any moment is completed by the next. What runs here already is reported before anything is
//! changed, and nothing of it is destroyed.

use std::fs::{File, TryLockError};
use std::io::{self, Write};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use clap::Parser;
use hostd::{Host, SystemBus};

mod addresses;
mod apply;
mod args;
mod certificate;
mod error;
mod hostname;
mod life;
mod packages;
mod panel;
mod panel_toml;
mod preflight;
mod programs;
mod report;
mod role;
mod run;
mod stage;
mod step;
#[cfg(test)]
mod testing;
mod world;

use args::{Args, Command};
use panel::SocketPanel;
use report::Report;
use world::{Options, World};

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // standard error may be closed, and there is nowhere else to say it
            let _ = writeln!(io::stderr(), "holdfast setup: {}", one_line(&error));
            ExitCode::FAILURE
        }
    }
}

/// The error and its causes, none said twice.
fn one_line(error: &anyhow::Error) -> String {
    match error.downcast_ref::<error::SetupError>() {
        Some(error) => error.chain(),
        None => format!("{error:#}"),
    }
}

fn run(args: &Args) -> Result<()> {
    if !rustix::process::geteuid().is_root() {
        bail!("this is about the whole server: call it as root");
    }
    if let Some(Command::Packages { role }) = args.command {
        return packages::install(role);
    }
    let host = Host::open().context("look at this server")?;
    let first = host.files().read_text("/proc/1/comm")?.unwrap_or_default();
    if first.trim() != "systemd" {
        bail!(
            "process 1 is {} here, and Holdfast needs systemd: ./install.sh sets up a server of its own on such a machine",
            first.trim()
        );
    }
    let options = options(args, &host)?;
    let systemd = SystemBus::new().context("reach systemd")?;
    let panel = SocketPanel::new(host.on_disk(panel::PANEL)).context("start the panel's client")?;
    if let Some(command) = &args.command {
        let life = life::Life { host: &host, systemd: &systemd, panel: &panel, tools: &life::HostTools };
        return live(life, command, options.hostname.as_str());
    }
    let world = World {
        host: &host,
        systemd: &systemd,
        programs: &programs::HostPrograms,
        panel: &panel,
        options: &options,
    };

    if args.json {
        let planned = run::Planned::of(world)?;
        writeln!(io::stdout(), "{}", serde_json::to_string_pretty(&planned)?)?;
        run::without_conflicts(&planned.findings)?;
        return Ok(());
    }
    let mut out = io::stdout();
    let mut report = Report::new(&mut out).on_terminal();
    let begun = Instant::now();
    let distribution = &host.profile().distribution;
    report.line(&format!("{} ({} {})", options.hostname, distribution.id, distribution.version))?;
    let conflicts = run::look(world, &mut report);
    if args.dry_run {
        let plan = run::plan(world)?;
        for step in &plan.steps {
            report.planned(step)?;
        }
        if plan.is_empty() {
            report.line("  nothing to do")?;
        }
        conflicts?;
        return Ok(());
    }
    conflicts?;
    let _lock = lock()?;
    let outcome = run::set_up(world, &mut report)?;
    finish(world, &outcome, begun, &mut report)
}

/// The panel's own life.
fn live(life: life::Life<'_>, command: &Command, hostname: &str) -> Result<()> {
    let mut out = io::stdout();
    let mut report = Report::new(&mut out).on_terminal();
    // two of these at once would stop what the other starts; a backup stops nothing, but both would copy to one place
    let _lock = lock()?;
    match command {
        Command::Packages { .. } => {}
        Command::BackupPanel { file, replace } => {
            let how = life::How { replace: *replace, damaged: false };
            let manifest = report.timed(
                "copy the database, the ledger, configuration and keys",
                || None,
                || life::back_up(life, hostname, file, how),
            )?;
            life::tell(&manifest, file, &mut report)?;
        }
        Command::Upgrade { deb, dry_run, .. } => {
            life::upgrade(life, deb.as_deref(), *dry_run, &mut report)?;
        }
        Command::RestorePanel { file, dry_run } => {
            life::restore(life, hostname, file, *dry_run, &mut report)?;
        }
    }
    Ok(())
}

/// Where the lock of set-up lies; it ends with its holder.
const LOCK: &str = "/run/holdfast-setup.lock";

/// One set-up at a time: two would stop what the other starts.
fn lock() -> Result<File> {
    let file = File::create(LOCK).with_context(|| format!("make {LOCK}"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => bail!("another set-up runs: wait for its end, then call this again"),
        Err(TryLockError::Error(error)) => Err(error).with_context(|| format!("lock {LOCK}")),
    }
}

fn finish(world: World<'_>, outcome: &run::Outcome, begun: Instant, report: &mut Report<'_>) -> Result<()> {
    let port = preflight::PANEL_PORT;
    let steps = match outcome.steps {
        0 => "nothing had to be done".to_owned(),
        1 => "one step".to_owned(),
        n => format!("{n} steps"),
    };
    report.line(&format!("The server is set up ({steps}, {:.1} s).", begun.elapsed().as_secs_f64()))?;
    report.line("")?;
    report.line(&format!("  panel        https://{}:{port}/", world.options.hostname))?;
    let addresses = addresses::addresses(world.host.files())?;
    let addresses = addresses.into_iter().map(|address| SocketAddr::new(address, port)).collect::<Vec<_>>();
    for address in &addresses {
        report.line(&format!("               https://{address}/"))?;
    }
    report.line(&format!("  sign in      {}", outcome.link.url))?;
    if let Some(url) = addresses.first().and_then(|address| by_address(&outcome.link.url, *address)) {
        report.line(&format!("            or {url}"))?;
    }
    report.line(&format!("               once, until {}", to_the_second(&outcome.link.expires_at)))?;
    let pem = world.host.files().read(step::CERTIFICATE)?.unwrap_or_default();
    let certificate = certificate::read(&pem)?;
    if certificate.ours {
        report.line("  certificate  self-signed; its SHA-256 fingerprint, to compare in the browser:")?;
        report.line(&format!("               {}", certificate.fingerprint))?;
    } else if certificate.expired(world.host.now().as_micros()) {
        report.line(&format!("  certificate  {} has expired: put a new one there", step::CERTIFICATE))?;
    }
    if world.options.roles.is_empty() {
        report.line("  next         sign in: the panel installs what the server is to be for")?;
        report.line("               or: holdfast node install web")?;
        return Ok(());
    }
    report.line("  next         holdfast account create NAME --email ADDRESS --password-stdin")?;
    report.line("               holdfast site create NAME www.example.com")?;
    Ok(())
}

/// The link with an address in place of a name without a dot, which hardly anybody but this server can look up.
fn by_address(url: &str, address: SocketAddr) -> Option<String> {
    let (authority, path) = url.strip_prefix("https://")?.split_once('/')?;
    (!authority.contains('.')).then(|| format!("https://{address}/{path}"))
}

/// `2026-03-01 12:00:00Z` of `2026-03-01T12:00:00.000000Z`; anything else as it is.
fn to_the_second(time: &str) -> String {
    match (time.split_once('T'), time.ends_with('Z')) {
        (Some((day, clock)), true) if clock.is_ascii() && clock.len() > 8 => {
            format!("{day} {}Z", &clock[..8])
        }
        _ => time.to_owned(),
    }
}

fn options(args: &Args, host: &Host) -> Result<Options> {
    let hostname = match &args.hostname {
        Some(name) => name.clone(),
        None => hostname::known(host)?,
    };
    let email = args.email.as_ref().map(ToString::to_string);
    Ok(Options {
        roles: args.roles.0.clone(),
        hostname,
        rename: args.hostname.is_some(),
        login: args.login.clone().or(email),
        stop_php: args.stop_php,
    })
}

#[cfg(test)]
mod tests;
