//! `holdfast limit`

use clap::{Args, Subcommand};
use hyper::Method;
use serde_json::{Value, json};

use crate::change::DryRunArgs;
use crate::client::Call;
use crate::failure::Failure;
use crate::fields::text;
use crate::run::Session;
use crate::sold::amount;
use crate::table::{self, Cell};

/// The names of all that can be sold, and the counters of what is used
#[derive(Debug, Subcommand)]
pub(crate) enum LimitCommand {
    /// List limits and features
    List,
    /// Count anew what is used, and mend counters that are wrong
    Recount(RecountArgs),
}

/// How it is done
#[derive(Debug, Args)]
pub(crate) struct RecountArgs {
    #[command(flatten)]
    pub(crate) dry_run: DryRunArgs,
}

impl LimitCommand {
    pub(crate) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        match self {
            Self::List => list(session).await,
            Self::Recount(args) => recount(session, args).await,
        }
    }
}

async fn list(session: &mut Session) -> Result<(), Failure> {
    let reply = session.ask("reading the list", Call::get("/limits")).await?;
    if session.json {
        return Ok(session.screen.json(&reply.body)?);
    }
    let names = reply.value()?;
    let limits = names.get("limits").and_then(Value::as_array).cloned().unwrap_or_default();
    let row = |limit: &Value| {
        let name = text(limit, "name");
        let of = |field: &str| limit.get(field).map(|value| amount(&name, value)).unwrap_or_default();
        let kind = match text(limit, "of_accounts").as_str() {
            "no" => "counted, of organisations".to_owned(),
            _ => text(limit, "kind"),
        };
        vec![
            Cell::plain(name.clone()),
            Cell::plain(text(limit, "words")),
            Cell::plain(kind),
            Cell::plain(of("usual")),
            Cell::plain(format!("{} to {}", of("least"), of("most"))),
        ]
    };
    let rows: Vec<_> = limits.iter().map(row).collect();
    table::write(&mut session.screen, &["limit", "what it counts", "held", "usually", "may be"], &rows)?;
    session.screen.text("")?;
    Ok(session.screen.text(&format!("features: {}", text(&names, "features")))?)
}

async fn recount(session: &mut Session, args: RecountArgs) -> Result<(), Failure> {
    let call = args.dry_run.call(Method::POST, "/limits/recount", json!(null)).patient();
    let reply = session.ask("counting", call).await?;
    if session.json {
        return Ok(session.screen.json(&reply.body)?);
    }
    let counted = reply.value()?;
    let wrong = counted.get("differences").and_then(Value::as_array).cloned().unwrap_or_default();
    let misstated = counted.get("misstated").and_then(Value::as_array).cloned().unwrap_or_default();
    if wrong.is_empty() && misstated.is_empty() {
        return Ok(session.screen.text("each counter is what it counts, and each limit what is said")?);
    }
    if !misstated.is_empty() {
        let row = |one: &Value| {
            ["name", "what", "written", "said"].map(|name| Cell::plain(text(one, name))).to_vec()
        };
        let rows: Vec<_> = misstated.iter().map(row).collect();
        table::write(&mut session.screen, &["account", "what", "written", "said"], &rows)?;
    }
    if wrong.is_empty() {
        return Ok(());
    }
    let row = |one: &Value| {
        let column = |name: &str| Cell::plain(text(one, name));
        vec![column("of"), column("id"), column("limit"), column("kept"), column("counted")]
    };
    let rows: Vec<_> = wrong.iter().map(row).collect();
    Ok(table::write(&mut session.screen, &["of", "id", "limit", "counter", "there are"], &rows)?)
}
