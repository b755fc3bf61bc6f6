//! `/password`

use api_kit::openapi::Problems;
use api_kit::{ApiError, Caller, From, Json, Query, json};
use audit::Object;
use auth::{Identity, person, sign_in};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use desired::{Access, Table};
use http::StatusCode;
use names::{Password, Secret};
use serde::Deserialize;
use store::{Statement, Tx, WriteTx};
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::app::Parts;
use crate::routes::session;

const HAS_PASSWORD: Statement =
    Statement::new("SELECT COUNT(*) AS value FROM person WHERE id = $1 AND password_hash IS NOT NULL");

pub(super) const STATEMENTS: &[Statement] = &[HAS_PASSWORD];

/// The routes.
pub(super) fn table(parts: Parts) -> Table {
    Table::default().add(Access::SIGNED_IN, routes!(password_set)).with_state(parts)
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
    let Identity::Person { id, login, .. } = actor.identity() else {
        return Err(ApiError::conflict(
            "no_person",
            "Root on the server has no password here. Sign in as a person.",
        ));
    };
    let (store, now) = (parts.panel.store(), parts.panel.now());
    let check = async |offered: String| {
        let offered = Secret::new(offered);
        sign_in::by_password(store, &parts.passwords, login.as_str(), offered, origin, now).await
    };
    let has_one: i64 = store.read(async |tx: &mut Tx| tx.one(HAS_PASSWORD.bind(*id)).await).await?;
    match (body.current, has_one > 0) {
        (_, false) => {}
        (None, true) => {
            return Err(json::refuse(
                "current",
                "missing_field",
                "The password of now is needed.",
                "Send it as current.",
            ));
        }
        (Some(current), true) => match check(current).await {
            Ok(_) => {}
            Err(sign_in::SignInError::Refused) => {
                return Err(json::refuse(
                    "current",
                    "password_wrong",
                    "This is not the password of now.",
                    "",
                ));
            }
            Err(other) => return Err(session::refusal(other)),
        },
    }
    let again = body.new.expose().to_owned();
    let hash = parts.passwords.hash(body.new).await.map_err(ApiError::internal)?;
    let write = async |tx: &mut WriteTx| -> Result<(), ApiError> {
        person::set_password(tx, *id, &hash, now).await?;
        super::done(tx, &actor, "password.set", Object::of_installation("person", id), (None, None), now)
            .await?;
        Ok(())
    };
    store.write(write).await?;
    let verified = check(again).await.map_err(session::refusal)?;
    let new =
        store.write(async |tx: &mut WriteTx| session::begin(&parts, tx, &verified, origin).await).await?;
    Ok((StatusCode::NO_CONTENT, session::cookie(&new.token)).into_response())
}
