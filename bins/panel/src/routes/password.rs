//! `/password`

use api_kit::openapi::Problems;
use api_kit::{ApiError, Caller, From, Json, Query};
use auth::session::{STEP_UP_LASTS, SessionInfo};
use auth::sign_in::Means;
use auth::{person, sign_in};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use desired::{Access, Table, check_password};
use http::StatusCode;
use names::{Micros, Password, Secret};
use serde::Deserialize;
use store::{StoreError, Tx, WriteTx};
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::app::Parts;
use crate::routes::session;

/// The routes.
pub(super) fn table(parts: Parts) -> Table {
    Table::default().add(Access::SIGNED_IN.by_session(), routes!(password_set)).with_state(parts)
}

/// A new password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SetPassword {
    /// The one that is set now; needed where there is one, unless a one-time link signed the caller in less than 10 minutes ago.
    #[schema(format = Password)]
    current: Option<String>,
    /// The new one.
    #[schema(value_type = String, format = Password)]
    new: Password,
}

/// Sets the caller's own password. All their sessions end, and a new one begins.
#[utoipa::path(put, path = "/password", tag = "session", request_body = SetPassword,
    responses((status = 204, description = "Set; the cookie of the new session is set"), Problems))]
async fn password_set(
    State(parts): State<Parts>,
    Caller(actor): Caller,
    From(origin): From,
    Query(()): Query<()>,
    Json(body): Json<SetPassword>,
) -> Result<Response, ApiError> {
    let (id, own) = super::own_session(&actor)?;
    let (store, now) = (parts.panel.store(), parts.panel.now());
    let read = async |tx: &mut Tx| -> Result<_, StoreError> {
        let sessions = auth::session::list(tx, id, now).await?;
        let by_link = sessions.iter().any(|session| session.id == own && just_followed_a_link(session, now));
        Ok((person::by_id(tx, id).await?, by_link))
    };
    let (person, by_link) = store.read(read).await?;
    if body.current.is_some() || !by_link {
        let current = body.current.map(Secret::new);
        let confirmed = sign_in::confirm(store, &parts.passwords, id, current, origin, now).await;
        confirmed.map_err(|error| api_kit::unconfirmed("current", error))?;
    }
    let about = std::iter::once(actor.name().to_owned())
        .chain(person.and_then(|person| person.email).map(|email| email.to_string()))
        .collect();
    check_password(store, &parts.passwords, "new", &body.new, about).await?;
    let hash = parts.passwords.hash(body.new).await.map_err(ApiError::internal)?;
    let write = async |tx: &mut WriteTx| -> Result<_, ApiError> {
        person::set_password(tx, id, &hash, now).await?;
        let object = super::of_person(tx, "person", id, id).await?;
        super::done(tx, &actor, "password.set", object, (None, None), now).await?;
        Ok(auth::session::succeed(tx, own, origin, now).await?)
    };
    let new = store.write(write).await?;
    Ok((StatusCode::NO_CONTENT, session::cookie(&new.token)).into_response())
}

/// A one-time link is how a forgotten password is replaced: whoever has just followed one has no password of now to show.
fn just_followed_a_link(session: &SessionInfo, now: Micros) -> bool {
    let by_link = session.factors.split('+').next() == Some(Means::Link.as_str());
    by_link && now.since(session.created_at) < STEP_UP_LASTS
}
