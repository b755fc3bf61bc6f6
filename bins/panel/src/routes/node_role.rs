//! `/node/roles`: what the server is for, and the installation of what is missing.

use api_kit::openapi::{ChangeProblems, Problems};
use api_kit::{ApiError, Caller, Json, List, Path, Query, Rehearsal, RehearsalParams};
use auth::{EditNode, ViewNode};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use converge::methods::{GetRole, RoleState};
use converge::{Impact, PlannedStep};
use desired::{Access, DryRun, PlanView, PlannedObject, Table};
use http::StatusCode;
use jobs::Ask;
use names::NodeRole;
use serde::{Deserialize, Serialize};
use store::{StoreError, Tx, WriteTx};
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::job::{self, JobView};
use crate::app::Parts;
use crate::role_install::{self, Payload};

/// The word for a role in events, in the audit and in jobs.
const KIND: &str = "node_role";

/// The routes.
pub(super) fn table(parts: Parts) -> Table {
    Table::default()
        .add(Access::everywhere::<ViewNode>(), routes!(node_role_list))
        .add(Access::everywhere::<EditNode>(), routes!(node_role_install))
        .with_state(parts)
}

/// What a server can be for.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = NodeRole)]
struct NodeRoleView {
    /// Its name, such as `web`.
    name: String,
    /// What it is for.
    what: String,
    /// `installed`, `missing`, `installing`, or `unknown` while the agent does not answer.
    state: String,
    /// Its packages, by the distribution's names.
    packages: Vec<String>,
    /// Those that are not there.
    missing: Vec<String>,
    /// Memory that it takes while nothing is served, in bytes; null where that is not known.
    memory_bytes: Option<u64>,
    /// The newest job that installs it.
    job: Option<JobView>,
}

/// The roles, and what is there of them.
#[utoipa::path(get, path = "/node/roles", tag = "node",
    responses((status = 200, description = "All roles", body = List<NodeRoleView>), Problems))]
async fn node_role_list(
    State(parts): State<Parts>,
    Caller(actor): Caller,
) -> Result<Json<List<NodeRoleView>>, ApiError> {
    actor.everywhere::<ViewNode>()?;
    let mut items = Vec::new();
    for role in NodeRole::ALL {
        let seen = parts.panel.agent().call(&GetRole { role, log: None }).await.ok();
        let read = async |tx: &mut Tx| -> Result<_, StoreError> {
            match jobs::newest_of(tx, KIND, role.name()).await? {
                Some(job) => Ok(Some((job.state.is_ended(), JobView::of(&parts.jobs, tx, job).await?))),
                None => Ok(None),
            }
        };
        let job = parts.panel.store().read(read).await?;
        items.push(view(role, seen, job));
    }
    Ok(Json(List::whole(items)))
}

fn view(role: NodeRole, seen: Option<RoleState>, job: Option<(bool, JobView)>) -> NodeRoleView {
    let works = job.as_ref().is_some_and(|(ended, _)| !ended);
    let state = match &seen {
        _ if works => "installing",
        None => "unknown",
        Some(seen) if seen.running => "installing",
        Some(seen) if seen.missing.is_empty() => "installed",
        Some(_) => "missing",
    };
    let seen = seen.unwrap_or_default();
    NodeRoleView {
        name: role.name().to_owned(),
        what: role.what().to_owned(),
        state: state.to_owned(),
        packages: seen.packages,
        missing: seen.missing,
        memory_bytes: seen.memory,
        job: job.map(|(_, job)| job),
    }
}

/// Installs a role: a job does it. Where one is under way, it is that one.
#[utoipa::path(post, path = "/node/roles/{role}/install", tag = "node",
    params(("role" = String, Path, description = "Its name"), RehearsalParams),
    responses((status = 202, description = "The job", body = JobView),
              (status = 200, description = "The plan of a dry run", body = DryRun), ChangeProblems))]
async fn node_role_install(
    State(parts): State<Parts>,
    Caller(actor): Caller,
    Path(role): Path<NodeRole>,
    Query(rehearsal): Query<Rehearsal>,
) -> Result<Response, ApiError> {
    actor.everywhere::<EditNode>()?;
    if rehearsal.is_asked() {
        let seen = parts.panel.agent().call(&GetRole { role, log: None }).await;
        let seen = seen.map_err(desired::agent_error)?;
        if let Some(dry) = plan(role, &seen).rehearsed(&rehearsal)? {
            return Ok(Json(dry).into_response());
        }
    }
    let object = jobs::Object { kind: KIND.to_owned(), id: role.to_string(), name: role.to_string() };
    let ask = Ask {
        kind: role_install::KIND,
        key: role.to_string(),
        object,
        account: None,
        organisation: None,
        payload: serde_json::to_value(Payload { role }).map_err(ApiError::internal)?,
        created_by: actor.name().to_owned(),
        via: job::via(&actor).to_owned(),
    };
    let now = parts.panel.now();
    let write = async |tx: &mut WriteTx| -> Result<JobView, ApiError> {
        let (job, _) = parts.jobs.ask(tx, &ask).await?;
        let after = serde_json::json!({ "role": role, "job": job.id });
        let object = ::audit::Object::of_installation(KIND, role);
        super::done(tx, &actor, "node_role.install", object, (None, Some(after)), now).await?;
        Ok(JobView::of(&parts.jobs, tx, job).await?)
    };
    let view = parts.panel.store().write(write).await?;
    parts.jobs.written();
    Ok((StatusCode::ACCEPTED, Json(view)).into_response())
}

/// What the installation would do.
fn plan(role: NodeRole, seen: &RoleState) -> PlanView {
    let step = |code: &str, summary: String, unknown: Option<String>| PlannedStep {
        code: code.to_owned(),
        summary,
        impact: Impact::None,
        path: None,
        diff: None,
        unknown,
    };
    let mut steps: Vec<PlannedStep> =
        seen.unmasked.iter().map(|unit| step("unit.mask", format!("mask {unit}"), None)).collect();
    if !seen.missing.is_empty() {
        let names = seen.missing.join(", ");
        steps.push(step("packages.install", format!("install {names} of role {role}"), None));
        let on = Some(format!("the packages of role {role}"));
        steps.push(step("unit.start", "start nginx.service, now and at boot".to_owned(), on));
    }
    let (kind, id, name) = (KIND.to_owned(), role.to_string(), role.to_string());
    let objects = if steps.is_empty() {
        Vec::new()
    } else {
        vec![PlannedObject { kind, id, name, generation: 1, steps }]
    };
    PlanView::of(objects)
}
