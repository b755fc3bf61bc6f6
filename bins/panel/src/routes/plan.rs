//! `/plan`, `/sweep`: what passes over everything would do, or do.

use std::sync::{Arc, Mutex, PoisonError};

use api_kit::openapi::{ChangeProblems, Problems};
use api_kit::{ApiError, Caller, Json, Query, Rehearsal, RehearsalParams};
use audit::Object;
use auth::{Actor, EditNode, ViewNode};
use axum::extract::State;
use converge::methods::{PreviewAll, RunSweep, SweepCounts, SweepProgress};
use converge::{Condition, Report};
use desired::event::{self, Code, Event};
use desired::{Access, Key, Panel, PlanView, PlannedObject, Table, agent_error};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::{StoreError, WriteTx};
use utoipa::ToSchema;
use utoipa_axum::routes;

/// Objects whose steps are shown; of further ones there is only the count.
const SHOWN: usize = 500;

/// The routes.
pub(super) fn table(panel: Panel) -> Table {
    Table::default()
        .add(Access::everywhere::<ViewNode>(), routes!(plan_show))
        .add(Access::everywhere::<EditNode>(), routes!(sweep_run))
        .with_state(panel)
}

/// What passes over all objects would do, or did.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct HostPlan {
    /// The steps of each object that differs, at most 500 objects.
    plan: PlanView,
    /// Objects that were looked at.
    objects: u64,
    /// Objects that differed.
    differing: u64,
    /// Objects that are not ready.
    not_ready: u64,
    /// Processor time of the agent, in microseconds.
    cpu_micros: u64,
    /// Files written.
    writes: u64,
    /// Units reloaded, restarted, started or stopped.
    unit_changes: u64,
    /// Objects whose state is not what was asked for, though no step is known.
    waiting: Vec<Waiting>,
}

/// An object that waits.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct Waiting {
    /// The kind.
    kind: String,
    /// The id.
    id: String,
    /// The name.
    name: String,
    /// The condition.
    #[schema(value_type = String)]
    condition: Condition,
    /// The reason's code.
    reason: Option<String>,
    /// Words about it.
    message: Option<String>,
}

type Gathered = Arc<Mutex<Vec<Report>>>;

fn gather(into: &Gathered) -> impl FnMut(Value) + Send + use<> {
    let into = Arc::clone(into);
    move |progress| {
        let mut gathered = into.lock().unwrap_or_else(PoisonError::into_inner);
        if gathered.len() < SHOWN
            && let Ok(progress) = serde_json::from_value::<SweepProgress>(progress)
        {
            gathered.push(progress.report);
        }
    }
}

async fn view(panel: &Panel, gathered: &Gathered, counts: SweepCounts) -> Result<HostPlan, ApiError> {
    let reports = std::mem::take(&mut *gathered.lock().unwrap_or_else(PoisonError::into_inner));
    let (mut objects, mut waiting) = (Vec::new(), Vec::new());
    for report in reports {
        let name = super::name_of(panel, &report.kind, &report.scope).await?;
        if !matches!(report.status.condition, Condition::Ready | Condition::Converging) {
            waiting.push(Waiting {
                kind: report.kind.clone(),
                id: report.scope.clone(),
                name: name.clone(),
                condition: report.status.condition,
                reason: report.status.reason.map(|reason| reason.as_str().to_owned()),
                message: report.status.message.clone(),
            });
        }
        if !report.plan.is_empty() {
            objects.push(PlannedObject {
                kind: report.kind,
                id: report.scope,
                name,
                generation: report.generation.get(),
                steps: report.plan.steps,
            });
        }
    }
    Ok(HostPlan {
        plan: PlanView::of(objects),
        objects: counts.objects,
        differing: counts.differing,
        not_ready: counts.not_ready,
        cpu_micros: counts.cpu_micros,
        writes: counts.writes,
        unit_changes: counts.unit_changes,
        waiting,
    })
}

/// What passes over the whole host would do now.
#[utoipa::path(get, path = "/plan", tag = "node",
    responses((status = 200, description = "The plan; no objects means nothing to do", body = HostPlan), Problems))]
async fn plan_show(State(panel): State<Panel>, Caller(actor): Caller) -> Result<Json<HostPlan>, ApiError> {
    actor.everywhere::<ViewNode>()?;
    Ok(Json(preview(&panel).await?))
}

async fn preview(panel: &Panel) -> Result<HostPlan, ApiError> {
    let gathered = Gathered::default();
    let counts =
        panel.agent().call_with(&PreviewAll {}, &[], gather(&gathered)).await.map_err(agent_error)?.reply;
    view(panel, &gathered, counts).await
}

/// Makes passes over the whole host, now. A dry run answers what `GET /plan` does.
#[utoipa::path(post, path = "/sweep", tag = "node", params(RehearsalParams),
    responses((status = 200, description = "What was done, or would be", body = HostPlan), ChangeProblems))]
async fn sweep_run(
    State(panel): State<Panel>,
    Caller(actor): Caller,
    Query(rehearsal): Query<Rehearsal>,
) -> Result<Json<HostPlan>, ApiError> {
    actor.everywhere::<EditNode>()?;
    if rehearsal.is_asked() {
        let planned = preview(&panel).await?;
        if planned.plan.clone().rehearsed(&rehearsal)?.is_some() {
            return Ok(Json(planned));
        }
    }
    // A task of its own: a client that goes away must not leave a sweep behind that the audit does not know.
    let sweeping = tokio::spawn(api_kit::carry(sweep(panel, actor)));
    Ok(Json(sweeping.await.map_err(ApiError::internal)??))
}

async fn sweep(panel: Panel, actor: Actor) -> Result<HostPlan, ApiError> {
    let gathered = Gathered::default();
    let counts =
        panel.agent().call_with(&RunSweep {}, &[], gather(&gathered)).await.map_err(agent_error)?.reply;
    let now = panel.now();
    let write = async |tx: &mut WriteTx| -> Result<(), StoreError> {
        let scope = Key { kind: "node", id: "local".to_owned() };
        let event = Event::of(scope, None, Code::Swept, "local").with("differing", counts.differing);
        event::note(tx, now, &event).await?;
        super::done(tx, &actor, "node.sweep", Object::of_installation("node", "local"), (None, None), now)
            .await
    };
    panel.store().write(write).await?;
    panel.events_written();
    view(&panel, &gathered, counts).await
}
