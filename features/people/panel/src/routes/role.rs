//! `/roles`

use api_kit::openapi::{ChangeProblems, Problems};
use api_kit::{
    ApiError, Caller, IfMatch, Json, List, Page, PageParams, Path, Query, Rehearsal, RehearsalParams, Tagged,
};
use auth::{ManageRoles, ViewMembers};
use axum::extract::State as S;
use axum::response::Response;
use desired::{Access, Answer, Changed, DryRun, Table};
use store::Tx;
use utoipa_axum::routes;

use crate::State;
use crate::routes::{answer, changed, gone};
use crate::rules::asked;
use crate::rules::role::{Create, CreateRole, Delete, Edit, EditRole, find};
use crate::store::role::{self, Role, RoleKey};

pub(super) fn table() -> Table<State> {
    Table::default()
        .add(Access::listed::<ViewMembers>(), routes!(role_list))
        .add(Access::organisation::<ManageRoles>().not_acting().with_step_up(), routes!(role_create))
        .add(Access::organisation::<ViewMembers>(), routes!(role_show))
        .add(Access::organisation::<ManageRoles>().by_session().with_step_up(), routes!(role_edit))
        .add(Access::organisation::<ManageRoles>().not_acting().with_step_up(), routes!(role_delete))
}

/// Roles in the order of their names: those that are built in, and those that could be given where you see members.
#[utoipa::path(get, path = "/roles", tag = "roles", params(PageParams),
    responses((status = 200, description = "A page of roles", body = List<Role>), Problems))]
async fn role_list(
    S(state): S<State>,
    Caller(actor): Caller,
    Query(page): Query<Page>,
) -> Result<Json<List<Role>>, ApiError> {
    let scope = actor.scope::<ViewMembers>();
    let after = page.after().and_then(|key| key.split_once('/')).unwrap_or_default();
    let read = async |tx: &mut Tx| -> Result<_, ApiError> {
        let mut roles = Vec::new();
        for row in role::list(tx, &scope, after, None, page.rows()).await? {
            roles.push(role::view(tx, &row).await?);
        }
        Ok(roles)
    };
    let roles = state.panel.store().read(read).await?;
    Ok(Json(page.list(roles, |role| format!("{}/{}", role.name, role.id))))
}

/// Makes a role of an organisation's own.
#[utoipa::path(post, path = "/roles", tag = "roles", params(RehearsalParams), request_body = CreateRole,
    responses((status = 201, description = "The role", body = Role),
              (status = 200, description = "The plan of a dry run", body = DryRun), ChangeProblems))]
async fn role_create(
    S(state): S<State>,
    Caller(actor): Caller,
    Query(rehearsal): Query<Rehearsal>,
    Json(new): Json<CreateRole>,
) -> Result<Answer<Role>, ApiError> {
    let how = asked(&actor, &rehearsal)?;
    let outcome = state.panel.change(&how, Create { actor, new }).await?;
    Ok(answer(outcome, |made| made.version, Some(|made: &Role| format!("/api/v1/roles/{}", made.id))))
}

/// One role.
#[utoipa::path(get, path = "/roles/{role}", tag = "roles", params(("role" = String, Path, description = "Name or id")),
    responses((status = 200, description = "The role", body = Role), ChangeProblems))]
async fn role_show(
    S(state): S<State>,
    Caller(actor): Caller,
    Path(key): Path<RoleKey>,
) -> Result<Tagged<Role>, ApiError> {
    let read = async |tx: &mut Tx| -> Result<_, ApiError> {
        let row = find(tx, &actor, &key).await?;
        Ok(role::view(tx, &row).await?)
    };
    let shown = state.panel.store().read(read).await?;
    let version = shown.version;
    Ok(Tagged::new(shown, version))
}

/// Changes a role, and with it what all who have it may do.
#[utoipa::path(patch, path = "/roles/{role}", tag = "roles", request_body = EditRole,
    params(("role" = String, Path, description = "Name or id"), RehearsalParams,
           ("If-Match" = String, Header, description = "The ETag that was read, or *")),
    responses((status = 200, description = "The role, or the plan of a dry run", body = Changed<Role>), ChangeProblems))]
async fn role_edit(
    S(state): S<State>,
    Caller(actor): Caller,
    Path(key): Path<RoleKey>,
    Query(rehearsal): Query<Rehearsal>,
    if_match: IfMatch,
    Json(edit): Json<EditRole>,
) -> Result<Answer<Role>, ApiError> {
    let how = asked(&actor, &rehearsal)?;
    let outcome = state.panel.change(&how, Edit { actor, key, if_match, to: edit }).await?;
    Ok(changed(outcome, |after| after.version))
}

/// Deletes a role that nobody has.
#[utoipa::path(delete, path = "/roles/{role}", tag = "roles",
    params(("role" = String, Path, description = "Name or id"), RehearsalParams,
           ("If-Match" = Option<String>, Header, description = "The ETag that was read: only at this version")),
    responses((status = 204, description = "Deleted"),
              (status = 200, description = "The plan of a dry run", body = DryRun), ChangeProblems))]
async fn role_delete(
    S(state): S<State>,
    Caller(actor): Caller,
    Path(key): Path<RoleKey>,
    Query(rehearsal): Query<Rehearsal>,
    if_match: IfMatch,
) -> Result<Response, ApiError> {
    let how = asked(&actor, &rehearsal)?;
    Ok(gone(state.panel.change(&how, Delete { actor, key, if_match }).await?))
}
