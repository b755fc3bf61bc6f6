//! Who asks, as an extractor. A route whose handler takes no [`Caller`] answers anyone; the router's test lists those.

use auth::{Actor, Denied, Origin};
use axum::extract::FromRequestParts;
use http::request::Parts;

use crate::error::ApiError;

/// The actor that the authentication layer found; without one, 401.
#[derive(Debug, Clone)]
pub struct Caller(pub Actor);

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        parts.extensions.get::<Actor>().cloned().map(Self).ok_or_else(ApiError::unauthenticated)
    }
}

/// Where the request comes from, as the listener said.
#[derive(Debug, Clone, Copy)]
pub struct From(pub Origin);

impl<S: Sync> FromRequestParts<S> for From {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let origin = parts.extensions.get::<Origin>().copied();
        origin
            .map(Self)
            .ok_or_else(|| ApiError::internal("the listener did not say where the request comes from"))
    }
}

/// Not there and not yours are one answer; only what the caller sees but may not change is told apart.
impl std::convert::From<Denied> for ApiError {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::NotFound(kind) => Self::not_found(kind),
            Denied::NotAllowed => Self::forbidden("Your role does not allow this."),
            Denied::Store(error) => error.into(),
        }
    }
}
