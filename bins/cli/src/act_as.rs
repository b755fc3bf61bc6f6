//! `holdfast act-as`, and `--as` of every command: working as a person below, visibly and for a while.

use std::path::PathBuf;

use clap::Args;
use hyper::Method;
use serde_json::{Value, json};

use crate::client::Call;
use crate::failure::{self, Failure};
use crate::fields::{moment, text};
use crate::run::Session;
use crate::screen::{Style, plain, span};
use crate::{secret, session};

/// Make a link that begins a session as somebody, once and within 5 minutes
///
/// Open it in a private window: it takes the place of the session that the browser has. The link alone is written to standard output. All
/// that is done in the session bears both names; the person sees it and can end it. For single commands there is `--as LOGIN`.
#[derive(Debug, Args)]
pub(crate) struct ActAsArgs {
    /// Whom to act as
    login: String,
    /// How many minutes the session lasts, however much it is used
    #[arg(long, default_value = "60", value_parser = clap::value_parser!(u64).range(1..=60))]
    minutes: u64,
    /// Why, for the audit
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Begin the session at once, and keep its token in this file, for --token-file
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
}

impl ActAsArgs {
    pub(crate) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        let mut body = json!({ "login": self.login, "minutes": self.minutes });
        if let Some(reason) = &self.reason {
            body["reason"] = reason.as_str().into();
        }
        let reply = session.ask("asking for a link", Call::new(Method::POST, "/act-as").body(body)).await?;
        let link = reply.value()?;
        if let Some(path) = &self.save {
            let reply = follow(session, &link).await?;
            secret::keep(session::token(&reply)?, path)?;
            return session::show(session, &reply);
        }
        if session.json {
            return Ok(session.screen.json(&reply.body)?);
        }
        session.screen.text(&text(&link, "url"))?;
        let words = format!(
            "begins a session as {} once, until {}; the session lasts {} minutes",
            text(&link, "login"),
            moment(&link, "expires_at"),
            text(&link, "minutes")
        );
        Ok(session.screen.note(&[span(Style::Dim, "this link "), plain(words)])?)
    }
}

async fn follow(session: &mut Session, link: &Value) -> Result<crate::client::Reply, Failure> {
    let body = json!({ "token": text(link, "token") });
    session.ask("beginning the session", Call::new(Method::POST, "/session/link").body(body)).await
}

/// Begins a session as somebody, for one command.
pub(crate) async fn begin(session: &mut Session, login: &str) -> Result<(), Failure> {
    let body = json!({ "login": login });
    let link =
        session.ask("asking for a link", Call::new(Method::POST, "/act-as").body(body)).await?.value()?;
    let reply = follow(session, &link).await?;
    session.client.set_token(session::token(&reply)?.to_owned());
    Ok(())
}

/// Ends it. Where that fails it ends by itself.
pub(crate) async fn end(session: &mut Session) -> Result<(), Failure> {
    match session.ask("ending the session", Call::new(Method::DELETE, "/session")).await {
        Ok(_) => Ok(()),
        // The command may have ended it.
        Err(Failure::Problem(problem)) if problem.status == 401 => Ok(()),
        Err(failure) => {
            let words =
                format!("the session could not be ended, and ends by itself within the hour: {failure}");
            Ok(failure::error(&mut session.screen, &words)?)
        }
    }
}

#[cfg(test)]
mod tests;
