//! What the agent does by itself: a sweep at start and every ten minutes, retries of what did not converge, and the stop
//! of PHP that nobody asks, and the sites' logs. The panel need not run for any of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use converge::Condition;
use converge::methods::Object;
use tokio::time::Instant;
use wire::CancellationToken;

use crate::agent::Agent;

/// How often pools are looked at.
const IDLE_LOOK: Duration = Duration::from_secs(30);

/// How often nginx's logs are passed on to the sites.
const LOG_LOOK: Duration = Duration::from_secs(5);

/// Starts the timers; they end with the token.
///
/// A switch of the web server's tree that a crash interrupted is finished first.
pub(crate) fn start(agent: &Arc<Agent>, end: &CancellationToken) {
    let every = Duration::from_secs(u64::from(agent.host.bounds().work.sweep_seconds));
    repeat("sweep", every, true, agent, end, sweep);
    repeat("idle", IDLE_LOOK, false, agent, end, |agent| match agent.idle.tick(&agent.host) {
        Ok(stopped) if stopped.is_empty() => {}
        Ok(stopped) => {
            tracing::info!(pools = ?stopped, "PHP that nobody asked was stopped; the sockets stay");
        }
        Err(error) => tracing::warn!(error = error.chain(), "pools could not be looked at"),
    });
    repeat("logs", LOG_LOOK, false, agent, end, split_logs);
    let (agent, end) = (Arc::clone(agent), end.clone());
    tokio::spawn(async move {
        tokio::select! {
            () = retry(&agent) => {}
            () = end.cancelled() => {}
        }
    });
}

/// Passes on what there is, part by part; a part is small, so that memory stays so.
fn split_logs(agent: &Agent) {
    loop {
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

fn sweep(agent: &Agent) {
    if let Err(error) = agent.committer.recover(&agent.host) {
        tracing::error!(?error, "the web server's tree could not be recovered");
    }
    let swept = agent.world.sweep(|report| {
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

/// Objects that did not converge are tried again by themselves, ever more seldom. The panel retries too while it runs; a
/// pass that finds nothing to do costs nothing.
async fn retry(agent: &Arc<Agent>) {
    let mut changes = agent.watch.listen();
    let mut due: BTreeMap<Object, (Instant, u32)> = BTreeMap::new();
    loop {
        let next = due.values().map(|(at, _)| *at).min();
        let sleep = next.map_or(Duration::from_hours(1), |at| at.saturating_duration_since(Instant::now()));
        tokio::select! {
            change = changes.recv() => {
                let Ok(change) = change else { continue };
                let pause = change.status.reason.filter(|_| change.status.condition != Condition::Ready).and_then(|reason| {
                    let attempts = due.get(&change.object).map_or(0, |(_, attempts)| *attempts);
                    Some((converge::backoff::delay(reason.retry(), attempts + 5, 0.5)?, attempts))
                });
                match pause {
                    Some((pause, attempts)) => due.insert(change.object, (Instant::now() + pause, attempts + 1)),
                    None => due.remove(&change.object),
                };
            }
            () = tokio::time::sleep(sleep) => {
                let now = Instant::now();
                let ready: Vec<Object> = due.iter().filter(|(_, (at, _))| *at <= now).map(|(o, _)| o.clone()).collect();
                for object in ready {
                    let agent = Arc::clone(agent);
                    let key = object.clone();
                    let pass = move || agent.world.kind(&key.kind).map(|kind| kind.pass(&key.scope));
                    if let Ok(Some(Err(error))) = tokio::task::spawn_blocking(pass).await {
                        tracing::error!(?object, %error, "it could not be tried again");
                    }
                    // a pass that changed nothing tells nobody: look again later, ever more seldom
                    if let Some((at, attempts)) = due.get_mut(&object)
                        && *at <= now
                    {
                        *attempts += 1;
                        let pause = converge::backoff::delay(converge::backoff::Retry::Later, *attempts + 5, 0.5);
                        *at = now + pause.unwrap_or(Duration::from_mins(10));
                    }
                }
            }
        }
    }
}
