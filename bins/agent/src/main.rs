//! The Holdfast agent: the one privileged process. It holds the host at what its ledger says, answers typed calls on one
//! unix socket, and has no shell, no network and no way to be told a path or a command.

mod agent;
mod doctor;
mod foreign;
mod journal;
mod kinds;
mod ledger;
mod metrics;
mod others;
mod server;
mod timers;
mod usage;
mod watch;
mod world;

#[cfg(test)]
mod crash_tests;
#[cfg(test)]
mod hostile_tests;

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use hostd::Host;
use tokio::signal::unix::{SignalKind, signal};
use wire::{AllowedPeers, CancellationToken, Limits};

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
    runtime.block_on(serve())
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
        Ok::<_, hostd::HostError>((agent::Agent::new(Arc::new(host)), callers))
    })
    .await?
    .context("the host cannot be opened")?;
    let end = CancellationToken::new();
    timers::start(&agent, &end);
    let limits = Limits {
        connections: usize::try_from(agent.host.bounds().work.connections).unwrap_or(32),
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
        end.cancel();
    });
    wire::systemd::notify_ready().context("systemd cannot be told")?;
    serving.await.context("the socket cannot be served")
}
