//! The command line: what there is, and where it goes.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::account::AccountCommand;
use crate::act_as::{self, ActAsArgs};
use crate::adopt::AdoptArgs;
use crate::agent::AgentCommand;
use crate::api::ApiArgs;
use crate::audit::AuditCommand;
use crate::authority::AuthorityCommand;
use crate::certificate::CertificateCommand;
use crate::change::{AgainArgs, ChangeArgs, DryRunArgs, RehearsalArgs};
use crate::client::{Client, EndpointArgs};
use crate::completions::CompletionsArgs;
use crate::doctor::DoctorArgs;
use crate::drift::DriftArgs;
use crate::event::EventCommand;
use crate::failure::{EXIT_CODES, Failure};
use crate::host_change::HostChangeCommand;
use crate::identity::IdentityCommand;
use crate::identity_provider::IdentityProviderCommand;
use crate::job::JobCommand;
use crate::limit::LimitCommand;
use crate::login_link::LoginLinkArgs;
use crate::man::ManArgs;
use crate::me::MeArgs;
use crate::member::{InvitationCommand, MemberCommand};
use crate::networks::NetworksCommand;
use crate::node::NodeCommand;
use crate::notice::NoticeCommand;
use crate::organisation::OrganisationCommand;
use crate::package::PackageCommand;
use crate::passkey::PasskeyCommand;
use crate::person::PersonCommand;
use crate::pool::PoolCommand;
use crate::role::{PermissionCommand, RoleCommand};
use crate::run::Session;
use crate::screen::Screen;
use crate::search::SearchArgs;
use crate::second_factor::SecondFactorCommand;
use crate::session::{PasswordArgs, SessionCommand};
use crate::setting::SettingCommand;
use crate::setup::{BackupPanelArgs, RestorePanelArgs, SetupArgs, UpgradeArgs};
use crate::site::SiteCommand;
use crate::sweep::{PlanArgs, SweepArgs};
use crate::token::TokenCommand;
use crate::webhook::WebhookCommand;

/// Rules a Holdfast server: accounts, sites, and what holds them.
///
/// On the server itself, root is the administrator. From elsewhere, --url and --token-file name a panel and a token.
#[derive(Debug, Parser)]
#[command(name = "holdfast", version, after_help = EXIT_CODES, subcommand_required = true, arg_required_else_help = true)]
pub(crate) struct Cli {
    /// Write the API's JSON in place of text
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    endpoint: EndpointArgs,
    #[command(flatten)]
    change: ChangeArgs,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Me(MeArgs),
    Search(SearchArgs),
    #[command(subcommand)]
    Account(AccountCommand),
    #[command(subcommand)]
    Package(PackageCommand),
    #[command(subcommand)]
    Limit(LimitCommand),
    #[command(subcommand)]
    Site(SiteCommand),
    #[command(subcommand)]
    Certificate(CertificateCommand),
    #[command(subcommand)]
    Authority(AuthorityCommand),
    #[command(subcommand)]
    Pool(PoolCommand),
    #[command(subcommand)]
    Organisation(OrganisationCommand),
    #[command(subcommand)]
    Role(RoleCommand),
    #[command(subcommand)]
    Permission(PermissionCommand),
    #[command(subcommand)]
    Person(PersonCommand),
    #[command(subcommand)]
    Member(MemberCommand),
    #[command(subcommand)]
    Invitation(InvitationCommand),
    #[command(subcommand)]
    Node(NodeCommand),
    Plan(PlanArgs),
    Sweep(SweepArgs),
    Drift(DriftArgs),
    Adopt(AdoptArgs),
    Doctor(DoctorArgs),
    #[command(subcommand)]
    Setting(SettingCommand),
    #[command(subcommand)]
    Job(JobCommand),
    #[command(subcommand)]
    Event(EventCommand),
    #[command(subcommand, name = "change")]
    HostChange(HostChangeCommand),
    #[command(subcommand)]
    Notice(NoticeCommand),
    #[command(subcommand)]
    Webhook(WebhookCommand),
    #[command(subcommand)]
    Audit(AuditCommand),
    #[command(subcommand)]
    Session(SessionCommand),
    #[command(subcommand)]
    Token(TokenCommand),
    Password(PasswordArgs),
    ActAs(ActAsArgs),
    #[command(subcommand)]
    Networks(NetworksCommand),
    #[command(subcommand)]
    IdentityProvider(IdentityProviderCommand),
    #[command(subcommand)]
    Identity(IdentityCommand),
    #[command(subcommand)]
    Passkey(PasskeyCommand),
    #[command(subcommand)]
    SecondFactor(SecondFactorCommand),
    LoginLink(LoginLinkArgs),
    Setup(SetupArgs),
    BackupPanel(BackupPanelArgs),
    RestorePanel(RestorePanelArgs),
    Upgrade(UpgradeArgs),
    #[command(subcommand)]
    Agent(AgentCommand),
    Api(ApiArgs),
    Completions(CompletionsArgs),
    Man(ManArgs),
}

impl Command {
    /// How the change is made, where the command makes one that can be shown, held to a plan and waited for.
    fn change(&mut self) -> Option<&mut ChangeArgs> {
        match self {
            Self::Account(command) => command.change(),
            Self::Package(command) => command.change(),
            Self::Organisation(command) => command.change(),
            Self::Site(command) => command.change(),
            Self::Certificate(command) => command.change(),
            Self::Adopt(args) => args.change(),
            Self::Node(command) => command.change(),
            _ => None,
        }
    }

    /// How something is tried again, where the command does that.
    fn again(&mut self) -> Option<&mut AgainArgs> {
        match self {
            Self::Account(command) => command.again(),
            Self::Site(command) => command.again(),
            Self::Certificate(command) => command.again(),
            Self::Pool(command) => command.again(),
            Self::Node(command) => command.again(),
            _ => None,
        }
    }

    /// How the change is rehearsed, where nothing converges that could be waited for.
    fn rehearsal(&mut self) -> Option<&mut RehearsalArgs> {
        match self {
            Self::Sweep(args) => Some(&mut args.rehearsal),
            Self::Drift(args) => args.rehearsal(),
            Self::Notice(command) => command.rehearsal(),
            Self::Webhook(command) => command.rehearsal(),
            Self::Authority(command) => command.rehearsal(),
            Self::Certificate(command) => command.rehearsal(),
            Self::Job(command) => command.rehearsal(),
            Self::Node(command) => command.rehearsal(),
            Self::IdentityProvider(command) => command.rehearsal(),
            Self::Setting(SettingCommand::Set(args)) => Some(&mut args.rehearsal),
            Self::Limit(LimitCommand::Recount(args)) => Some(&mut args.rehearsal),
            Self::Organisation(command) => command.rehearsal(),
            Self::Role(command) => command.rehearsal(),
            Self::Person(command) => command.rehearsal(),
            Self::Member(command) => command.rehearsal(),
            Self::Invitation(command) => command.rehearsal(),
            _ => None,
        }
    }

    /// Whether it only shows what it would do, where that is all that can be chosen.
    fn dry_run(&mut self) -> Option<&mut DryRunArgs> {
        match self {
            Self::RestorePanel(args) => Some(&mut args.dry_run),
            Self::Upgrade(args) => Some(&mut args.dry_run),
            _ => None,
        }
    }

    /// Whether the panel is asked at all.
    fn asks_the_panel(&self) -> bool {
        !matches!(self, Self::Setup(_) | Self::Agent(_) | Self::Completions(_) | Self::Man(_))
    }

    /// Runs as somebody, in a session that ends with the command.
    async fn run_as(self, login: &str, session: &mut Session) -> Result<(), Failure> {
        if !self.asks_the_panel() {
            return Err(Failure::Usage("--as: this command does not ask the panel".to_owned()));
        }
        act_as::begin(session, login).await?;
        let result = self.run(session).await;
        act_as::end(session).await?;
        result
    }

    async fn run(self, session: &mut Session) -> Result<(), Failure> {
        match self {
            Self::Me(args) => args.run(session).await,
            Self::Search(args) => args.run(session).await,
            Self::Account(command) => command.run(session).await,
            Self::Package(command) => command.run(session).await,
            Self::Limit(command) => command.run(session).await,
            Self::Site(command) => command.run(session).await,
            Self::Certificate(command) => command.run(session).await,
            Self::Authority(command) => command.run(session).await,
            Self::Pool(command) => command.run(session).await,
            Self::Organisation(command) => command.run(session).await,
            Self::Role(command) => command.run(session).await,
            Self::Permission(command) => command.run(session).await,
            Self::Person(command) => command.run(session).await,
            Self::Member(command) => command.run(session).await,
            Self::Invitation(command) => command.run(session).await,
            Self::Node(command) => command.run(session).await,
            Self::Plan(args) => args.run(session).await,
            Self::Sweep(args) => args.run(session).await,
            Self::Drift(args) => args.run(session).await,
            Self::Adopt(args) => args.run(session).await,
            Self::Doctor(args) => args.run(session).await,
            Self::Setting(command) => command.run(session).await,
            Self::Job(command) => command.run(session).await,
            Self::Event(command) => command.run(session).await,
            Self::Notice(command) => command.run(session).await,
            Self::HostChange(command) => command.run(session).await,
            Self::Webhook(command) => command.run(session).await,
            Self::Audit(command) => command.run(session).await,
            Self::Session(command) => command.run(session).await,
            Self::Token(command) => command.run(session).await,
            Self::Password(args) => args.run(session).await,
            Self::ActAs(args) => args.run(session).await,
            Self::Networks(command) => command.run(session).await,
            Self::IdentityProvider(command) => command.run(session).await,
            Self::Identity(command) => command.run(session).await,
            Self::Passkey(command) => command.run(session).await,
            Self::SecondFactor(command) => command.run(session).await,
            Self::LoginLink(args) => args.run(session).await,
            Self::Setup(args) => args.run(),
            Self::BackupPanel(args) => args.run(),
            Self::RestorePanel(args) => args.run(),
            Self::Upgrade(args) => args.run(),
            Self::Agent(command) => command.run(session).await,
            Self::Api(args) => args.run(session).await,
            Self::Completions(args) => args.run(session),
            Self::Man(args) => args.run(session),
        }
    }
}

/// All commands, for completions and pages.
pub(crate) fn command() -> clap::Command {
    Cli::command()
}

/// Runs one command line to its end.
pub(crate) async fn run(command_line: Vec<OsString>, screen: Screen) -> ExitCode {
    ExitCode::from(code(command_line, screen).await)
}

/// As [`run`], with the number.
pub(crate) async fn code(command_line: Vec<OsString>, mut screen: Screen) -> u8 {
    if let Some(setup) = SetupArgs::of(&command_line) {
        return match setup.run() {
            Ok(()) => 0,
            Err(failure) => ended(&failure, &mut screen),
        };
    }
    let parsed =
        command().try_get_matches_from(&command_line).and_then(|matches| Cli::from_arg_matches(&matches));
    let mut cli = match parsed {
        Ok(cli) => cli,
        Err(error) => return u8::from(error.use_stderr()) * 2 + told(&error),
    };
    let json = cli.json;
    let result = match prepare(&mut cli) {
        Ok(client) => {
            let command_line = command_line.iter().map(|word| word.to_string_lossy().into_owned()).collect();
            let mut session = Session { client, screen, json, command_line };
            let result = match &cli.endpoint.as_login {
                Some(login) => cli.command.run_as(login, &mut session).await,
                None => cli.command.run(&mut session).await,
            };
            screen = session.screen;
            result
        }
        Err(failure) => Err(failure),
    };
    let result = result.and_then(|()| Ok(screen.flush()?));
    let Err(failure) = result else { return 0 };
    // Where nothing can be written any more, the code says it.
    if json
        && let Failure::Problem(problem) = &failure
        && !problem.document.is_empty()
    {
        let _ = screen.json(&problem.document);
    }
    ended(&failure, &mut screen)
}

/// Says why; the exit code. Where nothing can be written any more, the code alone says it.
fn ended(failure: &Failure, screen: &mut Screen) -> u8 {
    let _ = failure.tell(screen);
    let _ = screen.flush();
    failure.exit_code()
}

/// What clap says about a command line; 0.
fn told(error: &clap::Error) -> u8 {
    // Where nothing can be written any more, the code says it.
    let _ = error.print();
    0
}

fn prepare(cli: &mut Cli) -> Result<Client, Failure> {
    if cli.change.is_given() {
        let before = std::mem::take(&mut cli.change);
        if let Some(change) = cli.command.change() {
            change.merge(&before);
        } else if let Some(again) = cli.command.again().filter(|_| !before.overwrites()) {
            again.merge(&before);
        } else if let Some(args) = cli.command.rehearsal().filter(|_| before.is_rehearsal_alone()) {
            args.merge(before.rehearsal());
        } else if let Some(args) = cli.command.dry_run().filter(|_| before.is_dry_run_alone()) {
            args.dry_run = true;
        } else {
            let words = "this command does not change an object that converges: of --dry-run, --expect-plan, --overwrite, --wait and --no-wait it has those alone that its help names";
            return Err(Failure::Usage(words.to_owned()));
        }
    }
    Ok(Client::new(cli.endpoint.endpoint()?, cli.endpoint.token()?))
}

#[cfg(test)]
mod tests;
