//! Lists in pages: `?limit=1..200&cursor=...` -> `{"items": [...], "next_cursor": "..."}`.
//!
//! A cursor holds the sort key of the last item that was shown, so that a page costs the same wherever it is, and an item that
//! comes or goes meanwhile shifts nothing. It is opaque to the client and never trusted: it is only ever bound as a value.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use store::Value;
use utoipa::{IntoParams, ToSchema};

use crate::query::{Pairs, QueryPart};

/// Items of a page where the client names no limit.
pub const DEFAULT_LIMIT: u32 = 50;
/// The largest page.
pub const LARGEST_LIMIT: u32 = 200;

/// Which page is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    limit: u32,
    after: Option<String>,
}

impl Page {
    /// The first page, with as many items as allowed.
    pub const FIRST: Self = Self { limit: LARGEST_LIMIT, after: None };

    /// How many rows to fetch: one more than are shown, so that it is known whether there are more.
    pub fn rows(&self) -> i64 {
        i64::from(self.limit) + 1
    }

    /// The sort key after which the page begins; `None`: at the beginning.
    pub fn after(&self) -> Option<&str> {
        self.after.as_deref()
    }

    /// The sort key as a number; none at the beginning.
    pub fn after_number(&self) -> Option<i64> {
        self.after().and_then(|key| key.parse().ok())
    }

    /// The page, of the rows that [`Page::rows`] asked for. `key` is an item's sort key.
    pub fn list<T>(&self, mut rows: Vec<T>, key: impl Fn(&T) -> String) -> List<T> {
        let shown = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let more = rows.len() > shown;
        rows.truncate(shown);
        let next_cursor = rows.last().filter(|_| more).map(|item| URL_SAFE_NO_PAD.encode(key(item)));
        List { items: rows, next_cursor, total: None }
    }
}

impl QueryPart for Page {
    const NAMES: &'static [&'static str] = &["limit", "cursor"];

    fn read(pairs: &mut Pairs) -> Self {
        let limit = match pairs.text("limit").map(str::parse::<u32>) {
            None => DEFAULT_LIMIT,
            Some(Ok(limit @ 1..=LARGEST_LIMIT)) => limit,
            Some(_) => {
                pairs.refuse(
                    "limit",
                    "out_of_range",
                    "A page holds 1 to 200 items.",
                    "Send a number from 1 to 200.",
                );
                DEFAULT_LIMIT
            }
        };
        let after = match pairs.text("cursor").map(decode) {
            Some(None) => {
                pairs.refuse(
                    "cursor",
                    "invalid_cursor",
                    "This is not a cursor of ours.",
                    "Send next_cursor as you got it.",
                );
                None
            }
            Some(after) => after,
            None => None,
        };
        Self { limit, after }
    }
}

/// An order in which a list can be read.
pub trait Order: Copy + std::fmt::Debug + Send + Sync + 'static {
    /// Each order with its word in `?sort=`; a word for a descending one begins with a hyphen. The first is taken where none is named.
    const ALL: &'static [(&'static str, Self)];

    /// Whether what is sorted by is a number, such as a time.
    fn is_of_numbers(self) -> bool;
}

/// A page of a list that can be read in several orders: `?sort=-created&limit=...&cursor=...`.
///
/// An item's place is told by two values: what is sorted by, and what tells those apart that are equal in it. A cursor names its order, so
/// that one of another order is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sorted<O> {
    page: Page,
    order: O,
    word: &'static str,
    after: Option<(String, String)>,
}

impl<O: Order> Sorted<O> {
    /// The first page in the first order, of at most so many items.
    pub fn first(limit: u32) -> Self {
        let (word, order) = O::ALL[0];
        Self { page: Page { limit, after: None }, order, word, after: None }
    }

    /// The order.
    pub fn order(&self) -> O {
        self.order
    }

    /// As [`Page::rows`].
    pub fn rows(&self) -> i64 {
        self.page.rows()
    }

    /// The place behind which the page begins, as two values for a statement; for the first page, a place before all others.
    pub fn begin(&self) -> (Value, Value) {
        let descends = self.word.starts_with('-');
        let (key, tie) = match &self.after {
            Some((key, tie)) => (Some(key.as_str()), tie.as_str()),
            None => (None, ""),
        };
        let key = match (self.order.is_of_numbers(), key.map(str::parse::<i64>)) {
            (true, Some(Ok(number))) => Value::from(number),
            (true, _) => Value::from(if descends { i64::MAX } else { i64::MIN }),
            (false, _) => Value::text(key.unwrap_or(if descends { LAST } else { "" })),
        };
        (key, Value::text(tie))
    }

    /// The page, of the rows that [`Sorted::rows`] asked for. `place` gives an item's two values.
    pub fn list<T>(&self, rows: Vec<T>, place: impl Fn(&T) -> (String, String)) -> List<T> {
        self.page.list(rows, |item| {
            let (key, tie) = place(item);
            format!("{} {key} {tie}", self.word)
        })
    }
}

/// Comes after every name.
const LAST: &str = "\u{10ffff}";

impl<O: Order> QueryPart for Sorted<O> {
    const NAMES: &'static [&'static str] = &["limit", "cursor", "sort"];

    fn read(pairs: &mut Pairs) -> Self {
        let page = Page::read(pairs);
        let (mut word, mut order) = O::ALL[0];
        if let Some(named) = pairs.text("sort") {
            if let Some(known) = O::ALL.iter().find(|(known, _)| *known == named) {
                (word, order) = *known;
            } else {
                let words: Vec<_> = O::ALL.iter().map(|(word, _)| *word).collect();
                let remedy = format!("Send one of these: {}.", words.join(", "));
                pairs.refuse("sort", "unknown_sort", "The list has no such order.", &remedy);
            }
        }
        let place = page.after().map(|text| {
            let mut words = text.splitn(3, ' ');
            (words.next().unwrap_or_default(), words.next(), words.next())
        });
        let after = match place {
            None => None,
            Some((of, Some(key), Some(tie)))
                if of == word && (!order.is_of_numbers() || key.parse::<i64>().is_ok()) =>
            {
                Some((key.to_owned(), tie.to_owned()))
            }
            Some((of, ..)) if of != word && O::ALL.iter().any(|(known, _)| *known == of) => {
                let reason = "This cursor is of another order of the list.";
                let remedy = "Send it with the sort that it came with, or begin anew without a cursor.";
                pairs.refuse("cursor", "cursor_of_other_sort", reason, remedy);
                None
            }
            Some(_) => {
                let remedy = "Send next_cursor as you got it.";
                pairs.refuse("cursor", "invalid_cursor", "This is not a cursor of ours.", remedy);
                None
            }
        };
        Self { page, order, word, after }
    }
}

fn decode(cursor: &str) -> Option<String> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    (!text.is_empty() && !text.chars().any(char::is_control)).then_some(text)
}

/// How the page's parameters are described in the API's description.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the fields are read by the derive alone")]
pub struct PageParams {
    /// How many items at most.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct List<T> {
    /// The items, in order.
    pub items: Vec<T>,
    /// Sent as `cursor`, it gives the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// How many match and may be seen, on all pages together; where it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<i64>,
}

impl<T> List<T> {
    /// The same page, each item made into another.
    pub fn map<U>(self, each: impl FnMut(T) -> U) -> List<U> {
        let items = self.items.into_iter().map(each).collect();
        List { items, next_cursor: self.next_cursor, total: self.total }
    }

    /// A list that is shown whole.
    pub fn whole(items: Vec<T>) -> Self {
        Self { items, next_cursor: None, total: None }
    }

    /// The same page, with how many there are on all of them.
    #[must_use]
    pub fn of_total(self, total: Option<i64>) -> Self {
        Self { total, ..self }
    }
}

#[cfg(test)]
mod tests;
