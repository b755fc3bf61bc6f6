//! `/changes`: what was done on the server, by whom, and with which differences, as the agent wrote it down.

use api_kit::openapi::Problems;
use api_kit::query::Pairs;
use api_kit::{ApiError, Caller, Json, List, Page, PageParams, Path, Query, QueryPart};
use auth::ViewNode;
use axum::extract::State;
use converge::methods::{By, GetChange, HostChange, ListChanges};
use converge::{Condition, Impact, PlannedStep};
use desired::{Access, Panel, StepView, Table, agent_error};
use names::Micros;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use super::drift::moment;

/// The routes.
pub(super) fn table(panel: Panel) -> Table {
    Table::default()
        .add(Access::everywhere::<ViewNode>(), routes!(change_list))
        .add(Access::everywhere::<ViewNode>(), routes!(change_show))
        .with_state(panel)
}

/// Which changes.
#[derive(Debug, Default)]
struct Wanted {
    kind: Option<String>,
    object: Option<String>,
    by: Option<By>,
    actor: Option<String>,
    path: Option<String>,
    since: Option<Micros>,
    until: Option<Micros>,
}

impl QueryPart for Wanted {
    const NAMES: &'static [&'static str] = &["kind", "object", "by", "actor", "path", "since", "until"];

    fn read(pairs: &mut Pairs) -> Self {
        let by = match pairs.text("by") {
            None => None,
            Some("panel") => Some(By::Panel),
            Some("agent") => Some(By::Agent),
            Some("outside") => Some(By::Outside),
            Some(_) => {
                pairs.refuse("by", "unknown_value", "Nobody is called so.", "Send panel, agent or outside.");
                None
            }
        };
        Self {
            kind: pairs.word("kind"),
            object: pairs.word("object"),
            by,
            actor: pairs.word("actor"),
            path: pairs.word("path"),
            since: time(pairs, "since"),
            until: time(pairs, "until"),
        }
    }
}

fn time(pairs: &mut Pairs, name: &str) -> Option<Micros> {
    let time = pairs.text(name)?.parse().ok();
    if time.is_none() {
        pairs.refuse(name, "wrong_type", "This is not a time.", "Send it as 2026-01-31T12:00:00Z.");
    }
    time
}

/// How the parameters are described.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the fields are read by the derive alone")]
struct WantedParams {
    /// Only of objects of this kind.
    kind: Option<String>,
    /// Only of the object with this id.
    object: Option<String>,
    /// Only what somebody asked for (`panel`), what the agent put back (`agent`), or what was done by hand (`outside`).
    by: Option<String>,
    /// Only what this person or token asked for.
    actor: Option<String>,
    /// Only with a step on a file whose path has this part.
    path: Option<String>,
    /// Only since then.
    #[param(value_type = Option<String>, format = DateTime)]
    since: Option<Micros>,
    /// Only before then.
    #[param(value_type = Option<String>, format = DateTime)]
    until: Option<Micros>,
}

/// Something that was done on the server.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct ChangeView {
    /// Its number; later ones are higher.
    seq: u64,
    /// When it was done, or an edit by hand noticed.
    #[schema(value_type = Option<String>, format = DateTime)]
    at: Option<Micros>,
    /// When the file was edited by hand.
    #[schema(value_type = Option<String>, format = DateTime)]
    edited_at: Option<Micros>,
    /// The object's kind.
    kind: String,
    /// The object's id.
    id: String,
    /// The object's name; its id where nothing tells its name any longer.
    name: String,
    /// `panel`: somebody asked for it. `agent`: the agent put back what had gone astray. `outside`: somebody on the server, by hand.
    #[schema(value_type = String, example = "panel")]
    by: By,
    /// Who asked for it.
    actor: Option<String>,
    /// The request by which it was asked for, as the audit has it.
    request_id: Option<String>,
    /// The generation that was worked on.
    generation: u64,
    /// It was asked that the object be gone.
    removal: bool,
    /// The strongest impact of its steps: `none`, `reload`, `restart` or `data_loss`.
    #[schema(value_type = String)]
    impact: Impact,
    /// The steps. A list has the first five alone, and no differences.
    #[schema(value_type = Vec<StepView>)]
    steps: Vec<PlannedStep>,
    /// How many steps there were.
    of: u64,
    /// How many of them were taken.
    taken: u64,
    /// How the object stood after it.
    #[schema(value_type = String)]
    condition: Condition,
    /// The reason's code.
    reason: Option<String>,
    /// Words about it.
    message: Option<String>,
}

async fn view(panel: &Panel, change: HostChange) -> Result<ChangeView, ApiError> {
    let name = super::name_of(panel, &change.object.kind, &change.object.scope).await?;
    let said = |text: String| Some(text).filter(|text| !text.is_empty());
    Ok(ChangeView {
        seq: change.seq,
        at: moment(change.at),
        edited_at: change.edited_at.and_then(moment),
        kind: change.object.kind,
        id: change.object.scope,
        name,
        by: change.by,
        actor: said(change.cause.actor),
        request_id: said(change.cause.request_id),
        generation: change.generation.get(),
        removal: change.absent,
        impact: change.impact,
        steps: change.steps,
        of: change.of,
        taken: change.taken,
        condition: change.status.condition,
        reason: change.status.reason.map(|reason| reason.as_str().to_owned()),
        message: change.status.message,
    })
}

/// What was done on the server, the newest first.
#[utoipa::path(get, path = "/changes", tag = "node", params(PageParams, WantedParams),
    responses((status = 200, description = "A page of changes", body = List<ChangeView>), Problems))]
async fn change_list(
    State(panel): State<Panel>,
    Caller(actor): Caller,
    Query((page, wanted)): Query<(Page, Wanted)>,
) -> Result<Json<List<ChangeView>>, ApiError> {
    actor.everywhere::<ViewNode>()?;
    let ask = ListChanges {
        before: page.after_number().and_then(|seq| u64::try_from(seq).ok()),
        limit: u32::try_from(page.rows()).unwrap_or(u32::MAX),
        kind: wanted.kind,
        scope: wanted.object,
        by: wanted.by,
        actor: wanted.actor,
        path: wanted.path,
        since: wanted.since.map(Micros::as_micros),
        until: wanted.until.map(Micros::as_micros),
    };
    let found = panel.agent().call(&ask).await.map_err(agent_error)?;
    let found = page.list(found.changes, |change| change.seq.to_string());
    let mut items = Vec::new();
    for change in found.items {
        items.push(view(&panel, change).await?);
    }
    Ok(Json(List { items, next_cursor: found.next_cursor, total: None }))
}

/// One change, with what it made different in each file.
#[utoipa::path(get, path = "/changes/{change}", tag = "node", params(("change" = u64, Path, description = "Its number")),
    responses((status = 200, description = "The change", body = ChangeView), Problems))]
async fn change_show(
    State(panel): State<Panel>,
    Caller(actor): Caller,
    Path(seq): Path<u64>,
) -> Result<Json<ChangeView>, ApiError> {
    actor.everywhere::<ViewNode>()?;
    let found = panel.agent().call(&GetChange { seq }).await.map_err(|error| match error.refusal() {
        Some(refusal) if refusal.name == "holdfast.agent1.NoSuchChange" => ApiError::not_found("change"),
        _ => agent_error(error),
    })?;
    Ok(Json(view(&panel, found).await?))
}
