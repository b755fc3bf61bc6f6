//! `holdfast session` and `holdfast password`: who is signed in.
//!
//! On the server itself root needs no session. From elsewhere, `session create` signs in with a password or a one-time link and writes the
//! session's token into a file that only its owner can read; `--token-file` names it from then on.

use std::path::{Path, PathBuf};

use clap::{ArgGroup, Args, Subcommand};
use hyper::{Method, StatusCode, header};
use serde_json::{Value, json};

use crate::client::{Call, Reply, segment};
use crate::failure::Failure;
use crate::fields::{self, moment, text};
use crate::run::Session;
use crate::screen::{Style, span};
use crate::secret;
use crate::table::{self, Cell};

/// Sessions: who is signed in
#[derive(Debug, Subcommand)]
pub(crate) enum SessionCommand {
    /// Sign in, and keep the session's token in a file for --token-file
    Create(CreateArgs),
    /// Sign out
    Delete,
    /// List one's own sessions, or a person's that one manages
    List(ListArgs),
    /// End one of one's own sessions, or of a person's that one manages
    Revoke(RevokeArgs),
    /// Show the password or a code once more, so that what is dangerous may be done for 10 minutes
    StepUp(StepUpArgs),
    /// Let those who manage one act as oneself for a while, where the organisation asks for that
    Consent(ConsentArgs),
    /// Let nobody act as oneself any longer
    WithdrawConsent,
}

/// How long
#[derive(Debug, Args)]
pub(crate) struct ConsentArgs {
    /// How many hours, at most a week
    #[arg(long, default_value = "24", value_parser = clap::value_parser!(u64).range(1..=168))]
    hours: u64,
}

/// How to sign in
#[derive(Debug, Args)]
#[group(skip)]
#[command(group = ArgGroup::new("how").required(true).multiple(false).args(["login", "link_stdin"]))]
pub(crate) struct CreateArgs {
    /// The login; the password is read from standard input, and a code of the second factor, where one is asked for, from a second line
    #[arg(long)]
    login: Option<String>,
    /// Read a one-time link, or its token, from standard input; a code of the second factor from a second line
    #[arg(long)]
    link_stdin: bool,
    /// The file for the token; it is made anew, for its owner alone
    #[arg(long, value_name = "FILE")]
    save: PathBuf,
}

/// What is shown
#[derive(Debug, Args)]
pub(crate) struct StepUpArgs {
    /// Read a code of the second factor from standard input, in place of the password
    #[arg(long)]
    code: bool,
}

/// Which session
#[derive(Debug, Args)]
pub(crate) struct RevokeArgs {
    /// Its id, from `holdfast session list`
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new(), required_unless_present = "all")]
    session: Option<String>,
    /// Whose; without it, one's own
    #[arg(long, value_name = "LOGIN")]
    person: Option<String>,
    /// All of that person's
    #[arg(long, requires = "person", conflicts_with = "session")]
    all: bool,
}

/// Whose sessions
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Whose; without it, one's own
    #[arg(long, value_name = "LOGIN")]
    person: Option<String>,
}

/// Where a person's sessions are, or one's own.
fn sessions_of(person: Option<&str>) -> String {
    person.map_or_else(|| "/sessions".to_owned(), |person| format!("/persons/{}/sessions", segment(person)))
}

/// Set one's own password; all of one's sessions end, and a new one begins
///
/// The password of now, where there is one, and the new one are read from standard input, one line each.
#[derive(Debug, Args)]
pub(crate) struct PasswordArgs {
    /// There is no password yet: the new one alone is read
    #[arg(long)]
    first: bool,
    /// The file for the new session's token; it is made anew, for its owner alone
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
}

impl SessionCommand {
    pub(crate) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        match self {
            Self::Create(args) => create(session, args).await,
            Self::Delete => {
                session.ask("signing out", Call::new(Method::DELETE, "/session")).await?;
                told(session, "signed out")
            }
            Self::List(args) => list(session, &sessions_of(args.person.as_deref())).await,
            Self::StepUp(args) => {
                let what = if args.code { "code" } else { "password" };
                let shown = secret::read(&mut session.screen, what)?;
                let call =
                    if args.code { step_up_by("code", &shown) } else { step_up_by("password", &shown) };
                let reply = session.ask("asking", call).await?;
                if session.json {
                    return Ok(session.screen.json(&reply.body)?);
                }
                let until = moment(&reply.value()?, "until");
                told(session, &format!("what is dangerous may be done until {until}"))
            }
            Self::Revoke(args) => {
                let mut path = sessions_of(args.person.as_deref());
                if let Some(one) = &args.session {
                    path = format!("{path}/{}", segment(one));
                }
                session.ask("ending the session", Call::new(Method::DELETE, path)).await?;
                told(session, if args.all { "all sessions have ended" } else { "the session has ended" })
            }
            Self::Consent(args) => {
                let body = json!({ "hours": args.hours });
                let call = Call::new(Method::POST, "/session/act-as-consent").body(body);
                let reply = session.ask("writing it down", call).await?;
                if session.json {
                    return Ok(session.screen.json(&reply.body)?);
                }
                let until = moment(&reply.value()?, "expires_at");
                Ok(session.screen.text(&format!("those who manage you may act as you until {until}"))?)
            }
            Self::WithdrawConsent => {
                session.ask("writing it down", Call::new(Method::DELETE, "/session/act-as-consent")).await?;
                told(session, "nobody may act as you by your consent")
            }
        }
    }
}

fn told(session: &mut Session, words: &str) -> Result<(), Failure> {
    if !session.json {
        session.screen.text(words)?;
    }
    Ok(())
}

/// The request that shows what was typed once more: six digits are a code, for no password is so short.
pub(crate) fn step_up(shown: &str) -> Call {
    let is_code = shown.len() == 6 && shown.bytes().all(|byte| byte.is_ascii_digit());
    step_up_by(if is_code { "code" } else { "password" }, shown)
}

fn step_up_by(what: &str, shown: &str) -> Call {
    Call::new(Method::POST, "/session/step-up").body(json!({ what: shown }))
}

/// Reads the first factor, and a code from a second line where there is one.
fn factors(session: &mut Session, what: &str) -> Result<(String, Option<String>), Failure> {
    let text = secret::read(&mut session.screen, what)?;
    Ok(match text.split_once('\n') {
        Some((first, code)) => (first.to_owned(), Some(code.trim().to_owned())),
        None => (text, None),
    })
}

/// Goes on with a sign-in that waits for the second factor.
async fn second_factor(session: &mut Session, asked: &Reply, code: Option<String>) -> Result<Reply, Failure> {
    let pending = asked.value()?;
    let code = match code {
        Some(code) => code,
        None if session.screen.asks => secret::read(&mut session.screen, "code of the second factor")?,
        None => {
            let reason = format!("the second factor is asked for: {}", text(&pending, "methods"));
            return Err(Failure::refused(reason, "Give a code on a second line of standard input."));
        }
    };
    let body = json!({ "token": text(&pending, "token"), "code": code });
    session.ask("signing in", Call::new(Method::POST, "/session/code").body(body)).await
}

async fn create(session: &mut Session, args: CreateArgs) -> Result<(), Failure> {
    let (call, code) = if let Some(login) = args.login {
        let (password, code) = factors(session, "password")?;
        let call = Call::new(Method::POST, "/session").body(json!({ "login": login, "password": password }));
        (call, code)
    } else {
        let (link, code) = factors(session, "link")?;
        // What stands behind # is the token.
        let token = link.trim().rsplit('#').next().unwrap_or_default().to_owned();
        (Call::new(Method::POST, "/session/link").body(json!({ "token": token })), code)
    };
    let mut reply = session.ask("signing in", call).await?;
    if reply.status == StatusCode::ACCEPTED {
        reply = second_factor(session, &reply, code).await?;
    }
    keep(&reply, &args.save)?;
    show(session, &reply)
}

/// The token of the cookie that a sign-in sets.
pub(crate) fn token(reply: &Reply) -> Result<&str, Failure> {
    let cookies =
        reply.headers.get_all(header::SET_COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut tokens = cookies.filter_map(|cookie| cookie.strip_prefix("__Host-holdfast=")?.split(';').next());
    let token = tokens.find(|token| !token.is_empty());
    token.ok_or_else(|| reply.not_understood("there is no session in it"))
}

fn keep(reply: &Reply, path: &Path) -> Result<(), Failure> {
    secret::keep(token(reply)?, path)
}

pub(crate) fn show(session: &mut Session, reply: &Reply) -> Result<(), Failure> {
    if session.json {
        return Ok(session.screen.json(&reply.body)?);
    }
    let view = reply.value()?;
    let roles = view.get("roles").and_then(Value::as_array).cloned().unwrap_or_default();
    let role = |held: &Value| {
        let (account, organisation) = (text(held, "account"), text(held, "organisation"));
        let at = if account.is_empty() { organisation } else { account };
        if at.is_empty() { text(held, "role") } else { format!("{} of {at}", text(held, "role")) }
    };
    let known_by = format!("{} {}", text(&view, "via"), text(&view, "token")).trim_end().to_owned();
    let consent = match moment(&view, "act_as_consent_until") {
        until if until.is_empty() => until,
        until => format!("those who manage one may act as one until {until}"),
    };
    let rows = [
        ("roles", roles.iter().map(role).collect::<Vec<_>>().join(", ")),
        ("acting", text(&view, "acting")),
        ("known by", known_by),
        ("factors", text(&view, "factors")),
        ("ends", moment(&view, "expires_at")),
        ("may", text(&view, "permissions")),
        ("consent", consent),
    ];
    session.screen.line(&[span(Style::Bold, text(&view, "login"))])?;
    Ok(fields::show(&mut session.screen, &rows)?)
}

async fn list(session: &mut Session, path: &str) -> Result<(), Failure> {
    let reply = session.ask("reading the list", Call::get(path)).await?;
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
            Cell::plain(text(own, "current")),
            Cell::styled(Style::Warn, text(own, "acting")),
            Cell::plain(text(own, "origin")),
            Cell::plain(text(own, "agent")),
            Cell::plain(text(own, "factors")),
            Cell::plain(moment(own, "created_at")),
            Cell::plain(moment(own, "last_seen_at")),
            Cell::plain(moment(own, "expires_at")),
        ]
    };
    let rows: Vec<_> = items.iter().map(row).collect();
    Ok(table::write(
        &mut session.screen,
        &["session", "this one", "acting", "from", "with", "by", "began", "last used", "ends"],
        &rows,
    )?)
}

impl PasswordArgs {
    pub(crate) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        let body = if self.first {
            let new = secret::read(&mut session.screen, "new password")?;
            if new.contains('\n') {
                return Err(Failure::refused("there is more than one line", "Give the new password alone."));
            }
            json!({ "new": new })
        } else {
            let (current, new) = secret::read_both(&mut session.screen)?;
            json!({ "current": current, "new": new })
        };
        let reply =
            session.ask("setting the password", Call::new(Method::PUT, "/password").body(body)).await?;
        if let Some(path) = &self.save {
            keep(&reply, path)?;
        }
        told(session, "the password is set; all sessions have ended")
    }
}

#[cfg(test)]
mod tests;
