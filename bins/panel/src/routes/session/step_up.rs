//! Showing once more who one is, before what is dangerous.

use api_kit::openapi::Problems;
use api_kit::{ApiError, Caller, Json, Query, json};
use audit::Object;
use auth::{second_factor, session, sign_in};
use axum::extract::State;
use names::{Micros, Secret};
use serde::{Deserialize, Serialize};
use store::WriteTx;
use utoipa::ToSchema;

use crate::app::Parts;
use crate::routes::passkey::{self, ShownPasskey};
use crate::routes::{done, own_session};

/// The password, a code or a passkey, once more; one of the three.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct StepUp {
    /// The password.
    #[schema(format = Password)]
    password: Option<String>,
    /// The authenticator's code of six digits, or a recovery code.
    #[schema(format = Password)]
    code: Option<String>,
    /// The answer of a browser to what `POST /session/step-up/ask` said.
    passkey: Option<ShownPasskey>,
}

/// How long what is dangerous may be done.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(super) struct SteppedUp {
    /// Until when.
    #[schema(value_type = String, format = DateTime)]
    until: Micros,
}

/// Shows the password, a code or a passkey once more, so that what is dangerous may be done for 10 minutes.
#[utoipa::path(post, path = "/session/step-up", tag = "session", request_body = StepUp,
    responses((status = 200, description = "Until when", body = SteppedUp), Problems))]
pub(super) async fn session_step_up(
    State(parts): State<Parts>,
    Caller(actor): Caller,
    Query(()): Query<()>,
    Json(body): Json<StepUp>,
) -> Result<Json<SteppedUp>, ApiError> {
    let (person, session) = own_session(&actor)?;
    let (store, now, origin) = (parts.panel.store(), parts.panel.now(), actor.origin());
    match (body.password.map(Secret::new), body.code.map(Secret::new), body.passkey) {
        (Some(password), None, None) => {
            let confirmed =
                sign_in::confirm(store, &parts.passwords, person, Some(password), origin, now).await;
            confirmed.map_err(|error| api_kit::unconfirmed("password", error))?;
        }
        (None, Some(code), None) => {
            let confirmed = second_factor::confirm(store, &parts.seal, person, code, origin, now).await;
            confirmed.map_err(|error| api_kit::unconfirmed("code", error.into()))?;
        }
        (None, None, Some(answer)) => passkey::confirm(&parts, person, &answer).await?,
        _ => {
            let remedy = "Send the password, a code or a passkey.";
            return Err(json::refuse("password", "missing_field", "One of the three is needed.", remedy));
        }
    }
    let write = async |tx: &mut WriteTx| -> Result<_, ApiError> {
        let until = session::step_up(tx, session, now).await?;
        let object = Object::of_installation("session", session);
        done(tx, &actor, "session.step_up", object, (None, None), now).await?;
        Ok(until)
    };
    Ok(Json(SteppedUp { until: store.write(write).await? }))
}
