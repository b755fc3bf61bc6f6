//! The language of what the panel itself writes for people: the pages around signing in.

use http::{HeaderMap, header};

/// A language in which the panel speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Language {
    /// English
    English,
    /// German
    German,
}

impl Language {
    /// All, by their names in themselves.
    pub const ALL: [Self; 2] = [Self::English, Self::German];
    /// The cookie that keeps what was chosen. Scripts of the browser panel write it, too.
    pub const COOKIE: &'static str = "__Host-language";

    /// The tag, as in `lang`.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    /// What it calls itself.
    pub const fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::German => "Deutsch",
        }
    }

    /// The language of a tag.
    pub fn of_tag(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.tag() == tag)
    }

    /// What was chosen in this browser, or else what the browser prefers, or else English.
    pub fn of(headers: &HeaderMap) -> Self {
        Self::chosen(headers).or_else(|| Self::preferred(headers)).unwrap_or(Self::English)
    }

    fn chosen(headers: &HeaderMap) -> Option<Self> {
        let values = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
        let mut cookies = values.flat_map(|value| value.split(';')).filter_map(|cookie| {
            let (name, value) = cookie.trim().split_once('=')?;
            (name == Self::COOKIE).then_some(value)
        });
        Self::of_tag(cookies.next()?)
    }

    /// The best of `Accept-Language` that the panel speaks; of equals the first.
    fn preferred(headers: &HeaderMap) -> Option<Self> {
        let values =
            headers.get_all(header::ACCEPT_LANGUAGE).into_iter().filter_map(|value| value.to_str().ok());
        let mut best: Option<(f32, Self)> = None;
        for item in values.flat_map(|value| value.split(',')).take(32) {
            let mut parts = item.split(';').map(str::trim);
            let tag = parts.next().unwrap_or_default().split('-').next().unwrap_or_default();
            let Some(language) = Self::of_tag(&tag.to_ascii_lowercase()) else { continue };
            let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(Ok(1.0), str::parse::<f32>);
            let weight = weight.unwrap_or(0.0);
            if weight > 0.0 && best.is_none_or(|(known, _)| weight > known) {
                best = Some((weight, language));
            }
        }
        best.map(|(_, language)| language)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(accept: &str, cookie: &str) -> Language {
        let mut headers = HeaderMap::new();
        for (name, value) in [(header::ACCEPT_LANGUAGE, accept), (header::COOKIE, cookie)] {
            if !value.is_empty() {
                headers.insert(name, value.parse().unwrap());
            }
        }
        Language::of(&headers)
    }

    #[test]
    fn a_browser_is_spoken_to_as_it_prefers_and_as_was_chosen_in_it() {
        for (accept, cookie, language) in [
            ("", "", Language::English),
            ("de", "", Language::German),
            ("de-AT,en;q=0.5", "", Language::German),
            ("DE", "", Language::German),
            ("fr,de;q=0.3,en;q=0.4", "", Language::English),
            ("en;q=0,de;q=0.1", "", Language::German),
            ("fr, es", "", Language::English),
            ("de;q=x", "", Language::English),
            ("en", "__Host-language=de", Language::German),
            ("de", "a=b; __Host-language=en", Language::English),
            ("de", "__Host-language=<script>", Language::German),
            ("en", "language=de", Language::English),
        ] {
            assert_eq!(of(accept, cookie), language, "{accept:?} {cookie:?}");
        }
    }
}
