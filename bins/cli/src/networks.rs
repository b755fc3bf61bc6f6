//! `holdfast networks`: from where people may sign in.

use clap::{Args, Subcommand};
use hyper::Method;
use serde_json::json;

use crate::client::{Call, segment};
use crate::failure::Failure;
use crate::fields::text;
use crate::run::Session;

/// Networks from which one may sign in; the setting `sign_in.networks` holds for everybody besides
#[derive(Debug, Subcommand)]
pub(crate) enum NetworksCommand {
    /// Show one's own, or a person's that one manages
    Show(ShowArgs),
    /// Set one's own, or a person's that one manages
    ///
    /// Refused where it would shut out whoever sets them, or every administrator. Root on the server is never shut out.
    Set(SetArgs),
}

/// Whose networks
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// Whose; without it, one's own
    #[arg(long, value_name = "LOGIN")]
    person: Option<String>,
}

/// The networks
#[derive(Debug, Args)]
pub(crate) struct SetArgs {
    /// All of them, such as 203.0.113.0/24 or `2001:db8::/32`
    #[arg(value_name = "NETWORK", required_unless_present = "anywhere")]
    networks: Vec<String>,
    /// From anywhere: no network at all
    #[arg(long, conflicts_with = "networks")]
    anywhere: bool,
    /// Whose; without it, one's own
    #[arg(long, value_name = "LOGIN")]
    person: Option<String>,
}

fn path(person: Option<&str>) -> String {
    let of = |person| format!("/persons/{}/networks", segment(person));
    person.map_or_else(|| "/session/networks".to_owned(), of)
}

impl NetworksCommand {
    pub(crate) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        let reply = match self {
            Self::Show(args) => session.ask("asking", Call::get(path(args.person.as_deref()))).await?,
            Self::Set(args) => {
                let call = Call::new(Method::PUT, path(args.person.as_deref()));
                session.ask("setting the networks", call.body(json!({ "networks": args.networks }))).await?
            }
        };
        if session.json {
            return Ok(session.screen.json(&reply.body)?);
        }
        let networks = text(&reply.value()?, "networks");
        let words = if networks.is_empty() { "from anywhere" } else { &networks };
        Ok(session.screen.text(words)?)
    }
}
