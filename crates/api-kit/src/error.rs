//! What an operation answers when it does not do what was asked: a problem document (RFC 9457).
//!
//! Every problem has a stable `code` for programs, a sentence for people, and for refused values one entry per value: where it is
//! (`pointer`, RFC 6901; query parameters are `?name`, headers are `header:Name`), why it is refused, and what to do.
//! No problem document repeats a value that was sent. What broke inside goes to the log, with the request's id, never to the client.
//!
//! | status | constructor | the client does |
//! | --- | --- | --- |
//! | 400 | [`ApiError::malformed`] | mends its program |
//! | 401 | [`ApiError::unauthenticated`] | signs in |
//! | 403 | [`ApiError::forbidden`] | asks someone who may; only where the object is no secret |
//! | 404 | [`ApiError::not_found`] | nothing; also the answer for what is another's |
//! | 409 | [`ApiError::conflict`], [`ApiError::plan_changed`] | looks again, decides again |
//! | 412, 428 | [`ApiError::precondition_failed`], [`ApiError::precondition_required`] | reads the object again, sends its ETag |
//! | 422 | [`ApiError::invalid`] | corrects the fields |
//! | 429, 503 | [`ApiError::too_many`], [`ApiError::unavailable`] | repeats after `Retry-After` |
//! | 500 | [`ApiError::internal`] | reports it with the request's id |

use std::borrow::Cow;
use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use names::NameError;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Media type of a problem document.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// One refused value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldError {
    /// Where: a JSON pointer into the body, `?name` for a query parameter, `header:Name` for a header.
    pub pointer: String,
    /// Stable code, such as `missing_field`.
    pub code: Cow<'static, str>,
    /// What is wrong, in one sentence.
    pub reason: String,
    /// What to do about it; empty where the reason says all.
    pub remedy: String,
}

impl FieldError {
    /// A refused value; `remedy` may be empty.
    pub fn new(
        pointer: impl Into<String>,
        code: impl Into<Cow<'static, str>>,
        reason: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self { pointer: pointer.into(), code: code.into(), reason: reason.into(), remedy: remedy.into() }
    }
}

impl FieldError {
    /// A refused value, in the words of the type that refused it.
    pub fn of_name(pointer: impl Into<String>, error: &NameError) -> Self {
        Self::new(pointer, error.code, sentence(&error.reason), sentence(&error.remedy))
    }
}

/// A clause as a sentence: with a capital and a full stop.
pub(crate) fn sentence(clause: &str) -> String {
    let mut letters = clause.chars();
    let Some(first) = letters.next() else { return String::new() };
    let mut text: String = first.to_uppercase().chain(letters).collect();
    if !text.ends_with(['.', '?', '!']) {
        text.push('.');
    }
    text
}

/// The body of every answer that is an error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// `/problems/` and the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// The class of the problem, the same sentence each time.
    pub title: Cow<'static, str>,
    /// The HTTP status.
    pub status: u16,
    /// Stable code for programs.
    pub code: Cow<'static, str>,
    /// This occurrence, for people.
    pub detail: String,
    /// Each refused value.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// What the change would do now, where the plan is not the expected one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub plan: Option<serde_json::Value>,
    /// Names this request in the log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// An error of an operation.
///
/// Boxed, since every handler's `Result` carries the room for it.
#[derive(Debug)]
pub struct ApiError(Box<Parts>);

#[derive(Debug)]
struct Parts {
    status: StatusCode,
    code: Cow<'static, str>,
    title: &'static str,
    detail: String,
    errors: Vec<FieldError>,
    plan: Option<serde_json::Value>,
    retry_after: Option<Duration>,
    cause: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl ApiError {
    fn new(
        status: StatusCode,
        code: impl Into<Cow<'static, str>>,
        title: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Self(Box::new(Parts {
            status,
            code: code.into(),
            title,
            detail: detail.into(),
            errors: Vec::new(),
            plan: None,
            retry_after: None,
            cause: None,
        }))
    }

    /// 400: not even readable as a request.
    pub fn malformed(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, "The request cannot be read.", detail)
    }

    /// 401: nobody is signed in, or the sign-in is over.
    pub fn unauthenticated() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "unauthenticated",
            "Sign in first.",
            "This needs a session that is signed in.",
        )
    }

    /// 401: what was sent as a token was one before it was copied.
    pub fn token_mistyped() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "token_mistyped",
            "The token is not whole, or mistyped.",
            "A token is hf_ and 49 letters and digits. Copy it again, all of it; what is lost is made anew with `holdfast token create`.",
        )
    }

    /// 401: what was given signs nobody in. Which of it is wrong is not said.
    pub fn sign_in_refused() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "unauthenticated",
            "That signs nobody in.",
            "The login or the password is wrong, or the link was used already or is too old. `holdfast login-link` makes a new one.",
        )
    }

    /// 403: the object is known to the caller, but this operation is not theirs.
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", "That is not allowed.", detail)
    }

    /// 403 with a code of its own, such as `sudo_required`.
    pub fn forbidden_as(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, code, "That is not allowed.", detail)
    }

    /// 404: not there, or another's; the two are not told apart. `kind` is the word for the object, such as `site`.
    pub fn not_found(kind: &str) -> Self {
        let detail = format!("There is no such {kind}, or it is not yours.");
        Self::new(StatusCode::NOT_FOUND, "not_found", "There is no such thing.", detail)
    }

    /// 404 for what is no secret to whoever asks: the words say what to do.
    pub fn missing(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "There is no such thing.", detail)
    }

    /// 405
    pub fn method_not_allowed() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            "This address does not take that method.",
            "See the API's description for the methods it takes.",
        )
    }

    /// 409: the present state forbids it. `code` says which rule, such as `name_taken`.
    pub fn conflict(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, "The present state does not allow that.", detail)
    }

    /// 409: the plan is not the one that was expected; `plan` is what it is now. Nothing was changed.
    pub fn plan_changed(plan: serde_json::Value) -> Self {
        let mut error = Self::conflict(
            "plan_changed",
            "The change would now do something else than the plan that was expected. Nothing was changed: look at the new plan.",
        );
        error.0.plan = Some(plan);
        error
    }

    /// 412: the object was changed since it was read.
    pub fn precondition_failed() -> Self {
        Self::new(
            StatusCode::PRECONDITION_FAILED,
            "precondition_failed",
            "The object has changed.",
            "The object was changed since you read it. Read it again, and send its new ETag in If-Match.",
        )
    }

    /// 428: this operation is refused without `If-Match`.
    pub fn precondition_required() -> Self {
        Self::new(
            StatusCode::PRECONDITION_REQUIRED,
            "precondition_required",
            "If-Match is missing.",
            "Send the ETag of the object that you read in If-Match, so that nobody's change is overwritten unseen.",
        )
    }

    /// 413
    pub fn too_large(limit: usize) -> Self {
        let detail = format!("The body may be {limit} bytes long at most.");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "The request is too large.", detail)
    }

    /// 415
    pub fn unsupported_media_type() -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "The body is of the wrong type.",
            "Send JSON, with Content-Type: application/json.",
        )
    }

    /// 422 for one value.
    pub fn invalid(error: FieldError) -> Self {
        Self::invalid_all(vec![error])
    }

    /// 422 for several values.
    pub fn invalid_all(errors: Vec<FieldError>) -> Self {
        let mut detail = String::from("Nothing was changed.");
        if let [only] = errors.as_slice() {
            detail = format!("{}: {} {detail}", only.pointer, only.reason);
        }
        let mut error = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", "A value is refused.", detail);
        error.0.errors = errors;
        error
    }

    /// 422 with a code of its own, for what no single field can be blamed.
    pub fn unprocessable(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, "A value is refused.", detail)
    }

    /// 429
    pub fn too_many(code: &'static str, detail: impl Into<String>, retry_after: Duration) -> Self {
        let mut error = Self::new(StatusCode::TOO_MANY_REQUESTS, code, "Too many requests.", detail);
        error.0.retry_after = Some(retry_after);
        error
    }

    /// 500: a fault of ours. The cause is logged, and not shown.
    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        let mut error = Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "Something went wrong in the panel.",
            "The log holds the reason under this request's id.",
        );
        error.0.cause = Some(cause.into());
        error
    }

    /// 503: repeat it later. Nothing was changed.
    pub fn unavailable(code: &'static str, detail: impl Into<String>, retry_after: Duration) -> Self {
        let title = "The server cannot do that just now.";
        let mut error = Self::new(StatusCode::SERVICE_UNAVAILABLE, code, title, detail);
        error.0.retry_after = Some(retry_after);
        error
    }

    /// Adds the cause, for the log alone.
    #[must_use]
    pub fn caused_by(mut self, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.0.cause = Some(cause.into());
        self
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// The stable code.
    pub fn code(&self) -> &str {
        &self.0.code
    }

    /// Each refused value.
    pub fn errors(&self) -> &[FieldError] {
        &self.0.errors
    }

    /// The document, as it is sent.
    pub fn problem(&self) -> Problem {
        Problem {
            kind: format!("/problems/{}", self.0.code),
            title: Cow::Borrowed(self.0.title),
            status: self.0.status.as_u16(),
            code: self.0.code.clone(),
            detail: self.0.detail.clone(),
            errors: self.0.errors.clone(),
            plan: self.0.plan.clone(),
            request_id: crate::request_id::current(),
        }
    }
}

/// Among the extensions of an answer that refuses: what the audit keeps of it. Codes and places, no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The problem's code.
    pub code: String,
    /// (pointer, code) of each refused value.
    pub fields: Vec<(String, String)>,
}

/// The detail of an error and of all its causes, in one line.
pub(crate) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let cause = self.0.cause.as_deref().map(|cause| chain(cause));
        if self.0.status.is_server_error() {
            let (status, cause) = (self.0.status.as_u16(), cause.as_deref().unwrap_or_default());
            tracing::error!(status, code = %self.0.code, cause, "request failed");
        } else if let Some(cause) = cause {
            tracing::info!(status = self.0.status.as_u16(), code = %self.0.code, cause, "request refused");
        }
        let problem = self.problem();
        // A Problem holds nothing that JSON cannot.
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        let mut response = (self.0.status, body).into_response();
        if self.0.status.is_client_error() {
            let fields = problem.errors.into_iter().map(|error| (error.pointer, error.code.into_owned()));
            response
                .extensions_mut()
                .insert(Refused { code: problem.code.into_owned(), fields: fields.collect() });
        }
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        if let Some(wait) = self.0.retry_after {
            // Rounded up: a client that comes a moment too early is refused again.
            let seconds = wait.as_millis().div_ceil(1000).max(1);
            headers
                .insert(header::RETRY_AFTER, HeaderValue::from(u64::try_from(seconds).unwrap_or(u64::MAX)));
        }
        response
    }
}

impl From<store::StoreError> for ApiError {
    fn from(error: store::StoreError) -> Self {
        use store::StoreError;
        match &error {
            StoreError::Busy(_) => Self::unavailable(
                "database_busy",
                "The panel's database is busy. Nothing was changed.",
                Duration::from_secs(1),
            )
            .caused_by(error),
            StoreError::Full(_) => Self::unavailable(
                "disk_full",
                "The disk of the panel's database is full. Nothing was changed: free some space.",
                Duration::from_mins(1),
            )
            .caused_by(error),
            StoreError::Taken(_) => {
                Self::conflict("taken", "A value that must be unique is in use. Nothing was changed.")
                    .caused_by(error)
            }
            StoreError::Reference(_) => Self::conflict(
                "in_use",
                "Something else depends on this, or what it depends on has just gone. Nothing was changed.",
            )
            .caused_by(error),
            StoreError::Missing | StoreError::Row(_) | StoreError::Database(_) | StoreError::Other(_) => {
                Self::internal(error)
            }
        }
    }
}

#[cfg(test)]
mod tests;
