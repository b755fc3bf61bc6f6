//! `/invitations`: roles that were offered to the caller.

use api_kit::openapi::{ChangeProblems, Problems};
use api_kit::{ApiError, Caller, Json, List, Path, Query, Rehearsal, RehearsalParams};
use axum::extract::State as S;
use desired::{Access, Answer, Changed, DryRun, Table};
use names::InvitationId;
use store::Tx;
use utoipa_axum::routes;

use crate::State;
use crate::routes::{changed, gone};
use crate::rules::asked;
use crate::rules::invitation::AnswerIt;
use crate::store::invitation::{self, Invitation};

pub(super) fn table() -> Table<State> {
    Table::default()
        .add(Access::SIGNED_IN, routes!(invitation_list))
        .add(Access::SIGNED_IN.by_session(), routes!(invitation_accept))
        .add(Access::SIGNED_IN.by_session(), routes!(invitation_decline))
}

/// Roles that were offered to you.
#[utoipa::path(get, path = "/invitations", tag = "members",
    responses((status = 200, description = "All that you can still accept", body = List<Invitation>), Problems))]
async fn invitation_list(
    S(state): S<State>,
    Caller(actor): Caller,
) -> Result<Json<List<Invitation>>, ApiError> {
    let Some(person) = actor.person_id() else {
        return Ok(Json(List::whole(Vec::new())));
    };
    let now = state.panel.now();
    let read = async |tx: &mut Tx| invitation::of_person(tx, person, None, now).await;
    let rows = state.panel.store().read(read).await?;
    Ok(Json(List::whole(rows.iter().map(Invitation::from).collect())))
}

/// Takes the role that was offered to you.
#[utoipa::path(post, path = "/invitations/{invitation}/accept", tag = "members",
    params(("invitation" = String, Path, description = "Its id"), RehearsalParams),
    responses((status = 200, description = "What you accepted, or the plan of a dry run", body = Changed<Invitation>), ChangeProblems))]
async fn invitation_accept(
    S(state): S<State>,
    Caller(actor): Caller,
    Path(id): Path<InvitationId>,
    Query(rehearsal): Query<Rehearsal>,
) -> Result<Answer<Invitation>, ApiError> {
    let how = asked(&actor, &rehearsal)?;
    let outcome = state.panel.change(&how, AnswerIt { actor, id, accept: true }).await?;
    Ok(changed(outcome, |_| 1))
}

/// Declines what was offered to you.
#[utoipa::path(delete, path = "/invitations/{invitation}", tag = "members",
    params(("invitation" = String, Path, description = "Its id"), RehearsalParams),
    responses((status = 204, description = "Declined"),
              (status = 200, description = "The plan of a dry run", body = DryRun), ChangeProblems))]
async fn invitation_decline(
    S(state): S<State>,
    Caller(actor): Caller,
    Path(id): Path<InvitationId>,
    Query(rehearsal): Query<Rehearsal>,
) -> Result<axum::response::Response, ApiError> {
    let how = asked(&actor, &rehearsal)?;
    let outcome = state.panel.change(&how, AnswerIt { actor, id, accept: false }).await?;
    Ok(gone(match outcome {
        desired::Outcome::Plan(plan) => desired::Outcome::Plan(plan),
        desired::Outcome::Done { progress, .. } => desired::Outcome::Done { value: (), progress },
    }))
}
