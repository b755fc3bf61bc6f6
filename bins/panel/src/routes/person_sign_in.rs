//! `/persons/{person}/sessions`, `/persons/{person}/networks`, `/session/networks`: how people sign in, for themselves and for who manages
//! them.

use api_kit::openapi::{ChangeProblems, Problems};
use api_kit::{ApiError, Caller, Json, List, Path, Query, json};
use audit::Object;
use auth::allow_list::{self, Guard};
use auth::{Actor, Authorised, ManagePersons, PersonKey, person, session};
use axum::extract::State;
use desired::{Access, Table};
use http::StatusCode;
use names::{IpNetwork, PersonId, SessionId};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{StoreError, Tx, WriteTx};
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::app::Parts;
use crate::routes::session::SessionRow;

/// The routes.
pub(super) fn table(parts: Parts) -> Table {
    Table::default()
        .add(Access::organisation::<ManagePersons>(), routes!(person_session_list))
        .add(Access::organisation::<ManagePersons>(), routes!(person_session_revoke))
        .add(Access::organisation::<ManagePersons>(), routes!(person_session_revoke_all))
        .add(Access::organisation::<ManagePersons>(), routes!(person_networks_show))
        .add(
            Access::organisation::<ManagePersons>().not_acting().with_step_up(),
            routes!(person_networks_set),
        )
        .add(Access::SIGNED_IN, routes!(networks_show))
        .add(Access::SIGNED_IN.by_session().with_step_up(), routes!(networks_set))
        .with_state(parts)
}

/// From where a person may sign in.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct Networks {
    /// The networks; none: from anywhere. The setting `sign_in.networks` holds besides.
    networks: Vec<String>,
}

/// From where a person may sign in from now on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SetNetworks {
    /// At most 100 networks, such as `203.0.113.0/24` or `2001:db8::/32`; none: from anywhere.
    #[schema(value_type = Vec<String>)]
    networks: Vec<IpNetwork>,
}

impl Networks {
    fn of(networks: &[IpNetwork]) -> Self {
        Self { networks: networks.iter().map(ToString::to_string).collect() }
    }
}

/// Proof that the actor manages the person.
async fn managed(
    tx: &mut Tx,
    actor: &Actor,
    key: &PersonKey,
) -> Result<Authorised<person::Person, ManagePersons>, ApiError> {
    Ok(person::find::<ManagePersons>(tx, actor, key).await?)
}

/// The same, for what would hurt somebody who may more than the actor.
async fn covered(
    tx: &mut Tx,
    actor: &Actor,
    key: &PersonKey,
) -> Result<Authorised<person::Person, ManagePersons>, ApiError> {
    let proof = managed(tx, actor, key).await?;
    if person::is_covered(tx, actor, proof.id).await? {
        return Ok(proof);
    }
    Err(ApiError::forbidden(
        "This person may more than you do elsewhere. Whoever manages all of it can do this.",
    ))
}

/// A person's sessions.
#[utoipa::path(get, path = "/persons/{person}/sessions", tag = "people",
    params(("person" = String, Path, description = "Login or id")),
    responses((status = 200, description = "The newest first", body = List<SessionRow>), Problems))]
async fn person_session_list(
    State(parts): State<Parts>,
    Caller(actor): Caller,
    Path(key): Path<PersonKey>,
) -> Result<Json<List<SessionRow>>, ApiError> {
    let now = parts.panel.now();
    let read = async |tx: &mut Tx| -> Result<_, ApiError> {
        let person = managed(tx, &actor, &key).await?;
        Ok(session::list(tx, person.id, now).await?)
    };
    let rows = parts.panel.store().read(read).await?;
    let items = rows.into_iter().map(|info| SessionRow::of(info, actor.session())).collect();
    Ok(Json(List::whole(items)))
}

/// Ends one of a person's sessions.
#[utoipa::path(delete, path = "/persons/{person}/sessions/{session}", tag = "people",
    params(("person" = String, Path, description = "Login or id"), ("session" = String, Path, description = "The session's id")),
    responses((status = 204, description = "Ended"), Problems))]
async fn person_session_revoke(
    State(parts): State<Parts>,
    Caller(actor): Caller,
    Path((key, id)): Path<(PersonKey, SessionId)>,
    Query(()): Query<()>,
) -> Result<StatusCode, ApiError> {
    let now = parts.panel.now();
    let write = async |tx: &mut WriteTx| -> Result<(), ApiError> {
        let person = covered(tx, &actor, &key).await?;
        if !session::revoke(tx, person.id, id, now).await? {
            return Err(ApiError::not_found("session"));
        }
        let object = Object::of_installation("session", id);
        Ok(super::done(tx, &actor, "session.delete", object, (None, None), now).await?)
    };
    parts.panel.store().write(write).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends all of a person's sessions.
#[utoipa::path(delete, path = "/persons/{person}/sessions", tag = "people",
    params(("person" = String, Path, description = "Login or id")),
    responses((status = 204, description = "Ended, or there was none"), Problems))]
async fn person_session_revoke_all(
    State(parts): State<Parts>,
    Caller(actor): Caller,
    Path(key): Path<PersonKey>,
    Query(()): Query<()>,
) -> Result<StatusCode, ApiError> {
    let now = parts.panel.now();
    let write = async |tx: &mut WriteTx| -> Result<(), ApiError> {
        let person = covered(tx, &actor, &key).await?;
        let ended = session::revoke_all(tx, person.id, now).await?;
        let object = Object::of_installation("person", person.id);
        let counts = (Some(json!({ "sessions": ended })), Some(json!({ "sessions": 0 })));
        Ok(super::done(tx, &actor, "session.delete_all", object, counts, now).await?)
    };
    parts.panel.store().write(write).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// From where a person may sign in.
#[utoipa::path(get, path = "/persons/{person}/networks", tag = "people",
    params(("person" = String, Path, description = "Login or id")),
    responses((status = 200, description = "The networks", body = Networks), Problems))]
async fn person_networks_show(
    State(parts): State<Parts>,
    Caller(actor): Caller,
    Path(key): Path<PersonKey>,
) -> Result<Json<Networks>, ApiError> {
    let read = async |tx: &mut Tx| -> Result<_, ApiError> {
        let person = managed(tx, &actor, &key).await?;
        Ok(allow_list::own(tx, person.id).await?)
    };
    Ok(Json(Networks::of(&parts.panel.store().read(read).await?)))
}

/// Sets from where a person may sign in. Refused where it would shut out the caller, or every administrator.
#[utoipa::path(put, path = "/persons/{person}/networks", tag = "people", request_body = SetNetworks,
    params(("person" = String, Path, description = "Login or id")),
    responses((status = 200, description = "The networks", body = Networks), ChangeProblems))]
async fn person_networks_set(
    State(parts): State<Parts>,
    Caller(actor): Caller,
    Path(key): Path<PersonKey>,
    Query(()): Query<()>,
    Json(body): Json<SetNetworks>,
) -> Result<Json<Networks>, ApiError> {
    let write = async |tx: &mut WriteTx| -> Result<_, ApiError> {
        let person = covered(tx, &actor, &key).await?;
        set(&parts, tx, &actor, person.id, &body.networks).await
    };
    Ok(Json(parts.panel.store().write(write).await?))
}

/// From where the caller may sign in.
#[utoipa::path(get, path = "/session/networks", tag = "session",
    responses((status = 200, description = "The networks", body = Networks), Problems))]
async fn networks_show(
    State(parts): State<Parts>,
    Caller(actor): Caller,
) -> Result<Json<Networks>, ApiError> {
    let Some(person) = actor.person_id() else { return Ok(Json(Networks::of(&[]))) };
    let read = async |tx: &mut Tx| -> Result<_, StoreError> { allow_list::own(tx, person).await };
    Ok(Json(Networks::of(&parts.panel.store().read(read).await?)))
}

/// Sets from where the caller may sign in. Refused where they could not from where they are.
#[utoipa::path(put, path = "/session/networks", tag = "session", request_body = SetNetworks,
    responses((status = 200, description = "The networks", body = Networks), ChangeProblems))]
async fn networks_set(
    State(parts): State<Parts>,
    Caller(actor): Caller,
    Query(()): Query<()>,
    Json(body): Json<SetNetworks>,
) -> Result<Json<Networks>, ApiError> {
    let (person, _) = super::own_session(&actor)?;
    let write = async |tx: &mut WriteTx| set(&parts, tx, &actor, person, &body.networks).await;
    Ok(Json(parts.panel.store().write(write).await?))
}

async fn set(
    parts: &Parts,
    tx: &mut WriteTx,
    actor: &Actor,
    person: PersonId,
    networks: &[IpNetwork],
) -> Result<Networks, ApiError> {
    if networks.len() > allow_list::MOST {
        let remedy = "Send 100 networks at most.";
        return Err(json::refuse("networks", "networks_too_many", "There are too many networks.", remedy));
    }
    let now = parts.panel.now();
    let before = Networks::of(&allow_list::own(tx, person).await?);
    let guard = Guard::before(tx).await?;
    allow_list::set_own(tx, &guard, person, networks, now).await?;
    let admits = guard.after(tx, actor).await?;
    admits.map_err(|why| api_kit::shut_out("networks", &why))?;
    let after = Networks::of(networks);
    let told = (Some(json!(before.networks)), Some(json!(after.networks)));
    let object = Object::of_installation("person", person);
    super::done(tx, actor, "person.networks", object, told, now).await?;
    Ok(after)
}
