//! `holdfast organisation`

use clap::{ArgGroup, Args, Subcommand, ValueEnum};
use hyper::Method;
use serde_json::{Map, Value, json};

use crate::change::{Change, ChangeArgs, ConfirmArgs, IfMatchArgs, RehearsalArgs, Subject};
use crate::client::Call;
use crate::failure::Failure;
use crate::fields::{self, day, moment, text};
use crate::list::PageArgs;
use crate::organisation_limits::{self, LimitsArgs};
use crate::record::{self, Record, RecordArgs, said};
use crate::run::Session;
use crate::screen::{Style, plain, span};
use crate::table::Cell;

/// Organisations: the tree of who sells hosting to whom, down to the clients
#[derive(Debug, Subcommand)]
pub(crate) enum OrganisationCommand {
    /// Make an organisation below another
    Create(CreateArgs),
    /// List organisations
    List(ListArgs),
    /// Show an organisation, with what is in it and below it
    Show(NameArgs),
    /// Show what an organisation may have with all below it, or change it
    Limits(Box<LimitsArgs>),
    /// Change an organisation
    Edit(EditArgs),
    /// Suspend an organisation: nothing that its people hold, in it or below it, is in force
    Suspend(SuspendArgs),
    /// Let a suspended organisation go on, exactly as it was
    Unsuspend(ActArgs),
    /// Delete an organisation that has no accounts, organisations, people or packages any more
    Delete(DeleteArgs),
}

/// One organisation
#[derive(Debug, Args)]
pub(crate) struct NameArgs {
    /// Name or id
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    organisation: String,
}

/// Which organisations
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Only names with this part
    #[arg(long, short, value_name = "TEXT")]
    query: Option<String>,
    #[command(flatten)]
    page: PageArgs,
}

/// What an organisation is
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Kind {
    /// May have organisations, packages and roles of its own
    Reseller,
    /// Has accounts alone
    Client,
}

/// A new organisation
#[derive(Debug, Args)]
pub(crate) struct CreateArgs {
    /// The name: 2 to 63 small letters, digits and dashes, unique in the whole installation
    name: String,
    /// The organisation above it; left out: your own
    #[arg(long, value_name = "NAME")]
    parent: Option<String>,
    /// What it is
    #[arg(long, value_enum, default_value = "client")]
    kind: Kind,
    /// Acting as one of its people needs that person's consent
    #[arg(long)]
    act_as_consent: bool,
    #[command(flatten)]
    pub(crate) rehearsal: RehearsalArgs,
}

/// What is to be otherwise
#[derive(Debug, Args)]
#[group(skip)]
#[command(override_usage = "holdfast organisation edit [OPTIONS] <ORGANISATION>")]
#[command(group = ArgGroup::new("what").required(true).multiple(true).args(["name", "act_as_consent"]))]
pub(crate) struct EditArgs {
    /// Name or id
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    organisation: String,
    /// Another name; for those above it
    #[arg(long)]
    name: Option<String>,
    /// Whether acting as one of its people needs that person's consent
    #[arg(long, value_name = "BOOL")]
    act_as_consent: Option<bool>,
    #[command(flatten)]
    pub(crate) how: RecordArgs,
}

/// Which organisation, and how
#[derive(Debug, Args)]
pub(crate) struct SuspendArgs {
    /// Name or id
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    organisation: String,
    /// Its accounts, and those below it, go off too: no SFTP, no PHP, no pages
    #[arg(long)]
    accounts: bool,
    /// Why; shown to whoever looks at it
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    if_match: IfMatchArgs,
    #[command(flatten)]
    change: ChangeArgs,
}

/// Which organisation
#[derive(Debug, Args)]
pub(crate) struct ActArgs {
    /// Name or id
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    organisation: String,
    #[command(flatten)]
    if_match: IfMatchArgs,
    #[command(flatten)]
    change: ChangeArgs,
}

/// Which organisation
#[derive(Debug, Args)]
pub(crate) struct DeleteArgs {
    /// Name or id
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    organisation: String,
    #[command(flatten)]
    confirm: ConfirmArgs,
    #[command(flatten)]
    pub(crate) how: RecordArgs,
}

fn subject(name: &str) -> Subject {
    Subject::new("organisation", "/organisations", name)
}

impl OrganisationCommand {
    pub(crate) fn rehearsal(&mut self) -> Option<&mut RehearsalArgs> {
        match self {
            Self::Create(args) => Some(&mut args.rehearsal),
            Self::Edit(args) => Some(&mut args.how.rehearsal),
            Self::Delete(args) => Some(&mut args.how.rehearsal),
            _ => None,
        }
    }

    /// How the change is made, where the server follows it.
    pub(crate) fn change(&mut self) -> Option<&mut ChangeArgs> {
        match self {
            Self::Limits(args) => Some(args.change()),
            Self::Suspend(args) => Some(&mut args.change),
            Self::Unsuspend(args) => Some(&mut args.change),
            _ => None,
        }
    }

    pub(crate) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        match self {
            Self::Create(args) => {
                let kind = args.kind.to_possible_value().map(|kind| kind.get_name().to_owned());
                let body = json!({ "name": args.name, "parent": args.parent, "kind": kind, "act_as_consent": args.act_as_consent });
                let record = Record::new(Method::POST, "/organisations", Some(body));
                if record.send(session, args.rehearsal, "making the organisation").await?.is_some() {
                    said(session, &subject(&args.name), "made")?;
                }
                Ok(())
            }
            Self::List(args) => {
                let titles = ["organisation", "kind", "above it", "suspended", "made"];
                let row = |organisation: &Value| {
                    vec![
                        Cell::plain(text(organisation, "name")),
                        Cell::plain(text(organisation, "kind")),
                        Cell::plain(text(organisation, "parent")),
                        Cell::plain(text(organisation, "suspended")),
                        Cell::plain(day(organisation, "created_at")),
                    ]
                };
                args.page.run(session, "/organisations", &[("q", args.query.as_ref())], (&titles, row)).await
            }
            Self::Show(args) => show(session, &args.organisation).await,
            Self::Limits(args) => organisation_limits::limits(session, *args).await,
            Self::Edit(args) => {
                let mut body = Map::new();
                if let Some(name) = args.name {
                    body.insert("name".to_owned(), name.into());
                }
                if let Some(consent) = args.act_as_consent {
                    body.insert("act_as_consent".to_owned(), consent.into());
                }
                record::edit(session, &subject(&args.organisation), &args.how, body.into()).await
            }
            Self::Suspend(args) => {
                let body = json!({ "accounts": args.accounts, "reason": args.reason });
                let change = Change::act(subject(&args.organisation), "suspend", body, args.if_match);
                act(session, &args.change, change).await
            }
            Self::Unsuspend(args) => {
                let change = Change::act(subject(&args.organisation), "unsuspend", json!({}), args.if_match);
                act(session, &args.change, change).await
            }
            Self::Delete(args) => {
                record::delete(session, &subject(&args.organisation), &args.how, args.confirm).await
            }
        }
    }
}

async fn act(session: &mut Session, how: &ChangeArgs, change: Change) -> Result<(), Failure> {
    let reply = how.ask(session, &change).await?;
    let Some(after) = record::told(session, how.rehearsal(), &reply)? else { return Ok(()) };
    let settling = after["below"]["settling"].as_u64().unwrap_or(0);
    let became = match (text(&after, "suspended").as_str(), settling) {
        ("yes", 0) => "suspended".to_owned(),
        (_, 0) => "goes on".to_owned(),
        (_, count) => format!("written down; the server follows, {count} objects are on their way"),
    };
    said(session, &change.subject, &became)
}

async fn show(session: &mut Session, name: &str) -> Result<(), Failure> {
    let reply = session.ask("looking at the organisation", Call::get(&subject(name).path)).await?;
    if session.json {
        return Ok(session.screen.json(&reply.body)?);
    }
    let organisation = reply.value()?;
    let below = organisation.get("below").cloned().unwrap_or_default();
    let rows = [
        ("kind", text(&organisation, "kind")),
        ("above it", text(&organisation, "parent")),
        ("accounts", text(&below, "accounts")),
        ("people", text(&below, "people")),
        ("below it", text(&below, "organisations")),
        ("on their way", text(&below, "settling")),
        ("suspended", text(&organisation, "suspended")),
        ("by", text(&organisation, "suspended_by")),
        ("accounts off", text(&organisation, "accounts_suspended")),
        ("why", text(&organisation, "suspended_reason")),
        ("asks before acting as", text(&organisation, "act_as_consent")),
        ("made", moment(&organisation, "created_at")),
        ("changed", moment(&organisation, "updated_at")),
        ("id", text(&organisation, "id")),
    ];
    session.screen.line(&[span(Style::Bold, text(&organisation, "name"))])?;
    session.screen.line(&[plain("")])?;
    Ok(fields::show(&mut session.screen, &rows)?)
}
