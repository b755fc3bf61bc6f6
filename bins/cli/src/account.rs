//! `holdfast account`

mod shown;

use clap::{ArgGroup, Args, Subcommand};
use serde_json::{Map, Value, json};

use crate::change::{AgainArgs, Change, ChangeArgs, ConfirmArgs, IfMatchArgs, Subject};
use crate::condition::Convergence;
use crate::failure::Failure;
use crate::fields::{day, text};
use crate::list::{FilterArgs, PageArgs};
use crate::run::Session;
use crate::screen::plain;
use crate::secret;
use crate::sold::{SoldArgs, size};
use crate::table::Cell;

/// Accounts: one Linux user and its sites each
#[derive(Debug, Subcommand)]
pub(crate) enum AccountCommand {
    /// Make an account and its owner
    Create(Box<CreateArgs>),
    /// List accounts
    List(ListArgs),
    /// Show an account, and how it stands
    Show(NameArgs),
    /// Change an account
    Edit(Box<EditArgs>),
    /// Suspend an account: no SFTP, no PHP, and its sites answer 503
    Suspend(SuspendArgs),
    /// Let a suspended account go on
    Unsuspend(ActArgs),
    /// Try an account again now, in place of after the pause: when what stood in the way was mended
    Retry(RetryArgs),
    /// Remove an account that has no sites; its home is moved to the trash
    Delete(DeleteArgs),
    /// Show what an account may have, and how much of it is used
    Limits(NameArgs),
    /// Give an account a package, and limits and features of its own
    Sell(Box<SellArgs>),
    /// Count what an account takes on the disk, or show what it took day by day
    Usage(UsageArgs),
}

/// One account
#[derive(Debug, Args)]
pub(crate) struct NameArgs {
    /// Name or id
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    account: String,
}

/// Which account
#[derive(Debug, Args)]
pub(crate) struct RetryArgs {
    /// Name or id
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    account: String,
    #[command(flatten)]
    again: AgainArgs,
}

/// Whose usage
#[derive(Debug, Args)]
pub(crate) struct UsageArgs {
    /// Name or id
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    account: String,
    /// Show what was noted on each of the last days instead: disk space, files, and what its sites sent
    #[arg(long, value_name = "N")]
    days: Option<u32>,
}

/// Limits of all that an account runs
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Limits")]
pub(crate) struct LimitArgs {
    /// Processor time, in per cent of one processor
    #[arg(long, value_name = "PERCENT")]
    cpu: Option<u32>,
    /// Memory, such as 512M or 2G
    #[arg(long, value_name = "SIZE", value_parser = size)]
    memory: Option<u64>,
    /// Processes and threads
    #[arg(long, value_name = "COUNT")]
    tasks: Option<u32>,
    /// Share of the disks' throughput; 100 is usual
    #[arg(long, value_name = "WEIGHT")]
    io_weight: Option<u32>,
    /// Disk space, such as 512M or 10G, or "none" for no limit
    #[arg(long, value_name = "SIZE", value_parser = disk)]
    disk: Option<Most>,
    /// Files, directories and links, or "none" for no limit
    #[arg(long, value_name = "COUNT", value_parser = inodes)]
    inodes: Option<Most>,
}

/// A limit that may be none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Most(Option<u64>);

fn disk(text: &str) -> Result<Most, String> {
    if text == "none" { Ok(Most(None)) } else { size(text).map(|bytes| Most(Some(bytes))) }
}

fn inodes(text: &str) -> Result<Most, String> {
    let count = |text: &str| text.parse().map_err(|_| "must be a whole number, or \"none\"".to_owned());
    if text == "none" { Ok(Most(None)) } else { count(text).map(|count| Most(Some(count))) }
}

impl LimitArgs {
    fn into_json(self) -> Option<Value> {
        let mut limits = Map::new();
        let mut put = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                limits.insert(name.to_owned(), value);
            }
        };
        put("cpu_percent", self.cpu.map(Value::from));
        put("memory_bytes", self.memory.map(Value::from));
        put("tasks", self.tasks.map(Value::from));
        put("io_weight", self.io_weight.map(Value::from));
        put("disk_bytes", self.disk.map(|most| most.0.into()));
        put("inodes", self.inodes.map(|most| most.0.into()));
        (!limits.is_empty()).then_some(Value::Object(limits))
    }
}

/// A new account
#[derive(Debug, Args)]
pub(crate) struct CreateArgs {
    /// The name: the Linux user's and the owner's login, 2 to 31 small letters and digits; it never changes
    name: String,
    /// Where to write to
    #[arg(long)]
    email: String,
    /// The organisation that it belongs to; left out: your own
    #[arg(long, value_name = "NAME")]
    organisation: Option<String>,
    /// What it is sold: the name or id of a package, or "none"; left out: that of the setting package.default
    #[arg(long, value_name = "NAME")]
    package: Option<String>,
    /// Read the password from standard input; it signs the owner in and opens SFTP
    #[arg(long)]
    password_stdin: bool,
    /// A public key that opens SFTP, as one line; may be given again
    #[arg(long = "ssh-key", value_name = "LINE")]
    ssh_keys: Vec<String>,
    /// A file with public keys that open SFTP, such as `~/.ssh/id_ed25519.pub`; may be given again
    #[arg(long = "ssh-key-file", value_name = "FILE")]
    ssh_key_files: Vec<std::path::PathBuf>,
    #[command(flatten)]
    limits: LimitArgs,
    #[command(flatten)]
    change: ChangeArgs,
}

/// Which accounts
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Only names with this part
    #[arg(long, short, value_name = "TEXT")]
    query: Option<String>,
    /// Only those that were sold this package: its name or id
    #[arg(long, value_name = "PACKAGE")]
    package: Option<String>,
    #[command(flatten)]
    filter: FilterArgs,
    #[command(flatten)]
    page: PageArgs,
}

/// What is to be otherwise
#[derive(Debug, Args)]
#[group(skip)]
#[command(override_usage = "holdfast account edit [OPTIONS] <ACCOUNT>")]
#[command(group = ArgGroup::new("what").required(true).multiple(true).args(["email", "password_stdin", "ssh_keys", "ssh_key_files", "drop_ssh_keys", "no_ssh_keys", "cpu", "memory", "tasks", "io_weight", "disk", "inodes"]))]
pub(crate) struct EditArgs {
    /// Name or id
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    account: String,
    /// Where to write to
    #[arg(long)]
    email: Option<String>,
    /// Read a new password from standard input; all sessions of the owner end
    #[arg(long)]
    password_stdin: bool,
    /// Read the password of now too, in a line before the new one; who is no administrator needs it
    #[arg(long, requires = "password_stdin")]
    with_current: bool,
    /// Add a public key that opens SFTP, as one line; may be given again
    #[arg(long = "ssh-key", value_name = "LINE")]
    ssh_keys: Vec<String>,
    /// Add the public keys of a file; may be given again
    #[arg(long = "ssh-key-file", value_name = "FILE")]
    ssh_key_files: Vec<std::path::PathBuf>,
    /// Remove the public keys whose line has this text, such as its comment; may be given again
    #[arg(long = "drop-ssh-key", value_name = "TEXT")]
    drop_ssh_keys: Vec<String>,
    /// Remove all public keys that were there
    #[arg(long)]
    no_ssh_keys: bool,
    #[command(flatten)]
    limits: LimitArgs,
    #[command(flatten)]
    if_match: IfMatchArgs,
    #[command(flatten)]
    change: ChangeArgs,
}

/// What it is to be sold
#[derive(Debug, Args)]
#[group(skip)]
#[command(override_usage = "holdfast account sell [OPTIONS] <ACCOUNT>")]
#[command(group = ArgGroup::new("what").required(true).multiple(true).args(["package", "limits", "features"]))]
pub(crate) struct SellArgs {
    /// Name or id
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    account: String,
    /// The name or id of a package, or "none"
    #[arg(long, value_name = "NAME")]
    package: Option<String>,
    #[command(flatten)]
    sold: SoldArgs,
    #[command(flatten)]
    if_match: IfMatchArgs,
    #[command(flatten)]
    change: ChangeArgs,
}

/// Which account, and why
#[derive(Debug, Args)]
pub(crate) struct SuspendArgs {
    /// Name or id
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    account: String,
    /// Why; shown to whoever looks at the account
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    if_match: IfMatchArgs,
    #[command(flatten)]
    change: ChangeArgs,
}

/// Which account
#[derive(Debug, Args)]
pub(crate) struct ActArgs {
    /// Name or id
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    account: String,
    #[command(flatten)]
    if_match: IfMatchArgs,
    #[command(flatten)]
    change: ChangeArgs,
}

/// Which account
#[derive(Debug, Args)]
pub(crate) struct DeleteArgs {
    /// Name or id
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    account: String,
    #[command(flatten)]
    confirm: ConfirmArgs,
    #[command(flatten)]
    if_match: IfMatchArgs,
    #[command(flatten)]
    change: ChangeArgs,
}

fn subject(name: &str) -> Subject {
    Subject::new("account", "/accounts", name)
}

/// The lines of files with public keys; empty ones and comments are passed over.
fn key_lines(lines: &[String], files: &[std::path::PathBuf]) -> Result<Vec<String>, Failure> {
    let mut keys = lines.to_vec();
    for file in files {
        let text = std::fs::read_to_string(file)
            .map_err(|error| Failure::Usage(format!("--ssh-key-file {}: {error}", file.display())))?;
        let wanted = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        keys.extend(wanted.map(str::to_owned));
    }
    Ok(keys)
}

impl AccountCommand {
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
            Self::Suspend(args) => Some(&mut args.change),
            Self::Unsuspend(args) => Some(&mut args.change),
            Self::Delete(args) => Some(&mut args.change),
            Self::Sell(args) => Some(&mut args.change),
            Self::List(_) | Self::Show(_) | Self::Retry(_) | Self::Limits(_) | Self::Usage(_) => None,
        }
    }

    pub(crate) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        match self {
            Self::Create(args) => create(session, *args).await,
            Self::List(args) => {
                let titles =
                    ["account", "condition", "gen.", "organisation", "email", "uid", "suspended", "made"];
                let row = |account: &Value| {
                    let stands = Convergence::of(account);
                    vec![
                        Cell::plain(text(account, "name")),
                        stands.cell(),
                        Cell::plain(stands.generations()),
                        Cell::plain(text(account, "organisation")),
                        Cell::plain(text(account, "email")),
                        Cell::plain(text(account, "uid")),
                        Cell::plain(text(account, "suspended")),
                        Cell::plain(day(account, "created_at")),
                    ]
                };
                let filter = args.filter.query();
                let mut query = vec![("q", args.query.as_ref()), ("package", args.package.as_ref())];
                query.extend(filter.iter().map(|(name, value)| (*name, value.as_ref())));
                args.page.run(session, "/accounts", &query, (&titles, row)).await
            }
            Self::Show(args) => shown::show(session, &args.account).await,
            Self::Edit(args) => edit(session, *args).await,
            Self::Suspend(args) => {
                let body = args.reason.map_or_else(|| json!({}), |reason| json!({ "reason": reason }));
                let change = Change::act(subject(&args.account), "suspend", body, args.if_match);
                args.change.run(session, change).await
            }
            Self::Unsuspend(args) => {
                let change = Change::act(subject(&args.account), "unsuspend", json!({}), args.if_match);
                args.change.run(session, change).await
            }
            Self::Retry(args) => {
                let subject = subject(&args.account);
                args.again.run(session, subject).await
            }
            Self::Delete(args) => {
                let question = format!("Remove account {}? Its home is moved to the trash.", args.account);
                args.change.confirm(session, args.confirm, &question)?;
                args.change.run(session, Change::delete(subject(&args.account), args.if_match)).await
            }
            Self::Limits(args) => shown::limits(session, &args.account).await,
            Self::Sell(args) => sell(session, *args).await,
            Self::Usage(UsageArgs { account, days: None }) => shown::usage(session, &account).await,
            Self::Usage(UsageArgs { account, days: Some(days) }) => {
                shown::history(session, &account, days).await
            }
        }
    }
}

async fn create(session: &mut Session, args: CreateArgs) -> Result<(), Failure> {
    let mut body = json!({ "name": args.name, "email": args.email });
    if let Some(organisation) = args.organisation {
        body["organisation"] = organisation.into();
    }
    if let Some(package) = args.package {
        body["package"] = package_key(package);
    }
    let keys = key_lines(&args.ssh_keys, &args.ssh_key_files)?;
    if !keys.is_empty() {
        body["ssh_keys"] = keys.into();
    }
    if let Some(limits) = args.limits.into_json() {
        body["limits"] = limits;
    }
    if args.password_stdin {
        body["password"] = secret::read(&mut session.screen, "password")?.into();
    }
    let closed = body.get("password").is_none() && body.get("ssh_keys").is_none();
    args.change.run(session, Change::create(subject(&args.name), "/accounts", body)).await?;
    if closed && !session.json && !args.change.is_dry_run() {
        let words = format!(
            "it has neither password nor key yet, so nobody can sign in or use SFTP: `holdfast account edit {} --password-stdin`",
            args.name
        );
        session.screen.note(&[plain(words)])?;
    }
    Ok(())
}

/// `none` is null: no package.
fn package_key(text: String) -> Value {
    if text == "none" { Value::Null } else { text.into() }
}

async fn sell(session: &mut Session, args: SellArgs) -> Result<(), Failure> {
    let mut body = Map::new();
    if let Some(package) = args.package {
        body.insert("package".to_owned(), package_key(package));
    }
    args.sold.put(&mut body);
    let body = |_: &Value| Ok(Value::Object(body.clone()));
    args.change.edit_below(session, subject(&args.account), "/limits", &args.if_match, body).await
}

async fn edit(session: &mut Session, args: EditArgs) -> Result<(), Failure> {
    let mut fixed = Map::new();
    if let Some(email) = args.email {
        fixed.insert("email".to_owned(), email.into());
    }
    if let Some(limits) = args.limits.into_json() {
        fixed.insert("limits".to_owned(), limits);
    }
    let add = key_lines(&args.ssh_keys, &args.ssh_key_files)?;
    if args.with_current {
        let (current, new) = secret::read_both(&mut session.screen)?;
        fixed.insert("current_password".to_owned(), current.into());
        fixed.insert("password".to_owned(), new.into());
    } else if args.password_stdin {
        fixed.insert("password".to_owned(), secret::read(&mut session.screen, "new password")?.into());
    }
    let (drop, none) = (args.drop_ssh_keys, args.no_ssh_keys);
    let keys_change = none || !drop.is_empty() || !add.is_empty();
    let body = move |account: &Value| {
        let mut body = fixed.clone();
        if keys_change {
            let there = account.get("ssh_keys").and_then(Value::as_array).cloned().unwrap_or_default();
            let there = there.iter().filter_map(Value::as_str).map(str::to_owned);
            let (gone, mut keys): (Vec<_>, Vec<_>) =
                there.partition(|key| none || drop.iter().any(|part| key.contains(part.as_str())));
            if let Some(part) = drop.iter().find(|part| !gone.iter().any(|key| key.contains(part.as_str()))) {
                let remedy = format!("`holdfast account show {}` lists them.", text(account, "name"));
                return Err(Failure::refused(format!("no public key has the text {part}"), remedy));
            }
            let new = add.iter().filter(|key| !keys.contains(key)).cloned().collect::<Vec<_>>();
            keys.extend(new);
            body.insert("ssh_keys".to_owned(), keys.into());
        }
        Ok(Value::Object(body))
    };
    args.change.edit(session, subject(&args.account), &args.if_match, body).await
}

#[cfg(test)]
mod tests;
