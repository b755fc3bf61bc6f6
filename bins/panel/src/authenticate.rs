//! Who asks: root by the peer's uid on the unix socket, or a person by the token of a session.
//!
//! A session's token comes in the cookie or as `Authorization: Bearer`. Who presents a token is who the token says, root or not; a token
//! that is no longer good is nobody. Nobody may still sign in: each route's gate decides.

use api_kit::{ApiError, origin_guard};
use auth::{Actor, Origin, session};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{AUTHORIZATION, HeaderMap};
use names::{Micros, OpaqueToken};
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
    /// A token, or what should be one.
    Token(Option<OpaqueToken>, Option<Origin>),
}

fn presented(request: &Request) -> Presented {
    let headers = request.headers();
    match bearer(headers).or_else(|| origin_guard::session_token(headers)) {
        Some(text) => {
            Presented::Token(OpaqueToken::parse(text).ok(), request.extensions().get::<Origin>().copied())
        }
        None if request.extensions().get::<Root>().is_some() => Presented::Root,
        None => Presented::Nothing,
    }
}

async fn who(store: &Store, presented: Presented) -> Result<Option<Actor>, ApiError> {
    match presented {
        Presented::Nothing | Presented::Token(None, _) => Ok(None),
        Presented::Root => Ok(Some(Actor::root())),
        Presented::Token(Some(token), Some(origin)) => {
            Ok(session::resolve(store, &token, origin, Micros::now()).await?)
        }
        Presented::Token(Some(_), None) => {
            Err(ApiError::internal("the listener did not say where the request comes from"))
        }
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
