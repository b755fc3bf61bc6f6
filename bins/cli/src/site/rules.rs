//! `holdfast site rules`

use clap::{Args, Subcommand};
use hyper::Method;
use serde_json::{Map, Value, json};

use super::subject;
use crate::change::{ChangeArgs, IfMatchArgs, Place};
use crate::client::{Call, segment};
use crate::failure::Failure;
use crate::fields::words;
use crate::run::Session;
use crate::secret;
use crate::table::{self, Cell};

mod fields;

/// What a site's web server does with some of its paths
///
/// Rules are in an order: of those that answer (deny, addresses, redirect, hotlink) the first that fits does, a rewrite changes the path for those
/// behind it, and of those that set something the first that fits sets it.
#[derive(Debug, Subcommand)]
pub(crate) enum RulesCommand {
    /// List the rules of a site, in their order
    List(ListArgs),
    /// Add a rule, such as `redirect from=/old/** to=/new/$1`
    Add(Box<AddArgs>),
    /// Put the rules of a file in the place of all, as `holdfast --json site rules list` writes them
    Set(SetArgs),
    /// Add the rules of a preset
    Preset(PresetArgs),
    /// List the presets, and what is in them
    Presets,
    /// Move a rule to another place
    Move(MoveArgs),
    /// Remove a rule
    Remove(RemoveArgs),
}

/// Which site
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// One of its names, or its id
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    site: String,
}

/// Which rule
#[derive(Debug, Args)]
pub(crate) struct AddArgs {
    /// One of its names, or its id
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    site: String,
    /// Its kind
    #[arg(value_parser = clap::builder::PossibleValuesParser::new(fields::KINDS.map(|(kind, _)| kind)))]
    kind: String,
    /// Its fields, such as `path=/admin`; lists with commas between; of what is yes or no the name alone. Passwords of `users` are read from
    /// standard input
    #[arg(value_name = "FIELD=VALUE")]
    fields: Vec<String>,
    /// The place, from 1 [default: the last]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=200))]
    at: Option<u16>,
    #[command(flatten)]
    if_match: IfMatchArgs,
    #[command(flatten)]
    change: ChangeArgs,
}

/// Which rules
#[derive(Debug, Args)]
pub(crate) struct SetArgs {
    /// One of its names, or its id
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    site: String,
    /// A file with a JSON list of rules, or an object with the list as `rules`; "-": standard input
    file: std::path::PathBuf,
    #[command(flatten)]
    if_match: IfMatchArgs,
    #[command(flatten)]
    change: ChangeArgs,
}

/// Which preset
#[derive(Debug, Args)]
pub(crate) struct PresetArgs {
    /// One of its names, or its id
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    site: String,
    /// Its name, such as wordpress
    #[arg(value_parser = clap::builder::PossibleValuesParser::new(["wordpress", "laravel", "symfony", "drupal", "single_page"]))]
    preset: String,
    /// In the place of all rules that are there, and not behind them
    #[arg(long)]
    replace: bool,
    #[command(flatten)]
    if_match: IfMatchArgs,
    #[command(flatten)]
    change: ChangeArgs,
}

/// Which rule, and where to
#[derive(Debug, Args)]
pub(crate) struct MoveArgs {
    /// One of its names, or its id
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    site: String,
    /// The rule, by its number in the list
    #[arg(value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=200))]
    number: u16,
    /// The place that it is to have
    #[arg(value_name = "PLACE", value_parser = clap::value_parser!(u16).range(1..=200))]
    to: u16,
    #[command(flatten)]
    if_match: IfMatchArgs,
    #[command(flatten)]
    change: ChangeArgs,
}

/// Which rule
#[derive(Debug, Args)]
pub(crate) struct RemoveArgs {
    /// One of its names, or its id
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    site: String,
    /// The rule, by its number in the list
    #[arg(value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=200))]
    number: u16,
    #[command(flatten)]
    if_match: IfMatchArgs,
    #[command(flatten)]
    change: ChangeArgs,
}

impl RulesCommand {
    /// How the change is made, where the command makes one.
    pub(crate) fn change(&mut self) -> Option<&mut ChangeArgs> {
        match self {
            Self::List(_) | Self::Presets => None,
            Self::Add(args) => Some(&mut args.change),
            Self::Set(args) => Some(&mut args.change),
            Self::Preset(args) => Some(&mut args.change),
            Self::Move(args) => Some(&mut args.change),
            Self::Remove(args) => Some(&mut args.change),
        }
    }

    pub(crate) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        match self {
            Self::List(args) => list(session, &args.site).await,
            Self::Add(args) => {
                let rule = rule(session, &args.kind, &args.fields)?;
                let place = args.at;
                let edit = move |rules: &mut Vec<Value>| {
                    let at = place.map_or(rules.len(), |at| usize::from(at) - 1).min(rules.len());
                    rules.insert(at, rule.clone());
                    Ok(())
                };
                put(session, &args.site, (&args.if_match, &args.change), edit).await
            }
            Self::Set(args) => {
                let wanted = read(session, &args.file)?;
                let edit = move |rules: &mut Vec<Value>| {
                    rules.clone_from(&wanted);
                    Ok(())
                };
                put(session, &args.site, (&args.if_match, &args.change), edit).await
            }
            Self::Preset(args) => {
                let wanted = preset(session, &args.preset).await?;
                let replace = args.replace;
                let edit = move |rules: &mut Vec<Value>| {
                    if replace {
                        rules.clear();
                    }
                    rules.extend(wanted.iter().cloned());
                    Ok(())
                };
                put(session, &args.site, (&args.if_match, &args.change), edit).await
            }
            Self::Presets => presets(session).await,
            Self::Move(args) => {
                let (number, to) = (args.number, usize::from(args.to) - 1);
                let edit = move |rules: &mut Vec<Value>| {
                    let rule = taken(rules, number)?;
                    rules.insert(to.min(rules.len()), rule);
                    Ok(())
                };
                put(session, &args.site, (&args.if_match, &args.change), edit).await
            }
            Self::Remove(args) => {
                let number = args.number;
                let edit = move |rules: &mut Vec<Value>| taken(rules, number).map(drop);
                put(session, &args.site, (&args.if_match, &args.change), edit).await
            }
        }
    }
}

fn taken(rules: &mut Vec<Value>, number: u16) -> Result<Value, Failure> {
    let at = usize::from(number) - 1;
    if at >= rules.len() {
        let remedy = "`holdfast site rules list` numbers them.";
        return Err(Failure::refused(format!("there are {} rules", rules.len()), remedy));
    }
    Ok(rules.remove(at))
}

/// The list of a document.
fn rules_of(document: &Value) -> Vec<Value> {
    let list = document.get("rules").unwrap_or(document);
    list.as_array().cloned().unwrap_or_default()
}

/// Reads the rules that there are, and puts what becomes of them in their place.
async fn put(
    session: &mut Session,
    site: &str,
    (if_match, change): (&IfMatchArgs, &ChangeArgs),
    edit: impl Fn(&mut Vec<Value>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let subject = subject(site);
    let path = format!("{}/rules", subject.path);
    let body = |there: &Value| {
        let mut rules = rules_of(there);
        edit(&mut rules)?;
        Ok(json!({ "rules": rules }))
    };
    let place = Place { method: Method::PUT, read: path.clone(), write: path };
    change.edit_at(session, subject, place, if_match, body).await
}

async fn list(session: &mut Session, site: &str) -> Result<(), Failure> {
    let reply =
        session.ask("looking at the rules", Call::get(format!("/sites/{}/rules", segment(site)))).await?;
    if session.json {
        return Ok(session.screen.json(&reply.body)?);
    }
    show(session, &rules_of(&reply.value()?))
}

fn show(session: &mut Session, rules: &[Value]) -> Result<(), Failure> {
    let row = |(at, rule): (usize, &Value)| {
        let (kind, fields) = rule.as_object().and_then(|rule| rule.iter().next())?;
        let said = fields.as_object()?.iter().map(|(name, value)| format!("{name}={}", said(value)));
        let said = said.collect::<Vec<_>>().join(" ");
        Some(vec![Cell::plain((at + 1).to_string()), Cell::plain(kind.as_str()), Cell::plain(said)])
    };
    let rows: Vec<Vec<Cell>> = rules.iter().enumerate().filter_map(row).collect();
    Ok(table::write(&mut session.screen, &["no.", "kind", "what"], &rows)?)
}

/// A field as `add` takes it; of people the names.
fn said(value: &Value) -> String {
    match value {
        Value::Array(all) => all.iter().map(said).collect::<Vec<_>>().join(","),
        Value::Object(object) => object.get("name").map(words).unwrap_or_default(),
        Value::Bool(yes) => yes.to_string(),
        other => words(other),
    }
}

async fn all_presets(session: &mut Session) -> Result<crate::client::Reply, Failure> {
    session.ask("looking at the presets", Call::get("/sites/rule-presets")).await
}

fn named(document: &Value) -> Vec<(String, Vec<Value>)> {
    let presets = document.get("presets").and_then(Value::as_array).into_iter().flatten();
    presets.map(|preset| (preset.get("name").map(words).unwrap_or_default(), rules_of(preset))).collect()
}

async fn preset(session: &mut Session, name: &str) -> Result<Vec<Value>, Failure> {
    let reply = all_presets(session).await?;
    let found = named(&reply.value()?).into_iter().find(|(known, _)| known == name);
    found.map(|(_, rules)| rules).ok_or_else(|| {
        Failure::refused("the panel has no such preset", "`holdfast site rules presets` lists them.")
    })
}

async fn presets(session: &mut Session) -> Result<(), Failure> {
    let reply = all_presets(session).await?;
    if session.json {
        return Ok(session.screen.json(&reply.body)?);
    }
    for (name, rules) in named(&reply.value()?) {
        session.screen.line(&[crate::screen::span(crate::screen::Style::Bold, name)])?;
        show(session, &rules)?;
    }
    Ok(())
}

fn read(session: &mut Session, file: &std::path::Path) -> Result<Vec<Value>, Failure> {
    use std::io::Read as _;
    let remedy = "Name a file with a JSON list of rules, as `holdfast --json site rules list` writes them.";
    let refused = |reason: String| Failure::refused(format!("{}: {reason}", file.display()), remedy);
    let mut text = String::new();
    if file.as_os_str() == "-" {
        session.screen.input().take(1 << 20).read_to_string(&mut text)?;
    } else {
        text = std::fs::read_to_string(file).map_err(|error| refused(error.to_string()))?;
    }
    let document: Value = serde_json::from_str(&text).map_err(|error| refused(error.to_string()))?;
    if document.get("rules").unwrap_or(&document).is_array() {
        Ok(rules_of(&document))
    } else {
        Err(refused("there is no list of rules".to_owned()))
    }
}

/// The rule of a kind with these fields.
fn rule(session: &mut Session, kind: &str, given: &[String]) -> Result<Value, Failure> {
    let mut said = Map::new();
    for field in given {
        let (name, value) = fields::read(kind, field)?;
        said.insert(name, value);
    }
    if kind == "password" {
        let names = said.get("users").and_then(Value::as_array).cloned().unwrap_or_default();
        if names.len() > 1 && !session.screen.asks {
            let remedy = "Name one user, or several in a file for `holdfast site rules set`.";
            return Err(Failure::refused("standard input holds one password alone", remedy));
        }
        let mut users = Vec::new();
        for name in names {
            let password = secret::read(&mut session.screen, &format!("password of {}", words(&name)))?;
            users.push(json!({ "name": name, "password": password }));
        }
        said.insert("users".to_owned(), users.into());
    }
    Ok(json!({ kind: said }))
}

#[cfg(test)]
mod tests;
