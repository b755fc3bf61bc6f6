//! `/node`

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use api_kit::openapi::{ChangeProblems, Problems};
use api_kit::{
    ApiError, Caller, Change, ChangeParams, IfMatch, Json, Prefer, Query, Rehearsal, RehearsalParams, Tagged,
};
use auth::{EditNode, ViewNode};
use axum::extract::State;
use converge::methods::HostFigures;
use desired::{Access, Answer, Asked, Changed, Key, Outcome, Panel, Table};
use names::Micros;
use utoipa_axum::routes;
use web_spec::WebServerSpec;

use crate::node;
use crate::rules::node::{self as rules, EditNodeBody};
use crate::store::node::Node;

/// The routes.
pub(crate) fn table(panel: Panel) -> Table {
    Table::default()
        .add(Access::everywhere::<ViewNode>(), routes!(node_show))
        .add(Access::everywhere::<EditNode>(), routes!(node_edit))
        .add(Access::everywhere::<EditNode>(), routes!(node_retry))
        .with_state(NodeState { panel, looks: Looks::default() })
}

#[derive(Clone)]
struct NodeState {
    panel: Panel,
    looks: Looks,
}

/// Looks that follow each other faster are held against the same look before, or the figure would be chance.
const LEAST: Duration = Duration::from_secs(2);
/// A look that is older says nothing of now.
const MOST: Duration = Duration::from_mins(1);

/// The look before, whoever looked. A clone shares it.
#[derive(Debug, Clone, Default)]
struct Looks {
    before: Arc<Mutex<Option<(Micros, HostFigures)>>>,
}

impl Looks {
    /// What part of all processors' time was worked since the look before.
    fn cpu(&self, now: Micros, seen: HostFigures) -> Option<f64> {
        let mut before = self.before.lock().unwrap_or_else(PoisonError::into_inner);
        let found = before.filter(|(at, _)| *at <= now && now.since(*at) <= MOST);
        let part = found.and_then(|(_, old)| {
            let total = seen.cpu_total.checked_sub(old.cpu_total).filter(|total| *total > 0)?;
            Some(part(seen.cpu_busy.checked_sub(old.cpu_busy)?.min(total), total))
        });
        if found.is_none_or(|(at, _)| now.since(at) >= LEAST) {
            *before = Some((now, seen));
        }
        part
    }
}

#[expect(clippy::cast_precision_loss, reason = "a part of some seconds needs no more")]
fn part(busy: u64, total: u64) -> f64 {
    (busy as f64 / total as f64 * 10_000.0).round() / 10_000.0
}

/// The server: its figures, and how its web server stands.
#[utoipa::path(get, path = "/node", tag = "node",
    responses((status = 200, description = "The server", body = Node), Problems))]
async fn node_show(
    State(NodeState { panel, looks }): State<NodeState>,
    Caller(actor): Caller,
) -> Result<Tagged<Node>, ApiError> {
    actor.everywhere::<ViewNode>()?;
    let (row, metrics) = match node::refresh(&panel).await {
        Ok((row, metrics)) => (row, Some(metrics)),
        Err(_) => (node::local(&panel).await?, None),
    };
    let figures = metrics.as_ref().and_then(|metrics| metrics.figures);
    let cpu = figures.and_then(|figures| looks.cpu(panel.now(), figures));
    Ok(Tagged::new(Node::of(&row, metrics, cpu), row.block.generation))
}

/// Changes what the web server listens on.
#[utoipa::path(patch, path = "/node", tag = "node", request_body = EditNodeBody,
    params(ChangeParams, ("If-Match" = String, Header, description = "The ETag that was read, or *")),
    responses((status = 202, description = "Written down, and on its way to the server", body = Node),
              (status = 200, description = "Observed on the server, or the plan of a dry run", body = Changed<Node>), ChangeProblems))]
async fn node_edit(
    State(NodeState { panel, .. }): State<NodeState>,
    Caller(actor): Caller,
    Query(change): Query<Change>,
    if_match: IfMatch,
    prefer: Prefer,
    Json(body): Json<EditNodeBody>,
) -> Result<Answer<Node>, ApiError> {
    let proof = actor.everywhere::<EditNode>()?;
    body.check()?;
    let asked = Asked::by(&actor, change, prefer)?;
    let progress = match panel.change(&asked, rules::Edit { proof, if_match, body }).await? {
        Outcome::Plan(plan) => return Ok(Answer::Plan(plan)),
        Outcome::Done { progress, .. } => progress,
    };
    let row = node::local(&panel).await?;
    Ok(Answer::changed(Node::of(&row, None, None), row.block.generation, progress))
}

/// Has the server's web server tried again now, in place of after the pause: for when what stood in the way was mended. Nothing of what is
/// wished changes; a hand edit is not overwritten, and what waits for another plan to be agreed to goes on waiting.
#[utoipa::path(post, path = "/node/retry", tag = "node", params(RehearsalParams),
    responses((status = 202, description = "To be tried now, and on its way; what waits for a person stands as before, with its reason", body = Node),
              (status = 200, description = "Tried and observed on the server, or the plan of a dry run", body = Changed<Node>), ChangeProblems))]
async fn node_retry(
    State(NodeState { panel, .. }): State<NodeState>,
    Caller(actor): Caller,
    Query(rehearsal): Query<Rehearsal>,
    prefer: Prefer,
) -> Result<Answer<Node>, ApiError> {
    actor.everywhere::<EditNode>()?;
    let key = Key::of::<WebServerSpec>(&node::local(&panel).await?.id);
    let progress = match panel.retry(&actor, (rehearsal, prefer), key, ("node", None)).await? {
        Outcome::Plan(plan) => return Ok(Answer::Plan(plan)),
        Outcome::Done { progress, .. } => progress,
    };
    let row = node::local(&panel).await?;
    Ok(Answer::changed(Node::of(&row, None, None), row.block.generation, progress))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processors_part_is_that_since_the_look_before() {
        let looks = Looks::default();
        let look = |seconds: i64, busy: u64, total: u64| {
            let now = Micros::new(1_000_000_000_000_000 + seconds * 1_000_000).unwrap();
            looks.cpu(now, HostFigures { cpu_busy: busy, cpu_total: total, ..HostFigures::default() })
        };
        assert_eq!(look(0, 100, 1000), None, "the first look");
        assert_eq!(look(1, 150, 1200), Some(0.25));
        assert_eq!(look(2, 200, 1400), Some(0.25), "two in a second are held against the same one");
        assert_eq!(look(7, 200, 1800), Some(0.0));
        assert_eq!(look(12, 20, 100), None, "the server began anew");
        assert_eq!(look(17, 60, 200), Some(0.4));
        assert_eq!(look(90, 100, 900), None, "that was too long ago");
        assert_eq!(look(80, 100, 900), None, "the clock was set back");
    }
}
