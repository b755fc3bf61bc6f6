//! Keeping the rows true to the agent's own passes: a comparison of everything at the start and every ten minutes, and a stream of changes
//! in between. The stream is opened before the comparison begins, so that nothing falls between the two.
//!
//! Only what differs is driven. What the agent holds and the panel does not know is named in an event and left alone: after the loss of
//! a database nothing on the host is removed for it.

use std::collections::HashMap;
use std::time::Duration;

use converge::methods::{ListObjects, ObjectPage, ObjectStatus, WatchObjects};
use names::Generation;
use serde_json::Value;
use store::{FromRow, Row, RowError, StoreError, WriteTx};
use wire::Peer;
use wire::WireError;

use crate::adopt::{self, Differing, Why};
use crate::block::Block;
use crate::event::{self, Code, Event};
use crate::key::Key;
use crate::panel::Panel;
use crate::release;
use crate::work::{self, Attempt};

/// Rows that are compared at once.
pub(crate) const PAGE: i64 = 1000;
/// Between two comparisons.
const EVERY: Duration = Duration::from_mins(10);
/// Until the agent listens.
const LISTENS: Duration = Duration::from_secs(5);
/// After the agent was not reached.
const AGAIN: Duration = Duration::from_secs(2);

/// Follows the agent for ever. `watching` is a connection of its own, since the stream holds one for as long as it lasts.
pub async fn follow(panel: Panel, watching: Peer) {
    let mut first = true;
    loop {
        if let Err(error) = watch(&panel, &watching, &mut first).await {
            tracing::info!(error = %error, "the agent's objects cannot be followed");
            wake_unsettled(&panel).await;
        }
        tokio::time::sleep(AGAIN).await;
    }
}

/// Why a comparison ended early.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    /// The agent.
    #[error(transparent)]
    Agent(#[from] WireError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

pub(crate) struct Compared {
    pub(crate) id: String,
    pub(crate) block: Block,
}

impl FromRow for Compared {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        Ok(Self { id: row.text("id")?, block: Block::from_row(row)? })
    }
}

/// Compares every row with the agent's ledger, and wakes what differs.
pub async fn compare(panel: &Panel) -> Result<(), FollowError> {
    let mut held = list(panel.agent()).await?;
    let mut ahead = HashMap::new();
    for kind in panel.registry().iter() {
        let mut after = String::new();
        loop {
            let page = kind.sql().page.bind(&after).bind(PAGE);
            let rows: Vec<Compared> =
                panel.store().read(async |tx: &mut store::Tx| tx.all(page).await).await?;
            let Some(last) = rows.last() else { break };
            after.clone_from(&last.id);
            for row in rows {
                let key = Key { kind: kind.kind(), id: row.id };
                let status = held.remove(&(key.kind.to_owned(), key.id.clone()));
                if let Some(status) = status.as_ref().filter(|held| adopt::is_ahead(held, &row.block)) {
                    ahead.insert(key.clone(), status.generation);
                }
                meet(panel, key, &row.block, status).await?;
            }
        }
    }
    panel.are_ahead(ahead);
    let unknown: Vec<_> = held.into_values().filter(|status| !status.absent).collect();
    let unknown = adopt::unknown(panel, &unknown).await?;
    note_unknown(panel, &unknown).await?;
    panel.are_unknown(unknown);
    wake_leaving(panel).await?;
    if panel.is_unmet() {
        adopt::met(panel).await?;
        panel.met();
    }
    Ok(())
}

/// What is to be removed without a row of its own.
async fn wake_leaving(panel: &Panel) -> Result<(), StoreError> {
    for aside in panel.store().read(adopt::asides).await? {
        if let Some(kind) = panel.registry().find(&aside.kind).filter(|_| !aside.kept) {
            panel.wake(Key { kind: kind.kind(), id: aside.id });
        }
    }
    Ok(())
}

/// One row and what the agent holds of it.
async fn meet(panel: &Panel, key: Key, block: &Block, held: Option<ObjectStatus>) -> Result<(), StoreError> {
    match held {
        Some(held) if adopt::is_ahead(&held, block) => stay_behind(panel, &key, held.generation).await?,
        Some(held) if agrees(block, &held) => {
            if block.differs(&held.status) || (!block.is_observed() && work::is_taken_up(&held.status)) {
                take_over(panel, &key, held).await?;
            } else if !block.is_observed() {
                // It waits on the agent; nothing else may know of it after a restart.
                panel.schedule().wake_in(key, work::WAITING);
            }
        }
        _ => panel.wake(key),
    }
    Ok(())
}

/// The server holds a later wish than the row.
async fn stay_behind(panel: &Panel, key: &Key, held: Generation) -> Result<(), StoreError> {
    panel.is_ahead(key.clone(), held);
    let Some(wish) = panel.load(key).await? else { return Ok(()) };
    if panel.ahead_of(key, wish.block().generation).is_some() {
        panel.record(wish.as_ref(), work::behind(wish.as_ref(), held)).await?;
    }
    Ok(())
}

fn agrees(block: &Block, held: &ObjectStatus) -> bool {
    block.generation == held.generation
        && block.deleted_at.is_some() == held.absent
        && !held.absent
        && block.spec_digest == Some(held.digest)
}

/// What the agent's own pass found becomes the row's condition.
async fn take_over(panel: &Panel, key: &Key, held: ObjectStatus) -> Result<(), StoreError> {
    let Some(held) = panel.keep_while_busy(key, held) else { return Ok(()) };
    let Some(wish) = panel.load(key).await? else { return Ok(()) };
    if !agrees(wish.block(), &held) {
        panel.wake(key.clone());
        return Ok(());
    }
    let ObjectStatus { generation: sent, digest, status, .. } = held;
    let observed = work::is_taken_up(&status).then_some(sent);
    let attempt = Attempt { sent, observed, digest: Some(digest), status, shown: false };
    if let Some(pause) = panel.record(wish.as_ref(), attempt).await? {
        panel.schedule().wake_in(key.clone(), pause);
    }
    Ok(())
}

pub(crate) async fn list(agent: &Peer) -> Result<HashMap<(String, String), ObjectStatus>, WireError> {
    let mut objects = HashMap::new();
    let mut take = |page: ObjectPage| {
        for status in page.objects {
            objects.insert((status.object.kind.clone(), status.object.scope.clone()), status);
        }
    };
    let mut broken = None;
    let mut pages = Vec::new();
    let answer = agent
        .call_with(&ListObjects { kind: None }, &[], |page: Value| match serde_json::from_value(page) {
            Ok(page) => pages.push(page),
            Err(error) => broken = Some(error),
        })
        .await?;
    if let Some(error) = broken {
        return Err(WireError::Protocol(error.to_string()));
    }
    pages.into_iter().for_each(&mut take);
    take(answer.reply);
    Ok(objects)
}

/// Compares, and takes changes over as they come, until the stream ends or a new comparison is due.
async fn watch(panel: &Panel, watching: &Peer, first: &mut bool) -> Result<(), FollowError> {
    let (pages, mut come) = tokio::sync::mpsc::unbounded_channel::<Value>();
    let stream = watching.call_with(&WatchObjects {}, &[], move |page: Value| {
        let _ = pages.send(page);
    });
    let take = async {
        // The first page says that the agent listens: what changes during the comparison waits in the channel. An agent that does not say so
        // is compared all the same.
        if let Ok(None) = tokio::time::timeout(LISTENS, come.recv()).await {
            return Ok(());
        }
        compare(panel).await?;
        if *first {
            release::raise_what_differs(panel).await?;
            *first = false;
        }
        while let Some(page) = come.recv().await {
            let Ok(page) = serde_json::from_value::<ObjectPage>(page) else { continue };
            for status in page.objects {
                if let Err(error) = changed(panel, status).await {
                    tracing::warn!(error = %error, "a change that the agent told could not be written down");
                }
            }
        }
        Ok(())
    };
    tokio::select! {
        ended = stream => Ok(ended.map(drop)?),
        taken = take => taken,
        () = tokio::time::sleep(EVERY) => Ok(()),
    }
}

/// What the agent told of one object.
pub(crate) async fn changed(panel: &Panel, status: ObjectStatus) -> Result<(), StoreError> {
    let Some(kind) = panel.registry().find(&status.object.kind) else { return Ok(()) };
    let key = Key { kind: kind.kind(), id: status.object.scope.clone() };
    let Some(status) = panel.keep_while_busy(&key, status) else { return Ok(()) };
    let Some(wish) = panel.load(&key).await? else { return Ok(()) };
    meet(panel, key, wish.block(), Some(status)).await
}

/// The agent is away: what is not ready is tried as if it were there, so that it shows why it waits.
async fn wake_unsettled(panel: &Panel) {
    for kind in panel.registry().iter() {
        let unsettled = kind.sql().unsettled;
        let ids: Result<Vec<String>, StoreError> =
            panel.store().read(async |tx: &mut store::Tx| tx.all(unsettled).await).await;
        match ids {
            Ok(ids) => ids.into_iter().for_each(|id| {
                // Those that back off already keep their time.
                panel.schedule().wake_in(Key { kind: kind.kind(), id }, AGAIN);
            }),
            Err(error) => tracing::warn!(error = %error, "rows that are not ready could not be read"),
        }
    }
}

async fn note_unknown(panel: &Panel, unknown: &[Differing]) -> Result<(), StoreError> {
    let now = panel.now();
    let events: Vec<Event> = unknown
        .iter()
        .filter(|object| object.why == Why::Unknown)
        .filter_map(|object| {
            let kind = panel.registry().find(&object.kind)?.kind();
            let key = Key { kind, id: object.id.clone() };
            Some(Event::of(key, None, Code::Unknown, &object.name))
        })
        .take(100)
        .collect();
    if events.is_empty() {
        return Ok(());
    }
    panel
        .store()
        .write(async |tx: &mut WriteTx| -> Result<(), StoreError> {
            for event in &events {
                event::note(tx, now, event).await?;
            }
            Ok(())
        })
        .await?;
    panel.events_written();
    Ok(())
}
