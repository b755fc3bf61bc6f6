//! `holdfast role`, `holdfast permission`

use clap::{ArgGroup, Args, Subcommand};
use hyper::Method;
use serde_json::{Map, Value, json};

use crate::change::{ConfirmArgs, RehearsalArgs, Subject};
use crate::client::Call;
use crate::failure::Failure;
use crate::fields::{self, moment, text};
use crate::list::PageArgs;
use crate::record::{self, Record, RecordArgs, said};
use crate::run::Session;
use crate::screen::{Style, span};
use crate::table::{self, Cell};

/// Roles: permissions under a name, built in or an organisation's own
#[derive(Debug, Subcommand)]
pub(crate) enum RoleCommand {
    /// Make a role of an organisation's own
    Create(CreateArgs),
    /// List roles
    List(ListArgs),
    /// Show a role, with what it allows
    Show(NameArgs),
    /// Change a role, and with it what all who have it may do
    Edit(EditArgs),
    /// Delete a role that nobody has
    Delete(DeleteArgs),
}

/// Permissions: what there is to be allowed
#[derive(Debug, Subcommand)]
pub(crate) enum PermissionCommand {
    /// List permissions
    List,
}

/// One role
#[derive(Debug, Args)]
pub(crate) struct NameArgs {
    /// Name, or id where several organisations have one of this name
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    role: String,
}

/// Which roles
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    page: PageArgs,
}

/// A new role
#[derive(Debug, Args)]
pub(crate) struct CreateArgs {
    /// The name, unique within the organisation
    name: String,
    /// The organisation that it belongs to; left out: your own
    #[arg(long, value_name = "NAME")]
    organisation: Option<String>,
    /// Something that it allows, such as site.view; may be given again
    #[arg(long = "permission", value_name = "NAME", required = true)]
    permissions: Vec<String>,
    #[command(flatten)]
    pub(crate) rehearsal: RehearsalArgs,
}

/// What is to be otherwise
#[derive(Debug, Args)]
#[group(skip)]
#[command(override_usage = "holdfast role edit [OPTIONS] <ROLE>")]
#[command(group = ArgGroup::new("what").required(true).multiple(true).args(["name", "permissions"]))]
pub(crate) struct EditArgs {
    /// Name or id
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    role: String,
    /// Another name
    #[arg(long)]
    name: Option<String>,
    /// What it allows from now on, all of it; may be given again
    #[arg(long = "permission", value_name = "NAME")]
    permissions: Vec<String>,
    #[command(flatten)]
    pub(crate) how: RecordArgs,
}

/// Which role
#[derive(Debug, Args)]
pub(crate) struct DeleteArgs {
    /// Name or id
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    role: String,
    #[command(flatten)]
    confirm: ConfirmArgs,
    #[command(flatten)]
    pub(crate) how: RecordArgs,
}

fn subject(name: &str) -> Subject {
    Subject::new("role", "/roles", name)
}

impl RoleCommand {
    pub(crate) fn rehearsal(&mut self) -> Option<&mut RehearsalArgs> {
        match self {
            Self::Create(args) => Some(&mut args.rehearsal),
            Self::Edit(args) => Some(&mut args.how.rehearsal),
            Self::Delete(args) => Some(&mut args.how.rehearsal),
            Self::List(_) | Self::Show(_) => None,
        }
    }

    pub(crate) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        match self {
            Self::Create(args) => {
                let body = json!({ "name": args.name, "organisation": args.organisation, "permissions": args.permissions });
                let record = Record::new(Method::POST, "/roles", Some(body));
                if record.send(session, args.rehearsal, "making the role").await?.is_some() {
                    said(session, &subject(&args.name), "made")?;
                }
                Ok(())
            }
            Self::List(args) => {
                let row = |role: &Value| {
                    let whose = text(role, "organisation");
                    let whose = if whose.is_empty() {
                        Cell::styled(Style::Dim, "built in")
                    } else {
                        Cell::plain(whose)
                    };
                    vec![Cell::plain(text(role, "name")), whose, Cell::plain(text(role, "permissions"))]
                };
                args.page.run(session, "/roles", &[], (&["role", "organisation", "allows"], row)).await
            }
            Self::Show(args) => show(session, &args.role).await,
            Self::Edit(args) => {
                let mut body = Map::new();
                if let Some(name) = args.name {
                    body.insert("name".to_owned(), name.into());
                }
                if !args.permissions.is_empty() {
                    body.insert("permissions".to_owned(), args.permissions.into());
                }
                record::edit(session, &subject(&args.role), &args.how, body.into()).await
            }
            Self::Delete(args) => {
                record::delete(session, &subject(&args.role), &args.how, args.confirm).await
            }
        }
    }
}

async fn show(session: &mut Session, name: &str) -> Result<(), Failure> {
    let reply = session.ask("looking at the role", Call::get(&subject(name).path)).await?;
    if session.json {
        return Ok(session.screen.json(&reply.body)?);
    }
    let role = reply.value()?;
    let rows = [
        ("organisation", text(&role, "organisation")),
        ("built in", text(&role, "built_in")),
        ("allows", text(&role, "permissions")),
        ("made", moment(&role, "created_at")),
        ("changed", moment(&role, "updated_at")),
        ("id", text(&role, "id")),
    ];
    session.screen.line(&[span(Style::Bold, text(&role, "name"))])?;
    Ok(fields::show(&mut session.screen, &rows)?)
}

impl PermissionCommand {
    pub(crate) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        let Self::List = self;
        let reply = session.ask("reading the list", Call::get("/permissions")).await?;
        if session.json {
            return Ok(session.screen.json(&reply.body)?);
        }
        let list = reply.value()?;
        let items = list.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
        let row = |permission: &Value| {
            ["name", "reach", "what"].map(|field| Cell::plain(text(permission, field))).to_vec()
        };
        let rows: Vec<_> = items.iter().map(row).collect();
        Ok(table::write(&mut session.screen, &["permission", "is about", "allows"], &rows)?)
    }
}
