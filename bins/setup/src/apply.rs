//! Taking one step.

use hostd::{JobResult, Unit};

use crate::addresses::addresses;
use crate::certificate::self_signed;
use crate::error::SetupError;
use crate::panel_toml;
use crate::preflight::DEFAULT_SITE_LINK;
use crate::programs::Program;
use crate::stage::UNREAD;
use crate::step::{CERTIFICATE, NewFile, Step};
use crate::world::World;

const ROOT: (u32, u32) = (0, 0);

/// Takes a step. Taking it twice is harmless, and a step that is not completed is planned again.
pub(crate) fn apply(world: World<'_>, step: &Step) -> Result<(), SetupError> {
    let World { host, systemd, programs, .. } = world;
    let failed = || SetupError::host(converge::Describe::summary(step));
    match step {
        Step::Users { .. } => programs.run(Program::Sysusers).map_err(failed()),
        Step::Directories { .. } => programs.run(Program::Tmpfiles).map_err(failed()),
        Step::Write { file } => {
            let (content, mode) = content(world, *file)?;
            host.files().write(file.path(), content.as_bytes(), mode, ROOT).map_err(failed())
        }
        Step::Protect { path } => host.files().set_meta(path, 0o600, ROOT).map_err(failed()),
        Step::DropIn { path, content } => {
            host.files().write(UNREAD, b"", 0o644, ROOT).map_err(failed())?;
            let dir = path.rsplit_once('/').map_or("/", |(dir, _)| dir);
            host.files().ensure_dir(dir, 0o755, ROOT).map_err(failed())?;
            host.files().write(path, content.as_bytes(), 0o644, ROOT).map_err(failed())
        }
        Step::NoDropIn { path } => {
            host.files().write(UNREAD, b"", 0o644, ROOT).map_err(failed())?;
            host.files().remove(path).map(drop).map_err(failed())
        }
        Step::ReadUnits { restart_agent } => {
            systemd.daemon_reload().map_err(failed())?;
            if *restart_agent {
                let unit = hostd::OwnUnit::AgentService;
                done(systemd.restart_own(unit).map_err(failed())?, "restart", unit)?;
            }
            host.files().remove(UNREAD).map(drop).map_err(failed())
        }
        Step::Rename { content, .. } => {
            stop_panel(world, step)?;
            host.files().write(panel_toml::PATH, content.as_bytes(), 0o644, ROOT).map_err(failed())
        }
        Step::SessionHomes { path, content } => {
            host.files().write(path, content.as_bytes(), 0o644, ROOT).map_err(failed())
        }
        Step::Certificate { .. } => {
            let addresses = addresses(host.files()).map_err(failed())?;
            let pem = self_signed(&world.options.hostname, &addresses, host.now().as_micros())?;
            stop_panel(world, step)?;
            host.files().write(CERTIFICATE, pem.as_bytes(), 0o600, ROOT).map_err(failed())
        }
        Step::StopForeign(unit) => done(systemd.stop_masked(*unit).map_err(failed())?, "stop", unit),
        Step::Mask(unit) => systemd.mask(&[*unit]).map_err(failed()),
        Step::Packages { role, .. } => {
            let unit = Unit::Packages(*role);
            done(systemd.start(&unit).map_err(failed())?, "start", &unit)
        }
        Step::DefaultSite => {
            host.files().remove(DEFAULT_SITE_LINK).map_err(failed())?;
            // nginx goes on serving the page until its next reload, which the agent's first pass brings
            Ok(())
        }
        Step::EnableNginx => systemd.enable(&[Unit::Nginx]).map_err(failed()),
        Step::StartNginx => done(systemd.start(&Unit::Nginx).map_err(failed())?, "start", &Unit::Nginx),
        Step::Enable(unit) => systemd.enable_own(&[*unit]).map_err(failed()),
        Step::Start(unit) => done(systemd.start_own(*unit).map_err(failed())?, "start", unit),
        Step::Stop(unit) => done(systemd.stop_own(*unit).map_err(failed())?, "stop", unit),
    }
}

/// Stops the panel, which reads the file at its start. Stopped before the file changes, it is started again even if set-up
/// ends in between.
fn stop_panel(world: World<'_>, step: &Step) -> Result<(), SetupError> {
    if converge::Describe::impact(step) != converge::Impact::Restart {
        return Ok(());
    }
    let unit = hostd::OwnUnit::PanelService;
    let failed = SetupError::host(converge::Describe::summary(step));
    done(world.systemd.stop_own(unit).map_err(failed)?, "stop", unit)
}

fn done(result: JobResult, verb: &'static str, unit: impl std::fmt::Display) -> Result<(), SetupError> {
    match result {
        JobResult::Done => Ok(()),
        result => Err(SetupError::Unit { verb, unit: unit.to_string(), result }),
    }
}

/// What a new file holds, and its mode.
fn content(world: World<'_>, file: NewFile) -> Result<(String, u32), SetupError> {
    Ok(match file {
        NewFile::AgentToml => (AGENT_TOML.to_owned(), 0o644),
        NewFile::PanelToml => {
            let ipv6 =
                panel_toml::kernel_has_ipv6(world.host.files()).map_err(SetupError::host("look for IPv6"))?;
            (panel_toml::new(&world.options.hostname, ipv6), 0o644)
        }
        NewFile::SealKey => {
            let mut key = [0; 32];
            getrandom::fill(&mut key).map_err(SetupError::Random)?;
            (format!("{}\n", hex::encode(key)), 0o600)
        }
    })
}

const AGENT_TOML: &str = "\
# The bounds of Holdfast's agent, which no call can widen. Written once by set-up, and yours from then on; the agent reads
# it when it starts. What stands behind a `#` is the default.

# The directory of the accounts' homes.
#homes = \"/home\"

# The user ids of accounts, both ends included.
#uids = { first = 20000, last = 59999 }

# Addresses that sites may name as their own listeners; none given: those that this server has.
#listen = []

# What happens to a managed file that was edited by hand: \"hold\" (the edit stays, a person decides) or \"enforce\" (a
# copy of the edit is kept, the file is written again).
#drift = \"hold\"

# The most that an account may be given.
#[account]
#memory_mib = 65536
#cpu_percent = 6400
#tasks = 4096
#disk_mib = 1073741824
#inodes = 1000000000

# How the agent works.
#[work]
#connections = 64
#sweep_seconds = 600
#pool_idle_seconds = 600
";

#[cfg(test)]
mod tests;
