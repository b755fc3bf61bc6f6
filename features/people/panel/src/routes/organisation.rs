//! `/organisations`

use std::sync::Arc;

use api_kit::openapi::{ChangeProblems, Problems};
use api_kit::{
    Accepted, ApiError, Caller, Change, ChangeParams, IfMatch, Json, List, Page, PageParams, Path, Prefer,
    Progress, Query, Rehearsal, RehearsalParams, Tagged,
};
use auth::{ManageOrganisations, OrganisationKey, ViewOrganisations};
use axum::extract::State as S;
use axum::response::Response;
use desired::{Access, Answer, Asked, Changed, DryRun, Outcome, Search, SearchParams, Table};
use names::OrganisationId;
use store::Tx;
use tokio::time::{Instant, timeout_at};
use utoipa_axum::routes;

use crate::State;
use crate::routes::{answer, changed, gone};
use crate::rules::asked;
use crate::rules::organisation::{
    Create, CreateOrganisation, Delete, Edit, EditOrganisation, SetSuspended, SuspendOrganisation,
};
use crate::store::organisation::{self, Organisation};

pub(super) fn table() -> Table<State> {
    Table::default()
        .add(Access::listed::<ViewOrganisations>(), routes!(organisation_list))
        .add(Access::organisation::<ManageOrganisations>(), routes!(organisation_create))
        .add(Access::organisation::<ViewOrganisations>(), routes!(organisation_show))
        .add(Access::organisation::<ManageOrganisations>(), routes!(organisation_edit))
        .add(Access::organisation::<ManageOrganisations>(), routes!(organisation_delete))
        .add(Access::organisation::<ManageOrganisations>(), routes!(organisation_suspend))
        .add(Access::organisation::<ManageOrganisations>(), routes!(organisation_unsuspend))
}

/// Organisations in the order of their names.
#[utoipa::path(get, path = "/organisations", tag = "organisations", params(PageParams, SearchParams),
    responses((status = 200, description = "A page of organisations", body = List<Organisation>), Problems))]
async fn organisation_list(
    S(state): S<State>,
    Caller(actor): Caller,
    Query((page, search)): Query<(Page, Search)>,
) -> Result<Json<List<Organisation>>, ApiError> {
    let scope = actor.scope::<ViewOrganisations>();
    let after = page.after().unwrap_or_default();
    let read = async |tx: &mut Tx| organisation::list(tx, &scope, after, search.like(), page.rows()).await;
    let rows = state.panel.store().read(read).await?;
    Ok(Json(page.list(rows, |row| row.name.to_string()).map(|row| Organisation::of(&row, None))))
}

/// Makes an organisation below another.
#[utoipa::path(post, path = "/organisations", tag = "organisations", params(RehearsalParams), request_body = CreateOrganisation,
    responses((status = 201, description = "The organisation", body = Organisation),
              (status = 200, description = "The plan of a dry run", body = DryRun), ChangeProblems))]
async fn organisation_create(
    S(state): S<State>,
    Caller(actor): Caller,
    Query(rehearsal): Query<Rehearsal>,
    Json(new): Json<CreateOrganisation>,
) -> Result<Answer<Organisation>, ApiError> {
    let how = asked(&actor, &rehearsal)?;
    let outcome = state.panel.change(&how, Create { actor, new }).await?;
    let location = |made: &Organisation| format!("/api/v1/organisations/{}", made.name);
    Ok(answer(outcome, |made| made.version, Some(location)))
}

/// One organisation, with what is in it and below it.
#[utoipa::path(get, path = "/organisations/{organisation}", tag = "organisations",
    params(("organisation" = String, Path, description = "Name or id")),
    responses((status = 200, description = "The organisation", body = Organisation), Problems))]
async fn organisation_show(
    S(state): S<State>,
    Caller(actor): Caller,
    Path(key): Path<OrganisationKey>,
) -> Result<Tagged<Organisation>, ApiError> {
    let read = async |tx: &mut Tx| -> Result<_, ApiError> {
        let proof = auth::organisation::<ViewOrganisations>(tx, &actor, &key).await?;
        let row = organisation::find(tx, &proof, &actor.scope::<ViewOrganisations>()).await?;
        Ok(Organisation::of(&row, Some(organisation::below(tx, row.id).await?)))
    };
    let shown = state.panel.store().read(read).await?;
    let version = shown.version;
    Ok(Tagged::new(shown, version))
}

/// Changes an organisation. Its name is for those above it.
#[utoipa::path(patch, path = "/organisations/{organisation}", tag = "organisations", request_body = EditOrganisation,
    params(("organisation" = String, Path, description = "Name or id"), RehearsalParams,
           ("If-Match" = String, Header, description = "The ETag that was read, or *")),
    responses((status = 200, description = "The organisation, or the plan of a dry run", body = Changed<Organisation>), ChangeProblems))]
async fn organisation_edit(
    S(state): S<State>,
    Caller(actor): Caller,
    Path(key): Path<OrganisationKey>,
    Query(rehearsal): Query<Rehearsal>,
    if_match: IfMatch,
    Json(edit): Json<EditOrganisation>,
) -> Result<Answer<Organisation>, ApiError> {
    let how = asked(&actor, &rehearsal)?;
    let outcome = state.panel.change(&how, Edit { actor, key, if_match, to: edit }).await?;
    Ok(changed(outcome, |after| after.version))
}

/// Deletes an organisation that has no accounts, organisations, people or packages any more. For those above it.
#[utoipa::path(delete, path = "/organisations/{organisation}", tag = "organisations",
    params(("organisation" = String, Path, description = "Name or id"), RehearsalParams,
           ("If-Match" = Option<String>, Header, description = "The ETag that was read: only at this version")),
    responses((status = 204, description = "Deleted"),
              (status = 200, description = "The plan of a dry run", body = DryRun), ChangeProblems))]
async fn organisation_delete(
    S(state): S<State>,
    Caller(actor): Caller,
    Path(key): Path<OrganisationKey>,
    Query(rehearsal): Query<Rehearsal>,
    if_match: IfMatch,
) -> Result<Response, ApiError> {
    let how = asked(&actor, &rehearsal)?;
    Ok(gone(state.panel.change(&how, Delete { actor, key, if_match }).await?))
}

/// Suspends an organisation: nothing that its people hold, in it or below it, is in force; with `accounts`, its accounts are off too. For
/// those above it.
#[utoipa::path(post, path = "/organisations/{organisation}/suspend", tag = "organisations", request_body = SuspendOrganisation,
    params(("organisation" = String, Path, description = "Name or id"), ChangeParams,
           ("If-Match" = Option<String>, Header, description = "The ETag that was read: only at this version")),
    responses((status = 202, description = "Written down, and the accounts are on their way to the server", body = Organisation),
              (status = 200, description = "Done, all accounts observed, or the plan of a dry run", body = Changed<Organisation>), ChangeProblems))]
async fn organisation_suspend(
    S(state): S<State>,
    Caller(actor): Caller,
    Path(key): Path<OrganisationKey>,
    Query(change): Query<Change>,
    if_match: IfMatch,
    prefer: Prefer,
    Json(body): Json<SuspendOrganisation>,
) -> Result<Answer<Organisation>, ApiError> {
    let accounts = Arc::clone(&state.accounts);
    let how = Asked::by(&actor, change, prefer)?;
    let rules = SetSuspended { actor, key, if_match, accounts, suspend: Some(body) };
    let outcome = state.panel.change(&how, rules).await?;
    settled(&state, outcome, prefer).await
}

/// Lets an organisation go on, with all that its people held and the accounts that it took along. For those above it.
#[utoipa::path(post, path = "/organisations/{organisation}/unsuspend", tag = "organisations",
    params(("organisation" = String, Path, description = "Name or id"), ChangeParams,
           ("If-Match" = Option<String>, Header, description = "The ETag that was read: only at this version")),
    responses((status = 202, description = "Written down, and the accounts are on their way to the server", body = Organisation),
              (status = 200, description = "Done, all accounts observed, or the plan of a dry run", body = Changed<Organisation>), ChangeProblems))]
async fn organisation_unsuspend(
    S(state): S<State>,
    Caller(actor): Caller,
    Path(key): Path<OrganisationKey>,
    Query(change): Query<Change>,
    if_match: IfMatch,
    prefer: Prefer,
) -> Result<Answer<Organisation>, ApiError> {
    let accounts = Arc::clone(&state.accounts);
    let how = Asked::by(&actor, change, prefer)?;
    let rules = SetSuspended { actor, key, if_match, accounts, suspend: None };
    let outcome = state.panel.change(&how, rules).await?;
    settled(&state, outcome, prefer).await
}

/// The answer once the server was seen to be so for every account below, or the caller's patience is over.
async fn settled(
    state: &State,
    outcome: Outcome<Organisation>,
    prefer: Prefer,
) -> Result<Answer<Organisation>, ApiError> {
    let mut after = match outcome {
        Outcome::Plan(plan) => return Ok(Answer::Plan(plan)),
        Outcome::Done { value, .. } => value,
    };
    let id = after.id;
    if let Some(wait) = prefer.wait {
        let until = Instant::now() + wait;
        let mut moved = state.panel.events_moved();
        loop {
            moved.mark_unchanged();
            let below = below(state, id).await?;
            after.below = Some(below);
            if below.settling == 0 || !matches!(timeout_at(until, moved.changed()).await, Ok(Ok(()))) {
                break;
            }
        }
    }
    let is_settled = after.below.is_none_or(|below| below.settling == 0);
    let progress = if is_settled { Progress::Observed } else { Progress::UnderWay };
    let version = after.version;
    Ok(Answer::Object(Accepted::changed(after, version, progress)))
}

async fn below(state: &State, id: OrganisationId) -> Result<organisation::Below, ApiError> {
    Ok(state.panel.store().read(async |tx: &mut Tx| organisation::below(tx, id).await).await?)
}
