//! `holdfast second-factor`: an authenticator's codes, and what stands in for them.

use clap::Subcommand;
use hyper::Method;
use serde_json::{Value, json};

use crate::client::{Call, Reply};
use crate::failure::Failure;
use crate::fields::{self, moment, text};
use crate::run::Session;
use crate::screen::{Style, plain, span};
use crate::secret;

/// The second factor: what is asked for after the password
#[derive(Debug, Subcommand)]
pub(crate) enum SecondFactorCommand {
    /// Show one's own
    Show,
    /// Set up an authenticator: shows a secret for it, then asks for a code
    ///
    /// Without a terminal the code is given to `second-factor confirm`, within 15 minutes.
    Offer,
    /// Show a code of the secret that was offered; from now on one is asked for at every sign-in
    ///
    /// The code is read from standard input. One's other sessions end. Recovery codes are shown, once.
    Confirm,
    /// Remove the authenticator
    Delete,
    /// Make new recovery codes; those of before no longer work
    RecoveryCodes,
}

impl SecondFactorCommand {
    pub(crate) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        match self {
            Self::Show => show(session).await,
            Self::Offer => offer(session).await,
            Self::Confirm => confirm(session).await,
            Self::Delete => {
                session.ask("removing it", Call::new(Method::DELETE, "/second-factor/totp")).await?;
                if !session.json {
                    session.screen.text("no code of an authenticator is asked for any more")?;
                }
                Ok(())
            }
            Self::RecoveryCodes => {
                let call = Call::new(Method::POST, "/second-factor/recovery-codes");
                let reply = session.ask("making codes", call).await?;
                codes(session, &reply)
            }
        }
    }
}

async fn show(session: &mut Session) -> Result<(), Failure> {
    let reply = session.ask("asking", Call::get("/second-factor")).await?;
    if session.json {
        return Ok(session.screen.json(&reply.body)?);
    }
    let view = reply.value()?;
    let rows = [
        ("asked for", text(&view, "asked")),
        ("authenticator since", moment(&view, "totp_since")),
        ("passkeys", text(&view, "passkeys")),
        ("recovery codes left", text(&view, "recovery_codes_left")),
    ];
    Ok(fields::show(&mut session.screen, &rows)?)
}

async fn offer(session: &mut Session) -> Result<(), Failure> {
    let reply = session.ask("asking", Call::new(Method::POST, "/second-factor/totp")).await?;
    if session.json {
        return Ok(session.screen.json(&reply.body)?);
    }
    let offer = reply.value()?;
    fields::show(
        &mut session.screen,
        &[("secret", text(&offer, "secret")), ("as an address", text(&offer, "uri"))],
    )?;
    if session.screen.asks {
        session
            .screen
            .note(&[plain("Give the secret to your authenticator, then type the code that it shows.")])?;
        return confirm(session).await;
    }
    let words = format!(
        "show a code of it with `holdfast second-factor confirm` until {}",
        moment(&offer, "expires_at")
    );
    Ok(session.screen.note(&[span(Style::Dim, words)])?)
}

async fn confirm(session: &mut Session) -> Result<(), Failure> {
    let code = secret::read(&mut session.screen, "code")?;
    let call = Call::new(Method::POST, "/second-factor/totp/confirm").body(json!({ "code": code }));
    let reply = session.ask("confirming", call).await?;
    codes(session, &reply)
}

/// The codes alone are on standard output, one a line.
fn codes(session: &mut Session, reply: &Reply) -> Result<(), Failure> {
    if session.json {
        return Ok(session.screen.json(&reply.body)?);
    }
    let codes = reply.value()?;
    let codes = codes.get("codes").and_then(Value::as_array).cloned().unwrap_or_default();
    if codes.is_empty() {
        return Ok(session
            .screen
            .text("a code is asked for from now on; the recovery codes of before go on working")?);
    }
    for code in codes.iter().filter_map(Value::as_str) {
        session.screen.text(code)?;
    }
    let words = "Recovery codes: each signs in once, in the place of a code. Keep them where the authenticator is not; they are not shown again.";
    Ok(session.screen.note(&[plain(words)])?)
}

#[cfg(test)]
mod tests;
