//! `holdfast authority`: authorities that issue certificates (ACME).

use std::path::{Path, PathBuf};

use clap::{ArgGroup, Args, Subcommand};
use hyper::Method;
use serde_json::{Value, json};

use crate::change::{ConfirmArgs, RehearsalArgs};
use crate::client::{Call, Reply, segment, with_query};
use crate::failure::Failure;
use crate::fields::{self, moment, text};
use crate::list::PageArgs;
use crate::run::Session;
use crate::screen::{Style, span};
use crate::table::Cell;

/// Directories that are known by a word. Nothing is asked there before somebody made an authority of one.
const PRESETS: [(&str, &str); 2] = [
    ("letsencrypt", "https://acme-v02.api.letsencrypt.org/directory"),
    ("letsencrypt-staging", "https://acme-staging-v02.api.letsencrypt.org/directory"),
];

/// Authorities that issue certificates, such as Let's Encrypt
#[derive(Debug, Subcommand)]
pub(crate) enum AuthorityCommand {
    /// Add an authority, and so agree to its terms; certificates are ordered at the one that is the default
    Create(CreateArgs),
    /// List authorities
    List(ListArgs),
    /// Show an authority, and whether it answers
    Show(NameArgs),
    /// Change an authority
    Edit(EditArgs),
    /// Remove an authority; what it issued stays
    Delete(DeleteArgs),
}

/// The key by which an authority knows one of its customers
#[derive(Debug, Args)]
pub(crate) struct EabArgs {
    /// The name of the key by which the authority knows you (external account binding)
    #[arg(long, value_name = "KEY ID", requires = "eab_key_file")]
    eab_key_id: Option<String>,
    /// A file with that key, in base64 as the authority shows it
    #[arg(long, value_name = "FILE", requires = "eab_key_id")]
    eab_key_file: Option<PathBuf>,
}

/// A new authority
#[derive(Debug, Args)]
pub(crate) struct CreateArgs {
    /// Its name: lower-case letters, digits and hyphens
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    name: String,
    /// The address of its directory, or letsencrypt or letsencrypt-staging; without it, the one that its name is the word for
    directory: Option<String>,
    /// You agree to its terms of service
    #[arg(long)]
    terms_agreed: bool,
    /// An e-mail address that it may write to
    #[arg(long, value_name = "ADDRESS")]
    contact: Option<String>,
    #[command(flatten)]
    eab: EabArgs,
    /// Order certificates there from now on; the first authority is the default by itself
    #[arg(long)]
    default: bool,
    #[command(flatten)]
    pub(crate) rehearsal: RehearsalArgs,
}

/// Which authorities
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    page: PageArgs,
}

/// One authority
#[derive(Debug, Args)]
pub(crate) struct NameArgs {
    /// Name or id
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    authority: String,
}

/// A change
#[derive(Debug, Args)]
#[group(skip)]
#[command(group = ArgGroup::new("what").required(true).multiple(true).args(
    ["name", "contact", "no_contact", "eab_key_id", "no_eab", "default"]))]
pub(crate) struct EditArgs {
    /// Name or id
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    authority: String,
    /// A new name
    #[arg(long)]
    name: Option<String>,
    /// An e-mail address that it may write to
    #[arg(long, value_name = "ADDRESS", conflicts_with = "no_contact")]
    contact: Option<String>,
    /// It is told no address
    #[arg(long)]
    no_contact: bool,
    #[command(flatten)]
    eab: EabArgs,
    /// It asks for no key
    #[arg(long, conflicts_with = "eab_key_id")]
    no_eab: bool,
    /// Whether certificates are ordered there
    #[arg(long, value_name = "true|false")]
    default: Option<bool>,
    #[command(flatten)]
    pub(crate) rehearsal: RehearsalArgs,
}

/// Which authority goes
#[derive(Debug, Args)]
pub(crate) struct DeleteArgs {
    /// Name or id
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    authority: String,
    #[command(flatten)]
    confirm: ConfirmArgs,
    #[command(flatten)]
    pub(crate) rehearsal: RehearsalArgs,
}

impl AuthorityCommand {
    /// Whether it only shows what it would do.
    pub(crate) fn rehearsal(&mut self) -> Option<&mut RehearsalArgs> {
        match self {
            Self::Create(args) => Some(&mut args.rehearsal),
            Self::Edit(args) => Some(&mut args.rehearsal),
            Self::Delete(args) => Some(&mut args.rehearsal),
            _ => None,
        }
    }

    pub(crate) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        match self {
            Self::Create(args) => create(session, args).await,
            Self::List(args) => list(session, &args).await,
            Self::Show(args) => {
                let reply = session.ask("looking at the authority", Call::get(path(&args.authority))).await?;
                show(session, &reply)
            }
            Self::Edit(args) => edit(session, args).await,
            Self::Delete(args) => delete(session, args).await,
        }
    }
}

impl EabArgs {
    /// What the panel is sent; none where nothing is given.
    fn body(&self) -> Result<Option<Value>, Failure> {
        let (Some(id), Some(file)) = (&self.eab_key_id, &self.eab_key_file) else { return Ok(None) };
        Ok(Some(json!({ "key_id": id, "key": read(file)? })))
    }
}

/// The key in a file, without the end of its line.
fn read(file: &Path) -> Result<String, Failure> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::Usage(format!("--eab-key-file {}: {error}", file.display())))?;
    Ok(text.trim().to_owned())
}

fn path(authority: &str) -> String {
    format!("/authorities/{}", segment(authority))
}

/// The address that is meant.
fn directory(args: &CreateArgs) -> Result<String, Failure> {
    let meant = args.directory.as_ref().unwrap_or(&args.name);
    let preset = PRESETS.iter().find(|(word, _)| word == meant).map(|(_, directory)| (*directory).to_owned());
    preset.or_else(|| args.directory.clone()).ok_or_else(|| {
        let words: Vec<&str> = PRESETS.iter().map(|(word, _)| *word).collect();
        Failure::Usage(format!(
            "the address of the directory is missing; known by their names are {}",
            words.join(" and ")
        ))
    })
}

async fn create(session: &mut Session, args: CreateArgs) -> Result<(), Failure> {
    let mut body =
        json!({ "name": args.name, "directory": directory(&args)?, "terms_agreed": args.terms_agreed });
    if let Some(contact) = args.contact {
        body["contact"] = contact.into();
    }
    if let Some(eab) = args.eab.body()? {
        body["eab"] = eab;
    }
    if args.default {
        body["default"] = true.into();
    }
    let call = args.rehearsal.call(Method::POST, "/authorities", body);
    let reply = session.ask("adding the authority", call).await?;
    if args.rehearsal.dry_run && !session.json {
        return Ok(session.screen.text("the authority would be added; nothing is asked of it before")?);
    }
    show(session, &reply)
}

async fn list(session: &mut Session, args: &ListArgs) -> Result<(), Failure> {
    let titles = ["authority", "directory", "default", "stands"];
    let row = |authority: &Value| {
        vec![
            Cell::plain(text(authority, "name")),
            Cell::plain(text(authority, "directory")),
            Cell::plain(text(authority, "default")),
            stands(authority),
        ]
    };
    args.page.run(session, "/authorities", &[], (&titles, row)).await
}

fn stands(authority: &Value) -> Cell {
    let registered = authority.get("registered").and_then(Value::as_bool) == Some(true);
    match (text(authority, "error").as_str(), registered) {
        ("", true) => Cell::plain("well"),
        ("", false) => Cell::styled(Style::Dim, "not asked yet"),
        (error, _) => Cell::styled(Style::Bad, error),
    }
}

fn show(session: &mut Session, reply: &Reply) -> Result<(), Failure> {
    if session.json {
        return Ok(session.screen.json(&reply.body)?);
    }
    let authority = reply.value()?;
    let rows = [
        ("directory", text(&authority, "directory")),
        ("default", text(&authority, "default")),
        ("contact", text(&authority, "contact")),
        ("key of the account there", text(&authority, "eab_key_id")),
        ("registered", text(&authority, "registered")),
        ("it said", text(&authority, "error")),
        ("not asked before", moment(&authority, "not_before")),
        ("made", moment(&authority, "created_at")),
        ("changed", moment(&authority, "updated_at")),
        ("id", text(&authority, "id")),
    ];
    session.screen.line(&[span(Style::Bold, text(&authority, "name"))])?;
    Ok(fields::show(&mut session.screen, &rows)?)
}

async fn edit(session: &mut Session, args: EditArgs) -> Result<(), Failure> {
    let mut body = json!({});
    if let Some(name) = args.name {
        body["name"] = name.into();
    }
    match args.contact {
        Some(contact) => body["contact"] = contact.into(),
        None if args.no_contact => body["contact"] = Value::Null,
        None => {}
    }
    match args.eab.body()? {
        Some(eab) => body["eab"] = eab,
        None if args.no_eab => body["eab"] = Value::Null,
        None => {}
    }
    if let Some(default) = args.default {
        body["default"] = default.into();
    }
    let call = args.rehearsal.call(Method::PATCH, &path(&args.authority), body);
    let reply = session.ask("changing the authority", call).await?;
    if args.rehearsal.dry_run && !session.json {
        return Ok(session
            .screen
            .text("the authority would be changed; nothing on the server hangs on it")?);
    }
    show(session, &reply)
}

async fn delete(session: &mut Session, args: DeleteArgs) -> Result<(), Failure> {
    let question = format!("Remove the authority {}? What it issued stays.", args.authority);
    args.confirm.ask(session, args.rehearsal.dry_run, &question)?;
    let call = Call::new(Method::DELETE, with_query(&path(&args.authority), &args.rehearsal.query()));
    let reply = session.ask("removing the authority", call).await?;
    if session.json {
        return if reply.body.is_empty() { Ok(()) } else { Ok(session.screen.json(&reply.body)?) };
    }
    let words =
        if args.rehearsal.dry_run { "the authority would be removed" } else { "the authority is removed" };
    Ok(session.screen.text(words)?)
}

#[cfg(test)]
mod tests;
