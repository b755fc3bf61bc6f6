//! What the agent does by itself: a sweep at start and every ten minutes, retries of what did not converge, and the stop
//! of PHP that nobody asks, and the sites' logs. The panel need not run for any of it.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;
use wire::CancellationToken;

use crate::agent::Agent;
use crate::retries::Retries;
use crate::world::Cancelled;

/// How often pools are looked at.
const IDLE_LOOK: Duration = Duration::from_secs(30);

/// How often nginx's logs are passed on to the sites.
const LOG_LOOK: Duration = Duration::from_secs(5);

/// How long the ledger remembers what is gone: a wish from before its end is still refused as too old.
const REMEMBER_GONE: Duration = Duration::from_hours(30 * 24);

/// Starts the timers; they end with the token, and what they do ends between two objects.
///
/// A switch of the web server's tree that a crash interrupted is finished first.
pub(crate) fn start(agent: &Arc<Agent>, end: &CancellationToken) {
    let every = Duration::from_secs(u64::from(agent.host.bounds().work.sweep_seconds));
    let ended = end.clone();
    repeat("sweep", every, true, agent, end, move |agent| sweep(agent, &|| ended.is_cancelled()));
    repeat("idle", IDLE_LOOK, false, agent, end, |agent| match agent.idle.tick(&agent.host) {
        Ok(stopped) if stopped.is_empty() => {}
        Ok(stopped) => {
            tracing::info!(pools = ?stopped, "PHP that nobody asked was stopped; the sockets stay");
        }
        Err(error) => tracing::warn!(error = error.chain(), "pools could not be looked at"),
    });
    let ended = end.clone();
    repeat("logs", LOG_LOOK, false, agent, end, move |agent| split_logs(agent, &|| ended.is_cancelled()));
    let (agent, end) = (Arc::clone(agent), end.clone());
    tokio::spawn(async move {
        tokio::select! {
            () = retry(&agent) => {}
            () = end.cancelled() => {}
        }
    });
}

/// Passes on what there is, part by part; a part is small, so that memory stays so.
fn split_logs(agent: &Agent, cancelled: &Cancelled<'_>) {
    while !cancelled() {
        match agent.logs.tick(&agent.host) {
            Ok(split) if split.more => {}
            Ok(_) => return,
            Err(error) => {
                tracing::warn!(%error, "nginx's logs could not be passed on; the next look goes on there");
                return;
            }
        }
    }
}

fn sweep(agent: &Agent, cancelled: &Cancelled<'_>) {
    if let Err(error) = agent.committer.recover(&agent.host) {
        tracing::error!(?error, "the web server's tree could not be recovered");
    }
    let swept = agent.world.sweep(cancelled, |report| {
        tracing::info!(
            kind = report.kind,
            scope = report.scope,
            steps = report.plan.steps.len(),
            "the host differed"
        );
    });
    match swept {
        Ok(counts) => tracing::info!(?counts, "sweep"),
        Err(error) => tracing::error!(%error, "the sweep could not be made"),
    }
    let forgotten = agent.world.forget_gone(agent.host.now().minus(REMEMBER_GONE).as_micros());
    if forgotten > 0 {
        tracing::info!(forgotten, "objects that are long gone were forgotten");
    }
}

fn repeat(
    name: &'static str,
    every: Duration,
    at_once: bool,
    agent: &Arc<Agent>,
    end: &CancellationToken,
    act: impl Fn(&Agent) + Send + Sync + 'static,
) {
    let (agent, end, act) = (Arc::clone(agent), end.clone(), Arc::new(act));
    tokio::spawn(async move {
        let first = if at_once { Instant::now() } else { Instant::now() + every };
        let mut timer = tokio::time::interval_at(first, every);
        timer.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = timer.tick() => {}
                () = end.cancelled() => return,
            }
            let (agent, act) = (Arc::clone(&agent), Arc::clone(&act));
            if tokio::task::spawn_blocking(move || act(&agent)).await.is_err() {
                tracing::error!(timer = name, "it panicked; it goes on at its next time");
            }
        }
    });
}

/// Tries again what did not converge, several at a time.
async fn retry(agent: &Arc<Agent>) {
    let mut changes = agent.watch.listen();
    let mut retries = Retries::default();
    let mut passes = JoinSet::new();
    loop {
        while let Some(object) = retries.take(Instant::now()) {
            let agent = Arc::clone(agent);
            passes.spawn_blocking(move || {
                if let Err(error) = agent.world.pass(&object) {
                    tracing::error!(?object, error, "it could not be tried again");
                }
                object
            });
        }
        let next = retries.next().unwrap_or_else(|| Instant::now() + Duration::from_hours(1));
        tokio::select! {
            change = changes.recv() => {
                // what was missed is found by the next sweep
                if let Ok(status) = change {
                    retries.note(&status, Instant::now());
                }
            }
            Some(Ok(object)) = passes.join_next() => retries.tried(&object),
            () = tokio::time::sleep_until(next) => {}
        }
    }
}
