//! The page that signs in, and what a one-time link opens. Where the browser panel is not built in, it shows how things stand, too. It
//! works through the API and nothing else.
//!
//! Three fixed files, for anyone: they hold nothing of anyone's. The page comes in the language that was chosen in the browser, or that the
//! browser prefers; `?language=` chooses one, for which no script is needed. It may run its own script and no other, and may speak to this
//! panel alone.

use std::collections::BTreeMap;

use api_kit::Language;
use axum::Router;
use axum::extract::RawQuery;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, LOCATION, SET_COOKIE, VARY,
};
use http::{HeaderMap, StatusCode};

use crate::ui::Ui;

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'none'; \
                      frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

/// The page, with `{{key}}` where words belong.
const PAGE: &str = include_str!("../page/index.html");
/// How long a chosen language is kept: a year.
const KEPT: u32 = 31_536_000;

/// The routes. The link's token is behind `#`, which no browser sends. `/` is the browser panel's where it is built in.
pub(crate) fn router() -> Router {
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

async fn index(headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    if let Some(asked) = query.strip_prefix("language=") {
        let (tag, rest) = asked.split_once('&').unwrap_or((asked, ""));
        return choose(Language::of_tag(tag), rest);
    }
    let language = Language::of(&headers);
    let headers: [(HeaderName, &str); 4] = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (CACHE_CONTROL, "no-cache"),
        (VARY, "accept-language, cookie"),
    ];
    (headers, page(language, &query)).into_response()
}

/// Keeps the language, and leads back to the page with the rest of what was asked.
fn choose(language: Option<Language>, rest: &str) -> Response {
    let to = if rest.is_empty() { "/login".to_owned() } else { format!("/login?{rest}") };
    let back = (StatusCode::SEE_OTHER, [(LOCATION, to)]);
    let Some(tag) = language.map(Language::tag) else { return back.into_response() };
    let kept = format!("{}={tag}; Path=/; Max-Age={KEPT}; Secure; SameSite=Lax", Language::COOKIE);
    ([(SET_COOKIE, kept)], back).into_response()
}

/// All words of a language by their keys; those that begin with `say.` are the script's.
fn words(language: Language) -> BTreeMap<String, String> {
    let text = match language {
        Language::English => include_str!("../page/en.json"),
        Language::German => include_str!("../page/de.json"),
    };
    // Files of the program's own, which a test reads.
    serde_json::from_str(text).unwrap_or_default()
}

/// The page in a language. `query` is what it was asked with, which a choice of another language keeps.
fn page(language: Language, query: &str) -> String {
    let words = words(language);
    let said: BTreeMap<&str, &String> =
        words.iter().filter_map(|(key, text)| Some((key.strip_prefix("say.")?, text))).collect();
    // Texts alone, which are always JSON.
    let said = serde_json::to_string(&said).unwrap_or_default();
    let mut page = PAGE
        .replace("{{lang}}", language.tag())
        .replace("{{words}}", &escaped(&said))
        .replace("{{languages}}", &languages(language, query));
    for (key, text) in words.iter().filter(|(key, _)| !key.starts_with("say.")) {
        page = page.replace(&format!("{{{{{key}}}}}"), &marked(text));
    }
    page
}

/// A link for each language but this one.
fn languages(language: Language, query: &str) -> String {
    let rest = if query.is_empty() { String::new() } else { escaped(&format!("&{query}")) };
    let one = |other: Language| {
        let (tag, name) = (other.tag(), other.name());
        if other == language {
            format!("<span lang=\"{tag}\" aria-current=\"true\">{name}</span>")
        } else {
            format!("<a href=\"/login?language={tag}{rest}\" hreflang=\"{tag}\" lang=\"{tag}\">{name}</a>")
        }
    };
    Language::ALL.map(one).join(" ")
}

/// Words as HTML: `code` between backticks, and what is between brackets leads to the API's description.
fn marked(text: &str) -> String {
    let mut marked = String::new();
    for (index, part) in text.split('`').enumerate() {
        let part = escaped(part);
        if index % 2 == 1 {
            marked.extend(["<code>", &part, "</code>"]);
        } else {
            marked.push_str(&part.replace('[', "<a href=\"/api/v1/openapi.json\">").replace(']', "</a>"));
        }
    }
    marked
}

/// Text as HTML has it, within quotes too.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests;
