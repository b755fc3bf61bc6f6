//! `/session`, `/sessions`

use api_kit::openapi::Problems;
use api_kit::{ApiError, Caller, From, Json, List, Path, Query, origin_guard, request_id};
use audit::{Entry, Object, Outcome as AuditOutcome, Who};
use auth::acting::{self, Followed};
use auth::sign_in::{self, SignInError, Verified};
use auth::{Actor, Origin, TokenKey, session, token};
use axum::extract::State;
use axum::response::{AppendHeaders, IntoResponse, Response};
use desired::{Access, Table};
use http::{StatusCode, header};
use names::{Micros, OpaqueToken, PersonId, Secret, SessionId};
use serde::{Deserialize, Serialize};
use store::{FromRow, Row, RowError, Statement, StoreError, Tx, WriteTx};
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::app::Parts;

const ROLES: Statement = Statement::new(
    "SELECT r.name AS role, a.name AS account, o.name AS organisation
     FROM role_in_force pr JOIN role r ON r.id = pr.role_id
          LEFT JOIN account a ON a.id = pr.account_id LEFT JOIN organisation o ON o.id = pr.organisation_id
     WHERE pr.person_id = $1 ORDER BY r.name, o.name, a.name LIMIT 1000",
);

pub(super) const STATEMENTS: &[Statement] = &[ROLES];

/// The routes.
pub(super) fn table(parts: Parts) -> Table {
    Table::default()
        .add(Access::OPEN, routes!(session_create))
        .add(Access::OPEN, routes!(session_create_by_link))
        .add(Access::SIGNED_IN, routes!(session_show))
        .add(Access::SIGNED_IN, routes!(session_delete))
        .add(Access::SIGNED_IN, routes!(session_list))
        .add(Access::SIGNED_IN.by_session(), routes!(session_revoke))
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

/// A role, on an organisation and all below it, or on one account.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(super) struct Held {
    /// The role's name.
    role: String,
    /// The organisation's name; null: an account.
    organisation: Option<String>,
    /// The account's name; null: an organisation.
    account: Option<String>,
}

impl FromRow for Held {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        Ok(Self {
            role: row.text("role")?,
            organisation: row.opt_text("organisation")?,
            account: row.opt_text("account")?,
        })
    }
}

/// Who is signed in.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(super) struct SessionView {
    /// The person's id; null: root on the unix socket.
    #[schema(value_type = Option<String>, format = "uuid")]
    person: Option<PersonId>,
    /// The login, or `root`.
    login: String,
    /// What they are.
    roles: Vec<Held>,
    /// What they may do over the whole installation.
    permissions: Vec<String>,
    /// The session's id.
    #[schema(value_type = Option<String>, format = "uuid")]
    session: Option<SessionId>,
    /// `session`, `token` or `socket`.
    via: String,
    /// When the session, or the token, ends at the latest.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Micros>,
    /// Who acts as the person; null: it is they themselves.
    acting: Option<String>,
    /// The name of the token, where it is one.
    token: Option<String>,
    /// Until when the person lets others act as them, where their organisation asks for consent.
    #[schema(value_type = Option<String>, format = DateTime)]
    act_as_consent_until: Option<Micros>,
}

/// One's own session in a list.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct SessionRow {
    /// The id.
    #[schema(value_type = String, format = "uuid")]
    id: SessionId,
    /// Whether it is the one that asks.
    current: bool,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    created_at: Micros,
    /// When it was last used, to the minute.
    #[schema(value_type = String, format = DateTime)]
    last_seen_at: Micros,
    /// When it ends at the latest.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Micros,
    /// The address it began from.
    origin: String,
    /// Who acts as the caller in it; null: nobody but themselves.
    acting: Option<String>,
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
        after: None,
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
async fn signed_in(parts: &Parts, new: session::NewSession, origin: Origin) -> Result<Response, ApiError> {
    let store = parts.panel.store();
    let actor = session::resolve(store, &new.token, origin, parts.panel.now()).await?;
    let actor = actor.ok_or_else(ApiError::unauthenticated)?;
    let view = view(parts, &actor, Some(new.expires_at)).await?;
    let mut response = (StatusCode::CREATED, cookie(&new.token), Json(view)).into_response();
    response.extensions_mut().insert(api_kit::idempotency::Secret);
    Ok(response)
}

async fn view(parts: &Parts, actor: &Actor, expires_at: Option<Micros>) -> Result<SessionView, ApiError> {
    let (person, session) = (actor.person_id(), actor.session());
    let roles = match person {
        Some(person) => {
            parts.panel.store().read(async |tx: &mut Tx| tx.all::<Held>(ROLES.bind(person)).await).await?
        }
        None => vec![Held {
            role: "administrator".to_owned(),
            organisation: Some("root".to_owned()),
            account: None,
        }],
    };
    let now = parts.panel.now();
    let act_as_consent_until = match person {
        Some(person) => {
            parts.panel.store().read(async |tx: &mut Tx| acting::consent(tx, person, now).await).await?
        }
        None => None,
    };
    Ok(SessionView {
        person,
        login: actor.name().to_owned(),
        roles,
        permissions: actor.held_everywhere().map(|permission| permission.as_str().to_owned()).collect(),
        session,
        via: match (person, session) {
            (_, Some(_)) => "session",
            (Some(_), None) => "token",
            (None, None) => "socket",
        }
        .to_owned(),
        expires_at,
        acting: actor.acting().map(|by| by.login.to_string()),
        token: actor.token().map(|(_, name)| name.to_string()),
        act_as_consent_until,
    })
}

/// Signs in by password.
#[utoipa::path(post, path = "/session", tag = "session", request_body = SignIn, security(()),
    responses((status = 201, description = "Signed in; the cookie is set", body = SessionView), Problems))]
async fn session_create(
    State(parts): State<Parts>,
    From(origin): From,
    Query(()): Query<()>,
    Json(body): Json<SignIn>,
) -> Result<Response, ApiError> {
    let password = Secret::new(body.password);
    let store = parts.panel.store();
    let verified =
        sign_in::by_password(store, &parts.passwords, &body.login, password, origin, parts.panel.now());
    let verified = match verified.await {
        Ok(verified) => verified,
        Err(error) => {
            note_refusal(&parts, origin, &error).await?;
            return Err(error.into());
        }
    };
    let new = store.write(async |tx: &mut WriteTx| begin(&parts, tx, &verified, origin).await).await?;
    signed_in(&parts, new, origin).await
}

/// A refused sign-in is in the audit, without what was typed. How many there can be is bounded: of passwords by the counters of failures,
/// of links by the room for refusals.
async fn note_refusal(parts: &Parts, origin: Origin, error: &SignInError) -> Result<(), StoreError> {
    if !matches!(error, SignInError::Refused) {
        return Ok(());
    }
    let entry = Entry {
        who: Who::anonymous(origin),
        request_id: &request_id::current().unwrap_or_default(),
        action: "session.create",
        object: Object::none("session"),
        before: None,
        after: None,
        plan_hash: None,
        outcome: AuditOutcome::Refused { code: "unauthenticated".to_owned(), fields: Vec::new() },
    };
    let now = parts.panel.now();
    let write = async |tx: &mut WriteTx| audit::append(tx, &entry, now).await.map(drop);
    parts.panel.store().write(write).await
}

/// Signs in by a one-time link, or begins to act as somebody by one of those.
#[utoipa::path(post, path = "/session/link", tag = "session", request_body = SignInByLink, security(()),
    responses((status = 201, description = "Signed in; the cookie is set", body = SessionView), Problems))]
async fn session_create_by_link(
    State(parts): State<Parts>,
    From(origin): From,
    Query(()): Query<()>,
    Json(body): Json<SignInByLink>,
) -> Result<Response, ApiError> {
    let now = parts.panel.now();
    let write = async |tx: &mut WriteTx| -> Result<_, ApiError> {
        match acting::follow(tx, &body.token, origin, now).await? {
            Followed::Unknown => {}
            Followed::Refused => return Ok(Err(SignInError::Refused)),
            Followed::Begun(new, actor) => {
                super::act_as::began(tx, &actor, &new, now).await?;
                return Ok(Ok(new));
            }
        }
        match sign_in::by_link(tx, &body.token, now).await {
            Ok(verified) => Ok(Ok(begin(&parts, tx, &verified, origin).await?)),
            Err(refused @ SignInError::Refused) => Ok(Err(refused)),
            Err(error) => Err(error.into()),
        }
    };
    let new = match parts.panel.store().write(write).await? {
        Ok(new) => new,
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

/// Who is signed in, and what they may do.
#[utoipa::path(get, path = "/session", tag = "session",
    responses((status = 200, description = "The caller", body = SessionView), Problems))]
async fn session_show(
    State(parts): State<Parts>,
    Caller(actor): Caller,
) -> Result<Json<SessionView>, ApiError> {
    let expires_at = match (actor.person_id(), actor.session()) {
        (Some(id), Some(session)) => {
            let now = parts.panel.now();
            let read = async |tx: &mut Tx| auth::session::list(tx, id, now).await;
            let own = parts.panel.store().read(read).await?;
            own.into_iter().find(|own| own.id == session).map(|own| own.expires_at)
        }
        (Some(id), None) => match actor.token() {
            Some((token, _)) => {
                let key = TokenKey::Id(token);
                let read = async |tx: &mut Tx| token::find(tx, id, &key).await;
                parts.panel.store().read(read).await?.and_then(|token| token.expires_at)
            }
            None => None,
        },
        _ => None,
    };
    Ok(Json(view(&parts, &actor, expires_at).await?))
}

/// Signs out.
#[utoipa::path(delete, path = "/session", tag = "session",
    responses((status = 204, description = "Signed out"), Problems))]
async fn session_delete(
    State(parts): State<Parts>,
    Caller(actor): Caller,
    Query(()): Query<()>,
) -> Result<Response, ApiError> {
    if let (Some(id), Some(session)) = (actor.person_id(), actor.session()) {
        end(&parts, &actor, id, session).await?;
    }
    let cookie =
        format!("{}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Strict", origin_guard::SESSION_COOKIE);
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]).into_response())
}

/// The caller's own sessions.
#[utoipa::path(get, path = "/sessions", tag = "session",
    responses((status = 200, description = "The newest first", body = List<SessionRow>), Problems))]
async fn session_list(
    State(parts): State<Parts>,
    Caller(actor): Caller,
) -> Result<Json<List<SessionRow>>, ApiError> {
    let Some(id) = actor.person_id() else {
        return Ok(Json(List { items: Vec::new(), next_cursor: None }));
    };
    let session = actor.session();
    let now = parts.panel.now();
    let own = parts.panel.store().read(async |tx: &mut Tx| auth::session::list(tx, id, now).await).await?;
    let row = |info: auth::session::SessionInfo| SessionRow {
        id: info.id,
        current: Some(info.id) == session,
        created_at: info.created_at,
        last_seen_at: info.last_seen_at,
        expires_at: info.expires_at,
        origin: info.origin,
        acting: info.acting.map(|by| by.login.to_string()),
    };
    Ok(Json(List { items: own.into_iter().map(row).collect(), next_cursor: None }))
}

/// Ends one of the caller's own sessions.
#[utoipa::path(delete, path = "/sessions/{session}", tag = "session",
    params(("session" = String, Path, description = "The session's id")),
    responses((status = 204, description = "Ended"), Problems))]
async fn session_revoke(
    State(parts): State<Parts>,
    Caller(actor): Caller,
    Path(id): Path<SessionId>,
    Query(()): Query<()>,
) -> Result<StatusCode, ApiError> {
    let person = actor.person_id().ok_or_else(|| ApiError::not_found("session"))?;
    if end(&parts, &actor, person, id).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(ApiError::not_found("session"))
    }
}

async fn end(parts: &Parts, actor: &Actor, person: PersonId, id: SessionId) -> Result<bool, ApiError> {
    let now = parts.panel.now();
    let write = async |tx: &mut WriteTx| -> Result<bool, ApiError> {
        if !session::revoke(tx, person, id, now).await? {
            return Ok(false);
        }
        let object = super::of_person(tx, "session", id, person).await?;
        super::done(tx, actor, "session.delete", object, (None, None), now).await?;
        Ok(true)
    };
    let ended = parts.panel.store().write(write).await?;
    super::act_as::tell_ends(&parts.panel).await?;
    Ok(ended)
}
