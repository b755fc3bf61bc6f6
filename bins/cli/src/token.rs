//! `holdfast token`: what programs show in place of a person.
//!
//! A token is shown once, on standard output or into a file that its owner alone can read; `--token-file` names such a file.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand};
use hyper::Method;
use serde_json::{Value, json};

use crate::client::{Call, segment};
use crate::failure::Failure;
use crate::fields::{self, moment, text};
use crate::run::Session;
use crate::screen::{Style, plain, span};
use crate::secret;
use crate::table::{self, Cell};

/// Tokens: what a program shows in place of a person who signs in
#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Make a token; it is shown this once
    Create(CreateArgs),
    /// List tokens, with what they may and when they were last used
    List(WhoseArgs),
    /// Show one of one's own tokens
    Show(ShowArgs),
    /// Delete a token, or all: it is no good from that moment on
    Delete(DeleteArgs),
}

/// What the token may
#[derive(Debug, Args)]
#[group(skip)]
#[command(group = ArgGroup::new("what").required(true).multiple(true).args(["may", "read_only"]))]
pub(crate) struct CreateArgs {
    /// Its name, such as `deploy`
    name: String,
    /// A permission that it has, such as site.edit; can be given several times
    #[arg(long, value_name = "PERMISSION", value_delimiter = ',')]
    may: Vec<String>,
    /// All permissions of its person that look and change nothing
    #[arg(long)]
    read_only: bool,
    /// Only on this account; can be given several times
    #[arg(long, value_name = "NAME")]
    account: Vec<String>,
    /// Only on this organisation and what is below it; can be given several times
    #[arg(long, value_name = "NAME")]
    organisation: Vec<String>,
    /// How long it works, such as 30d, or `never`: until it is deleted
    #[arg(long, value_name = "DAYS", default_value = "90d", value_parser = expiry)]
    expires: Expiry,
    /// Whose it is to be; for root on the server itself
    #[arg(long, value_name = "LOGIN")]
    login: Option<String>,
    /// Write it into this file, which is made anew for its owner alone, and not to standard output
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
}

/// Whose tokens
#[derive(Debug, Args)]
pub(crate) struct WhoseArgs {
    /// Those of somebody that one manages; without it, one's own
    #[arg(long, value_name = "LOGIN")]
    person: Option<String>,
}

/// Which token
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// Its name or id
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    token: String,
}

/// Which tokens
#[derive(Debug, Args)]
#[group(skip)]
#[command(group = ArgGroup::new("which").required(true).multiple(false).args(["token", "all"]))]
pub(crate) struct DeleteArgs {
    /// Its name or id
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    token: Option<String>,
    /// All of them
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    whose: WhoseArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expiry {
    Days(u32),
    Never,
}

fn expiry(text: &str) -> Result<Expiry, String> {
    if text == "never" {
        return Ok(Expiry::Never);
    }
    match text.strip_suffix('d').map(str::parse) {
        Some(Ok(days @ 1..=3650)) => Ok(Expiry::Days(days)),
        _ => Err("1d to 3650d, or never".to_owned()),
    }
}

impl WhoseArgs {
    fn path(&self) -> String {
        match &self.person {
            Some(person) => format!("/persons/{}/tokens", segment(person)),
            None => "/tokens".to_owned(),
        }
    }
}

impl TokenCommand {
    pub(crate) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        match self {
            Self::Create(args) => create(session, args).await,
            Self::List(args) => list(session, &args).await,
            Self::Show(args) => {
                let path = format!("/tokens/{}", segment(&args.token));
                let reply = session.ask("asking", Call::get(path)).await?;
                if session.json {
                    return Ok(session.screen.json(&reply.body)?);
                }
                show(session, &reply.value()?)
            }
            Self::Delete(args) => delete(session, args).await,
        }
    }
}

async fn create(session: &mut Session, args: CreateArgs) -> Result<(), Failure> {
    let mut body = json!({
        "name": args.name,
        "permissions": args.may,
        "read_only": args.read_only,
        "accounts": args.account,
        "organisations": args.organisation,
    });
    match args.expires {
        Expiry::Days(days) => body["days"] = days.into(),
        Expiry::Never => body["never_expires"] = true.into(),
    }
    if let Some(login) = args.login {
        body["login"] = login.into();
    }
    let reply = session.ask("making the token", Call::new(Method::POST, "/tokens").body(body)).await?;
    let made = reply.value()?;
    let token = text(&made, "token");
    let shown = made.get("made").cloned().unwrap_or_default();
    if let Some(path) = &args.save {
        secret::keep(&token, path)?;
        if session.json {
            let document = serde_json::to_vec(&shown).map_err(std::io::Error::from)?;
            return Ok(session.screen.json(&document)?);
        }
        return show(session, &shown);
    }
    if session.json {
        return Ok(session.screen.json(&reply.body)?);
    }
    session.screen.text(&token)?;
    let words = format!("is shown this once; it works until {}", ends(&shown));
    Ok(session.screen.note(&[span(Style::Dim, "this token "), plain(words)])?)
}

fn ends(token: &Value) -> String {
    match moment(token, "expires_at") {
        moment if moment.is_empty() => "it is deleted".to_owned(),
        moment => moment,
    }
}

/// Everywhere, or the accounts and organisations.
fn place(token: &Value) -> String {
    if token.get("everywhere").and_then(Value::as_bool).unwrap_or(false) {
        return "everywhere".to_owned();
    }
    let places = [text(token, "accounts"), text(token, "organisations")];
    let places: Vec<_> = places.into_iter().filter(|places| !places.is_empty()).collect();
    if places.is_empty() { "nowhere any longer".to_owned() } else { places.join(", ") }
}

fn show(session: &mut Session, token: &Value) -> Result<(), Failure> {
    let rows = [
        ("may", text(token, "permissions")),
        ("on", place(token)),
        ("made", moment(token, "created_at")),
        ("until", ends(token)),
        ("last used", moment(token, "last_used_at")),
        ("from", text(token, "last_origin")),
    ];
    session.screen.line(&[span(Style::Bold, text(token, "name"))])?;
    Ok(fields::show(&mut session.screen, &rows)?)
}

async fn list(session: &mut Session, args: &WhoseArgs) -> Result<(), Failure> {
    let reply = session.ask("reading the list", Call::get(args.path())).await?;
    if session.json {
        return Ok(session.screen.json(&reply.body)?);
    }
    let list = reply.value()?;
    let items = list.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
    if items.is_empty() {
        session.screen.note(&[span(Style::Dim, "none")])?;
        return Ok(());
    }
    let row = |token: &Value| {
        let expired = token.get("expired").and_then(Value::as_bool).unwrap_or(false);
        let style = if expired { Style::Warn } else { Style::Plain };
        vec![
            Cell::plain(text(token, "name")),
            Cell::plain(place(token)),
            Cell::styled(style, ends(token)),
            Cell::plain(moment(token, "last_used_at")),
            Cell::plain(text(token, "last_origin")),
            Cell::plain(text(token, "permissions")),
        ]
    };
    let rows: Vec<_> = items.iter().map(row).collect();
    let titles = ["token", "on", "until", "last used", "from", "may"];
    Ok(table::write(&mut session.screen, &titles, &rows)?)
}

async fn delete(session: &mut Session, args: DeleteArgs) -> Result<(), Failure> {
    let mut path = args.whose.path();
    if let Some(token) = &args.token {
        path = format!("{path}/{}", segment(token));
    }
    let reply = session.ask("deleting", Call::new(Method::DELETE, path)).await?;
    if args.token.is_some() {
        return if session.json {
            Ok(())
        } else {
            Ok(session.screen.text("the token is no good any longer")?)
        };
    }
    if session.json {
        return Ok(session.screen.json(&reply.body)?);
    }
    let count = text(&reply.value()?, "count");
    let words = match count.as_str() {
        "0" if args.whose.person.is_none() => {
            "there was no token of one's own; --person LOGIN names somebody else's".to_owned()
        }
        "0" => "there was no token".to_owned(),
        "1" => "1 token is no good any longer".to_owned(),
        _ => format!("{count} tokens are no good any longer"),
    };
    Ok(session.screen.text(&words)?)
}

#[cfg(test)]
mod tests;
