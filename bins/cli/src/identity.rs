//! `holdfast identity`: the providers that one is known by. They are linked in a browser.

use clap::{Args, Subcommand};
use hyper::Method;
use serde_json::Value;

use crate::client::{Call, segment};
use crate::failure::Failure;
use crate::fields::{moment, text};
use crate::run::Session;
use crate::screen::{Style, span};
use crate::table::{self, Cell};

/// Identities: the providers that one is known by
#[derive(Debug, Subcommand)]
pub(crate) enum IdentityCommand {
    /// List one's own
    List,
    /// Unlink one; the roles that it gave go with it
    Unlink(UnlinkArgs),
}

/// Which identity
#[derive(Debug, Args)]
pub(crate) struct UnlinkArgs {
    /// Its id, from `holdfast identity list`
    identity: String,
}

impl IdentityCommand {
    pub(crate) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        match self {
            Self::List => list(session).await,
            Self::Unlink(args) => {
                let path = format!("/identities/{}", segment(&args.identity));
                session.ask("unlinking it", Call::new(Method::DELETE, path)).await?;
                if !session.json {
                    session.screen.text("the provider is unlinked")?;
                }
                Ok(())
            }
        }
    }
}

async fn list(session: &mut Session) -> Result<(), Failure> {
    let reply = session.ask("reading the list", Call::get("/identities")).await?;
    if session.json {
        return Ok(session.screen.json(&reply.body)?);
    }
    let list = reply.value()?;
    let items = list.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
    if items.is_empty() {
        session.screen.note(&[span(Style::Dim, "none")])?;
        return Ok(());
    }
    let row = |own: &Value| {
        vec![
            Cell::plain(text(own, "id")),
            Cell::plain(text(own, "provider")),
            Cell::plain(text(own, "subject")),
            Cell::plain(moment(own, "created_at")),
            Cell::plain(moment(own, "last_used_at")),
        ]
    };
    let rows: Vec<_> = items.iter().map(row).collect();
    Ok(table::write(
        &mut session.screen,
        &["identity", "provider", "known there as", "linked", "last used"],
        &rows,
    )?)
}
