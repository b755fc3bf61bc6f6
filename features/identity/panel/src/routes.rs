//! `/identity-providers`, `/identities`, and being sent to a provider.

use api_kit::openapi::{ChangeProblems, Problems};
use api_kit::{ApiError, Caller, Json, List, Page, PageParams, Path, Query, Rehearsal, RehearsalParams};
use auth::{Actor, EditSettings, ViewSettings};
use axum::extract::State as S;
use axum::response::{IntoResponse, Response};
use desired::{Access, Changed, DryRun, PlanView, Table};
use http::{HeaderMap, StatusCode};
use names::{IdentityId, Label, PersonId, SessionId};
use serde::{Deserialize, Serialize};
use store::{Tx, WriteTx};
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::State;
use crate::begin::{self, SentToProvider};
use crate::rules::identity as own;
use crate::rules::provider::{Act, CreateProvider, EditProvider, find, view};
use crate::store::identity::{self, Identity};
use crate::store::provider::{self, IdentityProvider, ProviderKey};

/// The routes.
pub fn table(state: State) -> Table {
    // as where a role is given by hand: a token gives nobody rights
    let changes = || Access::everywhere::<EditSettings>().by_session().with_step_up();
    Table::default()
        .add(Access::everywhere::<ViewSettings>(), routes!(identity_provider_list))
        .add(changes(), routes!(identity_provider_create))
        .add(Access::everywhere::<ViewSettings>(), routes!(identity_provider_show))
        .add(changes(), routes!(identity_provider_edit))
        .add(
            Access::everywhere::<EditSettings>().not_acting().with_step_up(),
            routes!(identity_provider_delete),
        )
        .add(Access::OPEN, routes!(session_provider_list))
        .add(Access::OPEN, routes!(session_create_by_provider))
        .add(Access::SIGNED_IN, routes!(identity_list))
        .add(Access::SIGNED_IN.by_session().with_step_up(), routes!(identity_link))
        .add(Access::SIGNED_IN.by_session().with_step_up(), routes!(identity_unlink))
        .with_state(state)
}

/// A button of the sign-in page.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct ProviderButton {
    /// The provider's name.
    name: String,
    /// What is on the button.
    label: String,
}

/// Which provider.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AskProvider {
    /// Its name.
    #[schema(value_type = String)]
    provider: Label,
}

/// Nothing on the server hangs on a provider, so the plan of a dry run is empty.
fn empty_plan(rehearsal: &Rehearsal) -> Result<Option<DryRun>, ApiError> {
    PlanView::of(Vec::new()).rehearsed(rehearsal)
}

/// Identity providers in the order of their names.
#[utoipa::path(get, path = "/identity-providers", tag = "identity", params(PageParams),
    responses((status = 200, description = "A page of providers", body = List<IdentityProvider>), Problems))]
async fn identity_provider_list(
    S(state): S<State>,
    Caller(_actor): Caller,
    Query(page): Query<Page>,
) -> Result<Json<List<IdentityProvider>>, ApiError> {
    let after = page.after().unwrap_or_default();
    let read = async |tx: &mut Tx| -> Result<_, ApiError> {
        let mut shown = Vec::new();
        for row in provider::list(tx, after, None, page.rows()).await? {
            shown.push(view(tx, &state, &row).await?);
        }
        Ok(shown)
    };
    let rows = state.panel.store().read(read).await?;
    Ok(Json(page.list(rows, |row| row.name.to_string())))
}

/// Adds an identity provider.
#[utoipa::path(post, path = "/identity-providers", tag = "identity", params(RehearsalParams), request_body = CreateProvider,
    responses((status = 201, description = "The provider", body = IdentityProvider),
              (status = 200, description = "The plan of a dry run", body = DryRun), ChangeProblems))]
async fn identity_provider_create(
    S(state): S<State>,
    Caller(actor): Caller,
    Query(rehearsal): Query<Rehearsal>,
    Json(body): Json<CreateProvider>,
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

/// One identity provider.
#[utoipa::path(get, path = "/identity-providers/{identity_provider}", tag = "identity",
    params(("identity_provider" = String, Path, description = "Name or id")),
    responses((status = 200, description = "The provider", body = IdentityProvider), Problems))]
async fn identity_provider_show(
    S(state): S<State>,
    Caller(_actor): Caller,
    Path(key): Path<ProviderKey>,
) -> Result<Json<IdentityProvider>, ApiError> {
    let read = async |tx: &mut Tx| -> Result<_, ApiError> {
        let row = find(tx, &key).await?;
        view(tx, &state, &row).await
    };
    Ok(Json(state.panel.store().read(read).await?))
}

/// Changes an identity provider.
#[utoipa::path(patch, path = "/identity-providers/{identity_provider}", tag = "identity", request_body = EditProvider,
    params(("identity_provider" = String, Path, description = "Name or id"), RehearsalParams),
    responses((status = 200, description = "The provider, or the plan of a dry run", body = Changed<IdentityProvider>), ChangeProblems))]
async fn identity_provider_edit(
    S(state): S<State>,
    Caller(actor): Caller,
    Path(key): Path<ProviderKey>,
    Query(rehearsal): Query<Rehearsal>,
    Json(body): Json<EditProvider>,
) -> Result<Json<Changed<IdentityProvider>>, ApiError> {
    let act = Act { state: &state, actor: &actor, now: state.panel.now() };
    if rehearsal.is_asked() {
        state.panel.store().rehearse(async |tx: &mut WriteTx| act.edit(tx, &key, &body).await).await?;
        if let Some(dry) = empty_plan(&rehearsal)? {
            return Ok(Json(Changed::Plan(dry)));
        }
    }
    let view = state.panel.store().write(async |tx: &mut WriteTx| act.edit(tx, &key, &body).await).await?;
    // whoever changed something wants it to be looked at anew
    state.issuers.forget(&view.issuer);
    state.panel.events_written();
    Ok(Json(Changed::Object(view)))
}

/// Removes an identity provider, with all links to it and all roles that it gave.
#[utoipa::path(delete, path = "/identity-providers/{identity_provider}", tag = "identity",
    params(("identity_provider" = String, Path, description = "Name or id"), RehearsalParams),
    responses((status = 204, description = "It is gone"),
              (status = 200, description = "The plan of a dry run", body = DryRun), ChangeProblems))]
async fn identity_provider_delete(
    S(state): S<State>,
    Caller(actor): Caller,
    Path(key): Path<ProviderKey>,
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

/// The buttons of the sign-in page: providers by which one can sign in.
#[utoipa::path(get, path = "/session/providers", tag = "session", security(()),
    responses((status = 200, description = "In the order of their names", body = List<ProviderButton>), Problems))]
async fn session_provider_list(S(state): S<State>) -> Result<Json<List<ProviderButton>>, ApiError> {
    let rows = state.panel.store().read(async |tx: &mut Tx| provider::enabled(tx).await).await?;
    let button = |row: provider::Provider| ProviderButton {
        name: row.name.to_string(),
        label: row.label.as_str().to_owned(),
    };
    Ok(Json(List::whole(rows.into_iter().map(button).collect())))
}

fn sent(
    (cookie, to): (axum::response::AppendHeaders<[(http::HeaderName, String); 1]>, SentToProvider),
) -> Response {
    let mut response = (StatusCode::CREATED, cookie, Json(to)).into_response();
    response.extensions_mut().insert(api_kit::idempotency::Secret);
    response
}

/// Begins a sign-in by a provider: the answer is where this browser is to go. It comes back to the panel by itself.
#[utoipa::path(post, path = "/session/provider", tag = "session", request_body = AskProvider, security(()),
    responses((status = 201, description = "Where to go; a cookie binds it to this browser", body = SentToProvider), ChangeProblems))]
async fn session_create_by_provider(
    S(state): S<State>,
    Query(()): Query<()>,
    headers: HeaderMap,
    Json(body): Json<AskProvider>,
) -> Result<Response, ApiError> {
    Ok(sent(begin::send(&state, &body.provider, &headers, None).await?))
}

/// The person and the session of a request that is about oneself. Root has neither.
fn own_session(actor: &Actor) -> Result<(PersonId, SessionId), ApiError> {
    match (actor.person_id(), actor.session(), actor.acting()) {
        (Some(person), Some(session), None) => Ok((person, session)),
        (Some(_), ..) => {
            Err(ApiError::forbidden("Only the person themselves can do this, signed in with a session."))
        }
        (None, ..) => {
            let detail = "Root on the server is known by no provider. Sign in as a person.";
            Err(ApiError::conflict("no_person", detail))
        }
    }
}

/// The providers that the caller is known by.
#[utoipa::path(get, path = "/identities", tag = "session",
    responses((status = 200, description = "In the order of the providers' names", body = List<Identity>), Problems))]
async fn identity_list(S(state): S<State>, Caller(actor): Caller) -> Result<Json<List<Identity>>, ApiError> {
    let Some(person) = actor.person_id() else {
        return Ok(Json(List::whole(Vec::new())));
    };
    let items = state.panel.store().read(async |tx: &mut Tx| identity::list(tx, person).await).await?;
    Ok(Json(List::whole(items)))
}

/// Begins to link a provider to the caller: the answer is where this browser is to go.
#[utoipa::path(post, path = "/identities", tag = "session", request_body = AskProvider,
    responses((status = 201, description = "Where to go; a cookie binds it to this browser", body = SentToProvider), ChangeProblems))]
async fn identity_link(
    S(state): S<State>,
    Caller(actor): Caller,
    Query(()): Query<()>,
    headers: HeaderMap,
    Json(body): Json<AskProvider>,
) -> Result<Response, ApiError> {
    let links = own_session(&actor)?;
    Ok(sent(begin::send(&state, &body.provider, &headers, Some(links)).await?))
}

/// Unlinks a provider from the caller, and takes the roles that it gave.
#[utoipa::path(delete, path = "/identities/{identity}", tag = "session",
    params(("identity" = String, Path, description = "The identity's id")),
    responses((status = 204, description = "Unlinked"), Problems))]
async fn identity_unlink(
    S(state): S<State>,
    Caller(actor): Caller,
    Path(id): Path<IdentityId>,
    Query(()): Query<()>,
) -> Result<StatusCode, ApiError> {
    if actor.person_id().is_none() {
        return Err(ApiError::not_found("identity"));
    }
    let (person, _) = own_session(&actor)?;
    let now = state.panel.now();
    let write = async |tx: &mut WriteTx| own::unlink(tx, &actor, person, id, now).await;
    state.panel.store().write(write).await?;
    state.panel.events_written();
    Ok(StatusCode::NO_CONTENT)
}
