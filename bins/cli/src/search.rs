//! `holdfast search`

use clap::Args;
use serde_json::Value;

use crate::client::{Call, with_query};
use crate::failure::Failure;
use crate::fields::text;
use crate::run::Session;
use crate::screen::{Style, span};
use crate::table::{self, Cell};

/// Look for accounts, sites, organisations, people, packages, roles, webhooks and identity providers by part of a name
#[derive(Debug, Args)]
pub(crate) struct SearchArgs {
    /// The part
    #[arg(required = true, value_parser = clap::builder::NonEmptyStringValueParser::new())]
    words: Vec<String>,
    /// How many at most [default: 20]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=50))]
    limit: Option<u32>,
}

impl SearchArgs {
    pub(crate) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        let mut query = vec![("q", self.words.join(" "))];
        query.extend(self.limit.map(|limit| ("limit", limit.to_string())));
        let reply = session.ask("searching", Call::get(with_query("/search", &query))).await?;
        if session.json {
            return Ok(session.screen.json(&reply.body)?);
        }
        let found = reply.value()?.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
        if found.is_empty() {
            session.screen.note(&[span(Style::Dim, "none")])?;
            return Ok(());
        }
        let cell = |item: &Value, name: &str| Cell::plain(text(item, name));
        let row =
            |item: &Value| vec![cell(item, "kind"), cell(item, "name"), cell(item, "of"), cell(item, "id")];
        let rows: Vec<_> = found.iter().map(row).collect();
        table::write(&mut session.screen, &["kind", "name", "of", "id"], &rows)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
