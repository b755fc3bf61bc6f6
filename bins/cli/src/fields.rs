//! Fields of the API's objects as people read them.

use std::io;

use serde_json::Value;

use crate::condition::Convergence;
use crate::screen::{Screen, Style, columns, plain, span};
use crate::time;

/// A field as text: empty for null and what is not there, `yes` and `no`, lists with commas.
pub(crate) fn text(object: &Value, name: &str) -> String {
    object.get(name).map(words).unwrap_or_default()
}

/// A field that is a time.
pub(crate) fn moment(object: &Value, name: &str) -> String {
    object.get(name).map(time::show).unwrap_or_default()
}

/// The day of a field that is a time.
pub(crate) fn day(object: &Value, name: &str) -> String {
    let moment = moment(object, name);
    moment.split_once(' ').map_or(moment.clone(), |(day, _)| day.to_owned())
}

/// A field that is a number of bytes.
pub(crate) fn size(object: &Value, name: &str) -> String {
    object.get(name).and_then(Value::as_u64).map(bytes).unwrap_or_default()
}

/// A JSON value as text.
pub(crate) fn words(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Array(values) => values.iter().map(words).collect::<Vec<_>>().join(", "),
        Value::Object(_) => value.to_string(),
    }
}

/// Bytes in the unit that suits them.
pub(crate) fn bytes(count: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if count < 1024 {
        return format!("{count} B");
    }
    let mut unit = 0;
    let mut rest = count;
    while rest >= 1024 * 1024 {
        rest /= 1024;
        unit += 1;
    }
    // Tenths, rounded down: what is shown is there.
    let tenths = rest * 10 / 1024;
    format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
}

/// A duration in its two largest units.
pub(crate) fn duration(seconds: u64) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds % 86_400 / 3600, seconds % 3600 / 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min"),
        (0, _, _) => format!("{hours} h {minutes} min"),
        _ => format!("{days} d {hours} h"),
    }
}

/// Shows one converging object: its name, how it stands, and what has a value of these.
pub(crate) fn show_object(
    screen: &mut Screen,
    name: &str,
    object: &Value,
    rows: &[(&str, String)],
) -> io::Result<()> {
    screen.line(&[span(Style::Bold, name)])?;
    for line in Convergence::of(object).lines() {
        screen.line(&line)?;
    }
    screen.line(&[])?;
    show(screen, rows)
}

/// Shows what has a value, below each other.
pub(crate) fn show(screen: &mut Screen, rows: &[(&str, String)]) -> io::Result<()> {
    let widest = rows.iter().map(|(title, _)| columns(title)).max().unwrap_or(0);
    for (title, value) in rows.iter().filter(|(_, value)| !value.is_empty()) {
        let gap = " ".repeat(widest - columns(title) + 2);
        screen.line(&[span(Style::Dim, *title), plain(gap), plain(value)])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
