//! `holdfast notice`

use clap::{Args, Subcommand};
use hyper::Method;
use serde_json::{Value, json};

use crate::change::RehearsalArgs;
use crate::client::{Call, Reply};
use crate::failure::Failure;
use crate::fields::{moment, text};
use crate::run::Session;
use crate::screen::{Style, span};
use crate::table::{self, Cell};

/// Notices: what calls for somebody, and is not settled
#[derive(Debug, Subcommand)]
pub(crate) enum NoticeCommand {
    /// List notices, the newest first
    List,
    /// Mark all notices as read, for the person who is signed in
    Read(ReadArgs),
}

/// Up to where
#[derive(Debug, Args)]
pub(crate) struct ReadArgs {
    /// Only up to the event with this cursor
    #[arg(long, value_name = "CURSOR")]
    until: Option<u64>,
    #[command(flatten)]
    pub(crate) rehearsal: RehearsalArgs,
}

impl NoticeCommand {
    pub(crate) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        match self {
            Self::List => {
                let reply = session.ask("reading notices", Call::get("/notices")).await?;
                show(session, &reply)
            }
            Self::Read(args) => read(session, args).await,
        }
    }

    /// Whether it only shows what it would do.
    pub(crate) fn rehearsal(&mut self) -> Option<&mut RehearsalArgs> {
        match self {
            Self::List => None,
            Self::Read(args) => Some(&mut args.rehearsal),
        }
    }
}

async fn read(session: &mut Session, args: ReadArgs) -> Result<(), Failure> {
    let until = match args.until {
        Some(until) => until.to_string(),
        None => text(&session.ask("reading notices", Call::get("/notices")).await?.value()?, "until"),
    };
    let call = args.rehearsal.call(Method::POST, "/notices/read", json!({ "until": until }));
    let reply = session.ask("marking notices", call).await?;
    if session.json {
        return Ok(session.screen.json(&reply.body)?);
    }
    let words = if args.rehearsal.dry_run {
        format!("what happened up to {until} would be marked as read; nothing on the server hangs on it")
    } else {
        format!("read; {} of the notices are not", text(&reply.value()?, "unread"))
    };
    Ok(session.screen.text(&words)?)
}

/// `site www.example.test, site shop.example.test and 3 more`
fn objects(notice: &Value) -> String {
    let objects = notice.get("objects").and_then(Value::as_array).cloned().unwrap_or_default();
    let words: Vec<String> =
        objects.iter().map(|object| format!("{} {}", text(object, "kind"), text(object, "name"))).collect();
    match notice.get("more").and_then(Value::as_u64).unwrap_or(0) {
        0 => words.join(", "),
        more => format!("{} and {more} more", words.join(", ")),
    }
}

fn show(session: &mut Session, reply: &Reply) -> Result<(), Failure> {
    if session.json {
        return Ok(session.screen.json(&reply.body)?);
    }
    let notices = reply.value()?;
    let items = notices.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
    if items.is_empty() {
        return Ok(session.screen.note(&[span(Style::Dim, "none")])?);
    }
    let row = |notice: &Value| {
        let style = if text(notice, "severity") == "error" { Style::Bad } else { Style::Warn };
        let is_read = notice.get("read").and_then(Value::as_bool) == Some(true);
        vec![
            Cell::styled(style, text(notice, "code")),
            Cell::plain(text(notice, "topic")),
            Cell::plain(if is_read { "" } else { "new" }),
            Cell::plain(text(notice, "count")),
            Cell::plain(moment(notice, "last_at")),
            Cell::plain(objects(notice)),
        ]
    };
    let rows: Vec<_> = items.iter().map(row).collect();
    Ok(table::write(&mut session.screen, &["notice", "about", "", "times", "last", "objects"], &rows)?)
}

#[cfg(test)]
mod tests;
