//! `/second-factor`: the caller's own authenticator and recovery codes.

use api_kit::openapi::{ChangeProblems, Problems};
use api_kit::{ApiError, Caller, Json, Query};
use audit::Object;
use auth::totp::{self, Confirmed};
use auth::{recovery, second_factor, session};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use desired::{Access, Table, setting};
use http::StatusCode;
use names::{Micros, Secret};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{StoreError, Tx, WriteTx};
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::app::Parts;

/// The routes.
pub(super) fn table(parts: Parts) -> Table {
    Table::default()
        .add(Access::SIGNED_IN, routes!(second_factor_show))
        .add(Access::SIGNED_IN.by_session().with_step_up(), routes!(totp_offer))
        .add(Access::SIGNED_IN.by_session().with_step_up(), routes!(totp_confirm))
        .add(Access::SIGNED_IN.by_session().with_step_up(), routes!(totp_delete))
        .add(Access::SIGNED_IN.by_session().with_step_up(), routes!(recovery_codes_create))
        .with_state(parts)
}

/// The caller's second factor.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct SecondFactorView {
    /// Whether one is asked for at every sign-in.
    asked: bool,
    /// Since when codes of an authenticator are; null: none is there.
    #[schema(value_type = Option<String>, format = DateTime)]
    totp_since: Option<Micros>,
    /// How many passkeys there are.
    passkeys: i64,
    /// How many recovery codes were not used.
    recovery_codes_left: i64,
}

/// What an authenticator takes. It is shown once.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct TotpOffer {
    /// The secret, to be typed (base32).
    secret: String,
    /// The same for a picture to be scanned (`otpauth:`).
    uri: String,
    /// Until when a code of it must be shown.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Micros,
}

/// A code of what was offered.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ConfirmTotp {
    /// Six digits.
    #[schema(format = Password)]
    code: String,
}

/// Codes for whoever has lost the authenticator; each works once. They are shown once.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct RecoveryCodes {
    /// The codes; none where those of before go on working.
    codes: Vec<String>,
}

impl RecoveryCodes {
    fn of(codes: &[Secret<String>]) -> Self {
        Self { codes: codes.iter().map(|code| code.expose().clone()).collect() }
    }
}

/// An answer that is shown once, and never kept for a repetition of the request.
fn once(status: StatusCode, body: impl Serialize) -> Response {
    let mut response = (status, Json(body)).into_response();
    response.extensions_mut().insert(api_kit::idempotency::Secret);
    response
}

/// What is asked for after the password.
#[utoipa::path(get, path = "/second-factor", tag = "session",
    responses((status = 200, description = "The caller's second factor", body = SecondFactorView), Problems))]
async fn second_factor_show(
    State(parts): State<Parts>,
    Caller(actor): Caller,
) -> Result<Json<SecondFactorView>, ApiError> {
    let Some(person) = actor.person_id() else {
        return Ok(Json(SecondFactorView {
            asked: false,
            totp_since: None,
            passkeys: 0,
            recovery_codes_left: 0,
        }));
    };
    let read = async |tx: &mut Tx| -> Result<_, StoreError> {
        Ok((second_factor::held(tx, person).await?, totp::confirmed_at(tx, person).await?))
    };
    let (held, totp_since) = parts.panel.store().read(read).await?;
    Ok(Json(SecondFactorView {
        asked: held.is_asked(),
        totp_since,
        passkeys: held.passkeys,
        recovery_codes_left: held.recovery_codes,
    }))
}

/// Offers a secret for an authenticator. It counts once a code of it was shown, within 15 minutes.
#[utoipa::path(post, path = "/second-factor/totp", tag = "session",
    responses((status = 201, description = "The secret", body = TotpOffer), ChangeProblems))]
async fn totp_offer(
    State(parts): State<Parts>,
    Caller(actor): Caller,
    Query(()): Query<()>,
) -> Result<Response, ApiError> {
    let (person, _) = super::own_session(&actor)?;
    let now = parts.panel.now();
    let write = async |tx: &mut WriteTx| -> Result<_, ApiError> {
        let secret = totp::offer(tx, &parts.seal, person, now).await.map_err(ApiError::internal)?;
        let object = Object::of_installation("person", person);
        super::done(tx, &actor, "second_factor.offer", object, (None, None), now).await?;
        Ok((secret, setting::get::<String>(tx, setting::PANEL_HOSTNAME).await?))
    };
    let (secret, hostname) = parts.panel.store().write(write).await?;
    // Logins and host names hold nothing that would have to be encoded.
    let issuer = hostname.unwrap_or_else(|| "holdfast".to_owned());
    let uri = format!(
        "otpauth://totp/{issuer}:{login}?secret={secret}&issuer={issuer}",
        login = actor.name(),
        secret = secret.expose()
    );
    let expires_at = now.plus(totp::OFFER_LASTS);
    Ok(once(StatusCode::CREATED, TotpOffer { secret: secret.expose().clone(), uri, expires_at }))
}

/// Shows a code of the secret that was offered: from now on one is asked for at every sign-in. The caller's other sessions end. Who has no
/// recovery codes is given some.
#[utoipa::path(post, path = "/second-factor/totp/confirm", tag = "session", request_body = ConfirmTotp,
    responses((status = 200, description = "It counts", body = RecoveryCodes), ChangeProblems))]
async fn totp_confirm(
    State(parts): State<Parts>,
    Caller(actor): Caller,
    Query(()): Query<()>,
    Json(body): Json<ConfirmTotp>,
) -> Result<Response, ApiError> {
    let (person, own) = super::own_session(&actor)?;
    let now = parts.panel.now();
    let code: Secret<String> = Secret::new(body.code.split_ascii_whitespace().collect());
    let write = async |tx: &mut WriteTx| -> Result<_, ApiError> {
        let confirmed = totp::confirm(tx, &parts.seal, person, code.expose(), now).await;
        match confirmed.map_err(ApiError::internal)? {
            Confirmed::Yes => {}
            Confirmed::Wrong => {
                let remedy = "Wait for the next code, and look whether the device's clock is right.";
                return Err(api_kit::json::refuse("code", "code_wrong", "This code is wrong.", remedy));
            }
            Confirmed::NothingOffered => {
                let detail = "No secret was offered in the last 15 minutes. Ask for one first.";
                return Err(ApiError::conflict("nothing_offered", detail));
            }
        }
        let has_codes = second_factor::held(tx, person).await?.recovery_codes > 0;
        let codes = if has_codes { Vec::new() } else { recovery::make(tx, person, now).await? };
        session::revoke_others(tx, person, own, now).await?;
        let after = json!({ "totp": true, "recovery_codes_made": codes.len() });
        let object = Object::of_installation("person", person);
        super::done(tx, &actor, "second_factor.confirm", object, (None, Some(after)), now).await?;
        Ok(codes)
    };
    let codes = parts.panel.store().write(write).await?;
    Ok(once(StatusCode::OK, RecoveryCodes::of(&codes)))
}

/// Removes the authenticator; its codes are no longer asked for.
#[utoipa::path(delete, path = "/second-factor/totp", tag = "session",
    responses((status = 204, description = "Removed, or none was there"), ChangeProblems))]
async fn totp_delete(
    State(parts): State<Parts>,
    Caller(actor): Caller,
    Query(()): Query<()>,
) -> Result<StatusCode, ApiError> {
    let (person, _) = super::own_session(&actor)?;
    let now = parts.panel.now();
    let write = async |tx: &mut WriteTx| -> Result<(), ApiError> {
        totp::remove(tx, person).await?;
        second_factor::tidy(tx, person).await?;
        let object = Object::of_installation("person", person);
        let after = json!({ "totp": false });
        Ok(super::done(tx, &actor, "second_factor.delete", object, (None, Some(after)), now).await?)
    };
    parts.panel.store().write(write).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Makes new recovery codes. Those of before no longer work.
#[utoipa::path(post, path = "/second-factor/recovery-codes", tag = "session",
    responses((status = 201, description = "The codes", body = RecoveryCodes), ChangeProblems))]
async fn recovery_codes_create(
    State(parts): State<Parts>,
    Caller(actor): Caller,
    Query(()): Query<()>,
) -> Result<Response, ApiError> {
    let (person, _) = super::own_session(&actor)?;
    let now = parts.panel.now();
    let write = async |tx: &mut WriteTx| -> Result<_, ApiError> {
        if !second_factor::held(tx, person).await?.is_asked() {
            let detail =
                "There is no second factor that a recovery code could stand in for. Set one up first.";
            return Err(ApiError::conflict("no_second_factor", detail));
        }
        let codes = recovery::make(tx, person, now).await?;
        let object = Object::of_installation("person", person);
        super::done(tx, &actor, "recovery_code.create", object, (None, None), now).await?;
        Ok(codes)
    };
    let codes = parts.panel.store().write(write).await?;
    Ok(once(StatusCode::CREATED, RecoveryCodes::of(&codes)))
}
