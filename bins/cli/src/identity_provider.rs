//! `holdfast identity-provider`: providers by which people sign in (OpenID Connect).

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
use crate::secret;
use crate::table::Cell;

/// Identity providers: people sign in with what they are known by elsewhere (OpenID Connect)
#[derive(Debug, Subcommand)]
pub(crate) enum IdentityProviderCommand {
    /// Add a provider, and show the address to be entered there
    Create(Box<CreateArgs>),
    /// List providers
    List(ListArgs),
    /// Show a provider, its mappings, and whether they are in force
    Show(NameArgs),
    /// Change a provider
    Edit(Box<EditArgs>),
    /// Remove a provider, all links to it, and all roles that it gave
    Delete(DeleteArgs),
}

/// A new provider
#[derive(Debug, Args)]
pub(crate) struct CreateArgs {
    /// Its name: lower-case letters, digits and hyphens; it never changes
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    name: String,
    /// Its issuer, letter by letter as it names itself: https://...; it never changes
    issuer: String,
    /// What it calls this panel
    #[arg(long)]
    client_id: String,
    /// Read the client's secret from standard input; without it, this is a public client
    #[arg(long)]
    client_secret_stdin: bool,
    /// What is on its button; without it, the name
    #[arg(long)]
    label: Option<String>,
    /// What is asked for beside `openid`; may be given several times; without it, profile and email
    #[arg(long = "scope", value_name = "SCOPE")]
    scopes: Vec<String>,
    /// The claim with a person's groups
    #[arg(long, value_name = "CLAIM")]
    groups_claim: Option<String>,
    /// Make people who have a group that is mapped
    #[arg(long)]
    makes_people: bool,
    /// What it asked people for is enough: no second factor of Holdfast's own
    #[arg(long)]
    second_factor_counts: bool,
    /// Whether one can sign in by it
    #[arg(long, value_name = "true|false")]
    enabled: Option<bool>,
    /// A group has a role in an organisation; may be given several times
    #[arg(long = "map", value_name = "GROUP=ROLE@ORGANISATION", value_parser = mapping)]
    mappings: Vec<Value>,
    #[command(flatten)]
    pub(crate) rehearsal: RehearsalArgs,
}

/// Which providers
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    page: PageArgs,
}

/// One provider
#[derive(Debug, Args)]
pub(crate) struct NameArgs {
    /// Name or id
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    identity_provider: String,
}

/// A change
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
#[derive(Debug, Args)]
#[group(skip)]
#[command(group = ArgGroup::new("what").required(true).multiple(true).args([
    "client_id", "client_secret_stdin", "no_client_secret", "label", "scopes", "groups_claim", "no_groups", "makes_people",
    "second_factor_counts", "enabled", "mappings", "no_mappings"]))]
pub(crate) struct EditArgs {
    /// Name or id
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    identity_provider: String,
    /// What it calls this panel
    #[arg(long)]
    client_id: Option<String>,
    /// Read the client's secret from standard input
    #[arg(long, conflicts_with = "no_client_secret")]
    client_secret_stdin: bool,
    /// The panel shows no secret: a public client
    #[arg(long)]
    no_client_secret: bool,
    /// What is on its button
    #[arg(long)]
    label: Option<String>,
    /// What is asked for beside `openid`, all of it; may be given several times
    #[arg(long = "scope", value_name = "SCOPE")]
    scopes: Vec<String>,
    /// The claim with a person's groups
    #[arg(long, value_name = "CLAIM", conflicts_with = "no_groups")]
    groups_claim: Option<String>,
    /// Groups are not looked at
    #[arg(long)]
    no_groups: bool,
    /// Whether people are made who have a group that is mapped
    #[arg(long, value_name = "true|false")]
    makes_people: Option<bool>,
    /// Whether what it asked people for is enough
    #[arg(long, value_name = "true|false")]
    second_factor_counts: Option<bool>,
    /// Whether one can sign in by it
    #[arg(long, value_name = "true|false")]
    enabled: Option<bool>,
    /// A group has a role in an organisation, all of them; may be given several times
    #[arg(long = "map", value_name = "GROUP=ROLE@ORGANISATION", value_parser = mapping, conflicts_with = "no_mappings")]
    mappings: Vec<Value>,
    /// No group gives anything
    #[arg(long)]
    no_mappings: bool,
    #[command(flatten)]
    pub(crate) rehearsal: RehearsalArgs,
}

/// Which provider goes
#[derive(Debug, Args)]
pub(crate) struct DeleteArgs {
    /// Name or id
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    identity_provider: String,
    #[command(flatten)]
    confirm: ConfirmArgs,
    #[command(flatten)]
    pub(crate) rehearsal: RehearsalArgs,
}

/// `GROUP=ROLE@ORGANISATION`; the group may hold both signs.
fn mapping(text: &str) -> Result<Value, String> {
    let split = text.rsplit_once('=').and_then(|(group, held)| Some((group, held.split_once('@')?)));
    let Some((group, (role, organisation))) = split.filter(|(group, _)| !group.is_empty()) else {
        return Err("write GROUP=ROLE@ORGANISATION, such as staff=developer@acme".to_owned());
    };
    Ok(json!({ "group": group, "role": role, "organisation": organisation }))
}

impl IdentityProviderCommand {
    /// How the change is rehearsed, where the command makes one.
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
            Self::Create(args) => create(session, *args).await,
            Self::List(args) => list(session, &args).await,
            Self::Show(args) => {
                let reply =
                    session.ask("looking at the provider", Call::get(path(&args.identity_provider))).await?;
                show(session, &reply)
            }
            Self::Edit(args) => edit(session, *args).await,
            Self::Delete(args) => delete(session, args).await,
        }
    }
}

fn path(provider: &str) -> String {
    format!("/identity-providers/{}", segment(provider))
}

async fn create(session: &mut Session, args: CreateArgs) -> Result<(), Failure> {
    let mut body = json!({ "name": args.name, "issuer": args.issuer, "client_id": args.client_id,
                           "makes_people": args.makes_people, "second_factor_counts": args.second_factor_counts });
    if args.client_secret_stdin {
        body["client_secret"] = secret::read(&mut session.screen, "client's secret")?.into();
    }
    if let Some(label) = args.label {
        body["label"] = label.into();
    }
    if !args.scopes.is_empty() {
        body["scopes"] = args.scopes.into();
    }
    if let Some(claim) = args.groups_claim {
        body["groups_claim"] = claim.into();
    }
    if let Some(enabled) = args.enabled {
        body["enabled"] = enabled.into();
    }
    if !args.mappings.is_empty() {
        body["mappings"] = args.mappings.into();
    }
    let call = args.rehearsal.call(Method::POST, "/identity-providers", body);
    let reply = session.ask("adding the provider", call).await?;
    if args.rehearsal.dry_run && !session.json {
        return Ok(session.screen.text("the provider would be added; nothing on the server hangs on it")?);
    }
    if session.json {
        return Ok(session.screen.json(&reply.body)?);
    }
    let made = reply.value()?;
    let redirect = text(&made, "redirect_uri");
    if redirect.is_empty() {
        let words = "the panel has no name yet: set panel.hostname, then enter the address that `identity-provider show` has";
        return Ok(session.screen.note(&[span(Style::Warn, words)])?);
    }
    session.screen.text(&redirect)?;
    Ok(session
        .screen
        .note(&[span(Style::Dim, "enter this address there, as where people are sent back to")])?)
}

async fn list(session: &mut Session, args: &ListArgs) -> Result<(), Failure> {
    let titles = ["provider", "button", "issuer", "people", "stands"];
    let row = |provider: &Value| {
        let enabled = provider.get("enabled").and_then(Value::as_bool) == Some(true);
        let stands = if enabled { Cell::plain("enabled") } else { Cell::styled(Style::Dim, "disabled") };
        vec![
            Cell::plain(text(provider, "name")),
            Cell::plain(text(provider, "label")),
            Cell::plain(text(provider, "issuer")),
            Cell::plain(text(provider, "people")),
            stands,
        ]
    };
    args.page.run(session, "/identity-providers", &[], (&titles, row)).await
}

fn show(session: &mut Session, reply: &Reply) -> Result<(), Failure> {
    if session.json {
        return Ok(session.screen.json(&reply.body)?);
    }
    let provider = reply.value()?;
    let rows = [
        ("button", text(&provider, "label")),
        ("issuer", text(&provider, "issuer")),
        ("client id", text(&provider, "client_id")),
        (
            "client secret",
            if provider.get("has_secret").and_then(Value::as_bool) == Some(true) {
                "set".to_owned()
            } else {
                String::new()
            },
        ),
        ("scopes", text(&provider, "scopes")),
        ("claim of groups", text(&provider, "groups_claim")),
        ("makes people", text(&provider, "makes_people")),
        ("second factor counts", text(&provider, "second_factor_counts")),
        ("enabled", text(&provider, "enabled")),
        ("people", text(&provider, "people")),
        ("sends back to", text(&provider, "redirect_uri")),
        ("made", moment(&provider, "created_at")),
        ("changed", moment(&provider, "updated_at")),
        ("id", text(&provider, "id")),
    ];
    session.screen.line(&[span(Style::Bold, text(&provider, "name"))])?;
    fields::show(&mut session.screen, &rows)?;
    for mapping in provider.get("mappings").and_then(Value::as_array).into_iter().flatten() {
        let words =
            format!("{}={}@{}", text(mapping, "group"), text(mapping, "role"), text(mapping, "organisation"));
        if mapping.get("in_force").and_then(Value::as_bool) == Some(true) {
            session.screen.line(&[span(Style::Dim, "  map "), plain(words)])?;
        } else {
            let why = "gives nothing: whoever made it may not give that any more";
            session.screen.line(&[
                span(Style::Dim, "  map "),
                plain(words),
                span(Style::Warn, format!("  {why}")),
            ])?;
        }
    }
    Ok(())
}

async fn edit(session: &mut Session, args: EditArgs) -> Result<(), Failure> {
    let mut body = json!({});
    let mut set = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            body[name] = value;
        }
    };
    set("client_id", args.client_id.map(Value::from));
    set("label", args.label.map(Value::from));
    set("scopes", (!args.scopes.is_empty()).then(|| args.scopes.into()));
    set("groups_claim", args.groups_claim.map(Value::from));
    set("makes_people", args.makes_people.map(Value::from));
    set("second_factor_counts", args.second_factor_counts.map(Value::from));
    set("enabled", args.enabled.map(Value::from));
    set("mappings", (args.no_mappings || !args.mappings.is_empty()).then(|| args.mappings.into()));
    set("groups_claim", args.no_groups.then_some(Value::Null));
    set("client_secret", args.no_client_secret.then_some(Value::Null));
    if args.client_secret_stdin {
        body["client_secret"] = secret::read(&mut session.screen, "client's secret")?.into();
    }
    let call = args.rehearsal.call(Method::PATCH, &path(&args.identity_provider), body);
    let reply = session.ask("changing the provider", call).await?;
    if args.rehearsal.dry_run && !session.json {
        return Ok(session
            .screen
            .text("the provider would be changed; nothing on the server hangs on it")?);
    }
    show(session, &reply)
}

async fn delete(session: &mut Session, args: DeleteArgs) -> Result<(), Failure> {
    let question = format!(
        "Remove the identity provider {}, all links to it and all roles that it gave?",
        args.identity_provider
    );
    if !args.rehearsal.dry_run {
        args.confirm.ask(session, false, &question)?;
    }
    let address = with_query(&path(&args.identity_provider), &args.rehearsal.query());
    let reply = session.ask("removing the provider", Call::new(Method::DELETE, address)).await?;
    if session.json {
        return if reply.body.is_empty() { Ok(()) } else { Ok(session.screen.json(&reply.body)?) };
    }
    let words =
        if args.rehearsal.dry_run { "the provider would be removed" } else { "the provider is removed" };
    Ok(session.screen.text(words)?)
}
