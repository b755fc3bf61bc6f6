//! `/passkeys`, and signing in by one.

use api_kit::openapi::{ChangeProblems, Problems};
use api_kit::{ApiError, Caller, From, Json, List, Path, Query, json};
use audit::Object;
use auth::passkey::{self, Passkey};
use auth::{Actor, recovery, second_factor, sign_in};
use auth_webauthn::{Asked, PasskeyError, RelyingParty};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use desired::{Access, Note, Table, setting};
use http::{HeaderMap, StatusCode};
use names::{Hostname, Micros, OpaqueToken, PasskeyId, PersonId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::{Tx, WriteTx};
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::app::Parts;
use crate::routes::me::Me;
use crate::routes::session;

/// The routes.
pub(super) fn table(parts: Parts) -> Table {
    Table::default()
        .add(Access::SIGNED_IN, routes!(passkey_list))
        .add(Access::SIGNED_IN.by_session().with_step_up(), routes!(passkey_ask))
        .add(Access::SIGNED_IN.by_session().with_step_up(), routes!(passkey_create))
        .add(Access::SIGNED_IN.by_session(), routes!(passkey_edit))
        .add(Access::SIGNED_IN.by_session().with_step_up(), routes!(passkey_delete))
        .add(Access::SIGNED_IN.by_session(), routes!(session_ask_for_step_up))
        .add(Access::OPEN, routes!(session_ask_for_passkey))
        .add(Access::OPEN, routes!(session_create_by_passkey))
        .with_state(parts)
}

/// One of the caller's passkeys.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct PasskeyView {
    /// Its id.
    #[schema(value_type = String, format = "uuid")]
    id: PasskeyId,
    /// What it is called.
    name: String,
    /// The name of the panel that it was made for. It is of use under no other.
    panel: String,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Micros,
    /// When it last signed in; null: never.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_used_at: Option<Micros>,
}

impl std::convert::From<Passkey> for PasskeyView {
    fn from(row: Passkey) -> Self {
        Self {
            id: row.id,
            name: row.name,
            panel: row.relying_party,
            created_at: row.created_at,
            last_used_at: row.last_used_at,
        }
    }
}

/// What a browser is to be asked.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct PasskeyQuestion {
    /// To be sent back with the answer; it works once.
    question: String,
    /// For `navigator.credentials.create` or `navigator.credentials.get`, with binary values in base64url.
    #[schema(value_type = Object)]
    options: Value,
    /// Until when.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Micros,
}

/// A browser's answer to `navigator.credentials.create`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CreatePasskey {
    /// Of what was asked.
    #[schema(value_type = String)]
    question: OpaqueToken,
    /// What it is to be called.
    #[schema(value_type = String)]
    name: Note,
    /// The answer, as `toJSON()` gives it.
    #[schema(value_type = Object)]
    credential: Value,
}

/// A passkey that was made.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct CreatedPasskey {
    /// The passkey.
    passkey: PasskeyView,
    /// Codes for whoever has lost it; each works once. None where those of before go on working.
    recovery_codes: Vec<String>,
}

/// What is to be otherwise.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EditPasskey {
    /// What it is to be called.
    #[schema(value_type = String)]
    name: Note,
}

/// For whom a passkey is asked for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AskForPasskey {
    /// The token that the first factor was answered with; without it, the passkey alone is to sign in.
    #[schema(value_type = Option<String>)]
    token: Option<OpaqueToken>,
}

/// A browser's answer to `navigator.credentials.get`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SignInByPasskey {
    /// Of what was asked.
    #[schema(value_type = String)]
    question: OpaqueToken,
    /// The token that the first factor was answered with, where there was one.
    #[schema(value_type = Option<String>)]
    token: Option<OpaqueToken>,
    /// The answer, as `toJSON()` gives it.
    #[schema(value_type = Object)]
    credential: Value,
}

/// A browser's answer to `navigator.credentials.get`, of someone who is signed in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ShownPasskey {
    /// Of what was asked.
    #[schema(value_type = String)]
    question: OpaqueToken,
    /// The answer, as `toJSON()` gives it.
    #[schema(value_type = Object)]
    credential: Value,
}

/// Whether it is a passkey of this person, who is signed in; its counter goes on with it.
pub(super) async fn confirm(parts: &Parts, person: PersonId, answer: &ShownPasskey) -> Result<(), ApiError> {
    let now = parts.panel.now();
    let write = async |tx: &mut WriteTx| -> Result<bool, ApiError> {
        let panel = panel(parts, tx).await?;
        let credential = answer.credential.clone();
        match parts.passkeys.shown(tx, &panel, &answer.question, credential, now).await {
            Ok(shown) => Ok(second_factor::confirmed_by_passkey(person, &shown)),
            Err(PasskeyError::Unknown) => Ok(false),
            Err(error) => Err(refused(error)),
        }
    };
    if parts.panel.store().write(write).await? {
        return Ok(());
    }
    let remedy = "Use one of your own, or show the password or a code.";
    Err(json::refuse("passkey", "passkey_foreign", "This passkey is not one of yours.", remedy))
}

fn asked(status: StatusCode, asked: Asked) -> Response {
    let question = asked.question.expose().expose().clone();
    let view = PasskeyQuestion { question, options: asked.options, expires_at: asked.expires_at };
    let mut response = (status, Json(view)).into_response();
    response.extensions_mut().insert(api_kit::idempotency::Secret);
    response
}

/// Why there is no passkey, as an answer.
fn refused(error: PasskeyError) -> ApiError {
    match error {
        PasskeyError::NoName => ApiError::conflict(
            "panel_has_no_name",
            "A passkey belongs to the panel's name, and it has none yet. An administrator sets panel.hostname first.",
        ),
        PasskeyError::Over => ApiError::conflict(
            "question_over",
            "Nothing of the kind was asked of this browser, or it was answered already, or more than 5 minutes ago. Begin again.",
        ),
        PasskeyError::Unreadable => {
            let remedy = "Send what the browser answered, as toJSON() gives it.";
            json::refuse("credential", "credential", "This is not the answer of a browser.", remedy)
        }
        PasskeyError::Refused(error) => {
            let remedy = "Begin again; the panel must be opened by its own name.";
            json::refuse("credential", "credential_refused", "The answer proves nothing.", remedy)
                .caused_by(error)
        }
        PasskeyError::Unknown => ApiError::sign_in_refused(),
        PasskeyError::TooMany => {
            ApiError::conflict("passkeys_too_many", "There are 20 passkeys already. Remove one first.")
        }
        PasskeyError::Question(error) => ApiError::internal(error),
        PasskeyError::Store(error) => error.into(),
    }
}

async fn panel(parts: &Parts, tx: &mut Tx) -> Result<RelyingParty, ApiError> {
    let name: Option<Hostname> = setting::get(tx, setting::PANEL_HOSTNAME).await?;
    RelyingParty::new(name, parts.port).map_err(refused)
}

/// Whose passkeys are changed. Root has none; a token, and who acts as another, must not touch them.
fn own(actor: &Actor) -> Result<PersonId, ApiError> {
    if actor.person_id().is_none() {
        return Err(ApiError::not_found("passkey"));
    }
    super::own_session(actor).map(|(person, _)| person)
}

/// The caller's passkeys.
#[utoipa::path(get, path = "/passkeys", tag = "session",
    responses((status = 200, description = "The oldest first", body = List<PasskeyView>), Problems))]
async fn passkey_list(
    State(parts): State<Parts>,
    Caller(actor): Caller,
) -> Result<Json<List<PasskeyView>>, ApiError> {
    let Some(person) = actor.person_id() else {
        return Ok(Json(List::whole(Vec::new())));
    };
    let rows = parts.panel.store().read(async |tx: &mut Tx| passkey::list(tx, person).await).await?;
    Ok(Json(List::whole(rows.into_iter().map(PasskeyView::from).collect())))
}

/// Asks for a new passkey: the answer is what the browser is to be given.
#[utoipa::path(post, path = "/passkeys/ask", tag = "session",
    responses((status = 201, description = "What to ask the browser", body = PasskeyQuestion), ChangeProblems))]
async fn passkey_ask(
    State(parts): State<Parts>,
    Caller(actor): Caller,
    Query(()): Query<()>,
) -> Result<Response, ApiError> {
    let (person, _) = super::own_session(&actor)?;
    let now = parts.panel.now();
    let read = async |tx: &mut Tx| -> Result<_, ApiError> {
        let panel = panel(&parts, tx).await?;
        let asked = parts.passkeys.ask_for_new(tx, &panel, (person, actor.name()), now).await;
        asked.map_err(refused)
    };
    Ok(asked(StatusCode::CREATED, parts.panel.store().read(read).await?))
}

/// Keeps a new passkey: from now on a second factor is asked for at every sign-in. Who has no recovery codes is given some.
#[utoipa::path(post, path = "/passkeys", tag = "session", request_body = CreatePasskey,
    responses((status = 201, description = "Kept", body = CreatedPasskey), ChangeProblems))]
async fn passkey_create(
    State(parts): State<Parts>,
    Caller(actor): Caller,
    Query(()): Query<()>,
    Json(body): Json<CreatePasskey>,
) -> Result<Response, ApiError> {
    let (person, own) = super::own_session(&actor)?;
    let (store, now) = (parts.panel.store(), parts.panel.now());
    let relying_party = store.read(async |tx: &mut Tx| panel(&parts, tx).await).await?;
    let made = parts.passkeys.made(&relying_party, person, &body.question, body.credential, now);
    let made = made.map_err(refused)?;
    let write = async |tx: &mut WriteTx| -> Result<_, ApiError> {
        let kept = made.clone().keep(tx, person, body.name.as_str(), now).await.map_err(refused)?;
        let kept = kept.ok_or_else(|| {
            ApiError::conflict("passkey_taken", "This passkey is kept already. Use it, or another device.")
        })?;
        let has_codes = second_factor::held(tx, person).await?.recovery_codes > 0;
        let codes = if has_codes { Vec::new() } else { recovery::make(tx, person, now).await? };
        auth::session::revoke_others(tx, person, own, now).await?;
        let after = json!({ "name": kept.name, "recovery_codes_made": codes.len() });
        let object = Object::of_installation("passkey", kept.id);
        super::done(tx, &actor, "passkey.create", object, (None, Some(after)), now).await?;
        Ok((kept, codes))
    };
    let (kept, codes) = store.write(write).await?;
    let recovery_codes = codes.iter().map(|code| code.expose().clone()).collect();
    let view = CreatedPasskey { passkey: kept.into(), recovery_codes };
    let mut response = (StatusCode::CREATED, Json(view)).into_response();
    response.extensions_mut().insert(api_kit::idempotency::Secret);
    Ok(response)
}

/// Calls a passkey otherwise.
#[utoipa::path(patch, path = "/passkeys/{passkey}", tag = "session", request_body = EditPasskey,
    params(("passkey" = String, Path, description = "The passkey's id")),
    responses((status = 200, description = "The passkey", body = PasskeyView), Problems))]
async fn passkey_edit(
    State(parts): State<Parts>,
    Caller(actor): Caller,
    Path(id): Path<PasskeyId>,
    Query(()): Query<()>,
    Json(body): Json<EditPasskey>,
) -> Result<Json<PasskeyView>, ApiError> {
    let person = own(&actor)?;
    let now = parts.panel.now();
    let write = async |tx: &mut WriteTx| -> Result<_, ApiError> {
        if !passkey::rename(tx, person, id, body.name.as_str()).await? {
            return Err(ApiError::not_found("passkey"));
        }
        let after = json!({ "name": body.name.as_str() });
        let object = Object::of_installation("passkey", id);
        super::done(tx, &actor, "passkey.edit", object, (None, Some(after)), now).await?;
        let row = passkey::list(tx, person).await?.into_iter().find(|row| row.id == id);
        row.ok_or_else(|| ApiError::not_found("passkey"))
    };
    Ok(Json(parts.panel.store().write(write).await?.into()))
}

/// Removes a passkey.
#[utoipa::path(delete, path = "/passkeys/{passkey}", tag = "session",
    params(("passkey" = String, Path, description = "The passkey's id")),
    responses((status = 204, description = "Removed"), Problems))]
async fn passkey_delete(
    State(parts): State<Parts>,
    Caller(actor): Caller,
    Path(id): Path<PasskeyId>,
    Query(()): Query<()>,
) -> Result<StatusCode, ApiError> {
    let person = own(&actor)?;
    let now = parts.panel.now();
    let write = async |tx: &mut WriteTx| -> Result<(), ApiError> {
        if !passkey::remove(tx, person, id).await? {
            return Err(ApiError::not_found("passkey"));
        }
        second_factor::tidy(tx, person).await?;
        let object = Object::of_installation("passkey", id);
        Ok(super::done(tx, &actor, "passkey.delete", object, (None, None), now).await?)
    };
    parts.panel.store().write(write).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Asks for a passkey: with a token as the second factor of that sign-in, without one of anyone.
#[utoipa::path(post, path = "/session/passkey/ask", tag = "session", request_body = AskForPasskey, security(()),
    responses((status = 201, description = "What to ask the browser", body = PasskeyQuestion), ChangeProblems))]
async fn session_ask_for_passkey(
    State(parts): State<Parts>,
    From(origin): From,
    Query(()): Query<()>,
    Json(body): Json<AskForPasskey>,
) -> Result<Response, ApiError> {
    let now = parts.panel.now();
    let read = async |tx: &mut Tx| -> Result<_, ApiError> {
        let panel = panel(&parts, tx).await?;
        let Some(token) = &body.token else { return parts.passkeys.ask_anyone(&panel, now).map_err(refused) };
        let person = second_factor::waiting(tx, token, origin, now).await?;
        let person = person.ok_or_else(ApiError::code_refused)?;
        parts.passkeys.ask_person(tx, &panel, person, now).await.map_err(refused)
    };
    Ok(asked(StatusCode::CREATED, parts.panel.store().read(read).await?))
}

/// Asks for one of the caller's passkeys, to be sent to `POST /session/step-up`.
#[utoipa::path(post, path = "/session/step-up/ask", tag = "session",
    responses((status = 201, description = "What to ask the browser", body = PasskeyQuestion), ChangeProblems))]
async fn session_ask_for_step_up(
    State(parts): State<Parts>,
    Caller(actor): Caller,
    Query(()): Query<()>,
) -> Result<Response, ApiError> {
    let (person, _) = super::own_session(&actor)?;
    let now = parts.panel.now();
    let read = async |tx: &mut Tx| -> Result<_, ApiError> {
        let panel = panel(&parts, tx).await?;
        parts.passkeys.ask_person(tx, &panel, person, now).await.map_err(|error| match error {
            PasskeyError::Unknown => {
                ApiError::conflict("no_passkey", "You have no passkey here. Show the password or a code.")
            }
            error => refused(error),
        })
    };
    Ok(asked(StatusCode::CREATED, parts.panel.store().read(read).await?))
}

/// Signs in by a passkey, or ends a sign-in with it that waits for the second factor.
#[utoipa::path(post, path = "/session/passkey", tag = "session", request_body = SignInByPasskey, security(()),
    responses((status = 201, description = "Signed in; the cookie is set", body = Me), ChangeProblems))]
async fn session_create_by_passkey(
    State(parts): State<Parts>,
    From(origin): From,
    Query(()): Query<()>,
    headers: HeaderMap,
    Json(body): Json<SignInByPasskey>,
) -> Result<Response, ApiError> {
    let now = parts.panel.now();
    let write = async |tx: &mut WriteTx| -> Result<_, ApiError> {
        let panel = panel(&parts, tx).await?;
        let credential = body.credential.clone();
        let shown =
            parts.passkeys.shown(tx, &panel, &body.question, credential, now).await.map_err(refused)?;
        let verified = match &body.token {
            Some(token) => second_factor::finish_by_passkey(tx, token, &shown, origin, now).await?,
            None => sign_in::by_passkey(tx, &shown, origin).await?,
        };
        session::begin(&parts, tx, &verified.with_agent(session::agent(&headers)), origin).await
    };
    match parts.panel.store().write(write).await {
        Ok(new) => session::signed_in(&parts, new, origin).await,
        Err(error) => {
            if error.status() == StatusCode::UNAUTHORIZED && parts.refusals.has_room_for_a_link(now) {
                let refused = auth::sign_in::SignInError::Refused;
                session::note_refusal(&parts, origin, &refused).await?;
            }
            Err(error)
        }
    }
}
