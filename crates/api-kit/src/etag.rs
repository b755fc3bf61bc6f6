//! Generations as entity tags: `If-Match` keeps one person's change from being overwritten unseen by another's.

use axum::extract::FromRequestParts;
use http::request::Parts;
use http::{HeaderValue, header};

use crate::error::ApiError;

/// The tag of an object at a generation, such as `"g7"`.
pub fn etag(generation: impl Into<u64>) -> HeaderValue {
    let text = format!("\"g{}\"", generation.into());
    // Digits and a letter are always a valid header.
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("\"g0\""))
}

/// The request's `If-Match`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IfMatch {
    /// There is none.
    Absent,
    /// `*`: whatever is there.
    Any,
    /// One of these generations. A tag that is not ours, or weak, matches none.
    Generations(Vec<u64>),
}

impl IfMatch {
    /// Refuses with 412 where the object is at another generation. Without `If-Match` all is well.
    pub fn check(&self, generation: impl Into<u64>) -> Result<(), ApiError> {
        match self {
            Self::Absent | Self::Any => Ok(()),
            Self::Generations(wanted) if wanted.contains(&generation.into()) => Ok(()),
            Self::Generations(_) => Err(ApiError::precondition_failed()),
        }
    }

    /// As [`IfMatch::check`], and refuses with 428 where there is none.
    pub fn require(&self, generation: impl Into<u64>) -> Result<(), ApiError> {
        if *self == Self::Absent {
            return Err(ApiError::precondition_required());
        }
        self.check(generation)
    }
}

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let mut generations = Vec::new();
        let mut found = false;
        for value in parts.headers.get_all(header::IF_MATCH) {
            let text = value
                .to_str()
                .map_err(|_| ApiError::malformed("malformed_header", "If-Match is not plain text."))?;
            for tag in text.split(',').map(str::trim) {
                if tag == "*" {
                    return Ok(Self::Any);
                }
                found = true;
                let number = tag.strip_prefix("\"g").and_then(|rest| rest.strip_suffix('"'));
                generations.extend(number.and_then(|number| number.parse::<u64>().ok()));
            }
        }
        Ok(if found { Self::Generations(generations) } else { Self::Absent })
    }
}

#[cfg(test)]
mod tests;
