//! `holdfast webhook`

use clap::{ArgGroup, Args, Subcommand};
use hyper::Method;
use serde_json::{Value, json};

use crate::change::{ConfirmArgs, RehearsalArgs};
use crate::client::{Call, Reply, segment, with_query};
use crate::failure::Failure;
use crate::fields::{self, moment, text};
use crate::list::PageArgs;
use crate::run::Session;
use crate::screen::{Style, plain, span};
use crate::table::Cell;

/// Webhooks: events, told to other servers by HTTPS
#[derive(Debug, Subcommand)]
pub(crate) enum WebhookCommand {
    /// Make a webhook; its secret is shown this once
    Create(CreateArgs),
    /// List webhooks
    List(ListArgs),
    /// Show a webhook, and how it stands
    Show(NameArgs),
    /// Change a webhook
    Edit(EditArgs),
    /// Remove a webhook and all its messages
    Delete(DeleteArgs),
    /// Make a new secret, shown this once; the one of before is valid for a day more
    RotateSecret(NameArgs),
    /// Send a test message now, and show what came of it
    Test(NameArgs),
    /// List the messages to a webhook, the newest first
    Deliveries(DeliveriesArgs),
    /// Send one message, or all dead letters, once more
    Redeliver(DeliveryArgs),
    /// Forget one dead letter, or all of them
    Drop(DeliveryArgs),
}

/// A new webhook
#[derive(Debug, Args)]
pub(crate) struct CreateArgs {
    /// Its name: lower-case letters, digits and hyphens
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    name: String,
    /// Where messages go: https://...
    address: String,
    /// Only events of this code; may be given several times
    #[arg(long = "kind", value_name = "CODE")]
    kinds: Vec<String>,
    /// The organisation, by name or id, of whose accounts it is told; without it, one's own
    #[arg(long)]
    organisation: Option<String>,
    #[command(flatten)]
    pub(crate) rehearsal: RehearsalArgs,
}

/// Which webhooks
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    page: PageArgs,
}

/// One webhook
#[derive(Debug, Args)]
pub(crate) struct NameArgs {
    /// Name or id
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    webhook: String,
}

/// A change
#[derive(Debug, Args)]
#[group(skip)]
#[command(group = ArgGroup::new("what").required(true).multiple(true).args(["name", "address", "kinds", "all_kinds", "enabled"]))]
pub(crate) struct EditArgs {
    /// Name or id
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    webhook: String,
    /// A new name
    #[arg(long)]
    name: Option<String>,
    /// Where messages go: https://...
    #[arg(long)]
    address: Option<String>,
    /// Only events of this code; may be given several times
    #[arg(long = "kind", value_name = "CODE", conflicts_with = "all_kinds")]
    kinds: Vec<String>,
    /// All events
    #[arg(long)]
    all_kinds: bool,
    /// Whether messages are made and sent
    #[arg(long, value_name = "true|false")]
    enabled: Option<bool>,
    #[command(flatten)]
    pub(crate) rehearsal: RehearsalArgs,
}

/// Which webhook goes
#[derive(Debug, Args)]
pub(crate) struct DeleteArgs {
    /// Name or id
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    webhook: String,
    #[command(flatten)]
    confirm: ConfirmArgs,
    #[command(flatten)]
    pub(crate) rehearsal: RehearsalArgs,
}

/// Which messages
#[derive(Debug, Args)]
pub(crate) struct DeliveriesArgs {
    /// Name or id of the webhook
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    webhook: String,
    /// Only those that wait, were taken, or were given up
    #[arg(long, value_parser = ["pending", "delivered", "dead"])]
    state: Option<String>,
    #[command(flatten)]
    page: PageArgs,
}

/// Which message
#[derive(Debug, Args)]
pub(crate) struct DeliveryArgs {
    /// Name or id of the webhook
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    webhook: String,
    /// Id of the message; without it, all dead letters
    delivery: Option<String>,
}

impl WebhookCommand {
    /// Whether it only shows what it would do.
    pub(crate) fn rehearsal(&mut self) -> Option<&mut RehearsalArgs> {
        match self {
            Self::Create(args) => Some(&mut args.rehearsal),
            Self::Edit(args) => Some(&mut args.rehearsal),
            Self::Delete(args) => Some(&mut args.rehearsal),
            _ => None,
        }
    }

    pub(crate) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        match self {
            Self::Create(args) => create(session, args).await,
            Self::List(args) => list(session, &args).await,
            Self::Show(args) => {
                let reply = session.ask("looking at the webhook", Call::get(path(&args.webhook, ""))).await?;
                show(session, &reply)
            }
            Self::Edit(args) => edit(session, args).await,
            Self::Delete(args) => delete(session, args).await,
            Self::RotateSecret(args) => {
                let call = Call::new(Method::POST, path(&args.webhook, "/secret")).once();
                let reply = session.ask("making a new secret", call).await?;
                secret(session, &reply)
            }
            Self::Test(args) => test(session, &args).await,
            Self::Deliveries(args) => deliveries(session, &args).await,
            Self::Redeliver(args) => counted(session, args, "/redeliver", "to be sent once more").await,
            Self::Drop(args) => counted(session, args, "/drop", "forgotten").await,
        }
    }
}

fn path(webhook: &str, below: &str) -> String {
    format!("/webhooks/{}{below}", segment(webhook))
}

async fn create(session: &mut Session, args: CreateArgs) -> Result<(), Failure> {
    let mut body = json!({ "name": args.name, "url": args.address });
    if !args.kinds.is_empty() {
        body["kinds"] = args.kinds.into();
    }
    if let Some(organisation) = args.organisation {
        body["organisation"] = organisation.into();
    }
    let reply =
        session.ask("making the webhook", args.rehearsal.call(Method::POST, "/webhooks", body)).await?;
    if args.rehearsal.dry_run && !session.json {
        return Ok(session.screen.text("the webhook would be made; nothing on the server hangs on it")?);
    }
    secret(session, &reply)
}

/// The secret alone is on standard output, for scripts.
fn secret(session: &mut Session, reply: &Reply) -> Result<(), Failure> {
    if session.json {
        return Ok(session.screen.json(&reply.body)?);
    }
    let made = reply.value()?;
    session.screen.text(&text(&made, "secret"))?;
    let webhook = made.get("webhook").cloned().unwrap_or_default();
    let words = format!("{} signs with this secret, which is not shown again", text(&webhook, "name"));
    session.screen.note(&[span(Style::Dim, "webhook "), plain(words)])?;
    Ok(())
}

async fn list(session: &mut Session, args: &ListArgs) -> Result<(), Failure> {
    let titles = ["webhook", "address", "events", "stands"];
    let row = |webhook: &Value| {
        vec![
            Cell::plain(text(webhook, "name")),
            Cell::plain(text(webhook, "url")),
            Cell::plain(kinds(webhook)),
            stands(webhook),
        ]
    };
    args.page.run(session, "/webhooks", &[], (&titles, row)).await
}

fn kinds(webhook: &Value) -> String {
    let kinds = text(webhook, "kinds");
    if kinds.is_empty() { "all".to_owned() } else { kinds }
}

fn is_paused(webhook: &Value) -> bool {
    webhook.get("paused").and_then(Value::as_bool) == Some(true)
}

fn stands(webhook: &Value) -> Cell {
    let failures = webhook.get("failures").and_then(Value::as_i64).unwrap_or(0);
    match (text(webhook, "disabled_reason").as_str(), failures) {
        ("", _) if is_paused(webhook) => Cell::styled(Style::Dim, "paused: its organisation is suspended"),
        ("", 0) => Cell::plain("well"),
        ("", _) => Cell::styled(Style::Warn, format!("fails since {}", moment(webhook, "failing_since"))),
        ("unreachable", _) => Cell::styled(Style::Bad, "given up: it was away for days"),
        _ => Cell::styled(Style::Dim, "disabled"),
    }
}

fn show(session: &mut Session, reply: &Reply) -> Result<(), Failure> {
    if session.json {
        return Ok(session.screen.json(&reply.body)?);
    }
    let webhook = reply.value()?;
    let failures = text(&webhook, "failures");
    let rows = [
        ("address", text(&webhook, "url")),
        ("events", kinds(&webhook)),
        ("organisation", text(&webhook, "organisation")),
        ("enabled", text(&webhook, "enabled")),
        ("why not", text(&webhook, "disabled_reason")),
        (
            "paused",
            if is_paused(&webhook) { "its organisation is suspended".to_owned() } else { String::new() },
        ),
        ("failures in a row", if failures == "0" { String::new() } else { failures }),
        ("failing since", moment(&webhook, "failing_since")),
        ("old secret until", moment(&webhook, "old_secret_until")),
        ("made", moment(&webhook, "created_at")),
        ("changed", moment(&webhook, "updated_at")),
        ("id", text(&webhook, "id")),
    ];
    session.screen.line(&[span(Style::Bold, text(&webhook, "name"))])?;
    Ok(fields::show(&mut session.screen, &rows)?)
}

async fn edit(session: &mut Session, args: EditArgs) -> Result<(), Failure> {
    let mut body = json!({});
    if let Some(name) = args.name {
        body["name"] = name.into();
    }
    if let Some(address) = args.address {
        body["url"] = address.into();
    }
    if args.all_kinds {
        body["kinds"] = Value::Null;
    } else if !args.kinds.is_empty() {
        body["kinds"] = args.kinds.into();
    }
    if let Some(enabled) = args.enabled {
        body["enabled"] = enabled.into();
    }
    let call = args.rehearsal.call(Method::PATCH, &path(&args.webhook, ""), body);
    let reply = session.ask("changing the webhook", call).await?;
    if args.rehearsal.dry_run && !session.json {
        return Ok(session.screen.text("the webhook would be changed; nothing on the server hangs on it")?);
    }
    show(session, &reply)
}

async fn delete(session: &mut Session, args: DeleteArgs) -> Result<(), Failure> {
    let question = format!("Remove the webhook {} and all its messages?", args.webhook);
    if !args.rehearsal.dry_run {
        args.confirm.ask(session, false, &question)?;
    }
    let call = Call::new(Method::DELETE, with_query(&path(&args.webhook, ""), &args.rehearsal.query()));
    let reply = session.ask("removing the webhook", call).await?;
    if session.json && !reply.body.is_empty() {
        return Ok(session.screen.json(&reply.body)?);
    }
    if session.json {
        return Ok(());
    }
    let words =
        if args.rehearsal.dry_run { "the webhook would be removed" } else { "the webhook is removed" };
    Ok(session.screen.text(words)?)
}

async fn test(session: &mut Session, args: &NameArgs) -> Result<(), Failure> {
    let call = Call::new(Method::POST, path(&args.webhook, "/test")).patient();
    let reply = session.ask("sending a test message", call).await?;
    let tested = reply.value()?;
    let taken = tested.get("delivered").and_then(Value::as_bool) == Some(true);
    if session.json {
        session.screen.json(&reply.body)?;
    } else if taken {
        session.screen.text(&format!("taken: the receiver answered {}", text(&tested, "status")))?;
    } else {
        session.screen.text(&format!("not taken: {}", text(&tested, "error")))?;
    }
    if taken { Ok(()) } else { Err(Failure::Found) }
}

async fn deliveries(session: &mut Session, args: &DeliveriesArgs) -> Result<(), Failure> {
    let titles = ["message", "event", "state", "tries", "made", "next", "why"];
    let row = |message: &Value| {
        let state = text(message, "state");
        let style = match state.as_str() {
            "dead" => Style::Bad,
            "pending" => Style::Warn,
            _ => Style::Plain,
        };
        vec![
            Cell::plain(text(message, "id")),
            Cell::plain(text(message, "code")),
            Cell::styled(style, state),
            Cell::plain(text(message, "attempts")),
            Cell::plain(moment(message, "created_at")),
            Cell::plain(moment(message, "next_attempt_at")),
            Cell::plain(text(message, "last_error")),
        ]
    };
    let path = path(&args.webhook, "/deliveries");
    args.page.run(session, &path, &[("state", args.state.as_ref())], (&titles, row)).await
}

async fn counted(session: &mut Session, args: DeliveryArgs, below: &str, words: &str) -> Result<(), Failure> {
    let body = args.delivery.map_or_else(|| json!({}), |delivery| json!({ "delivery": delivery }));
    let call = Call::new(Method::POST, path(&args.webhook, below)).body(body).once();
    let reply = session.ask("asking", call).await?;
    if session.json {
        return Ok(session.screen.json(&reply.body)?);
    }
    let count = text(&reply.value()?, "count");
    Ok(session.screen.text(&format!("{count} {words}"))?)
}
