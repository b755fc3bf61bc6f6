//! `holdfast adopt`: what the server holds beyond an older database that was put back, and what is decided about it.

use clap::{Args, Subcommand};
use hyper::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::change::{Change, ChangeArgs, Subject, quoted, show_plan};
use crate::client::Call;
use crate::condition::Convergence;
use crate::failure::Failure;
use crate::run::Session;
use crate::screen::{Screen, Style, plain, span};
use crate::time;

/// What the server holds beyond a database that was put back; without a command, both sides are shown
///
/// Until you decide, every such object runs on as it is.
#[derive(Debug, Args)]
pub(crate) struct AdoptArgs {
    #[command(subcommand)]
    command: Option<AdoptCommand>,
}

#[derive(Debug, Subcommand)]
enum AdoptCommand {
    /// Show every such object, with both sides and what can be decided
    List,
    /// The database rules: the server is brought to what it says
    Panel(DecideArgs),
    /// The server rules: the database takes over what it holds
    Host(DecideArgs),
    /// Rebuild the row of an object that the database does not know
    TakeOver(TakeOverArgs),
    /// Leave an unknown object on the server as it is; it is not this panel's
    Keep(DecideArgs),
    /// Take an unknown object off the server
    Remove(DecideArgs),
}

/// Which objects
#[derive(Debug, Args)]
struct DecideArgs {
    /// KIND and ID (or name) of the object
    #[arg(value_name = "OBJECT", num_args = 2, required_unless_present = "all")]
    object: Vec<String>,
    /// Every object about which this can be decided
    #[arg(long, conflicts_with_all = ["object", "expect_plan"])]
    all: bool,
    #[command(flatten)]
    change: ChangeArgs,
}

/// What is taken over
#[derive(Debug, Args)]
struct TakeOverArgs {
    #[command(flatten)]
    decide: DecideArgs,
    /// The e-mail address of an account, which the server does not know
    #[arg(long)]
    email: Option<String>,
    /// The organisation that an account is to belong to; left out: the root one
    #[arg(long)]
    organisation: Option<String>,
    /// The package that an account is to have; left out: none
    #[arg(long)]
    package: Option<String>,
}

/// What the server does not know of an account
#[derive(Debug, Default)]
struct Besides {
    email: Option<String>,
    organisation: Option<String>,
    package: Option<String>,
}

/// One object, with both sides.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Item {
    kind: String,
    id: String,
    name: String,
    account: Option<String>,
    why: String,
    panel_generation: Option<u64>,
    host_generation: u64,
    host_since: Value,
    host_absent: bool,
    changes: Vec<FieldChange>,
    choices: Vec<String>,
    lacks: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct FieldChange {
    field: String,
    panel: Value,
    host: Value,
}

#[derive(Debug, Deserialize)]
struct List {
    items: Vec<Item>,
}

impl AdoptArgs {
    /// How the decision is made.
    pub(crate) fn change(&mut self) -> Option<&mut ChangeArgs> {
        match self.command.as_mut()? {
            AdoptCommand::List => None,
            AdoptCommand::Panel(args)
            | AdoptCommand::Host(args)
            | AdoptCommand::Keep(args)
            | AdoptCommand::Remove(args) => Some(&mut args.change),
            AdoptCommand::TakeOver(args) => Some(&mut args.decide.change),
        }
    }

    pub(crate) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        match self.command.unwrap_or(AdoptCommand::List) {
            AdoptCommand::List => list(session).await,
            AdoptCommand::Panel(args) => decide(session, "panel", args, Besides::default()).await,
            AdoptCommand::Host(args) => decide(session, "host", args, Besides::default()).await,
            AdoptCommand::Keep(args) => decide(session, "keep", args, Besides::default()).await,
            AdoptCommand::Remove(args) => decide(session, "remove", args, Besides::default()).await,
            AdoptCommand::TakeOver(TakeOverArgs { decide: args, email, organisation, package }) => {
                decide(session, "take_over", args, Besides { email, organisation, package }).await
            }
        }
    }
}

async fn read(session: &mut Session) -> Result<(Vec<u8>, Vec<Item>), Failure> {
    let reply = session.ask("comparing with the server", Call::get("/adoption").patient()).await?;
    let list: List =
        serde_json::from_slice(&reply.body).map_err(|error| reply.not_understood(&error.to_string()))?;
    Ok((reply.body.to_vec(), list.items))
}

async fn list(session: &mut Session) -> Result<(), Failure> {
    let (document, items) = read(session).await?;
    if session.json {
        return Ok(session.screen.json(&document)?);
    }
    if items.is_empty() {
        let words = "the server holds nothing beyond the database";
        return Ok(session.screen.line(&[span(Style::Good, words)])?);
    }
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            session.screen.line(&[])?;
        }
        show(&mut session.screen, item)?;
    }
    Ok(())
}

fn show(screen: &mut Screen, item: &Item) -> std::io::Result<()> {
    let mut first = vec![span(Style::Bold, format!("{} {}", item.kind, item.name))];
    if let Some(account) = &item.account {
        first.push(plain(format!("  of {account}")));
    }
    let words = match item.why.as_str() {
        "behind" if item.host_absent => "the database has it, the server was told later to remove it",
        "behind" => "the server holds a later version than the database",
        "unknown" => "the server holds it, the database does not know it",
        "kept" => "kept on the server as it is; not this panel's",
        "removing" => "being removed from the server",
        other => other,
    };
    first.push(plain(format!("  {words}")));
    screen.line(&first)?;
    let database =
        item.panel_generation.map_or_else(|| "nothing".to_owned(), |number| format!("version {number}"));
    let since = time::show(&item.host_since);
    let since = if since.is_empty() { since } else { format!(", since {since}") };
    screen.line(&[
        span(Style::Dim, "  database "),
        plain(format!("{database:<12}")),
        span(Style::Dim, "server "),
        plain(format!("version {}{since}", item.host_generation)),
    ])?;
    for change in &item.changes {
        let side = |value: &Value| match value {
            Value::Null => "-".to_owned(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let (panel, host) = (side(&change.panel), side(&change.host));
        let mut line = vec![plain(format!("    {:<14}", change.field))];
        if item.panel_generation.is_some() {
            line.extend([plain(panel), span(Style::Dim, "  ->  ")]);
        }
        line.push(plain(host));
        screen.line(&line)?;
    }
    let object = format!("{} {}", quoted(&item.kind), quoted(&item.name));
    for choice in &item.choices {
        let (command, words) = match choice.as_str() {
            "panel" => ("panel", "the database rules"),
            "host" => ("host", "the database takes over what the server holds"),
            "take_over" => ("take-over", "make its row anew"),
            "keep" => ("keep", "leave it on the server as it is"),
            "remove" => ("remove", "take it off the server"),
            _ => continue,
        };
        screen.line(&[
            plain("    "),
            span(Style::Bold, format!("holdfast adopt {command} {object}")),
            span(Style::Dim, format!("   {words}")),
        ])?;
    }
    match &item.lacks {
        Some(lacks) => {
            screen.line(&[span(Style::Dim, format!("    a row that is made anew lacks: {lacks}"))])
        }
        None => Ok(()),
    }
}

async fn decide(
    session: &mut Session,
    decision: &str,
    args: DecideArgs,
    besides: Besides,
) -> Result<(), Failure> {
    let (_, items) = read(session).await?;
    let is_meant = |item: &Item| match args.object.as_slice() {
        [kind, id] => item.kind == *kind && (item.id == *id || item.name == *id),
        _ => item.choices.iter().any(|choice| choice == decision),
    };
    let meant: Vec<Item> = items.into_iter().filter(is_meant).collect();
    if meant.is_empty() {
        if args.all {
            let words = "there is nothing about which this can be decided";
            return Ok(session.screen.line(&[span(Style::Good, words)])?);
        }
        let remedy = "`holdfast adopt` lists what waits for a decision, and how to name it.";
        return Err(Failure::refused("nothing of this kind and name waits for a decision", remedy));
    }
    let mut open = Vec::new();
    for item in &in_order(meant, decision) {
        open.extend(send(session, decision, item, &args.change, &besides).await?);
    }
    if open.is_empty() {
        return Ok(());
    }
    let remedy =
        "The decision stands, and the server follows by itself; `holdfast plan` tells how far it is.";
    Err(Failure::NotReady { reason: open.join("; "), remedy: remedy.to_owned() })
}

/// What others stand on comes first, and goes last; what goes makes room for what comes.
fn in_order(items: Vec<Item>, decision: &str) -> Vec<Item> {
    let goes = |item: &Item| decision == "remove" || (decision == "host" && item.host_absent);
    let (mut going, staying): (Vec<Item>, Vec<Item>) = items.into_iter().partition(goes);
    going.reverse();
    going.extend(staying);
    going
}

/// Sends one decision; what is not yet so.
async fn send(
    session: &mut Session,
    decision: &str,
    item: &Item,
    change: &ChangeArgs,
    besides: &Besides,
) -> Result<Option<String>, Failure> {
    let mut body = json!({ "kind": item.kind, "id": item.id, "decision": decision });
    let Besides { email, organisation, package } = besides;
    for (field, value) in [("email", email), ("organisation", organisation), ("package", package)] {
        if let Some(value) = value.as_deref().filter(|_| item.kind == "account") {
            body[field] = value.into();
        }
    }
    let words = format!("{} {}", item.kind, item.name);
    let asked = Change {
        method: Method::POST,
        path: "/adoption/decisions".to_owned(),
        body: Some(body),
        if_match: None,
        subject: Subject { kind: "object", name: words.clone(), path: String::new() },
    };
    let reply = change.ask(session, &asked).await?;
    if change.is_dry_run() {
        show_plan(session, &reply)?;
        return Ok(None);
    }
    if session.json {
        session.screen.json(&reply.body)?;
    }
    let value = reply.value()?;
    let condition = crate::fields::text(&value, "condition");
    let (style, state) = match (decision, condition.as_str()) {
        ("keep", _) => (Style::Good, "kept on the server as it is".to_owned()),
        (_, "") => (Style::Good, "gone".to_owned()),
        (_, condition) => (Convergence::style_of(condition), condition.to_owned()),
    };
    if !session.json {
        session.screen.line(&[plain(format!("{words}: ")), span(style, state)])?;
        let note = crate::fields::text(&value, "note");
        if !note.is_empty() {
            session.screen.line(&[span(Style::Dim, format!("    {note}"))])?;
        }
    }
    let so = decision == "keep" || matches!(condition.as_str(), "" | "ready");
    let message = ["reason", "message"].map(|name| crate::fields::text(&value, name));
    let message = message.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(": ");
    Ok((!so && change.waits()).then(|| format!("{words}: {condition} {message}").trim_end().to_owned()))
}
