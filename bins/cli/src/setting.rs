//! `holdfast setting`

use clap::{Args, Subcommand};
use hyper::Method;
use serde_json::{Value, json};

use crate::change::RehearsalArgs;
use crate::client::{Call, Reply, segment};
use crate::failure::Failure;
use crate::fields::{self, moment, text};
use crate::run::Session;
use crate::screen::{Style, span};
use crate::table::{self, Cell};

/// Settings of the whole installation
#[derive(Debug, Subcommand)]
pub(crate) enum SettingCommand {
    /// List settings
    List,
    /// Show a setting
    Show(KeyArgs),
    /// Set a setting
    Set(SetArgs),
}

/// One setting
#[derive(Debug, Args)]
pub(crate) struct KeyArgs {
    /// Its name, such as panel.hostname
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    key: String,
}

/// A new value
#[derive(Debug, Args)]
pub(crate) struct SetArgs {
    /// Its name, such as panel.hostname
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    key: String,
    /// The value: JSON where it is JSON (a number, true, null, "text"), else the text itself
    value: String,
    #[command(flatten)]
    pub(crate) rehearsal: RehearsalArgs,
}

impl SettingCommand {
    pub(crate) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        match self {
            Self::List => list(session).await,
            Self::Show(args) => {
                let call = Call::get(format!("/settings/{}", segment(&args.key)));
                let reply = session.ask("looking at the setting", call).await?;
                show(session, &reply)
            }
            Self::Set(args) => {
                let value = serde_json::from_str(&args.value).unwrap_or_else(|_| Value::from(args.value));
                let path = format!("/settings/{}", segment(&args.key));
                let call = args.rehearsal.call(Method::PUT, &path, json!({ "value": value }));
                let reply = session.ask("setting it", call).await?;
                if args.rehearsal.dry_run && !session.json {
                    let words = format!("{} would be set; nothing on the server hangs on it", args.key);
                    return Ok(session.screen.text(&words)?);
                }
                show(session, &reply)
            }
        }
    }
}

async fn list(session: &mut Session) -> Result<(), Failure> {
    let reply = session.ask("reading the list", Call::get("/settings")).await?;
    if session.json {
        return Ok(session.screen.json(&reply.body)?);
    }
    let list = reply.value()?;
    let items = list.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
    let row = |setting: &Value| {
        let value = text(setting, "value");
        let value = if value.is_empty() { Cell::styled(Style::Dim, "not set") } else { Cell::plain(value) };
        vec![Cell::plain(text(setting, "key")), value, Cell::plain(text(setting, "what"))]
    };
    let rows: Vec<_> = items.iter().map(row).collect();
    Ok(table::write(&mut session.screen, &["setting", "value", "what it is for"], &rows)?)
}

fn show(session: &mut Session, reply: &Reply) -> Result<(), Failure> {
    if session.json {
        return Ok(session.screen.json(&reply.body)?);
    }
    let setting = reply.value()?;
    let or_none = |text: String| if text.is_empty() { "none".to_owned() } else { text };
    let rows = [
        ("value", or_none(text(&setting, "value"))),
        ("usually", or_none(text(&setting, "default"))),
        ("set", moment(&setting, "updated_at")),
        ("what", text(&setting, "what")),
    ];
    session.screen.line(&[span(Style::Bold, text(&setting, "key"))])?;
    Ok(fields::show(&mut session.screen, &rows)?)
}
