//! Lists in pages: `?limit=1..200&cursor=...` -> `{"items": [...], "next_cursor": "..."}`.
//!
//! A cursor holds the sort key of the last item that was shown, so that a page costs the same wherever it is, and an item that
//! comes or goes meanwhile shifts nothing. It is opaque to the client and never trusted: it is only ever bound as a value.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
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
        List { items: rows, next_cursor }
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
}

impl<T> List<T> {
    /// The same page, each item made into another.
    pub fn map<U>(self, each: impl FnMut(T) -> U) -> List<U> {
        List { items: self.items.into_iter().map(each).collect(), next_cursor: self.next_cursor }
    }
}

#[cfg(test)]
mod tests;
