//! `holdfast node`

use clap::{ArgGroup, Args, Subcommand};
use hyper::Method;
use serde_json::{Map, Value, json};

use crate::change::{AgainArgs, ChangeArgs, IfMatchArgs, RehearsalArgs, Subject, show_plan};
use crate::client::{Call, segment};
use crate::failure::Failure;
use crate::fields::{self, bytes, duration, text};
use crate::job;
use crate::run::Session;
use crate::screen::Style;
use crate::table::{self, Cell};

mod figures;

use figures::{MetricsArgs, ProcessesArgs};

/// The server and its web server
#[derive(Debug, Subcommand)]
pub(crate) enum NodeCommand {
    /// Show the server: its figures, addresses and PHP versions, and how its web server stands
    Show,
    /// Change what the web server listens on, and which visitors' software it speaks to
    Edit(EditArgs),
    /// Show how the server fared: processors, memory, disk and network over a time
    Metrics(MetricsArgs),
    /// List the processes that take most
    Processes(ProcessesArgs),
    /// List the services that the server's work stands on, and count the pools
    Services,
    /// Try the web server again now, in place of after the pause: when what stood in the way was mended
    Retry(RetryArgs),
    /// Ask whether the panel and its database answer
    Health,
    /// List the roles that a server can have, and what is there of them
    Roles,
    /// Install a role, and follow that to its end
    Install(InstallArgs),
}

/// Which role
#[derive(Debug, Args)]
pub(crate) struct InstallArgs {
    /// Its name, such as web
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    role: String,
    /// Do not follow it: done as soon as it is asked for
    #[arg(long)]
    no_follow: bool,
    #[command(flatten)]
    pub(crate) rehearsal: RehearsalArgs,
}

/// What is to be otherwise
#[derive(Debug, Args)]
#[group(skip)]
#[command(group = ArgGroup::new("what").required(true).multiple(true).args(["listen", "listen_tls", "tls_profile"]))]
pub(crate) struct EditArgs {
    /// All addresses with ports on which the web server listens, such as 0.0.0.0:80 and [::]:80, with commas between
    #[arg(long, value_name = "ADDRESSES", value_delimiter = ',')]
    listen: Option<Vec<String>>,
    /// All addresses with ports on which it listens for HTTPS, such as 0.0.0.0:443 and [::]:443, with commas between; "none": sites answer
    /// by HTTP alone
    #[arg(long, value_name = "ADDRESSES", value_delimiter = ',')]
    listen_tls: Option<Vec<String>>,
    /// How old visitors' software may be: intermediate (TLS 1.2 and 1.3) or modern (TLS 1.3 alone)
    #[arg(long, value_name = "PROFILE", value_parser = clap::builder::PossibleValuesParser::new(["intermediate", "modern"]))]
    tls_profile: Option<String>,
    #[command(flatten)]
    if_match: IfMatchArgs,
    #[command(flatten)]
    change: ChangeArgs,
}

impl EditArgs {
    /// What the API is asked for.
    fn body(&self) -> Value {
        let mut body = Map::new();
        if let Some(listen) = &self.listen {
            body.insert("listen".to_owned(), listen.clone().into());
        }
        if let Some(listen) = &self.listen_tls {
            let listen = if *listen == ["none"] { Vec::new() } else { listen.clone() };
            body.insert("listen_tls".to_owned(), listen.into());
        }
        if let Some(profile) = &self.tls_profile {
            body.insert("tls_profile".to_owned(), profile.clone().into());
        }
        Value::Object(body)
    }
}

/// Trying again
#[derive(Debug, Args)]
pub(crate) struct RetryArgs {
    #[command(flatten)]
    again: AgainArgs,
}

/// The server.
fn subject() -> Subject {
    Subject { kind: "node", name: String::new(), path: "/node".to_owned() }
}

impl NodeCommand {
    /// Whether it only shows what it would do.
    pub(crate) fn rehearsal(&mut self) -> Option<&mut RehearsalArgs> {
        match self {
            Self::Install(args) => Some(&mut args.rehearsal),
            _ => None,
        }
    }

    /// How it is tried again, where the command does that.
    pub(crate) fn again(&mut self) -> Option<&mut AgainArgs> {
        match self {
            Self::Retry(args) => Some(&mut args.again),
            _ => None,
        }
    }

    /// How the change is made, where the command makes one.
    pub(crate) fn change(&mut self) -> Option<&mut ChangeArgs> {
        match self {
            Self::Edit(args) => Some(&mut args.change),
            _ => None,
        }
    }

    pub(crate) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        match self {
            Self::Show => show(session).await,
            Self::Edit(args) => {
                let body = |_: &Value| Ok(args.body());
                args.change.edit(session, subject(), &args.if_match, body).await
            }
            Self::Metrics(args) => figures::metrics(session, args).await,
            Self::Processes(args) => figures::processes(session, args).await,
            Self::Services => figures::services(session).await,
            Self::Retry(args) => args.again.run(session, subject()).await,
            Self::Health => {
                let reply = session.ask("asking", Call::get("/health")).await?;
                if session.json {
                    return Ok(session.screen.json(&reply.body)?);
                }
                let health = reply.value()?;
                let words = format!("{}, release {}", text(&health, "status"), text(&health, "version"));
                Ok(session.screen.text(&words)?)
            }
            Self::Roles => roles(session).await,
            Self::Install(args) => install(session, &args).await,
        }
    }
}

async fn roles(session: &mut Session) -> Result<(), Failure> {
    let reply = session.ask("looking at the server", Call::get("/node/roles")).await?;
    if session.json {
        return Ok(session.screen.json(&reply.body)?);
    }
    let list = reply.value()?;
    let row = |role: &Value| {
        let missing = role.get("missing").and_then(Value::as_array).map_or(0, Vec::len);
        let state = text(role, "state");
        let style = match state.as_str() {
            "installed" => Style::Good,
            _ => Style::Warn,
        };
        let packages = if missing == 0 { String::new() } else { format!("{missing} packages are missing") };
        vec![
            Cell::plain(text(role, "name")),
            Cell::styled(style, state),
            Cell::plain(text(role, "what")),
            Cell::plain(packages),
            Cell::plain(fields::size(role, "memory_bytes")),
        ]
    };
    let rows: Vec<_> = list.get("items").and_then(Value::as_array).into_iter().flatten().map(row).collect();
    Ok(table::write(&mut session.screen, &["role", "state", "for", "packages", "memory"], &rows)?)
}

async fn install(session: &mut Session, args: &InstallArgs) -> Result<(), Failure> {
    let path = format!("/node/roles/{}/install", segment(&args.role));
    let reply = session.ask("asking", args.rehearsal.call(Method::POST, &path, json!(null))).await?;
    if args.rehearsal.dry_run {
        return show_plan(session, &reply);
    }
    if args.no_follow {
        return job::show(session, &reply);
    }
    let id = text(&reply.value()?, "id");
    job::follow(session, &id, 0).await
}

async fn show(session: &mut Session) -> Result<(), Failure> {
    let reply = session.ask("looking at the server", Call::get("/node")).await?;
    if session.json {
        return Ok(session.screen.json(&reply.body)?);
    }
    let node = reply.value()?;
    let host = node.get("host").cloned().unwrap_or_default();
    let number = |name: &str| host.get(name).and_then(Value::as_u64);
    let of = |free: &str, total: &str| match (number(free), number(total)) {
        (Some(free), Some(total)) => format!("{} free of {}", bytes(free), bytes(total)),
        _ => String::new(),
    };
    let releases = format!("panel {}, agent {}", text(&node, "panel_version"), text(&host, "agent_version"));
    // an older panel does not say
    let silent = node.get("listen_tls").and_then(Value::as_array).is_some_and(Vec::is_empty);
    let listen_tls = if silent { "nothing".to_owned() } else { text(&node, "listen_tls") };
    let rows = [
        ("addresses", text(&node, "addresses")),
        ("listens on", text(&node, "listen")),
        ("for https on", listen_tls),
        ("tls profile", text(&node, "tls_profile")),
        ("php", text(&node, "php_versions")),
        ("system", text(&host, "os")),
        ("kernel", text(&host, "kernel")),
        ("up", number("uptime_seconds").map(duration).unwrap_or_default()),
        ("load", text(&host, "load")),
        ("processors", text(&host, "cpus")),
        ("memory", of("memory_available", "memory_total")),
        ("swap", of("swap_free", "swap_total")),
        ("disk", of("disk_available", "disk_total")),
        ("processes", text(&host, "processes")),
        (
            "releases",
            if host.is_null() { format!("panel {}", text(&node, "panel_version")) } else { releases },
        ),
        ("id", text(&node, "id")),
    ];
    let screen = &mut session.screen;
    fields::show_object(screen, &text(&node, "name"), &node, &rows)?;
    if host.is_null() {
        let remedy =
            "The agent does not answer, so there are no figures: `holdfast doctor` looks for the cause.";
        crate::failure::remedy(screen, remedy)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
