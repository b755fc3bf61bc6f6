//! JSON bodies, read strictly: what a client sends is either wholly understood or refused with the place that was not.
//!
//! Refused are: another content type, more than [`BODY_LIMIT`] bytes, text that is not JSON, a key that comes twice, more than
//! [`DEPTH_LIMIT`] levels, an unknown field (whether or not the type says `deny_unknown_fields`), a missing field, and a value of
//! another type. Nothing is converted: `"1"` is no number and `1` is no text.
//!
//! No refusal repeats a value, which may be a password.

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::response::{IntoResponse, Response};
use http::header;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::error::{ApiError, FieldError};

mod exact;
mod explain;
mod strict;

/// Bytes. The largest honest body is a list of SSH keys.
pub const BODY_LIMIT: usize = 256 * 1024;
/// Levels of arrays and objects within each other.
pub const DEPTH_LIMIT: usize = 16;

/// A JSON body, as an extractor and as an answer.
#[derive(Debug, Clone, Copy)]
pub struct Json<T>(pub T);

impl<S: Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        if !is_json(request.headers().get(header::CONTENT_TYPE)) {
            return Err(ApiError::unsupported_media_type());
        }
        parse(&read(request.into_body()).await?).map(Self)
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// Whether a content type is `application/json`, parameters aside.
pub(crate) fn is_json(content_type: Option<&http::HeaderValue>) -> bool {
    let text = content_type.and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = text.split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/json")
}

/// The whole body, within the limit.
pub(crate) async fn read(body: Body) -> Result<Vec<u8>, ApiError> {
    let body = Limited::new(body, BODY_LIMIT).collect().await.map_err(|error| {
        if error.downcast_ref::<LengthLimitError>().is_some() {
            ApiError::too_large(BODY_LIMIT)
        } else {
            ApiError::malformed("incomplete_body", "The body ended before its end.").caused_by(error)
        }
    })?;
    Ok(body.to_bytes().to_vec())
}

/// Reads a value as the extractor does. All refusals that can be found at once come together.
pub fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    let value = strict::parse(body)?;
    let mut unknown = Vec::new();
    let read: Result<T, _> = {
        let mut note = |path: serde_ignored::Path<'_>| unknown.push(explain::unknown_field(&path));
        let ignored = serde_ignored::Deserializer::new(exact::Exact(value), &mut note);
        serde_path_to_error::deserialize(ignored)
    };
    let mut errors = unknown;
    match read {
        Ok(value) if errors.is_empty() => return Ok(value),
        Ok(_) => {}
        Err(error) => errors.push(explain::refusal(error.path(), &error.inner().to_string())),
    }
    Err(ApiError::invalid_all(errors))
}

/// A field of an edit that may be absent, `null` or a value: `#[serde(default)] size: Edit<BodySize>`, in the API's description
/// `#[schema(value_type = Option<u64>)]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Edit<T> {
    /// Absent: left as it is.
    #[default]
    Keep,
    /// `null`: taken away.
    Clear,
    /// The new value.
    Set(T),
}

impl<T> Edit<T> {
    /// Whether it changes nothing.
    pub fn is_keep(&self) -> bool {
        matches!(self, Self::Keep)
    }

    /// What the value is after the edit, of what it was.
    pub fn or(self, before: Option<T>) -> Option<T> {
        match self {
            Self::Keep => before,
            Self::Clear => None,
            Self::Set(value) => Some(value),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Edit<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Clear, Self::Set))
    }
}

/// `Keep` cannot be told from `Clear` in a value: `#[serde(skip_serializing_if = "Edit::is_keep")]` leaves it out.
impl<T: Serialize> Serialize for Edit<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Keep | Self::Clear => serializer.serialize_none(),
            Self::Set(value) => value.serialize(serializer),
        }
    }
}

/// As for [`FieldError::pointer`]: one step of a path, escaped for a JSON pointer.
fn step(pointer: &mut String, key: &str) {
    pointer.push('/');
    pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
}

/// A body that must be one object of unknown shape, such as a setting's value.
pub type Object = serde_json::Map<String, Value>;

/// A field that a rule refused after the body was read.
pub fn refuse(
    field: &str,
    code: &'static str,
    reason: impl Into<String>,
    remedy: impl Into<String>,
) -> ApiError {
    let mut pointer = String::new();
    step(&mut pointer, field);
    ApiError::invalid(FieldError::new(pointer, code, reason, remedy))
}

#[cfg(test)]
mod tests;
