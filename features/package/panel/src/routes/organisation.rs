//! `/organisations/{organisation}/limits`

use std::sync::Arc;

use api_kit::openapi::{ChangeProblems, Problems};
use api_kit::{Accepted, ApiError, Caller, Change, ChangeParams, IfMatch, Json, Path, Prefer, Query, Tagged};
use auth::{ManageOrganisations, OrganisationKey, ViewOrganisations};
use axum::extract::State as S;
use desired::{Access, Answer, Asked, Changed, Outcome, Table};
use store::Tx;
use utoipa_axum::routes;

use crate::routes::State;
use crate::rules::{self, EditOrganisationLimits};
use crate::store::organisation::{self, OrganisationLimits};

/// The routes.
pub(super) fn table(state: State) -> Table {
    Table::default()
        .add(Access::organisation::<ViewOrganisations>(), routes!(organisation_limits_show))
        .add(Access::organisation::<ManageOrganisations>(), routes!(organisation_limits_edit))
        .with_state(state)
}

/// What an organisation may have with all below it, and how much of it is used or given out.
#[utoipa::path(get, path = "/organisations/{organisation}/limits", tag = "packages",
    params(("organisation" = String, Path, description = "Name or id")),
    responses((status = 200, description = "Its limits and features", body = OrganisationLimits), Problems))]
async fn organisation_limits_show(
    S(state): S<State>,
    Caller(actor): Caller,
    Path(key): Path<OrganisationKey>,
) -> Result<Tagged<OrganisationLimits>, ApiError> {
    let read = async |tx: &mut Tx| -> Result<_, ApiError> {
        let proof = auth::organisation::<ViewOrganisations>(tx, &actor, &key).await?;
        organisation::view(tx, proof.id).await?.ok_or_else(|| ApiError::not_found("organisation"))
    };
    let view = state.panel.store().read(read).await?;
    let version = view.version;
    Ok(Tagged::new(view, version))
}

/// Says what an organisation may have. Whoever manages the organisations of the one above it may; what lies below is held to it at once, and
/// has what it was given again when the limit is raised.
#[utoipa::path(patch, path = "/organisations/{organisation}/limits", tag = "packages", request_body = EditOrganisationLimits,
    params(("organisation" = String, Path, description = "Name or id"), ChangeParams,
           ("If-Match" = String, Header, description = "The ETag that was read, or *")),
    responses((status = 202, description = "Written down, and its accounts are on their way to the server", body = OrganisationLimits),
              (status = 200, description = "Observed on the server, or the plan of a dry run", body = Changed<OrganisationLimits>), ChangeProblems))]
async fn organisation_limits_edit(
    S(state): S<State>,
    Caller(actor): Caller,
    Path(key): Path<OrganisationKey>,
    Query(change): Query<Change>,
    if_match: IfMatch,
    prefer: Prefer,
    Json(body): Json<EditOrganisationLimits>,
) -> Result<Answer<OrganisationLimits>, ApiError> {
    let find = async |tx: &mut Tx| organisation::find_to_rule(tx, &actor, &key).await;
    let organisation = state.panel.store().read(find).await?;
    let asked = Asked::by(&actor, change, prefer)?;
    let rules = rules::Rule { hosted: Arc::clone(&state.hosted), actor, ruled: organisation, if_match, body };
    Ok(match state.panel.change(&asked, rules).await? {
        Outcome::Plan(plan) => Answer::Plan(plan),
        Outcome::Done { value, progress } => {
            let version = value.version;
            Answer::Object(Accepted::changed(value, version, progress))
        }
    })
}
