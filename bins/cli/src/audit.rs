//! `holdfast audit`

use std::path::PathBuf;

use clap::{Args, Subcommand};
use http_body_util::BodyExt;
use serde_json::Value;

use crate::client::{Call, with_query};
use crate::failure::{self, Failure};
use crate::fields::{moment, text};
use crate::list::PageArgs;
use crate::run::Session;
use crate::screen::{Style, plain, span};
use crate::table::Cell;

mod file;

/// The audit: who did what, in a chain that shows when it was changed
#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// List entries, the newest first
    List(ListArgs),
    /// Walk the whole audit, and compare it with what the agent noted; ends with 1 where it was changed
    ///
    /// With --file an exported audit is verified by itself, and no panel is asked.
    Verify(VerifyArgs),
    /// Write the audit to standard output, as a file that can be verified alone
    ///
    /// Whoever sees all of it gets the whole chain, the oldest first. Whoever sees a part, or asks for one, gets entries without hashes, the
    /// newest first.
    Export(ExportArgs),
}

/// Which audit
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// An audit written by `holdfast audit export`, or - for standard input
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
}

/// Which entries, and how
#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// jsonl, which can be verified, or csv, for a spreadsheet
    #[arg(long, default_value = "jsonl", value_parser = ["jsonl", "csv"])]
    format: String,
    #[command(flatten)]
    filter: FilterArgs,
}

/// Which entries
#[derive(Debug, Args)]
pub(crate) struct FilterArgs {
    /// Only of this account
    #[arg(long)]
    account: Option<String>,
    /// Only of this organisation, those below it, and their accounts
    #[arg(long, conflicts_with = "account")]
    organisation: Option<String>,
    /// Only by this one: a name as the list shows it, or the id of a person or a token
    #[arg(long, value_name = "NAME")]
    actor: Option<String>,
    /// Only this action, such as site.create
    #[arg(long)]
    action: Option<String>,
    /// Only about objects of this kind
    #[arg(long)]
    kind: Option<String>,
    /// Only about the object of this id
    #[arg(long, value_name = "ID")]
    object: Option<String>,
    /// Only what was done, or what was refused
    #[arg(long, value_parser = ["done", "refused"])]
    outcome: Option<String>,
}

impl FilterArgs {
    fn pairs(&self) -> [(&'static str, Option<&String>); 7] {
        [
            ("account", self.account.as_ref()),
            ("organisation", self.organisation.as_ref()),
            ("actor", self.actor.as_ref()),
            ("action", self.action.as_ref()),
            ("kind", self.kind.as_ref()),
            ("object", self.object.as_ref()),
            ("outcome", self.outcome.as_ref()),
        ]
    }
}

/// Which entries
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    filter: FilterArgs,
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
                args.page.run(session, "/audit", &args.filter.pairs(), (&titles, row)).await
            }
            Self::Verify(VerifyArgs { file: Some(path) }) => file::told(session, &path),
            Self::Verify(VerifyArgs { file: None }) => verify(session).await,
            Self::Export(args) => export(session, &args).await,
        }
    }
}

/// `site www.example.test`, by the name that the object had.
fn object(entry: &Value) -> String {
    let name = ["after", "before"].iter().find_map(|side| entry.get(side)?.get("name")?.as_str());
    let name = name.map_or_else(|| text(entry, "object_id"), str::to_owned);
    format!("{} {name}", text(entry, "object_kind")).trim_end().to_owned()
}

/// Written as it comes. A file that was cut short has no last line, and says so by that when it is verified.
async fn export(session: &mut Session, args: &ExportArgs) -> Result<(), Failure> {
    let mut pairs = vec![("format", args.format.clone())];
    pairs.extend(args.filter.pairs().into_iter().filter_map(|(name, value)| Some((name, value?.clone()))));
    let call = Call::get(with_query("/audit/export", &pairs))
        .header("accept", "application/x-ndjson, text/csv")
        .patient();
    let mut body = session.client.stream(&call).await?;
    while let Some(frame) = body.frame().await {
        let cut = |error: &dyn std::fmt::Display| {
            Failure::refused(format!("the audit was cut short: {error}"), "Ask for it again.")
        };
        let frame = frame.map_err(|error| cut(&error))?;
        if let Ok(data) = frame.into_data() {
            session.screen.own(&data)?;
        }
    }
    Ok(())
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
