//! `holdfast audit`

use clap::{Args, Subcommand};
use serde_json::Value;

use crate::client::Call;
use crate::failure::{self, Failure};
use crate::fields::{moment, text};
use crate::list::PageArgs;
use crate::run::Session;
use crate::screen::{Style, plain, span};
use crate::table::Cell;

/// The audit: who did what, in a chain that shows when it was changed
#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// List entries, the newest first
    List(ListArgs),
    /// Walk the whole audit, and compare it with what the agent noted; ends with 1 where it was changed
    Verify,
}

/// Which entries
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Only of this account
    #[arg(long)]
    account: Option<String>,
    #[command(flatten)]
    page: PageArgs,
}

impl AuditCommand {
    pub(crate) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        match self {
            Self::List(args) => {
                let titles = ["no.", "when", "who", "from", "what", "object", "outcome"];
                let row = |entry: &Value| {
                    let outcome = text(entry, "outcome");
                    let style = if outcome == "done" { Style::Plain } else { Style::Warn };
                    vec![
                        Cell::plain(text(entry, "seq")),
                        Cell::plain(moment(entry, "at")),
                        Cell::plain(text(entry, "actor_name")),
                        Cell::plain(text(entry, "origin")),
                        Cell::plain(text(entry, "action")),
                        Cell::plain(object(entry)),
                        Cell::styled(style, outcome),
                    ]
                };
                args.page.run(session, "/audit", &[("account", args.account.as_ref())], (&titles, row)).await
            }
            Self::Verify => verify(session).await,
        }
    }
}

/// `site www.example.test`, by the name that the object had.
fn object(entry: &Value) -> String {
    let name = ["after", "before"].iter().find_map(|side| entry.get(side)?.get("name")?.as_str());
    let name = name.map_or_else(|| text(entry, "object_id"), str::to_owned);
    format!("{} {name}", text(entry, "object_kind")).trim_end().to_owned()
}

async fn verify(session: &mut Session) -> Result<(), Failure> {
    let reply = session.ask("walking the audit", Call::get("/audit/verify").patient()).await?;
    let verdict = reply.value()?;
    let intact = verdict.get("intact").and_then(Value::as_bool).unwrap_or(false);
    if session.json {
        session.screen.json(&reply.body)?;
        return if intact { Ok(()) } else { Err(Failure::Found) };
    }
    let (seq, noted) = (text(&verdict, "seq"), text(&verdict, "noted_by_agent"));
    if !intact {
        failure::error(&mut session.screen, &format!("entry {seq}: {}", text(&verdict, "reason")))?;
        let remedy = "Somebody changed the database, or put an older one back by hand and not by `holdfast restore-panel`: compare it with a backup.";
        failure::remedy(&mut session.screen, remedy)?;
        return Err(Failure::Found);
    }
    session.screen.line(&[span(Style::Good, "intact"), plain(format!(": {seq} entries"))])?;
    if let Some(restored) = verdict.get("restored").filter(|restored| restored.is_object()) {
        let (at, seq, lost) = (moment(restored, "at"), text(restored, "seq"), text(restored, "lost_up_to"));
        let lost = match lost.as_str() {
            "" => String::new(),
            lost => format!("; the agent knew entries up to {lost} of the time after the backup"),
        };
        let line =
            format!("older than the agent's record: a backup was restored {at}, as entry {seq} tells{lost}");
        session.screen.text(&line)?;
    }
    let noted = if noted.is_empty() {
        "the agent has noted none of them yet, or does not answer".to_owned()
    } else {
        format!("the agent's own note of entry {noted} agrees")
    };
    Ok(session.screen.text(&noted)?)
}
