//! The stages of set-up: each reads the host and names the steps that are still missing.
//!
//! A stage without a step is done. A later stage may see what an earlier one made, so a plan of all of them before
//! the first step names what depends on packages that are not installed yet as unknown.

use hostd::{Dpkg, HostError, MaskedUnit, OwnUnit, Role, Unit};
use hostfs::FileKind;

use crate::addresses::addresses;
use crate::certificate;
use crate::error::SetupError;
use crate::panel_toml;
use crate::preflight::pristine_default_site;
use crate::step::{CERTIFICATE, NewFile, Step};
use crate::world::World;

/// What systemd-sysusers is given, which names the users and groups.
const SYSUSERS: &str = include_str!("../../../packaging/deb/holdfast.sysusers");
/// What systemd-tmpfiles is given, which names the directories.
const TMPFILES: &str = include_str!("../../../packaging/deb/holdfast.tmpfiles");

/// Part of set-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// System users and groups.
    Users,
    /// Directories.
    Directories,
    /// Configuration files and credentials.
    Files,
    /// Units of the distribution that must not run.
    Masks,
    /// Packages of the roles.
    Packages,
    /// The web server.
    Web,
    /// Our own units.
    Units,
}

impl Stage {
    /// All of them, in their order.
    pub(crate) const ALL: [Self; 7] =
        [Self::Users, Self::Directories, Self::Files, Self::Masks, Self::Packages, Self::Web, Self::Units];

    /// The steps that are missing, in their order.
    pub(crate) fn steps(self, world: World<'_>) -> Result<Vec<Step>, SetupError> {
        let doing = match self {
            Self::Users => "look at system users",
            Self::Directories => "look at directories",
            Self::Files => return files(world),
            Self::Masks => "look at foreign units",
            Self::Packages => "look at installed packages",
            Self::Web => "look at the web server",
            Self::Units => "look at our units",
        };
        let steps = match self {
            Self::Users => users(world),
            Self::Directories => directories(world),
            Self::Files => Ok(Vec::new()),
            Self::Masks => masks(world),
            Self::Packages => packages(world),
            Self::Web => web(world),
            Self::Units => units(world),
        };
        steps.map_err(SetupError::host(doing))
    }
}

fn users(world: World<'_>) -> Result<Vec<Step>, HostError> {
    let users = world.host.users()?;
    let mut missing = Vec::new();
    for line in SYSUSERS.lines() {
        let mut words = line.split_whitespace();
        match (words.next(), words.next()) {
            (Some("u"), Some(name)) if users.user(name).is_none() => missing.push(format!("user {name}")),
            (Some("g"), Some(name)) if users.group(name).is_none() => missing.push(format!("group {name}")),
            _ => {}
        }
    }
    Ok(if missing.is_empty() { Vec::new() } else { vec![Step::Users { missing }] })
}

/// One line of [`TMPFILES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Directory {
    /// Absolute path.
    pub(crate) path: &'static str,
    /// Permission bits.
    pub(crate) mode: u32,
    /// Owner's name.
    pub(crate) user: &'static str,
    /// Group's name.
    pub(crate) group: &'static str,
}

/// The directories that the package wants.
pub(crate) fn wanted_directories() -> impl Iterator<Item = Directory> {
    TMPFILES.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        let (kind, path) = (words.next()?, words.next()?);
        let mode = u32::from_str_radix(words.next()?, 8).ok()?;
        (kind == "d").then_some(Directory { path, mode, user: words.next()?, group: words.next()? })
    })
}

fn directories(world: World<'_>) -> Result<Vec<Step>, HostError> {
    let users = world.host.users()?;
    let mut wrong = Vec::new();
    for wanted in wanted_directories() {
        let owner = users.user(wanted.user).map(|u| u.uid).zip(users.group(wanted.group).map(|g| g.gid));
        let meta = world.host.files().stat(wanted.path)?;
        let right = meta.is_some_and(|meta| {
            meta.kind == FileKind::Dir && meta.mode == wanted.mode && owner == Some((meta.uid, meta.gid))
        });
        if !right {
            wrong.push(wanted.path.to_owned());
        }
    }
    Ok(if wrong.is_empty() { Vec::new() } else { vec![Step::Directories { wrong }] })
}

fn files(world: World<'_>) -> Result<Vec<Step>, SetupError> {
    let mut steps = Vec::new();
    for file in [NewFile::AgentToml, NewFile::PanelToml] {
        if stat(world, file.path())?.is_none() {
            steps.push(Step::Write { file });
        }
    }
    steps.extend(rename(world)?);
    steps.extend(session_homes(world)?);
    steps.extend(seal_key(world)?);
    steps.extend(certificate(world)?);
    Ok(steps)
}

fn stat(world: World<'_>, path: &str) -> Result<Option<hostfs::Meta>, SetupError> {
    world.host.files().stat(path).map_err(SetupError::host(format!("look at {path}")))
}

fn read(world: World<'_>, path: &str) -> Result<Option<Vec<u8>>, SetupError> {
    world.host.files().read(path).map_err(SetupError::host(format!("read {path}")))
}

/// Another name than the one that was chosen before is an order where it was asked for now.
fn rename(world: World<'_>) -> Result<Option<Step>, SetupError> {
    let name = &world.options.hostname;
    let Some(text) = read(world, panel_toml::PATH)?.filter(|_| world.options.rename) else { return Ok(None) };
    let text = String::from_utf8_lossy(&text);
    if panel_toml::hostname(&text).as_ref() == Some(name) {
        return Ok(None);
    }
    let Some(content) = panel_toml::with_hostname(&text, name) else {
        return Err(SetupError::File {
            path: panel_toml::PATH,
            reason: format!("the name {name} cannot be put into it"),
            remedy: "write it there as `hostname`, and see that the file is valid TOML",
        });
    };
    let stop_panel = panel_runs(world)?;
    Ok(Some(Step::Rename { name: name.clone(), content, stop_panel }))
}

/// Where `pam_namespace` takes the home from that a session of SFTP sees.
const SESSION_HOMES: &str = "/etc/security/namespace.d/holdfast.conf";
/// The same as the package has it, for homes in `/home`.
const SESSION_HOMES_TEXT: &str = include_str!("../../../packaging/ssh/namespace.conf");
/// Where a session sees its home.
const SESSION_HOME: &str = "/srv/holdfast/sftp/home";

/// The package's file names `/home`. Where it names other homes than these, it is written again; any other edit of it stays.
fn session_homes(world: World<'_>) -> Result<Option<Step>, SetupError> {
    let homes = &world.host.bounds().homes;
    let there = read(world, SESSION_HOMES)?.unwrap_or_default();
    let prefix = format!("{homes}/");
    let names_them = String::from_utf8_lossy(&there).lines().any(|line| {
        let mut words = line.split_whitespace();
        words.next() == Some(SESSION_HOME) && words.next() == Some(&prefix)
    });
    let content = SESSION_HOMES_TEXT.replace("/home/", &prefix);
    Ok((!names_them).then_some(Step::SessionHomes { path: SESSION_HOMES, content }))
}

fn panel_runs(world: World<'_>) -> Result<bool, SetupError> {
    let state = world.systemd.state_own(OwnUnit::PanelService);
    Ok(state.map_err(SetupError::host("look at the panel"))?.active.is_up())
}

fn seal_key(world: World<'_>) -> Result<Option<Step>, SetupError> {
    let file = NewFile::SealKey;
    let path = file.path();
    let Some(content) = read(world, path)? else { return Ok(Some(Step::Write { file })) };
    let key = content.strip_suffix(b"\n").unwrap_or(&content);
    if key.len() != 64 || !key.iter().all(u8::is_ascii_hexdigit) {
        return Err(SetupError::File {
            path,
            reason: "it is not 64 hexadecimal digits".to_owned(),
            remedy: "put the right key back: what it sealed in the database cannot be read without it",
        });
    }
    unprotected(world, path)
}

fn certificate(world: World<'_>) -> Result<Option<Step>, SetupError> {
    let stop_panel = panel_runs(world)?;
    let make = |why| Some(Step::Certificate { why, stop_panel });
    let Some(pem) = read(world, CERTIFICATE)? else { return Ok(make("there is none")) };
    let found = certificate::read(&pem).map_err(|error| SetupError::File {
        path: CERTIFICATE,
        reason: error.to_string(),
        remedy: "put certificate and key there as PEM, or move the file away for a self-signed certificate",
    })?;
    if found.ours && found.expired(world.host.now().as_micros()) {
        return Ok(make("the old one has expired"));
    }
    if found.ours && !found.names.contains(world.options.hostname.as_str()) {
        return Ok(make("the server has another name"));
    }
    unprotected(world, CERTIFICATE)
}

/// A credential is root's alone.
fn unprotected(world: World<'_>, path: &'static str) -> Result<Option<Step>, SetupError> {
    let meta = stat(world, path)?;
    let right = meta.is_some_and(|meta| meta.mode == 0o600 && (meta.uid, meta.gid) == (0, 0));
    Ok((!right).then_some(Step::Protect { path }))
}

fn masks(world: World<'_>) -> Result<Vec<Step>, HostError> {
    let mut steps = Vec::new();
    for unit in foreign_units(world) {
        let state = world.systemd.state_masked(unit)?;
        if state.active.is_up() {
            steps.push(Step::StopForeign(unit));
        }
        if !state.masked {
            steps.push(Step::Mask(unit));
        }
    }
    Ok(steps)
}

fn foreign_units(world: World<'_>) -> impl Iterator<Item = MaskedUnit> + '_ {
    world.options.roles.iter().flat_map(move |role| world.host.profile().role(*role).mask.iter().copied())
}

fn packages(world: World<'_>) -> Result<Vec<Step>, HostError> {
    let dpkg = Dpkg::read(world.host.files())?;
    let missing = |role: &Role| dpkg.missing(&world.host.profile().role(*role).packages);
    let steps = world.options.roles.iter().map(|role| Step::Packages { role: *role, missing: missing(role) });
    Ok(steps.filter(|step| !matches!(step, Step::Packages { missing, .. } if missing.is_empty())).collect())
}

fn web(world: World<'_>) -> Result<Vec<Step>, HostError> {
    let mut steps = Vec::new();
    if !world.options.roles.contains(&Role::Web) {
        return Ok(steps);
    }
    if pristine_default_site(world.host)? {
        steps.push(Step::DefaultSite);
    }
    let nginx = world.systemd.state(&Unit::Nginx)?;
    if !nginx.enabled {
        steps.push(Step::EnableNginx);
    }
    if !nginx.active.is_up() {
        steps.push(Step::StartNginx);
    }
    Ok(steps)
}

/// Sockets with the services that they belong to; probe and egress are started by their first caller.
const PAIRS: [(OwnUnit, OwnUnit, bool); 4] = [
    (OwnUnit::AgentSocket, OwnUnit::AgentService, true),
    (OwnUnit::ProbeSocket, OwnUnit::ProbeService, false),
    (OwnUnit::EgressSocket, OwnUnit::EgressService, false),
    (OwnUnit::PanelSocket, OwnUnit::PanelService, true),
];

/// Is here while systemd has not read drop-ins that were written. `NeedDaemonReload` would not do: it is also true when any
/// other unit of the server came or went.
pub(crate) const UNREAD: &str = "/run/holdfast/units-unread";

/// What differs from server to server in our units.
fn drop_ins(world: World<'_>) -> Result<Vec<(&'static str, Option<String>)>, HostError> {
    let own: Vec<String> = addresses(world.host.files())?.iter().map(ToString::to_string).collect();
    let probe = (!own.is_empty()).then(|| {
        format!(
            "# The addresses of this server, which the probe may visit.\n[Service]\nIPAddressAllow={}\n",
            own.join(" ")
        )
    });
    let opened = crate::addresses::of_egress(world.host.files());
    let egress = (!opened.is_empty()).then(|| {
        format!(
            "# The name servers, and the networks that {} opens.\n[Service]\nIPAddressAllow={}\n",
            egress_spec::PATH,
            opened.join(" ")
        )
    });
    let homes = &world.host.bounds().homes;
    let elsewhere = homes != "/home";
    let agent = elsewhere.then(|| format!("[Service]\nReadWritePaths=-{homes}\nNoExecPaths=-{homes}\n"));
    // the unit names /home/<account>, which is not there: an empty assignment takes that back
    let worker = elsewhere.then(|| {
        format!(
            "[Service]\nTemporaryFileSystem={homes}:ro,noexec\nBindPaths=\nBindPaths={homes}/%i\nReadWritePaths=\n\
             ReadWritePaths={homes}/%i\nNoExecPaths=\nNoExecPaths=/ /run /tmp /var/tmp {homes}/%i\n"
        )
    });
    let quota = elsewhere.then(|| format!("[Service]\nReadWritePaths=-{homes}\nNoExecPaths=-{homes}\n"));
    Ok(vec![
        ("/etc/systemd/system/holdfast-quota@.service.d/homes.conf", quota),
        ("/etc/systemd/system/holdfast-probe.service.d/addresses.conf", probe),
        ("/etc/systemd/system/holdfast-egress.service.d/addresses.conf", egress),
        (AGENT_HOMES, agent),
        ("/etc/systemd/system/holdfast-worker@.service.d/homes.conf", worker),
    ])
}

/// The drop-in by which the agent reaches homes that are elsewhere.
const AGENT_HOMES: &str = "/etc/systemd/system/holdfast-agent.service.d/homes.conf";

fn units(world: World<'_>) -> Result<Vec<Step>, HostError> {
    let mut steps = Vec::new();
    for (path, wanted) in drop_ins(world)? {
        let there = world.host.files().read(path)?;
        match wanted {
            Some(content) if there.as_deref() != Some(content.as_bytes()) => {
                steps.push(Step::DropIn { path, content });
            }
            None if there.is_some() => steps.push(Step::NoDropIn { path }),
            _ => {}
        }
    }
    let unread = world.host.files().stat(UNREAD)?.is_some();
    if unread || !steps.is_empty() {
        // a sandbox is made when its service starts. Which drop-ins were left unread, nothing tells
        let of_agent = unread || steps.iter().any(|step| converge::Describe::path(step) == Some(AGENT_HOMES));
        let restart_agent = of_agent && world.systemd.state_own(OwnUnit::AgentService)?.active.is_up();
        steps.push(Step::ReadUnits { restart_agent });
    }
    for (socket, service, at_boot) in PAIRS {
        let (listening, running) = (world.systemd.state_own(socket)?, world.systemd.state_own(service)?);
        if !listening.enabled {
            steps.push(Step::Enable(socket));
        }
        if at_boot && !running.enabled {
            steps.push(Step::Enable(service));
        }
        let mut up = running.active.is_up();
        if !listening.active.is_up() {
            if up {
                steps.push(Step::Stop(service));
                up = false;
            }
            steps.push(Step::Start(socket));
        }
        if at_boot && !up {
            steps.push(Step::Start(service));
        }
    }
    Ok(steps)
}
