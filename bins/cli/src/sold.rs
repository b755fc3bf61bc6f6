//! Limits and features on the command line, and how they are shown.

use clap::Args;
use serde_json::{Map, Value};

use crate::fields::{bytes, text};
use crate::screen::Style;
use crate::table::Cell;

/// Limits and features
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Limits and features")]
pub(crate) struct SoldArgs {
    /// How much there may be of something, such as sites=10, disk=20G, databases=unlimited, or sites=usual for what is usual; `holdfast limit list` names them; may be given again
    #[arg(long = "limit", value_name = "NAME=AMOUNT", value_parser = limit)]
    limits: Vec<(String, Value)>,
    /// A feature that is on, off, or as usual, such as php=off; may be given again
    #[arg(long = "feature", value_name = "NAME=WORD", value_parser = feature)]
    features: Vec<(String, Value)>,
}

impl SoldArgs {
    /// Whether anything was said.
    pub(crate) fn is_empty(&self) -> bool {
        self.limits.is_empty() && self.features.is_empty()
    }

    /// Puts what was said into a body.
    pub(crate) fn put(self, body: &mut Map<String, Value>) {
        for (name, pairs) in [("limits", self.limits), ("features", self.features)] {
            if !pairs.is_empty() {
                body.insert(name.to_owned(), Value::Object(pairs.into_iter().collect()));
            }
        }
    }
}

/// The names that people use for limits of the server; the others are the API's.
fn name_of(word: &str) -> &str {
    match word {
        "cpu" => "cpu_percent",
        "memory" => "memory_bytes",
        "disk" => "disk_bytes",
        "files" => "inodes",
        "traffic" => "traffic_bytes",
        other => other,
    }
}

fn limit(text: &str) -> Result<(String, Value), String> {
    let (name, amount) = text.split_once('=').ok_or("must be a name and an amount, such as sites=10")?;
    let name = name_of(&name.replace('-', "_")).to_owned();
    let amount = match amount {
        "usual" => Value::Null,
        "unlimited" => amount.into(),
        amount => size(amount)?.into(),
    };
    Ok((name, amount))
}

fn feature(text: &str) -> Result<(String, Value), String> {
    let (name, word) = text.split_once('=').ok_or("must be a name and a word, such as php=off")?;
    let on = match word {
        "on" => true.into(),
        "off" => false.into(),
        "usual" => Value::Null,
        _ => return Err("must be on, off or usual".to_owned()),
    };
    Ok((name.to_owned(), on))
}

/// A number, or one with K, M, G or T.
pub(crate) fn size(text: &str) -> Result<u64, String> {
    let (digits, shift) = match text.char_indices().last() {
        Some((at, 'k' | 'K')) => (&text[..at], 10),
        Some((at, 'm' | 'M')) => (&text[..at], 20),
        Some((at, 'g' | 'G')) => (&text[..at], 30),
        Some((at, 't' | 'T')) => (&text[..at], 40),
        _ => (text, 0),
    };
    let number: u64 = digits.parse().map_err(|_| "must be a number, or one with K, M, G or T".to_owned())?;
    number.checked_mul(1 << shift).ok_or_else(|| "is too large".to_owned())
}

/// An amount of a limit, in the unit that suits it.
pub(crate) fn amount(limit: &str, value: &Value) -> String {
    match value.as_u64() {
        Some(number) if limit.ends_with("_bytes") => bytes(number),
        Some(number) if limit == "cpu_percent" => format!("{number} %"),
        _ => crate::fields::words(value),
    }
}

/// The columns of [`row`].
pub(crate) const TITLES: [&str; 4] = ["limit", "used", "most", "said by"];

/// One limit of an account or an organisation.
pub(crate) fn row(limit: &Value) -> Vec<Cell> {
    let name = text(limit, "name");
    let of = |field: &str| limit.get(field).map(|value| amount(&name, value)).unwrap_or_default();
    let number = |field: &str| limit.get(field).and_then(Value::as_i64);
    let over = matches!((number("used"), number("most")), (Some(used), Some(most)) if used > most);
    let used = if over { Cell::styled(Style::Bad, of("used")) } else { Cell::plain(of("used")) };
    vec![Cell::plain(name.clone()), used, Cell::plain(of("most")), Cell::plain(text(limit, "from"))]
}

/// The names of the features that are on, or off.
pub(crate) fn features(object: &Value, on: bool) -> String {
    let all = object.get("features").and_then(Value::as_array).cloned().unwrap_or_default();
    let some: Vec<_> = all
        .iter()
        .filter(|feature| feature.get("on").and_then(Value::as_bool) == Some(on))
        .map(|feature| text(feature, "name"))
        .collect();
    some.join(", ")
}

#[cfg(test)]
mod tests;
