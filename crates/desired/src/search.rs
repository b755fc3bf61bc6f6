//! `?q=`: part of a name.

use api_kit::QueryPart;
use api_kit::query::Pairs;
use utoipa::IntoParams;

/// What a list is searched for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Search {
    part: Option<String>,
}

impl Search {
    /// A pattern of LIKE that finds names with this part; none: all names. A part holds no character that means something there.
    pub fn like(&self) -> Option<String> {
        self.part.as_ref().map(|part| format!("%{part}%"))
    }
}

impl QueryPart for Search {
    const NAMES: &'static [&'static str] = &["q"];

    fn read(pairs: &mut Pairs) -> Self {
        let Some(text) = pairs.text("q").filter(|text| !text.is_empty()) else { return Self::default() };
        let part = text.to_lowercase();
        let plain =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-');
        if part.len() > 253 || !part.bytes().all(plain) {
            let remedy = "Send letters, digits, dots and hyphens.";
            pairs.refuse("q", "search_character", "Names hold no such characters.", remedy);
            return Self::default();
        }
        Self { part: Some(part) }
    }
}

/// How the parameter is described in the API's description.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the field is read by the derive alone")]
pub struct SearchParams {
    /// Only names with this part.
    q: Option<String>,
}
