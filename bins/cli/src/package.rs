//! `holdfast package`

use clap::{ArgGroup, Args, Subcommand};
use serde_json::{Map, Value};

use crate::change::{Change, ChangeArgs, ConfirmArgs, IfMatchArgs, Subject};
use crate::client::{Call, segment};
use crate::failure::Failure;
use crate::fields::{self, day, moment, text};
use crate::list::PageArgs;
use crate::run::Session;
use crate::screen::{Style, span};
use crate::sold::{self, SoldArgs};
use crate::table::Cell;

/// Packages: what accounts are sold
#[derive(Debug, Subcommand)]
pub(crate) enum PackageCommand {
    /// Make a package
    Create(CreateArgs),
    /// List packages that may be given to accounts
    List(ListArgs),
    /// Show a package
    Show(NameArgs),
    /// Change a package, and with it what all accounts that have it may have
    Edit(EditArgs),
    /// Remove a package that no account has
    Delete(DeleteArgs),
}

/// One package
#[derive(Debug, Args)]
pub(crate) struct NameArgs {
    /// Name or id
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    package: String,
}

/// A new package
#[derive(Debug, Args)]
pub(crate) struct CreateArgs {
    /// The name: 2 to 63 small letters, digits and dashes
    name: String,
    /// Whose it is: it and all below may give it to their accounts; left out: your own
    #[arg(long, value_name = "NAME")]
    organisation: Option<String>,
    #[command(flatten)]
    sold: SoldArgs,
    #[command(flatten)]
    change: ChangeArgs,
}

/// Which packages
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Only names with this part
    #[arg(long, short, value_name = "TEXT")]
    query: Option<String>,
    #[command(flatten)]
    page: PageArgs,
}

/// What is to be otherwise
#[derive(Debug, Args)]
#[group(skip)]
#[command(override_usage = "holdfast package edit [OPTIONS] <PACKAGE>")]
#[command(group = ArgGroup::new("what").required(true).multiple(true).args(["name", "limits", "features"]))]
pub(crate) struct EditArgs {
    /// Name or id
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    package: String,
    /// Another name
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    sold: SoldArgs,
    #[command(flatten)]
    if_match: IfMatchArgs,
    #[command(flatten)]
    change: ChangeArgs,
}

/// Which package
#[derive(Debug, Args)]
pub(crate) struct DeleteArgs {
    /// Name or id
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    package: String,
    #[command(flatten)]
    confirm: ConfirmArgs,
    #[command(flatten)]
    if_match: IfMatchArgs,
    #[command(flatten)]
    change: ChangeArgs,
}

fn subject(name: &str) -> Subject {
    Subject::new("package", "/packages", name)
}

impl PackageCommand {
    /// How the change is made, where the command makes one.
    pub(crate) fn change(&mut self) -> Option<&mut ChangeArgs> {
        match self {
            Self::Create(args) => Some(&mut args.change),
            Self::Edit(args) => Some(&mut args.change),
            Self::Delete(args) => Some(&mut args.change),
            Self::List(_) | Self::Show(_) => None,
        }
    }

    pub(crate) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        match self {
            Self::Create(args) => {
                let mut body = Map::new();
                body.insert("name".to_owned(), args.name.clone().into());
                if let Some(organisation) = args.organisation {
                    body.insert("organisation".to_owned(), organisation.into());
                }
                args.sold.put(&mut body);
                let change = Change::create(subject(&args.name), "/packages", Value::Object(body));
                args.change.run(session, change).await
            }
            Self::List(args) => {
                let titles = ["package", "organisation", "accounts", "limits", "features", "made"];
                let row = |package: &Value| {
                    vec![
                        Cell::plain(text(package, "name")),
                        Cell::plain(text(package, "organisation")),
                        Cell::plain(text(package, "accounts")),
                        Cell::plain(limits(package).join(", ")),
                        Cell::plain(text(package, "features")),
                        Cell::plain(day(package, "created_at")),
                    ]
                };
                args.page.run(session, "/packages", &[("q", args.query.as_ref())], (&titles, row)).await
            }
            Self::Show(args) => show(session, &args.package).await,
            Self::Edit(args) => {
                let mut body = Map::new();
                if let Some(name) = args.name {
                    body.insert("name".to_owned(), name.into());
                }
                args.sold.put(&mut body);
                let body = |_: &Value| Ok(Value::Object(body.clone()));
                args.change.edit(session, subject(&args.package), &args.if_match, body).await
            }
            Self::Delete(args) => {
                let question = format!("Remove package {}?", args.package);
                args.change.confirm(session, args.confirm, &question)?;
                args.change.run(session, Change::delete(subject(&args.package), args.if_match)).await
            }
        }
    }
}

/// `sites 10`, for each limit that the package has.
fn limits(package: &Value) -> Vec<String> {
    let limits = package.get("limits").and_then(Value::as_object).cloned().unwrap_or_default();
    limits.iter().map(|(name, most)| format!("{name} {}", sold::amount(name, most))).collect()
}

async fn show(session: &mut Session, name: &str) -> Result<(), Failure> {
    let call = Call::get(format!("/packages/{}", segment(name)));
    let reply = session.ask("looking at the package", call).await?;
    if session.json {
        return Ok(session.screen.json(&reply.body)?);
    }
    let package = reply.value()?;
    let mut rows =
        vec![("organisation", text(&package, "organisation")), ("accounts", text(&package, "accounts"))];
    let limits = limits(&package);
    rows.extend(
        limits.into_iter().enumerate().map(|(at, limit)| (if at == 0 { "limits" } else { "" }, limit)),
    );
    rows.extend([
        ("features", text(&package, "features")),
        ("made", moment(&package, "created_at")),
        ("changed", moment(&package, "updated_at")),
        ("id", text(&package, "id")),
    ]);
    session.screen.line(&[span(Style::Bold, text(&package, "name"))])?;
    Ok(fields::show(&mut session.screen, &rows)?)
}
