//! The browser panel: the files that `ui/` is built to, out of the program itself.
//!
//! What is below `/assets/` has its content's hash in its name and may be kept for a year. Every other address that is not the API's
//! is a page of the panel, and all pages are `index.html`: whoever is signed in gets it, with a nonce of this one answer; whoever is
//! not is led to `/login` and back.

use axum::extract::Request;
use axum::response::{IntoResponse, Redirect, Response};
use http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, VARY,
};
use http::{HeaderMap, Method};
use names::OpaqueToken;

use api_kit::ApiError;
use auth::Actor;

/// One file, and what it is when it is compressed.
#[derive(Debug)]
struct File {
    path: &'static str,
    plain: &'static [u8],
    brotli: Option<&'static [u8]>,
    gzip: Option<&'static [u8]>,
}

/// The files of a built panel; none where this program was built without.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ui(&'static [File]);

/// Where the page wants the nonce of its answer.
const NONCE: &str = "__NONCE__";
const FOR_A_YEAR: &str = "public, max-age=31536000, immutable";

impl Ui {
    /// What this program was built with.
    pub(crate) const BUILT_IN: Self = Self(include!(concat!(env!("OUT_DIR"), "/ui_files.rs")));

    /// Whether there is one.
    pub(crate) const fn is_there(self) -> bool {
        !self.0.is_empty()
    }

    /// The answer to what no route answers.
    pub(crate) fn answer(self, request: &Request) -> Response {
        let path = request.uri().path();
        let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
        if !self.is_there() || !is_read || path == "/api" || path.starts_with("/api/") {
            return ApiError::not_found("address").into_response();
        }
        if let Some(file) = self.find(path).filter(|file| file.path != "/index.html") {
            return file.answer(request.headers());
        }
        if path.starts_with("/assets/") {
            return ApiError::not_found("address").into_response();
        }
        if request.extensions().get::<Actor>().is_none() {
            let here = request.uri().path_and_query().map_or("/", |path| path.as_str());
            let to = if here == "/" { "/login".to_owned() } else { format!("/login?to={here}") };
            return Redirect::to(&to).into_response();
        }
        self.page()
    }

    fn find(self, path: &str) -> Option<&'static File> {
        self.0.iter().find(|file| file.path == path)
    }

    fn page(self) -> Response {
        let page = self.find("/index.html").map(|file| String::from_utf8_lossy(file.plain));
        let (Some(page), Ok(nonce)) = (page, OpaqueToken::generate()) else {
            return ApiError::internal("the page, or randomness for its nonce, is not there").into_response();
        };
        let nonce = nonce.expose();
        let page = page.replace(NONCE, nonce.expose());
        let headers = [
            (CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
            (CACHE_CONTROL, "no-cache".to_owned()),
            (CONTENT_SECURITY_POLICY, policy(nonce.expose())),
        ];
        (headers, page).into_response()
    }
}

/// Scripts of the panel's own files alone; styles of its own files and those that its own script puts into this very page.
fn policy(nonce: &str) -> String {
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; font-src 'self'; \
         connect-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
    )
}

impl File {
    fn answer(&self, headers: &HeaderMap) -> Response {
        let (encoding, body) = match (self.brotli, self.gzip) {
            (Some(brotli), _) if takes(headers, "br") => (Some("br"), brotli),
            (_, Some(gzip)) if takes(headers, "gzip") => (Some("gzip"), gzip),
            _ => (None, self.plain),
        };
        let kept = if self.path.starts_with("/assets/") { FOR_A_YEAR } else { "no-cache" };
        let mut all: Vec<(HeaderName, &str)> = vec![(CONTENT_TYPE, self.kind()), (CACHE_CONTROL, kept)];
        if self.brotli.is_some() || self.gzip.is_some() {
            all.push((VARY, "accept-encoding"));
        }
        all.extend(encoding.map(|encoding| (CONTENT_ENCODING, encoding)));
        let mut response = body.into_response();
        for (name, value) in all {
            if let Ok(value) = value.parse() {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }

    fn kind(&self) -> &'static str {
        match self.path.rsplit('.').next() {
            Some("html") => "text/html; charset=utf-8",
            Some("js") => "text/javascript; charset=utf-8",
            Some("css") => "text/css; charset=utf-8",
            Some("json") => "application/json",
            Some("svg") => "image/svg+xml",
            Some("woff2") => "font/woff2",
            _ => "application/octet-stream",
        }
    }
}

/// Whether the client takes an encoding. `q=0` refuses it.
fn takes(headers: &HeaderMap, encoding: &str) -> bool {
    let values = headers.get_all(ACCEPT_ENCODING).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|item| {
        let mut parts = item.split(';').map(str::trim);
        let is_it = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(encoding));
        let refused = parts.any(|part| {
            part.strip_prefix("q=").and_then(|q| q.parse::<f32>().ok()).is_some_and(|q| q <= 0.0)
        });
        is_it && !refused
    })
}

#[cfg(test)]
mod tests;
