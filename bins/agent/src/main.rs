//! The Holdfast agent: the one privileged process. It holds the host at what its ledger says, answers typed calls on one
//! unix socket, and has no shell, no network and no way to be told a path or a command.

mod agent;
mod changes;
mod doctor;
mod foreign;
mod journal;
mod keys;
mod kinds;
mod ledger;
mod leftovers;
mod metrics;
mod others;
mod processes;
mod retries;
mod roles;
mod server;
mod services;
mod site_logs;
mod timers;
mod uids;
mod usage;
mod watch;
mod world;

#[cfg(test)]
mod crash_tests;
#[cfg(test)]
mod hostile_tests;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use hostd::Host;
use tokio::signal::unix::{SignalKind, signal};
use wire::{AllowedPeers, CancellationToken, Limits};

/// How long calls under way may take to be answered once the agent is told to end: their passes end after the step that
/// they are at.
const LAST_ANSWERS: Duration = Duration::from_secs(1);

/// How long steps that still run after that may take. Together less than three seconds, so that a restart is short.
const LAST_STEP: Duration = Duration::from_millis(1500);

fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .json()
        .with_writer(std::io::stderr)
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("HOLDFAST_LOG").unwrap_or_else(|_| "info".into()),
        )
        .init();
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "the agent cannot run");
            ExitCode::FAILURE
        }
    }
}

fn run() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(96)
        .thread_stack_size(1024 * 1024)
        .enable_all()
        .build()
        .context("no runtime")?;
    let served = runtime.block_on(serve());
    // a step that hangs is left where it is: the next start goes on from there, as after a crash
    runtime.shutdown_timeout(LAST_STEP);
    served
}

async fn serve() -> anyhow::Result<()> {
    let mut sockets = wire::systemd::listeners().context("no sockets from systemd")?;
    let socket = sockets
        .take_unix("holdfast-agent.socket")
        .pop()
        .context("holdfast-agent.socket did not start this")?;
    let (agent, callers) = tokio::task::spawn_blocking(|| {
        let host = Host::open()?;
        let callers = host.caller_uids()?;
        let swept = leftovers::sweep(&host);
        if swept > 0 {
            tracing::info!(swept, "what interrupted writes left was removed");
        }
        Ok::<_, hostd::HostError>((agent::Agent::new(Arc::new(host)), callers))
    })
    .await?
    .context("the host cannot be opened")?;
    let end = CancellationToken::new();
    timers::start(&agent, &end);
    let limits = Limits {
        connections: usize::try_from(agent.host.bounds().work.connections).unwrap_or(64),
        grace: LAST_ANSWERS,
        ..Limits::default()
    };
    let serving = wire::serve(socket, server::router(&agent), AllowedPeers::of(callers), limits, end.clone());
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        let _ = wire::systemd::notify_stopping();
        agent.world.stop();
        end.cancel();
    });
    wire::systemd::notify_ready().context("systemd cannot be told")?;
    serving.await.context("the socket cannot be served")
}
