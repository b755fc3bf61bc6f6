//! `holdfast pool`

use clap::{Args, Subcommand};
use serde_json::Value;

use crate::change::{AgainArgs, Subject};
use crate::client::{Call, segment};
use crate::condition::Convergence;
use crate::failure::Failure;
use crate::fields::{self, moment, text};
use crate::list::PageArgs;
use crate::run::Session;
use crate::table::Cell;

/// Pools: an account's PHP of one version each; they come and go with the sites that need them
#[derive(Debug, Subcommand)]
pub(crate) enum PoolCommand {
    /// List pools
    List(ListArgs),
    /// Show a pool, and how it stands
    Show(NameArgs),
    /// Try a pool again now, in place of after the pause: when what stood in the way was mended
    Retry(RetryArgs),
}

/// Which pools
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Only of this account
    #[arg(long)]
    account: Option<String>,
    #[command(flatten)]
    page: PageArgs,
}

/// One pool
#[derive(Debug, Args)]
pub(crate) struct NameArgs {
    /// Name, such as alice-8.4, or id
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pool: String,
}

/// Which pool
#[derive(Debug, Args)]
pub(crate) struct RetryArgs {
    /// Name, such as alice-8.4, or id
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pool: String,
    #[command(flatten)]
    again: AgainArgs,
}

impl PoolCommand {
    /// How it is tried again, where the command does that.
    pub(crate) fn again(&mut self) -> Option<&mut AgainArgs> {
        match self {
            Self::Retry(args) => Some(&mut args.again),
            _ => None,
        }
    }

    pub(crate) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        match self {
            Self::List(args) => {
                let titles = ["pool", "account", "php", "sites", "condition", "gen."];
                let row = |pool: &Value| {
                    let stands = Convergence::of(pool);
                    vec![
                        Cell::plain(text(pool, "name")),
                        Cell::plain(text(pool, "account")),
                        Cell::plain(text(pool, "version")),
                        Cell::plain(text(pool, "sites")),
                        stands.cell(),
                        Cell::plain(stands.generations()),
                    ]
                };
                args.page.run(session, "/pools", &[("account", args.account.as_ref())], (&titles, row)).await
            }
            Self::Retry(args) => {
                let subject = Subject::new("pool", "/pools", &args.pool);
                args.again.run(session, subject).await
            }
            Self::Show(args) => {
                let call = Call::get(format!("/pools/{}", segment(&args.pool)));
                let reply = session.ask("looking at the pool", call).await?;
                if session.json {
                    return Ok(session.screen.json(&reply.body)?);
                }
                let pool = reply.value()?;
                let rows = [
                    ("account", text(&pool, "account")),
                    ("php", text(&pool, "version")),
                    ("sites", text(&pool, "sites")),
                    ("suspended", text(&pool, "suspended")),
                    ("made", moment(&pool, "created_at")),
                    ("id", text(&pool, "id")),
                ];
                Ok(fields::show_object(&mut session.screen, &text(&pool, "name"), &pool, &rows)?)
            }
        }
    }
}
