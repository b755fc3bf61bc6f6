//! `/drift`: files of ours that somebody edited by hand, and what is decided about them.

use api_kit::openapi::{ChangeProblems, Problems};
use api_kit::{ApiError, Caller, Json, List, json, request_id};
use audit::Object;
use auth::{EditNode, ViewNode};
use axum::extract::State;
use converge::methods::{Drift, DriftAction, ListDrift, Object as HostObject, RunDriftAction};
use converge::{Cause, Condition};
use desired::event::{self, Code, Event};
use desired::{Access, Key, Note, Panel, Table, agent_error};
use names::{Digest, Micros};
use serde::{Deserialize, Serialize};
use store::{StoreError, Tx, WriteTx};
use utoipa::ToSchema;
use utoipa_axum::routes;

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
    /// The object's id or name.
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

async fn name_of(panel: &Panel, object: &HostObject) -> Result<String, StoreError> {
    let Some(kind) = panel.registry().find(&object.kind) else { return Ok(object.scope.clone()) };
    let wish = panel.store().read(async |tx: &mut Tx| kind.load(tx, &object.scope).await).await?;
    Ok(wish.map_or_else(|| object.scope.clone(), |wish| wish.name().to_owned()))
}

fn moment(micros: i64) -> Option<Micros> {
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
        let name = name_of(&panel, &object).await?;
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
    Ok(Json(List { items, next_cursor: None }))
}

/// Decides about a hand edit.
#[utoipa::path(post, path = "/drift/actions", tag = "node", request_body = DecideDrift,
    responses((status = 200, description = "How the object stands now", body = Decided), ChangeProblems))]
async fn drift_decide(
    State(panel): State<Panel>,
    Caller(actor): Caller,
    Json(body): Json<DecideDrift>,
) -> Result<Json<Decided>, ApiError> {
    actor.everywhere::<EditNode>()?;
    let key = object(&panel, &body).await?;
    if body.action == DriftAction::Pause && body.until.is_none() {
        return Err(json::refuse(
            "until",
            "missing_field",
            "A pause needs an end.",
            "Send until, at most 30 days ahead.",
        ));
    }
    let cause =
        Cause { actor: actor.name().to_owned(), request_id: request_id::current().unwrap_or_default() };
    let call = RunDriftAction {
        object: HostObject { kind: key.kind.to_owned(), scope: key.id.clone() },
        action: body.action,
        foreign: body.foreign,
        path: body.path,
        until: body.until.map(Micros::as_micros),
        reason: body.reason.map(|reason| reason.to_string()),
        cause,
    };
    let report = panel.agent().call(&call).await.map_err(decision_error)?;
    let now = panel.now();
    let word = serde_json::to_value(call.action).map_err(ApiError::internal)?;
    let write = async |tx: &mut WriteTx| -> Result<(), StoreError> {
        let action = format!("drift.{}", word.as_str().unwrap_or_default());
        let on = Object::of_installation(key.kind, &key.id);
        super::done(tx, &actor, &action, on, (None, None), now).await?;
        let event = Event::of(key.clone(), None, Code::DriftDecided, &key.id).with("action", word.clone());
        event::note(tx, now, &event).await
    };
    panel.store().write(write).await?;
    panel.events_written();
    panel.wake(key);
    Ok(Json(Decided {
        kind: report.kind,
        id: report.scope,
        changed: report.changed,
        condition: report.status.condition,
        reason: report.status.reason.map(|reason| reason.as_str().to_owned()),
        message: report.status.message,
    }))
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

/// The object, which must be one of ours.
async fn object(panel: &Panel, body: &DecideDrift) -> Result<Key, ApiError> {
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
        Some(_) => Ok(Key { kind: kind.kind(), id: body.id.clone() }),
        None => Err(ApiError::not_found("object")),
    }
}
