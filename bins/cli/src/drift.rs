//! `holdfast drift`: managed files that somebody edited by hand, and what is decided about them.

use std::time::Duration;

use clap::{Args, Subcommand};
use hyper::Method;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::change::{RehearsalArgs, quoted, show_plan};
use crate::client::{Call, segment};
use crate::condition::Convergence;
use crate::failure::Failure;
use crate::plan::diff_lines;
use crate::run::Session;
use crate::screen::{Screen, Style, plain, span};
use crate::time;

/// So much of the SHA-256 of a foreign content names it in a command line.
const SEEN: usize = 12;

/// Managed files that were edited by hand; without a command, they are listed with their diffs
#[derive(Debug, Args)]
pub(crate) struct DriftArgs {
    #[command(subcommand)]
    command: Option<DriftCommand>,
}

#[derive(Debug, Subcommand)]
enum DriftCommand {
    /// Look at the server, and list edited files: the diff, when, and what can be done
    List(ListArgs),
    /// Put the managed content back; a copy of the edited file is kept
    Revert(RevertArgs),
    /// Leave an object as it is for a while
    Pause(PauseArgs),
    /// End a pause
    Resume(ResumeArgs),
}

/// What is listed
#[derive(Debug, Default, Args)]
struct ListArgs {
    /// What is known already; the server is not looked at
    #[arg(long)]
    known: bool,
}

/// What goes back
#[derive(Debug, Args)]
struct RevertArgs {
    /// KIND and ID (or name) of the object, or the path of one edited file
    #[arg(value_name = "OBJECT", num_args = 1..=2, required = true)]
    object: Vec<String>,
    /// This file alone
    #[arg(long)]
    path: Option<String>,
    /// Only if the edited content is the one that was looked at: the beginning of its SHA-256, as `holdfast drift` shows it
    #[arg(long, value_name = "HASH")]
    seen: Option<String>,
    #[command(flatten)]
    rehearsal: RehearsalArgs,
}

/// What is left as it is
#[derive(Debug, Args)]
struct PauseArgs {
    /// The kind: account, pool, site or webserver
    kind: String,
    /// Its id or name
    id: String,
    /// For how long, such as 30m, 12h or 7d; 30 days at most
    #[arg(long = "for", value_name = "TIME", default_value = "1d", value_parser = span_of_time)]
    lasts: Duration,
    /// Until when (RFC 3339, UTC), such as 2026-03-01T12:00:00Z
    #[arg(long, value_name = "TIME", conflicts_with = "lasts")]
    until: Option<String>,
    /// Why; shown to whoever looks at the object
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    rehearsal: RehearsalArgs,
}

/// What goes on
#[derive(Debug, Args)]
struct ResumeArgs {
    /// The kind: account, pool, site or webserver
    kind: String,
    /// Its id or name
    id: String,
    #[command(flatten)]
    rehearsal: RehearsalArgs,
}

/// A number with m, h or d, of 30 days at most.
fn span_of_time(text: &str) -> Result<Duration, String> {
    span_within(text, 30)
}

/// A number with m, h or d, of so many days at most.
pub(crate) fn span_within(text: &str, days: u64) -> Result<Duration, String> {
    let wrong = || "must be a number with m, h or d, such as 12h".to_owned();
    let (at, unit) = text.char_indices().last().ok_or_else(wrong)?;
    let seconds = match unit {
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        _ => return Err(wrong()),
    };
    let number: u64 = text[..at].parse().map_err(|_| wrong())?;
    let length = number.checked_mul(seconds).filter(|length| (1..=days * 86_400).contains(length));
    length
        .map(Duration::from_secs)
        .ok_or_else(|| format!("must be at least a minute, and {days} days at most"))
}

/// An edited file.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Edited {
    kind: String,
    id: String,
    name: String,
    path: String,
    changed_at: Value,
    noticed_at: Value,
    foreign: String,
    diff: Option<String>,
    waiting: Option<String>,
    actions: Vec<String>,
}

impl Edited {
    /// The object's name, or its id where it has none.
    fn shown_name(&self) -> &str {
        if self.name.is_empty() { &self.id } else { &self.name }
    }
}

#[derive(Debug, Deserialize)]
struct List {
    items: Vec<Edited>,
}

impl DriftArgs {
    /// Whether it only shows what it would do, where that can be chosen.
    pub(crate) fn rehearsal(&mut self) -> Option<&mut RehearsalArgs> {
        match &mut self.command {
            Some(DriftCommand::Revert(args)) => Some(&mut args.rehearsal),
            Some(DriftCommand::Pause(args)) => Some(&mut args.rehearsal),
            Some(DriftCommand::Resume(args)) => Some(&mut args.rehearsal),
            _ => None,
        }
    }

    pub(crate) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        match self.command.unwrap_or_else(|| DriftCommand::List(ListArgs::default())) {
            DriftCommand::List(args) => list(session, &args).await,
            DriftCommand::Revert(args) => revert(session, args).await,
            DriftCommand::Pause(args) => {
                let until = match args.until {
                    Some(until) => until,
                    None => names::Micros::now().plus(args.lasts).to_string(),
                };
                let mut more = Map::new();
                more.insert("until".to_owned(), until.into());
                if let Some(reason) = args.reason {
                    more.insert("reason".to_owned(), reason.into());
                }
                decide(session, "pause", (&args.kind, &args.id), more, args.rehearsal).await
            }
            DriftCommand::Resume(args) => {
                decide(session, "resume", (&args.kind, &args.id), Map::new(), args.rehearsal).await
            }
        }
    }
}

async fn read(session: &mut Session) -> Result<(Vec<u8>, Vec<Edited>), Failure> {
    let reply = session.ask("looking for edited files", Call::get("/drift").patient()).await?;
    let list: List =
        serde_json::from_slice(&reply.body).map_err(|error| reply.not_understood(&error.to_string()))?;
    Ok((reply.body.to_vec(), list.items))
}

async fn list(session: &mut Session, args: &ListArgs) -> Result<(), Failure> {
    if !args.known {
        // An edit is noticed within ten minutes by itself; who asks for the list wants it as it is now.
        let sweep = Call::new(Method::POST, "/sweep").body(json!({})).patient().once();
        match session.ask("looking for edited files", sweep).await {
            // Who may not have the server looked at sees what is known; and where the agent is away, the list says so.
            Ok(_) | Err(Failure::Problem(_)) => {}
            Err(failure) => return Err(failure),
        }
    }
    let (document, items) = read(session).await?;
    if session.json {
        return Ok(session.screen.json(&document)?);
    }
    if items.is_empty() {
        return Ok(session.screen.line(&[span(Style::Good, "no managed file was edited by hand")])?);
    }
    for (index, edited) in items.iter().enumerate() {
        if index > 0 {
            session.screen.line(&[])?;
        }
        show(&mut session.screen, edited)?;
    }
    Ok(())
}

fn show(screen: &mut Screen, edited: &Edited) -> std::io::Result<()> {
    let name = edited.shown_name();
    screen.line(&[span(Style::Bold, &edited.path), plain(format!("  of {} {name}", edited.kind))])?;
    for (title, moment) in [("edited", &edited.changed_at), ("noticed", &edited.noticed_at)] {
        let moment = time::show(moment);
        if !moment.is_empty() {
            screen.line(&[span(Style::Dim, format!("  {title:<8} ")), plain(moment)])?;
        }
    }
    match &edited.diff {
        Some(diff) => {
            screen.line(&[plain("  what was edited:")])?;
            diff_lines(diff).iter().try_for_each(|line| screen.line(line))?;
        }
        None => screen.line(&[plain("  the content may not be shown")])?,
    }
    if let Some(waiting) = &edited.waiting {
        screen.line(&[plain("  a newer wish waits, which would change:")])?;
        diff_lines(waiting).iter().try_for_each(|line| screen.line(line))?;
    }
    screen.line(&[plain("  what can be done:")])?;
    let object = format!("{} {}", quoted(&edited.kind), quoted(&edited.id));
    for action in &edited.actions {
        let (command, words) = match action.as_str() {
            "revert" => {
                let seen = edited.foreign.get(..SEEN).unwrap_or(&edited.foreign);
                (
                    format!("holdfast drift revert {} --seen {}", quoted(&edited.path), quoted(seen)),
                    "the managed content again, a copy of the edit is kept",
                )
            }
            "pause" => {
                (format!("holdfast drift pause {object} --for 7d"), "leave the object as it is for a while")
            }
            "resume" => (format!("holdfast drift resume {object}"), "end the pause"),
            _ => continue,
        };
        screen.line(&[plain("    "), span(Style::Bold, command)])?;
        screen.line(&[span(Style::Dim, format!("      {words}"))])?;
    }
    Ok(())
}

async fn revert(session: &mut Session, args: RevertArgs) -> Result<(), Failure> {
    let (_, items) = read(session).await?;
    let is_meant = |edited: &Edited| {
        let object = match args.object.as_slice() {
            [kind, id] => edited.kind == *kind && (edited.id == *id || edited.name == *id),
            [path] => edited.path == *path,
            _ => false,
        };
        object && args.path.as_ref().is_none_or(|path| edited.path == *path)
    };
    let meant: Vec<Edited> = items.into_iter().filter(is_meant).collect();
    if meant.is_empty() {
        let reason = "no managed file was edited by hand there";
        return Err(Failure::refused(reason, "`holdfast drift` lists what was edited, and how to name it."));
    }
    for edited in meant {
        if let Some(seen) = &args.seen
            && !edited.foreign.starts_with(&seen.to_ascii_lowercase())
        {
            let reason = format!("{} was edited again since it was looked at", edited.path);
            return Err(Failure::refused(reason, "Look at it again: `holdfast drift`."));
        }
        let mut more = Map::new();
        more.insert("path".to_owned(), edited.path.clone().into());
        more.insert("foreign".to_owned(), edited.foreign.clone().into());
        let object = (edited.kind.as_str(), edited.id.as_str(), edited.shown_name());
        send(session, "revert", object, more, args.rehearsal).await?;
    }
    Ok(())
}

/// A decision about an object that is named by its id or its name.
async fn decide(
    session: &mut Session,
    action: &str,
    (kind, name): (&str, &str),
    more: Map<String, Value>,
    rehearsal: RehearsalArgs,
) -> Result<(), Failure> {
    let (_, items) = read(session).await?;
    let listed =
        items.into_iter().find(|edited| edited.kind == kind && (edited.id == name || edited.name == name));
    let id = match listed {
        Some(edited) => edited.id,
        None => resolve(session, kind, name).await?,
    };
    send(session, action, (kind, &id, name), more, rehearsal).await
}

/// The id of an object that has no edited file.
async fn resolve(session: &mut Session, kind: &str, name: &str) -> Result<String, Failure> {
    let path = match kind {
        "account" | "pool" | "site" | "certificate" => format!("/{kind}s/{}", segment(name)),
        "webserver" => "/node".to_owned(),
        _ => return Ok(name.to_owned()),
    };
    let object = session.ask("looking at the object", Call::get(path)).await?.value()?;
    Ok(crate::fields::text(&object, "id"))
}

async fn send(
    session: &mut Session,
    action: &str,
    (kind, id, name): (&str, &str, &str),
    more: Map<String, Value>,
    rehearsal: RehearsalArgs,
) -> Result<(), Failure> {
    let mut body = json!({ "kind": kind, "id": id, "action": action });
    if let Some(fields) = body.as_object_mut() {
        fields.extend(more.clone());
    }
    let call = rehearsal.call(Method::POST, "/drift/actions", body).patient();
    let reply = session.ask("deciding", call).await?;
    if session.json {
        return Ok(session.screen.json(&reply.body)?);
    }
    if rehearsal.dry_run {
        return show_plan(session, &reply);
    }
    let decided = reply.value()?;
    let path = more.get("path").and_then(Value::as_str).unwrap_or_default();
    let word = match action {
        "revert" => "reverted",
        "pause" => "paused",
        _ => "resumed",
    };
    let condition = crate::fields::text(&decided, "condition");
    let message = crate::fields::text(&decided, "message");
    if action == "revert" && condition != "ready" && !path.is_empty() && message.contains(path) {
        let remedy = format!(
            "A file that Holdfast did not make is never removed by it. If nobody needs it: `rm {}`, then `holdfast sweep`.",
            quoted(path)
        );
        return Err(Failure::refused(format!("{path} is still there: {message}"), remedy));
    }
    let mut line = vec![plain(format!("{kind} {name}: {word}"))];
    if !path.is_empty() {
        line.push(plain(format!(" {path}")));
    }
    line.extend([plain("; condition: "), span(Convergence::style_of(&condition), condition.clone())]);
    for name in ["reason", "message"] {
        let more = crate::fields::text(&decided, name);
        if !more.is_empty() {
            line.push(plain(format!(": {more}")));
        }
    }
    Ok(session.screen.line(&line)?)
}

#[cfg(test)]
mod tests;
