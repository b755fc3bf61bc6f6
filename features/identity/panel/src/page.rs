//! What the browser shows where nobody was signed in: what happened, what to do, and nothing that runs.

use std::collections::BTreeMap;

use api_kit::Language;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};

const POLICY: &str =
    "default-src 'none'; style-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'";

/// Why nobody was signed in.
#[derive(Debug)]
pub(crate) struct Refused {
    status: StatusCode,
    /// A stable word, which is in the audit too.
    pub(crate) code: &'static str,
    /// The key of the words; those of what to do have `.remedy` behind it.
    words: &'static str,
    values: Vec<(&'static str, String)>,
}

/// All words of a language by their keys.
fn words(language: Language) -> BTreeMap<String, String> {
    let text = match language {
        Language::English => include_str!("../page/en.json"),
        Language::German => include_str!("../page/de.json"),
    };
    // Files of the program's own, which a test reads.
    serde_json::from_str(text).unwrap_or_default()
}

impl Refused {
    /// With the words of the code itself.
    pub(crate) fn new(code: &'static str) -> Self {
        Self { status: StatusCode::FORBIDDEN, code, words: code, values: Vec::new() }
    }

    /// With other words than the code's.
    pub(crate) fn saying(self, words: &'static str) -> Self {
        Self { words, ..self }
    }

    /// With a value for the words.
    pub(crate) fn of(mut self, name: &'static str, value: &str) -> Self {
        self.values.push((name, value.to_owned()));
        self
    }

    /// With another status than 403.
    pub(crate) fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// The text of a key with its values.
    fn said(&self, words: &BTreeMap<String, String>, key: &str) -> String {
        let text = words.get(key).map_or(key, String::as_str);
        let mut said = String::with_capacity(text.len());
        let mut parts = text.split('{');
        said.push_str(parts.next().unwrap_or_default());
        for part in parts {
            let (name, rest) = part.split_once('}').unwrap_or((part, ""));
            let value = self.values.iter().find(|(known, _)| *known == name);
            said.push_str(value.map_or(name, |(_, value)| value.as_str()));
            said.push_str(rest);
        }
        said
    }

    /// What happened.
    #[cfg(test)]
    pub(crate) fn happened(&self, language: Language) -> String {
        self.said(&words(language), self.words)
    }

    /// The page that says so.
    pub(crate) fn page(self, language: Language) -> Response {
        let words = words(language);
        let request = api_kit::request_id::current().unwrap_or_default();
        let said = |key: &str| escaped(&self.said(&words, key));
        let text = format!(
            "<!doctype html>\n<html lang=\"{lang}\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <title>{title}</title>\n<link rel=\"stylesheet\" href=\"/page.css\">\n</head>\n<body>\n\
             <main>\n<h1>{heading}</h1>\n<p>{happened}</p>\n<p>{remedy}</p>\n\
             <p><a href=\"/login\">{back}</a></p>\n<p><small>{reason}</small></p>\n\
             </main>\n</body>\n</html>\n",
            lang = language.tag(),
            title = said("title"),
            heading = said("heading"),
            happened = said(self.words),
            remedy = said(&format!("{}.remedy", self.words)),
            back = said("back"),
            reason = escaped(words.get("reason").map_or("", String::as_str))
                .replace("{code}", &format!("<code>{}</code>", escaped(self.code)))
                .replace("{request}", &format!("<code>{}</code>", escaped(&request))),
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn places(text: &str) -> BTreeSet<&str> {
        text.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0)).collect()
    }

    #[test]
    fn every_language_has_the_same_words_with_the_same_places() {
        let english = words(Language::English);
        assert!(english.len() > 30, "{}", english.len());
        for language in Language::ALL {
            let own = words(language);
            assert_eq!(own.keys().collect::<Vec<_>>(), english.keys().collect::<Vec<_>>(), "{language:?}");
            for (key, text) in &own {
                assert_eq!(places(text), places(&english[key]), "{language:?} {key}");
            }
        }
    }

    #[test]
    fn every_reason_has_words_of_what_happened_and_what_to_do_and_each_is_used() {
        let sources = [include_str!("callback.rs"), include_str!("people.rs")].concat();
        let of = |call: &str| -> BTreeSet<String> {
            let found = sources.split(call).skip(1);
            found.filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())).collect()
        };
        let mut said = of("Refused::new(\"");
        said.extend(of(".saying(\""));
        said.extend(["time", "token", "code", "unusable", "no_group", "person_unknown"].map(str::to_owned));
        // a code that is always said in other words
        said.remove("provider_unreachable");
        let english = words(Language::English);
        for key in &said {
            assert!(english.contains_key(key) && english.contains_key(&format!("{key}.remedy")), "{key}");
        }
        let own: BTreeSet<String> = ["title", "heading", "back", "reason"].map(str::to_owned).into();
        for key in english.keys().filter(|key| !key.ends_with(".remedy")) {
            assert!(said.contains(key) || own.contains(key), "{key} is said nowhere");
        }
    }

    #[test]
    fn a_value_is_text_whatever_it_is() {
        let refused = Refused::new("provider_error").of("label", "{word} <b>").of("word", "\"x");
        assert_eq!(
            refused.happened(Language::German),
            "{word} <b> hat mit einem eigenen Fehler geantwortet: \"x."
        );
    }
}
