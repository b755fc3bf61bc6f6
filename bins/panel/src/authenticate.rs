//! Who asks: root by the peer's uid on the unix socket, or a person by the token of a session or an API token.
//!
//! A session's token comes in the cookie or as `Authorization: Bearer`, an API token (`hf_...`) as the latter alone. Who presents a token is who
//! the token says, root or not; a token that is no longer good is nobody. Nobody may still sign in: each route's gate decides. An API token
//! that was copied badly is told so.

use api_kit::{ApiError, origin_guard};
use auth::{Actor, Origin, session, token};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{AUTHORIZATION, HeaderMap};
use names::{ApiToken, Micros, OpaqueToken};
use store::Store;

/// Put among a request's extensions by the unix listener where the peer's uid is 0.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Root;

/// The layer.
pub(crate) async fn layer(State(store): State<Store>, mut request: Request, next: Next) -> Response {
    match who(&store, presented(&request)).await {
        Ok(Some(actor)) => {
            request.extensions_mut().insert(actor);
        }
        Ok(None) => {}
        Err(error) => return error.into_response(),
    }
    next.run(request).await
}

/// What a request shows of who asks.
enum Presented {
    Nothing,
    Root,
    /// The token of a session, or what should be one.
    Session(Option<OpaqueToken>, Option<Origin>),
    /// An API token.
    Token(ApiToken, Option<Origin>),
    /// What was an API token before it was copied.
    Mistyped,
}

fn presented(request: &Request) -> Presented {
    let headers = request.headers();
    let origin = request.extensions().get::<Origin>().copied();
    match (bearer(headers), origin_guard::session_token(headers)) {
        (Some(text), _) if ApiToken::is_meant(text) => match ApiToken::parse(text) {
            Ok(token) => Presented::Token(token, origin),
            Err(_) => Presented::Mistyped,
        },
        (Some(text), _) | (None, Some(text)) => Presented::Session(OpaqueToken::parse(text).ok(), origin),
        (None, None) if request.extensions().get::<Root>().is_some() => Presented::Root,
        (None, None) => Presented::Nothing,
    }
}

async fn who(store: &Store, presented: Presented) -> Result<Option<Actor>, ApiError> {
    let now = Micros::now();
    match presented {
        Presented::Nothing | Presented::Session(None, _) => Ok(None),
        Presented::Root => Ok(Some(Actor::root())),
        Presented::Mistyped => Err(ApiError::token_mistyped()),
        Presented::Session(Some(token), Some(origin)) => {
            Ok(session::resolve(store, &token, origin, now).await?)
        }
        Presented::Token(token, Some(origin)) => Ok(token::resolve(store, &token, origin, now).await?),
        Presented::Session(Some(_), None) | Presented::Token(_, None) => {
            Err(ApiError::internal("the listener did not say where the request comes from"))
        }
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
