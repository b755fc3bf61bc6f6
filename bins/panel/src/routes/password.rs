//! `/password`

use api_kit::openapi::Problems;
use api_kit::{ApiError, Caller, From, Json, Query};
use auth::{Credential, Identity, person, sign_in};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use desired::{Access, Table};
use http::StatusCode;
use names::{Password, Secret};
use serde::Deserialize;
use store::WriteTx;
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
    /// The one that is set now; needed where there is one.
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
    let Identity::Person { id, login, by } = actor.identity() else {
        return Err(ApiError::conflict(
            "no_person",
            "Root on the server has no password here. Sign in as a person.",
        ));
    };
    if !matches!(by, Credential::Session { acting: None, .. }) {
        return Err(ApiError::forbidden("A password is set by its person alone, after signing in."));
    }
    let (store, now) = (parts.panel.store(), parts.panel.now());
    let current = body.current.map(Secret::new);
    let confirmed = sign_in::confirm(store, &parts.passwords, *id, current, origin, now).await;
    confirmed.map_err(|error| api_kit::unconfirmed("current", error))?;
    let again = Secret::new(body.new.expose().to_owned());
    let hash = parts.passwords.hash(body.new).await.map_err(ApiError::internal)?;
    let write = async |tx: &mut WriteTx| -> Result<(), ApiError> {
        person::set_password(tx, *id, &hash, now).await?;
        let object = super::of_person(tx, "person", id, *id).await?;
        super::done(tx, &actor, "password.set", object, (None, None), now).await?;
        Ok(())
    };
    store.write(write).await?;
    let verified = sign_in::by_password(store, &parts.passwords, login.as_str(), again, origin, now).await?;
    let new =
        store.write(async |tx: &mut WriteTx| session::begin(&parts, tx, &verified, origin).await).await?;
    Ok((StatusCode::NO_CONTENT, session::cookie(&new.token)).into_response())
}
