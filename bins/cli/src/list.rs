//! Lists: all pages of them, or one page exactly as the API gives it.

use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::client::{Call, Reply, with_query};
use crate::failure::Failure;
use crate::run::Session;
use crate::screen::{Style, plain, span};
use crate::table::{self, Cell};

/// Items of one request.
const PAGE: u32 = 200;

/// Which page of a list
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Page")]
pub(crate) struct PageArgs {
    /// One page of so many items at most; without it, all items
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=200))]
    limit: Option<u32>,
    /// The page that begins at a page's `next_cursor`
    #[arg(long, value_name = "CURSOR")]
    cursor: Option<String>,
}

/// One page; its items are kept as they came.
#[derive(Debug, Deserialize)]
struct Page {
    items: Vec<Box<RawValue>>,
    #[serde(default)]
    next_cursor: Option<Value>,
}

#[derive(Debug, Serialize)]
struct All {
    items: Vec<Box<RawValue>>,
}

impl PageArgs {
    /// Lists what is at `path`: with `--json` the items, else a table of these columns.
    pub(crate) async fn run(
        &self,
        session: &mut Session,
        path: &str,
        query: &[(&str, Option<&String>)],
        (titles, row): (&[&str], impl Fn(&Value) -> Vec<Cell>),
    ) -> Result<(), Failure> {
        let one_page = self.limit.is_some() || self.cursor.is_some();
        let mut cursor = self.cursor.clone();
        let mut items = Vec::new();
        let mut rows = Vec::new();
        let more = loop {
            let mut pairs = vec![("limit", self.limit.unwrap_or(PAGE).to_string())];
            pairs.extend(query.iter().filter_map(|(name, value)| Some((*name, (*value)?.clone()))));
            pairs.extend(cursor.take().map(|cursor| ("cursor", cursor)));
            let reply = session.ask("reading the list", Call::get(with_query(path, &pairs))).await?;
            if session.json && one_page {
                return Ok(session.screen.json(&reply.body)?);
            }
            let page: Page = read(&reply)?;
            for item in page.items {
                if session.json {
                    items.push(item);
                } else {
                    let item: Value =
                        serde_json::from_str(item.get()).map_err(|e| reply.not_understood(&e.to_string()))?;
                    rows.push(row(&item));
                }
            }
            let next = page.next_cursor.as_ref().map(crate::fields::words).filter(|next| !next.is_empty());
            if one_page || next.is_none() {
                break next;
            }
            cursor = next;
        };
        if session.json {
            let document = serde_json::to_vec(&All { items }).map_err(std::io::Error::from)?;
            return Ok(session.screen.json(&document)?);
        }
        if rows.is_empty() {
            session.screen.note(&[span(Style::Dim, "none")])?;
            return Ok(());
        }
        table::write(&mut session.screen, titles, &rows)?;
        if let Some(next) = more {
            session
                .screen
                .note(&[span(Style::Dim, "there are more: "), plain(format!("--cursor {next}"))])?;
        }
        Ok(())
    }
}

fn read(reply: &Reply) -> Result<Page, Failure> {
    serde_json::from_slice(&reply.body).map_err(|error| reply.not_understood(&error.to_string()))
}
