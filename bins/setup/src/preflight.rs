//! What set-up finds in its way, looked for before anything is changed.
//!
//! A conflict stops set-up: going on would take something away from what runs here, or fail half-way. A note is told
//! and nothing else. Each names the field, the reason and the remedy.

use std::collections::BTreeSet;

use hostd::{Dpkg, Host, HostError, MaskedUnit, listeners};
use md5::{Digest, Md5};
use names::ListenAddr;
use serde::Serialize;

use crate::panel_toml;
use crate::world::World;

mod nginx;

use nginx::{Place, Server};

/// Where the panel listens.
pub(crate) const PANEL_PORT: u16 = 8443;
/// Where sites are served: HTTP and HTTPS.
pub(crate) const SITE_PORTS: [u16; 2] = [80, 443];

/// The file by which nginx includes our tree.
const NGINX_INCLUDE: &str = "/etc/nginx/conf.d/holdfast.conf";
/// Our tree.
const NGINX_TREE: &str = "/etc/nginx/holdfast";
/// Debian's site for nobody in particular, and the link that enables it.
pub(crate) const DEFAULT_SITE: &str = "/etc/nginx/sites-available/default";
/// See [`DEFAULT_SITE`].
pub(crate) const DEFAULT_SITE_LINK: &str = "/etc/nginx/sites-enabled/default";

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Severity {
    /// Good to know.
    Note,
    /// Nothing is done before it is resolved.
    Conflict,
}

/// Something found on this host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    /// How much it weighs.
    pub(crate) severity: Severity,
    /// What it is about: a port, a file, a user.
    pub(crate) field: String,
    /// What is so.
    pub(crate) reason: String,
    /// What can be done.
    pub(crate) remedy: String,
}

impl Finding {
    fn conflict(field: impl Into<String>, reason: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            severity: Severity::Conflict,
            field: field.into(),
            reason: reason.into(),
            remedy: remedy.into(),
        }
    }

    fn note(field: impl Into<String>, reason: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { severity: Severity::Note, ..Self::conflict(field, reason, remedy) }
    }
}

/// Looks at everything. Reads only.
pub(crate) fn look(world: World<'_>) -> Result<Vec<Finding>, HostError> {
    let mut found = Vec::new();
    look_at_ports(world, &mut found)?;
    let servers = look_at_nginx(world.host, &mut found)?;
    look_at_php(world, &servers, &mut found)?;
    look_at_users(world.host, &mut found)?;
    look_at_homes(world.host, &mut found)?;
    look_at_ipv6(world.host, &mut found)?;
    look_at_panels(world.host, &mut found);
    Ok(found)
}

fn look_at_ports(world: World<'_>, found: &mut Vec<Finding>) -> Result<(), HostError> {
    let [http, https] = SITE_PORTS;
    let panel_is_ours = world.systemd.state_own(hostd::OwnUnit::PanelSocket)?.active.is_up();
    for listener in listeners(world.host.files(), &[http, https, PANEL_PORT])? {
        let port = listener.port;
        let ours = if port == PANEL_PORT {
            panel_is_ours && listener.is_of_pid_1()
        } else {
            listener.is_of("nginx.service")
        };
        if !ours {
            let user = if port == PANEL_PORT { "the panel" } else { "the sites of this server" };
            found.push(Finding::conflict(
                format!("port {port}"),
                format!("taken by {}", listener.holder_text()),
                format!("stop it, or let it listen elsewhere: {user} need this port"),
            ));
        }
    }
    if world.systemd.state_masked(MaskedUnit::Apache)?.active.is_up() {
        found.push(Finding::conflict(
            "apache2.service",
            "Apache runs here, and set-up masks it",
            "move its sites, then: systemctl disable --now apache2",
        ));
    }
    Ok(())
}

/// Is the file that nginx includes ours already? Then the agent's ledger says so.
fn agent_has_ledger(host: &Host) -> Result<bool, HostError> {
    Ok(!host.files().list("/var/lib/holdfast-agent/ledger")?.is_empty())
}

/// Is Debian's default site enabled, and as Debian delivered it?
pub(crate) fn pristine_default_site(host: &Host) -> Result<bool, HostError> {
    let files = host.files();
    let enabled = match files.stat(DEFAULT_SITE_LINK)? {
        Some(meta) if meta.kind == hostfs::FileKind::Symlink => files.read_link(DEFAULT_SITE_LINK)?,
        _ => None,
    };
    if !enabled.is_some_and(|target| target == DEFAULT_SITE || target == "../sites-available/default") {
        return Ok(false);
    }
    let Some(content) = files.read(DEFAULT_SITE)? else { return Ok(false) };
    let md5 = hex::encode(Md5::digest(&content));
    Ok(Dpkg::read(files)?.delivered(DEFAULT_SITE) == Some(md5.as_str()))
}

/// Where Debian's default site takes its pages from.
const WEB_ROOT: &str = "/var/www/html";
/// The page that Debian puts there.
const WELCOME_PAGE: &str = "index.nginx-debian.html";

/// Is there anything but Debian's own page that the default site could show?
fn web_root_is_used(host: &Host) -> Result<bool, HostError> {
    Ok(host.files().list(WEB_ROOT)?.iter().any(|(name, _)| name != WELCOME_PAGE))
}

fn look_at_nginx(host: &Host, found: &mut Vec<Finding>) -> Result<Vec<Server>, HostError> {
    let ours = agent_has_ledger(host)?;
    if !ours {
        for path in [NGINX_INCLUDE, NGINX_TREE] {
            if host.files().stat(path)?.is_some() {
                found.push(Finding::conflict(
                    path,
                    "is here, and nothing says that Holdfast made it",
                    format!("move it away: mv {path} {path}.old"),
                ));
            }
        }
    }
    let unused = pristine_default_site(host)? && !web_root_is_used(host)?;
    let skip = |path: &str| path == NGINX_INCLUDE || (unused && path == DEFAULT_SITE_LINK);
    let main = &host.profile().web.main_config;
    let config = nginx::scan(host.files(), main, skip)?;
    for (path, reason) in config.unread {
        found.push(Finding::note(
            path,
            format!("cannot be read: {reason}"),
            "see what it holds before going on",
        ));
    }
    let web = &host.profile().web.group;
    if config.main && config.user.as_ref().is_none_or(|user| user.name != *web || user.group != *web) {
        let runs_as = config.user.map_or("nobody".to_owned(), |user| format!("{}:{}", user.name, user.group));
        found.push(Finding::conflict(
            main,
            format!("nginx's workers run as {runs_as}, and the sites of accounts can be read by {web} alone"),
            format!("let it say `user {web};`, then: systemctl restart nginx"),
        ));
    }
    let settings = host.files().read_text(panel_toml::PATH)?.unwrap_or_default();
    let listens = panel_toml::web_listens(&settings);
    found.extend(config.servers.iter().map(|server| judge(server, &listens)));
    Ok(config.servers)
}

/// What a foreign site means for ours, which listen on `listens`, and what ours mean for it.
///
/// On an address and port, nginx gives a request to the site of its name, and what nobody is named to the default server,
/// which is ours. An address that one `listen` names has sites of its own: those that listen on all are not asked there.
fn judge(server: &Server, listens: &[ListenAddr]) -> Finding {
    let ours = |ip, port| listens.iter().any(|listen| (listen.ip(), listen.port()) == (ip, port));
    let (mut shared, mut default, mut alone) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
    for listen in server.all_listens() {
        let port = match listen.place() {
            Place::All(port) => port,
            Place::One(Some(ip), port) if ours(ip, port) => port,
            Place::One(_, port) => {
                if SITE_PORTS.contains(&port) {
                    alone.push((listen.address, port));
                }
                continue;
            }
            Place::Unix => continue,
        };
        if SITE_PORTS.contains(&port) {
            shared.insert(port);
            if listen.default_server {
                default.insert(port);
            }
        }
    }
    let (place, title) = (server.place(), server.title());
    if let Some((_, port)) = alone.first() {
        let addresses: Vec<&str> = alone.iter().map(|(address, _)| address.as_str()).collect();
        return Finding::conflict(
            place,
            format!(
                "{title} listens on {}, and what comes there nginx gives to it alone: no site of Holdfast would be reached",
                addresses.join(", ")
            ),
            format!(
                "write `listen {port}` in its place, or name the address in `{}` of {} too",
                if *port == SITE_PORTS[1] { "web_listen_tls" } else { "web_listen" },
                panel_toml::PATH
            ),
        );
    }
    if server.names.is_empty() && !shared.is_empty() {
        let or = if server.file == DEFAULT_SITE_LINK {
            format!(", or disable it: rm {DEFAULT_SITE_LINK}")
        } else {
            String::new()
        };
        return Finding::conflict(
            place,
            format!(
                "has no name, and what has none goes to Holdfast's own default server on port {}: nobody would reach it",
                words(&shared)
            ),
            format!("give it a `server_name`, without `default_server` in its `listen` directives{or}"),
        );
    }
    if !default.is_empty() {
        return Finding::conflict(
            place,
            format!(
                "{title} is nginx's default server on port {}, and there can be only one",
                words(&default)
            ),
            "take `default_server` from its `listen` directives; its names are served as before",
        );
    }
    let remedy = if server.names.is_empty() {
        "nothing has to be done"
    } else {
        "its names cannot be sites here before it is removed"
    };
    Finding::note(place, format!("{title} is served by nginx already and stays so"), remedy)
}

/// `80 and 443`.
fn words(ports: &BTreeSet<u16>) -> String {
    ports.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ")
}

fn look_at_php(world: World<'_>, servers: &[Server], found: &mut Vec<Finding>) -> Result<(), HostError> {
    let host = world.host;
    let mut masked = BTreeSet::new();
    for role in &world.options.roles {
        for unit in &host.profile().role(*role).mask {
            let MaskedUnit::PhpFpm(version) = unit else { continue };
            masked.insert(version.to_string());
            let pools = pools_of(host, &version.to_string())?;
            if !world.systemd.state_masked(*unit)?.active.is_up() || world.options.stop_php {
                continue;
            }
            let sites = match servers.len() {
                0 => "no site of nginx is here that could use them".to_owned(),
                n => format!("{n} sites of nginx are here that may use them"),
            };
            found.push(Finding::conflict(
                unit.name(),
                format!("runs the pools {}, and set-up stops and masks it; {sites}", pools.join(", ")),
                "move what uses them, or call set-up with --stop-php",
            ));
        }
    }
    for (version, _) in host.files().list("/etc/php")? {
        let pools = pools_of(host, &version)?;
        if !masked.contains(&version) && !pools.is_empty() {
            found.push(Finding::note(
                format!("/etc/php/{version}/fpm/pool.d"),
                format!("PHP {version} is here with the pools {}, and stays as it is", pools.join(", ")),
                "sites of Holdfast use the distribution's own PHP",
            ));
        }
    }
    Ok(())
}

fn pools_of(host: &Host, version: &str) -> Result<Vec<String>, HostError> {
    let entries = host.files().list(&format!("/etc/php/{version}/fpm/pool.d"))?;
    Ok(entries.into_iter().filter_map(|(name, _)| name.strip_suffix(".conf").map(str::to_owned)).collect())
}

/// The user that the panel runs as.
const PANEL_USER: &str = "holdfast";
/// The last id of a system user (login.defs(5)).
const LAST_SYSTEM_ID: u32 = 999;

fn look_at_users(host: &Host, found: &mut Vec<Finding>) -> Result<(), HostError> {
    let users = host.users()?;
    if let Some(user) = users.user(PANEL_USER)
        && (user.uid == 0 || user.uid > LAST_SYSTEM_ID || !user.shell.ends_with("/nologin"))
    {
        found.push(Finding::conflict(
            format!("user {PANEL_USER}"),
            format!("exists with the id {} and the shell {}, so it is a person's", user.uid, user.shell),
            "rename it: the panel runs as a system user of this name",
        ));
    }
    for name in [PANEL_USER, "holdfast-agent", "holdfast-tenants"] {
        let Some(group) = users.group(name) else { continue };
        if group.gid > LAST_SYSTEM_ID {
            found.push(Finding::conflict(
                format!("group {name}"),
                format!("exists with the id {}, so it is not a system group", group.gid),
                "rename it: Holdfast needs a system group of this name",
            ));
        }
    }
    let range = host.bounds().uids;
    let strangers: Vec<String> = users
        .users()
        .iter()
        .filter(|user| (range.first().get()..=range.last().get()).contains(&user.uid))
        .filter(|user| !users.in_group(&user.name, "holdfast-tenants"))
        .map(|user| format!("{} ({})", user.name, user.uid))
        .collect();
    if !strangers.is_empty() {
        found.push(Finding::conflict(
            format!("user ids {} to {}", range.first(), range.last()),
            format!("are for accounts, and these users have some of them: {}", shortened(&strangers)),
            format!("choose a free range as `uids` in {}", hostd::BOUNDS_PATH),
        ));
    }
    Ok(())
}

fn look_at_homes(host: &Host, found: &mut Vec<Finding>) -> Result<(), HostError> {
    let homes = &host.bounds().homes;
    let users = host.users()?;
    let foreign: Vec<String> = host
        .files()
        .list(homes)?
        .into_iter()
        .map(|(name, _)| name)
        .filter(|name| {
            name != "lost+found" && !name.starts_with('.') && !users.in_group(name, "holdfast-tenants")
        })
        .collect();
    if !foreign.is_empty() {
        found.push(Finding::note(
            homes.clone(),
            format!("holds directories that are not Holdfast's: {}", shortened(&foreign)),
            "they stay; accounts cannot have these names",
        ));
    }
    Ok(())
}

fn look_at_panels(host: &Host, found: &mut Vec<Finding>) {
    for name in hostd::other_panels(host.files()) {
        found.push(Finding::note(
            name,
            "is a hosting panel too, and writes some of the same files",
            "move its sites and accounts to a server of their own, or remove it",
        ));
    }
}

fn look_at_ipv6(host: &Host, found: &mut Vec<Finding>) -> Result<(), HostError> {
    if !panel_toml::kernel_has_ipv6(host.files())? && host.files().stat(panel_toml::PATH)?.is_none() {
        found.push(Finding::note(
            panel_toml::PATH,
            "this kernel has no IPv6, so the web server is to listen on IPv4 alone (`web_listen`)",
            "where IPv6 comes later: holdfast node edit",
        ));
    }
    Ok(())
}

/// The first few of many.
fn shortened(names: &[String]) -> String {
    const SHOWN: usize = 5;
    match names.len().checked_sub(SHOWN) {
        Some(more) if more > 0 => format!("{} and {more} more", names[..SHOWN].join(", ")),
        _ => names.join(", "),
    }
}

#[cfg(test)]
mod tests;
