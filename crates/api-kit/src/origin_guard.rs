//! Requests that a stranger's page made a browser send are refused.
//!
//! A browser adds the session's cookie by itself. So a request that changes something and is known by its cookie must come from a page
//! of the panel: `Origin` must be there and be exactly the panel's own, port and all (a tenant's site on the same host, or on a
//! sibling name, is a stranger), and a body must be JSON, which no form can send. Where no cookie is sent but an `Origin` is, it
//! must match too: nobody is signed in to a stranger's session unawares.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, Method, Uri, header};

use crate::error::ApiError;
use crate::json::is_json;

/// The session's cookie: `__Host-` binds it to this host, the whole path, and TLS.
pub const SESSION_COOKIE: &str = "__Host-holdfast";

/// The layer: `axum::middleware::from_fn(origin_guard::layer)`, before anything reads a body.
pub async fn layer(request: Request, next: Next) -> Response {
    match check(request.method(), request.uri(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

/// The session's token in the request's cookies. Two cookies of the name are none: one of them was tossed in.
pub fn session_token(headers: &HeaderMap) -> Option<&str> {
    let mut found = session_cookies(headers);
    let token = found.next()?;
    found.next().is_none().then_some(token)
}

fn session_cookies(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let values = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(';')).filter_map(|cookie| {
        let (name, value) = cookie.trim().split_once('=')?;
        (name == SESSION_COOKIE).then_some(value)
    })
}

fn check(method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<(), ApiError> {
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return Ok(());
    }
    let by_cookie = session_cookies(headers).next().is_some();
    let mut origins = headers.get_all(header::ORIGIN).into_iter();
    match (origins.next(), origins.next()) {
        (None, _) if by_cookie => {
            return Err(refused(
                "origin_missing",
                "A request with the session's cookie needs the header Origin.",
            ));
        }
        (None, _) => {}
        (Some(origin), None)
            if Some(origin.as_bytes()) == own_origin(uri, headers).as_deref().map(str::as_bytes) => {}
        (Some(_), _) => {
            return Err(refused("origin_foreign", "The request comes from a page that is not the panel's."));
        }
    }
    if headers.get("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none") {
        return Err(refused("origin_foreign", "The request comes from a page that is not the panel's."));
    }
    let bodiless =
        *method == Method::DELETE && !headers.contains_key(header::CONTENT_TYPE) && is_empty(headers);
    if by_cookie && !bodiless && !is_json(headers.get(header::CONTENT_TYPE)) {
        return Err(ApiError::unsupported_media_type());
    }
    Ok(())
}

fn is_empty(headers: &HeaderMap) -> bool {
    let length = headers.get(header::CONTENT_LENGTH);
    !headers.contains_key(header::TRANSFER_ENCODING) && length.is_none_or(|length| length == "0")
}

/// The panel's own origin as this request names it: HTTP/2 in the address, HTTP/1.1 in `Host`. Browsers leave out port 443.
fn own_origin(uri: &Uri, headers: &HeaderMap) -> Option<String> {
    let host = match uri.authority() {
        Some(authority) => authority.as_str(),
        None => headers.get(header::HOST)?.to_str().ok()?,
    };
    Some(format!("https://{}", host.strip_suffix(":443").unwrap_or(host)))
}

fn refused(code: &'static str, detail: &str) -> ApiError {
    ApiError::forbidden_as(code, detail)
}

#[cfg(test)]
mod tests;
