//! `holdfast-panel database ...`: the panel's database as a file, for set-up.
//!
//! Copies are made and judged by this program, as the panel's own user: whoever holds the panel can write whatever they like into
//! the file, and root parses nothing of it. What is told is one line of JSON on standard output.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use audit::{Entry, Object, Outcome, Who};
use names::Micros;
use serde::Serialize;
use serde_json::json;
use store::{Statement, Store, StoreError, Tx, WriteTx};

use crate::config::Config;

const ACCOUNTS: Statement = Statement::new("SELECT COUNT(*) AS value FROM account WHERE deleted_at IS NULL");
const SITES: Statement = Statement::new("SELECT COUNT(*) AS value FROM site WHERE deleted_at IS NULL");
const NODES: Statement = Statement::new("SELECT id AS value FROM node ORDER BY id LIMIT 1000");

pub(crate) const STATEMENTS: &[Statement] = &[ACCOUNTS, SITES, NODES];

/// What a database file is.
#[derive(Debug, Serialize)]
struct Facts {
    /// The newest migration that was applied; 0: it is no database of ours.
    schema: i64,
    /// The newest one that this program knows.
    known: i64,
    /// What SQLite's own check complains about.
    faults: Vec<String>,
    /// Accounts that are to stay.
    accounts: i64,
    /// Sites that are to stay.
    sites: i64,
    /// The servers that it rules.
    nodes: Vec<String>,
    /// The last entry of its audit.
    audit: Option<audit::Head>,
}

/// Carries one command out.
///
/// - `copy FILE`: a consistent copy of the panel's database into a new file, while the panel runs or not;
/// - `look FILE`: nothing but the facts;
/// - `migrate FILE`: brings a copy to this release's schema, as a rehearsal;
/// - `restored FILE TAKEN_AT`: brings a copy to this release's schema, and writes into its audit that it is put back.
pub fn run(arguments: &[String]) -> Result<()> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let facts = runtime.block_on(async {
        match words.as_slice() {
            ["copy", to] => {
                let from = Config::read()?.database;
                Store::copy_file(&from, Path::new(to)).await?;
                look(to).await
            }
            ["look", file] => look(file).await,
            ["migrate", file] => {
                Store::open(Path::new(file)).await?.close().await;
                look(file).await
            }
            ["restored", file, taken_at] => {
                restored(Path::new(file), taken_at).await?;
                look(file).await
            }
            _ => bail!("there are `copy FILE`, `look FILE`, `migrate FILE` and `restored FILE TAKEN_AT`"),
        }
    })?;
    Ok(writeln!(std::io::stdout(), "{}", serde_json::to_string(&facts)?)?)
}

async fn look(file: &str) -> Result<Facts> {
    let path = PathBuf::from(file);
    let looked = Store::look_at_file(&path).await?;
    let (schema, known) = (looked.schema, Store::newest_schema());
    let mut facts =
        Facts { schema, known, faults: looked.faults, accounts: 0, sites: 0, nodes: Vec::new(), audit: None };
    if (1..=known).contains(&schema) && facts.faults.is_empty() {
        let store = Store::open_as_is(&path).await?;
        let read = async |tx: &mut Tx| -> Result<(), StoreError> {
            facts.accounts = tx.one(ACCOUNTS).await?;
            facts.sites = tx.one(SITES).await?;
            facts.nodes = tx.all(NODES).await?;
            facts.audit = audit::head(tx).await?;
            Ok(())
        };
        store.read(read).await.context("read what is in it")?;
        store.close().await;
    }
    Ok(facts)
}

async fn restored(file: &Path, taken_at: &str) -> Result<()> {
    let store = Store::open(file).await?;
    let now = Micros::now();
    let write = async |tx: &mut WriteTx| -> Result<(), StoreError> {
        let entry = Entry {
            who: Who::from(&auth::Actor::root()),
            request_id: "",
            action: "panel.restore",
            object: Object::none("panel"),
            before: None,
            after: Some(json!({ "backup_of": taken_at })),
            plan_hash: None,
            outcome: Outcome::Done,
        };
        audit::append(tx, &entry, now).await?;
        desired::mark_restored(tx, now).await
    };
    store.write(write).await?;
    store.close().await;
    Ok(())
}

#[cfg(test)]
mod tests;
