//! `/persons`

use api_kit::openapi::{ChangeProblems, Problems};
use api_kit::{
    ApiError, Caller, IfMatch, Json, List, Page, PageParams, Path, Query, Rehearsal, RehearsalParams, Tagged,
};
use auth::person::NewPerson;
use auth::{ManagePersons, Passwords, PersonKey, StoredHash};
use axum::extract::State as S;
use axum::response::Response;
use desired::{Access, Answer, Changed, DryRun, Search, SearchParams, Table};
use names::Password;
use store::Tx;
use utoipa_axum::routes;

use crate::State;
use crate::routes::{answer, changed, gone, secret};
use crate::rules::asked;
use crate::rules::person::{Create, CreatePerson, Delete, Edit, EditPerson, MadePerson, SetSuspended, show};
use crate::store::person::{self, Person};

pub(super) fn table() -> Table<State> {
    Table::default()
        .add(Access::listed::<ManagePersons>(), routes!(person_list))
        .add(Access::organisation::<ManagePersons>(), routes!(person_create))
        .add(Access::organisation::<ManagePersons>(), routes!(person_show))
        .add(Access::organisation::<ManagePersons>(), routes!(person_edit))
        .add(Access::organisation::<ManagePersons>(), routes!(person_delete))
        .add(Access::organisation::<ManagePersons>(), routes!(person_suspend))
        .add(Access::organisation::<ManagePersons>(), routes!(person_unsuspend))
}

async fn hash(passwords: &Passwords, password: Option<Password>) -> Result<Option<StoredHash>, ApiError> {
    let Some(password) = password else { return Ok(None) };
    Ok(Some(passwords.hash(password).await.map_err(ApiError::internal)?))
}

/// People in the order of their logins.
#[utoipa::path(get, path = "/persons", tag = "people", params(PageParams, SearchParams),
    responses((status = 200, description = "A page of people", body = List<Person>), Problems))]
async fn person_list(
    S(state): S<State>,
    Caller(actor): Caller,
    Query((page, search)): Query<(Page, Search)>,
) -> Result<Json<List<Person>>, ApiError> {
    let (scope, now) = (actor.scope::<ManagePersons>(), state.panel.now());
    let which = (page.after().unwrap_or_default(), search.like());
    let read = async |tx: &mut Tx| person::list(tx, &scope, which, page.rows(), now).await;
    let rows = state.panel.store().read(read).await?;
    Ok(Json(page.list(rows, |row| row.login.to_string()).map(|row| Person::of(&row, None))))
}

/// Makes a person, who holds nothing yet. Without a password, the answer has a link that signs them in once and within a week.
#[utoipa::path(post, path = "/persons", tag = "people", params(RehearsalParams), request_body = CreatePerson,
    responses((status = 201, description = "The person, and the way in", body = MadePerson),
              (status = 200, description = "The plan of a dry run", body = DryRun), ChangeProblems))]
async fn person_create(
    S(state): S<State>,
    Caller(actor): Caller,
    Query(rehearsal): Query<Rehearsal>,
    Json(body): Json<CreatePerson>,
) -> Result<Response, ApiError> {
    let how = asked(&actor, &rehearsal)?;
    let password = hash(&state.passwords, body.password).await?;
    let new = NewPerson { login: body.login, email: body.email, password };
    let rules = Create { actor, new, organisation: body.organisation, port: state.port };
    let outcome = state.panel.change(&how, rules).await?;
    let location = |made: &MadePerson| format!("/api/v1/persons/{}", made.person.login);
    Ok(secret(answer(outcome, |made| made.person.version, Some(location))))
}

/// One person, with the roles that you may see.
#[utoipa::path(get, path = "/persons/{person}", tag = "people", params(("person" = String, Path, description = "Login or id")),
    responses((status = 200, description = "The person", body = Person), Problems))]
async fn person_show(
    S(state): S<State>,
    Caller(actor): Caller,
    Path(key): Path<PersonKey>,
) -> Result<Tagged<Person>, ApiError> {
    let now = state.panel.now();
    let person = state.panel.store().read(async |tx: &mut Tx| show(tx, &actor, &key, now).await).await?;
    let version = person.version;
    Ok(Tagged::new(person, version))
}

/// Changes a person who may no more than you do.
#[utoipa::path(patch, path = "/persons/{person}", tag = "people", request_body = EditPerson,
    params(("person" = String, Path, description = "Login or id"), RehearsalParams,
           ("If-Match" = String, Header, description = "The ETag that was read, or *")),
    responses((status = 200, description = "The person, or the plan of a dry run", body = Changed<Person>), ChangeProblems))]
async fn person_edit(
    S(state): S<State>,
    Caller(actor): Caller,
    Path(key): Path<PersonKey>,
    Query(rehearsal): Query<Rehearsal>,
    if_match: IfMatch,
    Json(body): Json<EditPerson>,
) -> Result<Answer<Person>, ApiError> {
    if body.password.is_some() {
        desired::by_session(&actor)?;
    }
    let how = asked(&actor, &rehearsal)?;
    let password = hash(&state.passwords, body.password).await?;
    let rules = Edit { actor, key, if_match, email: body.email, password };
    let outcome = state.panel.change(&how, rules).await?;
    Ok(changed(outcome, |after| after.version))
}

/// Deletes a person who may no more than you do, with roles, sessions, links and tokens.
#[utoipa::path(delete, path = "/persons/{person}", tag = "people",
    params(("person" = String, Path, description = "Login or id"), RehearsalParams,
           ("If-Match" = Option<String>, Header, description = "The ETag that was read: only at this version")),
    responses((status = 204, description = "Deleted"),
              (status = 200, description = "The plan of a dry run", body = DryRun), ChangeProblems))]
async fn person_delete(
    S(state): S<State>,
    Caller(actor): Caller,
    Path(key): Path<PersonKey>,
    Query(rehearsal): Query<Rehearsal>,
    if_match: IfMatch,
) -> Result<Response, ApiError> {
    let how = asked(&actor, &rehearsal)?;
    Ok(gone(state.panel.change(&how, Delete { actor, key, if_match }).await?))
}

/// Keeps a person from signing in, and ends their sessions.
#[utoipa::path(post, path = "/persons/{person}/suspend", tag = "people",
    params(("person" = String, Path, description = "Login or id"), RehearsalParams,
           ("If-Match" = Option<String>, Header, description = "The ETag that was read: only at this version")),
    responses((status = 200, description = "The person, or the plan of a dry run", body = Changed<Person>), ChangeProblems))]
async fn person_suspend(
    S(state): S<State>,
    Caller(actor): Caller,
    Path(key): Path<PersonKey>,
    Query(rehearsal): Query<Rehearsal>,
    if_match: IfMatch,
) -> Result<Answer<Person>, ApiError> {
    let how = asked(&actor, &rehearsal)?;
    let outcome = state.panel.change(&how, SetSuspended { actor, key, if_match, suspended: true }).await?;
    Ok(changed(outcome, |after| after.version))
}

/// Lets a suspended person in again.
#[utoipa::path(post, path = "/persons/{person}/unsuspend", tag = "people",
    params(("person" = String, Path, description = "Login or id"), RehearsalParams,
           ("If-Match" = Option<String>, Header, description = "The ETag that was read: only at this version")),
    responses((status = 200, description = "The person, or the plan of a dry run", body = Changed<Person>), ChangeProblems))]
async fn person_unsuspend(
    S(state): S<State>,
    Caller(actor): Caller,
    Path(key): Path<PersonKey>,
    Query(rehearsal): Query<Rehearsal>,
    if_match: IfMatch,
) -> Result<Answer<Person>, ApiError> {
    let how = asked(&actor, &rehearsal)?;
    let outcome = state.panel.change(&how, SetSuspended { actor, key, if_match, suspended: false }).await?;
    Ok(changed(outcome, |after| after.version))
}
