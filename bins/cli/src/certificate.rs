//! `holdfast certificate`

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use hyper::Method;
use serde_json::{Value, json};

use crate::certificate_order::{self, RenewArgs};
use crate::change::{AgainArgs, Change, ChangeArgs, ConfirmArgs, IfMatchArgs, RehearsalArgs, Subject};
use crate::client::{Call, segment};
use crate::condition::Convergence;
use crate::failure::Failure;
use crate::fields::{self, day, moment, text};
use crate::list::{FilterArgs, PageArgs};
use crate::run::Session;
use crate::screen::Style;
use crate::table::Cell;

/// Certificates: what sites show to visitors who come by HTTPS
#[derive(Debug, Subcommand)]
pub(crate) enum CertificateCommand {
    /// List certificates; `--sort expires` shows first those that end soonest
    List(ListArgs),
    /// Show a certificate, and how it stands
    Show(IdArgs),
    /// Take in a certificate that was got elsewhere, with its key
    Bring(BringArgs),
    /// Have an authority issue a certificate for names of an account's sites
    Create(CreateArgs),
    /// Put another chain and key in the place of those that were brought
    Replace(ReplaceArgs),
    /// Remove a certificate that no site shows
    Delete(DeleteArgs),
    /// Put a certificate on the server again now, in place of after the pause: when what stood in the way was mended
    Retry(RetryArgs),
    /// Order a certificate at its authority now, whether or not it is due, and follow that to its end
    Renew(RenewArgs),
}

/// Which certificates
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Only of this account
    #[arg(long)]
    account: Option<String>,
    /// Only those with this part in one of their names
    #[arg(long, short, value_name = "TEXT")]
    query: Option<String>,
    #[command(flatten)]
    filter: FilterArgs,
    #[command(flatten)]
    page: PageArgs,
}

/// One certificate
#[derive(Debug, Args)]
pub(crate) struct IdArgs {
    /// Its id
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    certificate: String,
}

/// Certificate and key
#[derive(Debug, Args)]
pub(crate) struct PairArgs {
    /// A file with the certificate and those of its issuers in PEM, in any order
    #[arg(long, value_name = "FILE")]
    chain: PathBuf,
    /// A file with the private key in PEM, not encrypted
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
}

/// A certificate that is brought
#[derive(Debug, Args)]
pub(crate) struct BringArgs {
    /// Whose it is: the account's name or id
    account: String,
    #[command(flatten)]
    pair: PairArgs,
    #[command(flatten)]
    change: ChangeArgs,
}

/// A certificate that is asked for
#[derive(Debug, Args)]
pub(crate) struct CreateArgs {
    /// Whose it is: the account's name or id
    account: String,
    /// The names, which are names of the account's sites
    #[arg(required = true, value_name = "NAME")]
    names: Vec<String>,
    #[command(flatten)]
    change: ChangeArgs,
}

/// Which certificate, and what takes its place
#[derive(Debug, Args)]
pub(crate) struct ReplaceArgs {
    /// Its id
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    certificate: String,
    #[command(flatten)]
    pair: PairArgs,
    #[command(flatten)]
    if_match: IfMatchArgs,
    #[command(flatten)]
    change: ChangeArgs,
}

/// Which certificate
#[derive(Debug, Args)]
pub(crate) struct DeleteArgs {
    /// Its id
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    certificate: String,
    #[command(flatten)]
    confirm: ConfirmArgs,
    #[command(flatten)]
    if_match: IfMatchArgs,
    #[command(flatten)]
    change: ChangeArgs,
}

/// Which certificate
#[derive(Debug, Args)]
pub(crate) struct RetryArgs {
    /// Its id
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    certificate: String,
    #[command(flatten)]
    again: AgainArgs,
}

fn subject(id: &str) -> Subject {
    Subject::new("certificate", "/certificates", id)
}

impl CertificateCommand {
    /// How it is tried again, where the command does that.
    pub(crate) fn again(&mut self) -> Option<&mut AgainArgs> {
        match self {
            Self::Retry(args) => Some(&mut args.again),
            _ => None,
        }
    }

    /// Whether it only shows what it would do.
    pub(crate) fn rehearsal(&mut self) -> Option<&mut RehearsalArgs> {
        match self {
            Self::Renew(args) => Some(&mut args.rehearsal),
            _ => None,
        }
    }

    /// How the change is made, where the command makes one.
    pub(crate) fn change(&mut self) -> Option<&mut ChangeArgs> {
        match self {
            Self::Bring(args) => Some(&mut args.change),
            Self::Create(args) => Some(&mut args.change),
            Self::Replace(args) => Some(&mut args.change),
            Self::Delete(args) => Some(&mut args.change),
            Self::List(_) | Self::Show(_) | Self::Retry(_) | Self::Renew(_) => None,
        }
    }

    pub(crate) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        match self {
            Self::List(args) => list(session, &args).await,
            Self::Show(args) => show(session, &args.certificate).await,
            Self::Bring(args) => {
                let mut body = args.pair.body()?;
                body["account"] = args.account.into();
                let change = Change::create_by_id("certificate", "/certificates", body);
                args.change.run(session, change).await
            }
            Self::Create(args) => {
                let body = json!({ "account": args.account, "names": args.names });
                let change = Change::create_by_id("certificate", "/certificates", body);
                args.change.run(session, change).await
            }
            Self::Replace(args) => {
                let subject = subject(&args.certificate);
                let change = Change {
                    method: Method::PUT,
                    path: format!("{}/chain", subject.path),
                    body: Some(args.pair.body()?),
                    if_match: args.if_match.if_match,
                    subject,
                };
                args.change.run(session, change).await
            }
            Self::Delete(args) => {
                let question = format!("Remove certificate {} and its key?", args.certificate);
                args.change.confirm(session, args.confirm, &question)?;
                args.change.run(session, Change::delete(subject(&args.certificate), args.if_match)).await
            }
            Self::Renew(args) => args.run(session).await,
            Self::Retry(args) => {
                let subject = subject(&args.certificate);
                args.again.run(session, subject).await
            }
        }
    }
}

impl PairArgs {
    /// What the panel is sent of the two files.
    fn body(&self) -> Result<Value, Failure> {
        Ok(json!({ "chain": read("--chain", &self.chain)?, "key": read("--key", &self.key)? }))
    }
}

fn read(option: &str, file: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(file)
        .map_err(|error| Failure::Usage(format!("{option} {}: {error}", file.display())))
}

/// Whether it signs itself still.
fn signs_itself(certificate: &Value) -> bool {
    certificate.get("self_signed").and_then(Value::as_bool) == Some(true)
}

/// Who issued it, in one cell.
fn issuer(certificate: &Value) -> Cell {
    if signs_itself(certificate) {
        Cell::styled(Style::Warn, "self-signed")
    } else {
        Cell::plain(text(certificate, "issuer"))
    }
}

/// The names of the sites that show it.
fn sites(certificate: &Value) -> String {
    let sites = certificate.get("sites").and_then(Value::as_array);
    sites.into_iter().flatten().map(|site| text(site, "name")).collect::<Vec<_>>().join(", ")
}

async fn list(session: &mut Session, args: &ListArgs) -> Result<(), Failure> {
    let titles = ["certificate", "names", "account", "issuer", "until", "shown by", "condition"];
    let row = |certificate: &Value| {
        vec![
            Cell::plain(text(certificate, "id")),
            Cell::plain(text(certificate, "names")),
            Cell::plain(text(certificate, "account")),
            issuer(certificate),
            Cell::plain(day(certificate, "not_after")),
            Cell::plain(sites(certificate)),
            Convergence::of(certificate).cell(),
        ]
    };
    let filter = args.filter.query();
    let mut query = vec![("account", args.account.as_ref()), ("q", args.query.as_ref())];
    query.extend(filter.iter().map(|(name, value)| (*name, value.as_ref())));
    args.page.run(session, "/certificates", &query, (&titles, row)).await
}

async fn show(session: &mut Session, id: &str) -> Result<(), Failure> {
    let call = Call::get(format!("/certificates/{}", segment(id)));
    let reply = session.ask("looking at the certificate", call).await?;
    if session.json {
        return Ok(session.screen.json(&reply.body)?);
    }
    let certificate = reply.value()?;
    let from = if text(&certificate, "source") == "brought" { "its owner" } else { "an authority" };
    let issuer = if signs_itself(&certificate) {
        "itself (self-signed): browsers warn of it until an authority has issued it".to_owned()
    } else {
        text(&certificate, "issuer")
    };
    let mut rows = vec![
        ("account", text(&certificate, "account")),
        ("names", text(&certificate, "names")),
        ("from", from.to_owned()),
        ("issuer", issuer),
        ("for", text(&certificate, "covers")),
        ("valid from", moment(&certificate, "not_before")),
        ("valid until", moment(&certificate, "not_after")),
        ("serial", text(&certificate, "serial")),
        ("key", text(&certificate, "key_kind")),
        ("shown by", sites(&certificate)),
        ("made for site", text(&certificate, "site")),
        ("made", moment(&certificate, "created_at")),
        ("changed", moment(&certificate, "updated_at")),
    ];
    rows.extend(certificate_order::rows(&certificate));
    Ok(fields::show_object(&mut session.screen, &text(&certificate, "id"), &certificate, &rows)?)
}

#[cfg(test)]
mod tests;
