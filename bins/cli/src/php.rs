//! `holdfast php`

use clap::{Args, Subcommand};
use hyper::Method;
use names::AccountName;
use serde_json::{Map, Value, json};

use crate::change::{ChangeArgs, IfMatchArgs, RehearsalArgs, Subject};
use crate::client::{Call, segment};
use crate::failure::Failure;
use crate::fields::{text, words};
use crate::run::Session;
use crate::screen::{Style, plain, span};
use crate::table::{self, Cell};

/// PHP: what accounts and sites chose of its settings
#[derive(Debug, Subcommand)]
pub(crate) enum PhpCommand {
    /// Show what holds, and why
    Show(ShowArgs),
    /// Choose settings
    Set(SetArgs),
    /// Take back what was chosen
    Unset(UnsetArgs),
    /// Have a site's PHP forget the scripts that it compiled; no request fails for it
    ResetOpcache(ResetArgs),
    /// List the extensions that a site's PHP has
    Extensions(SiteArgs),
}

/// Whose settings
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// An account, for what holds for all its sites, or a site by one of its names or its id
    #[arg(value_name = "ACCOUNT|SITE", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    of: String,
    /// Only what was chosen, here or for the account
    #[arg(long)]
    chosen: bool,
}

/// What is to be otherwise
#[derive(Debug, Args)]
#[group(skip)]
pub(crate) struct SetArgs {
    /// An account, for what holds for all its sites, or a site by one of its names or its id
    #[arg(value_name = "ACCOUNT|SITE", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    of: String,
    /// A setting and its value, such as memory_limit=256M, display_errors=on or disable_functions=exec,system; `holdfast php show` names them
    #[arg(value_name = "NAME=VALUE", required = true, value_parser = pair)]
    settings: Vec<(String, String)>,
    #[command(flatten)]
    if_match: IfMatchArgs,
    #[command(flatten)]
    change: ChangeArgs,
}

/// What is no longer chosen
#[derive(Debug, Args)]
#[group(skip)]
pub(crate) struct UnsetArgs {
    /// An account, for what holds for all its sites, or a site by one of its names or its id
    #[arg(value_name = "ACCOUNT|SITE", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    of: String,
    /// Settings, such as memory_limit
    #[arg(value_name = "NAME", required_unless_present = "all", conflicts_with = "all")]
    names: Vec<String>,
    /// All that was chosen here
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    if_match: IfMatchArgs,
    #[command(flatten)]
    change: ChangeArgs,
}

/// Which site
#[derive(Debug, Args)]
pub(crate) struct SiteArgs {
    /// One of its names, or its id
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    site: String,
}

/// Which site
#[derive(Debug, Args)]
pub(crate) struct ResetArgs {
    /// One of its names, or its id
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    site: String,
    #[command(flatten)]
    pub(crate) rehearsal: RehearsalArgs,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) =
        text.split_once('=').ok_or("must be a name and a value, such as memory_limit=256M")?;
    Ok((name.replace('-', "_"), value.to_owned()))
}

/// The name of an account has no dot, and no site is without one.
fn subject(of: &str) -> Subject {
    let collection = if AccountName::parse(of).is_ok() { "/accounts" } else { "/sites" };
    Subject { kind: "php", name: of.to_owned(), path: format!("{collection}/{}/php", segment(of)) }
}

impl PhpCommand {
    /// How the change is made, where the command makes one.
    pub(crate) fn change(&mut self) -> Option<&mut ChangeArgs> {
        match self {
            Self::Set(args) => Some(&mut args.change),
            Self::Unset(args) => Some(&mut args.change),
            Self::Show(_) | Self::ResetOpcache(_) | Self::Extensions(_) => None,
        }
    }

    /// Whether it only shows what it would do.
    pub(crate) fn rehearsal(&mut self) -> Option<&mut RehearsalArgs> {
        match self {
            Self::ResetOpcache(args) => Some(&mut args.rehearsal),
            _ => None,
        }
    }

    pub(crate) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        match self {
            Self::Show(args) => show(session, &args).await,
            Self::Set(args) => {
                let body = |now: &Value| read(now, &args.settings).map_err(Failure::Usage);
                args.change.edit(session, subject(&args.of), &args.if_match, body).await
            }
            Self::Unset(args) => {
                let body = |now: &Value| taken_back(now, &args.names, args.all).map_err(Failure::Usage);
                args.change.edit(session, subject(&args.of), &args.if_match, body).await
            }
            Self::ResetOpcache(args) => reset(session, &args).await,
            Self::Extensions(args) => extensions(session, &args.site).await,
        }
    }
}

fn settings(shown: &Value) -> impl Iterator<Item = &Value> {
    shown.get("settings").and_then(Value::as_array).into_iter().flatten()
}

fn find<'a>(shown: &'a Value, name: &str) -> Result<&'a Value, String> {
    settings(shown).find(|setting| text(setting, "name") == name).ok_or_else(|| {
        let known: Vec<String> = settings(shown).map(|setting| text(setting, "name")).collect();
        format!("there is no setting {name} here; there are {}", known.join(", "))
    })
}

/// The body that chooses these, each in the type that the panel says it has.
fn read(shown: &Value, pairs: &[(String, String)]) -> Result<Value, String> {
    let mut body = Map::new();
    for (name, value) in pairs {
        let setting = find(shown, name)?;
        let read = match text(setting, "unit").as_str() {
            "flag" => match value.as_str() {
                "on" | "true" | "yes" => json!(true),
                "off" | "false" | "no" => json!(false),
                _ => return Err(format!("{name} must be on or off")),
            },
            "count" | "seconds" => {
                let number: i64 = value.parse().map_err(|_| format!("{name} must be a whole number"))?;
                json!(number)
            }
            "functions" => {
                let names = value.split(',').map(str::trim).filter(|name| !name.is_empty());
                json!(names.collect::<Vec<_>>())
            }
            _ => json!(value),
        };
        body.insert(name.clone(), read);
    }
    Ok(Value::Object(body))
}

/// The body that takes these back, or all that was chosen here.
fn taken_back(shown: &Value, names: &[String], all: bool) -> Result<Value, String> {
    let chosen = settings(shown).filter(|setting| setting.get("own").is_some_and(|own| !own.is_null()));
    let names = if all {
        chosen.map(|setting| text(setting, "name")).collect()
    } else {
        names.iter().map(|name| name.replace('-', "_")).collect::<Vec<_>>()
    };
    let mut body = Map::new();
    for name in names {
        find(shown, &name)?;
        body.insert(name, Value::Null);
    }
    Ok(Value::Object(body))
}

async fn show(session: &mut Session, args: &ShowArgs) -> Result<(), Failure> {
    let reply = session.ask("looking at PHP", Call::get(subject(&args.of).path)).await?;
    if session.json {
        return Ok(session.screen.json(&reply.body)?);
    }
    let shown = reply.value()?;
    let mut line = vec![span(Style::Bold, args.of.clone())];
    if shown.get("php").is_some_and(|php| !php.is_null()) {
        line.push(plain(format!("  PHP {}, pool {}", text(&shown, "php"), text(&shown, "pool"))));
    }
    session.screen.line(&line)?;
    let titles = ["setting", "value", "because of", "most"];
    let rows: Vec<Vec<Cell>> = settings(&shown)
        .filter(|setting| !args.chosen || text(setting, "from") != "usual")
        .map(row)
        .collect();
    table::write(&mut session.screen, &titles, &rows)?;
    for warning in shown.get("warnings").and_then(Value::as_array).into_iter().flatten() {
        session.screen.note(&[
            span(Style::Bad, text(warning, "setting")),
            plain(": "),
            plain(text(warning, "message")),
        ])?;
    }
    Ok(())
}

fn row(setting: &Value) -> Vec<Cell> {
    let from = text(setting, "from");
    let value = match (text(setting, "unit").as_str(), text(setting, "value")) {
        ("flag", value) => if value == "yes" { "on" } else { "off" }.to_owned(),
        ("seconds", value) => format!("{value} s"),
        (_, value) => value,
    };
    let most = match setting.get("most").and_then(Value::as_u64) {
        Some(most) if text(setting, "unit") == "bytes" => crate::fields::bytes(most),
        _ => setting.get("most").map(words).unwrap_or_default(),
    };
    let style = if from == "usual" { Style::Dim } else { Style::Bold };
    vec![
        Cell::plain(text(setting, "name")),
        Cell::styled(style, value),
        Cell::plain(if from == "usual" { String::new() } else { from }),
        Cell::plain(most),
    ]
}

async fn reset(session: &mut Session, args: &ResetArgs) -> Result<(), Failure> {
    let path = format!("/sites/{}/php/opcache-reset", segment(&args.site));
    let call = args.rehearsal.call(Method::POST, &path, json!({}));
    let reply = session.ask("resetting the opcache", call).await?;
    if session.json {
        return Ok(session.screen.json(&reply.body)?);
    }
    let words = match (args.rehearsal.dry_run, reply.value()?.get("ran").and_then(Value::as_bool)) {
        (true, _) => "the site's PHP would forget what it compiled",
        (false, Some(true)) => "the site's PHP has forgotten what it compiled",
        (false, _) => "the site's PHP slept, and had nothing to forget",
    };
    Ok(session.screen.text(words)?)
}

async fn extensions(session: &mut Session, site: &str) -> Result<(), Failure> {
    let path = format!("/sites/{}/php/extensions", segment(site));
    let reply = session.ask("looking at the extensions", Call::get(path)).await?;
    if session.json {
        return Ok(session.screen.json(&reply.body)?);
    }
    let listed = reply.value()?;
    session.screen.line(&[span(Style::Bold, format!("PHP {}", text(&listed, "php")))])?;
    Ok(session.screen.text(&text(&listed, "extensions"))?)
}

#[cfg(test)]
mod tests;
