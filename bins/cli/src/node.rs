//! `holdfast node`

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::change::{AgainArgs, ChangeArgs, IfMatchArgs, Subject};
use crate::client::Call;
use crate::failure::Failure;
use crate::fields::{self, bytes, duration, text};
use crate::run::Session;

/// The server and its web server
#[derive(Debug, Subcommand)]
pub(crate) enum NodeCommand {
    /// Show the server: its figures, addresses and PHP versions, and how its web server stands
    Show,
    /// Change what the web server listens on
    Edit(EditArgs),
    /// Try the web server again now, in place of after the pause: when what stood in the way was mended
    Retry(RetryArgs),
    /// Ask whether the panel and its database answer
    Health,
}

/// What is to be otherwise
#[derive(Debug, Args)]
pub(crate) struct EditArgs {
    /// All addresses with ports on which the web server listens, such as 0.0.0.0:80 and [::]:80, with commas between
    #[arg(long, value_name = "ADDRESSES", value_delimiter = ',', required = true)]
    listen: Vec<String>,
    #[command(flatten)]
    if_match: IfMatchArgs,
    #[command(flatten)]
    change: ChangeArgs,
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
            Self::Show | Self::Health | Self::Retry(_) => None,
        }
    }

    pub(crate) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        match self {
            Self::Show => show(session).await,
            Self::Edit(args) => {
                let body = |_: &Value| Ok(json!({ "listen": args.listen }));
                args.change.edit(session, subject(), &args.if_match, body).await
            }
            Self::Retry(args) => {
                let subject = subject();
                args.again.run(session, subject).await
            }
            Self::Health => {
                let reply = session.ask("asking", Call::get("/health")).await?;
                if session.json {
                    return Ok(session.screen.json(&reply.body)?);
                }
                let health = reply.value()?;
                let words = format!("{}, release {}", text(&health, "status"), text(&health, "version"));
                Ok(session.screen.text(&words)?)
            }
        }
    }
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
    let rows = [
        ("addresses", text(&node, "addresses")),
        ("listens on", text(&node, "listen")),
        ("php", text(&node, "php_versions")),
        ("system", text(&host, "os")),
        ("kernel", text(&host, "kernel")),
        ("up", number("uptime_seconds").map(duration).unwrap_or_default()),
        ("load", text(&host, "load")),
        ("processors", text(&host, "cpus")),
        ("memory", of("memory_available", "memory_total")),
        ("disk", of("disk_available", "disk_total")),
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
