//! `holdfast organisation limits`

use clap::Args;
use serde_json::{Map, Value};

use crate::change::{ChangeArgs, IfMatchArgs, Subject};
use crate::client::Call;
use crate::failure::Failure;
use crate::fields::{self, text};
use crate::run::Session;
use crate::screen::{Style, span};
use crate::sold::{self, SoldArgs};
use crate::table;

/// Whose limits, and what is to be otherwise; nothing: they are shown
#[derive(Debug, Args)]
pub(crate) struct LimitsArgs {
    /// Name or id
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    organisation: String,
    #[command(flatten)]
    sold: SoldArgs,
    /// Whether it may give out more disk space and files than it has
    #[arg(long, value_name = "WORD", value_parser = ["yes", "no"])]
    oversell: Option<String>,
    #[command(flatten)]
    if_match: IfMatchArgs,
    #[command(flatten)]
    change: ChangeArgs,
}

impl LimitsArgs {
    /// How the change is made.
    pub(crate) fn change(&mut self) -> &mut ChangeArgs {
        &mut self.change
    }
}

/// Shows them, or changes them.
pub(crate) async fn limits(session: &mut Session, args: LimitsArgs) -> Result<(), Failure> {
    let mut subject = Subject::new("organisation", "/organisations", &args.organisation);
    subject.path.push_str("/limits");
    if args.sold.is_empty() && args.oversell.is_none() {
        return show(session, &subject.path).await;
    }
    let mut body = Map::new();
    args.sold.put(&mut body);
    if let Some(word) = args.oversell {
        body.insert("oversell".to_owned(), (word == "yes").into());
    }
    let body = |_: &Value| Ok(Value::Object(body.clone()));
    args.change.edit(session, subject, &args.if_match, body).await
}

async fn show(session: &mut Session, path: &str) -> Result<(), Failure> {
    let reply = session.ask("looking at the organisation", Call::get(path)).await?;
    if session.json {
        return Ok(session.screen.json(&reply.body)?);
    }
    let organisation = reply.value()?;
    session.screen.line(&[span(Style::Bold, text(&organisation, "organisation"))])?;
    let rows = [
        ("oversells", text(&organisation, "oversell")),
        ("features", sold::features(&organisation, true)),
        ("has not", sold::features(&organisation, false)),
    ];
    fields::show(&mut session.screen, &rows)?;
    session.screen.text("")?;
    let limits = organisation.get("limits").and_then(Value::as_array).cloned().unwrap_or_default();
    let rows: Vec<_> = limits.iter().map(sold::row).collect();
    Ok(table::write(&mut session.screen, &sold::TITLES, &rows)?)
}
