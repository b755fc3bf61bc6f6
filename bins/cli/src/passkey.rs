//! `holdfast passkey`: keys that browsers and devices hold. They are made in a browser.

use clap::{Args, Subcommand};
use hyper::Method;
use serde_json::{Value, json};

use crate::client::{Call, segment};
use crate::failure::Failure;
use crate::fields::{moment, text};
use crate::run::Session;
use crate::screen::{Style, span};
use crate::table::{self, Cell};

/// Passkeys: keys that browsers and devices hold
#[derive(Debug, Subcommand)]
pub(crate) enum PasskeyCommand {
    /// List one's own
    List,
    /// Call one otherwise
    Edit(EditArgs),
    /// Remove one
    Delete(DeleteArgs),
}

/// Which passkey, and what it is called
#[derive(Debug, Args)]
pub(crate) struct EditArgs {
    /// Its id, from `holdfast passkey list`
    passkey: String,
    /// What it is to be called
    #[arg(long)]
    name: String,
}

/// Which passkey
#[derive(Debug, Args)]
pub(crate) struct DeleteArgs {
    /// Its id, from `holdfast passkey list`
    passkey: String,
}

impl PasskeyCommand {
    pub(crate) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        let path = |id: &str| format!("/passkeys/{}", segment(id));
        match self {
            Self::List => list(session).await,
            Self::Edit(args) => {
                let call = Call::new(Method::PATCH, path(&args.passkey)).body(json!({ "name": args.name }));
                let reply = session.ask("calling it otherwise", call).await?;
                if session.json {
                    return Ok(session.screen.json(&reply.body)?);
                }
                Ok(session.screen.text("the passkey has another name")?)
            }
            Self::Delete(args) => {
                session.ask("removing it", Call::new(Method::DELETE, path(&args.passkey))).await?;
                if !session.json {
                    session.screen.text("the passkey is removed; the device may keep it, to no use")?;
                }
                Ok(())
            }
        }
    }
}

async fn list(session: &mut Session) -> Result<(), Failure> {
    let reply = session.ask("reading the list", Call::get("/passkeys")).await?;
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
            Cell::plain(text(own, "name")),
            Cell::plain(text(own, "panel")),
            Cell::plain(moment(own, "created_at")),
            Cell::plain(moment(own, "last_used_at")),
        ]
    };
    let rows: Vec<_> = items.iter().map(row).collect();
    Ok(table::write(&mut session.screen, &["passkey", "name", "panel", "made", "last used"], &rows)?)
}
