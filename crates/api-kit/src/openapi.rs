//! The parts of the API's description that all routes share.

use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{IntoResponses, Modify};

use crate::error::PROBLEM_JSON;
use crate::origin_guard::SESSION_COOKIE;

/// `modifiers(&api_kit::openapi::Security)`: how one signs in.
pub struct Security;

impl Modify for Security {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let cookie = ApiKeyValue::with_description(SESSION_COOKIE, "Set by signing in.");
        let components = openapi.components.get_or_insert_default();
        components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
        let mut bearer = Http::new(HttpAuthScheme::Bearer);
        bearer.description = Some("A token, made by `POST /tokens`, or the token of a session.".to_owned());
        components.add_security_scheme("token", SecurityScheme::Http(bearer));
    }
}

/// In `responses(...)` of every route: all that is not the good answer is a problem document.
pub struct Problems;

impl IntoResponses for Problems {
    fn responses() -> std::collections::BTreeMap<String, RefOr<Response>> {
        let named = [
            ("401", "Nobody is signed in"),
            ("403", "The caller's role does not allow it"),
            ("404", "Not there, or another's"),
            ("422", "A value is refused; each is named"),
            ("429", "Too many requests; see Retry-After"),
            ("503", "Not just now; see Retry-After"),
            ("default", "Any other error"),
        ];
        named.into_iter().map(|(status, what)| (String::from(status), problem(what))).collect()
    }
}

/// In `responses(...)` of a route that changes something, in place of [`Problems`].
pub struct ChangeProblems;

impl IntoResponses for ChangeProblems {
    fn responses() -> std::collections::BTreeMap<String, RefOr<Response>> {
        let mut all = Problems::responses();
        let more = [
            ("409", "The present state does not allow it, or the plan is not the expected one"),
            ("412", "The object has changed since If-Match was read"),
        ];
        all.extend(more.map(|(status, what)| (String::from(status), problem(what))));
        all
    }
}

fn problem(what: &str) -> RefOr<Response> {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    RefOr::T(ResponseBuilder::new().description(what).content(PROBLEM_JSON, content).build())
}

#[cfg(test)]
mod tests;
