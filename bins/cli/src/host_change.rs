//! `holdfast change`: what was done on the server, as the agent wrote it down.

use clap::{Args, Subcommand};
use serde_json::Value;

use crate::client::{Call, segment};
use crate::failure::Failure;
use crate::fields::{moment, text};
use crate::list::PageArgs;
use crate::plan::diff_lines;
use crate::run::Session;
use crate::screen::{Style, plain, span};
use crate::table::Cell;

/// Host changes: what was done on the server, by whom, and what is different since
#[derive(Debug, Subcommand)]
pub(crate) enum HostChangeCommand {
    /// List changes, the newest first
    List(ListArgs),
    /// Show one change with the differences in each file
    Show(ShowArgs),
}

/// Which changes
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Only of objects of this kind, such as site
    #[arg(long)]
    kind: Option<String>,
    /// Only of the object with this id
    #[arg(long, value_name = "ID")]
    object: Option<String>,
    /// Only what was asked for (panel), what was put back (agent), or what was done by hand (outside)
    #[arg(long, value_parser = ["panel", "agent", "outside"])]
    by: Option<String>,
    /// Only what this person or token asked for
    #[arg(long, value_name = "NAME")]
    actor: Option<String>,
    /// Only with a step on a file whose path has this part
    #[arg(long)]
    path: Option<String>,
    /// Only since then, such as 2026-01-31T12:00:00Z
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Only before then
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    #[command(flatten)]
    page: PageArgs,
}

/// Which change
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// Its number, as the list shows it
    change: u64,
}

impl HostChangeCommand {
    pub(crate) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        match self {
            Self::List(args) => {
                let pairs = [
                    ("kind", args.kind.as_ref()),
                    ("object", args.object.as_ref()),
                    ("by", args.by.as_ref()),
                    ("actor", args.actor.as_ref()),
                    ("path", args.path.as_ref()),
                    ("since", args.since.as_ref()),
                    ("until", args.until.as_ref()),
                ];
                let titles = ["no.", "when", "who", "object", "what"];
                let row = |change: &Value| {
                    vec![
                        Cell::plain(text(change, "seq")),
                        Cell::plain(moment(change, "at")),
                        who(change),
                        Cell::plain(format!("{} {}", text(change, "kind"), text(change, "name"))),
                        Cell::plain(what(change)),
                    ]
                };
                args.page.run(session, "/changes", &pairs, (&titles, row)).await
            }
            Self::Show(args) => show(session, args.change).await,
        }
    }
}

fn who(change: &Value) -> Cell {
    match text(change, "by").as_str() {
        "outside" => Cell::styled(Style::Warn, "by hand".to_owned()),
        "agent" => Cell::styled(Style::Dim, "the agent".to_owned()),
        _ => Cell::plain(
            Some(text(change, "actor")).filter(|name| !name.is_empty()).unwrap_or("system".to_owned()),
        ),
    }
}

/// The first step, and how many more there were.
fn what(change: &Value) -> String {
    let first =
        change.get("steps").and_then(|steps| Some(text(steps.get(0)?, "summary"))).unwrap_or_default();
    match change.get("of").and_then(Value::as_u64) {
        Some(of @ 2..) => format!("{first}, and {} more", of - 1),
        _ => first,
    }
}

async fn show(session: &mut Session, seq: u64) -> Result<(), Failure> {
    let call = Call::get(format!("/changes/{}", segment(&seq.to_string())));
    let reply = session.ask("reading the change", call).await?;
    if session.json {
        return Ok(session.screen.json(&reply.body)?);
    }
    let change = reply.value()?;
    let (screen, by) = (&mut session.screen, who(&change));
    let object = format!("{} {}", text(&change, "kind"), text(&change, "name"));
    screen.line(&[
        span(Style::Bold, object),
        plain(format!("  {}  ", moment(&change, "at"))),
        span(by.style, by.text),
    ])?;
    let taken = format!("{} of {} steps were taken", text(&change, "taken"), text(&change, "of"));
    screen.line(&[span(Style::Dim, format!("  {taken}; after it: {}", text(&change, "condition")))])?;
    for step in change.get("steps").and_then(Value::as_array).into_iter().flatten() {
        screen.line(&[plain("  "), plain(text(step, "summary"))])?;
        diff_lines(&text(step, "diff")).iter().try_for_each(|line| screen.line(line))?;
    }
    let message = text(&change, "message");
    if !message.is_empty() {
        screen.line(&[plain("  "), span(Style::Warn, message)])?;
    }
    Ok(())
}
