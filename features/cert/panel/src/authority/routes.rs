//! `/authorities`

use ::store::{Tx, WriteTx};
use api_kit::openapi::{ChangeProblems, Problems};
use api_kit::{ApiError, Caller, Json, List, Page, PageParams, Path, Query, Rehearsal, RehearsalParams};
use auth::{EditSettings, ViewSettings};
use axum::extract::State as S;
use axum::response::{IntoResponse, Response};
use desired::{Access, Changed, DryRun, PlanView, Table};
use http::StatusCode;
use utoipa_axum::routes;

use super::rules::{Act, CreateAuthority, EditAuthority, find};
use super::store::{self, Authority, AuthorityKey, AuthorityRow};
use crate::order::Issuing;

/// The routes.
pub fn table(state: Issuing) -> Table {
    Table::default()
        .add(Access::everywhere::<ViewSettings>(), routes!(authority_list))
        .add(Access::everywhere::<EditSettings>(), routes!(authority_create))
        .add(Access::everywhere::<ViewSettings>(), routes!(authority_show))
        .add(Access::everywhere::<EditSettings>(), routes!(authority_edit))
        .add(Access::everywhere::<EditSettings>(), routes!(authority_delete))
        .with_state(state)
}

/// Nothing on the server hangs on an authority, so the plan of a dry run is empty.
fn empty_plan(rehearsal: &Rehearsal) -> Result<Option<DryRun>, ApiError> {
    PlanView::of(Vec::new()).rehearsed(rehearsal)
}

/// Authorities in the order of their names.
#[utoipa::path(get, path = "/authorities", tag = "certificates", params(PageParams),
    responses((status = 200, description = "A page of authorities", body = List<Authority>), Problems))]
async fn authority_list(
    S(state): S<Issuing>,
    Caller(_actor): Caller,
    Query(page): Query<Page>,
) -> Result<Json<List<Authority>>, ApiError> {
    let after = page.after().unwrap_or_default();
    let read = async |tx: &mut Tx| store::list(tx, after, None, page.rows()).await;
    let rows = state.panel.store().read(read).await?;
    let name = |row: &AuthorityRow| row.name.to_string();
    Ok(Json(page.list(rows, name).map(|row| Authority::from(&row))))
}

/// Makes an authority. Whoever makes one agrees to its terms of service.
#[utoipa::path(post, path = "/authorities", tag = "certificates", params(RehearsalParams), request_body = CreateAuthority,
    responses((status = 201, description = "The authority", body = Authority),
              (status = 200, description = "The plan of a dry run", body = DryRun), ChangeProblems))]
async fn authority_create(
    S(state): S<Issuing>,
    Caller(actor): Caller,
    Query(rehearsal): Query<Rehearsal>,
    Json(body): Json<CreateAuthority>,
) -> Result<Response, ApiError> {
    let act = Act { state: &state, actor: &actor, now: state.panel.now() };
    if rehearsal.is_asked() {
        state.panel.store().rehearse(async |tx: &mut WriteTx| act.create(tx, &body).await).await?;
        if let Some(dry) = empty_plan(&rehearsal)? {
            return Ok(Json(dry).into_response());
        }
    }
    let view = state.panel.store().write(async |tx: &mut WriteTx| act.create(tx, &body).await).await?;
    state.panel.events_written();
    Ok((StatusCode::CREATED, Json(view)).into_response())
}

/// One authority.
#[utoipa::path(get, path = "/authorities/{authority}", tag = "certificates",
    params(("authority" = String, Path, description = "Name or id")),
    responses((status = 200, description = "The authority", body = Authority), Problems))]
async fn authority_show(
    S(state): S<Issuing>,
    Caller(_actor): Caller,
    Path(key): Path<AuthorityKey>,
) -> Result<Json<Authority>, ApiError> {
    let row = state.panel.store().read(async |tx: &mut Tx| find(tx, &key).await).await?;
    Ok(Json(Authority::from(&row)))
}

/// Changes an authority.
#[utoipa::path(patch, path = "/authorities/{authority}", tag = "certificates", request_body = EditAuthority,
    params(("authority" = String, Path, description = "Name or id"), RehearsalParams),
    responses((status = 200, description = "The authority, or the plan of a dry run", body = Changed<Authority>), ChangeProblems))]
async fn authority_edit(
    S(state): S<Issuing>,
    Caller(actor): Caller,
    Path(key): Path<AuthorityKey>,
    Query(rehearsal): Query<Rehearsal>,
    Json(body): Json<EditAuthority>,
) -> Result<Json<Changed<Authority>>, ApiError> {
    let act = Act { state: &state, actor: &actor, now: state.panel.now() };
    if rehearsal.is_asked() {
        state.panel.store().rehearse(async |tx: &mut WriteTx| act.edit(tx, &key, &body).await).await?;
        if let Some(dry) = empty_plan(&rehearsal)? {
            return Ok(Json(Changed::Plan(dry)));
        }
    }
    let view = state.panel.store().write(async |tx: &mut WriteTx| act.edit(tx, &key, &body).await).await?;
    state.panel.events_written();
    Ok(Json(Changed::Object(view)))
}

/// Removes an authority. What it issued stays.
#[utoipa::path(delete, path = "/authorities/{authority}", tag = "certificates",
    params(("authority" = String, Path, description = "Name or id"), RehearsalParams),
    responses((status = 204, description = "It is gone"),
              (status = 200, description = "The plan of a dry run", body = DryRun), ChangeProblems))]
async fn authority_delete(
    S(state): S<Issuing>,
    Caller(actor): Caller,
    Path(key): Path<AuthorityKey>,
    Query(rehearsal): Query<Rehearsal>,
) -> Result<Response, ApiError> {
    let act = Act { state: &state, actor: &actor, now: state.panel.now() };
    if rehearsal.is_asked() {
        state.panel.store().rehearse(async |tx: &mut WriteTx| act.delete(tx, &key).await).await?;
        if let Some(dry) = empty_plan(&rehearsal)? {
            return Ok(Json(dry).into_response());
        }
    }
    state.panel.store().write(async |tx: &mut WriteTx| act.delete(tx, &key).await).await?;
    state.panel.events_written();
    Ok(StatusCode::NO_CONTENT.into_response())
}
