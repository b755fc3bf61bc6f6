//! `holdfast event`

use clap::{Args, Subcommand};
use serde_json::Value;

use crate::client::{Call, with_query};
use crate::failure::Failure;
use crate::fields::{moment, text};
use crate::follow::Follower;
use crate::run::Session;
use crate::screen::{Style, plain, span};
use crate::table::{self, Cell};

pub(crate) mod sse;

/// Events: what happened to accounts, pools, sites and the server
#[derive(Debug, Subcommand)]
pub(crate) enum EventCommand {
    /// List the newest events, the newest last
    List(ListArgs),
    /// Write events as they happen, until interrupted; a restart of the panel loses none
    Follow(FollowArgs),
}

/// Which events
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// So many at most
    #[arg(long, value_name = "COUNT", default_value = "50", value_parser = clap::value_parser!(u32).range(1..=200))]
    limit: u32,
    /// Only what happened after the event with this cursor
    #[arg(long, value_name = "CURSOR")]
    cursor: Option<u64>,
}

/// From where on
#[derive(Debug, Args)]
pub(crate) struct FollowArgs {
    /// Begin after the event with this cursor; without it, with what happens from now on
    #[arg(long, value_name = "CURSOR")]
    cursor: Option<u64>,
}

impl EventCommand {
    pub(crate) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        match self {
            Self::List(args) => list(session, args).await,
            Self::Follow(args) => follow(session, args).await,
        }
    }
}

fn severity(event: &Value) -> Style {
    match text(event, "severity").as_str() {
        "error" => Style::Bad,
        "warning" => Style::Warn,
        _ => Style::Plain,
    }
}

/// `site www.example.test`
fn object(event: &Value) -> String {
    let params = event.get("params").cloned().unwrap_or_default();
    let name = text(&params, "name");
    let name = if name.is_empty() { text(event, "id") } else { name };
    format!("{} {name}", text(event, "kind"))
}

/// The parameters but the name: `reason=edited message=...`
fn details(event: &Value) -> String {
    let params = event.get("params").and_then(Value::as_object).cloned().unwrap_or_default();
    let mut words: Vec<String> = params
        .iter()
        .filter(|(name, value)| *name != "name" && !value.is_null())
        .map(|(name, value)| format!("{name}={}", crate::fields::words(value)))
        .collect();
    let count = event.get("count").and_then(Value::as_i64).unwrap_or(1);
    if count > 1 {
        words.push(format!("{count} times"));
    }
    words.join(" ")
}

async fn list(session: &mut Session, args: ListArgs) -> Result<(), Failure> {
    let mut pairs = vec![("limit", args.limit.to_string())];
    pairs.extend(args.cursor.map(|cursor| ("cursor", cursor.to_string())));
    let reply = session.ask("reading events", Call::get(with_query("/events", &pairs))).await?;
    if session.json {
        return Ok(session.screen.json(&reply.body)?);
    }
    let page = reply.value()?;
    let items = page.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
    if items.is_empty() {
        session.screen.note(&[span(Style::Dim, "none")])?;
        return Ok(());
    }
    let row = |event: &Value| {
        vec![
            Cell::plain(moment(event, "last_at")),
            Cell::styled(severity(event), text(event, "code")),
            Cell::plain(object(event)),
            Cell::plain(details(event)),
            Cell::styled(Style::Dim, text(event, "cursor")),
        ]
    };
    let rows: Vec<_> = items.iter().map(row).collect();
    Ok(table::write(&mut session.screen, &["when", "event", "object", "details", "cursor"], &rows)?)
}

fn write(session: &mut Session, data: &str) -> Result<(), Failure> {
    if session.json {
        session.screen.json(data.as_bytes())?;
    } else {
        let event: Value = serde_json::from_str(data).unwrap_or_default();
        let mut line = vec![
            span(Style::Dim, moment(&event, "last_at")),
            plain("  "),
            span(severity(&event), text(&event, "code")),
            plain("  "),
            plain(object(&event)),
        ];
        let details = details(&event);
        if !details.is_empty() {
            line.extend([plain("  "), span(Style::Dim, details)]);
        }
        session.screen.line(&line)?;
    }
    Ok(session.screen.flush()?)
}

async fn follow(session: &mut Session, args: FollowArgs) -> Result<(), Failure> {
    let last = args.cursor.map(|cursor| cursor.to_string());
    let mut follower = Follower::new(Call::get("/events"), last);
    loop {
        for message in follower.next(session).await? {
            if !message.data.is_empty() {
                write(session, &message.data)?;
            }
        }
    }
}
