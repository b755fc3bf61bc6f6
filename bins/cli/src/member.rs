//! `holdfast member`, `holdfast invitation`

use clap::{ArgGroup, Args, Subcommand};
use hyper::Method;
use serde_json::{Value, json};

use crate::change::{RehearsalArgs, Subject};
use crate::client::{Call, segment};
use crate::failure::Failure;
use crate::fields::{moment, text};
use crate::person;
use crate::record::{Record, said};
use crate::run::Session;
use crate::screen::{Style, span};
use crate::table::{self, Cell};

/// Members: who has which role on an account or in an organisation
#[derive(Debug, Subcommand)]
pub(crate) enum MemberCommand {
    /// List who has a role, and who was invited to one
    List(ListArgs),
    /// Give somebody a role; whom you do not know is invited, and accepts by themselves
    Add(AddArgs),
    /// Take somebody's roles away, or an invitation back
    Remove(RemoveArgs),
}

/// Where the role is held
#[derive(Debug, Clone, Args)]
#[group(skip)]
#[command(group = ArgGroup::new("where").required(true).args(["account", "organisation"]))]
pub(crate) struct PlaceArgs {
    /// On this account: its name or id
    #[arg(long, value_name = "NAME")]
    account: Option<String>,
    /// In this organisation, and all below it: its name or id
    #[arg(long, value_name = "NAME")]
    organisation: Option<String>,
}

impl PlaceArgs {
    fn path(&self) -> String {
        match (&self.account, &self.organisation) {
            (Some(account), _) => format!("/accounts/{}/members", segment(account)),
            (None, organisation) => {
                format!("/organisations/{}/members", segment(organisation.as_deref().unwrap_or_default()))
            }
        }
    }
}

/// Whose members
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    place: PlaceArgs,
}

/// Who is to have which role
#[derive(Debug, Args)]
pub(crate) struct AddArgs {
    /// The login
    login: String,
    #[command(flatten)]
    place: PlaceArgs,
    /// The role: its name or id
    #[arg(long, value_name = "ROLE")]
    role: String,
    /// Make the person; a link that signs them in once, within a week, is written
    #[arg(long)]
    new: bool,
    /// Where to write to the new person
    #[arg(long, requires = "new")]
    email: Option<String>,
    #[command(flatten)]
    pub(crate) rehearsal: RehearsalArgs,
}

/// Whose role
#[derive(Debug, Args)]
pub(crate) struct RemoveArgs {
    /// The login
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    login: String,
    #[command(flatten)]
    place: PlaceArgs,
    /// This role alone: its name or id; left out: all that they have there
    #[arg(long, value_name = "ROLE")]
    role: Option<String>,
    #[command(flatten)]
    pub(crate) rehearsal: RehearsalArgs,
}

fn subject(login: &str) -> Subject {
    Subject::new("member", "", login)
}

fn items(list: &Value) -> Vec<Value> {
    list.get("items").and_then(Value::as_array).cloned().unwrap_or_default()
}

impl MemberCommand {
    pub(crate) fn rehearsal(&mut self) -> Option<&mut RehearsalArgs> {
        match self {
            Self::Add(args) => Some(&mut args.rehearsal),
            Self::Remove(args) => Some(&mut args.rehearsal),
            Self::List(_) => None,
        }
    }

    pub(crate) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        match self {
            Self::List(args) => {
                let reply = session.ask("reading the list", Call::get(args.place.path())).await?;
                if session.json {
                    return Ok(session.screen.json(&reply.body)?);
                }
                let row = |member: &Value| {
                    vec![
                        Cell::plain(text(member, "login")),
                        Cell::plain(text(member, "role")),
                        Cell::plain(text(member, "state")),
                        Cell::plain(text(member, "in_force")),
                        Cell::plain(moment(member, "since")),
                        Cell::plain(moment(member, "invited_until")),
                    ]
                };
                let rows: Vec<_> = items(&reply.value()?).iter().map(row).collect();
                if rows.is_empty() {
                    return Ok(session.screen.note(&[span(Style::Dim, "none")])?);
                }
                let titles = ["login", "role", "state", "in force", "since", "open until"];
                Ok(table::write(&mut session.screen, &titles, &rows)?)
            }
            Self::Add(args) => {
                let body =
                    json!({ "login": args.login, "role": args.role, "new": args.new, "email": args.email });
                let record = Record::new(Method::POST, args.place.path(), Some(body));
                let Some(added) = record.send(session, args.rehearsal, "giving the role").await? else {
                    return Ok(());
                };
                let login = text(&added, "login");
                person::link(session, &added, &login)?;
                let role = text(&added, "role");
                let became = match text(&added, "state").as_str() {
                    "invited" => {
                        format!(
                            "invited as {role}: whoever has this login sees it in `holdfast invitation list`"
                        )
                    }
                    _ => format!("is {role}"),
                };
                said(session, &subject(&login), &became)
            }
            Self::Remove(args) => {
                let path = format!("{}/{}", args.place.path(), segment(&args.login));
                let mut record = Record::new(Method::DELETE, path, None);
                record.query.extend(args.role.map(|role| ("role", role)));
                record.send(session, args.rehearsal, "taking the role away").await?;
                if !args.rehearsal.dry_run && !session.json {
                    said(session, &subject(&args.login), "gone")?;
                }
                Ok(())
            }
        }
    }
}

/// Invitations: roles that were offered to you
#[derive(Debug, Subcommand)]
pub(crate) enum InvitationCommand {
    /// List what was offered to you
    List,
    /// Take the role
    Accept(InvitationArgs),
    /// Decline it
    Decline(InvitationArgs),
}

/// One invitation
#[derive(Debug, Args)]
pub(crate) struct InvitationArgs {
    /// Its id
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    invitation: String,
    #[command(flatten)]
    pub(crate) rehearsal: RehearsalArgs,
}

impl InvitationCommand {
    pub(crate) fn rehearsal(&mut self) -> Option<&mut RehearsalArgs> {
        match self {
            Self::Accept(args) | Self::Decline(args) => Some(&mut args.rehearsal),
            Self::List => None,
        }
    }

    pub(crate) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        match self {
            Self::List => {
                let reply = session.ask("reading the list", Call::get("/invitations")).await?;
                if session.json {
                    return Ok(session.screen.json(&reply.body)?);
                }
                let row = |invitation: &Value| {
                    let account = text(invitation, "account");
                    let at = match account.as_str() {
                        "" => format!("organisation {}", text(invitation, "organisation")),
                        account => format!("account {account}"),
                    };
                    vec![
                        Cell::plain(text(invitation, "role")),
                        Cell::plain(at),
                        Cell::plain(text(invitation, "invited_by")),
                        Cell::plain(moment(invitation, "expires_at")),
                        Cell::plain(text(invitation, "id")),
                    ]
                };
                let rows: Vec<_> = items(&reply.value()?).iter().map(row).collect();
                if rows.is_empty() {
                    return Ok(session.screen.note(&[span(Style::Dim, "none")])?);
                }
                let titles = ["role", "on", "offered by", "open until", "id"];
                Ok(table::write(&mut session.screen, &titles, &rows)?)
            }
            Self::Accept(args) => {
                let path = format!("/invitations/{}/accept", segment(&args.invitation));
                let record = Record::new(Method::POST, path, Some(json!({})));
                let taken = record.send(session, args.rehearsal, "accepting").await?;
                let subject = Subject::new("invitation", "/invitations", &args.invitation);
                match taken {
                    Some(_) => said(session, &subject, "accepted"),
                    None => Ok(()),
                }
            }
            Self::Decline(args) => {
                let path = format!("/invitations/{}", segment(&args.invitation));
                Record::new(Method::DELETE, path, None).send(session, args.rehearsal, "declining").await?;
                if args.rehearsal.dry_run || session.json {
                    return Ok(());
                }
                let subject = Subject::new("invitation", "/invitations", &args.invitation);
                said(session, &subject, "declined")
            }
        }
    }
}
