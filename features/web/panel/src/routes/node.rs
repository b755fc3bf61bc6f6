//! `/node`

use api_kit::openapi::{ChangeProblems, Problems};
use api_kit::{
    ApiError, Caller, Change, ChangeParams, IfMatch, Json, Prefer, Query, Rehearsal, RehearsalParams, Tagged,
};
use auth::{EditNode, ViewNode};
use axum::extract::State;
use desired::{Access, Answer, Asked, Changed, Key, Outcome, Panel, Table};
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
        .with_state(panel)
}

/// The server: its figures, and how its web server stands.
#[utoipa::path(get, path = "/node", tag = "node",
    responses((status = 200, description = "The server", body = Node), Problems))]
async fn node_show(State(panel): State<Panel>, Caller(actor): Caller) -> Result<Tagged<Node>, ApiError> {
    actor.everywhere::<ViewNode>()?;
    let (row, metrics) = match node::refresh(&panel).await {
        Ok((row, metrics)) => (row, Some(metrics)),
        Err(_) => (node::local(&panel).await?, None),
    };
    Ok(Tagged::new(Node::of(&row, metrics), row.block.generation))
}

/// Changes what the web server listens on.
#[utoipa::path(patch, path = "/node", tag = "node", request_body = EditNodeBody,
    params(ChangeParams, ("If-Match" = String, Header, description = "The ETag that was read, or *")),
    responses((status = 202, description = "Written down, and on its way to the server", body = Node),
              (status = 200, description = "Observed on the server, or the plan of a dry run", body = Changed<Node>), ChangeProblems))]
async fn node_edit(
    State(panel): State<Panel>,
    Caller(actor): Caller,
    Query(change): Query<Change>,
    if_match: IfMatch,
    prefer: Prefer,
    Json(body): Json<EditNodeBody>,
) -> Result<Answer<Node>, ApiError> {
    let proof = actor.everywhere::<EditNode>()?;
    if let Some(listen) = &body.listen {
        rules::check_listen(listen)?;
    }
    let asked = Asked::by(&actor, change, prefer)?;
    let progress = match panel.change(&asked, rules::Edit { proof, if_match, listen: body.listen }).await? {
        Outcome::Plan(plan) => return Ok(Answer::Plan(plan)),
        Outcome::Done { progress, .. } => progress,
    };
    let row = node::local(&panel).await?;
    Ok(Answer::changed(Node::of(&row, None), row.block.generation, progress))
}

/// Has the server's web server tried again now, in place of after the pause: for when what stood in the way was mended. Nothing of what is
/// wished changes; a hand edit is not overwritten, and what waits for another plan to be agreed to goes on waiting.
#[utoipa::path(post, path = "/node/retry", tag = "node", params(RehearsalParams),
    responses((status = 202, description = "To be tried now, and on its way; what waits for a person stands as before, with its reason", body = Node),
              (status = 200, description = "Tried and observed on the server, or the plan of a dry run", body = Changed<Node>), ChangeProblems))]
async fn node_retry(
    State(panel): State<Panel>,
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
    Ok(Answer::changed(Node::of(&row, None), row.block.generation, progress))
}
