//! `/session`: signing in and out. `own` lists and ends one's sessions, `step_up` asks once more before what is dangerous.

mod own;
mod step_up;

use api_kit::openapi::Problems;
use api_kit::{ApiError, Caller, From, Json, Query, origin_guard, request_id};
use audit::{Entry, Object, Outcome as AuditOutcome, Who};
use auth::acting::{self, Followed};
use auth::second_factor::{self, NeedsSecondFactor};
use auth::sign_in::{self, SignInError, Verified};
use auth::{Agent, Origin, session};
use axum::extract::State;
use axum::response::{AppendHeaders, IntoResponse, Response};
use desired::{Access, Table};
use http::{HeaderMap, StatusCode, header};
use names::{Micros, OpaqueToken, Secret};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{StoreError, WriteTx};
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::app::Parts;
use crate::routes::me::{self, Me};

pub(super) use own::SessionRow;

/// The routes.
pub(super) fn table(parts: Parts) -> Table {
    Table::default()
        .add(Access::OPEN, routes!(session_create))
        .add(Access::OPEN, routes!(session_create_by_link))
        .add(Access::OPEN, routes!(session_create_by_code))
        .add(Access::SIGNED_IN.by_session(), routes!(step_up::session_step_up))
        .add(Access::SIGNED_IN, routes!(session_delete))
        .add(Access::SIGNED_IN, routes!(own::session_list))
        .add(Access::SIGNED_IN.by_session(), routes!(own::session_revoke))
        .with_state(parts)
}

/// What one signs in with. Both are taken as typed: what is no login is merely wrong.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SignIn {
    /// The login: an account's name, or `admin`.
    login: String,
    /// The password.
    #[schema(format = Password)]
    password: String,
}

/// A one-time link's token.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SignInByLink {
    /// What stands behind `#` in the link.
    #[schema(value_type = String)]
    token: OpaqueToken,
}

/// What ends a sign-in that waits for the second factor.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SignInByCode {
    /// The token that the first factor was answered with.
    #[schema(value_type = String)]
    token: OpaqueToken,
    /// The authenticator's code of six digits, or a recovery code.
    #[schema(format = Password)]
    code: String,
}

/// A sign-in that waits for the second factor. Nothing can be done with its token but to go on.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct PendingSignIn {
    /// For `POST /session/code`, from the same network.
    token: String,
    /// What can be shown: `totp`, `passkey`, `recovery_code`.
    methods: Vec<String>,
    /// Until when.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Micros,
}

/// Begins a session, writes it into the audit, and answers with the cookie.
pub(super) async fn begin(
    parts: &Parts,
    tx: &mut WriteTx,
    verified: &Verified,
    origin: Origin,
) -> Result<session::NewSession, ApiError> {
    let now = parts.panel.now();
    let new = session::begin(tx, verified, origin, now).await?;
    let object = super::of_person(tx, "session", new.id, verified.person()).await?;
    let entry = Entry {
        who: Who::signing_in(verified, origin),
        request_id: &request_id::current().unwrap_or_default(),
        action: "session.create",
        object,
        before: None,
        after: Some(json!({ "factors": verified.factors() })),
        plan_hash: None,
        outcome: AuditOutcome::Done,
    };
    audit::append(tx, &entry, now).await?;
    Ok(new)
}

/// The header that gives the browser its session. The token goes nowhere else.
pub(super) fn cookie(token: &OpaqueToken) -> AppendHeaders<[(header::HeaderName, String); 1]> {
    let name = origin_guard::SESSION_COOKIE;
    let age = session::LONGEST.as_secs();
    let text = token.expose();
    let cookie =
        format!("{name}={}; Path=/; Max-Age={age}; Secure; HttpOnly; SameSite=Strict", text.expose());
    AppendHeaders([(header::SET_COOKIE, cookie)])
}

/// The answer to a sign-in.
pub(super) async fn signed_in(
    parts: &Parts,
    new: session::NewSession,
    origin: Origin,
) -> Result<Response, ApiError> {
    let store = parts.panel.store();
    let actor = session::resolve(store, &new.token, origin, parts.panel.now()).await?;
    let actor = actor.ok_or_else(ApiError::unauthenticated)?;
    let view = me::view(parts, &actor).await?;
    let mut response = (StatusCode::CREATED, cookie(&new.token), Json(view)).into_response();
    response.extensions_mut().insert(api_kit::idempotency::Secret);
    Ok(response)
}

/// Signs in by password.
#[utoipa::path(post, path = "/session", tag = "session", request_body = SignIn, security(()),
    responses((status = 201, description = "Signed in; the cookie is set", body = Me),
              (status = 202, description = "The second factor is asked for", body = PendingSignIn), Problems))]
async fn session_create(
    State(parts): State<Parts>,
    From(origin): From,
    Query(()): Query<()>,
    headers: HeaderMap,
    Json(body): Json<SignIn>,
) -> Result<Response, ApiError> {
    let password = Secret::new(body.password);
    let store = parts.panel.store();
    let verified =
        sign_in::by_password(store, &parts.passwords, &body.login, password, origin, parts.panel.now());
    let verified = match verified.await {
        Ok(sign_in::SignIn::Done(verified)) => verified.with_agent(agent(&headers)),
        Ok(sign_in::SignIn::NeedsSecondFactor(asked)) => return Ok(pending(&asked)),
        Err(error) => {
            note_refusal(&parts, origin, &error).await?;
            return Err(error.into());
        }
    };
    let new = store.write(async |tx: &mut WriteTx| begin(&parts, tx, &verified, origin).await).await?;
    signed_in(&parts, new, origin).await
}

/// What a client says that it is.
pub(super) fn agent(headers: &HeaderMap) -> Agent {
    Agent::of(headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default())
}

/// The answer to a first factor that is not enough. Its token is never kept for a repetition of the request.
fn pending(asked: &NeedsSecondFactor) -> Response {
    let view = PendingSignIn {
        token: asked.token.expose().expose().clone(),
        methods: asked.held.methods().into_iter().map(str::to_owned).collect(),
        expires_at: asked.expires_at,
    };
    let mut response = (StatusCode::ACCEPTED, Json(view)).into_response();
    response.extensions_mut().insert(api_kit::idempotency::Secret);
    response
}

/// Ends a sign-in that waits for the second factor.
#[utoipa::path(post, path = "/session/code", tag = "session", request_body = SignInByCode, security(()),
    responses((status = 201, description = "Signed in; the cookie is set", body = Me), Problems))]
async fn session_create_by_code(
    State(parts): State<Parts>,
    From(origin): From,
    Query(()): Query<()>,
    headers: HeaderMap,
    Json(body): Json<SignInByCode>,
) -> Result<Response, ApiError> {
    let (store, now) = (parts.panel.store(), parts.panel.now());
    let code = Secret::new(body.code);
    let verified = match second_factor::finish(store, &parts.seal, &body.token, code, origin, now).await {
        Ok(verified) => verified.with_agent(agent(&headers)),
        Err(error) => {
            // A token that nobody has is no attempt at anyone: as with links, not every one is written down.
            let is_strangers = matches!(error, SignInError::Code { person: None });
            if !is_strangers || parts.refusals.has_room_for_a_link(now) {
                note_refusal(&parts, origin, &error).await?;
            }
            return Err(error.into());
        }
    };
    let new = store.write(async |tx: &mut WriteTx| begin(&parts, tx, &verified, origin).await).await?;
    signed_in(&parts, new, origin).await
}

/// A refused sign-in is in the audit, without what was typed. How many there can be is bounded: of passwords and codes by the counters of
/// failures, of links by the room for refusals.
pub(super) async fn note_refusal(
    parts: &Parts,
    origin: Origin,
    error: &SignInError,
) -> Result<(), StoreError> {
    let (who, code) = match error {
        SignInError::Refused => (Who::anonymous(origin), "unauthenticated"),
        // Whoever gets so far knows the password: the person is named.
        SignInError::Code { person: Some(person) } => {
            (Who::person(person.0, &person.1, origin), "second_factor_wrong")
        }
        SignInError::Code { person: None } => (Who::anonymous(origin), "second_factor_wrong"),
        _ => return Ok(()),
    };
    let entry = Entry {
        who,
        request_id: &request_id::current().unwrap_or_default(),
        action: "session.create",
        object: Object::none("session"),
        before: None,
        after: None,
        plan_hash: None,
        outcome: AuditOutcome::Refused { code: code.to_owned(), fields: Vec::new() },
    };
    let now = parts.panel.now();
    let write = async |tx: &mut WriteTx| audit::append(tx, &entry, now).await.map(drop);
    parts.panel.store().write(write).await
}

/// What came of a good link.
enum LinkFollowed {
    SignedIn(session::NewSession),
    Asked(NeedsSecondFactor),
}

/// Signs in by a one-time link, or begins to act as somebody by one of those.
#[utoipa::path(post, path = "/session/link", tag = "session", request_body = SignInByLink, security(()),
    responses((status = 201, description = "Signed in; the cookie is set", body = Me),
              (status = 202, description = "The second factor is asked for", body = PendingSignIn), Problems))]
async fn session_create_by_link(
    State(parts): State<Parts>,
    From(origin): From,
    Query(()): Query<()>,
    headers: HeaderMap,
    Json(body): Json<SignInByLink>,
) -> Result<Response, ApiError> {
    let now = parts.panel.now();
    let write = async |tx: &mut WriteTx| -> Result<_, ApiError> {
        match acting::follow(tx, &body.token, origin, now).await? {
            Followed::Unknown => {}
            Followed::Refused => return Ok(Err(SignInError::Refused)),
            Followed::Begun(new, actor) => {
                super::act_as::began(tx, &actor, &new, now).await?;
                return Ok(Ok(LinkFollowed::SignedIn(new)));
            }
        }
        match sign_in::by_link(tx, &body.token, origin, now).await {
            Ok(sign_in::SignIn::Done(verified)) => {
                let verified = verified.with_agent(agent(&headers));
                Ok(Ok(LinkFollowed::SignedIn(begin(&parts, tx, &verified, origin).await?)))
            }
            Ok(sign_in::SignIn::NeedsSecondFactor(asked)) => Ok(Ok(LinkFollowed::Asked(asked))),
            Err(refused @ SignInError::Refused) => Ok(Err(refused)),
            Err(error) => Err(error.into()),
        }
    };
    let new = match parts.panel.store().write(write).await? {
        Ok(LinkFollowed::SignedIn(new)) => new,
        Ok(LinkFollowed::Asked(asked)) => return Ok(pending(&asked)),
        Err(refused) => {
            if parts.refusals.has_room_for_a_link(now) {
                note_refusal(&parts, origin, &refused).await?;
            }
            return Err(refused.into());
        }
    };
    parts.panel.events_written();
    signed_in(&parts, new, origin).await
}

/// Signs out.
#[utoipa::path(delete, path = "/session", tag = "session",
    responses((status = 204, description = "Signed out"), Problems))]
async fn session_delete(
    State(parts): State<Parts>,
    Caller(actor): Caller,
    Query(()): Query<()>,
) -> Result<Response, ApiError> {
    let (Some(id), Some(session)) = (actor.person_id(), actor.session()) else {
        let detail = "This was asked by a token or by root, so there is no session to end.";
        return Err(ApiError::conflict("no_session", detail));
    };
    own::end(&parts, &actor, id, session).await?;
    let cookie =
        format!("{}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Strict", origin_guard::SESSION_COOKIE);
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]).into_response())
}
