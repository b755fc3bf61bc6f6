//! What the browser shows where nobody was signed in: what happened, what to do, and nothing that runs.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};

const POLICY: &str =
    "default-src 'none'; style-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'";

/// Why nobody was signed in.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) status: StatusCode,
    /// A stable word, which is in the audit too.
    pub(crate) code: &'static str,
    /// What happened.
    pub(crate) happened: String,
    /// What to do.
    pub(crate) remedy: String,
}

impl Refused {
    pub(crate) fn new(code: &'static str, happened: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { status: StatusCode::FORBIDDEN, code, happened: happened.into(), remedy: remedy.into() }
    }

    /// With another status than 403.
    pub(crate) fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let request = api_kit::request_id::current().unwrap_or_default();
        let text = format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <title>Holdfast: not signed in</title>\n<link rel=\"stylesheet\" href=\"/page.css\">\n</head>\n<body>\n\
             <main>\n<h1>You are not signed in</h1>\n<p>{happened}</p>\n<p>{remedy}</p>\n\
             <p><a href=\"/login\">Back to the sign-in page</a></p>\n\
             <p><small>Reason: <code>{code}</code>. Request: <code>{request}</code>.</small></p>\n\
             </main>\n</body>\n</html>\n",
            happened = escaped(&self.happened),
            remedy = escaped(&self.remedy),
            code = escaped(self.code),
            request = escaped(&request),
        );
        let headers = [(CONTENT_TYPE, "text/html; charset=utf-8"), (CONTENT_SECURITY_POLICY, POLICY)];
        (self.status, headers, text).into_response()
    }
}

/// Text as HTML has it.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}
