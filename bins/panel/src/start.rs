//! From nothing to serving, and back.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use api_kit::rate_limit::{NetworkLimits, PersonLimit};
use auth::{Login, Passwords};
use auth_webauthn::Passkeys;
use cert_panel::order::{Issuing, OrderCertificate, Ways};
use desired::{Agents, Panel, setting};
use jobs::{Jobs, Kind, Timing};
use names::{Hostname, Micros};
use seal::SealKey;
use store::{Store, Tx, WriteTx};
use tokio::net::{TcpListener, UnixListener};
use tokio::signal::unix::{SignalKind, signal};
use wire::{CancellationToken, Peer};

use crate::app::{self, Limits, Parts};
use crate::config::Config;
use crate::refused::Refusals;
use crate::role_install::RoleInstall;
use crate::serve::Server;
use crate::{tls, upkeep, world};

/// Calls to the agent at once beside the attempts and the stream of changes; see `docs/adr/0006-driver-parallelism.md`.
const PEOPLES_CONNECTIONS: usize = 10;
const _: () =
    assert!(desired::PARALLEL + PEOPLES_CONNECTIONS < 60, "one is the stream's; the agent takes 60 from us");
/// Calls to other servers at once; egress takes 96.
const OUTBOUND: usize = 80;
const _: () =
    assert!(webhook_panel::PARALLEL < OUTBOUND, "webhooks leave some to people who wait for an answer");
/// Requests in hand at a stop are given so long.
const GRACE: Duration = Duration::from_secs(2);
/// Changes that one tenant may ask for per second in the long run, and at once.
const PERSON_CHANGES: (u32, u32) = (5, 50);
/// The login of the first administrator.
pub const ADMINISTRATOR: &str = "admin";

/// Runs the panel until it is asked to stop.
pub fn run() -> anyhow::Result<()> {
    let filter =
        tracing_subscriber::EnvFilter::try_from_env("HOLDFAST_LOG").unwrap_or_else(|_| "info".into());
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .without_time()
        .init();
    // Two threads do for all: what is heavy (hashing) has threads of its own.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(8)
        .enable_all()
        .build()?;
    runtime.block_on(serve())
}

/// The API's description. Its routes are built as for a server, over an empty database that is thrown away.
pub fn openapi() -> anyhow::Result<String> {
    let folder = std::env::temp_dir().join(format!("holdfast-openapi-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let config = Config { database: folder.join("holdfast.db"), ..Config::default() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let text = runtime.block_on(async {
        let parts = parts(&config, SealKey::throw_away()?, CancellationToken::new()).await?;
        let text = app::openapi(parts.clone())?;
        parts.panel.store().close().await;
        anyhow::Ok(text)
    });
    std::fs::remove_dir_all(&folder)?;
    text
}

/// The reference of all events, as it is committed.
pub fn events() -> String {
    desired::event::reference()
}

async fn serve() -> anyhow::Result<()> {
    let config = Config::read().context("the settings cannot be used")?;
    let stop = CancellationToken::new();
    let seal = SealKey::from_credentials().context("the key of sealed values cannot be used")?;
    let parts = parts(&config, seal, stop.clone()).await?;
    let tasks = spawn(&parts, &config);
    let mut inherited = wire::systemd::listeners().context("the inherited sockets cannot be used")?;
    let server = Server::new(app::app(parts.clone(), limits(&config)), stop.clone());
    let names: Vec<String> = inherited.names().map(str::to_owned).collect();
    anyhow::ensure!(!inherited.is_empty(), "there are no inherited sockets: start holdfast-panel.socket");
    for name in names {
        for socket in inherited.take_unix(&name) {
            socket.set_nonblocking(true)?;
            tokio::spawn(server.clone().unix(UnixListener::from_std(socket)?));
        }
        for socket in inherited.take_tcp(&name) {
            socket.set_nonblocking(true)?;
            tokio::spawn(server.clone().https(TcpListener::from_std(socket)?, tls::acceptor()?));
        }
    }
    wire::systemd::notify_ready()?;
    tokio::spawn(wire::systemd::watchdog(stop.clone()));
    tracing::info!(version = env!("CARGO_PKG_VERSION"), "the panel serves");
    stopped().await?;
    wire::systemd::notify_stopping()?;
    stop.cancel();
    if tokio::time::timeout(GRACE, parts.jobs.stopped()).await.is_err() {
        tracing::warn!("jobs are taken up again once their leases have run out");
    }
    for task in tasks {
        task.abort();
    }
    if tokio::time::timeout(GRACE, server.finished()).await.is_err() {
        tracing::warn!("some requests were cut off");
    }
    parts.panel.store().close().await;
    Ok(())
}

fn limits(config: &Config) -> Limits {
    let (per_second, burst) = PERSON_CHANGES;
    let some = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
    Limits {
        networks: NetworkLimits::new(config.requests_per_second, config.requests_burst),
        persons: PersonLimit::new(some(per_second), some(burst)),
    }
}

/// Opens the database and brings it to this release.
pub async fn parts(config: &Config, seal: SealKey, stop: CancellationToken) -> anyhow::Result<Parts> {
    let store = Store::open(&config.database).await?;
    let login: Login = ADMINISTRATOR.parse().context("the administrator's login")?;
    let hostname = config.hostname.clone();
    store
        .write(async |tx: &mut WriteTx| -> Result<(), store::StoreError> {
            let now = Micros::now();
            auth::person::bootstrap(tx, &login, now).await?;
            api_kit::idempotency::forget_interrupted(tx).await?;
            match &hostname {
                Some(hostname) => take_up(tx, hostname, now).await,
                None => Ok(()),
            }
        })
        .await?;
    seal_stored(&store, &seal).await.context("what lies unsealed in the database")?;
    let connections = |most| Peer::with_connections(&config.agent_socket, most);
    let agents = Agents { driver: connections(desired::PARALLEL), people: connections(PEOPLES_CONNECTIONS) };
    let refusals = Refusals::new(store.clone());
    let restored = store.read(async |tx: &mut Tx| desired::is_restored(tx).await).await?;
    let panel = Panel::new(store, agents, world::registry(), stop.clone());
    if restored {
        panel.put_back();
    }
    let passwords = Passwords::new()?;
    let probe = Peer::new(&config.probe_socket);
    let egress = Peer::with_connections(&config.egress_socket, OUTBOUND);
    let bounds = Arc::new(config.bounds());
    let issuing = Issuing {
        panel: panel.clone(),
        seal: seal.clone(),
        egress: egress.clone(),
        bounds: Arc::clone(&bounds),
        web_server: Arc::new(world::World),
        ways: Ways::default(),
    };
    let kinds: Vec<Arc<dyn Kind>> = vec![Arc::new(RoleInstall), Arc::new(OrderCertificate::new(issuing))];
    let jobs = Jobs::new(panel.clone(), kinds, Timing::USUAL);
    let (passkeys, issuers) = (Passkeys::default(), identity_panel::Issuers::default());
    let port = 8443;
    Ok(Parts { panel, jobs, passwords, seal, passkeys, probe, egress, bounds, issuers, port, stop, refusals })
}

/// Keys of webhooks that an older database holds in clear are sealed a batch at a time, and what is left of the clear ones in the file
/// is overwritten; stopped in between, the next start goes on.
async fn seal_stored(store: &Store, seal: &SealKey) -> anyhow::Result<()> {
    let mut sealed = 0;
    loop {
        let batch = async |tx: &mut WriteTx| webhook_panel::seal_stored(tx, seal).await;
        match store.write(batch).await? {
            0 => break,
            some => sealed += some,
        }
    }
    if sealed > 0 {
        store.forget_remains().await?;
        tracing::info!(sealed, "keys of webhooks that lay in clear are sealed now");
    }
    Ok(())
}

/// The name that was last read from the file.
const FILE_HOSTNAME: &str = "panel.hostname.file";

/// Of the file and the setting, that holds which was changed last: a new name in the file is taken up, and a name that was set
/// later stands until the file has another.
async fn take_up(tx: &mut WriteTx, hostname: &Hostname, now: Micros) -> Result<(), store::StoreError> {
    let known: Option<Hostname> = setting::get(tx, FILE_HOSTNAME).await?;
    if known.as_ref() == Some(hostname) {
        return Ok(());
    }
    setting::put(tx, FILE_HOSTNAME, hostname, now).await?;
    if known.is_some() || setting::find(tx, setting::PANEL_HOSTNAME).await?.is_none() {
        setting::put(tx, setting::PANEL_HOSTNAME, hostname, now).await?;
    }
    Ok(())
}

/// What goes on beside the requests.
pub fn spawn(parts: &Parts, config: &Config) -> Vec<tokio::task::JoinHandle<()>> {
    let panel = &parts.panel;
    let watching = Peer::with_connections(&config.agent_socket, 1);
    vec![
        tokio::spawn(desired::drive(panel.clone())),
        tokio::spawn(first_node(panel.clone(), config.clone(), watching)),
        tokio::spawn(upkeep::run(panel.clone())),
        tokio::spawn(parts.jobs.clone().run(parts.stop.clone())),
        tokio::spawn(account_panel::usage::run(panel.clone(), Arc::new(world::World))),
        tokio::spawn(webhook_panel::deliver(parts.webhooks())),
        tokio::spawn(cert_panel::order::run(parts.issuing(), parts.jobs.clone())),
    ]
}

/// The row of this server is there before anything is compared with the agent.
async fn first_node(panel: Panel, config: Config, watching: Peer) {
    let listen_tls = config.listen_tls();
    while let Err(error) = web_panel::node::ensure_local(&panel, &config.web_listen, &listen_tls).await {
        tracing::warn!(error = %error, "the server's row could not be made");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let restored = panel.store().read(async |tx: &mut Tx| desired::is_restored(tx).await).await;
    if restored.unwrap_or(true) {
        // nothing is changed before, and so no user id is given that the server knows of
        learn_uids(&panel).await;
    } else {
        let panel = panel.clone();
        tokio::spawn(async move { learn_uids(&panel).await });
    }
    desired::follow(panel, watching).await;
}

/// Until the agent told them.
async fn learn_uids(panel: &Panel) {
    loop {
        match account_panel::learn_uids(panel).await {
            Ok(0) => return,
            Ok(news) => return tracing::info!(news, "user ids that were given before are known now"),
            Err(error) => tracing::info!(error = %error, "the server's user ids could not be learnt"),
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// SIGTERM or SIGINT.
async fn stopped() -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests;
