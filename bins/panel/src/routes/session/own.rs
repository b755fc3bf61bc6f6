//! `/sessions`: one's own, and ending them.

use api_kit::openapi::Problems;
use api_kit::{ApiError, Caller, Json, List, Path, Query};
use auth::{Actor, session};
use axum::extract::State;
use http::StatusCode;
use names::{Micros, PersonId, SessionId};
use serde::{Deserialize, Serialize};
use store::{Tx, WriteTx};
use utoipa::ToSchema;

use crate::app::Parts;
use crate::routes::{act_as, done, of_person};

/// One's own session in a list.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct SessionRow {
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
    /// What it was begun with: `password`, `link`, `passkey`, and behind a plus sign the second factor; empty: not known.
    factors: String,
    /// The browser or program it began in; empty: not known.
    agent: String,
    /// Who acts as the person in it; null: nobody but themselves.
    acting: Option<String>,
}

impl SessionRow {
    /// `current` is the session that asks.
    pub(crate) fn of(info: session::SessionInfo, current: Option<SessionId>) -> Self {
        Self {
            id: info.id,
            current: Some(info.id) == current,
            created_at: info.created_at,
            last_seen_at: info.last_seen_at,
            expires_at: info.expires_at,
            origin: info.origin,
            factors: info.factors,
            agent: info.agent,
            acting: info.acting.map(|by| by.login.to_string()),
        }
    }
}

/// The caller's own sessions.
#[utoipa::path(get, path = "/sessions", tag = "session",
    responses((status = 200, description = "The newest first", body = List<SessionRow>), Problems))]
pub(super) async fn session_list(
    State(parts): State<Parts>,
    Caller(actor): Caller,
) -> Result<Json<List<SessionRow>>, ApiError> {
    let Some(id) = actor.person_id() else {
        return Ok(Json(List::whole(Vec::new())));
    };
    let session = actor.session();
    let now = parts.panel.now();
    let own = parts.panel.store().read(async |tx: &mut Tx| auth::session::list(tx, id, now).await).await?;
    let items = own.into_iter().map(|info| SessionRow::of(info, session)).collect();
    Ok(Json(List::whole(items)))
}

/// Ends one of the caller's own sessions.
#[utoipa::path(delete, path = "/sessions/{session}", tag = "session",
    params(("session" = String, Path, description = "The session's id")),
    responses((status = 204, description = "Ended"), Problems))]
pub(super) async fn session_revoke(
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

pub(super) async fn end(
    parts: &Parts,
    actor: &Actor,
    person: PersonId,
    id: SessionId,
) -> Result<bool, ApiError> {
    let now = parts.panel.now();
    let write = async |tx: &mut WriteTx| -> Result<bool, ApiError> {
        if !session::revoke(tx, person, id, now).await? {
            return Ok(false);
        }
        let object = of_person(tx, "session", id, person).await?;
        done(tx, actor, "session.delete", object, (None, None), now).await?;
        Ok(true)
    };
    let ended = parts.panel.store().write(write).await?;
    act_as::tell_ends(&parts.panel).await?;
    Ok(ended)
}
