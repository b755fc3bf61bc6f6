//! One page for the browser: where one signs in, and what a one-time link opens. It signs in and shows how things stand, through the API and nothing else.
//!
//! Three fixed files, for anyone: they hold nothing of anyone's. The page may run its own script and no other, and may speak to this panel
//! alone.

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'none'; \
                      frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

/// The routes. The link's token is behind `#`, which no browser sends.
pub(crate) fn router() -> Router {
    let index = || async { file("text/html; charset=utf-8", include_str!("../page/index.html")) };
    Router::new()
        .route("/", get(index))
        .route("/login", get(index))
        .route(
            "/page.css",
            get(|| async { file("text/css; charset=utf-8", include_str!("../page/page.css")) }),
        )
        .route(
            "/page.js",
            get(|| async { file("text/javascript; charset=utf-8", include_str!("../page/page.js")) }),
        )
}

fn file(kind: &'static str, text: &'static str) -> Response {
    ([(CONTENT_TYPE, kind), (CONTENT_SECURITY_POLICY, POLICY)], text).into_response()
}
