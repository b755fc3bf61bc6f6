//! `/drift`: files of ours that somebody edited by hand, and what is decided about them.

use std::time::Duration;

use api_kit::openapi::{ChangeProblems, Problems};
use api_kit::{ApiError, Caller, Json, List, Query, Rehearsal, RehearsalParams, json, request_id};
use audit::Object;
use auth::{Actor, EditNode, ViewNode};
use axum::extract::State;
use converge::methods::{Drift, DriftAction, ListDrift, Object as HostObject, RunDriftAction};
use converge::{Cause, Condition};
use desired::event::{self, Code, Event};
use desired::{Access, Changed, Key, Note, Panel, PlanView, Table, agent_error};
use names::{Digest, Micros};
use serde::{Deserialize, Serialize};
use store::{StoreError, Tx, WriteTx};
use utoipa::ToSchema;
use utoipa_axum::routes;

/// The longest pause; the agent takes no longer one.
const LONGEST_PAUSE: Duration = Duration::from_hours(30 * 24);

/// The routes.
pub(super) fn table(panel: Panel) -> Table {
    Table::default()
        .add(Access::everywhere::<ViewNode>(), routes!(drift_list))
        .add(Access::everywhere::<EditNode>(), routes!(drift_decide))
        .with_state(panel)
}

/// A file of ours that somebody edited.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct DriftView {
    /// The object's kind.
    kind: String,
    /// The object's id.
    id: String,
    /// The object's name.
    name: String,
    /// The file.
    path: String,
    /// When the file was changed.
    #[schema(value_type = Option<String>, format = DateTime)]
    changed_at: Option<Micros>,
    /// When it was noticed.
    #[schema(value_type = Option<String>, format = DateTime)]
    noticed_at: Option<Micros>,
    /// SHA-256 of what is there; a decision names it, so that a later edit is not swept away by it.
    #[schema(value_type = String)]
    foreign: Digest,
    /// From our content to what is there, as a unified diff.
    diff: Option<String>,
    /// From our content to what a newer generation wants, which waits.
    waiting: Option<String>,
    /// What can be decided: `revert`, `pause`, `resume`.
    #[schema(value_type = Vec<String>)]
    actions: Vec<DriftAction>,
}

/// What is decided.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DecideDrift {
    /// The object's kind.
    kind: String,
    /// The object's id.
    id: String,
    /// `revert`: our content again, the foreign copy is kept. `pause`: leave the object alone for a while. `resume`: no longer.
    #[schema(value_type = String, example = "revert")]
    action: DriftAction,
    /// `revert`: this file alone.
    path: Option<String>,
    /// `revert`: the foreign content that was looked at.
    #[schema(value_type = Option<String>)]
    foreign: Option<Digest>,
    /// `pause`: until when, at most 30 days ahead.
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Micros>,
    /// `pause`: why.
    #[schema(value_type = Option<String>)]
    reason: Option<Note>,
}

/// How the object stands after a decision.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct Decided {
    /// The object's kind.
    kind: String,
    /// The object's id.
    id: String,
    /// Whether anything was done.
    changed: bool,
    /// The condition.
    #[schema(value_type = String)]
    condition: Condition,
    /// The reason's code.
    reason: Option<String>,
    /// Words about it.
    message: Option<String>,
}

pub(super) fn moment(micros: i64) -> Option<Micros> {
    Micros::new(micros).ok().filter(|moment| moment.as_micros() > 0)
}

/// Files of ours that somebody edited by hand.
#[utoipa::path(get, path = "/drift", tag = "node",
    responses((status = 200, description = "Every such file", body = List<DriftView>), Problems))]
async fn drift_list(
    State(panel): State<Panel>,
    Caller(actor): Caller,
) -> Result<Json<List<DriftView>>, ApiError> {
    actor.everywhere::<ViewNode>()?;
    let found = panel.agent().call(&ListDrift {}).await.map_err(agent_error)?;
    let mut items = Vec::new();
    for Drift { object, path, mtime, noticed, foreign, diff, waiting, actions } in found.drift {
        let name = super::name_of(&panel, &object.kind, &object.scope).await?;
        let (changed_at, noticed_at) = (moment(mtime), moment(noticed));
        let (kind, id) = (object.kind, object.scope);
        items.push(DriftView {
            kind,
            id,
            name,
            path,
            changed_at,
            noticed_at,
            foreign,
            diff,
            waiting,
            actions,
        });
    }
    Ok(Json(List::whole(items)))
}

/// Decides about a hand edit. The plan of a dry run is what the next pass over the object would do after it; a file's diff is that from
/// what is there to what would be.
#[utoipa::path(post, path = "/drift/actions", tag = "node", params(RehearsalParams), request_body = DecideDrift,
    responses((status = 200, description = "How the object stands now, or the plan of a dry run", body = Changed<Decided>), ChangeProblems))]
async fn drift_decide(
    State(panel): State<Panel>,
    Caller(actor): Caller,
    Query(rehearsal): Query<Rehearsal>,
    Json(body): Json<DecideDrift>,
) -> Result<Json<Changed<Decided>>, ApiError> {
    actor.everywhere::<EditNode>()?;
    let (key, name) = object(&panel, &body).await?;
    if body.action == DriftAction::Pause {
        check_until(body.until, panel.now())?;
    }
    let cause =
        Cause { actor: actor.name().to_owned(), request_id: request_id::current().unwrap_or_default() };
    if rehearsal.is_asked()
        && let Some(dry) = plan(&panel, &key, body.action, &cause).await?.rehearsed(&rehearsal)?
    {
        return Ok(Json(Changed::Plan(dry)));
    }
    let call = RunDriftAction {
        object: HostObject { kind: key.kind.to_owned(), scope: key.id.clone() },
        action: body.action,
        foreign: body.foreign,
        path: body.path,
        until: body.until.map(Micros::as_micros),
        reason: body.reason.map(|reason| reason.to_string()),
        cause,
    };
    // A task of its own: a client that goes away must not leave a change of the host behind that the audit does not know.
    let deciding = tokio::spawn(api_kit::carry(decide(panel, actor, (key, name), call)));
    Ok(Json(Changed::Object(deciding.await.map_err(ApiError::internal)??)))
}

fn check_until(until: Option<Micros>, now: Micros) -> Result<(), ApiError> {
    let remedy = "Send until, at most 30 days ahead.";
    match until {
        None => Err(json::refuse("until", "missing_field", "A pause needs an end.", remedy)),
        Some(until) if until <= now || until > now.plus(LONGEST_PAUSE) => {
            Err(json::refuse("until", "out_of_range", "This is not within the next 30 days.", remedy))
        }
        Some(_) => Ok(()),
    }
}

/// What the pass that follows a decision would do.
async fn plan(panel: &Panel, key: &Key, action: DriftAction, cause: &Cause) -> Result<PlanView, ApiError> {
    match action {
        DriftAction::Revert => panel.preview(key, true, cause).await,
        DriftAction::Resume => panel.preview(key, false, cause).await,
        DriftAction::Pause => Ok(PlanView::of(Vec::new())),
    }
}

async fn decide(
    panel: Panel,
    actor: Actor,
    (key, name): (Key, String),
    call: RunDriftAction,
) -> Result<Decided, ApiError> {
    let report = panel.agent().call(&call).await.map_err(decision_error)?;
    let now = panel.now();
    let word = serde_json::to_value(call.action).map_err(ApiError::internal)?;
    let write = async |tx: &mut WriteTx| -> Result<(), StoreError> {
        let action = format!("drift.{}", word.as_str().unwrap_or_default());
        let on = Object::of_installation(key.kind, &key.id);
        super::done(tx, &actor, &action, on, (None, None), now).await?;
        let event = Event::of(key.clone(), None, Code::DriftDecided, &name).with("action", word.clone());
        event::note(tx, now, &event).await
    };
    panel.store().write(write).await?;
    panel.events_written();
    panel.wake(key);
    Ok(Decided {
        kind: report.kind,
        id: report.scope,
        changed: report.changed,
        condition: report.status.condition,
        reason: report.status.reason.map(|reason| reason.as_str().to_owned()),
        message: report.status.message,
    })
}

/// What the agent says no to is the caller's to mend.
fn decision_error(error: wire::WireError) -> ApiError {
    match error.refusal() {
        Some(refusal) if !error.is_unavailable() => {
            ApiError::conflict("drift_refused", refusal.message.clone())
        }
        _ => agent_error(error),
    }
}

/// The object and its name; it must be one of ours.
async fn object(panel: &Panel, body: &DecideDrift) -> Result<(Key, String), ApiError> {
    let kind = panel.registry().find(&body.kind);
    let kind = kind.ok_or_else(|| {
        json::refuse(
            "kind",
            "unknown_kind",
            "There is no such kind of object.",
            "Send account, pool, site or webserver.",
        )
    })?;
    let known = panel.store().read(async |tx: &mut Tx| kind.load(tx, &body.id).await).await?;
    match known {
        Some(wish) => Ok((Key { kind: kind.kind(), id: body.id.clone() }, wish.name().to_owned())),
        None => Err(ApiError::not_found("object")),
    }
}
