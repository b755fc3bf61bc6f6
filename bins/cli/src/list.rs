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

/// Which items, and in which order
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Filter")]
pub(crate) struct FilterArgs {
    /// The order: name, created, or whose it is (organisation or account); with a hyphen before it, the other way round
    #[arg(long, value_name = "ORDER", allow_hyphen_values = true)]
    sort: Option<String>,
    /// Only those that stand so, such as degraded; "unwell" is degraded or failed
    #[arg(long, value_name = "CONDITION")]
    condition: Option<String>,
    /// Only those that are suspended, or with "false" those that are not
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    suspended: Option<bool>,
    /// Only those in this organisation or below it
    #[arg(long, value_name = "ORGANISATION")]
    organisation: Option<String>,
    /// Also tell how many there are in all
    #[arg(long)]
    total: bool,
}

impl FilterArgs {
    /// What it adds to a query.
    pub(crate) fn query(&self) -> [(&'static str, Option<String>); 5] {
        [
            ("sort", self.sort.clone()),
            ("condition", self.condition.clone()),
            ("suspended", self.suspended.map(|suspended| suspended.to_string())),
            ("organisation", self.organisation.clone()),
            ("total", self.total.then(|| "true".to_owned())),
        ]
    }
}

/// One page; its items are kept as they came.
#[derive(Debug, Deserialize)]
struct Page {
    items: Vec<Box<RawValue>>,
    #[serde(default)]
    next_cursor: Option<Value>,
    #[serde(default)]
    total: Option<u64>,
}

#[derive(Debug, Serialize)]
struct All {
    items: Vec<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<u64>,
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
        let mut total = None;
        let more = loop {
            let mut pairs = vec![("limit", self.limit.unwrap_or(PAGE).to_string())];
            pairs.extend(query.iter().filter_map(|(name, value)| Some((*name, (*value)?.clone()))));
            pairs.extend(cursor.take().map(|cursor| ("cursor", cursor)));
            let reply = session.ask("reading the list", Call::get(with_query(path, &pairs))).await?;
            if session.json && one_page {
                return Ok(session.screen.json(&reply.body)?);
            }
            let page: Page = read(&reply)?;
            total = total.or(page.total);
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
            let document = serde_json::to_vec(&All { items, total }).map_err(std::io::Error::from)?;
            return Ok(session.screen.json(&document)?);
        }
        if rows.is_empty() {
            session.screen.note(&[span(Style::Dim, "none")])?;
            return Ok(());
        }
        table::write(&mut session.screen, titles, &rows)?;
        if let Some(total) = total {
            session.screen.note(&[span(Style::Dim, "in all: "), plain(total.to_string())])?;
        }
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
