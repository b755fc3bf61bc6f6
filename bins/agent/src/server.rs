//! The procedures that the agent answers.

use std::sync::Arc;

use account_agent::Accounts;
use account_spec::{GetUsage, ListUids, ListUsage};
use cert_agent::Certificates;
use cert_spec::{DiscardKeys, ImportKey, MakeKey};
use converge::methods::{
    AuditHeads, Diagnosis, DriftAction, DriftList, GetChange, GetHostMetrics, GetRole, ListAuditHeads,
    ListChanges, ListDrift, ListObjects, ListProcesses, ListServices, ListWishes, MAX_WISHES, Object,
    ObjectPage, ObjectStatus, PreviewAll, RecordAuditHead, RunDoctor, RunDriftAction, RunSweep, StartRole,
    StopRole, SweepProgress, WatchObjects, WishList,
};
use converge::{Apply, LedgerError, Pause, Reconcile, Report, TakeBack};
use hostd::{Host, HostError};
use php_agent::Pools;
use tokio::sync::broadcast::error::RecvError;
use web_agent::{Sites, WebServer};
use web_spec::{GetTraffic, OpenSiteLogs};
use wire::{Call, Refusal, Router};

use crate::agent::Agent;
use crate::kinds::Managed;
use crate::{doctor, keys, metrics, services, site_logs, uids, usage};

/// Objects a page, so that a frame stays far below its limit.
const PAGE: usize = 500;

/// The longest pause, in microseconds: 30 days.
const LONGEST_PAUSE: i64 = 30 * 24 * 3600 * 1_000_000;

/// All procedures.
pub(crate) fn router(agent: &Arc<Agent>) -> Router {
    let router = Router::new("holdfast-agent");
    let router = apply::<Accounts>(router, &agent.accounts);
    let router = apply::<Pools>(router, &agent.pools);
    let router = apply::<WebServer>(router, &agent.web_servers);
    let router = apply::<Certificates>(router, &agent.certificates);
    let router = apply::<Sites>(router, &agent.sites);
    let router = private_keys(roles(drift(objects(router, agent), agent), agent), agent);
    let a = Arc::clone(agent);
    let router =
        router.blocking(move |_, _: GetHostMetrics| metrics::read(&a.host).map_err(|e| host_error(&e)));
    let a = Arc::clone(agent);
    let router = router
        .blocking(move |_, ask: ListProcesses| a.processes.list(&a.host, &ask).map_err(|e| host_error(&e)));
    let a = Arc::clone(agent);
    let router =
        router.blocking(move |_, _: ListServices| services::list(&a.host).map_err(|e| host_error(&e)));
    let a = Arc::clone(agent);
    let router = router.blocking(move |_, ask: GetUsage| usage::get(&a, &ask));
    let a = Arc::clone(agent);
    let router = router
        .blocking(move |call: Call, _: ListUids| uids::list(&a.host, &call).map_err(|e| host_error(&e)));
    let a = Arc::clone(agent);
    let router = router.blocking(move |_, ask: ListUsage| usage::list(&a, &ask));
    let a = Arc::clone(agent);
    let router = router.blocking(move |_, ask: GetTraffic| usage::traffic(&a, &ask));
    let a = Arc::clone(agent);
    let router = router.blocking(move |call: Call, ask: OpenSiteLogs| site_logs::open(&a, &call, &ask));
    let a = Arc::clone(agent);
    let router = router.blocking(move |_, _: RunDoctor| Ok(Diagnosis { findings: doctor::examine(&a) }));
    let a = Arc::clone(agent);
    let router = router.blocking(move |_, head: RecordAuditHead| note_head(&a, &head));
    let a = Arc::clone(agent);
    router.blocking(move |_, _: ListAuditHeads| -> Result<AuditHeads, Refusal> {
        a.journal.heads().map_err(|e| host_error(&e))
    })
}

/// The one verb that changes an object of a kind.
fn apply<R>(router: Router, kind: &Arc<Managed<R>>) -> Router
where
    R: Reconcile<Host = Host> + 'static,
{
    let kind = Arc::clone(kind);
    router.blocking(move |_, wish: Apply<R::Spec>| -> Result<Report, Refusal> {
        kind.apply(wish).map_err(Refusal::from)
    })
}

fn roles(router: Router, agent: &Arc<Agent>) -> Router {
    let a = Arc::clone(agent);
    let router = router.blocking(move |_, ask: GetRole| a.roles.get(&a.host, &ask));
    let a = Arc::clone(agent);
    let router = router.blocking(move |_, ask: StartRole| a.roles.start(&a.host, ask.role, &ask.cause));
    let a = Arc::clone(agent);
    router.blocking(move |_, ask: StopRole| a.roles.stop(&a.host, ask.role, &ask.cause))
}

fn private_keys(router: Router, agent: &Arc<Agent>) -> Router {
    let a = Arc::clone(agent);
    let router = router.blocking(move |_, ask: MakeKey| keys::make(&a, &ask));
    let a = Arc::clone(agent);
    let router = router.blocking(move |_, ask: ImportKey| keys::import(&a, &ask));
    let a = Arc::clone(agent);
    router.blocking(move |_, ask: DiscardKeys| keys::discard(&a, &ask))
}

fn objects(router: Router, agent: &Arc<Agent>) -> Router {
    let a = Arc::clone(agent);
    let router = router.blocking(move |call: Call, ask: ListObjects| {
        let all = a.world.statuses(ask.kind.as_deref()).map_err(|e| ledger_error(&e))?;
        let mut pages: Vec<ObjectPage> =
            all.chunks(PAGE).map(|c| ObjectPage { objects: c.to_vec() }).collect();
        let last = pages.pop().unwrap_or_default();
        if !pages.is_empty() && !call.wants_progress() {
            return Err(Refusal::invalid(
                "more",
                "there are more objects than one frame holds; ask with `more`",
            ));
        }
        for page in pages.iter().take_while(|_| !call.is_cancelled()) {
            call.blocking_progress(page);
        }
        Ok(last)
    });
    let a = Arc::clone(agent);
    let router = router.blocking(move |_, ask: ListWishes| wishes(&a, &ask));
    let a = Arc::clone(agent);
    let router = router.method(move |call: Call, _: WatchObjects| watch(Arc::clone(&a), call));
    let a = Arc::clone(agent);
    let router = router.blocking(move |call: Call, _: PreviewAll| {
        let tell = |report| call.blocking_progress(&SweepProgress { report });
        a.world.preview(&|| call.is_cancelled(), tell).map_err(|e| ledger_error(&e))
    });
    let a = Arc::clone(agent);
    router.blocking(move |call: Call, _: RunSweep| {
        let tell = |report| call.blocking_progress(&SweepProgress { report });
        a.world.sweep(&|| call.is_cancelled(), tell).map_err(|e| ledger_error(&e))
    })
}

fn wishes(agent: &Agent, ask: &ListWishes) -> Result<WishList, Refusal> {
    if ask.objects.len() > MAX_WISHES {
        return Err(Refusal::invalid("objects", format!("ask for {MAX_WISHES} objects at most")));
    }
    let mut wishes = Vec::new();
    for object in &ask.objects {
        let Some(kind) = agent.world.kind(&object.kind) else { continue };
        wishes.extend(kind.wish(&object.scope).map_err(|e| ledger_error(&e))?);
    }
    Ok(WishList { wishes })
}

async fn watch(agent: Arc<Agent>, call: Call) -> Result<ObjectPage, Refusal> {
    let mut changes = agent.watch.listen();
    call.progress(&ObjectPage::default()).await;
    loop {
        let first = tokio::select! {
            change = changes.recv() => change,
            () = call.cancelled().cancelled() => return Ok(ObjectPage::default()),
        };
        let mut objects: Vec<ObjectStatus> = match first {
            Ok(change) => vec![change],
            // what was missed is found by listing: the caller must begin anew
            Err(RecvError::Lagged(_) | RecvError::Closed) => return Ok(ObjectPage::default()),
        };
        while objects.len() < PAGE
            && let Ok(change) = changes.try_recv()
        {
            objects.push(change);
        }
        call.progress(&ObjectPage { objects }).await;
    }
}

fn drift(router: Router, agent: &Arc<Agent>) -> Router {
    let a = Arc::clone(agent);
    let router = router.blocking(move |_, _: ListDrift| {
        a.world.drift().map(|drift| DriftList { drift }).map_err(|e| ledger_error(&e))
    });
    let a = Arc::clone(agent);
    let router = router.blocking(move |_, decision: RunDriftAction| decide(&a, &decision));
    let a = Arc::clone(agent);
    let router = router.blocking(move |_, ask: ListChanges| a.changes.list(&ask).map_err(|e| host_error(&e)));
    let a = Arc::clone(agent);
    router.blocking(move |_, ask: GetChange| {
        let found = a.changes.get(&ask).map_err(|e| host_error(&e))?;
        let missing = || Refusal::new("holdfast.agent1.NoSuchChange", "nothing with this number is noted");
        found.ok_or_else(missing)
    })
}

pub(crate) fn decide(agent: &Agent, decision: &RunDriftAction) -> Result<Report, Refusal> {
    let Object { kind, scope } = &decision.object;
    let missing =
        || Refusal::new("holdfast.agent1.NoSuchObject", format!("this server holds no {kind} {scope}"));
    let handler = agent.world.kind(kind).ok_or_else(missing)?;
    let done = match decision.action {
        DriftAction::Revert => {
            let drift = handler.drift().map_err(|e| ledger_error(&e))?;
            let (path, looked_at) = (decision.path.as_ref(), decision.foreign);
            let meant = drift.iter().filter(|d| {
                d.object == decision.object
                    && path.is_none_or(|path| *path == d.path)
                    && looked_at.is_none_or(|foreign| foreign == d.foreign)
            });
            let edits: TakeBack = meant.map(|d| (d.path.clone(), d.foreign)).collect();
            if edits.is_empty() && (path.is_some() || looked_at.is_some()) {
                let message =
                    "the file was changed again since you looked; look at the new diff and decide anew";
                return Err(Refusal::new("holdfast.agent1.DriftMoved", message));
            }
            agent.journal.decided(decision).map_err(|e| host_error(&e))?;
            handler.revert(scope, edits, &decision.cause)
        }
        DriftAction::Pause => {
            let now = agent.host.now().as_micros();
            let until = decision.until.ok_or_else(|| Refusal::invalid("until", "say until when"))?;
            if until <= now || until > now + LONGEST_PAUSE {
                return Err(Refusal::invalid("until", "must be in the next 30 days"));
            }
            let reason = decision.reason.clone().unwrap_or_else(|| "paused by an administrator".to_owned());
            agent.journal.decided(decision).map_err(|e| host_error(&e))?;
            handler.pause(scope, Some(Pause { until, reason }), &decision.cause)
        }
        DriftAction::Resume => {
            agent.journal.decided(decision).map_err(|e| host_error(&e))?;
            handler.pause(scope, None, &decision.cause)
        }
    };
    done.map_err(|e| ledger_error(&e))?.ok_or_else(missing)
}

/// A head that goes back is not taken: it would be the word of a panel whose audit was shortened or written anew.
fn note_head(agent: &Agent, head: &RecordAuditHead) -> Result<AuditHeads, Refusal> {
    agent.journal.note_head(head).map_err(|e| host_error(&e))?.ok_or_else(|| {
        Refusal::new(
            "holdfast.agent1.AuditRewound",
            "a later head of the audit, or another, was noted before",
        )
    })
}

fn host_error(error: &HostError) -> Refusal {
    Refusal::new("holdfast.agent1.Host", error.chain())
}

fn ledger_error(error: &LedgerError) -> Refusal {
    Refusal::new("holdfast.agent1.Ledger", error.to_string())
}

#[cfg(test)]
mod tests;
