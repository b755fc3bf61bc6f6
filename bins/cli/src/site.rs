//! `holdfast site`

use clap::{ArgGroup, Args, Subcommand};
use serde_json::{Map, Value, json};

use crate::change::{AgainArgs, Change, ChangeArgs, ConfirmArgs, IfMatchArgs, Subject};
use crate::client::Call;
use crate::condition::Convergence;
use crate::failure::Failure;
use crate::fields::{day, text};
use crate::list::{FilterArgs, PageArgs};
use crate::run::Session;
use crate::screen::plain;
use crate::site_log::{LogArgs, TrafficArgs};
use crate::table::Cell;

mod https;
mod serving;
mod shown;

use https::{HttpsArgs, NewHttpsArgs};
use serving::{Aliases, MaintenanceCommand, RedirectArgs};

/// Sites: names that are served from an account's files
#[derive(Debug, Subcommand)]
pub(crate) enum SiteCommand {
    /// Make a site
    Create(Box<CreateArgs>),
    /// List sites
    List(ListArgs),
    /// Show a site, and how it stands
    Show(NameArgs),
    /// Change a site
    Edit(Box<EditArgs>),
    /// Switch a site off: it answers as if nobody knew its names, which stay its own
    Disable(ActArgs),
    /// Switch a site on again
    Enable(ActArgs),
    /// Say how a site answers by HTTPS: at all, with which certificate, and what browsers are told
    Https(Box<HttpsArgs>),
    /// Say that a site is being worked on, or that it no longer is
    #[command(subcommand)]
    Maintenance(MaintenanceCommand),
    /// Suspend a site: it answers 503
    Suspend(ActArgs),
    /// Let a suspended site go on
    Unsuspend(ActArgs),
    /// Try a site again now, in place of after the pause: when what stood in the way was mended
    Retry(RetryArgs),
    /// Write a site's log: its requests, or the web server's errors
    Log(Box<LogArgs>),
    /// Show what a site's visitors asked for and were sent, day by day
    Traffic(TrafficArgs),
    /// Approve all names of a site as they are shown, so that they are served
    Approve(ApproveArgs),
    /// Remove a site; its files stay where they are
    Delete(DeleteArgs),
}

/// One site
#[derive(Debug, Args)]
pub(crate) struct NameArgs {
    /// One of its names, or its id
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    site: String,
}

/// A new site
#[derive(Debug, Args)]
pub(crate) struct CreateArgs {
    /// Whose it is: the account's name or id
    account: String,
    /// The primary name, such as www.example.test
    name: String,
    /// A further name; may be given again
    #[arg(long = "alias", value_name = "NAME")]
    aliases: Vec<String>,
    /// A further name whose visitors are sent on to the primary one; may be given again
    #[arg(long = "redirect-alias", value_name = "NAME")]
    redirect_aliases: Vec<String>,
    /// The PHP version, or "none"; without it, the newest on the server
    #[arg(long, value_name = "VERSION")]
    php: Option<String>,
    /// Where its files are, below the account's home [default: sites/NAME/public]
    #[arg(long, value_name = "PATH")]
    docroot: Option<String>,
    /// The largest request body, such as 64M
    #[arg(long, value_name = "SIZE")]
    body_size: Option<String>,
    /// Index files in their order, with commas between
    #[arg(long, value_name = "FILES", value_delimiter = ',')]
    index: Option<Vec<String>>,
    #[command(flatten)]
    redirect: RedirectArgs,
    #[command(flatten)]
    https: NewHttpsArgs,
    #[command(flatten)]
    change: ChangeArgs,
}

/// Which sites
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

/// What is to be otherwise
#[derive(Debug, Args)]
#[group(skip)]
#[command(override_usage = "holdfast site edit [OPTIONS] <SITE>")]
#[command(group = ArgGroup::new("what").required(true).multiple(true).args(["name", "aliases", "drop_aliases", "redirect_aliases", "no_redirect_aliases", "redirect", "php", "docroot", "body_size", "index"]))]
pub(crate) struct EditArgs {
    /// One of its names, or its id
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    site: String,
    /// The primary name; the old one is no longer the site's
    #[arg(long)]
    name: Option<String>,
    /// Add a further name; may be given again
    #[arg(long = "alias", value_name = "NAME")]
    aliases: Vec<String>,
    /// Take a further name away; may be given again
    #[arg(long = "drop-alias", value_name = "NAME")]
    drop_aliases: Vec<String>,
    /// Send visitors of a further name on to the primary one, and add it where the site does not have it; may be given again
    #[arg(long = "redirect-alias", value_name = "NAME")]
    redirect_aliases: Vec<String>,
    /// Send visitors of a further name on no longer; may be given again
    #[arg(long = "no-redirect-alias", value_name = "NAME")]
    no_redirect_aliases: Vec<String>,
    /// The PHP version, or "none"
    #[arg(long, value_name = "VERSION")]
    php: Option<String>,
    /// Where its files are, below the account's home; the old directory stays
    #[arg(long, value_name = "PATH")]
    docroot: Option<String>,
    /// The largest request body, such as 64M, or "default"
    #[arg(long, value_name = "SIZE")]
    body_size: Option<String>,
    /// Index files in their order, with commas between, or "default"
    #[arg(long, value_name = "FILES", value_delimiter = ',')]
    index: Option<Vec<String>>,
    #[command(flatten)]
    redirect: RedirectArgs,
    #[command(flatten)]
    if_match: IfMatchArgs,
    #[command(flatten)]
    change: ChangeArgs,
}

/// Which site
#[derive(Debug, Args)]
pub(crate) struct ActArgs {
    /// One of its names, or its id
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    site: String,
    #[command(flatten)]
    if_match: IfMatchArgs,
    #[command(flatten)]
    change: ChangeArgs,
}

/// Which site
#[derive(Debug, Args)]
pub(crate) struct RetryArgs {
    /// One of its names, or its id
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    site: String,
    #[command(flatten)]
    again: AgainArgs,
}

/// Which site
#[derive(Debug, Args)]
pub(crate) struct ApproveArgs {
    /// One of its names, or its id
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    site: String,
    #[command(flatten)]
    confirm: ConfirmArgs,
    #[command(flatten)]
    if_match: IfMatchArgs,
    #[command(flatten)]
    change: ChangeArgs,
}

/// Which site
#[derive(Debug, Args)]
pub(crate) struct DeleteArgs {
    /// One of its names, or its id
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    site: String,
    #[command(flatten)]
    confirm: ConfirmArgs,
    #[command(flatten)]
    if_match: IfMatchArgs,
    #[command(flatten)]
    change: ChangeArgs,
}

fn subject(name: &str) -> Subject {
    Subject::new("site", "/sites", name)
}

/// What visitors get, in one word.
fn serves(site: &Value) -> &'static str {
    let is = |field: &str| site.get(field).is_some_and(|value| !value.is_null() && *value != false);
    let shut = ["suspended", "disabled", "maintenance", "redirect"].into_iter().find(|field| is(field));
    shut.unwrap_or("files")
}

/// `none` is null: no PHP.
fn php(text: String) -> Value {
    if text == "none" { Value::Null } else { text.into() }
}

/// `default` is null: as usual.
fn or_default(text: String) -> Value {
    if text == "default" { Value::Null } else { text.into() }
}

impl SiteCommand {
    /// How it is tried again, where the command does that.
    pub(crate) fn again(&mut self) -> Option<&mut AgainArgs> {
        match self {
            Self::Retry(args) => Some(&mut args.again),
            _ => None,
        }
    }

    /// How the change is made, where the command makes one.
    pub(crate) fn change(&mut self) -> Option<&mut ChangeArgs> {
        match self {
            Self::Create(args) => Some(&mut args.change),
            Self::Edit(args) => Some(&mut args.change),
            Self::Https(args) => Some(&mut args.change),
            Self::Maintenance(command) => Some(command.change()),
            Self::Disable(args) | Self::Enable(args) | Self::Suspend(args) | Self::Unsuspend(args) => {
                Some(&mut args.change)
            }
            Self::Approve(args) => Some(&mut args.change),
            Self::Delete(args) => Some(&mut args.change),
            Self::List(_) | Self::Show(_) | Self::Retry(_) | Self::Log(_) | Self::Traffic(_) => None,
        }
    }

    pub(crate) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        match self {
            Self::Create(args) => create(session, *args).await,
            Self::List(args) => {
                let titles = ["site", "account", "php", "condition", "gen.", "serves", "made"];
                let row = |site: &Value| {
                    let stands = Convergence::of(site);
                    let php = Some(text(site, "php")).filter(|php| !php.is_empty());
                    vec![
                        Cell::plain(text(site, "name")),
                        Cell::plain(text(site, "account")),
                        Cell::plain(php.unwrap_or_else(|| "none".to_owned())),
                        stands.cell(),
                        Cell::plain(stands.generations()),
                        Cell::plain(serves(site)),
                        Cell::plain(day(site, "created_at")),
                    ]
                };
                let filter = args.filter.query();
                let mut query = vec![("account", args.account.as_ref()), ("q", args.query.as_ref())];
                query.extend(filter.iter().map(|(name, value)| (*name, value.as_ref())));
                args.page.run(session, "/sites", &query, (&titles, row)).await
            }
            Self::Show(args) => shown::show(session, &args.site).await,
            Self::Edit(args) => edit(session, *args).await,
            Self::Disable(args) => args.act(session, "disable").await,
            Self::Enable(args) => args.act(session, "enable").await,
            Self::Https(args) => args.run(session).await,
            Self::Maintenance(command) => command.run(session).await,
            Self::Suspend(args) => args.act(session, "suspend").await,
            Self::Unsuspend(args) => args.act(session, "unsuspend").await,
            Self::Retry(args) => {
                let subject = subject(&args.site);
                args.again.run(session, subject).await
            }
            Self::Log(args) => args.run(session).await,
            Self::Traffic(args) => args.run(session).await,
            Self::Approve(args) => approve(session, args).await,
            Self::Delete(args) => {
                let question = format!("Remove site {}? Its files stay where they are.", args.site);
                args.change.confirm(session, args.confirm, &question)?;
                args.change.run(session, Change::delete(subject(&args.site), args.if_match)).await
            }
        }
    }
}

impl ActArgs {
    async fn act(self, session: &mut Session, action: &str) -> Result<(), Failure> {
        let change = Change::act(subject(&self.site), action, json!({}), self.if_match);
        self.change.run(session, change).await
    }
}

/// Approves the names that are told here and no others: the site's owner may add one meanwhile, so the version that was read goes along.
async fn approve(session: &mut Session, args: ApproveArgs) -> Result<(), Failure> {
    let read = session.ask("looking at the site", Call::get(&subject(&args.site).path)).await?;
    let site = read.value()?;
    let pending = text(&site, "pending_names");
    if !pending.is_empty() {
        let words = format!("not approved yet, of account {}: {pending}", text(&site, "account"));
        session.screen.note(&[plain(words)])?;
        args.change.confirm(session, args.confirm, "Approve these names?")?;
    }
    let if_match = IfMatchArgs { if_match: Some(args.if_match.if_match.map_or_else(|| read.etag(), Ok)?) };
    args.change.run(session, Change::act(subject(&args.site), "approve", json!({}), if_match)).await
}

async fn create(session: &mut Session, args: CreateArgs) -> Result<(), Failure> {
    let mut body = Map::new();
    body.insert("account".to_owned(), args.account.into());
    body.insert("name".to_owned(), args.name.clone().into());
    let mut aliases = args.aliases;
    let sent_on = args.redirect_aliases.iter().filter(|name| !aliases.contains(name)).cloned();
    aliases.extend(sent_on.collect::<Vec<_>>());
    if !aliases.is_empty() {
        body.insert("aliases".to_owned(), aliases.into());
    }
    if !args.redirect_aliases.is_empty() {
        body.insert("redirected".to_owned(), args.redirect_aliases.into());
    }
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            body.insert(name.to_owned(), value);
        }
    };
    put("php", args.php.map(php));
    put("docroot", args.docroot.map(Value::from));
    put("body_size", args.body_size.map(Value::from));
    put("index", args.index.map(Value::from));
    put("redirect", args.redirect.value());
    put("https", args.https.value());
    let change = Change::create(subject(&args.name), "/sites", Value::Object(body));
    args.change.run(session, change).await
}

async fn edit(session: &mut Session, args: EditArgs) -> Result<(), Failure> {
    let mut fixed = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            fixed.insert(name.to_owned(), value);
        }
    };
    put("name", args.name.clone().map(Value::from));
    put("redirect", args.redirect.value());
    put("php", args.php.map(php));
    put("docroot", args.docroot.map(Value::from));
    put("body_size", args.body_size.map(or_default));
    let index = args.index.map(|files| if files == ["default"] { Value::Null } else { files.into() });
    put("index", index);
    let aliases = Aliases {
        name: args.name,
        add: args.aliases,
        drop: args.drop_aliases,
        send: args.redirect_aliases,
        keep: args.no_redirect_aliases,
    };
    let body = move |site: &Value| {
        let mut body = fixed.clone();
        aliases.put(site, &mut body)?;
        Ok(Value::Object(body))
    };
    args.change.edit(session, subject(&args.site), &args.if_match, body).await
}
