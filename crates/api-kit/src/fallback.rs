//! Answers where no handler gave one: they are problem documents too.

use std::any::Any;
use std::future::{Ready, ready};

use axum::response::{IntoResponse, Response};

use crate::error::ApiError;

/// `Router::fallback(fallback::no_route)`
pub fn no_route() -> Ready<ApiError> {
    ready(ApiError::not_found("address"))
}

/// `Router::method_not_allowed_fallback(fallback::no_method)`
pub fn no_method() -> Ready<ApiError> {
    ready(ApiError::method_not_allowed())
}

/// For `tower_http`'s `CatchPanicLayer::custom`: a fault in one request ends that request alone.
#[expect(clippy::needless_pass_by_value, reason = "the layer hands it over so")]
pub fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let what = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("of an unknown kind");
    ApiError::internal(format!("a handler panicked: {what}")).into_response()
}

#[cfg(test)]
mod tests;
