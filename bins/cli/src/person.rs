//! `holdfast person`

use clap::{ArgGroup, Args, Subcommand};
use hyper::Method;
use serde_json::{Map, Value, json};

use crate::change::{ConfirmArgs, RehearsalArgs, Subject};
use crate::client::Call;
use crate::failure::Failure;
use crate::fields::{self, day, moment, text};
use crate::list::PageArgs;
use crate::record::{self, Record, RecordArgs, said};
use crate::run::Session;
use crate::screen::{Style, plain, span};
use crate::secret;
use crate::table::Cell;

/// People: who may sign in
#[derive(Debug, Subcommand)]
pub(crate) enum PersonCommand {
    /// Make a person, who holds nothing yet; without a password, a link that works once and for a week is written
    Create(CreateArgs),
    /// List people
    List(ListArgs),
    /// Show a person, with their roles
    Show(NameArgs),
    /// Change a person
    Edit(EditArgs),
    /// Keep a person from signing in, and end their sessions
    Suspend(ActArgs),
    /// Let a suspended person in again
    Unsuspend(ActArgs),
    /// Delete a person, with roles, sessions, links and tokens
    Delete(DeleteArgs),
}

/// One person
#[derive(Debug, Args)]
pub(crate) struct NameArgs {
    /// Login or id
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    person: String,
}

/// Which people
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Only logins with this part
    #[arg(long, short, value_name = "TEXT")]
    query: Option<String>,
    #[command(flatten)]
    page: PageArgs,
}

/// A new person
#[derive(Debug, Args)]
pub(crate) struct CreateArgs {
    /// The name to sign in with: 2 to 64 small letters, digits, `.`, `-`, `_` and `@`
    login: String,
    /// Where to write to
    #[arg(long)]
    email: Option<String>,
    /// The organisation that they belong to; left out: your own
    #[arg(long, value_name = "NAME")]
    organisation: Option<String>,
    /// Read the password from standard input
    #[arg(long)]
    password_stdin: bool,
    #[command(flatten)]
    pub(crate) rehearsal: RehearsalArgs,
}

/// What is to be otherwise
#[derive(Debug, Args)]
#[group(skip)]
#[command(override_usage = "holdfast person edit [OPTIONS] <PERSON>")]
#[command(group = ArgGroup::new("what").required(true).multiple(true).args(["email", "no_email", "password_stdin"]))]
pub(crate) struct EditArgs {
    /// Login or id
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    person: String,
    /// Where to write to
    #[arg(long)]
    email: Option<String>,
    /// Nowhere to write to
    #[arg(long, conflicts_with = "email")]
    no_email: bool,
    /// Read a new password from standard input; all their sessions end
    #[arg(long)]
    password_stdin: bool,
    #[command(flatten)]
    pub(crate) how: RecordArgs,
}

/// Which person
#[derive(Debug, Args)]
pub(crate) struct ActArgs {
    /// Login or id
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    person: String,
    #[command(flatten)]
    pub(crate) how: RecordArgs,
}

/// Which person
#[derive(Debug, Args)]
pub(crate) struct DeleteArgs {
    /// Login or id
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    person: String,
    #[command(flatten)]
    confirm: ConfirmArgs,
    #[command(flatten)]
    pub(crate) how: RecordArgs,
}

fn subject(login: &str) -> Subject {
    Subject::new("person", "/persons", login)
}

impl PersonCommand {
    pub(crate) fn rehearsal(&mut self) -> Option<&mut RehearsalArgs> {
        match self {
            Self::Create(args) => Some(&mut args.rehearsal),
            Self::Edit(args) => Some(&mut args.how.rehearsal),
            Self::Suspend(args) | Self::Unsuspend(args) => Some(&mut args.how.rehearsal),
            Self::Delete(args) => Some(&mut args.how.rehearsal),
            Self::List(_) | Self::Show(_) => None,
        }
    }

    pub(crate) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        match self {
            Self::Create(args) => create(session, args).await,
            Self::List(args) => {
                let titles = ["person", "organisation", "email", "suspended", "made"];
                let row = |person: &Value| {
                    vec![
                        Cell::plain(text(person, "login")),
                        Cell::plain(text(person, "organisation")),
                        Cell::plain(text(person, "email")),
                        Cell::plain(text(person, "suspended")),
                        Cell::plain(day(person, "created_at")),
                    ]
                };
                args.page.run(session, "/persons", &[("q", args.query.as_ref())], (&titles, row)).await
            }
            Self::Show(args) => show(session, &args.person).await,
            Self::Edit(args) => {
                let mut body = Map::new();
                if args.no_email {
                    body.insert("email".to_owned(), Value::Null);
                } else if let Some(email) = args.email {
                    body.insert("email".to_owned(), email.into());
                }
                if args.password_stdin {
                    let password = secret::read(&mut session.screen, "new password")?;
                    body.insert("password".to_owned(), password.into());
                }
                record::edit(session, &subject(&args.person), &args.how, body.into()).await
            }
            Self::Suspend(args) => act(session, &args, "suspend", "suspended").await,
            Self::Unsuspend(args) => act(session, &args, "unsuspend", "may sign in again").await,
            Self::Delete(args) => {
                record::delete(session, &subject(&args.person), &args.how, args.confirm).await
            }
        }
    }
}

async fn act(session: &mut Session, args: &ActArgs, action: &str, became: &str) -> Result<(), Failure> {
    let subject = subject(&args.person);
    let record = Record::new(Method::POST, format!("{}/{action}", subject.path), Some(json!({})));
    let record = record.if_match(&args.how.if_match);
    if record.send(session, args.how.rehearsal, "changing the person").await?.is_some() {
        said(session, &subject, became)?;
    }
    Ok(())
}

async fn create(session: &mut Session, args: CreateArgs) -> Result<(), Failure> {
    let mut body = json!({ "login": args.login, "email": args.email, "organisation": args.organisation });
    if args.password_stdin {
        body["password"] = secret::read(&mut session.screen, "password")?.into();
    }
    let record = Record::new(Method::POST, "/persons", Some(body));
    let Some(made) = record.send(session, args.rehearsal, "making the person").await? else { return Ok(()) };
    link(session, &made, &text(&made, "login"))?;
    said(session, &subject(&args.login), "made")
}

/// The way in of a new person, where there is one: the link alone on standard output.
pub(crate) fn link(session: &mut Session, made: &Value, login: &str) -> Result<(), Failure> {
    let Some(link) = made.get("link").filter(|link| link.is_object()) else { return Ok(()) };
    session.screen.text(&text(link, "url"))?;
    let words =
        format!("signs {login} in once, until {}; it is shown this one time", moment(link, "expires_at"));
    Ok(session.screen.note(&[span(Style::Dim, "this link "), plain(words)])?)
}

async fn show(session: &mut Session, login: &str) -> Result<(), Failure> {
    let reply = session.ask("looking at the person", Call::get(&subject(login).path)).await?;
    if session.json {
        return Ok(session.screen.json(&reply.body)?);
    }
    let person = reply.value()?;
    let roles = person.get("roles").and_then(Value::as_array).cloned().unwrap_or_default();
    let roles = roles.iter().map(|held| {
        let (organisation, account) = (text(held, "organisation"), text(held, "account"));
        let at = if account.is_empty() {
            format!("organisation {organisation}")
        } else {
            format!("account {account}")
        };
        let off = if held["in_force"] == true { "" } else { ", not in force" };
        format!("{} on {at}{off}", text(held, "role"))
    });
    let rows = [
        ("organisation", text(&person, "organisation")),
        ("email", text(&person, "email")),
        ("roles", roles.collect::<Vec<_>>().join("; ")),
        ("password", text(&person, "has_password")),
        ("link works until", moment(&person, "invited_until")),
        ("suspended", text(&person, "suspended")),
        ("since", moment(&person, "suspended_at")),
        ("made", moment(&person, "created_at")),
        ("changed", moment(&person, "updated_at")),
        ("id", text(&person, "id")),
    ];
    session.screen.line(&[span(Style::Bold, text(&person, "login"))])?;
    Ok(fields::show(&mut session.screen, &rows)?)
}
