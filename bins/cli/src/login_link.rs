//! `holdfast login-link`

use clap::Args;
use hyper::Method;
use serde_json::json;

use crate::client::Call;
use crate::failure::Failure;
use crate::fields::{moment, text};
use crate::run::Session;
use crate::screen::{Style, plain, span};

/// Make a link that signs somebody in, once and within 15 minutes
///
/// Whoever has a second factor is asked for it then. The link alone is written to standard output.
#[derive(Debug, Args)]
pub(crate) struct LoginLinkArgs {
    /// Whose; without it, the administrator's (`admin`)
    login: Option<String>,
    /// Make a login that nobody has a further administrator's; root alone may
    #[arg(long, requires = "login")]
    administrator: bool,
    /// For somebody who has lost the second factor: the link asks for none; root alone may
    #[arg(long)]
    without_second_factor: bool,
}

impl LoginLinkArgs {
    pub(crate) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        let mut body = self.login.map_or_else(|| json!({}), |login| json!({ "login": login }));
        if self.administrator {
            body["administrator"] = true.into();
        }
        if self.without_second_factor {
            body["without_second_factor"] = true.into();
        }
        let reply = session.ask("making a link", Call::new(Method::POST, "/login-links").body(body)).await?;
        if session.json {
            return Ok(session.screen.json(&reply.body)?);
        }
        let link = reply.value()?;
        session.screen.text(&text(&link, "url"))?;
        let words = format!("signs {} in once, until {}", text(&link, "login"), moment(&link, "expires_at"));
        Ok(session.screen.note(&[span(Style::Dim, "this link "), plain(words)])?)
    }
}
