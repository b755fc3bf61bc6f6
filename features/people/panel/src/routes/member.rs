//! `/accounts/{account}/members`, `/organisations/{organisation}/members`

use api_kit::openapi::{ChangeProblems, Problems};
use api_kit::query::Pairs;
use api_kit::{ApiError, Caller, Json, List, Path, Query, QueryPart, Rehearsal, RehearsalParams};
use auth::{AccountKey, Actor, Login, ManageMembers, OrganisationKey, ViewMembers};
use axum::extract::State as S;
use axum::response::Response;
use desired::{Access, DryRun, Table};
use store::Tx;
use utoipa::IntoParams;
use utoipa_axum::routes;

use crate::State;
use crate::routes::{gone, made, secret};
use crate::rules::asked;
use crate::rules::member::{Add, AddMember, AddedMember, At, Remove, list};
use crate::store::member::Member;
use crate::store::role::RoleKey;

pub(super) fn table() -> Table<State> {
    Table::default()
        .add(Access::object::<ViewMembers>(), routes!(account_member_list))
        .add(Access::object::<ManageMembers>().by_session().with_step_up(), routes!(account_member_add))
        .add(Access::object::<ManageMembers>().not_acting(), routes!(account_member_remove))
        .add(Access::organisation::<ViewMembers>(), routes!(organisation_member_list))
        .add(
            Access::organisation::<ManageMembers>().by_session().with_step_up(),
            routes!(organisation_member_add),
        )
        .add(Access::organisation::<ManageMembers>().not_acting(), routes!(organisation_member_remove))
}

/// `?role=`: one role alone.
#[derive(Debug, Clone, Default)]
struct OfRole {
    role: Option<RoleKey>,
}

impl QueryPart for OfRole {
    const NAMES: &'static [&'static str] = &["role"];

    fn read(pairs: &mut Pairs) -> Self {
        Self { role: pairs.optional("role") }
    }
}

/// How the parameter is described.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the field is read by the derive alone")]
struct OfRoleParams {
    /// This role alone: its name or id; left out: all.
    role: Option<String>,
}

async fn members(state: &State, actor: &Actor, at: &At) -> Result<Json<List<Member>>, ApiError> {
    let now = state.panel.now();
    let items = state.panel.store().read(async |tx: &mut Tx| list(tx, actor, at, now).await).await?;
    Ok(Json(List::whole(items)))
}

async fn add(
    state: State,
    actor: Actor,
    at: At,
    (rehearsal, new): (Rehearsal, AddMember),
) -> Result<Response, ApiError> {
    let how = asked(&actor, &rehearsal)?;
    let outcome = state.panel.change(&how, Add { actor, at, new, port: state.port }).await?;
    Ok(secret(made(outcome)))
}

async fn remove(
    state: State,
    actor: Actor,
    at: At,
    login: Login,
    (rehearsal, role): (Rehearsal, OfRole),
) -> Result<Response, ApiError> {
    let how = asked(&actor, &rehearsal)?;
    Ok(gone(state.panel.change(&how, Remove { actor, at, login, role: role.role }).await?))
}

/// Who has which role on an account itself, and who was invited to one.
#[utoipa::path(get, path = "/accounts/{account}/members", tag = "members",
    params(("account" = String, Path, description = "Name or id")),
    responses((status = 200, description = "All members", body = List<Member>), Problems))]
async fn account_member_list(
    S(state): S<State>,
    Caller(actor): Caller,
    Path(key): Path<AccountKey>,
) -> Result<Json<List<Member>>, ApiError> {
    members(&state, &actor, &At::Account(key)).await
}

/// Gives somebody a role on an account. Somebody whom you do not know is invited, and accepts by themselves; with `new`, a person is made.
#[utoipa::path(post, path = "/accounts/{account}/members", tag = "members", request_body = AddMember,
    params(("account" = String, Path, description = "Name or id"), RehearsalParams),
    responses((status = 201, description = "The member, and the way in of a new person", body = AddedMember),
              (status = 200, description = "The plan of a dry run", body = DryRun), ChangeProblems))]
async fn account_member_add(
    S(state): S<State>,
    Caller(actor): Caller,
    Path(key): Path<AccountKey>,
    Query(rehearsal): Query<Rehearsal>,
    Json(new): Json<AddMember>,
) -> Result<Response, ApiError> {
    add(state, actor, At::Account(key), (rehearsal, new)).await
}

/// Takes somebody's roles on an account away, and what was offered to them. Who was made for the account and has nothing left is deleted.
#[utoipa::path(delete, path = "/accounts/{account}/members/{login}", tag = "members",
    params(("account" = String, Path, description = "Name or id"), ("login" = String, Path, description = "The login"),
           RehearsalParams, OfRoleParams),
    responses((status = 204, description = "Taken away"),
              (status = 200, description = "The plan of a dry run", body = DryRun), ChangeProblems))]
async fn account_member_remove(
    S(state): S<State>,
    Caller(actor): Caller,
    Path((key, login)): Path<(AccountKey, Login)>,
    Query(how): Query<(Rehearsal, OfRole)>,
) -> Result<Response, ApiError> {
    remove(state, actor, At::Account(key), login, how).await
}

/// Who has which role in an organisation itself, and who was invited to one.
#[utoipa::path(get, path = "/organisations/{organisation}/members", tag = "members",
    params(("organisation" = String, Path, description = "Name or id")),
    responses((status = 200, description = "All members", body = List<Member>), Problems))]
async fn organisation_member_list(
    S(state): S<State>,
    Caller(actor): Caller,
    Path(key): Path<OrganisationKey>,
) -> Result<Json<List<Member>>, ApiError> {
    members(&state, &actor, &At::Organisation(key)).await
}

/// Gives somebody a role in an organisation and all below it. Somebody whom you do not know is invited; with `new`, a person is made.
#[utoipa::path(post, path = "/organisations/{organisation}/members", tag = "members", request_body = AddMember,
    params(("organisation" = String, Path, description = "Name or id"), RehearsalParams),
    responses((status = 201, description = "The member, and the way in of a new person", body = AddedMember),
              (status = 200, description = "The plan of a dry run", body = DryRun), ChangeProblems))]
async fn organisation_member_add(
    S(state): S<State>,
    Caller(actor): Caller,
    Path(key): Path<OrganisationKey>,
    Query(rehearsal): Query<Rehearsal>,
    Json(new): Json<AddMember>,
) -> Result<Response, ApiError> {
    add(state, actor, At::Organisation(key), (rehearsal, new)).await
}

/// Takes somebody's roles in an organisation away, and what was offered to them.
#[utoipa::path(delete, path = "/organisations/{organisation}/members/{login}", tag = "members",
    params(("organisation" = String, Path, description = "Name or id"), ("login" = String, Path, description = "The login"),
           RehearsalParams, OfRoleParams),
    responses((status = 204, description = "Taken away"),
              (status = 200, description = "The plan of a dry run", body = DryRun), ChangeProblems))]
async fn organisation_member_remove(
    S(state): S<State>,
    Caller(actor): Caller,
    Path((key, login)): Path<(OrganisationKey, Login)>,
    Query(how): Query<(Rehearsal, OfRole)>,
) -> Result<Response, ApiError> {
    remove(state, actor, At::Organisation(key), login, how).await
}
