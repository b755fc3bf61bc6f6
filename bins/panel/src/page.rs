//! The page that signs in, and what a one-time link opens. Where the browser panel is not built in, it shows how things stand, too. It
//! works through the API and nothing else.
//!
//! Three fixed files, for anyone: they hold nothing of anyone's. The page may run its own script and no other, and may speak to this panel
//! alone.

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};

use crate::ui::Ui;

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'none'; \
                      frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

/// The routes. The link's token is behind `#`, which no browser sends. `/` is the browser panel's where it is built in.
pub(crate) fn router() -> Router {
    let index = || async { file("text/html; charset=utf-8", include_str!("../page/index.html")) };
    let router = Router::new().route("/login", get(index));
    let router = if Ui::BUILT_IN.is_there() { router } else { router.route("/", get(index)) };
    router
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
