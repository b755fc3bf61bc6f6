//! `?q=`: part of a name.

use api_kit::QueryPart;
use api_kit::query::Pairs;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

/// No name is longer.
const LONGEST: usize = 253;

/// A part of a name that is looked for, whatever it is: it is only ever bound as a value, and each of its characters means itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part(String);

/// How a name has a part, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Match {
    /// It is the name.
    Whole,
    /// The name begins with it.
    Beginning,
    /// The name has it somewhere.
    Within,
}

impl Match {
    /// All, the best first.
    pub const ALL: [Self; 3] = [Self::Whole, Self::Beginning, Self::Within];
}

impl Part {
    /// Names are in small letters, so the part is taken so; none where it is longer than any name.
    pub fn new(text: &str) -> Option<Self> {
        let part = text.trim().to_lowercase();
        (part.len() <= LONGEST).then_some(Self(part))
    }

    /// Every name has it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A pattern for `LIKE ... ESCAPE '\'` that finds the names with this part.
    pub fn like(&self, how: Match) -> String {
        let mut pattern = String::with_capacity(self.0.len() + 2);
        if how == Match::Within {
            pattern.push('%');
        }
        for c in self.0.chars() {
            if matches!(c, '%' | '_' | '\\') {
                pattern.push('\\');
            }
            pattern.push(c);
        }
        if how != Match::Whole {
            pattern.push('%');
        }
        pattern
    }

    /// How a name has it at best, of those that have it.
    pub fn best(&self, name: &str) -> Match {
        Match::ALL.into_iter().find(|how| self.fits(*how, name)).unwrap_or(Match::Within)
    }

    /// Whether a name has it.
    pub fn fits(&self, how: Match, name: &str) -> bool {
        match how {
            Match::Whole => name == self.0,
            Match::Beginning => name.starts_with(&self.0),
            Match::Within => name.contains(&self.0),
        }
    }
}

/// What a list is searched for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Search {
    part: Option<Part>,
}

impl Search {
    /// A pattern for `LIKE ... ESCAPE '\'` that finds names with this part; none: all names.
    pub fn like(&self) -> Option<String> {
        self.part.as_ref().map(|part| part.like(Match::Within))
    }

    /// The part; none: all names.
    pub fn part(&self) -> Option<&Part> {
        self.part.as_ref()
    }
}

impl QueryPart for Search {
    const NAMES: &'static [&'static str] = &["q"];

    fn read(pairs: &mut Pairs) -> Self {
        let part = Part::new(pairs.text("q").unwrap_or_default());
        if part.is_none() {
            let remedy = "Send at most 253 bytes.";
            pairs.refuse("q", "search_too_long", "No name is so long.", remedy);
        }
        Self { part: part.filter(|part| !part.is_empty()) }
    }
}

/// How the parameter is described in the API's description.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the field is read by the derive alone")]
pub struct SearchParams {
    /// Only names with this part.
    #[param(max_length = 253)]
    q: Option<String>,
}

/// An object that was found by its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Found {
    /// `account`, `site`, `certificate`, `organisation`, `person`, `package`, `role`, `webhook` or `identity_provider`.
    #[schema(value_type = String, example = "site")]
    pub kind: &'static str,
    /// The id.
    pub id: String,
    /// The name; of a site, the name that was found, which may be a further one.
    pub name: String,
    /// Whose it is: of a site or a certificate the account, else the organisation; null: nobody's in particular.
    pub of: Option<String>,
}

/// What each feature is asked for: objects that the caller may see in lists, whose names have this part in this way.
#[derive(Debug, Clone, Copy)]
pub struct Look<'a> {
    /// The part.
    pub part: &'a Part,
    /// How names have it.
    pub how: Match,
    /// How many are shown; one more is looked for, so that it is known whether there are more.
    pub rows: u32,
}

impl Look<'_> {
    /// The pattern for the list's statement.
    pub fn like(&self) -> String {
        self.part.like(self.how)
    }

    /// How many rows to fetch.
    pub fn limit(&self) -> i64 {
        i64::from(self.rows) + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_of_a_part_means_itself() {
        let part = Part::new("A_b%c\\d").unwrap();
        assert_eq!(part.like(Match::Whole), "a\\_b\\%c\\\\d");
        assert_eq!(part.like(Match::Beginning), "a\\_b\\%c\\\\d%");
        assert_eq!(part.like(Match::Within), "%a\\_b\\%c\\\\d%");
        assert!(part.fits(Match::Within, "xa_b%c\\dx") && !part.fits(Match::Beginning, "xa_b%c\\dx"));
    }

    #[test]
    fn a_part_is_no_longer_than_a_name_and_of_spaces_alone_is_none() {
        assert!(Part::new(&"a".repeat(253)).is_some() && Part::new(&"a".repeat(254)).is_none());
        assert!(Part::new("  ").unwrap().is_empty());
    }
}
